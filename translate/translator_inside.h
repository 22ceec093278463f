/*
 * The translator's insides: translations, the links between them, and the ways between generated
 * code and C.
 */
#ifndef TRANSLATE_TRANSLATOR_INSIDE_H
#define TRANSLATE_TRANSLATOR_INSIDE_H

#include "translate/backend.h"
#include "translate/translator.h"

typedef struct TranslatedBlock TranslatedBlock;

/* A known way out, and whom it is chained to. */
typedef struct Link {
    HostExit exit;
    TranslatedBlock *to;
    struct Link *next_incoming;     /* of `to` */
} Link;

struct TranslatedBlock {
    Block *block;           /* NULL: dropped */
    u64 rip;
    u32 variant;
    const u8 *code;         /* as executed */
    u8 *entry;              /* as written */
    Link links[2];
    Link *incoming;
    TranslatedBlock *next;  /* of the same block */
    u32 declined;           /* how often one of its accesses was */
};

/* Where the interpreter's body is called for an instruction. */
typedef struct CallSite {
    Handler handler;
    const Insn *insn;
    u32 translation;        /* its number */
    u16 name;               /* InsnName */
    bool called;            /* always, not only when an access is declined */
    bool ends_block;
    bool uses_flags;        /* reads or changes the arithmetic ones */
} CallSite;

typedef struct Translator {
    Backend backend;
    JumpEntry jumps[JUMP_ENTRIES];
    TranslatedBlock *translations;
    CallSite *sites;        /* of all instructions of all translations */
    u32 count, site_count;
    u32 threshold;          /* executions after which a block is translated */
    u32 flushes;            /* translations from before another one are gone */
    Block *next;            /* after EXIT_LEFT; NULL: it is time to return */
    IrBlock ir;
    TranslatorCounters counters;
    u32 passes_left_out;
    IrBlock *stages;        /* 1 + IR_PASSES, for the listener; NULL: there was none */
    TranslatorListener *listener;
    void *listener_context;
} Translator;

enum {
    MAX_TRANSLATIONS = 1 << 17,
    MAX_SITES = 1 << 20,
    /* What is no pass but can be left out, too. */
    SLOTS_PASS = IR_PASSES,
    GROUPS,
    HOST_FLAGS,
    CHAINS,                 /* going from block to block within generated code */
};

FORCE_INLINE Translator *translator_of(const Cpu *cpu)
{
    return cpu->engine_state;
}

/* ---- translations.c ---- */

/* The translation of the block at cpu->rip for the present state; NULL: not hot, or not to be had. */
TranslatedBlock *translation_for(Cpu *cpu, Block *block);
/* NULL: there is none yet. */
TranslatedBlock *translation_find(const Cpu *cpu, const Block *block);
/* The same, hot or not. */
TranslatedBlock *translation_make(Cpu *cpu, Block *block);
void translations_drop(Cpu *cpu, Block *block);     /* the block's */
void translations_forget(Cpu *cpu);                 /* all */

/* ---- chains.c ---- */

/* The way that was just taken, for the next time. `link`: NULL for an indirect one. */
void chain_remember(Cpu *cpu, Link *link, unsigned kind, TranslatedBlock *to, bool within_page);
void chain_cut(Translator *translator, TranslatedBlock *translation);  /* all ways to and from it */
void chain_clear_jumps(Translator *translator);

/* ---- crossing.c ---- */

/* Runs generated code from `translation` on; gives the exit's number. */
i32 crossing_enter(Cpu *cpu, const TranslatedBlock *translation);
/* After an exit other than EXIT_LEFT: the Cpu as the interpreter would have left it. Gives the link
 * that was taken, or NULL. */
Link *crossing_leave(Cpu *cpu, TranslatedBlock *last, unsigned kind);
/* From generated code: does one guest instruction the interpreter's way. */
u64 crossing_call(Cpu *cpu, u32 number);
u64 crossing_call_simple(Cpu *cpu, u32 number);   /* ... of IR_CALL_SIMPLE */

#endif
