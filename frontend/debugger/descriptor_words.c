#include "frontend/debugger/descriptor_words.h"

#include "cpu/task.h"

#include <inttypes.h>
#include <stdio.h>

static const char *system_name(unsigned type, bool long_mode)
{
    static const char *const legacy[16] = {
        [SYSTEM_TSS16] = "16-bit TSS",
        [SYSTEM_LDT] = "LDT",
        [SYSTEM_TSS16_BUSY] = "busy 16-bit TSS",
        [SYSTEM_CALL_GATE16] = "16-bit call gate",
        [SYSTEM_TASK_GATE] = "task gate",
        [SYSTEM_INTERRUPT_GATE16] = "16-bit interrupt gate",
        [SYSTEM_TRAP_GATE16] = "16-bit trap gate",
        [SYSTEM_TSS32] = "32-bit TSS",
        [SYSTEM_TSS32_BUSY] = "busy 32-bit TSS",
        [SYSTEM_CALL_GATE32] = "32-bit call gate",
        [SYSTEM_INTERRUPT_GATE32] = "32-bit interrupt gate",
        [SYSTEM_TRAP_GATE32] = "32-bit trap gate",
    };
    static const char *const wide[16] = {
        [SYSTEM_LDT] = "LDT",
        [SYSTEM_TSS32] = "64-bit TSS",
        [SYSTEM_TSS32_BUSY] = "busy 64-bit TSS",
        [SYSTEM_CALL_GATE32] = "64-bit call gate",
        [SYSTEM_INTERRUPT_GATE32] = "64-bit interrupt gate",
        [SYSTEM_TRAP_GATE32] = "64-bit trap gate",
    };
    const char *name = long_mode ? wide[type] : legacy[type];

    return name ? name : "reserved type";
}

static const char *code_width(u16 access, bool long_mode)
{
    if (long_mode && (access & ACCESS_L))
        return access & ACCESS_DB ? "(L and D: reserved)" : "64-bit";
    return access & ACCESS_DB ? "32-bit" : "16-bit";
}

void access_words(u16 access, bool long_mode, char *text, size_t size)
{
    const char *absent = access & ACCESS_P ? "" : ", not present";

    if (!(access & ACCESS_S))
        snprintf(text, size, "%s%s", system_name(access & ACCESS_TYPE, long_mode), absent);
    else if (access & ACCESS_CODE)
        snprintf(text, size, "%s code%s%s%s", code_width(access, long_mode),
                 access & ACCESS_RW ? ", readable" : ", execute only",
                 access & ACCESS_CONFORMING ? ", conforming" : "", absent);
    else
        snprintf(text, size, "%s data%s%s%s", access & ACCESS_DB ? "32-bit" : "16-bit",
                 access & ACCESS_RW ? ", writable" : ", read-only",
                 access & ACCESS_EXPAND_DOWN ? ", expand-down" : "", absent);
}

bool access_is_gate(u16 access)
{
    unsigned type = access & ACCESS_TYPE;

    return !(access & ACCESS_S) && (type == SYSTEM_TASK_GATE || (type & 4));
}

u16 gate_selector(Descriptor gate)
{
    return (u16)(gate >> 16);
}

u64 gate_offset(Descriptor gate, u64 upper)
{
    bool small = !(descriptor_access(gate) & 8);

    return (gate & 0xFFFF) | (small ? 0 : bits(gate, 63, 48) << 16 | (upper & 0xFFFFFFFF) << 32);
}

bool descriptor_is_wide(Descriptor descriptor, bool long_mode, bool idt)
{
    u16 access = descriptor_access(descriptor);

    return long_mode && (idt || (!(access & ACCESS_S) && (access & ACCESS_TYPE)));
}

void descriptor_words(Descriptor descriptor, u64 upper, bool long_mode, char *text, size_t size)
{
    u16 access = descriptor_access(descriptor);
    char kind[80];
    u64 base = descriptor_base(descriptor) | (upper & 0xFFFFFFFF) << 32;

    if (!(access & (ACCESS_S | ACCESS_TYPE | ACCESS_P))) {
        snprintf(text, size, "empty");
        return;
    }
    access_words(access, long_mode, kind, sizeof kind);
    if (access_is_gate(access) && access_type(access) == SYSTEM_TASK_GATE)
        snprintf(text, size, "TSS %04X, DPL %u, %s", gate_selector(descriptor), access_dpl(access),
                 kind);
    else if (access_is_gate(access))
        snprintf(text, size, "%04X:%08" PRIX64 ", DPL %u, %s", gate_selector(descriptor),
                 gate_offset(descriptor, upper), access_dpl(access), kind);
    else
        snprintf(text, size, "base %08" PRIX64 ", limit %08X, DPL %u, %s", base,
                 descriptor_limit(descriptor), access_dpl(access), kind);
}

void selector_words(u16 selector, char *text, size_t size)
{
    if (selector_is_null(selector))
        snprintf(text, size, "null selector, RPL %u", selector & 3u);
    else
        snprintf(text, size, "entry %u of the %s, RPL %u", (unsigned)selector >> 3,
                 selector & 4 ? "LDT" : "GDT", selector & 3u);
}

const char *vector_words(unsigned vector)
{
    static const char *const names[] = {
        "Divide Error",
        "Debug Exception",
        "Non-maskable Interrupt",
        "Breakpoint",
        "Overflow",
        "BOUND Range Exceeded",
        "Invalid Opcode",
        "Device Not Available",
        "Double Fault",
        "Coprocessor Segment Overrun",
        "Invalid TSS",
        "Segment Not Present",
        "Stack-Segment Fault",
        "General Protection",
        "Page Fault",
        "",
        "x87 Floating-Point Error",
        "Alignment Check",
        "Machine Check",
        "SIMD Floating-Point Exception",
        "Virtualization Exception",
        "Control Protection Exception",
    };

    return vector < COUNT_OF(names) ? names[vector] : "";
}
