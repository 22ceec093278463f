/* The shell: reads a line, finds the command, runs it. */
#pragma once
#include "types.h"

typedef struct Command {
    const char *name;
    const char *arguments; /* "" or like "ADDRESS" */
    const char *summary;
    const char *sources;  /* what to read */
    const char *function; /* where a breakpoint is worth its while */
    void (*run)(const char *arguments);
} Command;

const Command *shell_commands(unsigned *count);
void shell(void *argument);
