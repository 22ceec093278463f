/* Task switches. SDM Vol. 3, "Task Management". */
#include "cpu/debug_registers.h"
#include "cpu/task.h"
#include "mmu/paging.h"
#include "tests/bare_machine.h"

/* The second task: its TSS, and where it runs. */
enum { TASK2 = 0x60, GATE2 = 0x68, TSS2 = 0x8000, CODE2 = 0x11000, STACK2 = 0xB000 };

static u64 tss32(BareMachine *m, unsigned offset)
{
    return bare_read(m, BARE_TSS + offset, DWORD);
}

static void fill_tss32(BareMachine *m)
{
    bare_descriptor(m, TASK2, TSS2, 0x67, ACCESS_P | SYSTEM_TSS32);
    bare_write(m, TSS2 + 0x04, DWORD, STACK2);
    bare_write(m, TSS2 + 0x08, WORD, BARE_DATA0);
    bare_write(m, TSS2 + 0x20, DWORD, CODE2);
    bare_write(m, TSS2 + 0x24, DWORD, FLAG_CF | 2);
    for (u32 i = 0; i < 8; i++)
        bare_write(m, TSS2 + 0x28 + i * 4, DWORD, 0x22220000 + i);
    bare_write(m, TSS2 + 0x38, DWORD, STACK2);
    for (u32 i = 0; i < 6; i++)
        bare_write(m, TSS2 + 0x48 + i * 4, WORD, i == CS ? BARE_CODE0 : BARE_DATA0);
    bare_write(m, TSS2 + 0x60, WORD, BARE_LDTR);
    bare_write(m, BARE_GDT + GATE2, QWORD, bare_gate(TASK2, 0, ACCESS_P | SYSTEM_TASK_GATE));
    memset(m->ram.bytes + CODE2, 0x90, 16);
}

static BareMachine *two_tasks(unsigned cpl)
{
    BareMachine *m = bare_create();

    bare_protected(m, cpl);
    bare_descriptor(m, BARE_TR, BARE_TSS, 0x67, ACCESS_P | SYSTEM_TSS32_BUSY);
    fill_tss32(m);
    return m;
}

static u8 type_of(BareMachine *m, u16 selector)
{
    return bare_read(m, BARE_GDT + selector + 5, BYTE) & ACCESS_TYPE;
}

PROGRAM(jmp_task, 32, "nop\n .byte 0xEA\n .long 0\n .word 0x60");
PROGRAM(call_task, 32, "nop\n .byte 0x9A\n .long 0\n .word 0x60");
PROGRAM(call_gate, 32, "nop\n .byte 0x9A\n .long 0\n .word 0x68");
PROGRAM(int_40, 32, "nop\n int 0x40");
PROGRAM(ud2, 32, "nop\n ud2");
PROGRAM(iret_only, 32, "iret");

static void run_program(BareMachine *m, const u8 *program, const u8 *end)
{
    bare_load(m, BARE_CODE, program, end);
    bare_run(m, 2);
}

#define RUN(m, program) run_program(m, program, program##_end)

static void expect_second_task(BareMachine *m)
{
    cr_expect_eq(m->cpu.rip, CODE2);
    cr_expect_eq(m->cpu.segments[TR].selector, TASK2);
    cr_expect_eq(m->cpu.segments[TR].base, TSS2);
    cr_expect_eq(m->cpu.segments[LDTR].selector, BARE_LDTR);
    cr_expect_eq(m->cpu.gpr[RBX], 0x22220003);
    cr_expect_eq(m->cpu.gpr[RDI], 0x22220007);
    cr_expect_eq(m->cpu.gpr[RSP], STACK2);
    cr_expect_eq(m->cpu.segments[CS].selector, BARE_CODE0);
    cr_expect_eq(m->cpu.segments[GS].selector, BARE_DATA0);
    cr_expect_eq(m->cpu.cpl, 0);
    cr_expect(m->cpu.cr0 & CR0_TS);
    cr_expect_eq(type_of(m, TASK2), SYSTEM_TSS32_BUSY);
}

Test(task, jump_saves_the_old_task_and_frees_it)
{
    BareMachine *m = two_tasks(0);

    m->cpu.gpr[RCX] = 0x11112222;
    cpu_set_flags(&m->cpu, FLAG_ZF | FLAG_IF, ~(u64)0);
    RUN(m, jmp_task);
    expect_second_task(m);
    cr_expect_eq(cpu_get_flags(&m->cpu), FLAG_CF | 2);
    cr_expect_eq(type_of(m, BARE_TR), SYSTEM_TSS32);
    cr_expect_eq(tss32(m, 0x20), BARE_CODE + 8);
    cr_expect_eq(tss32(m, 0x24), FLAG_ZF | FLAG_IF | 2);
    cr_expect_eq(tss32(m, 0x2C), 0x11112222);
    cr_expect_eq(tss32(m, 0x38), BARE_STACK0);
    cr_expect_eq(tss32(m, 0x4C), BARE_CODE0);
    cr_expect_eq(tss32(m, 0x5C), BARE_DATA0);
    cr_expect_eq(bare_read(m, TSS2, WORD), 0);
    bare_destroy(m);
}

Test(task, call_nests_and_iret_returns)
{
    BareMachine *m = two_tasks(0);

    RUN(m, call_task);
    expect_second_task(m);
    cr_expect_eq(cpu_get_flags(&m->cpu), FLAG_CF | FLAG_NT | 2);
    cr_expect_eq(type_of(m, BARE_TR), SYSTEM_TSS32_BUSY);
    cr_expect_eq(bare_read(m, TSS2, WORD), BARE_TR);

    bare_load(m, CODE2, iret_only, iret_only_end);
    bare_run(m, 1);
    cr_expect_eq(m->cpu.rip, BARE_CODE + 8);
    cr_expect_eq(m->cpu.segments[TR].selector, BARE_TR);
    cr_expect_eq(m->cpu.gpr[RSP], BARE_STACK0);
    cr_expect_eq(type_of(m, TASK2), SYSTEM_TSS32);
    cr_expect_eq(type_of(m, BARE_TR), SYSTEM_TSS32_BUSY);
    cr_expect_not(m->cpu.rflags & FLAG_NT);
    cr_expect_eq(bare_read(m, TSS2 + 0x24, DWORD), FLAG_CF | 2); /* NT cleared in the image */
    cr_expect_eq(bare_read(m, TSS2 + 0x20, DWORD), CODE2 + 1);
    bare_destroy(m);
}

Test(task, through_a_task_gate)
{
    BareMachine *m = two_tasks(0);

    RUN(m, call_gate);
    expect_second_task(m);
    bare_destroy(m);
}

Test(task, interrupt_through_a_task_gate)
{
    BareMachine *m = two_tasks(3);

    bare_idt(m, 0x40, bare_gate(TASK2, 0, ACCESS_P | SYSTEM_TASK_GATE | BARE_RING3));
    RUN(m, int_40);
    expect_second_task(m);
    cr_expect(m->cpu.rflags & FLAG_NT);
    cr_expect_eq(tss32(m, 0x20), BARE_CODE + 3);
    cr_expect_eq(tss32(m, 0x4C), BARE_CODE3);
    bare_destroy(m);
}

/* #GP's error code goes to the new task's stack; the old EIP is the faulting instruction's. */
PROGRAM(hlt_only, 32, "nop\n hlt");

Test(task, exception_through_a_task_gate_pushes_its_error_code)
{
    BareMachine *m = two_tasks(3);

    bare_idt(m, EXCEPTION_GP, bare_gate(TASK2, 0, ACCESS_P | SYSTEM_TASK_GATE));
    bare_write(m, STACK2 - 4, DWORD, 0x55555555);
    bare_load(m, BARE_CODE, hlt_only, hlt_only_end);
    bare_run(m, 2);
    cr_expect_eq(m->cpu.rip, CODE2);
    cr_expect_eq(m->cpu.gpr[RSP], STACK2 - 4);
    cr_expect_eq(bare_stack(m, 0), 0);
    cr_expect_eq(tss32(m, 0x20), BARE_CODE + 1);
    cr_expect(tss32(m, 0x24) & FLAG_RF);
    bare_destroy(m);
}

Test(task, sixteen_bit_tss)
{
    BareMachine *m = two_tasks(0);

    bare_descriptor(m, TASK2, TSS2, 0x2B, ACCESS_P | SYSTEM_TSS16);
    memset(m->ram.bytes + TSS2, 0, 0x68);
    bare_descriptor(m, 0x70, CODE2, 0xFFFF, BARE_SMALL | ACCESS_CODE);
    bare_write(m, TSS2 + 0x0E, WORD, 4);
    bare_write(m, TSS2 + 0x10, WORD, FLAG_SF | 2);
    for (u32 i = 0; i < 8; i++)
        bare_write(m, TSS2 + 0x12 + i * 2, WORD, 0x2200 + i);
    for (u32 i = 0; i < 4; i++)
        bare_write(m, TSS2 + 0x22 + i * 2, WORD, i == CS ? 0x70 : BARE_DATA0);
    RUN(m, call_task);
    cr_expect_eq(m->cpu.rip, 4);
    cr_expect_eq(m->cpu.code_size, 2);
    cr_expect_eq(m->cpu.gpr[RBX] & 0xFFFF, 0x2203);
    cr_expect_eq(m->cpu.segments[FS].selector, 0);
    cr_expect_eq(m->cpu.segments[FS].access, 0);
    cr_expect_eq(m->cpu.segments[LDTR].access, 0);
    cr_expect_eq(bare_read(m, TSS2, WORD), BARE_TR);
    cr_expect_eq(type_of(m, TASK2), SYSTEM_TSS16_BUSY);

    bare_write(m, CODE2 + 4, BYTE, 0xCF);
    bare_run(m, 1);
    cr_expect_eq(m->cpu.rip, BARE_CODE + 8);
    cr_expect_eq(m->cpu.code_size, 4);
    cr_expect_eq(m->cpu.segments[FS].selector, BARE_DATA0);
    bare_destroy(m);
}

Test(task, trap_bit_and_local_breakpoints)
{
    BareMachine *m = two_tasks(0);

    bare_write(m, TSS2 + 0x64, WORD, 1);
    m->cpu.dr[0] = 0x12345;
    debug_set_dr7(&m->cpu, 0x303);
    bare_load(m, BARE_CODE, jmp_task, jmp_task_end);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), EXCEPTION_DB);
    cr_expect_eq(bare_stack(m, 0), CODE2);
    cr_expect_eq(m->cpu.dr[6], DR6_ALWAYS | DR6_BT);
    cr_expect_eq(m->cpu.dr[7], 0x602);
    bare_destroy(m);
}

Test(task, cr3_comes_with_the_task)
{
    enum { DIRECTORY = 0x100000, TABLE = 0x101000, DIRECTORY2 = 0x102000 };
    BareMachine *m = two_tasks(0);

    for (u32 i = 0; i < 1024; i++)
        bare_write(m, TABLE + i * 4, DWORD, i << 12 | 7);
    bare_write(m, DIRECTORY, DWORD, TABLE | 7);
    bare_write(m, DIRECTORY2, DWORD, TABLE | 7);
    bare_write(m, TSS2 + 0x1C, DWORD, DIRECTORY2);
    m->cpu.cr3 = DIRECTORY;
    m->cpu.cr0 |= CR0_PG;
    mmu_set_cr3(&m->cpu.mmu, DIRECTORY);
    mmu_set_control(&m->cpu.mmu, m->cpu.cr0 & 0xFFFFFFFF, 0, 0);
    cpu_translations_changed(&m->cpu);
    RUN(m, jmp_task);
    expect_second_task(m);
    cr_expect_eq(m->cpu.cr3, DIRECTORY2);
    cr_expect_eq(m->cpu.mmu.cr3, DIRECTORY2);
    bare_destroy(m);
}

Test(task, virtual_8086_task)
{
    BareMachine *m = two_tasks(0);

    bare_write(m, TSS2 + 0x24, DWORD, FLAG_VM | 2);
    bare_write(m, TSS2 + 0x20, DWORD, 0x10);
    for (u32 i = 0; i < 6; i++)
        bare_write(m, TSS2 + 0x48 + i * 4, WORD, 0x1000 + i);
    RUN(m, jmp_task);
    cr_expect(cpu_v86(&m->cpu));
    cr_expect_eq(m->cpu.cpl, 3);
    cr_expect_eq(m->cpu.rip, 0x10);
    cr_expect_eq(m->cpu.segments[DS].base, 0x10030);
    cr_expect_eq(m->cpu.segments[DS].limit, 0xFFFF);
    bare_destroy(m);
}

/* ---- faults in the old task ---- */

static void expect_old_task_fault(BareMachine *m, const u8 *program, const u8 *end, int vector,
                                  u32 error)
{
    bare_load(m, BARE_CODE, program, end);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), vector, "vector %d, not %d", bare_vector(m), vector);
    cr_expect_eq(bare_stack(m, 0), error, "error code %04X, not %04X", bare_stack(m, 0), error);
    cr_expect_eq(bare_stack(m, 1), BARE_CODE + 1);
    cr_expect_eq(m->cpu.segments[TR].selector, BARE_TR);
    bare_destroy(m);
}

#define EXPECT_OLD(m, program, vector, error)                                                      \
    expect_old_task_fault(m, program, program##_end, vector, error)

Test(task, bad_task_descriptors)
{
    BareMachine *m = two_tasks(0);

    bare_descriptor(m, TASK2, TSS2, 0x67, ACCESS_P | SYSTEM_TSS32_BUSY);
    EXPECT_OLD(m, jmp_task, EXCEPTION_GP, TASK2);

    m = two_tasks(0);
    bare_descriptor(m, TASK2, TSS2, 0x67, ACCESS_P | SYSTEM_TSS32_BUSY);
    EXPECT_OLD(m, call_gate, EXCEPTION_GP, TASK2);

    m = two_tasks(0);
    bare_descriptor(m, TASK2, TSS2, 0x67, SYSTEM_TSS32);
    EXPECT_OLD(m, call_task, EXCEPTION_NP, TASK2);

    m = two_tasks(0);
    bare_descriptor(m, TASK2, TSS2, 0x66, ACCESS_P | SYSTEM_TSS32);
    EXPECT_OLD(m, call_task, EXCEPTION_TS, TASK2);

    m = two_tasks(3);
    EXPECT_OLD(m, call_task, EXCEPTION_GP, TASK2);

    m = two_tasks(3);
    EXPECT_OLD(m, call_gate, EXCEPTION_GP, GATE2);

    m = two_tasks(0);
    bare_write(m, BARE_GDT + GATE2, QWORD, bare_gate(TASK2 | 4, 0, ACCESS_P | SYSTEM_TASK_GATE));
    EXPECT_OLD(m, call_gate, EXCEPTION_GP, TASK2 | 4);
}

static void expect_link_fault(u16 link, u16 access, int vector, u32 error)
{
    BareMachine *m = two_tasks(0);

    bare_descriptor(m, TASK2, TSS2, 0x67, access);
    bare_write(m, BARE_TSS, WORD, link);
    cpu_set_flags(&m->cpu, FLAG_NT, FLAG_NT);
    bare_load(m, BARE_CODE, iret_only, iret_only_end);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), vector);
    cr_expect_eq(bare_stack(m, 0), error);
    bare_destroy(m);
}

Test(task, bad_links)
{
    expect_link_fault(TASK2, ACCESS_P | SYSTEM_TSS32, EXCEPTION_TS, TASK2);
    expect_link_fault(TASK2, SYSTEM_TSS32_BUSY, EXCEPTION_NP, TASK2);
    expect_link_fault(TASK2 | 4, ACCESS_P | SYSTEM_TSS32_BUSY, EXCEPTION_TS, TASK2 | 4);
    expect_link_fault(0x1000, ACCESS_P | SYSTEM_TSS32_BUSY, EXCEPTION_TS, 0x1000);
}

/* ---- faults in the new task ---- */

/* A segment of the new task is bad: the handler runs after the switch, and finds its EIP. */
static void expect_new_task_fault(unsigned offset, u16 selector, int vector, u32 error)
{
    BareMachine *m = two_tasks(0);

    bare_descriptor(m, 0x70, 0, 0xFFFFF, (BARE_FLAT | ACCESS_CODE) & ~ACCESS_P);
    bare_descriptor(m, 0x78, 0, 0xFFFFF, BARE_FLAT & ~ACCESS_P);
    bare_descriptor(m, 0x80, 0, 0xFFFFF, ACCESS_P | ACCESS_S | ACCESS_CODE);
    bare_write(m, TSS2 + offset, WORD, selector);
    /* Handlers of their own task: the new one's stack may not be there. */
    bare_descriptor(m, 0x88, 0x8800, 0x67, ACCESS_P | SYSTEM_TSS32);
    memcpy(m->ram.bytes + 0x8800, m->ram.bytes + TSS2, 0x68);
    bare_write(m, 0x8800 + 0x48 + CS * 4, WORD, BARE_CODE0);
    bare_write(m, 0x8800 + 0x48 + SS * 4, WORD, BARE_DATA0);
    bare_write(m, 0x8800 + 0x48 + DS * 4, WORD, 0);
    bare_write(m, 0x8800 + 0x48 + GS * 4, WORD, 0);
    bare_write(m, 0x8800 + 0x60, WORD, 0);
    bare_write(m, 0x8800 + 0x20, DWORD, BARE_HANDLERS + (u32)vector);
    bare_idt(m, (u8)vector, bare_gate(0x88, 0, ACCESS_P | SYSTEM_TASK_GATE));
    bare_load(m, BARE_CODE, jmp_task, jmp_task_end);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), vector, "vector %d, not %d", bare_vector(m), vector);
    cr_expect_eq(bare_stack(m, 0), error, "error code %04X, not %04X", bare_stack(m, 0), error);
    cr_expect_eq(bare_read(m, TSS2 + 0x20, DWORD), CODE2);
    cr_expect_eq(bare_read(m, 0x8800, WORD), TASK2);
    bare_destroy(m);
}

Test(task, bad_segments_fault_in_the_new_task)
{
    expect_new_task_fault(0x60, BARE_DATA0, EXCEPTION_TS, BARE_DATA0);
    expect_new_task_fault(0x60, 4, EXCEPTION_TS, 4);
    expect_new_task_fault(0x48 + CS * 4, 0, EXCEPTION_TS, 0);
    expect_new_task_fault(0x48 + CS * 4, BARE_DATA0, EXCEPTION_TS, BARE_DATA0);
    expect_new_task_fault(0x48 + CS * 4, 0x70, EXCEPTION_NP, 0x70);
    expect_new_task_fault(0x48 + SS * 4, BARE_DATA3, EXCEPTION_TS, BARE_DATA3 & ~3u);
    expect_new_task_fault(0x48 + SS * 4, 0x78, EXCEPTION_SS, 0x78);
    expect_new_task_fault(0x48 + DS * 4, 0x80, EXCEPTION_TS, 0x80);
    expect_new_task_fault(0x48 + DS * 4, 0x78, EXCEPTION_NP, 0x78);
    expect_new_task_fault(0x48 + GS * 4, 0x1000, EXCEPTION_TS, 0x1000);
}

Test(task, double_fault_may_have_a_task_of_its_own)
{
    BareMachine *m = two_tasks(0);

    bare_idt(m, EXCEPTION_DF, bare_gate(TASK2, 0, ACCESS_P | SYSTEM_TASK_GATE));
    m->cpu.segments[SS].limit = 0; /* no stack for #UD, nor for its #SS */
    segment_update_all(&m->cpu);
    bare_load(m, BARE_CODE, ud2, ud2_end);
    bare_write(m, CODE2, BYTE, 0xF4);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(m->cpu.rip, CODE2 + 1);
    cr_expect_eq(bare_stack(m, 0), 0);
    cr_expect_eq(tss32(m, 0x20), BARE_CODE + 1);
    bare_destroy(m);
}
