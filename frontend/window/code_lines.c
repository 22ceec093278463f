#include "frontend/window/code_lines.h"

#include "frontend/debugger/guest_memory.h"
#include "frontend/disassembly.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LINES = 256, MOST_BYTES = MOST_LINES * INSN_MAX_LENGTH };

typedef struct Lines {
    CodeLine *lines;
    unsigned count, wanted;
} Lines;

static void add_line(void *owner, u64 address, const u8 *bytes, u64 length, const char *words)
{
    Lines *lines = owner;
    CodeLine *line = &lines->lines[lines->count];

    if (lines->count == lines->wanted)
        return;
    /* What the disassembler cannot read is left over as one piece: a byte at a time. */
    if (strcmp(words, "(bad)") == 0)
        length = 1;
    *line = (CodeLine){.linear = address, .length = (u8)length};
    memcpy(line->bytes, bytes, length);
    snprintf(line->words, sizeof line->words, "%s", words);
    lines->count++;
}

static u64 end_of(const Lines *lines)
{
    const CodeLine *last = &lines->lines[lines->count - 1];

    return last->linear + last->length;
}

/* The instruction pointer wraps where the mode has it wrap; the panel need not. */
static u64 displayed_base(const Cpu *cpu)
{
    return cpu->code_size == 2 ? cpu->segments[CS].base : 0;
}

static void none_from(Lines *lines, u64 linear)
{
    for (; lines->count < lines->wanted; lines->count++, linear++) {
        lines->lines[lines->count] = (CodeLine){.linear = linear};
        snprintf(lines->lines[lines->count].words, sizeof lines->lines[0].words, "%s",
                 "(no memory here)");
    }
}

void code_lines(Cpu *cpu, u64 linear, CodeLine *lines, unsigned count)
{
    Lines found = {lines, 0, count};
    u64 base = displayed_base(cpu);
    size_t length;
    u8 bytes[MOST_BYTES];

    assert(count <= MOST_LINES);
    length = guest_read(cpu, linear & cpu->linear_mask, bytes, count * INSN_MAX_LENGTH);
    if (!length) {
        none_from(&found, linear);
        return;
    }
    /* Jumps are named by their offset within CS, as the code has them. */
    for (size_t done = 0; done < length && found.count < count;) {
        disassemble(bytes + done, length - done, linear + done - base, cpu->code_size, add_line,
                    &found);
        done = end_of(&found) + base - linear;
    }
    for (unsigned i = 0; i < found.count; i++)
        lines[i].linear += base;
    none_from(&found, linear + length);
}

u64 code_before(Cpu *cpu, u64 linear, unsigned count)
{
    enum { TRIES = INSN_MAX_LENGTH };
    CodeLine lines[MOST_LINES];
    u64 best = linear;
    unsigned best_back = 0;

    if (count > MOST_LINES / 4)
        count = MOST_LINES / 4;
    for (unsigned extra = 0; extra < TRIES && best_back < count; extra++) {
        u64 start = linear - (u64)count * 4 - extra;
        unsigned i;

        if (start > linear)
            break;
        code_lines(cpu, start, lines, 4 * count);
        for (i = 0; i < 4 * count && lines[i].length && lines[i].linear < linear; i++)
            ;
        if (i == 4 * count || !lines[i].length || lines[i].linear != linear || i <= best_back)
            continue;
        best_back = i < count ? i : count;
        best = lines[i - best_back].linear;
    }
    return best;
}

bool code_target(Cpu *cpu, const CodeLine *line, u64 *linear)
{
    const char *space = strchr(line->words, ' ');
    u8 first = line->bytes[0];
    char *end;
    u64 value;

    if (!line->length || !space || strncmp(space, " 0x", 3) != 0 ||
        (*line->words != 'j' && strncmp(line->words, "call", 4) != 0 &&
         strncmp(line->words, "loop", 4) != 0) ||
        first == 0x9A || first == 0xEA)
        return false;
    value = strtoull(space + 1, &end, 16);
    *linear = (value + displayed_base(cpu)) & cpu->linear_mask;
    return *end == '\0';
}
