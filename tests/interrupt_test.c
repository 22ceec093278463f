/* Interrupts and exceptions. SDM Vol. 2, "Call to Interrupt Procedure" and "Interrupt Return";
 * Vol. 3, "Interrupt and Exception Handling". */
#include "cpu/debug_registers.h"
#include "cpu/exception.h"
#include "cpu/task.h"
#include "tests/bare_machine.h"

static void set_flags(BareMachine *m, u64 flags)
{
    cpu_set_flags(&m->cpu, flags, ~(u64)0);
}

/* ---- real mode ---- */

PROGRAM(real_int, 16, "int 0x21\n hlt");
PROGRAM(real_int3, 16, "int3\n hlt");
PROGRAM(real_into, 16, "mov al, 0x7F\n into\n inc al\n into\n hlt");
PROGRAM(real_divide, 16, "nop\n xor cl, cl\n div cl\n hlt");
PROGRAM(iret_only, 16, "iret");

Test(interrupt, real_mode_pushes_three_words)
{
    BareMachine *m = bare_create();

    set_flags(m, FLAG_IF | FLAG_CF | FLAG_DF);
    cr_assert(BARE_RUN(m, real_int));
    cr_expect_eq(bare_vector(m), 0x21);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK0 - 6);
    cr_expect_eq(bare_stack16(m, 0), 2);
    cr_expect_eq(bare_stack16(m, 1), BARE_CODE >> 4);
    cr_expect_eq(bare_stack16(m, 2), FLAG_IF | FLAG_CF | FLAG_DF | 2);
    cr_expect_eq(cpu_get_flags(&m->cpu), FLAG_CF | FLAG_DF | 2);
    bare_destroy(m);
}

Test(interrupt, real_mode_faults_return_to_the_instruction)
{
    BareMachine *m = bare_create();

    cr_assert(BARE_RUN(m, real_divide));
    cr_expect_eq(bare_vector(m), EXCEPTION_DE);
    cr_expect_eq(bare_stack16(m, 0), 3);
    bare_destroy(m);
}

Test(interrupt, real_mode_int3_and_into)
{
    BareMachine *m = bare_create();

    cr_assert(BARE_RUN(m, real_int3));
    cr_expect_eq(bare_vector(m), EXCEPTION_BP);
    cr_expect_eq(bare_stack16(m, 0), 1);
    bare_destroy(m);

    m = bare_create();
    cr_assert(BARE_RUN(m, real_into));
    cr_expect_eq(bare_vector(m), EXCEPTION_OF);
    cr_expect_eq(bare_stack16(m, 0), real_into_end - real_into - 1);
    bare_destroy(m);
}

Test(interrupt, real_mode_iret_restores_sixteen_flags)
{
    BareMachine *m = bare_create();

    set_flags(m, FLAG_AC);
    m->cpu.gpr[RSP] = 0x8000;
    bare_write(m, 0x8000, WORD, 0x0010);
    bare_write(m, 0x8002, WORD, 0x0300);
    bare_write(m, 0x8004, WORD, 0x7FD5 & ~FLAG_TF);
    cr_assert(BARE_RUN(m, iret_only));
    cr_expect_eq(bare_vector(m), 0x10 - 0); /* 0300:0010 is the HLT of vector 10h */
    cr_expect_eq(cpu_get_flags(&m->cpu), (FLAG_AC | 0x7FD7) & ~FLAG_TF);
    cr_expect_eq(m->cpu.gpr[RSP], 0x8006);
    bare_destroy(m);
}

Test(interrupt, real_mode_obeys_the_limit_of_idtr)
{
    BareMachine *m = bare_create();

    m->cpu.idtr.limit = 0x21 * 4 + 2;
    cr_assert(BARE_RUN(m, real_int));
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    cr_expect_eq(bare_stack16(m, 0), 0);
    bare_destroy(m);

    m = bare_create();
    m->cpu.idtr.limit = 0;
    BARE_RUN(m, real_int);
    cr_expect(m->cpu.attention & ATTEND_SHUTDOWN);
    bare_destroy(m);
}

/* ---- gates ---- */

PROGRAM(int_40, 32, "int 0x40\n hlt");
PROGRAM(hlt_only, 32, "hlt");
PROGRAM(int3_only, 32, "int3");
PROGRAM(ud2, 32, "nop\n ud2");

Test(interrupt, interrupt_gate_in_ring_0)
{
    BareMachine *m = bare_in_ring(0);

    set_flags(m, FLAG_IF | FLAG_NT);
    cr_assert(BARE_RUN(m, int_40));
    cr_expect_eq(bare_vector(m), 0x40);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK0 - 12);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE + 2);
    cr_expect_eq(bare_stack(m, 1), BARE_CODE0);
    cr_expect_eq(bare_stack(m, 2), FLAG_IF | FLAG_NT | 2);
    cr_expect_eq(cpu_get_flags(&m->cpu), 2);
    bare_destroy(m);
}

Test(interrupt, trap_gate_keeps_if)
{
    BareMachine *m = bare_in_ring(0);

    set_flags(m, FLAG_IF);
    bare_idt(m, 0x40, bare_gate(BARE_CODE0, BARE_HANDLERS + 0x40, ACCESS_P | 15));
    cr_assert(BARE_RUN(m, int_40));
    cr_expect_eq(bare_vector(m), 0x40);
    cr_expect(m->cpu.rflags & FLAG_IF);
    bare_destroy(m);
}

Test(interrupt, sixteen_bit_gate_pushes_words)
{
    BareMachine *m = bare_in_ring(0);

    bare_idt(m, 0x40, bare_gate(BARE_CODE0, 0xFFFF0000 | (BARE_HANDLERS + 0x40), ACCESS_P | 6));
    cr_assert(BARE_RUN(m, int_40));
    cr_expect_eq(bare_vector(m), 0x40);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK0 - 6);
    cr_expect_eq(bare_stack16(m, 0), (BARE_CODE + 2) & 0xFFFF);
    cr_expect_eq(bare_stack16(m, 1), BARE_CODE0);
    bare_destroy(m);
}

Test(interrupt, ring_3_changes_stacks)
{
    BareMachine *m = bare_in_ring(3);

    cr_assert(BARE_RUN(m, ud2));
    cr_expect_eq(bare_vector(m), EXCEPTION_UD);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK0 - 20);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE + 1);
    cr_expect_eq(bare_stack(m, 1), BARE_CODE3);
    cr_expect_eq(bare_stack(m, 2), 2 | FLAG_RF); /* of a fault */
    cr_expect_eq(bare_stack(m, 3), BARE_STACK3);
    cr_expect_eq(bare_stack(m, 4), BARE_DATA3);
    cr_expect_eq(m->cpu.cpl, 0);
    cr_expect_eq(m->cpu.segments[SS].selector, BARE_DATA0);
    cr_expect_eq(m->cpu.segments[CS].selector, BARE_CODE0);
    cr_expect_eq(m->cpu.segments[DS].selector, BARE_DATA3);
    bare_destroy(m);
}

Test(interrupt, conforming_handler_stays_in_its_ring)
{
    BareMachine *m = bare_in_ring(3);

    bare_descriptor(m, BARE_FREE, 0, 0xFFFFF, BARE_FLAT | ACCESS_CODE | ACCESS_CONFORMING);
    bare_idt(m, EXCEPTION_UD, bare_gate(BARE_FREE, BARE_DATA, ACCESS_P | 14));
    bare_write(m, BARE_DATA, WORD, 0x9090);
    bare_load(m, BARE_CODE, ud2, ud2_end);
    bare_run(m, 3);
    cr_expect_eq(m->cpu.cpl, 3);
    cr_expect_eq(m->cpu.segments[CS].selector, BARE_FREE | 3);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK3 - 12);
    cr_expect_eq(m->cpu.rip, BARE_DATA + 1);
    bare_destroy(m);
}

Test(interrupt, software_interrupts_need_the_gates_privilege)
{
    BareMachine *m = bare_in_ring(3);

    bare_expect_fault(m, int_40, int_40_end, EXCEPTION_GP, 0x40 * 8 + 2);
    bare_expect_fault(bare_in_ring(3), int3_only, int3_only_end, EXCEPTION_GP, 3 * 8 + 2);

    m = bare_in_ring(3);
    bare_idt(m, 0x40, bare_gate(BARE_CODE0, BARE_HANDLERS + 0x40, ACCESS_P | 14 | BARE_RING3));
    cr_assert(BARE_RUN(m, int_40));
    cr_expect_eq(bare_vector(m), 0x40);
    bare_destroy(m);
}

Test(interrupt, bad_gates)
{
    BareMachine *m = bare_in_ring(0);

    m->cpu.idtr.limit = 0x40 * 8 + 6;
    bare_expect_fault(m, int_40, int_40_end, EXCEPTION_GP, 0x40 * 8 + 2);

    m = bare_in_ring(0);
    bare_idt(m, 0x40, bare_gate(BARE_CODE0, BARE_HANDLERS, 14));
    bare_expect_fault(m, int_40, int_40_end, EXCEPTION_NP, 0x40 * 8 + 2);

    m = bare_in_ring(0); /* a call gate */
    bare_idt(m, 0x40, bare_gate(BARE_CODE0, BARE_HANDLERS, ACCESS_P | 12));
    bare_expect_fault(m, int_40, int_40_end, EXCEPTION_GP, 0x40 * 8 + 2);

    m = bare_in_ring(0); /* a null selector */
    bare_idt(m, 0x40, bare_gate(3, BARE_HANDLERS, ACCESS_P | 14));
    bare_expect_fault(m, int_40, int_40_end, EXCEPTION_GP, 0);

    m = bare_in_ring(0); /* data */
    bare_idt(m, 0x40, bare_gate(BARE_DATA0, BARE_HANDLERS, ACCESS_P | 14));
    bare_expect_fault(m, int_40, int_40_end, EXCEPTION_GP, BARE_DATA0);

    m = bare_in_ring(0); /* an outer ring */
    bare_idt(m, 0x40, bare_gate(BARE_CODE3, BARE_HANDLERS, ACCESS_P | 14));
    bare_expect_fault(m, int_40, int_40_end, EXCEPTION_GP, BARE_CODE3 & ~3);

    m = bare_in_ring(0); /* an absent segment */
    bare_descriptor(m, BARE_FREE, 0, 0xFFFFF, (BARE_FLAT | ACCESS_CODE) & ~ACCESS_P);
    bare_idt(m, 0x40, bare_gate(BARE_FREE, BARE_HANDLERS, ACCESS_P | 14));
    bare_expect_fault(m, int_40, int_40_end, EXCEPTION_NP, BARE_FREE);

    m = bare_in_ring(0); /* beyond the segment */
    bare_descriptor(m, BARE_FREE, 0, 0xFFF, BARE_SMALL | ACCESS_CODE);
    bare_idt(m, 0x40, bare_gate(BARE_FREE, 0x1000, ACCESS_P | 14));
    bare_expect_fault(m, int_40, int_40_end, EXCEPTION_GP, 0);
}

/* ---- inner stacks ---- */

/* INT 40h from ring 3 to ring 0 through a gate that allows it; the fault that comes of a bad SS0
 * cannot use that stack either, so its handler is a conforming segment. */
static void expect_stack_fault(u16 ss0, u32 esp0, u16 tss_limit, int vector, u32 error_code)
{
    BareMachine *m = bare_in_ring(3);

    bare_idt(m, 0x40, bare_gate(BARE_CODE0, BARE_HANDLERS, ACCESS_P | 14 | BARE_RING3));
    bare_descriptor(m, 0x68, 0, 0xFFFFF, BARE_FLAT | ACCESS_CODE | ACCESS_CONFORMING);
    bare_descriptor(m, 0x70, 0, 0xFFFFF, BARE_FLAT & ~ACCESS_P);
    bare_descriptor(m, 0x78, 0x8000, 0xFFF, BARE_SMALL | ACCESS_DB);
    bare_descriptor(m, 0x80, 0, 0xFFFFF, ACCESS_P | ACCESS_S | ACCESS_G);
    for (unsigned v = EXCEPTION_TS; v <= EXCEPTION_GP; v++)
        bare_idt(m, (u8)v, bare_gate(0x68, BARE_DATA + v * 2u, ACCESS_P | 14));
    for (u32 i = 0; i < 64; i += 2)
        bare_write(m, BARE_DATA + i, WORD, 0xFEEB); /* JMP to itself */
    bare_write(m, BARE_TSS + 4, DWORD, esp0);
    bare_write(m, BARE_TSS + 8, WORD, ss0);
    segment_set(&m->cpu, TR, BARE_TR, BARE_TSS, tss_limit, ACCESS_P | 11);
    bare_load(m, BARE_CODE, int_40, int_40_end);
    bare_run(m, 10);
    cr_expect_eq((int)(m->cpu.rip - BARE_DATA) / 2, vector, "vector %d, not %d",
                 (int)(m->cpu.rip - BARE_DATA) / 2, vector);
    cr_expect_eq(bare_stack(m, 0), error_code, "error code %04X, not %04X", bare_stack(m, 0),
                 error_code);
    bare_destroy(m);
}

Test(interrupt, inner_stacks_are_checked)
{
    expect_stack_fault(BARE_DATA0, BARE_STACK0, 8, EXCEPTION_TS, BARE_TR);
    expect_stack_fault(0, BARE_STACK0, 9, EXCEPTION_TS, 0); /* SS0 is just within the TSS */
    expect_stack_fault(0, BARE_STACK0, 0x67, EXCEPTION_TS, 0);
    expect_stack_fault(0x1000, BARE_STACK0, 0x67, EXCEPTION_TS, 0x1000);
    expect_stack_fault(BARE_DATA0 | 1, BARE_STACK0, 0x67, EXCEPTION_TS, BARE_DATA0);
    expect_stack_fault(BARE_DATA3, BARE_STACK0, 0x67, EXCEPTION_TS, BARE_DATA3 & ~3u);
    expect_stack_fault(BARE_CODE0, BARE_STACK0, 0x67, EXCEPTION_TS, BARE_CODE0);
    expect_stack_fault(0x80, BARE_STACK0, 0x67, EXCEPTION_TS, 0x80);
    expect_stack_fault(0x70, BARE_STACK0, 0x67, EXCEPTION_SS, 0x70);
    expect_stack_fault(0x78, 0x10, 0x67, EXCEPTION_SS, 0x78); /* 20 bytes do not fit */
}

/* ---- EXT ---- */

static u8 acknowledge_40(void *board)
{
    cpu_set_intr(&((BareMachine *)board)->cpu, false);
    return 0x40;
}

static BareMachine *with_intr(unsigned cpl)
{
    BareMachine *m = bare_in_ring(cpl);

    m->cpu.board = (CpuBoard){.board = m, .acknowledge = acknowledge_40};
    set_flags(m, FLAG_IF);
    cpu_set_intr(&m->cpu, true);
    return m;
}

PROGRAM(nops, 32, "nop\n nop\n nop\n hlt");

Test(interrupt, external_interrupts_ignore_the_gates_privilege)
{
    BareMachine *m = with_intr(3);

    cr_assert(BARE_RUN(m, nops));
    cr_expect_eq(bare_vector(m), 0x40);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE);
    bare_destroy(m);
}

Test(interrupt, faults_of_external_interrupts_have_ext)
{
    BareMachine *m = with_intr(0);

    bare_idt(m, 0x40, bare_gate(BARE_CODE0, 0, 14));
    bare_expect_fault(m, nops, nops_end, EXCEPTION_NP, 0x40 * 8 + 3);

    m = with_intr(0);
    bare_idt(m, 0x40, bare_gate(BARE_DATA0, 0, ACCESS_P | 14));
    bare_expect_fault(m, nops, nops_end, EXCEPTION_GP, BARE_DATA0 | 1);
}

Test(interrupt, faults_of_exceptions_have_ext)
{
    BareMachine *m = bare_in_ring(0);

    bare_idt(m, EXCEPTION_UD, bare_gate(BARE_CODE0, 0, 14));
    bare_load(m, BARE_CODE, ud2, ud2_end);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), EXCEPTION_NP); /* #UD is benign: no double fault */
    cr_expect_eq(bare_stack(m, 0), EXCEPTION_UD * 8 + 3);
    cr_expect_eq(bare_stack(m, 1), BARE_CODE + 1);
    bare_destroy(m);
}

PROGRAM(masked, 32, "nop\n nop\n sti\n nop\n nop\n hlt");
PROGRAM(sti_hlt, 32, "sti\n hlt\n hlt");

Test(interrupt, if_masks_and_sti_shadows)
{
    BareMachine *m = with_intr(0);

    set_flags(m, 0);
    cr_assert(BARE_RUN(m, masked));
    cr_expect_eq(bare_vector(m), 0x40);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE + 4);
    bare_destroy(m);

    m = with_intr(0);
    set_flags(m, 0);
    cr_assert(BARE_RUN(m, sti_hlt));
    cr_expect_eq(bare_vector(m), 0x40);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE + 2);
    bare_destroy(m);
}

PROGRAM(nmi_twice, 32, "nop\n nop\n hlt");

Test(interrupt, nmi_blocks_until_iret)
{
    BareMachine *m = bare_in_ring(0);

    cpu_raise_nmi(&m->cpu);
    cr_assert(BARE_RUN(m, nmi_twice));
    cr_expect_eq(bare_vector(m), EXCEPTION_NMI);
    cr_expect(m->cpu.nmi_blocked);
    cpu_raise_nmi(&m->cpu);
    bare_run(m, 100);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK0 - 12);
    bare_write(m, BARE_HANDLERS + 3, BYTE, 0xCF); /* IRET after the HLT */
    m->cpu.attention &= (u8)~ATTEND_HALT;
    bare_run(m, 2);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK0 - 12);
    cr_expect_eq(m->cpu.rip, BARE_HANDLERS + 2); /* the second NMI */
    bare_destroy(m);
}

/* ---- double and triple faults ---- */

PROGRAM(fault_gp, 32, "mov eax, 0x60\n mov ds, eax\n mov ds, ax");

Test(interrupt, contributory_twice_is_a_double_fault)
{
    BareMachine *m = bare_in_ring(0);

    bare_idt(m, EXCEPTION_GP, bare_gate(BARE_CODE0, 0, 14));
    bare_load(m, BARE_CODE, fault_gp, fault_gp_end);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), EXCEPTION_DF);
    cr_expect_eq(bare_stack(m, 0), 0);
    cr_expect_eq(bare_stack(m, 1), BARE_CODE + 5);
    bare_destroy(m);
}

Test(interrupt, triple_fault_shuts_down_and_remembers_why)
{
    BareMachine *m = bare_in_ring(0);

    bare_idt(m, EXCEPTION_GP, bare_gate(BARE_CODE0, 0, 14));
    bare_idt(m, EXCEPTION_DF, bare_gate(BARE_CODE0, 0, 14));
    bare_load(m, BARE_CODE, fault_gp, fault_gp_end);
    bare_run(m, 100);
    cr_expect(m->cpu.attention & ATTEND_SHUTDOWN);
    cr_expect_eq(m->cpu.rip, BARE_CODE + 5);
    cr_expect_eq(m->cpu.fault_count, 3);
    cr_expect_eq(m->cpu.faults[0].vector, EXCEPTION_GP);
    cr_expect_eq(m->cpu.faults[0].error_code, 0x60);
    cr_expect_eq(m->cpu.faults[1].vector, EXCEPTION_NP);
    cr_expect_eq(m->cpu.faults[1].error_code, EXCEPTION_GP * 8 + 3);
    cr_expect_eq(m->cpu.faults[2].vector, EXCEPTION_NP);
    cr_expect_eq(m->cpu.faults[2].error_code, EXCEPTION_DF * 8 + 3);
    bare_destroy(m);
}

/* Identity-maps the first 4 MiB with 4 KiB pages at 100000h; `absent` has no page. */
static void map_all_but(BareMachine *m, u32 absent)
{
    enum { DIRECTORY = 0x100000, TABLE = 0x101000 };

    bare_write(m, DIRECTORY, DWORD, TABLE | 7);
    for (u32 i = 0; i < 1024; i++)
        bare_write(m, TABLE + i * 4, DWORD, i << 12 == absent ? 0 : i << 12 | 7);
    m->cpu.cr3 = DIRECTORY;
    m->cpu.cr0 |= (u64)1 << 31;
    mmu_set_cr3(&m->cpu.mmu, DIRECTORY);
    mmu_set_control(&m->cpu.mmu, m->cpu.cr0, 0, 0);
    cpu_translations_changed(&m->cpu);
}

PROGRAM(touch, 32, "mov [0x200123], eax");

Test(interrupt, page_fault_has_cr2_and_no_ext)
{
    BareMachine *m = bare_in_ring(3);

    map_all_but(m, 0x200000);
    bare_load(m, BARE_CODE, touch, touch_end);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), EXCEPTION_PF);
    cr_expect_eq(bare_stack(m, 0), PF_WRITE | PF_USER);
    cr_expect_eq(m->cpu.cr2, 0x200123);
    bare_destroy(m);
}

/* The handler's stack is on an absent page. */
Test(interrupt, page_fault_while_delivering_a_page_fault)
{
    BareMachine *m = bare_in_ring(0);

    map_all_but(m, 0x200000);
    m->cpu.gpr[RSP] = 0x200100;
    bare_load(m, BARE_CODE, touch, touch_end);
    bare_run(m, 100);
    cr_expect(m->cpu.attention & ATTEND_SHUTDOWN);
    cr_expect_eq(m->cpu.gpr[RSP], 0x200100);
    cr_expect_eq(m->cpu.faults[0].vector, EXCEPTION_PF);
    cr_expect_eq(m->cpu.faults[1].vector, EXCEPTION_PF);
    cr_expect_eq(m->cpu.faults[1].cr2, 0x2000FC);
    bare_destroy(m);
}

/* #GP and then #PF is not a double fault. */
Test(interrupt, page_fault_while_delivering_a_contributory_one)
{
    BareMachine *m = bare_in_ring(3);

    map_all_but(m, 0x200000);
    m->cpu.idtr.base = 0x200000 - EXCEPTION_GP * 8; /* #GP's gate is on the absent page */
    bare_write(m, m->cpu.idtr.base + EXCEPTION_PF * 8, QWORD, 0);
    bare_load(m, BARE_CODE, hlt_only, hlt_only_end);
    bare_run(m, 100);
    /* #PF's gate is there too: #PF in #PF, #DF's is before it but empty. */
    cr_expect_eq(m->cpu.faults[0].vector, EXCEPTION_GP);
    cr_expect_eq(m->cpu.faults[1].vector, EXCEPTION_PF);
    cr_expect_eq(m->cpu.cr2, 0x200000 + 8);
    bare_destroy(m);
}

PROGRAM(bound16, 16, "bound ax, [0x40]\n hlt");

Test(interrupt, bound)
{
    static const struct {
        i16 index;
        int vector;
    } rows[] = {
        {-4, -1}, {7, -1}, {0, -1}, {-5, EXCEPTION_BR}, {8, EXCEPTION_BR},
    };

    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        BareMachine *m = bare_create();

        segment_set_real(&m->cpu, DS, BARE_DATA >> 4);
        bare_write(m, BARE_DATA + 0x40, WORD, (u16)-4);
        bare_write(m, BARE_DATA + 0x42, WORD, 7);
        m->cpu.gpr[RAX] = (u16)rows[i].index;
        cr_assert(BARE_RUN(m, bound16));
        cr_expect_eq(bare_vector(m), rows[i].vector);
        bare_destroy(m);
    }
}
