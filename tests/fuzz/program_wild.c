/*
 * What makes a program hard on a translator: stores into its own code, page tables that change,
 * other segments, flags that change what is assumed.
 */
#include "tests/fuzz/arena.h"
#include "tests/fuzz/program_parts.h"

/* Somewhere in the program, mostly; through the other mapping where there is one. */
static u32 code_address(Program *program)
{
    u32 address = program->code + program_below(program, PROGRAM_ROOM);

    if (program->paging && program_is_wide(program) && program_below(program, 2))
        address += ARENA_CODE_ALIAS - ARENA_CODE;
    return program_offset(program, address);
}

/* A store of a constant, or a change by one. */
static void put_store_to_code(Program *program)
{
    static const u8 likely[] = {0x90, 0x40, 0x48, 0x43, 0x4B, 0xF8, 0xF9, 0xC3, 0x75, 0x05};
    u32 address = code_address(program);

    switch (program_below(program, 3)) {
    case 0: /* MOV BYTE */
        program_put(program, 0xC6, 1);
        program_put_absolute(program, 0, address);
        program_put(program, likely[program_below(program, sizeof likely)], 1);
        break;
    case 1: /* INC BYTE */
        program_put(program, 0xFE, 1);
        program_put_absolute(program, 0, address);
        break;
    default: /* MOV of a register */
        program_put(program, 0x88 | program_below(program, 2), 1);
        program_put_absolute(program, program_below(program, 4), address);
        break;
    }
}

static void put_constant(Program *program, unsigned reg, u32 value)
{
    program_put(program, 0xB8 | reg, 1);
    program_put(program, value, program_is_wide(program) ? 4 : 2);
}

/* REP MOVSB within the program. */
static void put_copy_of_code(Program *program)
{
    put_constant(program, 6, code_address(program));
    put_constant(program, 7, code_address(program));
    put_constant(program, 1, program_below(program, 12));
    program_put(program, 0xA4F3, 2);
}

/* One bit of a page-table entry; then INVLPG, a load of CR3, or nothing. In ring 0. */
static void put_remap(Program *program)
{
    static const u32 bits[] = {1, 2, 4, 0x1000, 0x60};
    u32 page = ARENA_DATA / PAGE_SIZE + program_below(program, 12);

    program_put(program, 0x81, 1);
    program_put_absolute(program, 6, program_offset(program, ARENA_TABLE + page * 8));
    program_put(program, bits[program_below(program, COUNT_OF(bits))], 4);
    switch (program_below(program, 4)) {
    case 0:
        program_put(program, 0x010F, 2);
        program_put_absolute(program, 7, program_offset(program, page * PAGE_SIZE));
        break;
    case 1:
    case 2:
        program_put(program, 0xD8220FD8200F, 6); /* MOV EAX, CR3; MOV CR3, EAX */
        break;
    default:
        break;
    }
}

static void put_segment_load(Program *program)
{
    static const u16 selectors[] = {ARENA_DATA0,  ARENA_DATA3,      ARENA_BASED0,
                                    ARENA_BASED3, ARENA_READ_ONLY3, 0};

    put_constant(program, 0, selectors[program_below(program, COUNT_OF(selectors))]);
    program_put(program, 0x8E, 1);
    /* ES, FS, GS; now and then DS or SS. */
    program_put(
        program,
        (const u8[]){0xC0, 0xE0, 0xE8, 0xC0, 0xE0, 0xE8, 0xD8, 0xD0}[program_below(program, 8)], 1);
}

/* PUSHF, a change of some bits, POPF. */
static void put_flags(Program *program)
{
    static const u32 bits[] = {0x400, 0x400, 0x200, 1, 0x8D5, 0x40000, 0x100, 0x4000};

    program_put(program, 0x9C, 1);
    program_put(program, 0x58, 1);
    if (program->code_size == 8)
        program_put(program, 0x48, 1);
    program_put(program, 0x35, 1); /* XOR (E)AX */
    program_put(program, bits[program_below(program, COUNT_OF(bits))],
                program_is_wide(program) ? 4 : 2);
    program_put(program, 0x50, 1);
    program_put(program, 0x9D, 1);
}

/* A short loop of one instruction, by LOOP. */
static void put_loop(Program *program)
{
    put_constant(program, 1, 1 + program_below(program, 20));
    program_put(program, 0xC301, 2); /* ADD EBX, EAX */
    program_put(program, 0xE2, 1);
    program_put(program, 0xFC, 1);
}

/* CALL over a RET, so that it returns to what follows the CALL. */
static void put_call(Program *program)
{
    program_put(program, 0xEB, 1);
    program_put(program, 2, 1);
    program_put(program, 0xC340 | program_below(program, 2) << 3, 2); /* INC or DEC; RET */
    program_put(program, 0xE8, 1);
    program_put(program, program_is_wide(program) ? (u32)-7 : (u32)-5,
                program_is_wide(program) ? 4 : 2);
}

void program_put_wild(Program *program)
{
    switch (program_below(program, 10)) {
    case 0:
    case 1:
    case 2:
        put_store_to_code(program);
        break;
    case 3:
        put_copy_of_code(program);
        break;
    case 4:
        if (program->paging && program_is_wide(program))
            put_remap(program);
        break;
    case 5:
        put_segment_load(program);
        break;
    case 6:
        put_flags(program);
        break;
    case 7:
        put_loop(program);
        break;
    case 8:
        put_call(program);
        break;
    default: /* INT 40h, CLI, STI, CLD */
        program_put(program,
                    (const u16[]){0x40CD, 0x90FA, 0x90FB, 0x90FC}[program_below(program, 4)], 2);
        break;
    }
}
