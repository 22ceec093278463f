/*
 * The decoder: bytes to Insn, by the rows of opcodes.def.
 * Manual: Intel SDM Vol. 2, "Instruction Format" and "Opcode Map".
 */
#ifndef CPU_DECODE_H
#define CPU_DECODE_H

#include "cpu/cpu.h"

typedef enum DecodeStatus {
    DECODE_OK,          /* also for an invalid encoding: it decodes as UD, which raises #UD */
    DECODE_SHORT,       /* it needs more bytes than were given */
    DECODE_TOO_LONG,    /* more than 15 bytes: #GP(0) */
} DecodeStatus;

/* What besides the bytes decides how they decode. */
typedef struct DecodeMode {
    u8 code_size;       /* 2, 4 or 8 bytes */
    bool protected_mode;/* neither real nor virtual-8086 */
} DecodeMode;

/* Decodes one instruction of at most `available` bytes. Insn.start is left alone.
 * Needs opcodes_index(). */
DecodeStatus decode(const Cpu *cpu, DecodeMode mode, const u8 *bytes, unsigned available,
                    Insn *insn);

/* The general body of an instruction that was decoded with a fast one: see cpu_redo(). */
Handler insn_general_handler(const Insn *insn);

/* Does it end a block: by its row, or because it repeats? */
bool insn_ends_block(const Insn *insn);

#endif
