/*
 * What a backend does: IR to host code, and the way in and out of that code.
 *
 * Generated code keeps the guest's registers in the host's. Its state in memory is that of Cpu,
 * with the slots NATIVE_ for what only it needs. It comes back with an exit's number: what it ran
 * last and why it left.
 */
#ifndef TRANSLATE_BACKEND_H
#define TRANSLATE_BACKEND_H

#include "translate/code_memory.h"
#include "translate/ir.h"
#include "translate/translator.h"

/* Cpu.native */
enum {
    NATIVE_FLAGS,   /* arithmetic flags as LAHF leaves them in bits 8 .. 15, OF in bit 0 */
    NATIVE_BUDGET,  /* instructions that may still be executed: signed */
    NATIVE_JUMPS,   /* address of the JumpEntry table */
    NATIVE_END,     /* cycles + budget: a constant while generated code runs */
    NATIVE_SCRATCH,
    NATIVE_SSE,     /* nonzero: the guest's XMM registers are in the host's */
    NATIVE_X87,     /* nonzero: the guest's x87 is in the host's */
    NATIVE_SLOT_KEY,/* what the slots hold for: crossing.c */
    NATIVE_SLOT_PAGES,
    NATIVE_SLOT_ADDENDS = NATIVE_SLOT_PAGES + 96,
    NATIVE_SLOT_ROOMS = NATIVE_SLOT_ADDENDS + 96,   /* only while pages are watched */
    NATIVE_COUNT = NATIVE_SLOT_ROOMS + 96
};
_Static_assert(NATIVE_COUNT <= sizeof ((Cpu *)0)->native / sizeof(u64), "Cpu.native has room");

/* Slots: the page that was found last for accesses by a register, and its addend. Each Privilege has
 * its own; the first half of those is for reads, the second for writes. */
enum { SLOTS_OF_PRIVILEGE = 32, SLOTS = PRIVILEGES * SLOTS_OF_PRIVILEGE };
_Static_assert(NATIVE_SLOT_PAGES + SLOTS == NATIVE_SLOT_ADDENDS, "there is room for the slots");
#define SLOT_EMPTY ((u64)1 << 62)   /* no sum of 32-bit registers and a displacement comes near */

/* An exit's number: the translation's number << EXIT_SHIFT | kind. */
enum {
    EXIT_FIRST,     /* to the first, the second known target */
    EXIT_SECOND,
    EXIT_BUDGET,    /* it did not begin: the budget is too small */
    EXIT_INDIRECT,  /* to Cpu.rip */
    EXIT_SHIFT = 2,
    EXIT_LEFT = -1, /* an interpreter's body left the block; Cpu is up to date */
};

/* Not a call site's number: generated code wants the guest's x87, or XMM registers, in the host's. */
#define SITE_X87 (~(u32)0)
#define SITE_SSE (~(u32)1)

/* Where an indirect jump may go without leaving generated code. */
typedef struct JumpEntry {
    u64 rip;
    u32 variant;
    u32 generation; /* the mmu's when the TLB last had the target with this */
    u64 addend;
    const u8 *code;
    u64 base;       /* of CS */
    u64 unused[3];
} JumpEntry;
enum { JUMP_ENTRIES = 32768, JUMP_ENTRY_SHIFT = 6 };
_Static_assert(sizeof(JumpEntry) == 1 << JUMP_ENTRY_SHIFT, "generated code finds entries by a shift");

/* A way out to a known target: a jump that can be turned to another translation. */
typedef struct HostExit {
    u64 target;         /* rip */
    u8 *jump;           /* displacement of the jump, as written; NULL: there is no such exit */
    u8 *stub;           /* where it leads while it is not chained, as written */
} HostExit;

typedef struct HostCode {
    u8 *start;          /* as written */
    u64 length;
    HostExit exits[2];
    u32 op_offsets[IR_MAX_OPS + 1]; /* of each operation's code, for listings */
} HostCode;

/* What can be left out, to see what it buys. */
enum { WITHOUT_SLOTS = 1, WITHOUT_HOST_FLAGS = 2, WITHOUT_GROUPS = 4 };

/* Executes the guest instruction of a call site. Gives CALL_..., or the code to go on in; for
 * IR_CALL_SIMPLE always CALL_GOES_ON. */
enum { CALL_GOES_ON, CALL_LEAVES };
typedef u64 (*CallFunction)(Cpu *cpu, u32 site);

enum { HOST_ROUTINES = 8 };

typedef struct Backend {
    CodeMemory memory;
    HostRoutine routines[HOST_ROUTINES];
    unsigned routine_count;
    u64 first;              /* bytes of `memory` before the first translation */
    const u8 *call, *call_simple, *exit;    /* as written */
    const u8 *check_jump[2];    /* by CPL 3 */
    const u8 *load_segment;     /* see emit_x64_segment.c */
    const u8 *watch_window;     /* see emit_x64_watch.c */
    i32 (*enter)(Cpu *cpu, const u8 *code);
    u32 first_site;         /* of the next translation: the number of its first instruction's */
    u32 without;            /* WITHOUT_ */
    bool watching;          /* pages are watched: accesses to them have a way of their own */
} Backend;

bool backend_create(Backend *backend, u64 size, CallFunction call, CallFunction call_simple);
void backend_destroy(Backend *backend);

/* False when there is no room left. */
bool backend_emit(Backend *backend, const IrBlock *ir, u32 number, u32 variant, HostCode *code);

/* Turns an exit to the code at `target` (as written), or back to its stub (NULL). */
void backend_chain(const HostExit *exit, const u8 *target);

/* Code that goes to `target` if CS's base and the TLB are as `to` says, else to the exit's stub; NULL
 * when there is no room. */
u8 *backend_guard(Backend *backend, const HostExit *exit, const JumpEntry *to, bool user,
                  const u8 *target);

#endif
