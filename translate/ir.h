/*
 * The intermediate representation: short, x86-flavoured operations between decoding and host code.
 *
 * Operations have two operands as x86's have, and work on guest registers directly, so that most
 * guest instructions become one of them. An access to memory is an operation of its own. It may
 * *decline* (no translation in the TLB, a device, a page crossing, a segment's limit): then the
 * interpreter's body executes the whole guest instruction. A lifter therefore puts everything that
 * can decline before the first change of a guest register.
 */
#ifndef TRANSLATE_IR_H
#define TRANSLATE_IR_H

#include "cpu/code_cache.h"

/* A value: a guest register, a temporary, or the operation's immediate. */
enum {
    VALUE_NONE,
    VALUE_GPR,              /* + number, 0 .. 15 */
    VALUE_T0 = VALUE_GPR + 16,
    VALUE_T1,               /* does not survive an access to memory */
    VALUE_IMMEDIATE,
    VALUE_MEMORY,           /* what the look-up before has found */
    VALUE_XMM,              /* + number, 0 .. 15 */
};

typedef enum IrOpcode {
    IR_NOTHING,             /* a pass has removed it */
    IR_CALL,                /* the interpreter's body for the guest instruction */
    IR_CALL_SIMPLE,         /* ... which knows nothing but general registers and flags, and cannot fault */
    IR_MOVE, IR_ZERO_EXTEND, IR_SIGN_EXTEND, IR_ADDRESS, IR_EXCHANGE, IR_SWAP_BYTES,
    IR_SELECTOR,                            /* of the segment register in `immediate` */
    IR_LOAD_SEGMENT,                        /* the segment register in `immediate`, with a selector */
    IR_HIGH_GET, IR_HIGH_PUT,               /* AH .. BH of a register */
    IR_CHECK_CANONICAL,                     /* declines if src is no canonical address */
    IR_LOAD, IR_STORE,
    IR_LOOK_UP, IR_LOOK_UP_FOR_WRITE,       /* for VALUE_MEMORY in the next operation */
    IR_LOAD_FOR_WRITE, IR_STORE_BACK,       /* a read-modify-write; nothing between them accesses memory */
    IR_ADD, IR_OR, IR_ADC, IR_SBB, IR_AND, IR_SUB, IR_XOR, IR_CMP, IR_TEST, /* as x86 numbers them */
    IR_INC, IR_DEC, IR_NEG, IR_NOT,
    IR_ROL, IR_ROR, IR_RCL, IR_RCR, IR_SHL, IR_SHR, IR_SAR,
    IR_SHLD, IR_SHRD,
    IR_BT, IR_BTS, IR_BTR, IR_BTC, IR_BSF, IR_BSR,
    IR_PRODUCT,             /* dst *= src, truncated */
    IR_PRODUCT3,            /* dst = src * immediate */
    IR_MUL, IR_IMUL, IR_DIV, IR_IDIV,       /* (E)DX:(E)AX and src */
    IR_SIGN_TO_DX,          /* CWD, CDQ */
    IR_TIME,                /* RDTSC */
    IR_FLAGS,               /* dst = EFLAGS as PUSHF shows them */
    IR_FLAGS_TO_AH, IR_FLAGS_FROM_AH,       /* LAHF, SAHF */
    IR_CARRY,               /* CLC, STC, CMC */
    IR_DISABLE_INTERRUPTS,  /* CLI; declines outside ring 0 */
    IR_SET, IR_MOVE_IF,
    IR_X87, IR_X87_LOAD, IR_X87_STORE,      /* the same for the x87: `host`, then ModRM in `immediate` */
    IR_X87_STATUS, IR_X87_CONTROL,          /* FNSTSW AX; FLDCW */
    IR_SIMD, IR_SIMD_LOAD, IR_SIMD_STORE,   /* one of the host's instructions, `host` */
    IR_JUMP, IR_JUMP_IF, IR_JUMP_IF_ZERO, IR_JUMP_INDIRECT, /* immediate, target: where */
    IR_OPCODE_COUNT
} IrOpcode;

/* base + (index << scale) + displacement, cut to `bits`, in `segment`. */
typedef struct IrAddress {
    u8 base, index;         /* VALUE_GPR + n or VALUE_NONE */
    u8 scale, segment, bits;
    u64 displacement;
} IrAddress;

typedef struct IrOp {
    u8 opcode;              /* IrOpcode */
    u8 size;                /* bytes */
    u8 from;                /* of IR_ZERO_EXTEND and IR_SIGN_EXTEND: the source's size */
    u8 condition;           /* as in Jcc's opcode */
    u8 dst, src;
    u8 insn;                /* which of the block's instructions it is part of */
    u32 host;               /* IR_SIMD: the opcode as x64_op() takes it; IR_CARRY: the digit */
    u8 digit;               /* IR_SIMD without dst: the /digit */
    bool aligned, wide;     /* IR_SIMD; wide: REX.W */
    bool has_immediate;     /* IR_SIMD; IR_SHLD, IR_SHRD: else by CL */
    u8 extended;            /* IR_LOAD with `from` 2 (1: zero-extended): to how many bytes */
    u16 reads, defines;     /* flags */
    u16 live;               /* those of all flags that are needed after it */
    IrAddress address;
    u64 immediate;
    u64 target;             /* of a jump; its other way is the next instruction */
} IrOp;

enum { IR_MAX_OPS = BLOCK_MAX_INSNS * 6 };

/* What a translation takes for granted; it is used only where this holds. */
typedef struct Assumptions {
    u8 flat;                /* bit per SegmentRegister: base 0, limit 4 GiB, readable and writable */
    u8 as;                  /* Privilege of data accesses */
    bool small_stack;       /* 16-bit stack pointer */
    bool down;              /* DF: string instructions go down */
    bool x87;               /* x87 instructions can be used, all exceptions are masked */
    bool sse, floats;       /* XMM registers can be used; MXCSR's control bits are the usual ones */
} Assumptions;

typedef struct IrBlock IrBlock;
struct IrBlock {
    const Block *block;
    u64 rip;
    Assumptions assumptions;
    unsigned count;
    IrOp ops[IR_MAX_OPS];
};

extern const char *const ir_names[IR_OPCODE_COUNT];

FORCE_INLINE bool ir_calls(const IrOp *op)
{
    return op->opcode == IR_CALL || op->opcode == IR_CALL_SIMPLE;
}

/* Can the operation decline? */
FORCE_INLINE bool ir_declines(const IrOp *op)
{
    switch (op->opcode) {
    case IR_LOOK_UP: case IR_LOOK_UP_FOR_WRITE:
    case IR_LOAD: case IR_STORE: case IR_LOAD_FOR_WRITE: case IR_DIV: case IR_IDIV:
    case IR_SIMD_LOAD: case IR_SIMD_STORE: case IR_CHECK_CANONICAL: case IR_TIME:
    case IR_DISABLE_INTERRUPTS: case IR_LOAD_SEGMENT:
    case IR_X87_LOAD: case IR_X87_STORE: case IR_X87_CONTROL:
        return true;
    default:
        return false;
    }
}

/* Does it want the guest's x87 in the host's? */
FORCE_INLINE bool ir_is_x87(const IrOp *op)
{
    return op->opcode >= IR_X87 && op->opcode <= IR_X87_CONTROL;
}

/* ... the XMM registers? */
FORCE_INLINE bool ir_is_simd(const IrOp *op)
{
    return op->opcode >= IR_SIMD && op->opcode <= IR_SIMD_STORE;
}

FORCE_INLINE bool ir_ends(const IrOp *op)
{
    return op->opcode >= IR_JUMP && op->opcode <= IR_JUMP_INDIRECT;
}

/* One line of text, without a newline. */
void ir_print(const IrOp *op, char *text, size_t size);

/* ---- passes ---- */

/* A pass changes operations where they are, so that each keeps its number; one that has become
 * needless becomes IR_NOTHING. */
typedef struct IrPass {
    const char *name;
    void (*run)(IrBlock *ir);
} IrPass;
enum { IR_PASSES = 2 };
extern const IrPass ir_passes[IR_PASSES];   /* in this order, after ir_lift() */

void ir_lift(IrBlock *ir);
void ir_fuse_pass(IrBlock *ir);
void ir_flags_pass(IrBlock *ir);

#endif
