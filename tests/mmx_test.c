/*
 * MMX: every row against the host processor; then what only a whole machine shows.
 */
#include "tests/simd_rig.h"

#if defined(__x86_64__)
Test(mmx, every_row_as_the_host_does_it)
{
    cr_assert_eq(compare_simd_rows(FEATURE_MMX, 400), 0);
}
#endif

static void expect_vector(const char *bytes, unsigned length, void (*prepare)(BareMachine *m),
                          int vector)
{
    BareMachine *m = simd_create(0);

    space_write_bytes(&m->memory, BARE_CODE, (const u8 *)bytes, length);
    bare_write(m, BARE_CODE + length, BYTE, 0xF4);
    m->cpu.gpr[RSI] = BARE_DATA;
    if (prepare)
        prepare(m);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), vector, "vector %d, not %d", bare_vector(m), vector);
    bare_destroy(m);
}

static void set_em(BareMachine *m)
{
    m->cpu.cr0 |= CR0_EM | CR0_TS;
}
static void set_ts(BareMachine *m)
{
    m->cpu.cr0 |= CR0_TS;
}
static void set_pending(BareMachine *m)
{
    m->cpu.x87.status |= 0x8081;
    m->cpu.x87.control &= (u16)~1;
}
static void clear_osfxsr(BareMachine *m)
{
    m->cpu.cr4 &= ~(u64)CR4_OSFXSR;
}
static void no_mmx(BareMachine *m)
{
    m->cpu.features &= ~((u64)1 << FEATURE_MMX);
}

/* PADDB mm1, [esi] */
Test(mmx, raises_what_the_x87_would)
{
    expect_vector("\x0F\xFC\x0E", 3, set_em, EXCEPTION_UD);
    expect_vector("\x0F\xFC\x0E", 3, set_ts, EXCEPTION_NM);
    expect_vector("\x0F\xFC\x0E", 3, set_pending, EXCEPTION_MF);
    expect_vector("\x0F\xFC\x0E", 3, clear_osfxsr, -1);
    expect_vector("\x0F\xFC\x0E", 3, no_mmx, EXCEPTION_UD);
    expect_vector("\xF3\x0F\xFC\x0E", 4, NULL, EXCEPTION_UD);
}

/* MOVQ mm3, [esi]: physical register 3 whatever TOP was. */
Test(mmx, registers_are_the_x87s)
{
    BareMachine *m = simd_create(0);

    space_write_bytes(&m->memory, BARE_CODE, (const u8 *)"\x0F\x6F\x1E\x0F\x77\xF4", 6);
    bare_write(m, BARE_DATA, QWORD, 0x0123456789ABCDEF);
    m->cpu.gpr[RSI] = BARE_DATA;
    m->cpu.x87.top = 5;
    cpu_step(&m->cpu);
    cr_expect_eq(m->cpu.x87.r[3].significand, 0x0123456789ABCDEF);
    cr_expect_eq(m->cpu.x87.r[3].sign_exponent, 0xFFFF);
    cr_expect_eq(m->cpu.x87.top, 0);
    cr_expect_eq(m->cpu.x87.empty, 0);
    cpu_step(&m->cpu);
    cr_expect_eq(m->cpu.x87.empty, 0xFF);
    cr_expect_eq(m->cpu.x87.r[3].significand, 0x0123456789ABCDEF);
    bare_destroy(m);
}
