/*
 * Which rule an instruction broke. The processor says it by vector and error code; the rest is
 * found by looking at the instruction and at what it used.
 * Manual: Intel SDM Vol. 3, "Exception and Interrupt Reference", "Privileged Instructions".
 *
 * Not implemented: reasons for #GP(0) of single instructions beyond privilege and segment limits.
 */
#include "frontend/debugger/story_inside.h"

#include "cpu/exception.h"
#include "frontend/debugger/descriptor_words.h"
#include "frontend/debugger/expression.h"
#include "frontend/debugger/guest_memory.h"
#include "frontend/debugger/page_walk.h"
#include "frontend/disassembly.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- error codes ---- */

static const char *nearby_table(const Cpu *cpu, u64 linear)
{
    u64 stack = cpu->segments[SS].base + (cpu->gpr[RSP] & cpu->stack_mask);

    if (linear - cpu->idtr.base <= cpu->idtr.limit)
        return "That address is in the IDT: the gate could not be read.";
    if (linear - cpu->gdtr.base <= cpu->gdtr.limit)
        return "That address is in the GDT: the descriptor could not be read.";
    if ((cpu->segments[TR].access & ACCESS_P) &&
        linear - cpu->segments[TR].base <= cpu->segments[TR].limit)
        return "That address is in the TSS: the stack of the inner ring could not be read.";
    if (stack - linear <= 256 || linear - stack <= 256)
        return "That address is at the top of the stack: has it overflown, or is ESP wrong?";
    return NULL;
}

void story_page(StoryText *story, const FaultRecord *fault)
{
    u32 code = fault->error_code;
    const char *nearby = nearby_table(story->cpu, fault->cr2);
    char words[256];
    PageWalk walk;

    story_add(story, "  It was a %s by %s, and ",
              code & PF_FETCH   ? "fetch of an instruction"
              : code & PF_WRITE ? "write"
                                : "read",
              code & PF_USER ? "user code (ring 3)" : "the kernel (rings 0 to 2)");
    if (code & PF_RESERVED)
        story_add(story, "an entry of the page tables has reserved bits set.\n");
    else if (code & PF_PRESENT)
        story_add(story, "the page is there, but its rights do not allow that.\n");
    else
        story_add(story, "the page is not present.\n");
    if (nearby)
        story_add(story, "  %s\n", nearby);
    else if (fault->cr2 < PAGE_SIZE)
        story_add(story, "  An address so near to 0 is mostly a null pointer.\n");
    page_walk(story->cpu, fault->cr2, &walk);
    for (unsigned i = 0; i < walk.depth; i++) {
        page_entry_words(&walk, i, words, sizeof words);
        story_add(story, "    %-5s %4u = 0x%0*" PRIx64 "  %s\n", walk.levels[i].name,
                  walk.levels[i].index, (int)walk.entry_size * 2, walk.levels[i].entry, words);
    }
}

void story_selector(StoryText *story, u32 error_code)
{
    unsigned index = error_code >> 3 & 0x1FFF;
    u16 selector = (u16)(error_code & 0xFFFC);
    char words[256];
    Descriptor descriptor;

    if (error_code & 2) {
        story_add(story, "  The error code says: it is about entry %u of the IDT%s.\n", index,
                  error_code & 1 ? ", while an event from outside was served" : "");
        story_delivery(story, (u8)index, !(error_code & 1));
        return;
    }
    if (!selector)
        return;
    story_add(story, "  The error code says: it is about selector %04x, entry %u of the %s%s.\n",
              selector, index, selector & 4 ? "LDT" : "GDT",
              error_code & 1 ? ", while an event from outside was served" : "");
    if (!guest_read_descriptor(story->cpu, selector, &descriptor)) {
        story_add(story, "  That lies outside of the table, or the table cannot be read.\n");
        return;
    }
    descriptor_words(descriptor, 0, cpu_long(story->cpu), words, sizeof words);
    story_add(story, "  It is: %s.\n", words);
}

/* ---- #GP(0) and #SS(0) ---- */

static bool begins_with_one_of(const char *words, const char *list)
{
    size_t length = strcspn(words, " ");

    for (const char *at = list; *at; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");

        if (size == length && !strncmp(at, words, size))
            return true;
        at += size;
    }
    return false;
}

static bool broke_privilege(StoryText *story, const char *words)
{
    static const char privileged[] =
        "hlt lgdt lidt lldt ltr lmsw clts invd wbinvd invlpg rdmsr wrmsr "
        "rdpmc sysexit sysret swapgs xsetbv";
    static const char flags[] = "cli sti in out insb insd insw outsb outsd outsw";
    const Cpu *cpu = story->cpu;
    bool system = begins_with_one_of(words, privileged) ||
                  (!strncmp(words, "mov ", 4) && (strstr(words, "cr") || strstr(words, "dr")));

    if (system && story->cpl) {
        story_add(story, "  Only ring 0 may execute it, and CPL is %u.\n", story->cpl);
        return true;
    }
    if (begins_with_one_of(words, flags) && story->cpl > cpu_iopl(cpu)) {
        story_add(story,
                  "  CPL is %u, above IOPL %u; for a port, the TSS's permission bitmap does not "
                  "allow it either.\n",
                  story->cpl, cpu_iopl(cpu));
        return true;
    }
    return false;
}

/* The segment that "[ebp - 4]" or "es:[edi]" goes through. */
static SegmentRegister operand_segment(const char *words, const char *bracket)
{
    static const struct {
        const char *name;
        SegmentRegister reg;
    } names[] = {{"es:", ES}, {"cs:", CS}, {"ss:", SS}, {"ds:", DS}, {"fs:", FS}, {"gs:", GS}};

    for (unsigned i = 0; i < COUNT_OF(names); i++)
        if (bracket - words >= 3 && !strncmp(bracket - 3, names[i].name, 3))
            return names[i].reg;
    if (!strncmp(bracket + 1, "bp", 2) || !strncmp(bracket + 2, "bp", 2) ||
        !strncmp(bracket + 2, "sp", 2))
        return SS;
    return DS;
}

static const char segment_names[][3] = {"ES", "CS", "SS", "DS", "FS", "GS"};

static void tell_operand(StoryText *story, const char *words)
{
    const char *bracket = strchr(words, '['), *end = bracket ? strchr(bracket, ']') : NULL;
    const Segment *segment;
    SegmentRegister reg;
    Expression *expression;
    char offset_text[128], error[128], kind[96];
    bool known = false;
    u64 offset;

    if (!end || story->cpu->code_size == 8)
        return;
    reg = operand_segment(words, bracket);
    segment = &story->cpu->segments[reg];
    snprintf(offset_text, sizeof offset_text, "%.*s", (int)(end - bracket - 1), bracket + 1);
    expression = expression_compile(offset_text, NULL, error, sizeof error);
    if (expression)
        known = expression_evaluate(expression, story->cpu, &offset, error, sizeof error);
    expression_free(expression);
    if (!segment->access) {
        story_add(story, "  It uses memory through %s, which holds a null selector.\n",
                  segment_names[reg]);
        return;
    }
    access_words(segment->access, false, kind, sizeof kind);
    story_add(story, "  It uses memory through %s, which is %s with the limit 0x%x",
              segment_names[reg], kind, segment->limit);
    if (known)
        story_add(story, "; the offset is 0x%" PRIx64 "%s", offset & 0xFFFFFFFF,
                  (offset & 0xFFFFFFFF) > segment->limit && !(segment->access & ACCESS_EXPAND_DOWN)
                      ? ", beyond it"
                      : "");
    story_add(story, ".\n");
}

static void explain_protection(StoryText *story, const FaultRecord *fault)
{
    u64 linear = (story->cpu->segments[CS].base + fault->rip) & story->cpu->linear_mask;
    u8 bytes[INSN_MAX_LENGTH];
    size_t got = guest_read(story->cpu, linear, bytes, sizeof bytes);
    char words[160] = "";

    if ((fault->error_code & 0xFFFC) && !cpu_real(story->cpu)) {
        story_selector(story, fault->error_code);
        return;
    }
    if (got)
        disassemble_one(bytes, got, fault->rip, story->cpu->code_size, words, sizeof words);
    if (cpu_real(story->cpu) && !strncmp(words, "int ", 4))
        story_delivery(story, (u8)strtoul(words + 4, NULL, 0), true);
    else if (!broke_privilege(story, words))
        tell_operand(story, words);
}

/* ---- the others ---- */

static const char *simple_cause(const Cpu *cpu, unsigned vector)
{
    switch (vector) {
    case EXCEPTION_DE:
        return "The divisor is 0, or the quotient does not fit its register.";
    case EXCEPTION_DB:
        return "A debug condition was met: single step (TF), or a breakpoint in DR0 to DR3.";
    case EXCEPTION_BP:
        return "INT3 was executed: a breakpoint that somebody has put there.";
    case EXCEPTION_OF:
        return "INTO was executed with OF set.";
    case EXCEPTION_BR:
        return "BOUND found its index outside of the bounds.";
    case EXCEPTION_UD:
        return "This processor has no such instruction, or not with these operands or in this "
               "mode. "
               "Is that code at all?";
    case EXCEPTION_NM:
        return cpu->cr0 & CR0_EM ? "CR0.EM is set: there is no x87 for this program."
                                 : "CR0.TS is set: the x87 and SSE registers are another task's.";
    case EXCEPTION_MF:
        return "An x87 instruction before this one met an exception that is not masked.";
    case EXCEPTION_AC:
        return "The address is not aligned, and CR0.AM and EFLAGS.AC ask for that in ring 3.";
    case EXCEPTION_XM:
        return "An SSE instruction met a floating-point exception that MXCSR does not mask.";
    default:
        return NULL;
    }
}

void story_cause(StoryText *story, const FaultRecord *fault)
{
    const char *simple = simple_cause(story->cpu, fault->vector);

    switch (fault->vector) {
    case EXCEPTION_PF:
        story_page(story, fault);
        break;
    case EXCEPTION_TS:
    case EXCEPTION_NP:
        story_selector(story, fault->error_code);
        break;
    case EXCEPTION_SS:
    case EXCEPTION_GP:
        explain_protection(story, fault);
        break;
    default:
        if (simple)
            story_add(story, "  %s\n", simple);
        break;
    }
}
