/* `about`, `clear`, `help`. */
#include "commands.h"
#include "console.h"
#include "shell.h"
#include "text.h"

typedef struct Step {
    const char *file, *what, *where;
} Step;

static const Step way[] = {
    {"boot.asm", "the BIOS reads 512 bytes; they read the rest", "real mode"},
    {"setup.asm", "asks the BIOS for the memory map, a last time", "real mode"},
    {"entry.asm", "turns paging on, jumps up to C0009000", "protected mode"},
    {"kernel.c", "wakes up screen, memory, interrupts, tasks", "ring 0"},
    {"shell.c", "reads what you type and calls a command", "ring 0, a task"},
    {"user/*.c", "the programs that some commands start", "ring 3"},
};

void command_about(const char *arguments)
{
    (void)arguments;
    print_heading("about");
    print("This is the classroom guest of vitrine, an educational PC in software. It is a\n"
          "whole operating system, only small: 5000 lines of C and 500 of assembly, made to\n"
          "be read. They lie in " VALUE "roms/classroom/" PLAIN
          ". The way from power-on to this line:\n\n");
    for (unsigned i = 0; i < LENGTH(way); i++)
        print("  " TITLE "%-10s" PLAIN "  %-48s" FAINT "%s\n", way[i].file, way[i].what,
              way[i].where);
    print(VALUE "\nhelp COMMAND" PLAIN " names the files behind a command.\n");
}

void command_clear(const char *arguments)
{
    (void)arguments;
    console_clear();
}

static void help_on(const Command *command)
{
    print_heading(command->name);
    print("  " VALUE "%s %s" PLAIN "\n  %s\n", command->name, command->arguments, command->summary);
    print("  Read:      " TITLE "%s" PLAIN " in roms/classroom/\n", command->sources);
    print("  Break at:  " TITLE "%s" PLAIN ", in the debugger\n", command->function);
}

void command_help(const char *arguments)
{
    unsigned count;
    const Command *commands = shell_commands(&count);
    if (*arguments) {
        for (unsigned i = 0; i < count; i++)
            if (text_equal(arguments, commands[i].name)) {
                help_on(&commands[i]);
                return;
            }
        print("There is no command '%s'.\n", arguments);
        return;
    }
    print_heading("help");
    for (unsigned i = 0; i < count; i++)
        print("  " VALUE "%-11s" FAINT "%-11s" PLAIN "%s\n", commands[i].name,
              commands[i].arguments, commands[i].summary);
    print(FAINT
          "  help COMMAND names the files to read.  Tab completes, Ctrl-C drops a line.\n" PLAIN);
}
