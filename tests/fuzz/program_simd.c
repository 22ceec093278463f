/*
 * Instructions of SSE, SSE2 and the x87 for random programs.
 */
#include "tests/fuzz/program_parts.h"

/* Conversions to and from general registers. */
static void put_conversion(Program *program)
{
    program_put(program, program_below(program, 2) ? 0xF2 : 0xF3, 1);
    program_put(program, 0x0F, 1);
    program_put(program, (const u8[]){0x2A, 0x2C, 0x2D}[program_below(program, 3)], 1);
}

/* A mandatory prefix, an opcode that has a row with any, an operand. */
void program_put_simd(Program *program)
{
    static const u8 any_prefix[] = {0x51, 0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F, 0x10, 0x11, 0x5A};
    static const u8 packed[] = {0x14, 0x15, 0x28, 0x29, 0x54, 0x55, 0x56, 0x57, 0x2E, 0x2F};
    static const u8 integer[] = {0x60, 0x61, 0x62, 0x63, 0x66, 0x67, 0x68, 0x6A, 0x6B, 0x6C,
                                 0x6D, 0x6E, 0x6F, 0x7E, 0x7F, 0x74, 0x75, 0x76, 0xD1, 0xD2,
                                 0xD4, 0xD5, 0xDA, 0xDB, 0xDF, 0xE0, 0xE4, 0xEB, 0xEF, 0xF3,
                                 0xF4, 0xF5, 0xF6, 0xFA, 0xFB, 0xFE, 0x5B, 0xE6, 0xD6};
    unsigned prefix = program_below(program, 4);

    switch (program_below(program, program->wild ? 5 : 4)) {
    case 0:
        if (prefix)
            program_put(program, (const u8[]){0x66, 0xF2, 0xF3}[prefix - 1], 1);
        program_put(program, 0x0F, 1);
        program_put(program, any_prefix[program_below(program, sizeof any_prefix)], 1);
        break;
    case 1:
        if (prefix & 1)
            program_put(program, 0x66, 1);
        program_put(program, 0x0F, 1);
        program_put(program, packed[program_below(program, sizeof packed)], 1);
        break;
    case 2:
        program_put(program, 0x0F66, 2);
        program_put(program, integer[program_below(program, sizeof integer)], 1);
        break;
    case 3:
        put_conversion(program);
        break;
    default: /* LDMXCSR, STMXCSR */
        program_put(program, 0xAE0F, 2);
        program_put_operand(program, 2 + program_below(program, 2));
        return;
    }
    program_put_operand(program, 8);
}

/* Any of the codes but those that load a whole environment. */
void program_put_x87(Program *program)
{
    unsigned opcode = 0xD8 | program_below(program, 8), digit = program_below(program, 8);

    if (program_below(program, 8) == 0) { /* FNINIT, FLDZ, FLD1 keep it from drifting */
        program_put(program, (const u32[]){0xE3DB, 0xEED9, 0xE8D9}[program_below(program, 3)], 2);
        return;
    }
    if ((opcode == 0xD9 || opcode == 0xDD) && (digit == 4 || digit == 5 || digit == 6))
        digit = opcode == 0xD9 && digit == 5 && program_below(program, 2) ? 5 : 2;
    program_put(program, opcode, 1);
    if (opcode == 0xD9 && digit == 5 && !program->wild) /* FLDCW of a usual word */
        program_put_absolute(program, 5, program->data - 8);
    else
        program_put_operand(program, digit);
}
