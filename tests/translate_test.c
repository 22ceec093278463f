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
    bool wide; /* 32-bit code, or 64-bit */
    bool simd, x87, length64;
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
    if (program->length64) { /* the same for R11 and R14 */
        put(program, 0xBB41, 2);
        put(program, DATA + (below(program->random, 3000) & mask), 4);
        put(program, 0xBE41, 2);
        put(program, below(program->random, 900) & mask, 4);
    }
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

/* 64-bit code: a REX prefix before what the 32-bit generator makes, where that can have one. */
static void put_rex(Program *program, unsigned kind)
{
    if (program->length64 && kind != 12 && kind != 13 && kind != 14 && kind != 15 && kind != 11 &&
        below(program->random, 3))
        put(program, 0x40 | below(program->random, 16), 1);
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
    put_rex(program, kind);
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
    case 23: /* RDTSC */
        if (below(random, 4) == 0) {
            put(program, 0x310F, 2);
            break;
        }
        put(program, 0xB8 | below(random, 3), 1);
        put_immediate(program, false, prefix);
        break;
    case 14: /* LAHF, SAHF, CMC, CLC, STC, CWDE, CDQ, SALC */
        put(program,
            (const u8[]){0x9F, 0x9E, 0xF5, 0xF8, 0xF9, 0x98, 0x99,
                         0xD6}[below(random, program->length64 ? 7 : 8)],
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
    case 22: /* string instructions, XLAT */
        if (below(random, 4) == 0) {
            put(program, 0xD7, 1);
            break;
        }
        if (!prefix && below(random, 2)) { /* repeated a few times */
            put(program, 0xB9, 1);
            put(program, below(random, 40), program->wide ? 4 : 2);
            put(program, 0xF2 | below(random, 2), 1);
        }
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
    if (program->length64) /* dec dword [DATA - 4] */
        put(program, 0x250CFF, 3);
    else
        put(program, program->wide ? 0x0DFF : 0x0EFF, 2);
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

/* 64-bit code without paging: no processor allows it, but both engines take it. */
static void enter_long_mode(BareMachine *m)
{
    Cpu *cpu = &m->cpu;

    cpu->efer |= EFER_LME | 1 << 10;
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, 0);
    segment_set(cpu, CS, BARE_CODE0, 0, 0xFFFFFFFF,
                (BARE_FLAT & ~ACCESS_DB) | ACCESS_CODE | ACCESS_L);
    segment_set(cpu, FS, BARE_DATA0, 0x40, 0xFFFFFFFF, BARE_FLAT);
    cpu_translations_changed(cpu);
}

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
    if (program->length64)
        enter_long_mode(m);
    for (unsigned i = 0; program->length64 && i < 16; i++)
        m->cpu.gpr[i] = i == RSP ? BARE_STACK0 : (u64)next(&random) << 33 ^ next(&random);
    for (unsigned i = 0; i < 8 && !program->length64; i++)
        if (i != RSP)
            m->cpu.gpr[i] = program->wide ? next(&random) << 1 : next(&random) & 0xFFFF;
    m->cpu.gpr[RDI] = DATA + 1000;
    if (program->simd)
        m->cpu.cr4 |= CR4_OSFXSR;
    for (unsigned i = 0; i < 16; i++) /* of many sizes, some of them integers */
        for (unsigned part = 0; part < 4; part++)
            m->cpu.xmm[i].dwords[part] = below(&random, 3) ? next(&random) << 1 : part;
    for (unsigned i = 0; i < 8192; i++)
        m->ram.bytes[DATA - 8 + i] = (u8)next(&random);
    bare_write(m, DATA - 4, DWORD, 40);
    bare_write(m, DATA - 8, WORD, 0x37F | (next(&random) & 0xF00));
    if (program->x87) {
        u64 some = next(&random);

        m->cpu.x87 = (X87){.control = 0x37F, .empty = (u8)(some & next(&random))};
    }
    memcpy(m->ram.bytes + BARE_CODE, program->bytes, program->length);
    return m;
}

static void show(const Program *program, const BareMachine *a, const BareMachine *b)
{
    fprintf(stderr, "%s ", program->length64 ? "64-bit" : program->wide ? "32-bit" : "16-bit");
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

/* ---- code that changes itself ---- */

/* The instruction after the store, in the same block. */
PROGRAM(smc_next, 32,
        "mov ecx, 60\n"
        "1: inc dword ptr [smc_next_target - smc_next + 0x10001]\n"
        "smc_next_target: mov eax, 5\n"
        "add ebx, eax\n"
        "dec ecx\n jnz 1b\n hlt");

/* Another block, in the same page and a hot one. */
PROGRAM(smc_other, 32,
        "mov ecx, 200\n"
        "1: call smc_other_function\n"
        "test ecx, 7\n jnz 2f\n"
        "inc byte ptr [smc_other_function - smc_other + 0x10001]\n"
        "2: dec ecx\n jnz 1b\n hlt\n"
        ".align 64\n"
        "smc_other_function: mov eax, 5\n add ebx, eax\n ret");

/* Hot data in the page of the code, but not among it. */
PROGRAM(smc_beside, 32,
        "mov ecx, 300\n"
        "1: add dword ptr [smc_beside_data - smc_beside + 0x10000], ecx\n"
        "push ecx\n pop edx\n add ebx, edx\n"
        "dec ecx\n jnz 1b\n hlt\n"
        ".align 64\n smc_beside_data: .long 0");

/* A function that REP MOVSB puts there anew each time, one of two. */
PROGRAM(smc_movs, 32,
        "mov ebp, 200\n"
        "1: mov esi, offset smc_movs_one - smc_movs + 0x10000\n"
        "test ebp, 16\n jz 2f\n add esi, smc_movs_two - smc_movs_one\n"
        "2: mov edi, offset smc_movs_target - smc_movs + 0x10000\n mov ecx, 6\n"
        "rep movsb\n call smc_movs_target\n"
        "dec ebp\n jnz 1b\n hlt\n"
        "smc_movs_one: add ebx, 3\n nop\n nop\n ret\n"
        "smc_movs_two: sub ebx, 7\n inc eax\n nop\n ret\n"
        ".align 64\n smc_movs_target: nop\n nop\n nop\n nop\n nop\n ret");

static void self_modifying(const u8 *bytes, const u8 *end)
{
    Program program = {.wide = true, .length = (unsigned)(end - bytes)};

    cr_assert_lt(program.length, sizeof program.bytes);
    memcpy(program.bytes, bytes, program.length);
    for (u64 seed = 1; seed <= 8; seed++)
        cr_assert(lockstep(&program, seed));
}

Test(translate, code_that_changes_itself)
{
    self_modifying(smc_next, smc_next_end);
    self_modifying(smc_other, smc_other_end);
    self_modifying(smc_beside, smc_beside_end);
    self_modifying(smc_movs, smc_movs_end);
}

/* ---- random programs ---- */

static void random_programs(Program kind, unsigned count)
{
    const char *seed = getenv("TRANSLATE_SEED");
    const char *asked = getenv("TRANSLATE_PROGRAMS");
    Random random = {seed ? (u64)atoll(seed) : 1};

    if (asked)
        count = (unsigned)atoi(asked);
    for (unsigned i = 0; i < count; i++) {
        Program program = kind;
        u64 start = random.state;

        program.random = &random;

        make_program(&program);
        cr_assert(lockstep(&program, start), "program %u differs (TRANSLATE_SEED=%llu)", i,
                  (unsigned long long)start);
    }
}

Test(translate, random_32_bit_programs, .timeout = 300)
{
    random_programs((Program){.wide = true}, 300);
}

Test(translate, random_16_bit_programs, .timeout = 300)
{
    random_programs((Program){.wide = false}, 300);
}

Test(translate, random_sse_programs, .timeout = 300)
{
    random_programs((Program){.wide = true, .simd = true}, 300);
}

Test(translate, random_x87_programs, .timeout = 300)
{
    random_programs((Program){.wide = true, .x87 = true}, 300);
}

Test(translate, random_64_bit_programs, .timeout = 300)
{
    random_programs((Program){.wide = true, .length64 = true}, 300);
}

Test(translate, random_64_bit_sse_programs, .timeout = 300)
{
    random_programs((Program){.wide = true, .length64 = true, .simd = true}, 300);
}
