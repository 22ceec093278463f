/*
 * The translator's flags at a fault: those that nobody but the fault's handler would have read, and
 * that are computed again for it.
 */
#include "bare_machine.h"

#include "translate/translator.h"

enum { PAGE_TABLES = 0x100000, MISSING = 0x200000, POINTERS = BARE_DATA, ROUNDS = 30 };

typedef struct Producer {
    const char *text;
    u8 bytes[6];
    u8 length;
} Producer;

static const Producer producers[] = {
    {"add eax, edx", {0x01, 0xD0}, 2},
    {"add ax, dx", {0x66, 0x01, 0xD0}, 3},
    {"add al, dl", {0x00, 0xD0}, 2},
    {"add eax, 7Fh", {0x83, 0xC0, 0x7F}, 3},
    {"add eax, -1", {0x83, 0xC0, 0xFF}, 3},
    {"add al, 80h", {0x04, 0x80}, 2},
    {"add eax, eax", {0x01, 0xC0}, 2},
    {"sub eax, edx", {0x29, 0xD0}, 2},
    {"sub ax, dx", {0x66, 0x29, 0xD0}, 3},
    {"sub al, dl", {0x28, 0xD0}, 2},
    {"sub eax, 80000000h", {0x2D, 0, 0, 0, 0x80}, 5},
    {"sub eax, eax", {0x29, 0xC0}, 2},
    {"cmp eax, edx", {0x39, 0xD0}, 2},
    {"cmp al, dl", {0x38, 0xD0}, 2},
    {"cmp al, 7Fh", {0x3C, 0x7F}, 2},
    {"test eax, edx", {0x85, 0xD0}, 2},
    {"and eax, edx", {0x21, 0xD0}, 2},
    {"or al, dl", {0x08, 0xD0}, 2},
    {"xor eax, edx", {0x31, 0xD0}, 2},
    {"xor eax, eax", {0x31, 0xC0}, 2},
    {"neg eax", {0xF7, 0xD8}, 2},
    {"neg al", {0xF6, 0xD8}, 2},
    {"inc eax", {0x40}, 1},
    {"adc eax, edx", {0x11, 0xD0}, 2},
    {"shl eax, 3", {0xC1, 0xE0, 3}, 3},
    {"imul eax, edx", {0x0F, 0xAF, 0xC2}, 3},
};

static const u32 operands[][2] = {
    {0, 0},          {1, 1},
    {0x7FFFFFFF, 1}, {0x80000000, 0x80000000},
    {0xFFFFFFFF, 1}, {0x0F, 0xFFFFFFF1},
    {0x8080, 0x80},  {0x12345678, 0x9ABCDEF0},
    {5, 6},
};

/* mov ebx, [esi]; add esi, 4; mov eax, a; mov edx, b; the producer; mov ecx, [ebx], which faults in
 * the last round; cmp ecx, edi, which makes all flags anew; jmp back. */
static void write_program(BareMachine *m, const Producer *producer, const u32 operand[2])
{
    u8 code[40] = {0x8B, 0x1E, 0x83, 0xC6, 4, 0xB8, 0, 0, 0, 0, 0xBA};
    unsigned at = 15;

    memcpy(code + 6, &operand[0], 4);
    memcpy(code + 11, &operand[1], 4);
    memcpy(code + at, producer->bytes, producer->length);
    at += producer->length;
    memcpy(code + at, (const u8[]){0x8B, 0x0B, 0x39, 0xF9, 0xEB}, 5);
    at += 5;
    code[at] = (u8) - (int)(at + 1);
    bare_load(m, BARE_CODE, code, code + at + 1);
}

static BareMachine *prepare(const Producer *producer, const u32 operand[2])
{
    BareMachine *m = bare_create();

    bare_protected(m, 0);
    bare_write(m, PAGE_TABLES, DWORD, (PAGE_TABLES + PAGE_SIZE) | 7);
    for (u32 page = 0; page < 1024; page++)
        bare_write(m, PAGE_TABLES + PAGE_SIZE + 4 * page, DWORD,
                   page << PAGE_SHIFT | (page << PAGE_SHIFT != MISSING) * 7u);
    m->cpu.cr3 = PAGE_TABLES;
    m->cpu.cr0 |= 1u << 31;
    mmu_set_cr3(&m->cpu.mmu, PAGE_TABLES);
    mmu_set_control(&m->cpu.mmu, m->cpu.cr0, 0, 0);
    cpu_translations_changed(&m->cpu);
    for (u32 i = 0; i < ROUNDS; i++)
        bare_write(m, POINTERS + 4 * i, DWORD, i + 1 < ROUNDS ? POINTERS + 0x400 : MISSING);
    m->cpu.gpr[RSI] = POINTERS;
    write_program(m, producer, operand);
    return m;
}

Test(translate_flags, at_a_fault)
{
    char error[128];

    for (unsigned i = 0; i < COUNT_OF(producers); i++)
        for (unsigned j = 0; j < COUNT_OF(operands); j++) {
            BareMachine *a = prepare(&producers[i], operands[j]);
            BareMachine *b = prepare(&producers[i], operands[j]);

            cr_assert(translator_attach(&b->cpu, 1 << 20, error, sizeof error), "%s", error);
            bare_run(a, 1000);
            bare_run(b, 1000);
            cr_assert_eq(bare_vector(a), EXCEPTION_PF);
            cr_assert_gt(translator_counters(&b->cpu)->translations, 0);
            /* The stack has EFLAGS, and its EIP is that of the load. */
            u64 frame = a->cpu.gpr[RSP];
            cr_assert_eq(frame, b->cpu.gpr[RSP]);
            for (unsigned at = 0; at < 16; at += 4)
                cr_expect_eq(bare_read(a, frame + at, DWORD), bare_read(b, frame + at, DWORD),
                             "%s of %08X, %08X: %08llX in the frame, not %08llX", producers[i].text,
                             operands[j][0], operands[j][1],
                             (unsigned long long)bare_read(b, frame + at, DWORD),
                             (unsigned long long)bare_read(a, frame + at, DWORD));
            cr_expect_eq(memcmp(a->cpu.gpr, b->cpu.gpr, sizeof a->cpu.gpr), 0);
            translator_detach(&b->cpu);
            bare_destroy(a);
            bare_destroy(b);
        }
}
