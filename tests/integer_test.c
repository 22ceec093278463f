/*
 * Integer instructions against the host processor: random registers, flags and memory; results,
 * defined flags, memory and divide errors compared.
 */
#include "tests/host_cpu.h"

#if defined(__x86_64__)

#include <criterion/criterion.h>
#include <stdio.h>

#include "cpu/decode.h"
#include "tests/bare_machine.h"

enum { BUFFER = 0x200000, CASES = 2000 };

static u64 random_state;

static u64 next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Mostly random, often an edge. */
static u32 random_value(void)
{
    static const u32 edges[] = {0,          1,      2,      0x7F,       0x80,       0xFF,
                                0x7FFF,     0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
                                0xFFFFFFFE, 31,     32,     33};

    return next_random() & 1 ? edges[next_random() % COUNT_OF(edges)] : (u32)next_random();
}

/* An opcode and how to complete it. */
typedef struct Form {
    const char *bytes; /* prefix and opcode, in hex */
    int digit;         /* of ModRM; -1: any register; -2: no ModRM */
    int immediate;     /* bytes; -1: by operand size */
    bool byte_operands;
} Form;

static size_t build(const Form *form, bool word, u8 *bytes)
{
    size_t length = 0;
    int immediate = form->immediate < 0 ? (word ? 2 : 4) : form->immediate;
    /* No RSP or RBP, unless they mean AH .. BH. */
    static const u8 registers[] = {0, 1, 2, 3, 6, 7};
    unsigned value;

    if (word)
        bytes[length++] = 0x66;
    for (const char *hex = form->bytes; *hex; hex += 2) {
        sscanf(hex, "%2x", &value);
        bytes[length++] = (u8)value;
    }
    if (form->digit != -2) {
        u8 reg = form->byte_operands ? next_random() % 8 : registers[next_random() % 6];
        u8 rm = form->byte_operands ? next_random() % 8 : registers[next_random() % 6];

        if (form->digit >= 0)
            reg = (u8)form->digit;
        /* Every other case: the memory at [ebx]. */
        bytes[length++] = next_random() & 1 ? 0xC0 | reg << 3 | rm : 0x03 | reg << 3;
    }
    for (int i = 0; i < immediate; i++)
        bytes[length++] = (u8)(next_random() & 1 ? next_random() : 0xFF * (next_random() & 1));
    return length;
}

static void run_case(BareMachine *bare, const Form *form, u8 *buffer)
{
    Cpu *cpu = &bare->cpu;
    u8 bytes[16], memory[16];
    bool word = !form->byte_operands && next_random() % 3 == 0;
    size_t length = build(form, word, bytes);
    HostState state = {.rflags = 0x202 | (next_random() & 0x8D5)};
    Insn insn = {0};
    int ended;

    for (unsigned i = 0; i < 8; i++)
        state.gpr[i] = i == RBX ? BUFFER : random_value();
    for (unsigned i = 0; i < 16; i += 4) {
        u32 value = random_value();

        memcpy(memory + i, &value, 4);
    }
    memcpy(buffer, memory, sizeof memory);
    bare_load(bare, BUFFER, memory, memory + sizeof memory);
    bare_load(bare, BARE_CODE, bytes, bytes + length);
    cpu->rip = BARE_CODE;
    cpu->gpr[RSP] = BARE_STACK0;
    for (unsigned i = 0; i < 8; i++)
        if (i != RSP && i != RBP)
            cpu->gpr[i] = state.gpr[i];
    cpu_set_flags(cpu, state.rflags, FLAGS_ARITHMETIC | FLAG_DF);
    HostState before = state;
    ended = host_execute(&state, bytes, length);
    bare_run(bare, 1);
    bool faulted = cpu->rip == BARE_HANDLERS + EXCEPTION_DE;
    cr_assert_eq(decode(cpu, (DecodeMode){4, true}, bytes, 16, &insn), DECODE_OK);
    u16 undefined = insn_info[opcode_rows[insn.row].name].undefined;
    u64 got_flags = cpu_get_flags(cpu), wanted_flags = state.rflags;

    char text[64] = "";
    for (size_t i = 0; i < length; i++)
        sprintf(text + strlen(text), "%02x ", bytes[i]);
    cr_assert_eq(faulted, ended == SIGFPE, "%s (%s): divide error %d, host %d", text,
                 insn_name(&insn), faulted, ended);
    if (faulted)
        return;
    /* SHLD and SHRD of a word by more than 16: undefined as a whole. */
    if (word && !strncmp(insn_name(&insn), "SH", 2) && insn.operands[2].kind &&
        (before.gpr[RCX] & 31) + (insn.immediate & 31) > 16)
        return;
    for (unsigned i = 0; i < 8; i++)
        if (i != RSP && i != RBP)
            cr_assert_eq(cpu->gpr[i], state.gpr[i],
                         "%s(%s): register %u was %lx, is %lx, on the host %lx (flags %lx, rax "
                         "%lx, rcx %lx)",
                         text, insn_name(&insn), i, before.gpr[i], cpu->gpr[i], state.gpr[i],
                         before.rflags, before.gpr[0], before.gpr[1]);
    u64 mask = (FLAGS_ARITHMETIC | FLAG_DF) & ~(u64)undefined;
    if (strchr("RSrs", insn_name(&insn)[0])) /* shifts: OF is defined for a count of 1 */
        mask &= ~(u64)FLAG_OF;
    cr_assert_eq(got_flags & mask, wanted_flags & mask,
                 "%s(%s): flags were %lx, are %lx, on the host %lx", text, insn_name(&insn),
                 before.rflags, got_flags, wanted_flags);
    space_read_bytes(&bare->memory, BUFFER, memory, sizeof memory);
    cr_assert_arr_eq(memory, buffer, sizeof memory, "%s(%s): memory differs", text,
                     insn_name(&insn));
}

static const Form forms[] = {
#define ALU(base)                                                                                  \
    {#base "0", -1, 0, true}, {#base "1", -1, 0, false}, {#base "2", -1, 0, true},                 \
        {#base "3", -1, 0, false}, {#base "4", -2, 1, true},                                       \
    {                                                                                              \
#base "5", -2, -1, false                                                                   \
    }
#define ALU8(base)                                                                                 \
    {#base "8", -1, 0, true}, {#base "9", -1, 0, false}, {#base "a", -1, 0, true},                 \
        {#base "b", -1, 0, false}, {#base "c", -2, 1, true},                                       \
    {                                                                                              \
#base "d", -2, -1, false                                                                   \
    }
    ALU(0),
    ALU8(0),
    ALU(1),
    ALU8(1),
    ALU(2),
    ALU8(2),
    ALU(3),
    ALU8(3),
#define GROUP(opcode, immediate, bytewise)                                                         \
    {opcode, 0, immediate, bytewise}, {opcode, 1, immediate, bytewise},                            \
        {opcode, 2, immediate, bytewise}, {opcode, 3, immediate, bytewise},                        \
        {opcode, 4, immediate, bytewise}, {opcode, 5, immediate, bytewise},                        \
        {opcode, 6, immediate, bytewise},                                                          \
    {                                                                                              \
        opcode, 7, immediate, bytewise                                                             \
    }
    GROUP("80", 1, true),
    GROUP("81", -1, false),
    GROUP("83", 1, false),
    GROUP("c0", 1, true),
    GROUP("c1", 1, false),
    GROUP("d0", 0, true),
    GROUP("d1", 0, false),
    GROUP("d2", 0, true),
    GROUP("d3", 0, false),
    {"f6", 0, 1, true},
    {"f6", 1, 1, true},
    {"f6", 2, 0, true},
    {"f6", 3, 0, true},
    {"f6", 4, 0, true},
    {"f6", 5, 0, true},
    {"f6", 6, 0, true},
    {"f6", 7, 0, true},
    {"f7", 0, -1, false},
    {"f7", 1, -1, false},
    {"f7", 2, 0, false},
    {"f7", 3, 0, false},
    {"f7", 4, 0, false},
    {"f7", 5, 0, false},
    {"f7", 6, 0, false},
    {"f7", 7, 0, false},
    {"fe", 0, 0, true},
    {"fe", 1, 0, true},
    {"ff", 0, 0, false},
    {"ff", 1, 0, false},
    {"84", -1, 0, true},
    {"85", -1, 0, false},
    {"86", -1, 0, true},
    {"87", -1, 0, false},
    {"88", -1, 0, true},
    {"89", -1, 0, false},
    {"8a", -1, 0, true},
    {"8b", -1, 0, false},
    {"69", -1, -1, false},
    {"6b", -1, 1, false},
    {"0faf", -1, 0, false},
    {"a8", -2, 1, true},
    {"a9", -2, -1, false},
    {"98", -2, 0, false},
    {"99", -2, 0, false},
    {"f5", -2, 0, true},
    {"f8", -2, 0, true},
    {"f9", -2, 0, true},
    {"9e", -2, 0, true},
    {"9f", -2, 0, true},
    {"c6", 0, 1, true},
    {"c7", 0, -1, false},
    {"b4", -2, 1, true},
    {"0fa4", -1, 1, false},
    {"0fa5", -1, 0, false},
    {"0fac", -1, 1, false},
    {"0fad", -1, 0, false},
    {"0fba", 4, 1, false},
    {"0fba", 5, 1, false},
    {"0fba", 6, 1, false},
    {"0fba", 7, 1, false},
    {"0fbc", -1, 0, false},
    {"0fbd", -1, 0, false},
    {"0fb6", -1, 0, false},
    {"0fb7", -1, 0, false},
    {"0fbe", -1, 0, false},
    {"0fbf", -1, 0, false},
    {"0fb0", -1, 0, true},
    {"0fb1", -1, 0, false},
    {"0fc0", -1, 0, true},
    {"0fc1", -1, 0, false},
    {"0f40", -1, 0, false},
    {"0f41", -1, 0, false},
    {"0f42", -1, 0, false},
    {"0f43", -1, 0, false},
    {"0f44", -1, 0, false},
    {"0f45", -1, 0, false},
    {"0f46", -1, 0, false},
    {"0f47", -1, 0, false},
    {"0f48", -1, 0, false},
    {"0f49", -1, 0, false},
    {"0f4a", -1, 0, false},
    {"0f4b", -1, 0, false},
    {"0f4c", -1, 0, false},
    {"0f4d", -1, 0, false},
    {"0f4e", -1, 0, false},
    {"0f4f", -1, 0, false},
    {"0f90", 0, 0, true},
    {"0f92", 0, 0, true},
    {"0f94", 0, 0, true},
    {"0f96", 0, 0, true},
    {"0f98", 0, 0, true},
    {"0f9a", 0, 0, true},
    {"0f9c", 0, 0, true},
    {"0f9e", 0, 0, true},
    {"0fc9", -2, 0, false},
};

Test(integer, every_form_against_the_host)
{
    BareMachine *bare = bare_create();
    u8 *buffer = mmap((void *)(uintptr_t)BUFFER, PAGE_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    cr_assert_eq((uintptr_t)buffer, (uintptr_t)BUFFER);
    bare_protected(bare, 0);
    random_state = 0x9E3779B97F4A7C15;
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        for (unsigned n = 0; n < CASES; n++)
            run_case(bare, &forms[i], buffer);
    munmap(buffer, PAGE_SIZE);
    bare_destroy(bare);
}

#endif
