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

/* ---- XSAVE and AVX ---- */

static BareMachine *prepare_avx(const char *bytes, unsigned length)
{
    BareMachine *m = prepare("max", 0, bytes, length);

    m->cpu.cr4 |= CR4_OSXSAVE;
    m->cpu.xcr0 = XCR0_X87 | XCR0_SSE | XCR0_AVX;
    return m;
}

/* VADDPS ymm1, ymm3, ymm2 */
#define VADDPS "\xC5\xE4\x58\xCA"

Test(avx, control_registers_forbid)
{
    BareMachine *m = prepare_avx(CODE(VADDPS));
    expect(m, -1);
    bare_destroy(m);
    m = prepare_avx(CODE(VADDPS));
    m->cpu.cr0 |= CR0_TS;
    expect(m, EXCEPTION_NM);
    bare_destroy(m);
    m = prepare_avx(CODE(VADDPS));
    m->cpu.xcr0 = XCR0_X87 | XCR0_SSE;
    m->cpu.cr0 |= CR0_TS;
    expect(m, EXCEPTION_UD);
    bare_destroy(m);
    m = prepare_avx(CODE(VADDPS));
    m->cpu.cr4 &= ~(u64)CR4_OSXSAVE;
    expect(m, EXCEPTION_UD);
    bare_destroy(m);
    m = prepare_avx(CODE(VADDPS)); /* not AVX's */
    m->cpu.cr0 |= CR0_EM;
    m->cpu.cr4 &= ~(u64)CR4_OSFXSR;
    expect(m, -1);
    bare_destroy(m);
}

Test(avx, aligned_moves_lie_on_thirty_two_bytes)
{
    BareMachine *m = prepare_avx(CODE("\xC5\xFC\x28\x0E")); /* VMOVAPS ymm1, [esi] */
    m->cpu.gpr[RSI] = BARE_DATA + 16;
    expect(m, EXCEPTION_GP);
    bare_destroy(m);
    m = prepare_avx(CODE("\xC5\xE4\x58\x0E")); /* VADDPS ymm1, ymm3, [esi] */
    m->cpu.gpr[RSI] = BARE_DATA + 3;
    expect(m, -1);
    bare_destroy(m);
}

/* What lies beyond DS's limit may be named, not touched. */
static BareMachine *prepare_limited(const char *bytes, unsigned length)
{
    BareMachine *m = prepare_avx(bytes, length);

    m->cpu.segments[DS].limit = BARE_DATA + 15;
    segment_update_all(&m->cpu);
    for (unsigned i = 0; i < 16; i++)
        m->ram.bytes[BARE_DATA + i] = (u8)i;
    return m;
}

/* VMASKMOVPS ymm1, ymm3, [esi] and its store. */
Test(avx, masked_elements_never_fault)
{
    static const char *const moves[] = {"\xC4\xE2\x65\x2C\x0E", "\xC4\xE2\x65\x2E\x0E"};

    for (unsigned i = 0; i < 4; i++) {
        BareMachine *m = prepare_limited(moves[i / 2], 5);

        memset(m->cpu.xmm[3].bytes, 0xFF, 16);
        memset(m->cpu.ymm_high[3].bytes, i % 2 ? 0x80 : 0x7F, 16);
        expect(m, i % 2 ? EXCEPTION_GP : -1);
        if (i == 0)
            cr_expect_eq(m->cpu.xmm[1].dwords[3], 0x0F0E0D0C);
        if (i >= 2) /* all of a store or nothing */
            cr_expect_eq(m->ram.bytes[BARE_DATA + 5], i == 3 ? 5 : 0);
        bare_destroy(m);
    }
}

/* VPGATHERDD xmm1, [esi + xmm2*4], xmm3: the third element faults. */
Test(avx2, a_gather_keeps_what_it_has)
{
    BareMachine *m = prepare_limited(CODE("\xC4\xE2\x61\x90\x0C\x96"));

    memset(m->cpu.xmm[3].bytes, 0xFF, 16);
    m->cpu.xmm[2] = (Xmm){.dwords = {1, 0, 400, 2}};
    m->cpu.xmm[1] = (Xmm){.dwords = {7, 7, 7, 7}};
    expect(m, EXCEPTION_GP);
    cr_expect_eq(m->cpu.xmm[1].dwords[0], 0x07060504);
    cr_expect_eq(m->cpu.xmm[1].dwords[1], 0x03020100);
    cr_expect_eq(m->cpu.xmm[1].dwords[2], 7);
    cr_expect_eq(m->cpu.xmm[3].dwords[1], 0);
    cr_expect_eq(m->cpu.xmm[3].dwords[2], 0xFFFFFFFF);
    bare_destroy(m);

    m = prepare_limited(CODE("\xC4\xE2\x71\x90\x0C\x96")); /* mask and destination alike */
    expect(m, EXCEPTION_UD);
    bare_destroy(m);
}

/* XSETBV; XGETBV */
Test(xsave, xcr0_holds_what_there_is)
{
    static const struct {
        const char *model;
        u32 eax, ecx;
        int vector;
    } cases[] = {{"max", 7, 0, -1},
                 {"max", 3, 0, -1},
                 {"max", 5, 0, EXCEPTION_GP},
                 {"max", 6, 0, EXCEPTION_GP},
                 {"max", 15, 0, EXCEPTION_GP},
                 {"max", 7, 1, EXCEPTION_GP},
                 {"qemu64", 1, 0, EXCEPTION_UD}};

    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        BareMachine *m = prepare(cases[i].model, 0, CODE("\x0F\x01\xD1\x31\xC0\x0F\x01\xD0"));

        m->cpu.cr4 |= CR4_OSXSAVE;
        m->cpu.gpr[RAX] = cases[i].eax;
        m->cpu.gpr[RCX] = cases[i].ecx;
        m->cpu.gpr[RDX] = 0;
        expect(m, cases[i].vector);
        if (cases[i].vector < 0)
            cr_expect_eq(m->cpu.gpr[RAX], cases[i].eax);
        bare_destroy(m);
    }
    BareMachine *m = prepare("max", 0, CODE("\x0F\x01\xD0"));
    expect(m, EXCEPTION_UD);
    bare_destroy(m);
}

/* XSAVE [esi] */
Test(xsave, components_are_saved_and_restored)
{
    BareMachine *m = prepare_avx(CODE("\x0F\xAE\x26"));

    m->cpu.gpr[RAX] = 6;
    m->cpu.xmm[3].qwords[1] = 0x1111;
    m->cpu.ymm_high[5].qwords[0] = 0x2222;
    bare_write(m, BARE_DATA, QWORD, 0x3333); /* the x87 is not asked for */
    bare_write(m, BARE_DATA + 512, QWORD, 1);
    expect(m, -1);
    cr_expect_eq(bare_read(m, BARE_DATA, QWORD), 0x3333);
    cr_expect_eq(bare_read(m, BARE_DATA + 24, DWORD), 0x1F80);
    cr_expect_eq(bare_read(m, BARE_DATA + 160 + 3 * 16 + 8, QWORD), 0x1111);
    cr_expect_eq(bare_read(m, BARE_DATA + 576 + 5 * 16, QWORD), 0x2222);
    cr_expect_eq(bare_read(m, BARE_DATA + 512, QWORD), 7);

    /* XRSTOR [esi]: SSE is said to be initial */
    space_write_bytes(&m->memory, BARE_CODE, (const u8 *)"\x0F\xAE\x2E\xF4", 4);
    bare_write(m, BARE_DATA + 512, QWORD, 4);
    memset(m->cpu.ymm_high, 0xAA, sizeof m->cpu.ymm_high);
    m->cpu.attention = 0;
    m->cpu.rip = BARE_CODE;
    expect(m, -1);
    cr_expect_eq(m->cpu.xmm[3].qwords[1], 0);
    cr_expect_eq(m->cpu.ymm_high[5].qwords[0], 0x2222);
    cr_expect_eq(m->cpu.ymm_high[4].qwords[0], 0);

    bare_write(m, BARE_DATA + 520, QWORD, 1); /* a compacted image */
    m->cpu.attention = 0;
    m->cpu.rip = BARE_CODE;
    expect(m, EXCEPTION_GP);
    bare_destroy(m);

    m = prepare_avx(CODE("\x0F\xAE\x26"));
    m->cpu.gpr[RSI] += 32;
    expect(m, EXCEPTION_GP);
    bare_destroy(m);
}

/* XSAVEOPT [esi] leaves out what is initial. */
Test(xsave, xsaveopt_leaves_out_the_initial)
{
    BareMachine *m = prepare_avx(CODE("\x0F\xAE\x36"));

    m->cpu.gpr[RAX] = 6;
    m->cpu.ymm_high[0].qwords[0] = 5;
    bare_write(m, BARE_DATA + 160, QWORD, 0x3333);
    bare_write(m, BARE_DATA + 512, QWORD, 7);
    expect(m, -1);
    cr_expect_eq(bare_read(m, BARE_DATA + 160, QWORD), 0x3333);
    cr_expect_eq(bare_read(m, BARE_DATA + 576, QWORD), 5);
    cr_expect_eq(bare_read(m, BARE_DATA + 512, QWORD), 5);
    bare_destroy(m);
}

/* CPUID 13 */
Test(xsave, cpuid_tells_the_layout)
{
    BareMachine *m = prepare_avx(CODE("\x0F\xA2"));

    m->cpu.gpr[RAX] = 13;
    expect(m, -1);
    cr_expect_eq(m->cpu.gpr[RAX], 7);
    cr_expect_eq(m->cpu.gpr[RBX], 832);
    cr_expect_eq(m->cpu.gpr[RCX], 832);
    bare_destroy(m);
}
