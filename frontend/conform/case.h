/*
 * One conformance case: an instruction, perhaps with a neighbour on each side, the state it starts
 * in, and what came of it.
 *
 * A case runs twice in the same surroundings, on the processor under us (oracle.h) and on a
 * vitrine processor (subject.h): in ring 3, at the same linear addresses, with the same selectors
 * and page rights. Those surroundings are the layout below; memory that a case does not mention is
 * zero. All of a case is plain data: it may be copied, stored and compared by its bytes.
 */
#ifndef FRONTEND_CONFORM_CASE_H
#define FRONTEND_CONFORM_CASE_H

#include "cpu/insn.h"

typedef enum CaseMode { CASE_16, CASE_32, CASE_64, CASE_MODES } CaseMode;

/* ---- where things are: linear addresses; everything else below 2 GiB is not mapped ---- */

enum {
    CASE_DATA = 0x40010000,     /* read and write ... */
    CASE_DATA_SIZE = 0x2000,
    CASE_READ_ONLY = 0x40012000, /* ... then read only ... */
    CASE_READ_ONLY_SIZE = 0x1000, /* ... then nothing */
    CASE_STACK = 0x40020000,    /* read and write */
    CASE_STACK_SIZE = 0x2000,
    CASE_CODE = 0x40030000,     /* read, write, execute; elsewhere nothing can be executed */
    CASE_CODE_SIZE = 0x2000,
    CASE_START = 0x200,         /* where in CASE_CODE an instruction lies by default */
};

/* Selectors, as Linux has them, and in the LDT. A segment's limit is in bytes. */
enum {
    CASE_CS64 = 0x33,
    CASE_CS32 = 0x23,
    CASE_FLAT = 0x2B,           /* data, 4 GiB */
    CASE_CS16 = 0x07,           /* LDT 0: 16-bit code at CASE_CODE, limit 1FFFh */
    CASE_SS16 = 0x0F,           /* LDT 1: 16-bit stack at CASE_STACK, limit 1FFFh */
    CASE_DS16 = 0x17,           /* LDT 2: data at CASE_DATA, limit 2FFFh */
    CASE_ES16 = 0x1F,           /* LDT 3: data at CASE_DATA, limit 17FFh */
    CASE_DOWN = 0x27,           /* LDT 4: expand-down data at CASE_DATA, limit 7FFh */
    CASE_SHOWN = 0x2F,          /* LDT 5: read-only data at CASE_DATA + 10h, limit 1FFFh */
    CASE_LDT_ENTRIES = 6,
};

/* What is in the segment registers (64-bit mode: FS and GS have a null selector and this base). */
typedef struct CaseSegment {
    u16 selector;
    u32 base, limit;
} CaseSegment;
/* By SegmentRegister: ES, CS, SS, DS, FS, GS. */
extern const CaseSegment case_segments[CASE_MODES][6];

/* ---- a state ---- */

/* As FXSAVE without REX.W stores it. `tags`: bit n set: physical register n is in use. */
typedef struct FxImage {
    u16 control, status;
    u8 tags, unused_a;
    u16 opcode;                 /* of the last x87 instruction, and where it and its operand were */
    u32 ip;
    u16 cs, unused_b;
    u32 dp;
    u16 ds, unused_c;
    u32 mxcsr, mxcsr_mask;
    u8 st[8][16];               /* ST(i), not by physical number: ten bytes; MMX is the low eight */
    u8 xmm[16][16];
    u8 unused_d[96];
} FxImage;

typedef struct CaseState {
    u64 gpr[16];                /* RAX, RCX, RDX, RBX, RSP ..; 16- and 32-bit modes: low halves, 0..7 */
    u64 rip;                    /* offset in CS */
    u64 rflags;
    FxImage fx __attribute__((aligned(16)));
    u8 ymm_high[16][16];        /* upper halves of YMM0 ..; only with CASE_USES_YMM */
} CaseState;

/* ---- a case ---- */

enum { CASE_PATCHES = 16, CASE_PATCH_SIZE = 64 };

/* Bytes that memory starts with; later ones win where they overlap. Not for CASE_CODE. */
typedef struct CasePatch {
    u32 address;                /* linear */
    u16 length;
    u8 bytes[CASE_PATCH_SIZE];
} CasePatch;

enum {
    CASE_USES_YMM = 1,
};

enum { CASE_NEIGHBOUR_SIZE = 7, CASE_BYTES = INSN_MAX_LENGTH + 2 * CASE_NEIGHBOUR_SIZE };

/* An instruction that is executed with the case's own, before it or after it. Length 0: none. */
typedef struct CaseNeighbour {
    u8 length;
    u8 bytes[CASE_NEIGHBOUR_SIZE];
} CaseNeighbour;

typedef struct Case {
    u8 mode;                    /* CaseMode */
    u8 length;                  /* of `code`, 1..15 */
    u8 patch_count;
    u8 flags;                   /* CASE_USES_ */
    u16 row;                    /* of opcodes.def, or CASE_NO_ROW */
    u8 code[INSN_MAX_LENGTH + 1];
    u32 target;                 /* offset in CS of a second place to arrive at, for branches; 0: none */
    CaseNeighbour ahead, behind;
    CaseState before;           /* rip: where the first of them is put; within CASE_CODE */
    CasePatch patches[CASE_PATCHES];
} Case;

enum { CASE_NO_ROW = 0xFFFF };

/* ---- what came of it ---- */

enum { CASE_CHANGES = 16, CASE_LINE = 64 };

/* An aligned line of memory that is not what it was. */
typedef struct CaseChange {
    u32 address;
    u8 bytes[CASE_LINE];
} CaseChange;

typedef enum OutcomeStatus {
    OUTCOME_DONE,               /* arrived behind the instructions, at `target`, or in an exception */
    OUTCOME_LOST,               /* ended somewhere else, or never: `state.rip` */
    OUTCOME_DIED,               /* the child did not survive it: nothing else is known */
    OUTCOME_REFUSED,            /* not run: see native_refusal() */
} OutcomeStatus;

typedef struct Outcome {
    u8 status;                  /* OutcomeStatus */
    i16 vector;                 /* of the exception; -1: none */
    u32 error_code;
    u64 address;                /* CR2, of a page fault */
    u32 change_count;           /* may exceed CASE_CHANGES: then only the first are here */
    u64 change_hash;            /* over all changed lines */
    CaseState state;            /* in an exception: what the handler's frame shows */
    CaseChange changes[CASE_CHANGES];
} Outcome;

/* An otherwise sensible start in `mode` for `code` at CASE_START: registers 0, RSP in the middle of
 * the stack, x87 and MXCSR as after FNINIT and reset. */
void case_init(Case *c, CaseMode mode, const u8 *code, unsigned length);

/* Offsets in CS: of the case's own instruction, and of what follows the last one. */
FORCE_INLINE u64 case_instruction(const Case *c)
{
    return c->before.rip + c->ahead.length;
}

FORCE_INLINE u64 case_end(const Case *c)
{
    return case_instruction(c) + c->length + c->behind.length;
}

/* All instructions as they lie in memory; returns their length. */
unsigned case_bytes(const Case *c, u8 bytes[CASE_BYTES]);

/* Adds `length` bytes at a linear address, in as many patches as it takes; false: no room, or not
 * within CASE_DATA, CASE_READ_ONLY or CASE_STACK. */
bool case_patch(Case *c, u32 address, const void *bytes, unsigned length);

/* The size of code, 2, 4 or 8 bytes, as the decoder wants it; "16", "32", "64". */
unsigned case_code_size(CaseMode mode);
const char *case_mode_name(CaseMode mode);

/* Is [address, address + length) within one of the mapped areas; may it be written? */
bool case_mapped(u64 address, u64 length, bool write);

/* The memory areas that can change, for those who search them: `*base` and `*size` of the
 * `index`th; false after the last. */
bool case_area(unsigned index, u32 *base, u32 *size);

#endif
