/*
 * The way of an event to its handler, with the checks in the processor's order.
 * Manual: Intel SDM Vol. 3, "Exception- or Interrupt-Handler Procedures", "Interrupt Tasks", "Stack
 * Switching"; Vol. 2, "Call to Interrupt Procedure".
 *
 * Not implemented: the checks of a task switch beyond its TSS descriptor, shadow stacks.
 */
#include "frontend/debugger/story_inside.h"

#include "cpu/exception.h"
#include "cpu/task.h"
#include "frontend/debugger/descriptor_words.h"
#include "frontend/debugger/guest_memory.h"
#include "mmu/paging.h"

#include <inttypes.h>
#include <string.h>

static void tell_unmapped(StoryText *story, u64 linear, const char *what)
{
    story_add(story, "  %s at 0x%" PRIx64 " cannot be read: its page is not mapped.\n", what,
              linear);
}

/* ---- real mode ---- */

static bool deliver_real(StoryText *story, u8 vector)
{
    const Cpu *cpu = story->cpu;
    u64 entry;

    if (vector * 4u + 3 > cpu->idtr.limit) {
        story_add(story,
                  "  The table of vectors at 0x%" PRIx64 " ends before it: its limit is 0x%x.\n",
                  cpu->idtr.base, cpu->idtr.limit);
        return false;
    }
    if (!guest_read_number(story->cpu, cpu->idtr.base + vector * 4u, DWORD, &entry)) {
        story_add(story, "  The vector at 0x%" PRIx64 " cannot be read.\n",
                  cpu->idtr.base + vector * 4u);
        return false;
    }
    story_add(story, "  Its vector at 0x%" PRIx64 " is %04" PRIx64 ":%04" PRIx64 ", ",
              cpu->idtr.base + vector * 4u, entry >> 16, entry & 0xFFFF);
    story_address(story, (entry >> 16) * 16 + (entry & 0xFFFF));
    story_add(story, ".\n");
    return true;
}

/* ---- protected and long mode ---- */

static bool find_gate(StoryText *story, u8 vector, bool software, Descriptor *gate, u64 *upper)
{
    const Cpu *cpu = story->cpu;
    bool long_mode = cpu_long(cpu);
    unsigned size = long_mode ? 16 : 8, type;
    u64 linear = cpu_system_linear(cpu, cpu->idtr.base + (u64)vector * size);
    char words[160];

    if ((u64)vector * size + size - 1 > cpu->idtr.limit) {
        story_add(story,
                  "  The IDT at 0x%" PRIx64 " ends before its gate: the limit is 0x%x, so it has "
                  "%u entries.\n",
                  cpu->idtr.base, cpu->idtr.limit, (cpu->idtr.limit + 1u) / size);
        return false;
    }
    *upper = 0;
    if (!guest_read_number(story->cpu, linear, QWORD, gate) ||
        (long_mode && !guest_read_number(story->cpu, linear + 8, QWORD, upper))) {
        tell_unmapped(story, linear, "Its gate");
        return false;
    }
    descriptor_words(*gate, *upper, long_mode, words, sizeof words);
    story_add(story, "  Its gate, entry %u of the IDT at 0x%" PRIx64 ", is: %s.\n", vector,
              cpu->idtr.base, words);
    type = access_type(descriptor_access(*gate));
    if ((descriptor_access(*gate) & ACCESS_S) ||
        !(type == 14 || type == 15 || (!long_mode && (type == 5 || type == 6 || type == 7)))) {
        story_add(story, "  That is no interrupt, trap or task gate.\n");
        return false;
    }
    if (software && access_dpl(descriptor_access(*gate)) < story->cpl) {
        story_add(story, "  INT n may use it only from rings up to its DPL %u, and CPL is %u.\n",
                  access_dpl(descriptor_access(*gate)), story->cpl);
        return false;
    }
    if (!(descriptor_access(*gate) & ACCESS_P)) {
        story_add(story, "  It is not present: its P bit is clear.\n");
        return false;
    }
    return true;
}

static bool find_code(StoryText *story, u16 selector, u16 *access)
{
    const Cpu *cpu = story->cpu;
    Descriptor code;
    char words[160];
    u64 linear;

    if (selector_is_null(selector)) {
        story_add(story, "  Its code segment is a null selector.\n");
        return false;
    }
    if (!descriptor_locate(cpu, selector, &linear)) {
        story_add(story, "  Its code segment %04x lies outside of the %s, whose limit is 0x%x.\n",
                  selector, selector & 4 ? "LDT" : "GDT",
                  selector & 4 ? cpu->segments[LDTR].limit : cpu->gdtr.limit);
        return false;
    }
    if (!guest_read_number(story->cpu, linear, QWORD, &code)) {
        tell_unmapped(story, linear, "Its code segment's descriptor");
        return false;
    }
    descriptor_words(code, 0, cpu_long(cpu), words, sizeof words);
    story_add(story, "  Its code segment %04x is: %s.\n", selector, words);
    *access = descriptor_access(code);
    if (!(*access & ACCESS_S) || !(*access & ACCESS_CODE))
        story_add(story, "  That is no code segment.\n");
    else if (cpu_long(cpu) && (!(*access & ACCESS_L) || (*access & ACCESS_DB)))
        story_add(story, "  In long mode a handler is 64-bit code.\n");
    else if (access_dpl(*access) > story->cpl)
        story_add(story, "  Its DPL %u is above CPL %u: a handler is never less privileged.\n",
                  access_dpl(*access), story->cpl);
    else if (!(*access & ACCESS_P))
        story_add(story, "  It is not present: its P bit is clear.\n");
    else
        return true;
    return false;
}

/* May the kernel push there? */
static bool check_stack(StoryText *story, u64 linear, const char *what)
{
    Cpu *cpu = story->cpu;
    Translation page;

    if (!mmu_peek(&cpu->mmu, cpu_system_linear(cpu, linear - 1), &page)) {
        story_add(story, "  %s at 0x%" PRIx64 " is not mapped, so nothing can be pushed there.\n",
                  what, linear);
        return false;
    }
    if (!page.writable && (cpu->cr0 & CR0_WP)) {
        story_add(story, "  %s at 0x%" PRIx64 " is in a read-only page.\n", what, linear);
        return false;
    }
    return true;
}

/* SDM: "Stack Switching". */
static bool check_inner_stack(StoryText *story, unsigned ring)
{
    Cpu *cpu = story->cpu;
    const Segment *tr = &cpu->segments[TR];
    bool wide = tr->access & 8;
    unsigned offset = cpu_long(cpu) ? 4 + ring * 8 : wide ? 4 + ring * 8 : 2 + ring * 4;
    Size size = cpu_long(cpu) ? QWORD : wide ? DWORD : WORD;
    u64 stack = 0, selector = 0;
    Descriptor descriptor;

    if (!(tr->access & ACCESS_P) || offset + size + 1 > tr->limit) {
        story_add(story, "  The stack of ring %u is to be found in the TSS, but TR holds none%s.\n",
                  ring, tr->access & ACCESS_P ? " that is long enough" : "");
        return false;
    }
    if (!guest_read_number(cpu, tr->base + offset, size, &stack) ||
        (size != QWORD && !guest_read_number(cpu, tr->base + offset + size, WORD, &selector))) {
        tell_unmapped(story, tr->base + offset, "The TSS");
        return false;
    }
    if (size == QWORD) {
        story_add(story, "  The TSS says that the stack of ring %u is at 0x%" PRIx64 ".\n", ring,
                  stack);
        return check_stack(story, stack, "That stack");
    }
    story_add(story,
              "  The TSS says that the stack of ring %u is at %04" PRIx64 ":%08" PRIx64 ".\n", ring,
              selector, stack);
    if (!guest_read_descriptor(cpu, (u16)selector, &descriptor)) {
        story_add(story, "  That selector names no descriptor.\n");
        return false;
    }
    return check_stack(story, descriptor_base(descriptor) + stack, "That stack");
}

static bool go_through_gate(StoryText *story, Descriptor gate, u64 upper)
{
    Cpu *cpu = story->cpu;
    u64 offset = gate_offset(gate, upper);
    unsigned ring;
    u16 access;

    if (!find_code(story, gate_selector(gate), &access))
        return false;
    ring = access_is_conforming(access) ? story->cpl : access_dpl(access);
    if (ring < story->cpl && !check_inner_stack(story, ring))
        return false;
    if (ring == story->cpl &&
        !check_stack(story, cpu->segments[SS].base + (cpu->gpr[RSP] & cpu->stack_mask),
                     "The stack"))
        return false;
    story_add(story, "  Its handler is ");
    story_address(story, offset);
    story_add(story, ".\n");
    return true;
}

bool story_delivery(StoryText *story, u8 vector, bool software)
{
    Descriptor gate;
    u64 upper;

    if (cpu_real(story->cpu))
        return deliver_real(story, vector);
    if (!find_gate(story, vector, software, &gate, &upper))
        return false;
    if (access_type(descriptor_access(gate)) != SYSTEM_TASK_GATE)
        return go_through_gate(story, gate, upper);
    story_add(story, "  It leads to another task.\n");
    return true;
}
