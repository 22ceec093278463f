/*
 * The x86-64 backend's insides: which register holds what, and where the guest's flags are.
 */
#ifndef TRANSLATE_EMIT_X64_H
#define TRANSLATE_EMIT_X64_H

#include "translate/backend.h"
#include "translate/x64.h"

/* EAX, ECX .. EDI. ECX stays CL for shifts, EDX for products. */
#define PINNED {H_R8, H_RCX, H_RDX, H_RBX, H_R9, H_R10, H_RSI, H_RDI}
enum {
    PINNED_COUNT = 8,
    H_FLAGS = H_RAX,    /* saved flags: AH as LAHF leaves it, AL is OF */
    H_CPU = H_RBP,
    H_ADDRESS = H_R11,
    H_T0 = H_R12,
    H_T1 = H_R13,
    H_SCRATCH = H_R14,
    H_BUDGET = H_R15,
};

/* Where the guest's arithmetic flags are. FLAGS_AGAIN: nowhere, but e->producer can be repeated. */
typedef enum FlagsPlace { FLAGS_IN_HOST, FLAGS_IN_AX, FLAGS_IN_BOTH, FLAGS_AGAIN } FlagsPlace;

/* What the x87 must remember of its last instruction, as far as it is not in Cpu yet. */
typedef struct X87Record {
    bool pending, memory;   /* memory: with `segment`; the offset is in Cpu already */
    u8 segment;
    u16 opcode;
    u64 rip;
} X87Record;

/* Code off the path of an instruction whose access was declined. */
typedef struct Decline {
    u8 *jumps[6];
    unsigned count;
    u8 insn;
    const IrOp *again;      /* makes the flags; NULL: they are in AX */
    u8 *resume;             /* NULL: it ends the block */
    bool leaves;            /* a group of accesses reaches over it: it is not resumed */
    FlagsPlace flags;       /* there */
    X87Record x87;          /* before the instruction */
} Decline;

/* Accesses that ask once: operations `first` to `last`, bytes from `low` up to `high` from what the base
 * is at the first. */
typedef struct AccessGroup {
    u16 first, last;
    i32 low, high;
} AccessGroup;

/* A full look-up off the path of one that asks a slot first: of `size` bytes at `address`. */
typedef struct ColdLookUp {
    const IrOp *op;
    IrAddress address;
    unsigned size;
    Access access;
    bool direct;
    u8 slot;
    u8 *jump, *back;
} ColdLookUp;

/* The way of an access to a watched page. */
typedef struct WatchStub {
    const IrOp *op;
    Access access;
    i16 slot;               /* that gets its window; -1: none */
    u8 *jump, *back;
} WatchStub;

typedef struct Emitter {
    Assembler a;
    Backend *backend;
    const IrBlock *ir;
    u32 number, variant;
    FlagsPlace flags;
    const IrOp *producer;   /* of the flags, while they are the host's */
    HostOperand memory;     /* what the last look-up has found */
    Decline declines[BLOCK_MAX_INSNS];
    unsigned decline_count;
    ColdLookUp cold[BLOCK_MAX_INSNS * 2];
    unsigned cold_count;
    AccessGroup groups[BLOCK_MAX_INSNS * 2];
    unsigned group_count;
    u8 group_of[IR_MAX_OPS];            /* of an operation: its group's number + 1; 0: none */
    bool spanned[BLOCK_MAX_INSNS];      /* a group reaches over the end of this instruction */
    WatchStub watches[BLOCK_MAX_INSNS * 2];
    unsigned watch_count;
    u8 *budget_jump;
    X87Record x87;
    HostCode *code;
} Emitter;

/* Members of Cpu as host operands. */
#define CPU_FIELD(member) host_memory(H_CPU, (i64)offsetof(Cpu, member))

unsigned emit_value(u8 value);  /* the host register of a value that is pinned */
/* R8 .. R15 of a 64-bit guest are in Cpu, and operands in memory. */
HostOperand emit_operand(const Emitter *e, u8 value);

FORCE_INLINE bool emit_is_pinned(u8 value)
{
    return value < VALUE_GPR + PINNED_COUNT || value >= VALUE_T0;
}

/* ---- flags: emit_x64_flags.c ---- */

void emit_save_flags(Emitter *e);       /* into AX, if they are only in the host's */
void emit_restore_flags(Emitter *e);    /* into the host's, if they are only in AX */
/* The host's are about to be lost, on the way to an access of `op`. */
void emit_yield_flags(Emitter *e, const IrOp *op);
/* EFLAGS as a register. */
void emit_flags_register(Emitter *e, const IrOp *op);
bool emit_changes(const IrOp *op, u8 value);    /* Does it change this guest register? */
void emit_carry(Emitter *e, const IrOp *op);
/* Makes the flags of `op` once more, in AX. */
void emit_flags_again(Emitter *e, const IrOp *op);

/* ---- memory: emit_x64_memory.c ---- */

/* Looks up the address of an access: e->memory becomes the host's operand for it. */
void emit_look_up(Emitter *e, const IrOp *op, Access access);
HostOperand emit_address_operand(Emitter *e, const IrAddress *address);
void emit_offset(Emitter *e, const IrAddress *address);     /* into H_ADDRESS */
void emit_decline(Emitter *e, const IrOp *op, unsigned condition);
void emit_cold_look_ups(Emitter *e);
bool emit_has_slot(const Emitter *e, const IrOp *op);
u8 emit_slot_of(const Emitter *e, const IrAddress *address, Access access);
/* Can base and displacement stay in the access's own operand? */
bool emit_is_direct(const IrOp *op);

void emit_find_groups(Emitter *e);      /* emit_x64_group.c */
const AccessGroup *emit_group_of(const Emitter *e, const IrOp *op);     /* or NULL */

/* emit_x64_memory.c and emit_x64_watch.c share: */
Decline *emit_decline_of(Emitter *e, u8 insn);
HostOperand emit_tlb_operand(const Emitter *e, u64 member);     /* of the TLB's entry at H_T1 */
void emit_entry_offset(Emitter *e);     /* of the TLB's entry for H_ADDRESS, from the first, into H_T1 */
HostOperand emit_slot_page(unsigned slot);
HostOperand emit_slot_room(unsigned slot);
void emit_watched(Emitter *e, const IrOp *op, Access access);
void emit_watched_slot(Emitter *e, unsigned slot);
void emit_watch_stubs(Emitter *e);
void emit_watch_window(Assembler *a);

void emit_op(Emitter *e, const IrOp *op);           /* emit_x64_op.c */
void emit_wide_product(Emitter *e, const IrOp *op); /* emit_x64_multiply.c */
void emit_divide(Emitter *e, const IrOp *op);
void emit_sign_to_dx(Emitter *e, const IrOp *op);
void emit_load_segment(Emitter *e, const IrOp *op); /* emit_x64_segment.c */
void emit_segment_loader(Assembler *a);
void emit_jump(Emitter *e, const IrOp *op);         /* emit_x64_jump.c */
void emit_fall_through(Emitter *e);
void emit_stub(Emitter *e, unsigned kind);          /* leaves by an exit */
void emit_exit_stubs(Emitter *e);

void emit_simd(Emitter *e, const IrOp *op);         /* emit_x64_simd.c */
void emit_x87(Emitter *e, const IrOp *op);          /* emit_x64_x87.c */
void emit_x87_record(Emitter *e, const X87Record *record);
/* At a block's beginning; and before its end. */
void emit_x87_begin(Emitter *e);
void emit_x87_end(Emitter *e);

#endif
