/* Virtual-8086 mode. SDM Vol. 3, "8086 Emulation". */
#include "cpu/interrupt.h"
#include "cpu/task.h"
#include "tests/bare_machine.h"

/* A program in virtual-8086 mode at BARE_CODE, with segments that tell each other apart. */
static BareMachine *machine_in_v86(unsigned iopl, u64 cr4)
{
    static const u16 selectors[] = {[ES] = 0x1111,         [CS] = BARE_CODE >> 4, [SS] = 0xA00,
                                    [DS] = BARE_DATA >> 4, [FS] = 0x4444,         [GS] = 0x5555};
    BareMachine *m = bare_create();

    bare_protected(m, 0);
    m->cpu.cr4 = cr4;
    cpu_set_flags(&m->cpu, FLAG_VM | FLAG_IF | iopl << 12, ~(u64)0);
    m->cpu.cpl = 3;
    for (unsigned reg = ES; reg <= GS; reg++)
        segment_set_real(&m->cpu, reg, selectors[reg]);
    m->cpu.gpr[RSP] = 0x800;
    m->cpu.rip = 0;
    cpu_update_mode(&m->cpu);
    return m;
}

/* A TSS with a software-interrupt map of `bytes` (32), and an I/O map that allows ports 0..7. */
static void set_maps(BareMachine *m, u8 redirection)
{
    segment_set(&m->cpu, TR, BARE_TR, BARE_TSS, 0xFFF, ACCESS_P | 11);
    bare_write(m, BARE_TSS + TSS_IO_MAP_BASE, WORD, 0x100);
    for (unsigned i = 0; i < 32; i++)
        bare_write(m, BARE_TSS + 0x100 - 32 + i, BYTE, redirection);
    bare_write(m, BARE_TSS + 0x100, DWORD, 0xFFFFFF00);
}

PROGRAM(int_21, 16, "int 0x21\n hlt");
PROGRAM(privileged_hlt, 16, "hlt");
PROGRAM(protected_only, 16, "sldt ax");
PROGRAM(divide, 16, "xor cl, cl\n div cl");
PROGRAM(iret16, 16, "iret");
PROGRAM(load_segments, 16, "mov ax, 0x1234\n mov ds, ax\n mov es, ax\n mov al, [0]\n hlt");

Test(vm86, exceptions_push_and_clear_the_segments)
{
    BareMachine *m = machine_in_v86(0, 0);

    cr_assert(BARE_RUN(m, divide));
    cr_expect_eq(bare_vector(m), EXCEPTION_DE);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK0 - 36);
    cr_expect_eq(bare_stack(m, 0), 2);
    cr_expect_eq(bare_stack(m, 1), BARE_CODE >> 4);
    cr_expect_eq(bare_stack(m, 2) & (FLAG_VM | FLAG_IF | FLAG_RF), FLAG_VM | FLAG_IF | FLAG_RF);
    cr_expect_eq(bare_stack(m, 3), 0x800);
    cr_expect_eq(bare_stack(m, 4), 0xA00);
    cr_expect_eq(bare_stack(m, 5), 0x1111);
    cr_expect_eq(bare_stack(m, 6), BARE_DATA >> 4);
    cr_expect_eq(bare_stack(m, 7), 0x4444);
    cr_expect_eq(bare_stack(m, 8), 0x5555);
    cr_expect_eq(m->cpu.cpl, 0);
    cr_expect_not(m->cpu.rflags & FLAG_VM);
    for (unsigned reg = ES; reg <= GS; reg++)
        if (reg != CS && reg != SS) {
            cr_expect_eq(m->cpu.segments[reg].selector, 0);
            cr_expect_eq(m->cpu.segments[reg].access, 0);
        }
    cr_expect_eq(m->cpu.segments[SS].selector, BARE_DATA0);
    bare_destroy(m);
}

Test(vm86, int_n_needs_iopl_3)
{
    BareMachine *m = machine_in_v86(0, 0);

    cr_assert(BARE_RUN(m, int_21));
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    cr_expect_eq(bare_stack(m, 0), 0);
    cr_expect_eq(bare_stack(m, 1), 0);
    bare_destroy(m);

    m = machine_in_v86(3, 0);
    bare_idt(m, 0x21, bare_gate(BARE_CODE0, BARE_HANDLERS + 0x21, ACCESS_P | 14 | BARE_RING3));
    cr_assert(BARE_RUN(m, int_21));
    cr_expect_eq(bare_vector(m), 0x21);
    cr_expect_eq(bare_stack(m, 0), 2);
    bare_destroy(m);
}

Test(vm86, handlers_must_be_in_ring_0)
{
    BareMachine *m = machine_in_v86(3, 0);

    bare_idt(m, 0x21, bare_gate(BARE_CODE3, BARE_HANDLERS + 0x21, ACCESS_P | 14 | BARE_RING3));
    cr_assert(BARE_RUN(m, int_21));
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE3 & ~3u);
    bare_destroy(m);
}

Test(vm86, privileged_and_protected_mode_instructions)
{
    BareMachine *m = machine_in_v86(3, 0);

    cr_assert(BARE_RUN(m, privileged_hlt));
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    bare_destroy(m);

    m = machine_in_v86(3, 0);
    cr_assert(BARE_RUN(m, protected_only));
    cr_expect_eq(bare_vector(m), EXCEPTION_UD);
    bare_destroy(m);
}

Test(vm86, segments_load_as_on_the_8086)
{
    BareMachine *m = machine_in_v86(0, 0);

    bare_write(m, 0x12340, BYTE, 0x77);
    cr_assert(BARE_RUN(m, load_segments));
    cr_expect_eq(bare_vector(m), EXCEPTION_GP); /* the HLT */
    cr_expect_eq(m->cpu.gpr[RAX] & 0xFF, 0x77);
    cr_expect_eq(bare_stack(m, 7), 0x1234);
    bare_destroy(m);
}

/* ---- IRET ---- */

PROGRAM(iretd, 32, "iret");

Test(vm86, iret_from_ring_0_enters)
{
    BareMachine *m = bare_create();
    const u32 frame[] = {0x12,     0x2000, FLAG_VM | FLAG_IF | FLAG_NT | 2,
                         0x345678, 0x3000, 0x4000,
                         0x5000,   0x6000, 0x7000};

    bare_protected(m, 0);
    m->cpu.gpr[RSP] -= sizeof frame;
    for (unsigned i = 0; i < COUNT_OF(frame); i++)
        bare_write(m, m->cpu.gpr[RSP] + i * 4, DWORD, frame[i]);
    bare_load(m, BARE_CODE, iretd, iretd_end);
    bare_run(m, 1);
    cr_expect(cpu_v86(&m->cpu));
    cr_expect_eq(m->cpu.cpl, 3);
    cr_expect(m->cpu.user);
    cr_expect_eq(m->cpu.code_size, 2);
    cr_expect_eq(m->cpu.rip, 0x12);
    cr_expect_eq(m->cpu.gpr[RSP], 0x345678);
    cr_expect_eq(m->cpu.stack_mask, 0xFFFF);
    cr_expect_eq(m->cpu.segments[CS].base, 0x20000);
    cr_expect_eq(m->cpu.segments[SS].base, 0x30000);
    cr_expect_eq(m->cpu.segments[ES].base, 0x40000);
    cr_expect_eq(m->cpu.segments[DS].base, 0x50000);
    cr_expect_eq(m->cpu.segments[FS].base, 0x60000);
    cr_expect_eq(m->cpu.segments[GS].base, 0x70000);
    cr_expect_eq(m->cpu.segments[GS].limit, 0xFFFF);
    cr_expect_eq(cpu_get_flags(&m->cpu), FLAG_VM | FLAG_IF | FLAG_NT | 2);
    bare_destroy(m);
}

static BareMachine *iret_in_v86(unsigned iopl, u64 cr4, u64 more_flags, u16 flags)
{
    BareMachine *m = machine_in_v86(iopl, cr4);

    cpu_set_flags(&m->cpu, more_flags, more_flags);
    m->cpu.gpr[RSP] = 0x700;
    bare_write(m, 0xA000 + 0x700, WORD, 0x1234);
    bare_write(m, 0xA000 + 0x702, WORD, 0x2345);
    bare_write(m, 0xA000 + 0x704, WORD, flags);
    bare_load(m, BARE_CODE, iret16, iret16_end);
    bare_run(m, 1);
    return m;
}

Test(vm86, iret_with_iopl_3_changes_if_but_not_iopl)
{
    BareMachine *m = iret_in_v86(3, 0, 0, FLAG_CF | FLAG_NT);

    cr_expect_eq(m->cpu.rip, 0x1234);
    cr_expect_eq(m->cpu.segments[CS].selector, 0x2345);
    cr_expect_eq(cpu_get_flags(&m->cpu), FLAG_VM | FLAG_IOPL | FLAG_CF | FLAG_NT | 2);
    cr_expect_eq(m->cpu.gpr[RSP], 0x706);
    bare_destroy(m);
}

Test(vm86, iret_with_less_iopl_faults)
{
    BareMachine *m = iret_in_v86(2, 0, 0, 0);

    bare_run(m, 10);
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    cr_expect_eq(bare_stack(m, 4), 0x700);
    bare_destroy(m);
}

Test(vm86, iret_with_vme_changes_vif)
{
    BareMachine *m = iret_in_v86(0, CR4_VME, 0, FLAG_IF | FLAG_CF);

    cr_expect_eq(m->cpu.rip, 0x1234);
    cr_expect_eq(cpu_get_flags(&m->cpu), FLAG_VM | FLAG_IF | FLAG_VIF | FLAG_CF | 2);
    bare_destroy(m);

    m = iret_in_v86(0, CR4_VME, FLAG_VIF, 0);
    cr_expect_eq(cpu_get_flags(&m->cpu), FLAG_VM | FLAG_IF | 2);
    bare_destroy(m);

    /* A virtual interrupt is pending and is about to be enabled: the monitor must know. */
    m = iret_in_v86(0, CR4_VME, FLAG_VIP, FLAG_IF);
    bare_run(m, 10);
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    bare_destroy(m);

    m = iret_in_v86(0, CR4_VME, 0, FLAG_TF);
    bare_run(m, 10);
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    bare_destroy(m);
}

/* ---- the interrupt redirection map ---- */

static BareMachine *int_with_vme(unsigned iopl, u8 redirection, u64 more_flags)
{
    BareMachine *m = machine_in_v86(iopl, CR4_VME);

    set_maps(m, redirection);
    cpu_set_flags(&m->cpu, more_flags, more_flags);
    bare_write(m, 0x21 * 4, DWORD, 0x20000034);
    bare_write(m, 0x20034, BYTE, 0x90);
    bare_idt(m, 0x21, bare_gate(BARE_CODE0, BARE_HANDLERS + 0x21, ACCESS_P | 14 | BARE_RING3));
    bare_load(m, BARE_CODE, int_21, int_21_end);
    bare_run(m, 1);
    return m;
}

Test(vm86, vme_redirects_to_the_program)
{
    BareMachine *m = int_with_vme(0, 0, FLAG_VIF | FLAG_CF);

    cr_expect(cpu_v86(&m->cpu));
    cr_expect_eq(m->cpu.segments[CS].selector, 0x2000);
    cr_expect_eq(m->cpu.rip, 0x34);
    cr_expect_eq(m->cpu.gpr[RSP], 0x800 - 6);
    cr_expect_eq(bare_stack16(m, 0), 2);
    cr_expect_eq(bare_stack16(m, 1), BARE_CODE >> 4);
    cr_expect_eq(bare_stack16(m, 2), FLAG_IF | FLAG_IOPL | FLAG_CF | 2); /* IF shows VIF */
    cr_expect_eq(cpu_get_flags(&m->cpu), FLAG_VM | FLAG_IF | FLAG_CF | 2);
    bare_destroy(m);

    m = int_with_vme(0, 0, 0);
    cr_expect_eq(bare_stack16(m, 2), FLAG_IOPL | 2);
    bare_destroy(m);
}

Test(vm86, vme_redirects_with_iopl_3_by_if)
{
    BareMachine *m = int_with_vme(3, 0, FLAG_VIF);

    cr_expect_eq(bare_stack16(m, 2), FLAG_IF | FLAG_IOPL | 2);
    cr_expect_eq(cpu_get_flags(&m->cpu), FLAG_VM | FLAG_VIF | FLAG_IOPL | 2);
    bare_destroy(m);
}

Test(vm86, vme_leaves_mapped_interrupts_to_the_monitor)
{
    BareMachine *m = int_with_vme(0, 0xFF, 0);

    bare_run(m, 10);
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    bare_destroy(m);

    m = int_with_vme(3, 0xFF, 0);
    bare_run(m, 10);
    cr_expect_eq(bare_vector(m), 0x21);
    bare_destroy(m);
}

/* ---- ports ---- */

PROGRAM(in_byte, 16, "in al, 7\n hlt");
PROGRAM(in_word, 16, "in ax, 7\n hlt");

/* The map decides, whatever IOPL says. */
Test(vm86, port_map)
{
    BareMachine *m = machine_in_v86(3, 0);

    set_maps(m, 0);
    cr_assert(BARE_RUN(m, in_byte));
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    cr_expect_eq(bare_stack(m, 1), 2); /* of the HLT: IN was allowed */
    cr_expect_eq(m->cpu.gpr[RAX] & 0xFF, 0xFF);
    bare_destroy(m);

    m = machine_in_v86(3, 0);
    set_maps(m, 0);
    cr_assert(BARE_RUN(m, in_word));
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    cr_expect_eq(bare_stack(m, 1), 0);
    bare_destroy(m);
}
