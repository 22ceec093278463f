/*
 * Exceptions in words: what the processor was doing, which rule was broken, and why it could not be
 * told to the guest, up to the triple fault. It looks at the machine as it is now, so it is right as
 * long as nothing has run since.
 */
#ifndef FRONTEND_DEBUGGER_STORY_H
#define FRONTEND_DEBUGGER_STORY_H

#include "cpu/cpu.h"
#include "frontend/debugger/symbols.h"

enum { STORY = 8192 };

/* The last exception, and those met while it was delivered. Lines end with "\n". */
void story_tell(Cpu *cpu, Symbols *symbols, char *text, size_t size);

/* What would happen if `vector` was to be delivered now, by INT n or (not `software`) as an exception. */
void story_of_vector(Cpu *cpu, Symbols *symbols, u8 vector, bool software, char *text, size_t size);

#endif
