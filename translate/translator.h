/*
 * The translator: the engine that turns blocks of guest code into host code and runs that.
 * docs/translator.md explains it.
 */
#ifndef TRANSLATE_TRANSLATOR_H
#define TRANSLATE_TRANSLATOR_H

#include "cpu/cpu.h"

enum { TRANSLATOR_DEFAULT_SIZE = 64 << 20 };

typedef struct TranslatorCounters {
    u64 translations, dropped, flushes;
    u64 guest_bytes, host_bytes;            /* of all translations made */
    u64 chains, guards;                     /* exits turned to a translation, and those through a guard */
    u64 entries;                            /* into generated code */
    u64 exits[4];                           /* out of it, by EXIT_ (backend.h) */
    u64 left;                               /* ... by an interpreter's body that left the block */
    u64 calls;                              /* of interpreter's bodies, declined accesses included */
    u64 interpreted;                        /* blocks */
    /* By InsnName. As translated: with operations of their own, or as calls of the interpreter's
     * body; and how often that was called, declined accesses included. */
    u64 lifted[INSN_COUNT], not_lifted[INSN_COUNT], called[INSN_COUNT];
} TranslatorCounters;

/* Makes the translator this processor's engine, with `size` bytes for its code. False with a
 * sentence in `error` when the host cannot do it; the interpreter stays then. */
bool translator_attach(Cpu *cpu, u64 size, char *error, size_t error_size);
void translator_detach(Cpu *cpu);

/* Code that all translations share, as executed. */
typedef struct HostRoutine {
    const char *name;
    const u8 *code;
} HostRoutine;

/* A translation that has just been made; valid during the call. */
typedef struct TranslatorListing {
    const struct IrBlock *ir;
    const struct IrBlock *stages;   /* as lifted, then as each of ir_passes[] left it */
    const u8 *host;             /* its code, as executed */
    u64 length;
    const u32 *op_offsets;      /* in that, of each operation's code; one more: of what follows */
    const HostRoutine *routines;
    unsigned routine_count;
} TranslatorListing;
typedef void TranslatorListener(void *context, const TranslatorListing *listing);

/* Whom to show each translation; NULL: nobody. False: out of memory. */
bool translator_listen(Cpu *cpu, TranslatorListener *listener, void *context);
/* A block is translated when it is executed for the `executions`th time (8), later where translated code
 * has been written to. For tests: 1. */
void translator_set_threshold(Cpu *cpu, u32 executions);
/* Leaves out some of what makes generated code fast, to see what it buys: bit n: what
 * translator_pass_name(n) names, which is NULL after the last. Drops all generated code. */
void translator_set_passes(Cpu *cpu, u32 left_out);
const char *translator_pass_name(unsigned number);
/* Translates the block at cpu->rip, hot or not; false when it cannot be. Raises what fetching it
 * raises. */
bool translator_translate(Cpu *cpu);

/* Of a processor with a translator. */
const TranslatorCounters *translator_counters(const Cpu *cpu);
/* Drops all generated code. */
void translator_flush(Cpu *cpu);

#endif
