/*
 * x87 instructions against the host processor: all encodings of D8h .. DFh on random stacks, tags,
 * masks, precisions and roundings, and operands that are mostly special; registers, tags, status,
 * memory and flags compared. The host runs each between FRSTOR and FNSAVE, which never trap.
 *
 * Then what the host cannot show: environments of other modes, #NM, #MF, FERR#.
 */
#include "tests/bare_machine.h"

#include <stdio.h>

#include "cpu/decode.h"

static u64 random_state;

static u64 next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

#if defined(__x86_64__)

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

enum { OPERAND_BYTES = 112, CASES = 300 };

/* What an instruction works on; `image` as FNSAVE stores it in 32-bit protected mode. */
typedef struct X87State {
    struct {
        u16 control, unused0, status, unused1, tags, unused2;
        u32 pointers[4];
        u8 st[8][10];
    } __attribute__((packed)) image;
    u8 memory[OPERAND_BYTES];
    u64 flags, rax;
} X87State;

/* ---- operands ---- */

static const u64 significands[] = {
    0,
    1,
    0x8000000000000000,
    0x8000000000000001,
    0xC000000000000000,
    0xC000000000000001,
    0xFFFFFFFFFFFFFFFF,
    0xFFFFFFFFFFFFF800,
    0xFFFFFFFFFFFFFC00,
    0xFFFFFF0000000000,
    0xFFFFFF8000000000,
    0x7FFFFFFFFFFFFFFF,
    0x4000000000000000,
    0xC90FDAA22168C235,
    0x8000000000000400,
    0x8000008000000000,
    0xA000000000000000,
    0xB504F333F9DE6484,
};

static const u16 exponents[] = {
    0,      1,      2,      0x3FFF, 0x3FFE, 0x3FFD, 0x4000, 0x4001, 0x403E, 0x403D, 0x403F, 0x400E,
    0x400D, 0x401E, 0x401D, 0x7FFF, 0x7FFE, 0x7FFD, 0x3F80, 0x3F81, 0x407F, 0x407E, 0x3C00, 0x3C01,
    0x43FF, 0x43FE, 0x3FBF, 0x3FC0, 0x4022, 0x5FFE, 0x6000, 0x2000, 0x3F6A, 0x3BCD, 0x4039,
};

static u64 random_significand(void)
{
    switch (next_random() % 4) {
    case 0:
        return significands[next_random() % COUNT_OF(significands)];
    case 1:
        return next_random();
    default:
        return next_random() | (u64)1 << 63;
    }
}

static void random_float80(u8 bytes[10])
{
    u64 significand = random_significand();
    u16 exponent = (u16)next_random();

    if (next_random() % 4)
        exponent = exponents[next_random() % COUNT_OF(exponents)] | (exponent & 0x8000);
    else if (next_random() % 2)
        exponent = (u16)(0x3FF0 + next_random() % 32) | (exponent & 0x8000);
    if (next_random() % 8 == 0)
        significand &= (u64)-1 << (next_random() % 64);
    memcpy(bytes, &significand, 8);
    memcpy(bytes + 8, &exponent, 2);
}

static void random_memory(u8 memory[OPERAND_BYTES])
{
    static const u32 words[] = {0,          0x80000000, 1,          0x007FFFFF,
                                0x00800000, 0x7F800000, 0xFF800000, 0x7F800001,
                                0x7FC00000, 0xFFFFFFFF, 0x3F800000, 0x7F7FFFFF,
                                0x7FFFFFFF, 0x80000001, 0xBF800000, 0x40490FDB};
    static const u64 longs[] = {0,
                                0x8000000000000000,
                                1,
                                0x000FFFFFFFFFFFFF,
                                0x0010000000000000,
                                0x7FF0000000000000,
                                0xFFF0000000000000,
                                0x7FF0000000000001,
                                0x7FF8000000000000,
                                0xFFFFFFFFFFFFFFFF,
                                0x3FF0000000000000,
                                0x7FEFFFFFFFFFFFFF,
                                0x7FFFFFFFFFFFFFFF,
                                0xBFF8000000000000};

    for (unsigned i = 0; i < OPERAND_BYTES; i++)
        memory[i] = (u8)next_random();
    switch (next_random() % 5) {
    case 0:
        memcpy(memory, &words[next_random() % COUNT_OF(words)], 4);
        break;
    case 1:
        memcpy(memory, &longs[next_random() % COUNT_OF(longs)], 8);
        break;
    case 2:
        random_float80(memory);
        break;
    case 3:
        for (unsigned i = 0; i < 9; i++)
            memory[i] = (u8)(next_random() % 10 << 4 | next_random() % 10);
        break;
    default:
        break;
    }
}

/* No unmasked exception is pending; control and tags are mostly what programs have. */
static void random_x87(X87State *state)
{
    u16 masks = next_random() % 2 ? 0x3F : (u16)(next_random() & 0x3F);
    u16 precision = (u16)(next_random() % 3 ? 3 : next_random() & 2);
    u16 rounding = (u16)(next_random() & 3), tags = 0;
    u16 full = (u16)(next_random() % 4 == 0);

    memset(state, 0, sizeof *state);
    for (unsigned i = 0; i < 8; i++) {
        tags |= (u16)(!full && next_random() % 4 == 0 ? 3 << (2 * i) : 0);
        random_float80(state->image.st[i]);
    }
    if (next_random() % 16 == 0)
        memcpy(state->image.st[0], state->image.st[1], 10);
    state->image.control = (u16)(masks | 0x40 | precision << 8 | rounding << 10);
    state->image.status = (u16)((next_random() & masks) | (next_random() & 0x7F00));
    if (next_random() % 2)
        state->image.status &= 0x7F00;
    state->image.status |= (u16)(state->image.status & 0x3F && next_random() % 8 == 0 ? 0x40 : 0);
    state->image.tags = tags;
    random_memory(state->memory);
    state->flags = next_random() & FLAGS_ARITHMETIC;
    state->rax = next_random() & 0xFFFFFFFF;
}

/* ---- the host ---- */

static sigjmp_buf host_fault;

static void host_on_signal(int number)
{
    siglongjmp(host_fault, number);
}

/* FRSTOR [rdi]; push rdx; popf; mov eax, ecx; the instruction, on [rsi]; FNSAVE [rdi]; pushf;
 * pop rdx; mov [r8], rdx; ret. */
typedef u64 HostCode(void *image, void *memory, u64 flags, u64 rax, u64 *flags_after);

static HostCode *host_assemble(const u8 *insn, size_t length)
{
    static const u8 before[] = {0xDD, 0x27, 0x52, 0x9D, 0x89, 0xC8};
    static const u8 after[] = {0xDD, 0x37, 0x9C, 0x5A, 0x49, 0x89, 0x10, 0xC3};
    static u8 *code;

    if (!code)
        code = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(code, before, sizeof before);
    memcpy(code + sizeof before, insn, length);
    memcpy(code + sizeof before + length, after, sizeof after);
    return (HostCode *)(uintptr_t)code;
}

/* False: #UD. */
static bool host_run(HostCode *code, X87State *state)
{
    struct sigaction action = {.sa_handler = host_on_signal, .sa_flags = SA_NODEFER}, old;
    u64 flags = state->flags;
    bool defined = false;

    sigaction(SIGILL, &action, &old);
    if (!sigsetjmp(host_fault, 0)) {
        state->rax = (u32)code(&state->image, state->memory, flags | FLAGS_ALWAYS, state->rax,
                               &state->flags);
        defined = true;
    }
    sigaction(SIGILL, &old, NULL);
    __asm__ volatile("fninit");
    state->flags &= FLAGS_ARITHMETIC;
    return defined;
}

/* ---- the guest ---- */

static u16 guest_tags(const X87 *x87)
{
    u16 word = 0;

    for (unsigned i = 0; i < 8; i++) {
        unsigned exponent = x87->r[i].sign_exponent & 0x7FFF, kind = 0;

        if (x87->empty >> i & 1)
            kind = 3;
        else if (exponent == 0 && x87->r[i].significand == 0)
            kind = 1;
        else if (exponent == 0 || exponent == 0x7FFF || !(x87->r[i].significand >> 63))
            kind = 2;
        word |= (u16)(kind << (2 * i));
    }
    return word;
}

static void guest_set(BareMachine *m, const X87State *state)
{
    X87 *x87 = &m->cpu.x87;

    x87->control = state->image.control;
    x87->status = state->image.status & 0xC7FF;
    x87->top = state->image.status >> 11 & 7;
    x87->empty = 0;
    for (unsigned i = 0; i < 8; i++) {
        X87Register *st = &x87->r[(x87->top + i) & 7];

        memcpy(&st->significand, state->image.st[i], 8);
        memcpy(&st->sign_exponent, state->image.st[i] + 8, 2);
        if ((state->image.tags >> (2 * i) & 3) == 3)
            x87->empty |= (u8)(1 << i);
    }
    space_write_bytes(&m->memory, BARE_DATA, state->memory, OPERAND_BYTES);
    cpu_set_flags(&m->cpu, state->flags, FLAGS_ARITHMETIC);
    flags_unpack(&m->cpu.flags, state->flags);
    m->cpu.gpr[RAX] = state->rax;
    m->cpu.gpr[RSI] = BARE_DATA;
}

static void guest_get(BareMachine *m, X87State *state)
{
    X87 *x87 = &m->cpu.x87;

    state->image.control = x87->control;
    state->image.status = (u16)(x87->status | x87->top << 11);
    state->image.tags = guest_tags(x87);
    for (unsigned i = 0; i < 8; i++) {
        X87Register *st = &x87->r[(x87->top + i) & 7];

        memcpy(state->image.st[i], &st->significand, 8);
        memcpy(state->image.st[i] + 8, &st->sign_exponent, 2);
    }
    space_read_bytes(&m->memory, BARE_DATA, state->memory, OPERAND_BYTES);
    state->flags = flags_pack(&m->cpu.flags);
    state->rax = m->cpu.gpr[RAX];
}

/* False: #UD. */
static bool guest_run(BareMachine *m, X87State *state, unsigned length)
{
    guest_set(m, state);
    bare_load_segment(m, CS, BARE_CODE0);
    m->cpu.gpr[RSP] = BARE_STACK0;
    m->cpu.rip = BARE_CODE;
    m->cpu.attention = 0;
    cpu_step(&m->cpu);
    guest_get(m, state);
    if (m->cpu.rip == BARE_CODE + length)
        return true;
    bare_run(m, 2);
    cr_assert_eq(bare_vector(m), EXCEPTION_UD);
    return false;
}

/* ---- the comparison ---- */

static void print_state(const char *title, const X87State *state)
{
    fprintf(stderr, "  %-7s cw %04x sw %04x tw %04x fl %03x ax %04x st", title,
            state->image.control, state->image.status, state->image.tags, (unsigned)state->flags,
            (unsigned)state->rax & 0xFFFF);
    for (unsigned i = 0; i < 8; i++) {
        u64 significand;
        u16 exponent;

        memcpy(&significand, state->image.st[i], 8);
        memcpy(&exponent, state->image.st[i] + 8, 2);
        fprintf(stderr, " %04x:%016llx", exponent, (unsigned long long)significand);
    }
    fprintf(stderr, " mem ");
    for (unsigned i = 0; i < 16; i++)
        fprintf(stderr, "%02x", state->memory[i]);
    fprintf(stderr, "\n");
}

enum { C0 = 0x100, C1 = 0x200, C2 = 0x400, C3 = 0x4000, CONDITIONS = C0 | C1 | C2 | C3 };

/* FCOM, FUCOM, FTST and their kin. */
static bool is_comparison(const u8 insn[2])
{
    unsigned digit = insn[1] >> 3 & 7;
    bool memory = insn[1] < 0xC0;

    switch (insn[0]) {
    case 0xD8:
    case 0xDC:
        return digit == 2 || digit == 3;
    case 0xDA:
        return memory ? digit == 2 || digit == 3 : insn[1] == 0xE9;
    case 0xDE:
        return digit == 2 || digit == 3;
    case 0xDD:
        return !memory && (digit == 4 || digit == 5);
    default:
        return insn[0] == 0xD9 && insn[1] == 0xE4;
    }
}

/* The conditions that the manual defines after this instruction, given the host's status word. An
 * unmasked exception makes processors differ in them. */
static u16 defined_conditions(const u8 insn[2], const X87State *start, const X87State *host)
{
    u16 unmasked = host->image.status & ~start->image.control & 7;
    bool memory = insn[1] < 0xC0;

    if (is_comparison(insn))
        return unmasked ? C1 : CONDITIONS;
    if (insn[0] == 0xD9 && (insn[1] == 0xF8 || insn[1] == 0xF5)) /* FPREM, FPREM1 */
        return host->image.status & 1 ? C1 | C2 : CONDITIONS;
    if (insn[0] == 0xD9 && (insn[1] == 0xF2 || insn[1] == 0xFB || insn[1] >= 0xFE))
        return unmasked ? C1 : C1 | C2;
    if (insn[0] == 0xD9 && insn[1] == 0xE5) /* FXAM */
        return CONDITIONS;
    if (memory &&
        ((insn[0] == 0xD9 && insn[1] >> 3 >= 4) || (insn[0] == 0xDD && insn[1] >> 3 >= 4)))
        return CONDITIONS; /* the control instructions */
    if (!memory && (insn[0] == 0xDB || insn[0] == 0xDF) && insn[1] >= 0xE8)
        return 0; /* FCOMI clears C1 with Intel, not with AMD */
    if (!memory && (insn[0] == 0xDD || insn[0] == 0xDF) && insn[1] < 0xC8)
        return 0;                                                    /* FFREE */
    return !memory && (insn[0] == 0xDA || insn[0] == 0xDB) ? 0 : C1; /* FCMOV */
}

/* FCOMI after an unmasked exception: the manual says that flags stay, AMD sets them. */
static u64 defined_flags(const u8 insn[2], const X87State *start, const X87State *host)
{
    bool fcomi = (insn[0] == 0xDB || insn[0] == 0xDF) && insn[1] >= 0xE8;

    return fcomi && (host->image.status & ~start->image.control & 7) ? 0 : FLAGS_ARITHMETIC;
}

static bool is_equal(const X87State *a, const X87State *b, u16 conditions, u64 flags)
{
    u16 status = (u16)~CONDITIONS | conditions;

    return a->image.control == b->image.control &&
           !((a->image.status ^ b->image.status) & status) && a->image.tags == b->image.tags &&
           !memcmp(a->image.st, b->image.st, sizeof a->image.st) &&
           !memcmp(a->memory, b->memory, OPERAND_BYTES) && !((a->flags ^ b->flags) & flags) &&
           (u16)a->rax == (u16)b->rax;
}

/* Instruction and operand pointers differ by nature; FNSTENV and FNSAVE store them. */
static void forget_pointers(X87State *state, const u8 insn[2])
{
    if (insn[1] < 0xC0 && ((insn[0] == 0xD9 || insn[0] == 0xDD) && (insn[1] >> 3 & 7) == 6))
        memset(state->memory + 12, 0, 16);
}

static unsigned compare(BareMachine *m, const u8 insn[2], unsigned cases)
{
    HostCode *code = host_assemble(insn, 2);
    unsigned differences = 0;

    space_write_bytes(&m->memory, BARE_CODE, insn, 2);
    for (unsigned i = 0; i < cases && differences < 3; i++) {
        X87State start, host, guest;

        random_x87(&start);
        host = guest = start;
        bool host_defined = host_run(code, &host), guest_defined = guest_run(m, &guest, 2);

        if (!host_defined && !guest_defined)
            return differences;
        forget_pointers(&host, insn);
        forget_pointers(&guest, insn);
        if (host_defined == guest_defined &&
            is_equal(&host, &guest, defined_conditions(insn, &start, &host),
                     defined_flags(insn, &start, &host)))
            continue;
        differences++;
        fprintf(stderr, "%02x %02x: defined %d %d\n", insn[0], insn[1], host_defined,
                guest_defined);
        print_state("before", &start);
        print_state("host", &host);
        print_state("vitrine", &guest);
    }
    return differences;
}

/* FISTTP belongs to SSE3. */
static bool is_fisttp(const u8 insn[2])
{
    return insn[1] < 0xC0 && (insn[1] >> 3 & 7) == 1 &&
           (insn[0] == 0xDB || insn[0] == 0xDD || insn[0] == 0xDF);
}

static unsigned compare_opcode(u8 opcode, unsigned cases)
{
    BareMachine *m = bare_create();
    unsigned differences = 0;

    random_state = 0x9E3779B97F4A7C15 + opcode;
    bare_protected(m, 0);
    m->cpu.cr0 |= CR0_NE;
    for (unsigned modrm = 6; modrm < 256; modrm += modrm < 0x3E   ? 8
                                                   : modrm < 0xC0 ? 0xC0 - modrm
                                                                  : 1) {
        u8 insn[2] = {opcode, (u8)modrm};

        if (!is_fisttp(insn))
            differences += compare(m, insn, cases);
    }
    bare_destroy(m);
    return differences;
}

Test(x87, d8)
{
    cr_assert_eq(compare_opcode(0xD8, CASES), 0);
}

Test(x87, d9)
{
    cr_assert_eq(compare_opcode(0xD9, CASES), 0);
}

Test(x87, da)
{
    cr_assert_eq(compare_opcode(0xDA, CASES), 0);
}

Test(x87, db)
{
    cr_assert_eq(compare_opcode(0xDB, CASES), 0);
}

Test(x87, dc)
{
    cr_assert_eq(compare_opcode(0xDC, CASES), 0);
}

Test(x87, dd)
{
    cr_assert_eq(compare_opcode(0xDD, CASES), 0);
}

Test(x87, de)
{
    cr_assert_eq(compare_opcode(0xDE, CASES), 0);
}

Test(x87, df)
{
    cr_assert_eq(compare_opcode(0xDF, CASES), 0);
}

#endif
