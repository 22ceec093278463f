/* Control, debug and model-specific registers, CPUID, reset. SDM Vol. 3, "Control Registers",
 * "Processor Management and Initialization"; Vol. 2, the instructions' pages. */
#include "cpu/debug_registers.h"
#include "cpu/msr.h"
#include "mmu/paging.h"
#include "tests/bare_machine.h"

PROGRAM(write_cr0, 32, "mov cr0, eax\n hlt");
PROGRAM(write_cr4, 32, "mov cr4, eax\n hlt");
PROGRAM(write_cr1, 32, ".byte 0x0F, 0x22, 0xC8\n hlt");
PROGRAM(read_cr0, 32, "mov ebx, cr0\n hlt");
PROGRAM(clts_only, 32, "clts\n hlt");

/* Runs with EAX, ECX and EDX; the vector, or -1. */
static int run(BareMachine *m, const u8 *program, const u8 *end, u64 eax, u64 ecx, u64 edx)
{
    m->cpu.gpr[RAX] = eax;
    m->cpu.gpr[RCX] = ecx;
    m->cpu.gpr[RDX] = edx;
    bare_load(m, BARE_CODE, program, end);
    cr_assert(bare_run_to_halt(m));
    return bare_vector(m);
}

#define RUN(m, program, eax) run(m, program, program##_end, eax, 0, 0)

static int run_once(unsigned cpl, const u8 *program, const u8 *end, u64 eax)
{
    BareMachine *m = bare_in_ring(cpl);
    int vector = run(m, program, end, eax, 0, 0);

    bare_destroy(m);
    return vector;
}

#define RUN_ONCE(cpl, program, eax) run_once(cpl, program, program##_end, eax)

/* ---- reset ---- */

Test(system, state_after_reset)
{
    BareMachine *m = bare_create();
    Cpu *cpu = &m->cpu;

    cpu->gpr[RBX] = 5;
    cpu->cr2 = 7;
    cpu_reset(cpu);
    cr_expect_eq(cpu->rip, 0xFFF0);
    cr_expect_eq(cpu->segments[CS].base, 0xFFFF0000);
    cr_expect_eq(cpu->segments[CS].selector, 0xF000);
    cr_expect_eq(cpu->segments[CS].limit, 0xFFFF);
    cr_expect_eq(cpu->segments[DS].limit, 0xFFFF);
    cr_expect_eq(cpu->cr0, 0x60000010);
    cr_expect_eq(cpu->cr2, 0);
    cr_expect_eq(cpu_get_flags(cpu), 2);
    cr_expect_eq(cpu->gpr[RBX], 0);
    cr_expect_eq(cpu->gpr[RDX], 0x663);
    cr_expect_eq(cpu->idtr.limit, 0xFFFF);
    cr_expect_eq(cpu->dr[6], 0xFFFF0FF0);
    cr_expect_eq(cpu->dr[7], 0x400);
    cr_expect_eq(cpu->x87.control, 0x40);
    cr_expect_eq(cpu->code_size, 2);
    cr_expect_eq(cpu->cpl, 0);
    bare_destroy(m);
}

Test(system, init_keeps_msrs_and_x87)
{
    BareMachine *m = bare_create();

    msr_write(&m->cpu, MSR_SYSENTER_EIP, 0x1234);
    m->cpu.x87.control = 0x37F;
    m->cpu.cr0 &= ~(u64)CR0_NW;
    cpu_init_signal(&m->cpu);
    cr_expect_eq(m->cpu.sysenter_eip, 0x1234);
    cr_expect_eq(m->cpu.x87.control, 0x37F);
    cr_expect_eq(m->cpu.cr0, CR0_CD | CR0_ET);
    cr_expect_eq(m->cpu.rip, 0xFFF0);
    cpu_reset(&m->cpu);
    cr_expect_eq(m->cpu.sysenter_eip, 0);
    bare_destroy(m);
}

/* ---- control registers ---- */

Test(system, cr0_combinations)
{
    BareMachine *m = bare_in_ring(0);

    cr_expect_eq(RUN(m, write_cr0, 0xFFFF), -1); /* undefined bits stay zero, ET stays one */
    cr_expect_eq(m->cpu.cr0, CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE);
    bare_destroy(m);
    cr_expect_eq(RUN_ONCE(0, write_cr0, (u32)CR0_PG), EXCEPTION_GP);
    cr_expect_eq(RUN_ONCE(0, write_cr0, CR0_PE | CR0_NW), EXCEPTION_GP);
    cr_expect_eq(RUN_ONCE(0, write_cr0, CR0_PE | CR0_NW | CR0_CD), -1);
    cr_expect_eq(RUN_ONCE(3, write_cr0, CR0_PE), EXCEPTION_GP);
    cr_expect_eq(RUN_ONCE(3, read_cr0, 0), EXCEPTION_GP);
    cr_expect_eq(RUN_ONCE(0, write_cr1, 0), EXCEPTION_UD);
}

Test(system, cr4_reserved_bits)
{
    cr_expect_eq(RUN_ONCE(0, write_cr4, 0x3FF), -1);
    cr_expect_eq(RUN_ONCE(0, write_cr4, 1 << 11), EXCEPTION_GP);
    cr_expect_eq(RUN_ONCE(0, write_cr4, 1u << 31), EXCEPTION_GP);
    cr_expect_eq(RUN_ONCE(3, write_cr4, 0), EXCEPTION_GP);
}

/* PAE: the four page-directory pointers are loaded with CR3, and reserved bits in them fault. */
Test(system, pae_pointers_are_checked)
{
    BareMachine *m = bare_in_ring(0);

    m->cpu.cr4 = CR4_PAE;
    m->cpu.cr3 = 0x100000;
    mmu_set_control(&m->cpu.mmu, m->cpu.cr0, CR4_PAE, 0);
    mmu_set_cr3(&m->cpu.mmu, 0x100000);
    cpu_translations_changed(&m->cpu);
    bare_write(m, 0x100000, QWORD, 0x101000 | 1 | 2); /* bit 1 is reserved */
    cr_expect_eq(RUN(m, write_cr0, (u32)CR0_PG | CR0_PE), EXCEPTION_GP);
    cr_expect_not(m->cpu.cr0 & (u32)CR0_PG);
    bare_destroy(m);
}

PROGRAM(smsw_lmsw, 32, "smsw ebx\n mov ax, 0xFFFA\n lmsw ax\n smsw cx\n hlt");

Test(system, lmsw_cannot_clear_pe)
{
    BareMachine *m = bare_in_ring(0);

    cr_expect_eq(RUN(m, smsw_lmsw, 0), -1);
    cr_expect_eq(m->cpu.gpr[RBX], 0x60000011);
    cr_expect_eq(m->cpu.gpr[RCX] & 0xFFFF, 0x1B);
    bare_destroy(m);
}

PROGRAM(lmsw_exit, 32, "xor eax, eax\n lmsw ax\n hlt");

Test(system, privileged_instructions)
{
    cr_expect_eq(RUN_ONCE(3, clts_only, 0), EXCEPTION_GP);
    cr_expect_eq(RUN_ONCE(3, lmsw_exit, 0), EXCEPTION_GP);
}

PROGRAM(lgdt16, 32, ".byte 0x66\n lgdt [0xC000]\n sgdt [0xC010]\n hlt");

Test(system, lgdt_with_16_bit_operands_has_a_24_bit_base)
{
    BareMachine *m = bare_in_ring(0);

    bare_write(m, 0xC000, QWORD, 0x12004000ull << 16 | 0x7FF);
    cr_expect_eq(RUN(m, lgdt16, 0), -1);
    cr_expect_eq(m->cpu.gdtr.base, 0x004000);
    cr_expect_eq(bare_read(m, 0xC010, WORD), 0x7FF);
    cr_expect_eq(bare_read(m, 0xC012, DWORD), 0x004000);
    bare_destroy(m);
}

/* ---- debug registers ---- */

PROGRAM(write_dr7, 32, "mov dr7, eax\n mov ebx, dr7\n hlt");
PROGRAM(write_dr6, 32, "mov dr6, eax\n mov ebx, dr6\n hlt");
PROGRAM(write_dr5, 32, ".byte 0x0F, 0x23, 0xE8\n mov ebx, dr7\n hlt");
PROGRAM(general_detect, 32, "mov dr7, eax\n mov dr0, ecx\n hlt");

Test(system, debug_registers)
{
    BareMachine *m = bare_in_ring(0);

    RUN(m, write_dr7, 0xFFFFDC00);
    cr_expect_eq(m->cpu.gpr[RBX], 0xFFFF0400);
    bare_destroy(m);

    m = bare_in_ring(0);
    RUN(m, write_dr6, 0);
    cr_expect_eq(m->cpu.gpr[RBX], 0xFFFF0FF0);
    bare_destroy(m);

    m = bare_in_ring(0);
    cr_expect_eq(RUN(m, write_dr5, 0x300), -1);
    cr_expect_eq(m->cpu.gpr[RBX], 0x700);
    bare_destroy(m);

    m = bare_in_ring(0);
    m->cpu.cr4 = CR4_DE;
    cr_expect_eq(RUN(m, write_dr5, 0x300), EXCEPTION_UD);
    bare_destroy(m);
    cr_expect_eq(RUN_ONCE(3, write_dr7, 0), EXCEPTION_GP);
}

Test(system, general_detect_protects_the_debug_registers)
{
    BareMachine *m = bare_in_ring(0);

    cr_expect_eq(RUN(m, general_detect, DR7_GD), EXCEPTION_DB);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE + 3);
    cr_expect_eq(m->cpu.dr[6], DR6_ALWAYS | DR6_BD);
    cr_expect_not(m->cpu.dr[7] & DR7_GD);
    bare_destroy(m);
}

/* ---- model-specific registers ---- */

PROGRAM(rdmsr_only, 32, "rdmsr\n hlt");
PROGRAM(wrmsr_only, 32, "wrmsr\n hlt");

static int write_msr(BareMachine *m, u32 index, u64 value)
{
    return run(m, wrmsr_only, wrmsr_only_end, (u32)value, index, value >> 32);
}

static int try_write(u32 index, u64 value)
{
    BareMachine *m = bare_in_ring(0);
    int vector = write_msr(m, index, value);

    bare_destroy(m);
    return vector;
}

Test(system, unknown_msrs_fault)
{
    BareMachine *m = bare_in_ring(0);

    cr_expect_eq(run(m, rdmsr_only, rdmsr_only_end, 0, 0x12345, 0), EXCEPTION_GP);
    bare_destroy(m);
    cr_expect_eq(try_write(0xC0000080, 2), EXCEPTION_GP);
    m = bare_in_ring(3);
    cr_expect_eq(run(m, rdmsr_only, rdmsr_only_end, 0, MSR_SYSENTER_CS, 0), EXCEPTION_GP);
    bare_destroy(m);
}

Test(system, mtrrs_hold_what_is_allowed)
{
    cr_expect_eq(try_write(0x2FF, 0xC06), -1);
    cr_expect_eq(try_write(0x2FF, 0xC02), EXCEPTION_GP);
    cr_expect_eq(try_write(0x2FF, 0x1000), EXCEPTION_GP);
    cr_expect_eq(try_write(0x250, 0x0606060606060606), -1);
    cr_expect_eq(try_write(0x250, 0x0606060206060606), EXCEPTION_GP);
    cr_expect_eq(try_write(0x200, 0xF00000006), -1);
    cr_expect_eq(try_write(0x200, (u64)1 << 40), EXCEPTION_GP);
    cr_expect_eq(try_write(0x201, 0xFF0000800), -1);
    cr_expect_eq(try_write(0x201, 0xFF0000001), EXCEPTION_GP);
    cr_expect_eq(try_write(0x277, 0x0007040600070406), -1);
    cr_expect_eq(try_write(0x277, 2), EXCEPTION_GP);
    cr_expect_eq(try_write(0x0FE, 0), EXCEPTION_GP);
}

Test(system, each_msr_has_its_own_slot)
{
    BareMachine *m = bare_create();
    u64 value;

    for (u32 i = 0; i < 16; i++)
        cr_expect(msr_write(&m->cpu, 0x200 + i, i & 1 ? i << 12 | 0x800 : i << 12));
    for (u32 i = 0; i < 8; i++)
        cr_expect(msr_write(&m->cpu, 0x268 + i, i == 2 || i == 3 || i == 7 ? 0 : i));
    for (u32 i = 0; i < 16; i++) {
        cr_expect(msr_read(&m->cpu, 0x200 + i, &value));
        cr_expect_eq(value, i & 1 ? i << 12 | 0x800 : i << 12);
    }
    cr_expect(msr_read(&m->cpu, 0x26D, &value));
    cr_expect_eq(value, 5);
    cr_expect(msr_read(&m->cpu, 0x277, &value));
    cr_expect_eq(value, 0x0007040600070406);
    bare_destroy(m);
}

PROGRAM(rdtsc_twice, 32, "rdtsc\n mov ebx, eax\n nop\n nop\n rdtsc\n hlt");

Test(system, tsc_counts_instructions)
{
    BareMachine *m = bare_in_ring(0);

    cr_expect_eq(RUN(m, rdtsc_twice, 0), -1);
    cr_expect_eq(m->cpu.gpr[RAX] - m->cpu.gpr[RBX], 4);
    bare_destroy(m);

    m = bare_in_ring(0);
    write_msr(m, MSR_TSC, 0x123400000000);
    m->cpu.rip = BARE_CODE;
    m->cpu.attention &= (u8)~ATTEND_HALT;
    cr_expect_eq(RUN(m, rdtsc_twice, 0), -1);
    cr_expect_eq(m->cpu.gpr[RDX], 0x1234);
    cr_expect_eq(m->cpu.gpr[RBX], 2); /* since the WRMSR: it, and the HLT */
    bare_destroy(m);

    m = bare_in_ring(3);
    m->cpu.cr4 = CR4_TSD;
    cr_expect_eq(RUN(m, rdtsc_twice, 0), EXCEPTION_GP);
    bare_destroy(m);
}

/* ---- CPUID ---- */

PROGRAM(cpuid_only, 32, "cpuid\n hlt");

static void cpuid(BareMachine *m, u32 function)
{
    m->cpu.attention &= (u8)~ATTEND_HALT;
    m->cpu.rip = BARE_CODE;
    RUN(m, cpuid_only, function);
}

Test(system, cpuid_of_the_default_model)
{
    BareMachine *m = bare_in_ring(0);

    cpuid(m, 0);
    cr_expect_eq(m->cpu.gpr[RAX], 13);
    cr_expect_eq(m->cpu.gpr[RBX], 0x756E6547);
    cr_expect_eq(m->cpu.gpr[RDX], 0x49656E69);
    cr_expect_eq(m->cpu.gpr[RCX], 0x6C65746E);
    cpuid(m, 1);
    cr_expect_eq(m->cpu.gpr[RAX], 0x663);
    /* No APIC: this board has none. */
    cr_expect_eq(m->cpu.gpr[RDX] & 0x3FFFF, 0x3F9FF);
    cpuid(m, 0x80000000);
    cr_expect_geq(m->cpu.gpr[RAX], 0x80000004);
    cpuid(m, 0x80000002);
    cr_expect_eq(memcmp(&m->cpu.gpr[RAX], "vitr", 4), 0);
    bare_destroy(m);
}

Test(system, every_model_starts)
{
    for (const char *const *name = cpu_model_names(); *name; name++) {
        BareMachine *m = bare_create_model(*name);

        bare_protected(m, 0);
        cpuid(m, 1);
        cr_expect_eq(m->cpu.gpr[RDX] & 1, 1, "%s has an FPU", *name);
        cr_expect_eq((m->cpu.gpr[RDX] >> 15 & 1), cpu_has(&m->cpu, FEATURE_CMOV));
        bare_destroy(m);
    }
}

/* CPUID function 1, EDX: MMX, FXSR, SSE, SSE2, CLFLUSH. */
Test(system, models_have_the_vector_instructions_of_their_time)
{
    static const struct {
        const char *model;
        u32 bits;
    } rows[] = {{"486", 0},
                {"pentium", 0},
                {"pentium3", 0x3800000},
                {"qemu32", 0x7880000},
                {"qemu64", 0x7880000},
                {"max", 0x7880000}};

    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        BareMachine *m = bare_create_model(rows[i].model);

        bare_protected(m, 0);
        cpuid(m, 1);
        cr_expect_eq(m->cpu.gpr[RDX] & 0x7880000, rows[i].bits, "%s", rows[i].model);
        bare_destroy(m);
    }
}

Test(system, unknown_model_is_refused)
{
    Cpu *cpu = calloc(1, sizeof *cpu);
    AddressSpace *space = calloc(1, sizeof *space);
    char error[80] = "";

    space_init(space, "memory", 0xFFFF, NULL);
    cr_expect_not(cpu_init(cpu, "8088", space, space, NULL, NULL, error, sizeof error));
    cr_expect(strstr(error, "8088"));
    free(space);
    free(cpu);
}

/* ---- fast system calls ---- */

PROGRAM(sysenter_only, 32, "sysenter");
PROGRAM(sysexit_only, 32, "sysexit");

static BareMachine *with_sysenter(unsigned cpl, u32 cs)
{
    BareMachine *m = bare_in_ring(cpl);

    m->cpu.sysenter_cs = cs;
    m->cpu.sysenter_esp = 0x8000;
    m->cpu.sysenter_eip = BARE_DATA;
    bare_write(m, BARE_DATA, BYTE, 0xF4);
    return m;
}

Test(system, sysenter_and_sysexit)
{
    BareMachine *m = with_sysenter(3, 0x63);

    cpu_set_flags(&m->cpu, FLAG_IF, FLAG_IF);
    cr_expect_eq(RUN(m, sysenter_only, 0), -1);
    cr_expect_eq(m->cpu.rip, BARE_DATA + 1);
    cr_expect_eq(m->cpu.cpl, 0);
    cr_expect_eq(m->cpu.segments[CS].selector, 0x60);
    cr_expect_eq(m->cpu.segments[SS].selector, 0x68);
    cr_expect_eq(m->cpu.segments[SS].limit, 0xFFFFFFFF);
    cr_expect_eq(m->cpu.gpr[RSP], 0x8000);
    cr_expect_not(m->cpu.rflags & FLAG_IF);
    bare_destroy(m);

    m = with_sysenter(0, 0x60);
    m->cpu.gpr[RCX] = 0x7000;
    m->cpu.gpr[RDX] = BARE_DATA;
    bare_load(m, BARE_CODE, sysexit_only, sysexit_only_end);
    bare_run(m, 1);
    cr_expect_eq(m->cpu.rip, BARE_DATA);
    cr_expect_eq(m->cpu.cpl, 3);
    cr_expect_eq(m->cpu.segments[CS].selector, 0x73);
    cr_expect_eq(m->cpu.segments[SS].selector, 0x7B);
    cr_expect_eq(m->cpu.gpr[RSP], 0x7000);
    bare_destroy(m);
}

Test(system, sysenter_checks)
{
    BareMachine *m = with_sysenter(3, 3);

    cr_expect_eq(RUN(m, sysenter_only, 0), EXCEPTION_GP);
    bare_destroy(m);
    m = with_sysenter(3, 0x60);
    cr_expect_eq(RUN(m, sysexit_only, 0), EXCEPTION_GP);
    bare_destroy(m);
}

/* ---- flags that a model has ---- */

PROGRAM(toggle_flags, 32, "push eax\n popf\n pushf\n pop ebx\n hlt");

Test(system, id_flag_shows_cpuid)
{
    BareMachine *m = bare_in_ring(0);

    RUN(m, toggle_flags, FLAG_ID | FLAG_AC);
    cr_expect_eq(m->cpu.gpr[RBX], FLAG_ID | FLAG_AC | 2);
    bare_destroy(m);
}
