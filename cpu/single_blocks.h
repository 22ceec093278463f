/*
 * Blocks of one instruction that the code cache cannot find by their page, and how code is fetched.
 */
#ifndef CPU_SINGLE_BLOCKS_H
#define CPU_SINGLE_BLOCKS_H

#include "cpu/code_cache.h"

enum { STRADDLERS = 1024 };

/* An instruction that crosses into another page: checked by its bytes each time. */
typedef struct Straddler {
    const u8 *host;         /* of its first byte; NULL: none */
    u8 mode, length;
    u8 bytes[INSN_MAX_LENGTH];
    Block block;
    Insn insn;
} Straddler;

typedef struct SingleBlocks {
    Straddler straddlers[STRADDLERS];   /* by a hash of their address */
    Block uncached;                     /* code in device memory: decoded anew each time */
    Insn uncached_insn;
} SingleBlocks;

FORCE_INLINE DecodeMode decode_mode(const Cpu *cpu)
{
    return (DecodeMode){.code_size = cpu->code_size, .protected_mode = cpu_protected(cpu)};
}

FORCE_INLINE Privilege code_privilege(const Cpu *cpu)
{
    return cpu->user ? AS_USER : AS_SUPERVISOR;
}

/* Linear address of code; raises #GP(0) beyond CS's limit, as `size` bytes are fetched. */
u64 code_linear(Cpu *cpu, u64 rip, unsigned size);

/* The one instruction at cpu->rip, which cannot be cached at all: it lies in a device, or the segment
 * ends within the block that it begins. */
Block *single_block_uncached(Cpu *cpu, SingleBlocks *singles);

/* The one instruction at cpu->rip, which starts at `host` and crosses into another page. If it is still
 * what it was, it keeps what the engine made of it. */
Block *single_block_straddling(Cpu *cpu, SingleBlocks *singles, const u8 *host);

/* The same, if it is known and the bytes in both pages are as they were; else NULL. */
Block *single_block_find(Cpu *cpu, SingleBlocks *singles, const u8 *host, u64 linear);

/* Is an instruction at `host` known that crossed into another page? */
bool single_block_straddles(SingleBlocks *singles, const u8 *host);
void single_block_forget(SingleBlocks *singles, const u8 *host);

#endif
