/*
 * Guest code as lines, around an address in the middle of it.
 */
#ifndef FRONTEND_WINDOW_CODE_LINES_H
#define FRONTEND_WINDOW_CODE_LINES_H

#include "cpu/cpu.h"

typedef struct CodeLine {
    u64 linear;
    u8 bytes[INSN_MAX_LENGTH];
    u8 length;              /* 0: there is no memory */
    char words[80];
} CodeLine;

/* `count` lines from `linear` on, as the processor would decode them now. */
void code_lines(Cpu *cpu, u64 linear, CodeLine *lines, unsigned count);

/* An address about `count` instructions before `linear` from which decoding arrives there. x86 code
 * cannot be read backwards with certainty; this is what decoders agree on most. */
u64 code_before(Cpu *cpu, u64 linear, unsigned count);

/* Where a jump or call with a direct target goes to; false: it is none. */
bool code_target(Cpu *cpu, const CodeLine *line, u64 *linear);

#endif
