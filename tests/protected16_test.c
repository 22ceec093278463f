/* 16-bit protected mode, as on the 286: 16-bit code, stacks, gates and TSS, and their mixtures with
 * 32-bit ones. SDM Vol. 3, "Mixing 16-Bit and 32-Bit Code" and "Stack Switching". */
#include "cpu/task.h"
#include "tests/bare_machine.h"

enum { STACK16 = 0x60, STACK_DOWN = 0x68, STACK16_RING0 = 0x70, SP = 0x800 };

/* 16-bit code at BARE_CODE, a 16-bit stack at BARE_DATA; ESP has rubbish above SP. */
static BareMachine *machine16(unsigned cpl)
{
    u16 ring = (u16)(cpl << ACCESS_DPL_SHIFT);
    BareMachine *m = bare_in_ring(cpl);

    bare_descriptor(m, BARE_CODE16, BARE_CODE, 0xFFFF, BARE_SMALL | ACCESS_CODE | ring);
    bare_descriptor(m, STACK16, BARE_DATA, 0xFFFF, BARE_SMALL | ring);
    bare_descriptor(m, STACK_DOWN, BARE_DATA, 0x7FF, BARE_SMALL | ACCESS_EXPAND_DOWN | ring);
    bare_descriptor(m, STACK16_RING0, 0x8000, 0xFFFF, BARE_SMALL);
    bare_load_segment(m, CS, (u16)(BARE_CODE16 | cpl));
    bare_load_segment(m, SS, (u16)(STACK16 | cpl));
    m->cpu.rip = 0;
    m->cpu.gpr[RSP] = 0xABCD0000 | SP;
    return m;
}

PROGRAM(int_40, 16, "int 0x40");
PROGRAM(iret16, 16, "iret");
PROGRAM(iret32, 16, "iretd");
PROGRAM(retf16, 16, "retf 4");
PROGRAM(push_pop, 16, "push 0x1234\n pop ax\n hlt");
PROGRAM(pusha32, 16, "pushad\n popad\n hlt");

Test(protected16, stack_pointer_is_sp)
{
    BareMachine *m = machine16(0);

    m->cpu.gpr[RSP] = 0xABCD0000;
    cr_assert(BARE_RUN(m, push_pop));
    cr_expect_eq(m->cpu.gpr[RSP], 0xABCD0000);
    cr_expect_eq(bare_read(m, BARE_DATA + 0xFFFE, WORD), 0x1234);
    bare_destroy(m);

    m = machine16(0);
    cr_assert(BARE_RUN(m, pusha32));
    cr_expect_eq(m->cpu.gpr[RSP], 0xABCD0000 | SP);
    cr_expect_eq(bare_read(m, BARE_DATA + SP - 20, DWORD), 0xABCD0000 | SP);
    bare_destroy(m);
}

/* A frame goes around the end of a 16-bit stack, value by value. */
Test(protected16, frames_wrap)
{
    BareMachine *m = machine16(0);

    bare_idt(m, 0x40, bare_gate(BARE_CODE0, BARE_HANDLERS + 0x40, ACCESS_P | 6));
    m->cpu.gpr[RSP] = 0xABCD0002;
    cr_assert(BARE_RUN(m, int_40));
    cr_expect_eq(bare_vector(m), 0x40);
    cr_expect_eq(m->cpu.gpr[RSP], 0xABCDFFFC);
    cr_expect_eq(bare_read(m, BARE_DATA, WORD), 2);
    cr_expect_eq(bare_read(m, BARE_DATA + 0xFFFE, WORD), BARE_CODE16);
    cr_expect_eq(bare_read(m, BARE_DATA + 0xFFFC, WORD), 2);
    bare_destroy(m);
}

/* ... but a value that lies across it does not. */
Test(protected16, values_do_not_wrap)
{
    BareMachine *m = machine16(3);
    u16 trap16 = ACCESS_P | SYSTEM_TRAP_GATE16 | BARE_RING3;

    bare_descriptor(m, 0x78, 0, 0xFFFFF,
                    BARE_FLAT | ACCESS_CODE | ACCESS_CONFORMING); /* the handler stays in ring 3 */
    bare_idt(m, 0x40, bare_gate(0x78, BARE_HANDLERS + 0x40, trap16));
    m->cpu.gpr[RSP] = 0xABCD0001;
    cr_assert(BARE_RUN(m, int_40));
    cr_expect_eq(bare_vector(m), EXCEPTION_SS);
    cr_expect_eq(bare_stack(m, 0), 0);
    bare_destroy(m);
}

Test(protected16, expand_down_stack)
{
    BareMachine *m = machine16(0);

    bare_idt(m, 0x40, bare_gate(BARE_CODE0, BARE_HANDLERS + 0x40, ACCESS_P | 14));
    bare_load_segment(m, SS, STACK_DOWN);
    m->cpu.gpr[RSP] = 0x80C; /* limit 7FFh: 12 bytes are left */
    cr_assert(BARE_RUN(m, int_40));
    cr_expect_eq(bare_vector(m), 0x40);
    cr_expect_eq(m->cpu.gpr[RSP], 0x800);
    bare_destroy(m);

    m = machine16(0);
    bare_load_segment(m, SS, STACK_DOWN);
    m->cpu.gpr[RSP] = 0x80A;
    bare_load(m, BARE_CODE, int_40, int_40_end);
    bare_run(m, 100);
    cr_expect(m->cpu.attention & ATTEND_SHUTDOWN);
    cr_expect_eq(m->cpu.faults[0].vector, EXCEPTION_SS);
    bare_destroy(m);
}

Test(protected16, inner_stack_of_a_16_bit_tss)
{
    BareMachine *m = machine16(3);

    bare_idt(m, 0x40, bare_gate(BARE_CODE0, BARE_HANDLERS + 0x40, ACCESS_P | 6 | BARE_RING3));
    segment_set(&m->cpu, TR, BARE_TR, BARE_TSS, 0x2B, ACCESS_P | SYSTEM_TSS16_BUSY);
    bare_write(m, BARE_TSS + 2, WORD, 0x100);
    bare_write(m, BARE_TSS + 4, WORD, STACK16_RING0);
    cr_assert(BARE_RUN(m, int_40));
    cr_expect_eq(bare_vector(m), 0x40);
    cr_expect_eq(m->cpu.segments[SS].selector, STACK16_RING0);
    cr_expect_eq(m->cpu.gpr[RSP], 0x100 - 10);
    cr_expect_eq(bare_stack16(m, 0), 2);
    cr_expect_eq(bare_stack16(m, 1), BARE_CODE16 | 3);
    cr_expect_eq(bare_stack16(m, 3), SP);
    cr_expect_eq(bare_stack16(m, 4), STACK16 | 3);
    bare_destroy(m);
}

/* A 32-bit gate saves all of ESP. */
Test(protected16, thirty_two_bit_gate_from_16_bit_code)
{
    BareMachine *m = machine16(3);

    bare_idt(m, 0x40, bare_gate(BARE_CODE0, BARE_HANDLERS + 0x40, ACCESS_P | 14 | BARE_RING3));
    cr_assert(BARE_RUN(m, int_40));
    cr_expect_eq(bare_stack(m, 0), 2);
    cr_expect_eq(bare_stack(m, 1), BARE_CODE16 | 3);
    cr_expect_eq(bare_stack(m, 3), 0xABCD0000 | SP);
    cr_expect_eq(m->cpu.code_size, 4);
    bare_destroy(m);
}

Test(protected16, iret_of_words)
{
    BareMachine *m = machine16(0);

    bare_write(m, BARE_DATA + SP, WORD, 0x123);
    bare_write(m, BARE_DATA + SP + 2, WORD, BARE_CODE16);
    bare_write(m, BARE_DATA + SP + 4, WORD, FLAG_CF | FLAG_IOPL | FLAG_IF);
    cpu_set_flags(&m->cpu, FLAG_AC | FLAG_ID, ~(u64)0);
    bare_load(m, BARE_CODE, iret16, iret16_end);
    bare_run(m, 1);
    cr_expect_eq(m->cpu.rip, 0x123);
    cr_expect_eq(m->cpu.gpr[RSP], 0xABCD0000 | (SP + 6));
    cr_expect_eq(cpu_get_flags(&m->cpu), FLAG_AC | FLAG_ID | FLAG_CF | FLAG_IOPL | FLAG_IF | 2);
    bare_destroy(m);
}

/* IRETD in 16-bit code, to 32-bit code of an outer ring. */
Test(protected16, iret_of_doublewords)
{
    BareMachine *m = machine16(0);
    const u32 frame[] = {0x12345, BARE_CODE3, 2, 0x98765432, BARE_DATA3};

    for (u32 i = 0; i < 5; i++)
        bare_write(m, BARE_DATA + SP + i * 4, DWORD, frame[i]);
    bare_load(m, BARE_CODE, iret32, iret32_end);
    bare_run(m, 1);
    cr_expect_eq(m->cpu.rip, 0x12345);
    cr_expect_eq(m->cpu.code_size, 4);
    cr_expect_eq(m->cpu.gpr[RSP], 0x98765432);
    cr_expect_eq(m->cpu.stack_mask, 0xFFFFFFFF);
    bare_destroy(m);
}

/* RETF 4 to a 16-bit stack of ring 3: both stacks lose the parameters. */
Test(protected16, far_return_outward)
{
    BareMachine *m = machine16(0);
    const u16 frame[] = {0x55, BARE_CODE3, 0xAAAA, 0xBBBB, 0x200, 0x83};

    bare_descriptor(m, 0x80, BARE_DATA, 0xFFFF, BARE_SMALL | BARE_RING3);
    for (u32 i = 0; i < 6; i++)
        bare_write(m, BARE_DATA + SP + i * 2, WORD, frame[i]);
    bare_load(m, BARE_CODE, retf16, retf16_end);
    bare_run(m, 1);
    cr_expect_eq(m->cpu.rip, 0x55);
    cr_expect_eq(m->cpu.cpl, 3);
    cr_expect_eq(m->cpu.segments[SS].selector, 0x83);
    cr_expect_eq(m->cpu.gpr[RSP] & 0xFFFF, 0x204);
    bare_destroy(m);
}
