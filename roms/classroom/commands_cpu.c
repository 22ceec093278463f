/*
 * `cpu`: what the processor says about itself, and the registers that rule its mode, in words.
 * Source: Intel SDM Volume 2, "CPUID"; Volume 3, "Control Registers".
 */
#include "commands.h"
#include "console.h"
#include "descriptors.h"
#include "identity.h"
#include "processor.h"
#include "text.h"

static const char *const features_edx[32] = {
    "x87",  "VME",  "DE",   "PSE", "TSC",  "MSR", "PAE",   "MCE", "CX8",   "APIC", NULL,
    "SEP",  "MTRR", "PGE",  "MCA", "CMOV", "PAT", "PSE36", "PSN", "CLFSH", NULL,   "DS",
    "ACPI", "MMX",  "FXSR", "SSE", "SSE2", "SS",  "HTT",   "TM",  NULL,    "PBE",
};

static const char *const cr0_names[32] = {
    [0] = "PE protected mode",
    [1] = "MP",
    [2] = "EM no x87",
    [3] = "TS",
    [4] = "ET x87",
    [5] = "NE",
    [16] = "WP read-only binds ring 0",
    [18] = "AM",
    [29] = "NW",
    [30] = "CD caches off",
    [31] = "PG paging",
};

static const char *const cr4_names[32] = {
    "VME", "PVI", "TSD", "DE", "PSE 4 MB pages", "PAE", "MCE", "PGE", "PCE", "OSFXSR", "OSXMMEXCPT",
};

static const char *const eflags_names[32] = {
    [0] = "CF",
    [2] = "PF",
    [4] = "AF",
    [6] = "ZF",
    [7] = "SF",
    [8] = "TF",
    [9] = "IF interrupts on",
    [10] = "DF",
    [11] = "OF",
    [14] = "NT",
    [17] = "VM",
    [18] = "AC",
};

static void print_brand(void)
{
    char brand[49] = "";
    if (cpuid(0x80000000).eax < 0x80000004 || cpuid(0x80000000).eax > 0x8000ffff)
        return;
    for (u32 i = 0; i < 3; i++) {
        Cpuid part = cpuid(0x80000002 + i);
        memcpy(brand + i * 16, &part, 16); /* Cpuid is in the order of the text: EAX to EDX */
    }
    print("  name      %s\n", brand);
}

static void print_identity(void)
{
    char vendor[13] = "";
    if (!processor_has_cpuid()) {
        print("  vendor    unknown: this 386 or 486 has no CPUID instruction\n");
        return;
    }
    Cpuid leaf = cpuid(0);
    memcpy(vendor, &leaf.ebx, 4);
    memcpy(vendor + 4, &leaf.edx, 4);
    memcpy(vendor + 8, &leaf.ecx, 4);
    print("  vendor    " VALUE "%s" PLAIN ", CPUID answers up to leaf %u\n", vendor, leaf.eax);
    print_brand();
    leaf = cpuid(1);
    u32 family = leaf.eax >> 8 & 15, model = leaf.eax >> 4 & 15;
    if (family == 6 || family == 15)
        model |= leaf.eax >> 12 & 0xf0;
    if (family == 15)
        family += leaf.eax >> 20 & 0xff;
    print("  version   family " VALUE "%u" PLAIN " model " VALUE "%u" PLAIN " stepping %u: a %s\n",
          family, model, leaf.eax & 15,
          family == 4   ? "486"
          : family == 5 ? "Pentium"
          : family == 6 ? "Pentium Pro or its heirs"
                        : "later one");
    print("  can do    ");
    print_bits(leaf.edx, features_edx, 14, "nothing more than a 486");
    if (leaf.edx >> 14) {
        print("\n            ");
        print_bits(leaf.edx >> 14, features_edx + 14, 18, "");
    }
    print("\n");
}

void command_cpu(const char *arguments)
{
    u16 code_segment, stack_segment, task_register;
    u32 stack_pointer;
    (void)arguments;
    asm("movw %%cs, %0" : "=r"(code_segment));
    asm("movw %%ss, %0" : "=r"(stack_segment));
    asm("str %0" : "=r"(task_register));
    asm("movl %%esp, %0" : "=r"(stack_pointer));
    TableRegister gdt = segment_table_register(), idt = interrupt_table_register();

    print_heading("cpu: what it is");
    print_identity();
    print_heading("cpu: the mode it is in");
    print("  CR0 " VALUE "%08x" PLAIN "  ", cr0_read());
    print_bits(cr0_read(), cr0_names, 32, "real mode");
    print("\n  CR3 " VALUE "%08x" PLAIN "  physical address of the page directory\n", cr3_read());
    if (processor_has_cpuid()) {
        print("  CR4 " VALUE "%08x" PLAIN "  ", cr4_read());
        print_bits(cr4_read(), cr4_names, 32, "no extension in use");
        print("\n");
    }
    print("  EFLAGS %08x  ", eflags_read());
    print_bits(eflags_read(), eflags_names, 32, "none set");
    print(", IOPL %u\n", eflags_read() >> 12 & 3);
    print("  CS " VALUE "%04x" PLAIN "       its low two bits are the privilege: ring " VALUE
          "%u" PLAIN ", the kernel\n",
          code_segment, code_segment & 3u);
    print("  SS:ESP %04x:%08x  the shell's stack in the kernel\n", stack_segment, stack_pointer);
    print("  GDTR %08x  %u segment descriptors       IDTR %08x  %u gates\n", gdt.base,
          (gdt.limit + 1u) / 8, idt.base, (idt.limit + 1u) / 8);
    print("  TR %04x       the task state segment, where ring 0's stack is written down\n",
          task_register);
    print("\n  So: 32-bit protected mode with paging, in ring 0. From here the kernel starts\n"
          "  programs in ring 3; " VALUE "protect" PLAIN " shows what they may not do.\n");
}
