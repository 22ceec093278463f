/*
 * Inside of story*.c.
 */
#ifndef FRONTEND_DEBUGGER_STORY_INSIDE_H
#define FRONTEND_DEBUGGER_STORY_INSIDE_H

#include "frontend/debugger/story.h"

typedef struct StoryText {
    Cpu *cpu;
    Symbols *symbols;
    unsigned cpl;       /* as it was before the exception */
    char *text;
    size_t size, length;
} StoryText;

PRINTF_LIKE(2, 3) void story_add(StoryText *story, const char *format, ...);
/* "0x1234 <name>" */
void story_address(StoryText *story, u64 linear);

/* story_causes.c: why an instruction met this exception. */
void story_cause(StoryText *story, const FaultRecord *fault);
/* Of an error code that names a descriptor. */
void story_selector(StoryText *story, u32 error_code);
/* Of a page fault. */
void story_page(StoryText *story, const FaultRecord *fault);

/* story_delivery.c: follows the processor on its way to the handler of `vector`. Says of each thing what it
 * is, up to the rule that is broken; true when none is. */
bool story_delivery(StoryText *story, u8 vector, bool software);

#endif
