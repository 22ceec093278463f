/*
 * SSE and SSE2: every row against the host processor; then what only a whole machine shows.
 */
#include "tests/simd_rig.h"

#if defined(__x86_64__)
Test(sse, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_SSE, 400), 0);
}

Test(sse2, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_SSE2, 400), 0);
}

Test(sse3, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_SSE3, 400), 0);
}

Test(ssse3, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_SSSE3, 400), 0);
}

Test(sse41, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_SSE41, 400), 0);
}

Test(sse42, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_SSE42, 400), 0);
}

Test(popcnt, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_POPCNT, 400), 0);
}

Test(lzcnt, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_LZCNT, 400), 0);
}

Test(bmi1, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_BMI1, 400), 0);
}

Test(bmi2, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_BMI2, 400), 0);
}

Test(movbe, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_MOVBE, 400), 0);
}

Test(adx, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_ADX, 400), 0);
}

Test(aes, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_AES, 400), 0);
}

Test(pclmulqdq, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_PCLMUL, 400), 0);
}

Test(sha, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_SHA, 400), 0);
}
Test(avx, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_AVX, 400), 0);
}

Test(avx2, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_AVX2, 400), 0);
}

Test(vaes, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_VAES, 400), 0);
    cr_assert_eq(compare_simd_rows(FEATURE_VPCLMUL, 400), 0);
}

Test(f16c, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_F16C, 400), 0);
}

Test(fma, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_FMA, 400), 0);
}

#endif

static BareMachine *prepared(const char *bytes, unsigned length, u32 esi)
{
    BareMachine *m = simd_create(0);

    space_write_bytes(&m->memory, BARE_CODE, (const u8 *)bytes, length);
    bare_write(m, BARE_CODE + length, BYTE, 0xF4);
    m->cpu.gpr[RSI] = esi;
    for (unsigned i = 0; i < 32; i++)
        bare_write(m, BARE_DATA + i, BYTE, i);
    return m;
}

static void expect_vector(BareMachine *m, int vector)
{
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), vector, "vector %d, not %d", bare_vector(m), vector);
    bare_destroy(m);
}

#define ADDPS        "\x0F\x58\x0E" /* xmm1, [esi] */
#define ADDSS        "\xF3\x0F\x58\x0E"
#define MOVUPS       "\x0F\x10\x0E"
#define MOVAPS_STORE "\x0F\x29\x0E"

Test(sse, memory_operands_lie_on_sixteen_bytes)
{
    expect_vector(prepared(ADDPS, 3, BARE_DATA), -1);
    expect_vector(prepared(ADDPS, 3, BARE_DATA + 8), EXCEPTION_GP);
    expect_vector(prepared(MOVAPS_STORE, 3, BARE_DATA + 1), EXCEPTION_GP);
    expect_vector(prepared(ADDSS, 4, BARE_DATA + 1), -1);

    BareMachine *m = prepared(MOVUPS, 3, BARE_DATA + 3);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), -1);
    cr_expect_eq(m->cpu.xmm[1].qwords[0], 0x0A09080706050403);
    cr_expect_eq(m->cpu.xmm[1].qwords[1], 0x1211100F0E0D0C0B);
    bare_destroy(m);
}

Test(sse, control_registers_forbid)
{
    BareMachine *m = prepared(ADDPS, 3, BARE_DATA);
    m->cpu.cr0 |= CR0_EM | CR0_TS;
    expect_vector(m, EXCEPTION_UD);
    m = prepared(ADDPS, 3, BARE_DATA);
    m->cpu.cr0 |= CR0_TS;
    expect_vector(m, EXCEPTION_NM);
    m = prepared(ADDPS, 3, BARE_DATA);
    m->cpu.cr4 &= ~(u64)CR4_OSFXSR;
    m->cpu.cr0 |= CR0_TS;
    expect_vector(m, EXCEPTION_UD);
    m = prepared(ADDPS, 3, BARE_DATA);
    m->cpu.features &= ~((u64)1 << FEATURE_SSE);
    expect_vector(m, EXCEPTION_UD);
    m = prepared(ADDPS, 3, BARE_DATA); /* no x87 instruction: its errors wait */
    m->cpu.x87.status |= 0x8081;
    m->cpu.x87.control &= (u16)~1;
    expect_vector(m, -1);
}

/* DIVSS xmm1, xmm2 of 1 by 0. */
static BareMachine *divide(u32 mxcsr, u64 cr4)
{
    BareMachine *m = prepared("\xF3\x0F\x5E\xCA", 4, 0);

    m->cpu.xmm[1].dwords[0] = 0x3F800000;
    m->cpu.xmm[2].dwords[0] = 0;
    m->cpu.mxcsr = mxcsr;
    m->cpu.cr4 = cr4;
    cr_assert(bare_run_to_halt(m));
    return m;
}

Test(sse, unmasked_exceptions_keep_the_destination)
{
    BareMachine *m = divide(0x1F80, SIMD_CR4);
    cr_expect_eq(bare_vector(m), -1);
    cr_expect_eq(m->cpu.xmm[1].dwords[0], 0x7F800000);
    cr_expect_eq(m->cpu.mxcsr, 0x1F84);
    bare_destroy(m);

    m = divide(0x1D80, SIMD_CR4);
    cr_expect_eq(bare_vector(m), EXCEPTION_XM);
    cr_expect_eq(m->cpu.xmm[1].dwords[0], 0x3F800000);
    cr_expect_eq(m->cpu.mxcsr, 0x1D84);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE);
    bare_destroy(m);

    m = divide(0x1D80, CR4_OSFXSR);
    cr_expect_eq(bare_vector(m), EXCEPTION_UD);
    bare_destroy(m);
}

/* Identity-mapped but for the page after BARE_DATA's. */
static void page(BareMachine *m)
{
    enum { DIRECTORY = 0x100000, TABLE = 0x101000 };

    for (unsigned i = 0; i < 1024; i++)
        bare_write(m, TABLE + 4 * i, DWORD, i << 12 | 7);
    bare_write(m, DIRECTORY, DWORD, TABLE | 7);
    bare_write(m, TABLE + 4 * ((BARE_DATA >> 12) + 1), DWORD, 0);
    m->cpu.cr3 = DIRECTORY;
    m->cpu.cr0 |= ((u64)1 << 31);
    mmu_set_control(&m->cpu.mmu, m->cpu.cr0, m->cpu.cr4, m->cpu.efer);
    mmu_set_cr3(&m->cpu.mmu, DIRECTORY);
    cpu_translations_changed(&m->cpu);
}

/* MOVUPS [esi], xmm1 across the end of a page: nothing is written. */
Test(sse, a_store_faults_before_it_writes)
{
    u64 end = (BARE_DATA & ~0xFFF) + 0x1000;
    BareMachine *m = prepared("\x0F\x11\x0E", 3, (u32)end - 9);

    bare_write(m, end - 9, QWORD, 0x1122334455667788);
    memset(m->cpu.xmm[1].bytes, 0xAA, 16);
    page(m);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), EXCEPTION_PF);
    cr_expect_eq(m->cpu.cr2, end);
    cr_expect_eq(bare_read(m, end - 9, QWORD), 0x1122334455667788);
    bare_destroy(m);
}

/* MASKMOVDQU xmm1, xmm2 there: all bytes are checked, as silicon does, but only the selected ones
 * are written. */
Test(sse2, a_masked_store_writes_only_selected_bytes)
{
    u64 end = (BARE_DATA & ~0xFFF) + 0x1000;

    for (unsigned fits = 0; fits <= 1; fits++) {
        BareMachine *m = prepared("\x66\x0F\xF7\xCA", 4, 0);
        u64 start = end - (fits ? 16 : 9);

        m->cpu.gpr[RDI] = start;
        memset(m->cpu.xmm[1].bytes, 0xAA, 16);
        memset(m->cpu.xmm[2].bytes, 0, 16);
        m->cpu.xmm[2].bytes[0] = m->cpu.xmm[2].bytes[8] = 0x80;
        page(m);
        cr_assert(bare_run_to_halt(m));
        cr_expect_eq(bare_vector(m), fits ? -1 : EXCEPTION_PF);
        cr_expect_eq(bare_read(m, start, WORD), fits ? 0xAA : 0);
        cr_expect_eq(bare_read(m, start + 8, BYTE), fits ? 0xAA : 0);
        bare_destroy(m);
    }
}
