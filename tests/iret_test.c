/* IRET in protected mode. SDM Vol. 2, "Interrupt Return". Virtual-8086 mode and nested tasks are in
 * their own files. */
#include "tests/bare_machine.h"

PROGRAM(iretd, 32, "iret");

Test(iret, to_ring_3)
{
    BareMachine *m = bare_in_ring(0);
    const u32 frame[] = {BARE_DATA, BARE_CODE3, FLAG_IF | FLAG_CF | FLAG_IOPL | 2, BARE_STACK3,
                         BARE_DATA3};

    bare_load_segment(m, ES, BARE_DATA3);
    bare_write(m, BARE_DATA, WORD, 0x9090);
    bare_push(m, 5, frame);
    bare_load(m, BARE_CODE, iretd, iretd_end);
    bare_run(m, 1);
    cr_expect_eq(m->cpu.rip, BARE_DATA);
    cr_expect_eq(m->cpu.cpl, 3);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK3);
    cr_expect_eq(m->cpu.segments[SS].selector, BARE_DATA3);
    cr_expect_eq(cpu_get_flags(&m->cpu), FLAG_IF | FLAG_CF | FLAG_IOPL | 2);
    cr_expect_eq(m->cpu.segments[DS].selector, 0); /* was ring 0's */
    cr_expect_eq(m->cpu.segments[DS].access, 0);
    cr_expect_eq(m->cpu.segments[ES].selector, BARE_DATA3);
    bare_destroy(m);
}

Test(iret, in_ring_3_keeps_iopl_and_if)
{
    BareMachine *m = bare_in_ring(3);
    const u32 frame[] = {BARE_DATA, BARE_CODE3, 0x3F7FD5 & ~(FLAG_VM | FLAG_TF)};
    u64 ring3 = FLAGS_ARITHMETIC | FLAG_DF | FLAG_NT | FLAG_RF | FLAG_AC | FLAG_ID;

    bare_push(m, 3, frame);
    bare_load(m, BARE_CODE, iretd, iretd_end);
    bare_run(m, 1);
    cr_expect_eq(m->cpu.rip, BARE_DATA);
    cr_expect_eq(cpu_get_flags(&m->cpu), ring3 | 2);
    bare_destroy(m);
}

static void expect_iret_fault(u16 cs, u16 ss, u32 eip, int vector, u32 error_code)
{
    BareMachine *m = bare_in_ring(0);
    const u32 frame[] = {eip, cs, 2, BARE_STACK3, ss};

    bare_descriptor(m, 0x60, 0, 0xFFFFF, (BARE_FLAT | ACCESS_CODE | BARE_RING3) & ~ACCESS_P);
    bare_descriptor(m, 0x68, 0, 0xFFFFF, (BARE_FLAT | BARE_RING3) & ~ACCESS_P);
    bare_descriptor(m, 0x70, 0, 0xFFF, BARE_SMALL | ACCESS_CODE | BARE_RING3);
    bare_descriptor(m, 0x78, 0, 0xFFF, BARE_SMALL | ACCESS_CODE | ACCESS_CONFORMING | BARE_RING3);
    bare_push(m, 5, frame);
    bare_expect_fault(m, iretd, iretd_end, vector, error_code);
}

Test(iret, checks)
{
    expect_iret_fault(0, BARE_DATA3, 0, EXCEPTION_GP, 0);
    expect_iret_fault(0x900, BARE_DATA3, 0, EXCEPTION_GP, 0x900);
    expect_iret_fault(BARE_DATA3, BARE_DATA3, 0, EXCEPTION_GP, BARE_DATA3 & ~3u);
    expect_iret_fault(BARE_CODE0 | 3, BARE_DATA3, 0, EXCEPTION_GP, BARE_CODE0);
    expect_iret_fault(BARE_CODE3 & ~3, BARE_DATA3, 0, EXCEPTION_GP, BARE_CODE3 & ~3u);
    expect_iret_fault(0x63, BARE_DATA3, 0, EXCEPTION_NP, 0x60);
    expect_iret_fault(0x73, BARE_DATA3, 0x1000, EXCEPTION_GP, 0);
    expect_iret_fault(0x7A, BARE_DATA3, 0, EXCEPTION_GP, 0x78); /* conforming, DPL above RPL */
    expect_iret_fault(BARE_CODE3, 3, 0, EXCEPTION_GP, 0);
    expect_iret_fault(BARE_CODE3, BARE_DATA0, 0, EXCEPTION_GP, BARE_DATA0);
    expect_iret_fault(BARE_CODE3, BARE_DATA0 | 3, 0, EXCEPTION_GP, BARE_DATA0);
    expect_iret_fault(BARE_CODE3, BARE_CODE3, 0, EXCEPTION_GP, BARE_CODE3 & ~3u);
    expect_iret_fault(BARE_CODE3, 0x6B, 0, EXCEPTION_SS, 0x68);
}

Test(iret, outward_of_inner_ring_code_faults)
{
    BareMachine *m = bare_in_ring(3);
    const u32 frame[] = {BARE_DATA, BARE_CODE0, 2};

    bare_push(m, 3, frame);
    bare_expect_fault(m, iretd, iretd_end, EXCEPTION_GP, BARE_CODE0);
}

/* To a 16-bit stack only SP is loaded: the upper half of ESP shows through. */
Test(iret, to_a_16_bit_stack_keeps_the_upper_half_of_esp)
{
    BareMachine *m = bare_in_ring(0);
    const u32 frame[] = {BARE_DATA, BARE_CODE3, 2, 0x12345678, 0x63};

    bare_descriptor(m, 0x60, 0, 0xFFFF, BARE_SMALL | BARE_RING3);
    m->cpu.gpr[RSP] = 0x210000;
    bare_push(m, 5, frame);
    bare_load(m, BARE_CODE, iretd, iretd_end);
    bare_run(m, 1);
    cr_expect_eq(m->cpu.gpr[RSP], 0x205678);
    bare_destroy(m);
}
