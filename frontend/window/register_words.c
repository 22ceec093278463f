#include "frontend/window/register_words.h"

#include "frontend/debugger/registers.h"

#include <stdio.h>
#include <string.h>

void register_set_read(RegisterSet *set, const Cpu *cpu)
{
    const Register *reg;

    for (unsigned i = 0; i < REGISTER_SET && (reg = register_at(i)); i++)
        set->values[i] = register_read(reg, cpu);
}

bool register_set_differs(const RegisterSet *a, const RegisterSet *b, const char *name)
{
    const Register *reg;

    for (unsigned i = 0; i < REGISTER_SET && (reg = register_at(i)); i++)
        if (strcmp(register_name(reg), name) == 0)
            return a->values[i] != b->values[i];
    return false;
}

// clang-format off

/* A name without its width: "ax" stands for AX, EAX and RAX. */
static const struct {
    const char *name, *words;
} words_of[] = {
    {"ax", "The accumulator. Functions return their value here; MUL, DIV, IN, OUT and the string "
           "instructions LODS, STOS, SCAS use it by themselves."},
    {"bx", "A general register; callers find it unchanged after a call. In 16-bit code it can address "
           "memory."},
    {"cx", "The counter: of REP string instructions, of LOOP, and (its low byte, CL) of shifts."},
    {"dx", "The upper half of products and dividends; the port of IN and OUT."},
    {"sp", "The stack pointer: the offset within SS of the last item that was pushed. PUSH lowers it, "
           "POP raises it."},
    {"bp", "The frame pointer: compilers that keep one let it point at the caller's own, with the "
           "return address above it."},
    {"si", "The source index: where string instructions read from, in DS."},
    {"di", "The destination index: where string instructions write to, in ES."},
    {"ip", "The instruction pointer: the offset within CS of the next instruction."},
    {"flags", "The flags: what the last arithmetic instruction found, and how the processor behaves. "
              "Its bits are below."},
    {"cs", "The code segment: where instructions are fetched from. Its low two bits are the current "
           "privilege level."},
    {"ds", "The data segment: where most instructions find their memory operand."},
    {"es", "The extra segment: where string instructions write to."},
    {"ss", "The stack segment."},
    {"fs", "A further data segment. Systems keep data of the current thread or processor behind it."},
    {"gs", "A further data segment. Systems keep data of the current thread or processor behind it."},
    {"ldtr", "Where the local descriptor table is: a selector of an LDT descriptor in the GDT."},
    {"tr", "The task register: the selector of the TSS, where the processor finds the stack for ring 0."},
    {"cr0", "Control register 0: protected mode, paging, and how the x87 is treated."},
    {"cr2", "The linear address that caused the last page fault."},
    {"cr3", "The physical address of the top page table. Loading it switches the address space."},
    {"cr4", "Control register 4: which extensions the operating system has turned on."},
    {"cr8", "The task priority: the local APIC holds back interrupts up to this class."},
    {"efer", "The extended feature enable register (an MSR): SYSCALL, long mode, no-execute pages."},
    {"gdtr.base", "The linear address of the global descriptor table."},
    {"gdtr.limit", "The offset of the last byte of the global descriptor table."},
    {"idtr.base", "The linear address of the interrupt descriptor table; in real mode, of the vectors."},
    {"idtr.limit", "The offset of the last byte of the interrupt descriptor table."},
    {"dr6", "The guest's own debug status: which of its breakpoints was met."},
    {"dr7", "The guest's own debug control: which of its four breakpoints are enabled."},
    {"cpl", "The current privilege level: 0 for the kernel .. 3 for programs."},
};

static const BitWords flag_bits[] = {
    {0, "CF", "carry: the last unsigned result did not fit, or a borrow was needed"},
    {2, "PF", "parity: the lowest byte of the last result has an even number of ones"},
    {4, "AF", "auxiliary carry: out of the lowest four bits; for decimal arithmetic"},
    {6, "ZF", "zero: the last result was zero, or the compared values were equal"},
    {7, "SF", "sign: the last result was negative"},
    {8, "TF", "trap: a debug exception after each instruction"},
    {9, "IF", "interrupts: external interrupts are taken"},
    {10, "DF", "direction: string instructions go down"},
    {11, "OF", "overflow: the last signed result did not fit"},
    {14, "NT", "nested task: IRET returns to the previous task"},
    {16, "RF", "resume: instruction breakpoints are ignored for one instruction"},
    {17, "VM", "virtual-8086 mode"},
    {18, "AC", "alignment check: unaligned accesses in ring 3 fault if CR0.AM is set, too"},
    {19, "VIF", "virtual interrupt flag: virtual-8086 code's IF"},
    {20, "VIP", "virtual interrupt pending"},
    {21, "ID", "CPUID: a program that can change this bit has found the instruction"},
};

static const BitWords cr0_bits[] = {
    {0, "PE", "protected mode"},
    {1, "MP", "monitor coprocessor: WAIT, too, raises #NM while TS is set"},
    {2, "EM", "emulation: x87 instructions raise #NM"},
    {3, "TS", "task switched: x87 and SSE instructions raise #NM, so that their state is saved late"},
    {4, "ET", "extension type: always 1"},
    {5, "NE", "numeric errors: x87 errors raise #MF instead of IRQ 13"},
    {16, "WP", "write protect: read-only pages are so for ring 0, too"},
    {18, "AM", "alignment mask: EFLAGS.AC counts"},
    {29, "NW", "not write-through: the caches' mode"},
    {30, "CD", "cache disable"},
    {31, "PG", "paging: linear addresses are translated by page tables"},
};

static const BitWords cr4_bits[] = {
    {0, "VME", "virtual-8086 mode extensions: virtual interrupts"},
    {1, "PVI", "protected-mode virtual interrupts"},
    {2, "TSD", "time stamp disable: RDTSC in ring 0 only"},
    {3, "DE", "debugging extensions: I/O breakpoints; DR4 and DR5 raise #UD"},
    {4, "PSE", "page size extensions: 4 MiB pages"},
    {5, "PAE", "physical address extension: page-table entries of 64 bits"},
    {6, "MCE", "machine check exceptions"},
    {7, "PGE", "global pages: they survive a load of CR3"},
    {8, "PCE", "RDPMC in any ring"},
    {9, "OSFXSR", "the system saves SSE state: SSE instructions are allowed"},
    {10, "OSXMMEXCPT", "SSE errors raise #XM"},
    {11, "UMIP", "SGDT, SIDT, SLDT, SMSW, STR in ring 0 only"},
    {16, "FSGSBASE", "RDFSBASE, WRFSBASE and the like are allowed"},
    {17, "PCIDE", "process-context identifiers: CR3's low 12 bits"},
    {18, "OSXSAVE", "XSAVE and XGETBV are allowed: the system saves extended state"},
    {20, "SMEP", "supervisor-mode execution prevention: ring 0 cannot run users' pages"},
    {21, "SMAP", "supervisor-mode access prevention: ring 0 cannot touch users' pages"},
};

static const BitWords efer_bits[] = {
    {0, "SCE", "SYSCALL and SYSRET are allowed"},
    {8, "LME", "long mode enable: paging, once turned on, is that of long mode"},
    {10, "LMA", "long mode active"},
    {11, "NXE", "no-execute: bit 63 of a page-table entry forbids execution"},
};

static const struct {
    const char *name;
    const BitWords *bits;
    unsigned count;
} bits_of[] = {
    {"eflags", flag_bits, COUNT_OF(flag_bits)},
    {"rflags", flag_bits, COUNT_OF(flag_bits)},
    {"cr0", cr0_bits, COUNT_OF(cr0_bits)},
    {"cr4", cr4_bits, COUNT_OF(cr4_bits)},
    {"efer", efer_bits, COUNT_OF(efer_bits)},
};

// clang-format on

const char *register_words(const char *name)
{
    /* EAX and RAX are AX, but EFER is no FER. */
    for (unsigned skip = 0; skip < 2; skip++)
        for (unsigned i = 0; i < COUNT_OF(words_of); i++)
            if (strcmp(words_of[i].name, name + skip) == 0 &&
                (!skip || *name == 'e' || *name == 'r'))
                return words_of[i].words;
    return *name == 'r' && name[1] >= '0' && name[1] <= '9'
               ? "A general register that only 64-bit code has."
               : "";
}

const BitWords *register_bits(const char *name, unsigned *count)
{
    for (unsigned i = 0; i < COUNT_OF(bits_of); i++)
        if (strcmp(bits_of[i].name, name) == 0) {
            *count = bits_of[i].count;
            return bits_of[i].bits;
        }
    *count = 0;
    return NULL;
}

void bit_words(const BitWords *words, u64 value, char *text, size_t size)
{
    snprintf(text, size, "%s = %d (bit %u). Set means %s.", words->name, bit(value, words->number),
             words->number, words->words);
}
