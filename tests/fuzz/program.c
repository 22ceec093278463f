/*
 * Integer instructions, and how they become a program. Numbers in `below()` weigh what matters:
 * registers and memory half of the time each, mostly valid addresses, so that a fault is an event.
 */
#include "tests/fuzz/program.h"

#include <string.h>

#include "tests/fuzz/program_parts.h"

enum { ANY_REGISTER = 8, LEAST_BYTES = 40, MOST_BYTES = 200 };

u32 program_below(Program *program, u32 limit)
{
    return random_below(&program->random, limit);
}

void program_put(Program *program, u64 value, unsigned count)
{
    for (unsigned i = 0; i < count && program->length < PROGRAM_ROOM; i++)
        program->bytes[program->length++] = (u8)(value >> 8 * i);
}

static u32 any(Program *program)
{
    return (u32)random_next(&program->random);
}

/* ---- operands ---- */

/* 16 bytes are mostly to be aligned. */
static u32 place(Program *program, u32 limit)
{
    return program_below(program, limit) & (program->simd ? ~(u32)15 : ~(u32)0);
}

void program_put_absolute(Program *program, unsigned digit, u32 offset)
{
    if (program->code_size == 8) {
        program_put(program, digit << 3 | 4, 1);
        program_put(program, 0x25, 1);
    } else {
        program_put(program, program_is_wide(program) ? digit << 3 | 5 : digit << 3 | 6, 1);
    }
    program_put(program, offset, program_is_wide(program) ? 4 : 2);
}

static void put_wide_memory(Program *program, unsigned reg)
{
    switch (program_below(program, 4)) {
    case 0:
        if (program->code_size == 8 && program_below(program, 2)) { /* [rip + disp32] */
            program_put(program, reg << 3 | 5, 1);
            program_put(program,
                        program->data + place(program, 4096) - program->code - program->length - 4,
                        4);
        } else {
            program_put_absolute(program, reg, program->data + place(program, 4096));
        }
        break;
    case 1: /* [ebx + disp8] */
        program_put(program, 0x40 | reg << 3 | 3, 1);
        program_put(program, place(program, 256), 1);
        break;
    case 2: /* [esp + disp8] */
        program_put(program, 0x44 | reg << 3, 1);
        program_put(program, 0x24, 1);
        program_put(program, place(program, 128), 1);
        break;
    default: /* [ebx + esi * 4 + disp8] */
        program_put(program, 0x44 | reg << 3, 1);
        program_put(program, program_below(program, 4) << 6 | 6 << 3 | 3, 1);
        program_put(program, place(program, 256), 1);
        break;
    }
}

void program_put_operand(Program *program, unsigned digit)
{
    unsigned reg = digit < ANY_REGISTER ? digit : program_below(program, 8);
    unsigned rm;

    if (reg == 4 && digit >= ANY_REGISTER)
        reg = 0; /* the stack pointer stays where it is, mostly */
    if (program_below(program, 2)) {
        rm = program_below(program, 8);
        program_put(program, 0xC0 | reg << 3 | (rm == 4 ? 3 : rm), 1);
    } else if (program_is_wide(program)) {
        put_wide_memory(program, reg);
    } else {
        program_put(program, 0x40 | reg << 3 | program_below(program, 8), 1);
        program_put(program, program_below(program, 256), 1);
    }
}

static void put_immediate(Program *program, bool byte, bool prefix)
{
    bool wide = program_is_wide(program) != prefix;

    program_put(program, program_below(program, 3) ? any(program) : 1, byte ? 1 : wide ? 4 : 2);
}

/* Around the page that follows the data, which is another one when there is paging, or anywhere. */
static u32 elsewhere(Program *program)
{
    u32 page = program_below(program, 12) * PAGE_SIZE;

    return program->data + page - program_below(program, 2) * program_below(program, 24);
}

void program_put_anchor(Program *program)
{
    unsigned size = program_is_wide(program) ? 4 : 2;
    bool away = program->wild && program_below(program, 4) == 0;
    u32 base = away ? elsewhere(program) : program->data + place(program, 3000);

    program_put(program, 0xBB, 1); /* MOV (E)BX */
    program_put(program, base, size);
    program_put(program, 0xBE, 1); /* MOV (E)SI, small */
    program_put(program, place(program, 900), size);
    if (program->code_size == 8) { /* the same for R11 and R14 */
        program_put(program, 0xBB41, 2);
        program_put(program, program->data + place(program, 3000), 4);
        program_put(program, 0xBE41, 2);
        program_put(program, place(program, 900), 4);
    }
}

/* ---- instructions; `prefix`: 66h stands before it already ---- */

typedef void Kind(Program *program, bool prefix);

static void put_alu(Program *program, bool prefix)
{
    (void)prefix;
    program_put(program, program_below(program, 8) << 3 | program_below(program, 4), 1);
    program_put_operand(program, ANY_REGISTER);
}

static void put_alu_immediate(Program *program, bool prefix)
{
    unsigned opcode = (const u8[]){0x80, 0x81, 0x83}[program_below(program, 3)];

    program_put(program, opcode, 1);
    program_put_operand(program, program_below(program, 8));
    put_immediate(program, opcode != 0x81, prefix);
}

static void put_shift(Program *program, bool prefix)
{
    bool immediate = program_below(program, 2);
    unsigned digit = program_below(program, 8);

    (void)prefix;
    program_put(program,
                immediate ? 0xC0 | program_below(program, 2) : 0xD0 | program_below(program, 4), 1);
    program_put_operand(program, digit == 6 ? 4 : digit);
    if (immediate)
        program_put(program, program_below(program, 256), 1);
}

/* INC, DEC; NOT, NEG, MUL, IMUL, DIV, IDIV */
static void put_single(Program *program, bool prefix)
{
    bool steps = program_below(program, 2);

    (void)prefix;
    program_put(program, (steps ? 0xFE : 0xF6) | program_below(program, 2), 1);
    program_put_operand(program, steps ? program_below(program, 2) : 2 + program_below(program, 6));
}

static void put_move(Program *program, bool prefix)
{
    (void)prefix;
    program_put(program, 0x88 | program_below(program, 4), 1);
    program_put_operand(program, ANY_REGISTER);
}

/* MOVZX, MOVSX */
static void put_extension(Program *program, bool prefix)
{
    (void)prefix;
    program_put(program, 0x0F, 1);
    program_put(program, 0xB6 | program_below(program, 2) | program_below(program, 2) << 3, 1);
    program_put_operand(program, ANY_REGISTER);
}

/* SETcc, CMOVcc */
static void put_conditional(Program *program, bool prefix)
{
    (void)prefix;
    program_put(program, 0x0F, 1);
    program_put(program, (program_below(program, 2) ? 0x90 : 0x40) | program_below(program, 16), 1);
    program_put_operand(program, ANY_REGISTER);
}

static void put_lea(Program *program, bool prefix)
{
    (void)prefix;
    program_put(program, 0x8D, 1);
    program_put(program, 0x40 | program_below(program, 4) << 3 | 3, 1);
    program_put(program, program_below(program, 256), 1);
}

static void put_push_pop(Program *program, bool prefix)
{
    (void)prefix;
    program_put(program, 0x50 | program_below(program, 4), 1);
    program_put(program, 0x58 | program_below(program, 4), 1);
}

/* Ahead, over what is put next. */
static void put_jump(Program *program, bool prefix)
{
    (void)prefix;
    program_put(program, 0x70 | program_below(program, 16), 1);
    program_put(program, program_below(program, 6), 1);
    program_put(program, 0x909090909090, 6);
}

static void put_anchor(Program *program, bool prefix)
{
    (void)prefix;
    program_put_anchor(program);
}

/* LAHF, SAHF, CMC, CLC, STC, CWDE, CDQ, SALC */
static void put_flag_byte(Program *program, bool prefix)
{
    static const u8 codes[] = {0x9F, 0x9E, 0xF5, 0xF8, 0xF9, 0x98, 0x99, 0xD6};

    (void)prefix;
    program_put(program, codes[program_below(program, program->code_size == 8 ? 7 : 8)], 1);
}

/* PUSHF, or a CALL of what follows; POP */
static void put_push_something(Program *program, bool prefix)
{
    (void)prefix;
    if (program_below(program, 2)) {
        program_put(program, 0x9C, 1);
        program_put(program, 0x58 | program_below(program, 4), 1);
    } else {
        program_put(program, 0xE8, 1);
        program_put(program, 0, program_is_wide(program) ? 4 : 2);
        program_put(program, 0x5A, 1);
    }
}

/* BT .. by a constant or a register, BSF, BSR */
static void put_bit(Program *program, bool prefix)
{
    (void)prefix;
    program_put(program, 0x0F, 1);
    if (program_below(program, 2)) {
        program_put(program, 0xBA, 1);
        program_put_operand(program, 4 + program_below(program, 4));
        program_put(program, program_below(program, 256), 1);
    } else {
        program_put(program, (const u8[]){0xBC, 0xBD, 0xA3, 0xAB}[program_below(program, 4)], 1);
        program_put_operand(program, ANY_REGISTER);
    }
}

static void put_product(Program *program, bool prefix)
{
    (void)prefix;
    if (program_below(program, 2)) {
        program_put(program, 0xAF0F, 2);
        program_put_operand(program, ANY_REGISTER);
    } else {
        program_put(program, 0x6B, 1);
        program_put_operand(program, ANY_REGISTER);
        program_put(program, program_below(program, 256), 1);
    }
}

/* SHLD, SHRD */
static void put_double_shift(Program *program, bool prefix)
{
    (void)prefix;
    program_put(program, 0x0F, 1);
    program_put(program, program_below(program, 2) ? 0xA4 : 0xAC, 1);
    program_put_operand(program, ANY_REGISTER);
    program_put(program, program_below(program, 32), 1);
}

/* XCHG, TEST */
static void put_exchange(Program *program, bool prefix)
{
    (void)prefix;
    program_put(program, (program_below(program, 2) ? 0x86 : 0x84) | program_below(program, 2), 1);
    program_put_operand(program, ANY_REGISTER);
}

static void put_byte_constant(Program *program, bool prefix)
{
    (void)prefix;
    program_put(program, 0xC6, 1);
    program_put_operand(program, 0);
    program_put(program, any(program), 1);
}

/* BSWAP; XADD, CMPXCHG */
static void put_exchange_add(Program *program, bool prefix)
{
    (void)prefix;
    program_put(program, 0x0F, 1);
    if (program_below(program, 2)) {
        program_put(program, 0xC8 | program_below(program, 4), 1);
    } else {
        program_put(program, (program_below(program, 2) ? 0xB0 : 0xC0) | program_below(program, 2),
                    1);
        program_put_operand(program, ANY_REGISTER);
    }
}

/* String instructions, repeated a few times; XLAT */
static void put_string(Program *program, bool prefix)
{
    static const u8 codes[] = {0xAA, 0xAB, 0xAC, 0xAD, 0xA4, 0xA6, 0xAE};

    if (program_below(program, 4) == 0) {
        program_put(program, 0xD7, 1);
        return;
    }
    if (!prefix && program_below(program, 2)) {
        program_put(program, 0xB9, 1);
        program_put(program, program_below(program, 40), program_is_wide(program) ? 4 : 2);
        program_put(program, 0xF2 | program_below(program, 2), 1);
    }
    program_put(program, codes[program_below(program, sizeof codes)], 1);
}

static void put_constant(Program *program, bool prefix)
{
    program_put(program, 0xB8 | program_below(program, 3), 1);
    put_immediate(program, false, prefix);
}

static void put_time(Program *program, bool prefix)
{
    if (program_below(program, 4) == 0)
        program_put(program, 0x310F, 2);
    else
        put_constant(program, prefix);
}

/* ---- a program ---- */

/* `bare`: no 66h or REX before it. */
static const struct {
    Kind *put;
    bool bare;
} kinds[] = {
    {put_alu, false},           {put_alu, false},      {put_alu, false},
    {put_alu_immediate, false}, {put_shift, false},    {put_single, false},
    {put_move, false},          {put_move, false},     {put_extension, false},
    {put_conditional, false},   {put_lea, false},      {put_push_pop, true},
    {put_jump, true},           {put_anchor, true},    {put_flag_byte, true},
    {put_push_something, true}, {put_bit, false},      {put_product, false},
    {put_double_shift, false},  {put_exchange, false}, {put_byte_constant, false},
    {put_exchange_add, false},  {put_string, false},   {put_time, false},
};

static void put_unit(Program *program)
{
    unsigned kind = program_below(program, COUNT_OF(kinds));
    bool prefix = !kinds[kind].bare && program_below(program, 6) == 0;

    if (program->x87 && program_below(program, 2)) {
        program_put_x87(program);
        return;
    }
    if (program->simd && program_below(program, 2)) {
        program_put_simd(program);
        return;
    }
    if (program->wild && program_below(program, 5) == 0) {
        program_put_wild(program);
        return;
    }
    if (prefix)
        program_put(program, 0x66, 1);
    if (program->code_size == 8 && !kinds[kind].bare && program_below(program, 3))
        program_put(program, 0x40 | program_below(program, 16), 1);
    kinds[kind].put(program, prefix);
}

static void begin_unit(Program *program)
{
    if (program->unit_count < PROGRAM_UNITS)
        program->units[program->unit_count++] = (u16)program->length;
}

/* DEC of a counter in memory; JZ to the HLT; JMP to the start. */
static void put_end(Program *program, unsigned start)
{
    unsigned size = program_is_wide(program) ? 4 : 2;

    begin_unit(program);
    program_put(program, 0xFF, 1);
    program_put_absolute(program, 1, program->data - 4);
    program_put(program, 0x840F, 2);
    program_put(program, size + 1, size);
    program_put(program, 0xE9, 1);
    program_put(program, start - program->length - size, size);
    program_put(program, 0xF4, 1);
}

static void change_bytes(Program *program)
{
    for (unsigned i = 1 + program_below(program, 4); i-- > 0;)
        program->bytes[program_below(program, program->length)] = (u8)any(program);
}

void program_make(Program *program, u64 seed)
{
    unsigned start, end;

    random_seed(&program->random, seed);
    program->length = program->unit_count = 0;
    begin_unit(program);
    program_put_anchor(program);
    start = program->length;
    end = LEAST_BYTES + program_below(program, MOST_BYTES - LEAST_BYTES);
    while (program->length < end) {
        begin_unit(program);
        if (program->style == PROGRAM_RANDOM)
            program_put(program, any(program), 1);
        else
            put_unit(program);
    }
    if (program->style == PROGRAM_MUTATED)
        change_bytes(program);
    put_end(program, start);
}
