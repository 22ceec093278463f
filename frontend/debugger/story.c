/*
 * Manual: Intel SDM Vol. 3, "Interrupt and Exception Handling", and there "Interrupt 8 - Double
 * Fault Exception".
 */
#include "frontend/debugger/story_inside.h"

#include "cpu/exception.h"
#include "frontend/debugger/descriptor_words.h"
#include "frontend/debugger/guest_memory.h"
#include "frontend/disassembly.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void story_add(StoryText *story, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(story->text + story->length, story->size - story->length, format, arguments);
    va_end(arguments);
    if (length > 0)
        story->length += (size_t)length;
    if (story->length >= story->size)
        story->length = story->size - 1;
}

void story_address(StoryText *story, u64 linear)
{
    char name[96];

    symbols_name_address(story->symbols, linear, name, sizeof name);
    story_add(story, "0x%08" PRIx64 "%s%s%s", linear, *name ? " <" : "", name, *name ? ">" : "");
}

/* ---- one fault ---- */

static bool is_contributory(unsigned vector)
{
    return vector == EXCEPTION_DE || (vector >= EXCEPTION_TS && vector <= EXCEPTION_GP);
}

/* Real mode pushes no error codes. */
static bool has_error_code(const StoryText *story, unsigned vector)
{
    return !cpu_real(story->cpu) &&
           (vector == EXCEPTION_PF || (vector >= EXCEPTION_TS && vector <= EXCEPTION_GP));
}

static void name_fault(StoryText *story, const FaultRecord *fault)
{
    story_add(story, "%s (%s)", exception_name(fault->vector), vector_words(fault->vector));
    if (has_error_code(story, fault->vector))
        story_add(story, ", error code 0x%x", fault->error_code);
    if (fault->vector == EXCEPTION_PF)
        story_add(story, ", CR2 0x%" PRIx64, fault->cr2);
}

/* The code segment is the present one's, as long as its selector is. */
static u64 fault_linear(const StoryText *story, const FaultRecord *fault)
{
    const Cpu *cpu = story->cpu;

    if (fault->cs == cpu->segments[CS].selector)
        return (cpu->segments[CS].base + fault->rip) & cpu->linear_mask;
    return cpu_protected(cpu) ? fault->rip : (u64)fault->cs * 16 + fault->rip;
}

static void tell_place(StoryText *story, const FaultRecord *fault)
{
    u64 linear = fault_linear(story, fault);
    u8 bytes[INSN_MAX_LENGTH];
    size_t got = guest_read(story->cpu, linear, bytes, sizeof bytes);
    const char *source;
    SourceLine line;
    char words[160];

    story_add(story, "  at %04x:%08" PRIx64 ", ", fault->cs, fault->rip);
    story_address(story, linear);
    if (symbols_line(story->symbols, linear, &line)) {
        story_add(story, ", %s:%u\n", line.file, line.line);
        source = symbols_source_text(story->symbols, line.file, line.line);
        if (source)
            story_add(story, "      %u  %s", line.line, source);
    }
    story_add(story, "\n");
    if (!got) {
        story_add(story, "  No instruction can be read there.\n");
        return;
    }
    disassemble_one(bytes, got, fault->rip, story->cpu->code_size, words, sizeof words);
    story_add(story, "  The instruction is: %s\n", words);
}

/* ---- the chain ---- */

/* The second met while the first was being delivered. */
static void tell_second(StoryText *story, const FaultRecord *first, const FaultRecord *second)
{
    story_add(story, "\nThe processor then went to deliver %s, vector %u:\n",
              exception_name(first->vector), first->vector);
    story_delivery(story, first->vector, false);
    story_add(story, "  So this led to ");
    name_fault(story, second);
    story_add(story, ".\n");
    if (second->vector == EXCEPTION_PF)
        story_page(story, second);
}

/* SDM: "Conditions for Generating a Double Fault". */
static bool is_double_fault(unsigned first, unsigned second)
{
    return (is_contributory(first) && is_contributory(second)) ||
           (first == EXCEPTION_PF && (is_contributory(second) || second == EXCEPTION_PF));
}

static void tell_last(StoryText *story, const FaultRecord *faults)
{
    const FaultRecord *last = &faults[2];

    if (!is_double_fault(faults[0].vector, faults[1].vector)) {
        story_add(
            story,
            "\n%s is no fault of the kind that makes a double fault, so the processor went to "
            "deliver\n%s, vector %u, and met an exception again:\n",
            exception_name(faults[0].vector), exception_name(faults[1].vector), faults[1].vector);
        story_delivery(story, faults[1].vector, false);
    }
    story_add(story,
              "\nTwo exceptions, one while delivering the other, make a double fault (#DF), so the "
              "processor\nwent to deliver vector 8:\n");
    story_delivery(story, EXCEPTION_DF, false);
    story_add(story, "  So this led to ");
    name_fault(story, last);
    story_add(story, ".\n");
    if (last->vector == EXCEPTION_PF)
        story_page(story, last);
    story_add(story,
              "\nThere is nothing left that the processor could try: it shuts down. That is a "
              "triple fault; a PC is\nreset by it.\n");
}

void story_tell(Cpu *cpu, Symbols *symbols, char *text, size_t size)
{
    StoryText story = {.cpu = cpu, .symbols = symbols, .text = text, .size = size};
    const FaultRecord *faults = cpu->faults;
    unsigned count = cpu->fault_count;

    *text = '\0';
    story.cpl = cpu_protected(cpu) ? faults[0].cs & 3 : cpu->cpl;
    if (!count) {
        story_add(&story, "The processor has met no exception yet.\n");
        return;
    }
    name_fault(&story, &faults[0]);
    story_add(&story, "\n");
    tell_place(&story, &faults[0]);
    story_cause(&story, &faults[0]);
    if (count > 1)
        tell_second(&story, &faults[0], &faults[1]);
    if (count > 2 && (cpu->attention & ATTEND_SHUTDOWN))
        tell_last(&story, faults);
    else if (count > 2)
        tell_second(&story, &faults[1], &faults[2]);
}

void story_of_vector(Cpu *cpu, Symbols *symbols, u8 vector, bool software, char *text, size_t size)
{
    StoryText story = {.cpu = cpu, .symbols = symbols, .cpl = cpu->cpl, .text = text, .size = size};

    *text = '\0';
    story_add(&story, "Vector %u%s%s%s, if it came now%s:\n", vector,
              *vector_words(vector) ? " (" : "", vector_words(vector),
              *vector_words(vector) ? ")" : "", software ? " by INT n" : "");
    if (story_delivery(&story, vector, software))
        story_add(&story, "  Its handler would be reached.\n");
}
