/* Nonsense in the descriptor tables, the TSS, the page tables and the code: nothing of it may harm
 * the host. Deterministic; of use under the sanitizers above all. */
#include "cpu/debug_registers.h"
#include "mmu/paging.h"
#include "tests/bare_machine.h"

enum { ROUNDS = 400, RANDOM_BYTES = 0x20000 };

static u64 next_random(u64 *state)
{
    *state = *state * 6364136223846793005 + 1442695040888963407;
    return *state >> 24;
}

static u64 pick(u64 *state, u64 count)
{
    return next_random(state) % count;
}

/* Opcodes that reach segmentation, gates, tasks, ports and system registers. */
static const char *const snippets[] = {
    "\x8E\xD8",     "\x8E\xD0",     "\x8E\xC0",     "\x1F",         "\x17",         "\x07",
    "\xCF",         "\x66\xCF",     "\xCB",         "\x66\xCB",     "\xCD\x40",     "\xCD\x21",
    "\xCC",         "\xCE",         "\xF1",         "\x0F\x0B",     "\x9A",         "\xEA",
    "\x66\xEA",     "\xFF\x18",     "\xFF\x28",     "\x0F\x00\xD8", "\x0F\x00\xD0", "\x0F\x01\x10",
    "\x0F\x01\x18", "\x0F\x01\xF0", "\x0F\x22\xC0", "\x0F\x22\xD8", "\x0F\x22\xE0", "\x0F\x23\xF8",
    "\x0F\x23\xC0", "\x0F\x01\x38", "\xF3\x6C",     "\xF3\x6F",     "\xEE",         "\xE5\x10",
    "\xFA",         "\xFB",         "\xF4",         "\x9D",         "\x9C",         "\x0F\x34",
    "\x0F\x35",     "\x0F\x30",     "\x0F\x32",     "\x0F\xA2",     "\x0F\x31",     "\x62\x07",
    "\x63\xC3",     "\x0F\x02\xC3", "\x0F\x03\xC3", "\xC5\x07",     "\x0F\xB2\x27", "\xF3\xA4",
    "\x60",         "\x61",         "\xC8",         "\x58",         "\x50",
};

static void fill_code(BareMachine *m, u64 *state, u32 from, u32 length)
{
    for (u32 at = from; at + 16 < from + length;) {
        const char *snippet = snippets[pick(state, COUNT_OF(snippets))];

        for (; *snippet; snippet++)
            m->ram.bytes[at++] = (u8)*snippet;
        if (pick(state, 3) == 0)
            m->ram.bytes[at++] = (u8)next_random(state);
    }
}

/* A descriptor that is plausible more often than not. */
static u64 random_descriptor(u64 *state)
{
    u64 access = next_random(state) & 0xFF, base = pick(state, RANDOM_BYTES);

    if (pick(state, 8) == 0)
        return next_random(state) << 32 | next_random(state);
    if (pick(state, 4))
        access |= ACCESS_P;
    if (!(access & ACCESS_S) && pick(state, 2)) /* a gate: selector and offset */
        return (base & 0xFFFF) | pick(state, 0x180) << 16 | access << 40;
    return 0xFFFF | base << 16 | access << 40 | (next_random(state) & 0xDF) << 48;
}

static void fill_tables(BareMachine *m, u64 *state)
{
    for (u32 i = 0; i < 64; i++) {
        bare_write(m, BARE_GDT + i * 8, QWORD, random_descriptor(state));
        bare_write(m, BARE_LDT + i * 8, QWORD, random_descriptor(state));
    }
    for (u32 i = 0; i < 256; i++)
        bare_write(m, BARE_IDT + i * 8, QWORD, random_descriptor(state));
    for (u32 i = 0; i < 0x68; i += 2)
        bare_write(m, BARE_TSS + i, WORD, pick(state, 0x300));
    /* Directory and tables at 100000h, half of them mapping. */
    for (u32 i = 0; i < 1024; i++) {
        bare_write(m, 0x100000 + i * 4, DWORD, 0x101000 | (next_random(state) & 0x1E7));
        bare_write(m, 0x101000 + i * 4, DWORD,
                   (i << 12 & 0x3FFFFF) | (next_random(state) & 0x1FF) | (pick(state, 4) ? 7 : 0));
    }
}

static void random_state(BareMachine *m, u64 *state)
{
    Cpu *cpu = &m->cpu;

    cpu_reset(cpu);
    cpu->attention = 0;
    for (unsigned i = 0; i < 16; i++)
        cpu->gpr[i] = (u32)(pick(state, 2) ? next_random(state) : pick(state, RANDOM_BYTES));
    cpu->gdtr = (DescriptorTable){BARE_GDT, (u16)pick(state, 0x200)};
    cpu->idtr = (DescriptorTable){BARE_IDT, (u16)(pick(state, 4) ? 0x7FF : next_random(state))};
    cpu->cr0 = CR0_ET | pick(state, 2) * CR0_PE | pick(state, 2) * CR0_AM | pick(state, 2) * CR0_WP;
    if ((cpu->cr0 & CR0_PE) && pick(state, 3) == 0)
        cpu->cr0 |= (u32)CR0_PG;
    cpu->cr3 = 0x100000;
    cpu->cr4 = next_random(state) & (CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE);
    cpu->cpl = cpu->cr0 & CR0_PE ? pick(state, 4) & 3 : 0;
    cpu->sysenter_cs = (u32)pick(state, 0x200);
    mmu_set_cr3(&cpu->mmu, cpu->cr3);
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, 0);
    cpu_set_flags(cpu, next_random(state), cpu->cr0 & CR0_PE ? ~(u64)0 : ~(u64)FLAG_VM);
    if (cpu_v86(cpu))
        cpu->cpl = 3;
    for (unsigned reg = 0; reg < SEGMENT_COUNT; reg++)
        segment_set(cpu, reg, (u16)pick(state, 0x200), pick(state, RANDOM_BYTES),
                    (u32)(pick(state, 2) ? 0xFFFF : next_random(state)),
                    (u16)((next_random(state) & 0xE0FF) | (pick(state, 8) ? ACCESS_P : 0)));
    for (unsigned i = 0; i < 4; i++)
        cpu->dr[i] = pick(state, RANDOM_BYTES);
    debug_set_dr7(cpu, pick(state, 4) ? 0 : next_random(state));
    cpu->rip = pick(state, 0x4000);
    cpu_translations_changed(cpu);
}

static u8 any_vector(void *board)
{
    u64 *state = board;

    return (u8)next_random(state);
}

Test(hostile_guest, random_privileged_code)
{
    BareMachine *m = bare_create();
    u64 state = 1;

    m->cpu.board = (CpuBoard){.board = &state, .acknowledge = any_vector};
    for (unsigned round = 0; round < ROUNDS; round++) {
        u64 start = m->cpu.cycles;

        for (u32 i = 0; i < RANDOM_BYTES; i += 8)
            bare_write(m, i, QWORD, next_random(&state));
        fill_code(m, &state, 0x10000, RANDOM_BYTES - 0x10000);
        fill_code(m, &state, 0, 0x3000);
        fill_tables(m, &state);
        random_state(m, &state);
        for (unsigned i = 0; i < 20; i++) {
            if (pick(&state, 4) == 0)
                cpu_set_intr(&m->cpu, pick(&state, 2));
            if (pick(&state, 16) == 0)
                cpu_raise_nmi(&m->cpu);
            m->cpu.attention &= (u8) ~(ATTEND_HALT | ATTEND_SHUTDOWN);
            bare_run(m, 20);
            cr_assert_eq(m->cpu.gpr[REG_ZERO], 0);
            cr_assert_leq(m->cpu.cpl, 3);
            cr_assert(!cpu_v86(&m->cpu) || m->cpu.cpl == 3);
            cr_assert(!cpu_real(&m->cpu) || m->cpu.cpl == 0);
            cr_assert_eq(m->cpu.delivering, -1);
        }
        cr_assert_leq(m->cpu.cycles - start, 20 * 40);
    }
    bare_destroy(m);
}
