/* Single-step, breakpoints and RF. SDM Vol. 3, "Debug Registers" and "Debug Exceptions". */
#include "cpu/debug_registers.h"
#include "tests/bare_machine.h"

PROGRAM(iretd, 32, "iret");

/* A fault's handler returns with RF set; the instruction after the next one no longer sees it. */
PROGRAM(two_faults, 32, "nop\n nop\n hlt");

Test(debug_registers, rf_lasts_for_one_instruction)
{
    BareMachine *m = bare_in_ring(0);
    const u32 frame[] = {BARE_DATA, BARE_CODE0, FLAG_RF | 2};

    bare_load(m, BARE_DATA, two_faults, two_faults_end);
    bare_push(m, 3, frame);
    bare_load(m, BARE_CODE, iretd, iretd_end);
    bare_run(m, 1);
    cr_expect(m->cpu.rflags & FLAG_RF);
    bare_run(m, 1);
    cr_expect_not(m->cpu.rflags & FLAG_RF);
    cr_assert(bare_run_to_halt(m));
    cr_expect_not(m->cpu.attention & ATTEND_TRAP);
    bare_destroy(m);
}

PROGRAM(pushf_popf, 32, "push eax\n popf\n nop\n nop\n hlt");
PROGRAM(step_mov_ss, 32, "push eax\n popf\n mov ss, ebx\n nop\n nop\n hlt");
PROGRAM(step_int, 32, "push eax\n popf\n int 0x40\n nop\n hlt");

Test(debug_registers, tf_traps_after_the_instruction_that_follows)
{
    BareMachine *m = bare_in_ring(0);

    m->cpu.gpr[RAX] = FLAG_TF;
    cr_assert(BARE_RUN(m, pushf_popf));
    cr_expect_eq(bare_vector(m), EXCEPTION_DB);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE + 3);
    cr_expect_eq(bare_stack(m, 2), FLAG_TF | 2);
    cr_expect_not(m->cpu.rflags & FLAG_TF);
    cr_expect_eq(m->cpu.dr[6], DR6_ALWAYS | DR6_BS);
    bare_destroy(m);
}

Test(debug_registers, mov_ss_holds_the_single_step_trap_off)
{
    BareMachine *m = bare_in_ring(0);

    m->cpu.gpr[RAX] = FLAG_TF;
    m->cpu.gpr[RBX] = BARE_DATA0;
    cr_assert(BARE_RUN(m, step_mov_ss));
    cr_expect_eq(bare_vector(m), EXCEPTION_DB);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE + 5);
    bare_destroy(m);
}

Test(debug_registers, int_n_is_not_single_stepped)
{
    BareMachine *m = bare_in_ring(0);

    m->cpu.gpr[RAX] = FLAG_TF;
    cr_assert(BARE_RUN(m, step_int));
    cr_expect_eq(bare_vector(m), 0x40);
    cr_expect_eq(bare_stack(m, 2), FLAG_TF | 2);
    bare_destroy(m);
}

PROGRAM(step_into, 32, "push eax\n popf\n into\n nop\n hlt");

Test(debug_registers, into_that_does_nothing_is_single_stepped)
{
    BareMachine *m = bare_in_ring(0);

    m->cpu.gpr[RAX] = FLAG_TF;
    cr_assert(BARE_RUN(m, step_into));
    cr_expect_eq(bare_vector(m), EXCEPTION_DB);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE + 3);
    bare_destroy(m);
}

PROGRAM(four_nops, 32, "nop\n nop\n nop\n nop\n hlt");
PROGRAM(store, 32, "nop\n mov dword ptr [0xC004], 1\n nop\n hlt");
PROGRAM(load, 32, "nop\n mov eax, [0xC004]\n nop\n hlt");

Test(debug_registers, instruction_breakpoint_and_rf)
{
    BareMachine *m = bare_in_ring(0);
    const u32 frame[] = {BARE_CODE + 2, BARE_CODE0, FLAG_RF | 2};

    m->cpu.dr[0] = BARE_CODE + 2;
    debug_set_dr7(&m->cpu, 1);
    cr_assert(BARE_RUN(m, four_nops));
    cr_expect_eq(bare_vector(m), EXCEPTION_DB);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE + 2);
    cr_expect_eq(m->cpu.dr[6], DR6_ALWAYS | 1);

    /* Return with RF set: the breakpoint is passed once, and RF is clear after it. */
    m->cpu.attention &= (u8)~ATTEND_HALT;
    m->cpu.gpr[RSP] = BARE_STACK0;
    bare_push(m, 3, frame);
    bare_write(m, BARE_HANDLERS + 2, BYTE, 0xCF);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), -1);
    cr_expect_eq(m->cpu.rip, BARE_CODE + 5);
    cr_expect_not(m->cpu.rflags & FLAG_RF);
    bare_destroy(m);
}

static BareMachine *run_with_dr7(const u8 *program, const u8 *end, u32 dr7)
{
    BareMachine *m = bare_in_ring(0);

    m->cpu.dr[1] = 0xC006;
    debug_set_dr7(&m->cpu, dr7);
    bare_load(m, BARE_CODE, program, end);
    cr_assert(bare_run_to_halt(m));
    return m;
}

Test(debug_registers, data_breakpoints_trap_after_the_access)
{
    u32 write_word = 1 << 20 | 1 << 22 | 4, access_byte = 3 << 20 | 4;
    BareMachine *m = run_with_dr7(store, store_end, write_word);

    cr_expect_eq(bare_vector(m), EXCEPTION_DB);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE + 11);
    cr_expect_eq(m->cpu.dr[6], DR6_ALWAYS | 2);
    cr_expect_eq(bare_read(m, 0xC004, DWORD), 1);
    bare_destroy(m);

    m = run_with_dr7(load, load_end, write_word);
    cr_expect_eq(bare_vector(m), -1);
    bare_destroy(m);

    m = run_with_dr7(load, load_end, access_byte);
    cr_expect_eq(bare_vector(m), EXCEPTION_DB);
    bare_destroy(m);
}

PROGRAM(repeated_move, 32, "rep movsb\n hlt");

/* Its breakpoint has been taken and the handler has returned: it is not taken again between two
 * iterations. */
Test(debug_registers, rf_lasts_until_a_repeated_instruction_ends)
{
    BareMachine *m = bare_in_ring(0);

    m->cpu.dr[0] = BARE_CODE;
    debug_set_dr7(&m->cpu, 2);
    m->cpu.gpr[RSI] = m->cpu.gpr[RDI] = BARE_DATA;
    m->cpu.gpr[RCX] = 5;
    bare_load(m, BARE_CODE, repeated_move, repeated_move_end);
    cpu_set_flags(&m->cpu, FLAG_RF, FLAG_RF);
    bare_run(m, 2);
    cr_expect_eq(m->cpu.gpr[RCX], 3);
    cr_expect(m->cpu.rflags & FLAG_RF);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), -1);
    cr_expect_eq(m->cpu.gpr[RCX], 0);
    cr_expect_not(m->cpu.rflags & FLAG_RF);
    bare_destroy(m);
}
