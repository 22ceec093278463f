/* Far JMP, CALL and RET. SDM Vol. 2, the pages of these names. */
#include "cpu/task.h"
#include "tests/bare_machine.h"

enum { GATE = 0x60, TARGET = 0x68 };

static BareMachine *machine_in_ring(unsigned cpl)
{
    BareMachine *m = bare_create();

    bare_protected(m, cpl);
    bare_write(m, BARE_DATA, QWORD, 0x9090909090909090);
    return m;
}

static void set_gate(BareMachine *m, u16 selector, u32 offset, unsigned parameters, u16 access)
{
    u64 gate = bare_gate(selector, offset, access) | (u64)parameters << 32;

    bare_write(m, BARE_GDT + GATE, QWORD, gate);
}

/* Far pointers at the end, patched by the tests. */
PROGRAM(jmp_far, 32, ".byte 0xEA\n .long 0xC000\n .word 0");
PROGRAM(call_far, 32, ".byte 0x9A\n .long 0xC000\n .word 0");
PROGRAM(ret_far, 32, "retf");

static void run_far(BareMachine *m, const u8 *program, u16 selector)
{
    bare_load(m, BARE_CODE, program, program + 5);
    bare_write(m, BARE_CODE + 5, WORD, selector);
    bare_run(m, 1);
}

static void expect_arrival(BareMachine *m, u16 cs)
{
    cr_expect_eq(m->cpu.rip, BARE_DATA);
    cr_expect_eq(m->cpu.segments[CS].selector, cs);
    cr_expect_eq(m->cpu.cpl, cs & 3);
}

/* ---- real mode ---- */

PROGRAM(real_call, 16, ".byte 0x9A\n .word 0x10, 0x1234");
PROGRAM(real_call32, 16, ".byte 0x66, 0x9A\n .long 0x10\n .word 0x1234");
PROGRAM(real_jmp32, 16, ".byte 0x66, 0xEA\n .long 0x10000\n .word 0x1234");
PROGRAM(real_call_memory, 16, "call dword ptr [0x20]");

Test(far, real_mode_call_and_return)
{
    BareMachine *m = bare_create();

    bare_load(m, BARE_CODE, real_call, real_call_end);
    bare_write(m, 0x12350, DWORD, 0x0002CA); /* RETF 2 */
    bare_run(m, 1);
    cr_expect_eq(m->cpu.segments[CS].base, 0x12340);
    cr_expect_eq(m->cpu.rip, 0x10);
    cr_expect_eq(bare_stack16(m, 0), 5);
    cr_expect_eq(bare_stack16(m, 1), BARE_CODE >> 4);
    bare_run(m, 1);
    cr_expect_eq(m->cpu.segments[CS].base, BARE_CODE);
    cr_expect_eq(m->cpu.rip, 5);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK0 + 2);
    bare_destroy(m);
}

Test(far, real_mode_operand_sizes)
{
    BareMachine *m = bare_create();

    bare_load(m, BARE_CODE, real_call32, real_call32_end);
    bare_run(m, 1);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK0 - 8);
    cr_expect_eq(bare_stack(m, 0), 8);
    cr_expect_eq(bare_stack(m, 1), BARE_CODE >> 4);
    bare_destroy(m);

    m = bare_create(); /* beyond the limit */
    cr_assert(BARE_RUN(m, real_jmp32));
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    bare_destroy(m);
}

Test(far, real_mode_pointer_in_memory)
{
    BareMachine *m = bare_create();

    segment_set_real(&m->cpu, DS, BARE_DATA >> 4);
    bare_write(m, BARE_DATA + 0x20, DWORD, 0x12340010);
    bare_load(m, BARE_CODE, real_call_memory, real_call_memory_end);
    bare_run(m, 1);
    cr_expect_eq(m->cpu.segments[CS].selector, 0x1234);
    cr_expect_eq(m->cpu.rip, 0x10);
    bare_destroy(m);
}

/* ---- code segments ---- */

Test(far, jump_within_the_ring)
{
    BareMachine *m = machine_in_ring(0);

    bare_descriptor(m, TARGET, 0, 0xFFFFF, BARE_FLAT | ACCESS_CODE);
    run_far(m, jmp_far, TARGET);
    expect_arrival(m, TARGET);
    cr_expect(bare_read(m, BARE_GDT + TARGET + 5, BYTE) & ACCESS_ACCESSED);
    bare_destroy(m);
}

/* The selector's RPL does not survive a jump to conforming code; CPL does. */
Test(far, conforming_code_runs_in_the_callers_ring)
{
    BareMachine *m = machine_in_ring(3);

    bare_descriptor(m, TARGET, 0, 0xFFFFF, BARE_FLAT | ACCESS_CODE | ACCESS_CONFORMING);
    run_far(m, jmp_far, TARGET);
    expect_arrival(m, TARGET | 3);
    bare_destroy(m);
}

static void expect_jump_fault(unsigned cpl, u16 access, u32 limit, u16 rpl, int vector, u32 error)
{
    BareMachine *m = machine_in_ring(cpl);

    bare_descriptor(m, TARGET, 0, limit, access);
    run_far(m, jmp_far, TARGET | rpl);
    bare_expect_vector(m, vector, error);
}

Test(far, jump_checks)
{
    u16 code = BARE_FLAT | ACCESS_CODE, conforming3 = code | ACCESS_CONFORMING | BARE_RING3;
    BareMachine *m = machine_in_ring(0);

    run_far(m, jmp_far, 0);
    bare_expect_vector(m, EXCEPTION_GP, 0);
    m = machine_in_ring(0);
    run_far(m, jmp_far, 0x900);
    bare_expect_vector(m, EXCEPTION_GP, 0x900);
    expect_jump_fault(0, BARE_FLAT, 0xFFFFF, 0, EXCEPTION_GP, TARGET);
    expect_jump_fault(3, code, 0xFFFFF, 0, EXCEPTION_GP, TARGET);
    expect_jump_fault(0, code | BARE_RING3, 0xFFFFF, 0, EXCEPTION_GP, TARGET);
    expect_jump_fault(0, code, 0xFFFFF, 1, EXCEPTION_GP, TARGET);
    expect_jump_fault(0, conforming3, 0xFFFFF, 3, EXCEPTION_GP, TARGET);
    expect_jump_fault(0, code & ~ACCESS_P, 0xFFFFF, 0, EXCEPTION_NP, TARGET);
    expect_jump_fault(0, BARE_SMALL | ACCESS_CODE, 0xBFFF, 0, EXCEPTION_GP, 0);
    expect_jump_fault(0, ACCESS_P | SYSTEM_LDT, 0xFF, 0, EXCEPTION_GP, TARGET);
    expect_jump_fault(0, ACCESS_P | SYSTEM_INTERRUPT_GATE32, 0, 0, EXCEPTION_GP, TARGET);
}

Test(far, call_pushes_cs_and_eip)
{
    BareMachine *m = machine_in_ring(0);

    bare_descriptor(m, TARGET, 0, 0xFFFFF, BARE_FLAT | ACCESS_CODE);
    run_far(m, call_far, TARGET);
    expect_arrival(m, TARGET);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK0 - 8);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE + 7);
    cr_expect_eq(bare_stack(m, 1), BARE_CODE0);
    bare_destroy(m);
}

/* ---- call gates ---- */

Test(far, call_gate_to_an_inner_ring_copies_parameters)
{
    BareMachine *m = machine_in_ring(3);

    set_gate(m, BARE_CODE0 | 3, BARE_DATA, 3, ACCESS_P | SYSTEM_CALL_GATE32 | BARE_RING3);
    m->cpu.gpr[RSP] = BARE_STACK3 - 12;
    for (u32 i = 0; i < 3; i++)
        bare_write(m, BARE_STACK3 - 12 + i * 4, DWORD, 0x100 + i);
    run_far(m, call_far, GATE | 3);
    expect_arrival(m, BARE_CODE0);
    cr_expect_eq(m->cpu.segments[SS].selector, BARE_DATA0);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK0 - 28);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE + 7);
    cr_expect_eq(bare_stack(m, 1), BARE_CODE3);
    cr_expect_eq(bare_stack(m, 2), 0x100);
    cr_expect_eq(bare_stack(m, 3), 0x101);
    cr_expect_eq(bare_stack(m, 4), 0x102);
    cr_expect_eq(bare_stack(m, 5), BARE_STACK3 - 12);
    cr_expect_eq(bare_stack(m, 6), BARE_DATA3);

    /* RETF 12 takes the parameters off both stacks. */
    bare_write(m, BARE_DATA, DWORD, 0x000CCA);
    bare_load_segment(m, ES, BARE_DATA0);
    bare_run(m, 1);
    cr_expect_eq(m->cpu.rip, BARE_CODE + 7);
    cr_expect_eq(m->cpu.cpl, 3);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK3);
    cr_expect_eq(m->cpu.segments[SS].selector, BARE_DATA3);
    cr_expect_eq(m->cpu.segments[ES].selector, 0);
    cr_expect_eq(m->cpu.segments[DS].selector, BARE_DATA3);
    bare_destroy(m);
}

Test(far, call_gate_of_16_bits)
{
    BareMachine *m = machine_in_ring(3);

    set_gate(m, BARE_CODE0, 0xFFFF0000 | BARE_DATA, 1, ACCESS_P | SYSTEM_CALL_GATE16 | BARE_RING3);
    m->cpu.gpr[RSP] = BARE_STACK3 - 2;
    bare_write(m, BARE_STACK3 - 2, WORD, 0x7777);
    run_far(m, call_far, GATE | 3);
    expect_arrival(m, BARE_CODE0);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK0 - 10);
    cr_expect_eq(bare_stack16(m, 0), (BARE_CODE + 7) & 0xFFFF);
    cr_expect_eq(bare_stack16(m, 1), BARE_CODE3);
    cr_expect_eq(bare_stack16(m, 2), 0x7777);
    cr_expect_eq(bare_stack16(m, 3), (BARE_STACK3 - 2) & 0xFFFF);
    cr_expect_eq(bare_stack16(m, 4), BARE_DATA3);
    bare_destroy(m);
}

Test(far, call_gate_within_the_ring)
{
    BareMachine *m = machine_in_ring(3);

    set_gate(m, BARE_CODE3, BARE_DATA, 5, ACCESS_P | SYSTEM_CALL_GATE32 | BARE_RING3);
    run_far(m, call_far, GATE | 3);
    expect_arrival(m, BARE_CODE3);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK3 - 8);
    bare_destroy(m);
}

Test(far, jump_through_a_gate_cannot_change_rings)
{
    BareMachine *m = machine_in_ring(3);

    set_gate(m, BARE_CODE0, BARE_DATA, 0, ACCESS_P | SYSTEM_CALL_GATE32 | BARE_RING3);
    run_far(m, jmp_far, GATE | 3);
    bare_expect_vector(m, EXCEPTION_GP, BARE_CODE0);

    m = machine_in_ring(3);
    set_gate(m, BARE_CODE3, BARE_DATA, 0, ACCESS_P | SYSTEM_CALL_GATE32 | BARE_RING3);
    run_far(m, jmp_far, GATE | 3);
    expect_arrival(m, BARE_CODE3);
    bare_destroy(m);
}

static void expect_gate_fault(unsigned cpl, u16 rpl, u16 target, u16 access, int vector, u32 error)
{
    BareMachine *m = machine_in_ring(cpl);

    bare_descriptor(m, 0x70, 0, 0xFFFFF, (BARE_FLAT | ACCESS_CODE) & ~ACCESS_P);
    bare_descriptor(m, 0x78, 0, 0xBFFF, BARE_SMALL | ACCESS_CODE);
    set_gate(m, target, BARE_DATA, 0, access);
    run_far(m, call_far, GATE | rpl);
    bare_expect_vector(m, vector, error);
}

Test(far, call_gate_checks)
{
    u16 ring0 = ACCESS_P | SYSTEM_CALL_GATE32, ring3 = ring0 | BARE_RING3;

    expect_gate_fault(3, 0, BARE_CODE0, ring0, EXCEPTION_GP, GATE);
    expect_gate_fault(0, 3, BARE_CODE0, ring0, EXCEPTION_GP, GATE);
    expect_gate_fault(3, 3, BARE_CODE0, ring3 & ~ACCESS_P, EXCEPTION_NP, GATE);
    expect_gate_fault(3, 3, 2, ring3, EXCEPTION_GP, 0);
    expect_gate_fault(3, 3, 0x900, ring3, EXCEPTION_GP, 0x900);
    expect_gate_fault(3, 3, BARE_DATA0, ring3, EXCEPTION_GP, BARE_DATA0);
    expect_gate_fault(0, 0, BARE_CODE3, ring0, EXCEPTION_GP, BARE_CODE3 & ~3u);
    expect_gate_fault(3, 3, 0x70, ring3, EXCEPTION_NP, 0x70);
    expect_gate_fault(3, 3, 0x78, ring3, EXCEPTION_GP, 0);
}

/* ---- returns ---- */

static BareMachine *return_to(unsigned cpl, u32 eip, u16 cs, u32 esp, u16 ss)
{
    BareMachine *m = machine_in_ring(cpl);
    const u32 frame[] = {eip, cs, esp, ss};

    m->cpu.gpr[RSP] -= sizeof frame;
    for (unsigned i = 0; i < COUNT_OF(frame); i++)
        bare_write(m, m->cpu.gpr[RSP] + i * 4, DWORD, frame[i]);
    bare_load(m, BARE_CODE, ret_far, ret_far_end);
    bare_run(m, 1);
    return m;
}

Test(far, return_checks)
{
    BareMachine *m = return_to(0, BARE_DATA, BARE_CODE3, BARE_STACK3, BARE_DATA3);

    expect_arrival(m, BARE_CODE3);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK3);
    bare_destroy(m);

    bare_expect_vector(return_to(3, BARE_DATA, BARE_CODE0, 0, 0), EXCEPTION_GP, BARE_CODE0);
    bare_expect_vector(return_to(0, BARE_DATA, 1, 0, 0), EXCEPTION_GP, 0);
    bare_expect_vector(return_to(0, BARE_DATA, BARE_CODE3, 0, 0), EXCEPTION_GP, 0);
    bare_expect_vector(return_to(0, BARE_DATA, BARE_CODE3, 0, BARE_DATA0), EXCEPTION_GP,
                       BARE_DATA0);
}
