/*
 * A machine to run random programs in: every mode, with or without paging and flat segments, in ring
 * 0 or 3, prepared so that whatever happens to the program ends in a HLT.
 */
#ifndef TESTS_FUZZ_ARENA_H
#define TESTS_FUZZ_ARENA_H

#include "cpu/segment.h"
#include "frontend/bare_processor.h"
#include "tests/fuzz/program.h"

/* Physical addresses, and linear ones but for the aliases. */
enum {
    ARENA_TABLE = 0x4000,   /* page-table entries of the first 2 MiB, PAE's format */
    ARENA_STACK0 = 0x9000,  /* their tops */
    ARENA_STACK3 = 0xA000,
    ARENA_DATA = 0xB000,    /* three pages */
    ARENA_CODE = 0xE000,    /* two pages */
    ARENA_CODE_ALIAS = 0x10000, /* linear, with paging: the code again, */
    ARENA_DATA_ALIAS = 0x12000, /* the data again, */
    ARENA_SHOWN = 0x13000,      /* some of it read-only, */
    ARENA_HOLE = 0x14000,       /* and nothing */
    ARENA_COMPARED = 0x18000,   /* bytes of RAM that programs change, mostly */
    ARENA_RAM = 0x40000,
};

/* Selectors of its GDT. */
enum {
    ARENA_CODE0 = 0x08,
    ARENA_DATA0 = 0x10,
    ARENA_CODE3 = 0x1B,
    ARENA_DATA3 = 0x23,
    ARENA_TSS = 0x28,       /* 16 bytes */
    ARENA_BASED0 = 0x38,    /* data with a base and a limit */
    ARENA_BASED3 = 0x43,
    ARENA_READ_ONLY3 = 0x4B,
    ARENA_HANDLER = 0x50,   /* code of the handlers */
};

typedef enum ArenaMode {
    ARENA_REAL,
    ARENA_VM86,
    ARENA_PROTECTED16,
    ARENA_PROTECTED32,
    ARENA_LONG,
    ARENA_MODES
} ArenaMode;

typedef struct Setting {
    u8 mode;            /* ArenaMode */
    u8 cpl;             /* 0 or 3, of protected and long mode */
    bool flat;          /* DS, ES and SS */
    bool paging;        /* always in long mode */
    u32 start;          /* of the program, from ARENA_CODE */
} Setting;

typedef struct Arena {
    BareProcessor bare;
    Setting setting;
} Arena;

extern const char *const arena_mode_names[ARENA_MODES];

/* With an engine of its own? False with a sentence in `error`. */
bool arena_open(Arena *arena, bool translated, char *error, size_t error_size);
void arena_close(Arena *arena);

/* What a program needs to know of its surroundings; style, simd, x87 and wild are left alone. */
void arena_describe(const Setting *setting, Program *program);

/* Everything as at the start, and random where that does not matter. */
void arena_prepare(Arena *arena, const Setting *setting, const Program *program, u64 seed);

/* The program begins anew, with registers and memory as they are. */
void arena_restart(Arena *arena);

#endif
