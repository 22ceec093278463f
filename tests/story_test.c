/*
 * Exceptions explained: that the words name the rule that was broken, for a fault of each kind, and
 * for triple faults.
 */
#include "frontend/debugger/story.h"

#include "tests/bare_machine.h"

static BareMachine *machine;
static Symbols *symbols;
static char story[STORY];

static void begin(unsigned cpl)
{
    symbols = symbols_create();
    machine = bare_in_ring(cpl);
}

static void end(void)
{
    symbols_destroy(symbols);
    bare_destroy(machine);
}

TestSuite(story, .fini = end);

#define RUN(program) bare_load(machine, BARE_CODE, program, program##_end), run()

static void run(void)
{
    bare_run_to_halt(machine);
    story_tell(&machine->cpu, symbols, story, sizeof story);
}

static void expect(const char *words)
{
    cr_expect(strstr(story, words), "\"%s\" does not say \"%s\"", story, words);
}

PROGRAM(story_divides, 32, "xor ecx, ecx; div ecx");
PROGRAM(story_halts, 32, "hlt");
PROGRAM(story_null, 32, "xor eax, eax; mov ds, eax; mov eax, [ebx + 4]");
PROGRAM(story_loads, 32, "mov eax, 0x60; mov ds, eax");
PROGRAM(story_interrupts, 32, "int 0x40");
PROGRAM(story_undefined, 32, "ud2");
PROGRAM(story_reads, 32, "mov eax, [0x800010]");

Test(story, single_faults)
{
    begin(0);
    story_tell(&machine->cpu, symbols, story, sizeof story);
    expect("no exception yet");
    RUN(story_divides);
    expect("#DE (Divide Error)");
    expect("The instruction is: div ecx");
    expect("The divisor is 0");
    end();
    begin(3);
    RUN(story_halts);
    expect("#GP (General Protection)");
    expect("Only ring 0 may execute it, and CPL is 3");
    end();
    begin(0);
    RUN(story_null);
    expect("through DS, which holds a null selector");
    end();
    begin(0);
    bare_descriptor(machine, 0x60, 0, 0xFFFFF, BARE_FLAT & ~ACCESS_P);
    RUN(story_loads);
    expect("#NP (Segment Not Present)");
    end();
    begin(3);
    RUN(story_interrupts);
    expect("entry 64 of the IDT");
    expect("DPL 0, and CPL is 3");
    end();
    begin(0);
    RUN(story_undefined);
    expect("no such instruction");
}

static void turn_paging_on(void)
{
    Cpu *cpu = &machine->cpu;

    bare_write(machine, 0x100000, DWORD, 0x101007);
    for (u32 i = 0; i < 1024; i++)
        bare_write(machine, 0x101000 + i * 4, DWORD, i << 12 | 7);
    cpu->cr3 = 0x100000;
    cpu->cr0 |= 0x80000000;
    mmu_set_cr3(&cpu->mmu, cpu->cr3);
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    cpu_translations_changed(cpu);
}

Test(story, page_faults)
{
    begin(0);
    turn_paging_on();
    RUN(story_reads);
    expect("#PF (Page Fault), error code 0x0, CR2 0x800010");
    expect("a read by the kernel (rings 0 to 2), and the page is not present");
    expect("PDE      2");
}

static void expect_shutdown(void)
{
    cr_expect(machine->cpu.attention & ATTEND_SHUTDOWN);
    expect("triple fault");
}

Test(story, triple_fault_of_a_missing_gate)
{
    begin(0);
    machine->cpu.idtr.limit = 63;
    bare_idt(machine, 0, bare_gate(BARE_CODE0, 0x3000, 14));
    RUN(story_divides);
    expect("#DE (Divide Error)");
    expect("deliver #DE, vector 0");
    expect("P bit is clear");
    expect("#NP (Segment Not Present), error code 0x3");
    expect("make a double fault");
    expect("so it has 8 entries");
    cr_expect_null(strstr(story, "no fault of the kind"));
    expect_shutdown();
}

Test(story, triple_fault_without_idt)
{
    begin(0);
    machine->cpu.idtr.limit = 0;
    RUN(story_undefined);
    expect("#UD (Invalid Opcode)");
    expect("so it has 0 entries");
    expect("no fault of the kind that makes a double fault");
    expect_shutdown();
}

Test(story, triple_fault_of_a_lost_stack)
{
    begin(0);
    turn_paging_on();
    machine->cpu.gpr[RSP] = 0x900000;
    RUN(story_divides);
    expect("The stack at 0x900000 is not mapped");
    expect("at the top of the stack");
    expect_shutdown();
}

Test(story, triple_fault_without_inner_stack)
{
    begin(3);
    segment_set(&machine->cpu, TR, 0, 0, 0, 0);
    RUN(story_halts);
    expect("TR holds none");
    expect_shutdown();
}

Test(story, what_would_happen)
{
    begin(3);
    story_of_vector(&machine->cpu, symbols, 14, false, story, sizeof story);
    expect("Vector 14 (Page Fault)");
    expect("Its handler would be reached");
    story_of_vector(&machine->cpu, symbols, 14, true, story, sizeof story);
    expect("only from rings up to its DPL 0");
    bare_idt(machine, 5, bare_gate(0, 0x1000, ACCESS_P | 14));
    story_of_vector(&machine->cpu, symbols, 5, false, story, sizeof story);
    expect("null selector");
    bare_idt(machine, 5, bare_gate(BARE_DATA0, 0x1000, ACCESS_P | 14));
    story_of_vector(&machine->cpu, symbols, 5, false, story, sizeof story);
    expect("That is no code segment");
    bare_idt(machine, 5, bare_gate(BARE_CODE0, 0x1000, 14));
    story_of_vector(&machine->cpu, symbols, 5, false, story, sizeof story);
    expect("P bit is clear");
    bare_idt(machine, 5, 0);
    story_of_vector(&machine->cpu, symbols, 5, false, story, sizeof story);
    expect("no interrupt, trap or task gate");
}

/* Whatever the guest has made of its tables and registers, a story is told. */
Test(story, garbage)
{
    unsigned seed = 5;

    begin(0);
    for (unsigned round = 0; round < 3000; round++) {
        Cpu *cpu = &machine->cpu;

        for (unsigned i = 0; i < 4; i++) {
            seed = seed * 1103515245 + 12345;
            bare_write(machine, BARE_GDT + (seed >> 8) % 0x3000, DWORD, seed * 2654435761u);
        }
        cpu->idtr.base = BARE_IDT + seed % 3 * 0x7FFFFFF0ull;
        cpu->gdtr.limit = (u16)(seed >> 4);
        cpu->gpr[RSP] = seed * 2246822519u;
        cpu->fault_count = (u8)(seed % 4);
        for (unsigned i = 0; i < 3; i++)
            cpu->faults[i] = (FaultRecord){
                .vector = (u8)(seed >> (i + 3)), .error_code = seed >> 2, .rip = seed};
        story_tell(cpu, symbols, story, sizeof story);
        story_of_vector(cpu, symbols, (u8)(seed >> 9), seed & 0x100, story, sizeof story);
    }
}
