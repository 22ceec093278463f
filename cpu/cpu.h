/*
 * The architectural state of one processor, and how the board drives it.
 *
 * State is 64 bits wide from the start; 32-bit guests use the lower halves. Manual: Intel SDM
 * Vol. 1, "Basic Execution Environment", and Vol. 3, "System Architecture Overview".
 */
#ifndef CPU_CPU_H
#define CPU_CPU_H

#include <setjmp.h>

#include "cpu/flags.h"
#include "cpu/insn.h"
#include "mmu/field.h"
#include "mmu/mmu.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15,
       REG_ZERO, /* always 0: the base or index of an address that has none */
       REG_COUNT };

typedef enum SegmentRegister { ES, CS, SS, DS, FS, GS, LDTR, TR, SEGMENT_COUNT } SegmentRegister;

/* Bits of Segment.access, as in the second doubleword of a descriptor from bit 8 up. */
enum {
    ACCESS_ACCESSED = 1,
    ACCESS_RW = 2,                  /* writable data, readable code */
    ACCESS_EXPAND_DOWN = 4,         /* data; conforming code */
    ACCESS_CONFORMING = 4,
    ACCESS_CODE = 8,
    ACCESS_TYPE = 15,
    ACCESS_S = 1 << 4,              /* code or data, not system */
    ACCESS_DPL_SHIFT = 5,
    ACCESS_P = 1 << 7,
    ACCESS_L = 1 << 13,             /* 64-bit code */
    ACCESS_DB = 1 << 14,            /* 32-bit default size, big stack or limit */
    ACCESS_G = 1 << 15,
};

/* A segment register with its hidden part. Change through cpu/segment.h, which keeps the
 * derived members. */
typedef struct Segment {
    u16 selector;
    u16 access;             /* 0: unusable (a null selector) */
    u32 limit;              /* in bytes, granularity applied */
    u64 loaded_base;
    u64 base;               /* derived: loaded_base, or 0 where 64-bit mode ignores it */
    u64 read_end;           /* derived: an access at offset is fine when offset + size <= this; */
    u64 write_end;          /* 0 where the slow check must look (expand-down, no right) */
} Segment;

/* What a data segment's descriptor in the GDT was loaded as: while its 8 bytes are the same, loading
 * them again for the same CPL gives the same. `tlb` and `page` tell where to look for them: the
 * offset in Cpu of their entry in the supervisor's TLB, and the linear page. */
typedef struct SegmentMemo {
    u32 key;                /* selector | CPL << 16 | SEGMENT_MEMO_VALID */
    u32 tlb;
    u64 table;              /* the GDT's base */
    u64 linear, page;
    u64 descriptor;
    u64 flat;               /* 1: base 0, 4 GiB, to be read and written */
    Segment segment;
} SegmentMemo;
enum { SEGMENT_MEMOS = 8, SEGMENT_MEMO_VALID = 1 << 24 };

typedef struct DescriptorTable {
    u64 base;
    u16 limit;
} DescriptorTable;

enum { CR0_PE = 1, CR0_MP = 2, CR0_EM = 4, CR0_TS = 8, CR0_ET = 16, CR0_NE = 32,
       CR0_AM = 1 << 18, CR0_NW = 1 << 29, CR0_CD = 1 << 30 };
enum { CR4_VME = 1, CR4_PVI = 2, CR4_TSD = 4, CR4_DE = 8, CR4_MCE = 64, CR4_PCE = 256,
       CR4_OSFXSR = 512, CR4_OSXMMEXCPT = 1024, CR4_UMIP = 2048,
       CR4_FSGSBASE = 1 << 16, CR4_OSXSAVE = 1 << 18 };
enum { XCR0_X87 = 1, XCR0_SSE = 2, XCR0_AVX = 4 };
enum { EFER_SCE = 1, EFER_LME = 1 << 8 };

typedef union Xmm {
    u8 bytes[16];
    u32 dwords[4];
    u64 qwords[2];
} Xmm;

/* An 80-bit floating-point number, as it lies in memory. */
typedef struct X87Register {
    u64 significand;
    u16 sign_exponent;
} X87Register;

/* x87: registers by physical number (ST(i) is r[(top + i) & 7]). */
typedef struct X87 {
    X87Register r[8];
    u16 control, status;    /* status without TOP, which is apart */
    u8 top;                 /* 0..7 */
    u8 empty;               /* bit n: physical register n is empty */
    u16 opcode;             /* of the last instruction: 11 bits */
    u64 ip, dp;             /* last instruction and operand */
    u16 cs, ds;
    bool ferr, ignne;       /* the levels of FERR# (out) and IGNNE# (in) */
} X87;

/* Exceptions by vector. Manual: SDM Vol. 3, "Interrupt and Exception Handling". */
typedef enum Exception {
    EXCEPTION_DE, EXCEPTION_DB, EXCEPTION_NMI, EXCEPTION_BP, EXCEPTION_OF, EXCEPTION_BR,
    EXCEPTION_UD, EXCEPTION_NM, EXCEPTION_DF, EXCEPTION_TS = 10, EXCEPTION_NP, EXCEPTION_SS,
    EXCEPTION_GP, EXCEPTION_PF, EXCEPTION_MF = 16, EXCEPTION_AC, EXCEPTION_MC, EXCEPTION_XM,
} Exception;

/* Reasons to leave the fast path between two instructions. */
enum {
    ATTEND_INTR = 1,        /* the INTR pin is up and IF allows it */
    ATTEND_NMI = 2,         /* an edge came on NMI */
    ATTEND_TRAP = 4,        /* TF is set, or a debug trap is pending */
    ATTEND_HALT = 8,        /* HLT: waiting for an interrupt */
    ATTEND_SHADOW = 16,     /* after STI, MOV SS, POP SS: one instruction without interrupts */
    ATTEND_STOP = 32,       /* cpu_stop(): return to the board */
    ATTEND_SHUTDOWN = 64,   /* triple fault */
    ATTEND_BREAKPOINTS = 128, /* DR7 enables an instruction breakpoint: look before each */
};

/* What the motherboard connects to the processor's pins. Any function may be NULL. */
typedef struct CpuBoard {
    void *board;
    u8 (*acknowledge)(void *board);             /* the INTA cycle: the vector to serve */
    void (*ferr)(void *board, bool level);      /* FERR#: x87 error while CR0.NE = 0 */
    bool (*read_msr)(void *board, u32 index, u64 *value);   /* MSRs outside the core (APIC) */
    bool (*write_msr)(void *board, u32 index, u64 value);
    u8 (*read_task_priority)(void *board);              /* CR8: the APIC's TPR, bits 7 .. 4 of it */
    void (*write_task_priority)(void *board, u8 value);
} CpuBoard;

/* The core's MSRs that do nothing but hold a value, by position in msr.c's table. */
enum { MSR_SLOTS = 48 };

/* An exception on its way: what a triple fault is explained with. */
typedef struct FaultRecord {
    u8 vector;
    u16 cs;
    u32 error_code;
    u64 rip, cr2;
} FaultRecord;

struct CodeCache;
struct Block;
struct Observer;

/* What executes blocks in the interpreter's place. See cpu/engine.h. */
typedef struct CpuEngine CpuEngine;

struct Cpu {
    /* ---- architectural state: listed in cpu_state (state.c) ---- */
    u64 gpr[REG_COUNT];
    u64 rip;                        /* the next instruction, between blocks: see cpu_rip() */
    Flags flags;                    /* the six arithmetic flags */
    u64 rflags;                     /* the other flags; arithmetic bits are 0 here */
    Segment segments[SEGMENT_COUNT];
    DescriptorTable gdtr, idtr;
    u64 cr0, cr2, cr3, cr4, efer;
    u64 dr[8];                      /* DR4 and DR5 unused */
    X87 x87;
    Xmm xmm[16];
    Xmm ymm_high[16];               /* the upper halves of YMM registers */
    u64 xcr0;
    u32 mxcsr;
    u64 msr[MSR_SLOTS];
    u64 random;                     /* the counter behind RDRAND: exec_random.c */
    u64 tsc_offset;                 /* TSC = cycles + this */
    u32 sysenter_cs;
    u64 sysenter_esp, sysenter_eip;
    u64 star, lstar, cstar, sfmask;     /* SYSCALL and SYSRET */
    u64 kernel_gs_base;
    u8 cpl;
    u8 attention;                   /* ATTEND_ bits */
    u64 dr6_pending;                /* debug conditions met by the current instruction */
    bool traps_wait;                /* ATTEND_SHADOW is MOV SS's or POP SS's: for debug traps too */
    bool nmi_blocked;               /* from an NMI's delivery to the next IRET */
    bool intr_pin;
    u64 cycles;                     /* retired instructions: the clock; see cpu_sync_cycles() */

    /* ---- derived ---- */
    u8 code_size;                   /* of CS: 2, 4 or 8 bytes */
    u64 linear_mask;                /* linear addresses have 32 or 64 bits, by code_size */
    u64 stack_mask;                 /* 0xFFFF, 0xFFFFFFFF or all ones, by SS.B */
    u64 tlb_epoch;                  /* mmu.epoch, or TLB_NO_EPOCH when every data access must be slow
                                     * (alignment checks, data breakpoints) */
    bool user;                      /* cpl == 3 */
    u8 as;                          /* Privilege of data accesses */
    const TlbEntry *tlb;            /* mmu.tlb[as] */
    const TlbEntry *code_tlb;       /* mmu.tlb[user]: fetches know no AC */
    u64 code_mode;                  /* what code was decoded for, for link_key() */

    /* ---- the run loop's: where execution is within the current block ---- */
    const Insn *insn;               /* being executed */
    const Insn *counted;            /* cycles includes the instructions before this one */
    const Insn *block_end;          /* leave before this one; NULL: after the current one */
    const Insn *block_stop;         /* block_end as it was when the block was entered */
    u64 block_rip;                  /* of the block's first byte */
    struct Block *block;            /* the current one, for code_cache_next(), */
    u64 block_key;                  /* and where it is: see link_key(); or NO_KEY */
    bool resume;                    /* execution goes on from `block`: nothing was delivered since */
    u64 deadline;                   /* run until cycles reaches it */
    jmp_buf unwind;                 /* cpu_raise() and cpu_redo() go here, with an UNWIND_ */

    /* ---- the event being delivered: exception.c ---- */
    u8 vector;
    bool has_error_code, software;  /* of the raised event */
    u32 error_code;
    i16 delivering;                 /* the event during whose delivery we are (interrupt.h), or -1 */
    u8 fault_count;                 /* the last chain of exceptions, each met while delivering */
    FaultRecord faults[3];          /* the one before; the first two and the latest */

    /* ---- model and surroundings ---- */
    const struct CpuModel *model;
    FeatureSet features;
    u32 announced[3][4];            /* what CPUID says of them: see cpuid.c */
    Mmu mmu;
    AddressSpace *memory, *ports;
    CpuBoard board;
    Log *log;
    struct Observer *observer;      /* who watches: observer.h; NULL: nobody */
    const CpuEngine *engine;        /* NULL: the interpreter */
    void *engine_state;
    SegmentMemo segment_memos[SEGMENT_MEMOS];   /* by the selector's index */
    u64 native[304];                 /* the engine's, where its code can reach them */
    struct CodeCache *code;
    u32 code_stamp;                 /* links between blocks with another stamp are stale; never 0 */
    u16 opcode_index[7 * 256 + 1];  /* decoder: first row, in opcode_order, of each code */
    u16 opcode_order[2048];
};

/* `model` as in -cpu; NULL-terminated list in cpu_model_names(). False with a sentence in `error`
 * for an unknown one, or when out of memory. Ends in the reset state. */
bool cpu_init(Cpu *cpu, const char *model, AddressSpace *memory, AddressSpace *ports,
              const CpuBoard *board, Log *log, char *error, size_t error_size);
void cpu_destroy(Cpu *cpu);

/* SDM Vol. 3, "Processor State After Reset"; cycles keep counting. */
void cpu_reset(Cpu *cpu);

/* INIT#: like a reset, but keeps x87, SSE, MSRs and caches. */
void cpu_init_signal(Cpu *cpu);

/* Runs until cycles reaches deadline, or the CPU halts, shuts down or is stopped; see attention.
 * Interrupts that are pending are taken first. */
void cpu_run(Cpu *cpu);

/* One instruction (or one iteration of a repeated string instruction), or the delivery of one
 * pending event. */
void cpu_step(Cpu *cpu);

/* Ends cpu_run() after the current instruction. The attention bit stays until the board clears it. */
void cpu_stop(Cpu *cpu);

/* Pins. */
void cpu_set_intr(Cpu *cpu, bool level);
void cpu_raise_nmi(Cpu *cpu);
void cpu_set_a20(Cpu *cpu, bool enabled);
void cpu_set_ignne(Cpu *cpu, bool level);

/* For AddressSpace.changed and .code_written. */
void cpu_memory_map_changed(Cpu *cpu);
void cpu_code_written(Cpu *cpu, u8 *host, u64 length);

const char *const *cpu_model_names(void);
extern const StateTable cpu_state;

/* ---- modes ---- */

FORCE_INLINE bool cpu_protected(const Cpu *cpu) { return (cpu->cr0 & CR0_PE) && !(cpu->rflags & FLAG_VM); }
FORCE_INLINE bool cpu_v86(const Cpu *cpu) { return (cpu->rflags & FLAG_VM) != 0; }
FORCE_INLINE bool cpu_real(const Cpu *cpu) { return !(cpu->cr0 & CR0_PE); }
FORCE_INLINE bool cpu_long(const Cpu *cpu) { return (cpu->efer & (1 << 10)) != 0; }    /* EFER.LMA */
FORCE_INLINE bool cpu_has(const Cpu *cpu, Feature feature) { return cpu->features >> feature & 1; }
FORCE_INLINE unsigned cpu_iopl(const Cpu *cpu) { return cpu->rflags >> 12 & 3; }

/* Bits 63 .. 47 are all equal: SDM Vol. 1, "Canonical Addressing". */
FORCE_INLINE bool is_canonical(u64 linear) { return (u64)((i64)(linear << 16) >> 16) == linear; }

/* The linear address of a system structure, which wraps at 4 GiB outside long mode. */
FORCE_INLINE u64 cpu_system_linear(const Cpu *cpu, u64 linear)
{
    return cpu_long(cpu) ? linear : (u32)linear;
}

/* CR0, CR2, CR3, CR4 or CR8. */
u64 cpu_control(const Cpu *cpu, unsigned number);

/* ---- flags as one register ---- */

FORCE_INLINE u64 cpu_get_flags(const Cpu *cpu)
{
    return cpu->rflags | flags_pack(&cpu->flags) | FLAGS_ALWAYS;
}

/* Replaces the flags in `mask`; keeps attention (TF, IF) in step. No privilege checks here. */
void cpu_set_flags(Cpu *cpu, u64 value, u64 mask);

/* ---- where are we? ---- */

/* The address of the current instruction, and of the next, while one executes. */
FORCE_INLINE u64 cpu_rip(const Cpu *cpu)
{
    return cpu->block_rip + cpu->insn->start;
}

FORCE_INLINE u64 cpu_next_rip(const Cpu *cpu)
{
    u64 next = cpu->block_rip + cpu->insn->start + cpu->insn->length;
    return cpu->code_size == 8 ? next : (u32)next;
}

/* Brings cycles up to date with the instructions retired in the current block; call before
 * anything outside the CPU looks at the clock. */
FORCE_INLINE void cpu_sync_cycles(Cpu *cpu)
{
    cpu->cycles += (u64)(cpu->insn - cpu->counted);
    cpu->counted = cpu->insn;
}

/* "No instruction": what insn points to between two of them, so that cpu_rip() is rip. */
extern const Insn no_insn;

FORCE_INLINE void cpu_between_instructions(Cpu *cpu)
{
    cpu->insn = cpu->counted = &no_insn;
    cpu->block_rip = cpu->rip;
}

/* Abandons the current instruction and executes it again by its general body: how the fast bodies
 * decline an access. They have changed nothing by then. */
_Noreturn void cpu_redo(Cpu *cpu);

/* Leaves the current block after this instruction. */
FORCE_INLINE void cpu_leave_block(Cpu *cpu)
{
    cpu->block_end = NULL;
}

/* Sets a reason for attention and leaves the block after this instruction. */
FORCE_INLINE void cpu_attend(Cpu *cpu, u8 reason)
{
    cpu->attention |= reason;
    cpu_leave_block(cpu);
}

/* Re-derives code_size, stack_mask, tlb_epoch, user: after CS, SS, CPL, CR0, CR4, DR7, EFER or AC changed. */
void cpu_update_mode(Cpu *cpu);

/* No code lies here: the next block is looked up through the TLB, even within the same page. */
#define NO_KEY (~(u64)0)

/* After mmu_set_cr3(), mmu_set_control(), a flush or an INVLPG: what was derived from the old
 * translations is dropped. Includes cpu_update_mode(). */
void cpu_translations_changed(Cpu *cpu);

#endif
