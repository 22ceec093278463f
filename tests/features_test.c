/*
 * Instructions that some models have: what the others make of them, and what no comparison with the
 * host shows.
 */
#include "cpu/msr.h"
#include "tests/bare_machine.h"

/* One instruction in 32-bit protected mode, before a HLT. */
static BareMachine *prepare(const char *model, unsigned cpl, const char *bytes, unsigned length)
{
    BareMachine *m = bare_create_model(model);

    bare_protected(m, cpl);
    space_write_bytes(&m->memory, BARE_CODE, (const u8 *)bytes, length);
    bare_write(m, BARE_CODE + length, BYTE, 0xF4);
    m->cpu.cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
    m->cpu.gpr[RSI] = BARE_DATA;
    return m;
}

static void expect(BareMachine *m, int vector)
{
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), vector, "vector %d, not %d", bare_vector(m), vector);
}

static void expect_vector(const char *model, const char *bytes, unsigned length, int vector)
{
    BareMachine *m = prepare(model, 0, bytes, length);

    expect(m, vector);
    bare_destroy(m);
}

#define CODE(text) text, sizeof text - 1

Test(features, models_without_an_instruction_raise_ud)
{
    static const char *const lacking[] = {"486", "pentium", "pentium3", "qemu32"};

    for (unsigned i = 0; i < COUNT_OF(lacking); i++) {
        expect_vector(lacking[i], CODE("\x66\x0F\x7C\xCA"), EXCEPTION_UD);         /* HADDPD */
        expect_vector(lacking[i], CODE("\xF3\x0F\xB8\xCA"), EXCEPTION_UD);         /* POPCNT */
        expect_vector(lacking[i], CODE("\x0F\x38\xF0\x0E"), EXCEPTION_UD);         /* MOVBE */
        expect_vector(lacking[i], CODE("\x0F\xC7\xF1"), EXCEPTION_UD);             /* RDRAND */
        expect_vector(lacking[i], CODE("\x0F\x01\xF9"), EXCEPTION_UD);             /* RDTSCP */
        expect_vector(lacking[i], CODE("\x66\x0F\x3A\x0F\xCA\x03"), EXCEPTION_UD); /* PALIGNR */
    }
    expect_vector("qemu64", CODE("\xDB\x0E"), -1); /* FISTTP */
    expect_vector("qemu64", CODE("\x66\x0F\x38\x00\xCA"), EXCEPTION_UD);
    expect_vector("max", CODE("\xF3\x0F\xB8\xCA"), -1);
    expect_vector("max", CODE("\xF3\x66\x0F\x38\xF0\x0E"), EXCEPTION_UD); /* F3 and MOVBE */
}

/* LZCNT ecx, edx of 10000h: 15; as BSR: 16. */
Test(features, counts_are_scans_without_their_feature)
{
    BareMachine *m = prepare("max", 0, CODE("\xF3\x0F\xBD\xCA"));
    m->cpu.gpr[RDX] = 0x10000;
    expect(m, -1);
    cr_expect_eq(m->cpu.gpr[RCX], 15);
    bare_destroy(m);

    m = prepare("qemu64", 0, CODE("\xF3\x0F\xBD\xCA"));
    m->cpu.gpr[RDX] = 0x10000;
    expect(m, -1);
    cr_expect_eq(m->cpu.gpr[RCX], 16);
    bare_destroy(m);
}

/* RDRAND ecx; RDSEED dx */
Test(features, random_numbers_replay)
{
    u64 first = 0;

    for (unsigned i = 0; i < 3; i++) {
        BareMachine *m = prepare("max", 3, CODE("\x0F\xC7\xF1\x66\x0F\xC7\xFA"));

        if (i == 2)
            m->cpu.random = 1;
        m->cpu.gpr[RDX] = 0x55550000;
        m->cpu.gpr[RCX] = ~(u64)0;
        flags_unpack(&m->cpu.flags, FLAGS_ARITHMETIC);
        bare_run(m, 2);
        cr_expect_eq(flags_pack(&m->cpu.flags), FLAG_CF);
        cr_expect_eq(m->cpu.gpr[RCX] >> 32, 0);
        cr_expect_eq(m->cpu.gpr[RDX] >> 16, 0x5555);
        if (i == 0)
            first = m->cpu.gpr[RCX];
        cr_expect((m->cpu.gpr[RCX] == first) == (i < 2));
        bare_destroy(m);
    }
}

Test(features, the_processor_number_is_what_was_written)
{
    BareMachine *m = prepare("max", 3, CODE("\x0F\x01\xF9\xF3\x0F\xC7\xFB"));

    cr_assert(msr_write(&m->cpu, MSR_TSC_AUX, 0x1234));
    cr_expect_not(msr_write(&m->cpu, MSR_TSC_AUX, (u64)1 << 32));
    bare_run(m, 2);
    cr_expect_eq(m->cpu.gpr[RCX], 0x1234); /* RDTSCP */
    cr_expect_eq(m->cpu.gpr[RBX], 0x1234); /* RDPID ebx */
    bare_destroy(m);
}

Test(features, monitor_and_mwait_are_the_supervisors)
{
    BareMachine *m = prepare("max", 3, CODE("\x0F\x01\xC8"));
    expect(m, EXCEPTION_UD);
    bare_destroy(m);
    m = prepare("max", 0, CODE("\x0F\x01\xC8\x0F\x01\xC9"));
    m->cpu.gpr[RAX] = BARE_DATA;
    expect(m, -1);
    cr_expect_eq(m->cpu.rip, BARE_CODE + 7);
    bare_destroy(m);
    m = prepare("max", 0, CODE("\x0F\x01\xC8"));
    m->cpu.gpr[RCX] = 1;
    expect(m, EXCEPTION_GP);
    bare_destroy(m);
}

Test(features, text_need_not_be_aligned)
{
    BareMachine *m =
        prepare("max", 0, CODE("\x66\x0F\x3A\x63\x0E\x00")); /* PCMPISTRI xmm1, [esi] */
    m->cpu.gpr[RSI] = BARE_DATA + 1;
    expect(m, -1);
    bare_destroy(m);
    m = prepare("max", 0, CODE("\x66\x0F\x38\x17\x0E")); /* PTEST xmm1, [esi] */
    m->cpu.gpr[RSI] = BARE_DATA + 1;
    expect(m, EXCEPTION_GP);
    bare_destroy(m);
}

/* ANDN ecx, ebx, edx, whose first byte is LES elsewhere. */
#define ANDN "\xC4\xE2\x60\xF2\xCA"

Test(features, vex_is_for_protected_mode)
{
    BareMachine *m = prepare("max", 0, CODE(ANDN));
    m->cpu.gpr[RBX] = 0xFF00;
    m->cpu.gpr[RDX] = 0x12345678;
    expect(m, -1);
    cr_expect_eq(m->cpu.gpr[RCX], 0x12340078);
    bare_destroy(m);

    m = bare_create_model("max"); /* real mode: LES with a register */
    space_write_bytes(&m->memory, BARE_CODE, (const u8 *)ANDN, 5);
    expect(m, EXCEPTION_UD);
    bare_destroy(m);

    expect_vector("qemu64", CODE(ANDN), EXCEPTION_UD);
    expect_vector("max", CODE("\xC4\x0E"), -1); /* LES ecx, [esi]: a null selector */
    expect_vector("max", CODE("\x66" ANDN), EXCEPTION_UD);
    expect_vector("max", CODE("\xF3" ANDN), EXCEPTION_UD);
    expect_vector("max", CODE("\xF0" ANDN), EXCEPTION_UD);
    expect_vector("max", CODE("\xC4\xE2\x64\xF2\xCA"), EXCEPTION_UD);     /* VEX.L */
    expect_vector("max", CODE("\xC4\xE3\x63\xF0\xCA\x05"), EXCEPTION_UD); /* RORX with VEX.vvvv */
    expect_vector("max", CODE("\xC4\xE4\x60\xF2\xCA"), EXCEPTION_UD);     /* map 4 */
}
