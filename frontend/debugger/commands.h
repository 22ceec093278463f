/*
 * The commands of the debugger, which the prompt, the window's command line and gdb's `monitor`
 * share: one table with names, arguments, help and completion. Words are gdb's where gdb has them, and those of
 * QEMU's human monitor where courses use them. docs/debugger.md lists them.
 */
#ifndef FRONTEND_DEBUGGER_COMMANDS_H
#define FRONTEND_DEBUGGER_COMMANDS_H

#include "frontend/debugger/debugger.h"

/* Where a command's answer goes: pieces of text, lines end with "\n". */
typedef struct CommandSink {
    void (*write)(void *owner, const char *text, size_t length);
    void *owner;
} CommandSink;

/* What only the loop around the machine can do. A command whose function is NULL says that it cannot
 * be done here. */
typedef struct CommandHost {
    void *owner;
    void (*quit)(void *owner);
    void (*reset)(void *owner);
} CommandHost;

typedef enum CommandResult {
    COMMAND_DONE,
    COMMAND_RUNS,       /* the machine has a goal now: the answer is complete when it has stopped */
} CommandResult;

/* What one face keeps between its commands: the last address, the last command, $variables. */
typedef struct Commands Commands;
Commands *commands_create(Debugger *debugger, const CommandHost *host);     /* NULL: out of memory */
void commands_destroy(Commands *commands);

/* One line, of whatever bytes. An empty one repeats the last command, where that makes sense. With
 * COMMAND_DONE a stop that the command itself brought about (`stop`, `reverse-step`) has been told. */
CommandResult commands_execute(Commands *commands, const char *line, const CommandSink *sink);

/* Says why and where the machine has stopped: for each new debugger_stop_count(). */
void commands_tell_stop(Commands *commands, const CommandSink *sink);

/* Calls for each word that could stand where the last word of `line` (up to the cursor) begins. */
typedef void CommandWord(void *owner, const char *word);
void commands_complete(Commands *commands, const char *line, CommandWord *word, void *owner);

/* The table, for documentation: row `index`, or NULL past the last. */
typedef struct CommandRow CommandRow;
const CommandRow *commands_row(unsigned index);
const char *command_name(const CommandRow *row);        /* "info registers" */
const char *command_short(const CommandRow *row);       /* other names, "b br"; "" */
const char *command_group(const CommandRow *row);       /* the heading it stands under */
const char *command_arguments(const CommandRow *row);   /* "[COUNT]"; "" */
const char *command_help(const CommandRow *row);        /* one line */
const char *command_details(const CommandRow *row);     /* more lines, or "" */

#endif
