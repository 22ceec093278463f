/*
 * The translator against the interpreter: random programs run on two machines, one per engine, and
 * are compared, all registers, flags and memory, at random instruction counts.
 */
#include "bare_machine.h"

#include "translate/translator.h"

#include <stdio.h>

enum { PROGRAM_BYTES = 256, DATA = BARE_DATA };

typedef struct Random {
    u64 state;
} Random;

static u32 next(Random *random)
{
    random->state = random->state * 6364136223846793005u + 1442695040888963407u;
    return (u32)(random->state >> 33);
}

static u32 below(Random *random, u32 limit)
{
    return next(random) % limit;
}

/* ---- programs ---- */

typedef struct Program {
    Random *random;
    u8 bytes[PROGRAM_BYTES + 32];
    unsigned length;
    bool wide; /* 32-bit code */
    bool simd, x87;
} Program;

static void put(Program *program, u32 value, unsigned count)
{
    memcpy(program->bytes + program->length, &value, count);
    program->length += count;
}

/* ModRM and what follows: a register, or memory near the data. `digit` >= 8: any register. */
static void put_operand(Program *program, unsigned digit)
{
    Random *random = program->random;
    unsigned reg = digit < 8 ? digit : below(random, 8);

    u32 mask = program->simd ? ~15u : ~0u; /* 16 bytes are mostly to be aligned */

    if (reg == 4 && digit >= 8)
        reg = 0; /* the stack pointer stays where it is, mostly */
    if (below(random, 2)) {
        unsigned rm = below(random, 8);

        put(program, 0xC0 | reg << 3 | (rm == 4 ? 3 : rm), 1);
    } else if (program->wide) {
        switch (below(random, 3)) {
        case 0: /* [disp32] */
            put(program, reg << 3 | 5, 1);
            put(program, DATA + (below(random, 4096) & mask), 4);
            break;
        case 1: /* [ebx + disp8] */
            put(program, 0x40 | reg << 3 | 3, 1);
            put(program, below(random, 256) & mask, 1);
            break;
        default: /* [ebx + esi * 4 + disp8] */
            put(program, 0x44 | reg << 3, 1);
            put(program, below(random, 4) << 6 | 6 << 3 | 3, 1);
            put(program, below(random, 256) & mask, 1);
            break;
        }
    } else {
        put(program, 0x40 | reg << 3 | below(random, 8), 1);
        put(program, below(random, 256), 1);
    }
}

static void put_immediate(Program *program, bool byte, bool prefix)
{
    bool wide = program->wide != prefix;

    put(program, below(program->random, 3) ? next(program->random) << 1 : 1,
        byte   ? 1
        : wide ? 4
               : 2);
}

/* Bases point to the data again and again. */
static void put_anchor(Program *program)
{
    u32 mask = program->simd ? ~15u : ~0u;

    put(program, 0xBB, 1); /* mov (e)bx, DATA */
    put(program, DATA + (below(program->random, 3000) & mask), program->wide ? 4 : 2);
    put(program, 0xBE, 1); /* mov (e)si, small */
    put(program, below(program->random, 900) & mask, program->wide ? 4 : 2);
}

/* SSE and SSE2: a mandatory prefix, an opcode that has a row with any, an operand. */
static void put_simd(Program *program)
{
    static const u8 any_prefix[] = {0x51, 0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F, 0x10, 0x11, 0x5A};
    static const u8 packed[] = {0x14, 0x15, 0x28, 0x29, 0x54, 0x55, 0x56, 0x57, 0x2E, 0x2F};
    static const u8 integer[] = {0x60, 0x61, 0x62, 0x63, 0x66, 0x67, 0x68, 0x6A, 0x6B, 0x6C,
                                 0x6D, 0x6E, 0x6F, 0x7E, 0x7F, 0x74, 0x75, 0x76, 0xD1, 0xD2,
                                 0xD4, 0xD5, 0xDA, 0xDB, 0xDF, 0xE0, 0xE4, 0xEB, 0xEF, 0xF3,
                                 0xF4, 0xF5, 0xF6, 0xFA, 0xFB, 0xFE, 0x5B, 0xE6, 0xD6};
    Random *random = program->random;
    unsigned which = below(random, 4), prefix = below(random, 4);

    if (which == 0) {
        if (prefix)
            put(program, (const u8[]){0x66, 0xF2, 0xF3}[prefix - 1], 1);
        put(program, 0x0F, 1);
        put(program, any_prefix[below(random, sizeof any_prefix)], 1);
    } else if (which == 1) {
        if (prefix & 1)
            put(program, 0x66, 1);
        put(program, 0x0F, 1);
        put(program, packed[below(random, sizeof packed)], 1);
    } else if (which == 2) {
        put(program, 0x0F66, 2);
        put(program, integer[below(random, sizeof integer)], 1);
    } else { /* conversions to and from general registers */
        put(program, prefix & 1 ? 0xF2 : 0xF3, 1);
        put(program, 0x0F, 1);
        put(program, (const u8[]){0x2A, 0x2C, 0x2D}[below(random, 3)], 1);
    }
    put_operand(program, 8);
}

/* The x87: any of its codes but those that load a whole environment. */
static void put_x87(Program *program)
{
    Random *random = program->random;
    unsigned opcode = 0xD8 | below(random, 8), digit = below(random, 8);

    if (below(random, 8) == 0) { /* FNINIT, FLDZ, FLD1 keep it from drifting */
        put(program, (const u32[]){0xE3DB, 0xEED9, 0xE8D9}[below(random, 3)], 2);
        return;
    }
    if ((opcode == 0xD9 || opcode == 0xDD) && (digit == 4 || digit == 5 || digit == 6))
        digit = opcode == 0xD9 && digit == 5 && below(random, 2) ? 5 : 2;
    put(program, opcode, 1);
    if (opcode == 0xD9 && digit == 5) { /* FLDCW of 37Fh, mostly */
        put(program, 0x2D, 1);
        put(program, DATA - 8, 4);
    } else {
        put_operand(program, digit);
    }
}

static void put_instruction(Program *program)
{
    Random *random = program->random;
    bool prefix = below(random, 6) == 0;
    unsigned kind = below(random, 24);

    if (program->x87 && below(random, 2)) {
        put_x87(program);
        return;
    }
    if (program->simd && below(random, 2)) {
        put_simd(program);
        return;
    }

    if (prefix && kind != 12 && kind != 13 && kind != 14 && kind != 15)
        put(program, 0x66, 1);
    else
        prefix = false;
    switch (kind) {
    case 0:
    case 1:
    case 2: /* ALU, both directions and sizes */
        put(program, below(random, 8) << 3 | below(random, 4), 1);
        put_operand(program, 8);
        break;
    case 3: { /* ALU immediate */
        unsigned opcode = 0x80 | below(random, 3);
        opcode = opcode == 0x82 ? 0x83 : opcode;
        put(program, opcode, 1);
        put_operand(program, below(random, 8));
        put_immediate(program, opcode != 0x81, prefix);
        break;
    }
    case 4: /* shifts */
        put(program, below(random, 2) ? 0xC0 | below(random, 2) : 0xD0 | below(random, 4), 1);
        {
            bool immediate = (program->bytes[program->length - 1] & 0xFE) == 0xC0;
            unsigned digit = below(random, 8);
            put_operand(program, digit == 6 ? 4 : digit);
            if (immediate)
                put(program, below(random, 256), 1);
        }
        break;
    case 5: /* INC, DEC, or NOT, NEG, MUL, IMUL, DIV, IDIV, TEST */
        if (below(random, 2)) {
            put(program, 0xFE | below(random, 2), 1);
            put_operand(program, below(random, 2));
        } else {
            unsigned digit = 2 + below(random, 6), opcode = 0xF6 | below(random, 2);
            put(program, opcode, 1);
            put_operand(program, digit);
        }
        break;
    case 6: /* MOV */
    case 7:
        put(program, 0x88 | below(random, 4), 1);
        put_operand(program, 8);
        break;
    case 8: /* MOVZX, MOVSX */
        put(program, 0x0F, 1);
        put(program, 0xB6 | below(random, 2) | below(random, 2) << 3, 1);
        put_operand(program, 8);
        break;
    case 9: /* SETcc, CMOVcc */
        put(program, 0x0F, 1);
        put(program, (below(random, 2) ? 0x90 : 0x40) | below(random, 16), 1);
        put_operand(program, 8);
        break;
    case 10: /* LEA */
        put(program, 0x8D, 1);
        put(program, 0x40 | below(random, 4) << 3 | 3, 1);
        put(program, below(random, 256), 1);
        break;
    case 11: /* PUSH, POP */
        put(program, 0x50 | below(random, 4), 1);
        put(program, 0x58 | below(random, 4), 1);
        break;
    case 12: /* a short jump ahead, over what is put next */
        put(program, 0x70 | below(random, 16), 1);
        put(program, below(random, 6), 1);
        put(program, 0x90909090, 4);
        put(program, 0x9090, 2);
        break;
    case 13:
        put_anchor(program);
        break;
    case 14: /* LAHF, SAHF, CMC, CLC, STC, CWDE, CDQ, SALC */
        put(program, (const u8[]){0x9F, 0x9E, 0xF5, 0xF8, 0xF9, 0x98, 0x99, 0xD6}[below(random, 8)],
            1);
        break;
    case 15: /* PUSHF, CALL ahead, DAA ... */
        if (below(random, 2)) {
            put(program, 0x9C, 1);
            put(program, 0x58 | below(random, 4), 1);
        } else {
            put(program, 0xE8, 1); /* call over; pop */
            put(program, 0, program->wide ? 4 : 2);
            put(program, 0x5A, 1);
        }
        break;
    case 16: /* BT .. with immediate or register, BSF, BSR */
        put(program, 0x0F, 1);
        if (below(random, 2)) {
            put(program, 0xBA, 1);
            put_operand(program, 4 + below(random, 4));
            put(program, below(random, 256), 1);
        } else {
            put(program, (const u8[]){0xBC, 0xBD, 0xA3, 0xAB}[below(random, 4)], 1);
            put_operand(program, 8);
        }
        break;
    case 17: /* IMUL */
        if (below(random, 2)) {
            put(program, 0xAF0F, 2);
            put_operand(program, 8);
        } else {
            put(program, 0x6B, 1);
            put_operand(program, 8);
            put(program, below(random, 256), 1);
        }
        break;
    case 18: /* SHLD, SHRD */
        put(program, 0x0F, 1);
        put(program, below(random, 2) ? 0xA4 : 0xAC, 1);
        put_operand(program, 8);
        put(program, below(random, 32), 1);
        break;
    case 19: /* XCHG, TEST */
        put(program, (below(random, 2) ? 0x86 : 0x84) | below(random, 2), 1);
        put_operand(program, 8);
        break;
    case 20: /* MOV immediate */
        put(program, 0xC6, 1);
        put_operand(program, 0);
        put(program, next(random), 1);
        break;
    case 21: /* BSWAP, XADD, CMPXCHG */
        put(program, 0x0F, 1);
        if (below(random, 2)) {
            put(program, 0xC8 | below(random, 4), 1);
        } else {
            put(program, (below(random, 2) ? 0xB0 : 0xC0) | below(random, 2), 1);
            put_operand(program, 8);
        }
        break;
    case 22: /* string instructions */
        put(program, (const u8[]){0xAA, 0xAB, 0xAC, 0xAD, 0xA4, 0xA6, 0xAE}[below(random, 7)], 1);
        break;
    default: /* MOV reg, immediate */
        put(program, 0xB8 | below(random, 3), 1);
        put_immediate(program, false, prefix);
        break;
    }
}

/* A loop, the counter of which is in memory. */
static void make_program(Program *program)
{
    unsigned start;

    program->length = 0;
    put_anchor(program);
    start = program->length;
    while (program->length < 40 + below(program->random, 160))
        put_instruction(program);
    put(program, program->wide ? 0x0DFF : 0x0EFF, 2); /* dec dword [DATA - 4] */
    put(program, DATA - 4, program->wide ? 4 : 2);
    put(program, 0x840F, 2); /* jz to the HLT */
    put(program, program->wide ? 5 : 3, program->wide ? 4 : 2);
    put(program, 0xE9, 1);
    program->length += program->wide ? 4 : 2;
    u32 distance = start - program->length;
    memcpy(program->bytes + program->length - (program->wide ? 4 : 2), &distance,
           program->wide ? 4 : 2);
    put(program, 0xF4, 1);
}

/* ---- two machines ---- */

static BareMachine *prepare(const Program *program, u64 seed)
{
    BareMachine *m = bare_create();
    Random random = {seed};

    if (program->wide)
        bare_protected(m, 0);
    else
        for (unsigned reg = ES; reg <= GS; reg++)
            if (reg != CS)
                segment_set_real(&m->cpu, reg, reg == FS ? 0x12 : 0);
    for (unsigned i = 0; i < 8; i++)
        if (i != RSP)
            m->cpu.gpr[i] = program->wide ? next(&random) << 1 : next(&random) & 0xFFFF;
    m->cpu.gpr[RDI] = DATA + 1000;
    if (program->simd)
        m->cpu.cr4 |= CR4_OSFXSR;
    for (unsigned i = 0; i < 8; i++) /* of many sizes, some of them integers */
        for (unsigned part = 0; part < 4; part++)
            m->cpu.xmm[i].dwords[part] = below(&random, 3) ? next(&random) << 1 : part;
    for (unsigned i = 0; i < 8192; i++)
        m->ram.bytes[DATA - 8 + i] = (u8)next(&random);
    bare_write(m, DATA - 4, DWORD, 40);
    bare_write(m, DATA - 8, WORD, 0x37F | (next(&random) & 0xF00));
    if (program->x87)
        m->cpu.x87 = (X87){.control = 0x37F, .empty = (u8)(next(&random) & next(&random))};
    memcpy(m->ram.bytes + BARE_CODE, program->bytes, program->length);
    return m;
}

static void show(const Program *program, const BareMachine *a, const BareMachine *b)
{
    fprintf(stderr, "%s ", program->wide ? "32-bit" : "16-bit");
    for (unsigned i = 0; i < program->length; i++)
        fprintf(stderr, "%02x", program->bytes[i]);
    fprintf(stderr, "\n");
    for (unsigned i = 0; i < 8; i++)
        fprintf(stderr, "r%u %08llX %08llX\n", i, (unsigned long long)a->cpu.gpr[i],
                (unsigned long long)b->cpu.gpr[i]);
    fprintf(stderr, "rip %llX %llX flags %llX %llX cycles %llu %llu\n",
            (unsigned long long)a->cpu.rip, (unsigned long long)b->cpu.rip,
            (unsigned long long)cpu_get_flags(&a->cpu), (unsigned long long)cpu_get_flags(&b->cpu),
            (unsigned long long)a->cpu.cycles, (unsigned long long)b->cpu.cycles);
}

/* A processor's state as its table says. */
static bool same_state(const Cpu *a, const Cpu *b)
{
    for (unsigned i = 0; i < cpu_state.count; i++) {
        const Field *field = &cpu_state.fields[i];

        if (memcmp((const u8 *)a + field->offset, (const u8 *)b + field->offset,
                   (size_t)field->width * field->count)) {
            fprintf(stderr, "%s differs\n", field->name);
            return false;
        }
    }
    return true;
}

static bool same(const BareMachine *a, const BareMachine *b)
{
    return same_state(&a->cpu, &b->cpu) && !memcmp(a->ram.bytes, b->ram.bytes, 0x20000);
}

/* Runs a program in random slices on both; true: no difference, to the end or a fault. */
static bool lockstep(const Program *program, u64 seed)
{
    BareMachine *a = prepare(program, seed), *b = prepare(program, seed);
    Random random = {seed};
    char error[128];
    bool equal = true;

    cr_assert(translator_attach(&b->cpu, 4 << 20, error, sizeof error), "%s", error);
    for (unsigned slice = 0; slice < 60 && equal; slice++) {
        unsigned count = 1 + below(&random, slice < 10 ? 30 : 400);

        bare_run(a, count);
        bare_run(b, count);
        equal = same(a, b);
        if (a->cpu.attention & (ATTEND_HALT | ATTEND_SHUTDOWN))
            break;
    }
    if (!equal)
        show(program, a, b);
    translator_detach(&b->cpu);
    bare_destroy(a);
    bare_destroy(b);
    return equal;
}

static void random_programs(bool wide, bool simd, bool x87, unsigned count)
{
    const char *seed = getenv("TRANSLATE_SEED");
    const char *asked = getenv("TRANSLATE_PROGRAMS");
    Random random = {seed ? (u64)atoll(seed) : 1};

    if (asked)
        count = (unsigned)atoi(asked);
    for (unsigned i = 0; i < count; i++) {
        Program program = {.random = &random, .wide = wide, .simd = simd, .x87 = x87};
        u64 start = random.state;

        make_program(&program);
        cr_assert(lockstep(&program, start), "program %u differs (TRANSLATE_SEED=%llu)", i,
                  (unsigned long long)start);
    }
}

Test(translate, random_32_bit_programs, .timeout = 300)
{
    random_programs(true, false, false, 300);
}

Test(translate, random_16_bit_programs, .timeout = 300)
{
    random_programs(false, false, false, 300);
}

Test(translate, random_sse_programs, .timeout = 300)
{
    random_programs(true, true, false, 300);
}

Test(translate, random_x87_programs, .timeout = 300)
{
    random_programs(true, false, true, 300);
}
