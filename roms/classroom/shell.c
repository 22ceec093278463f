/* The shell: the task that the user talks to. */
#include "shell.h"
#include "commands.h"
#include "console.h"
#include "line.h"
#include "text.h"

#define PROMPT GOOD "vitrine> " PLAIN

// clang-format off
static const Command commands[] = {
    {"about",      "",          "what this is, and where to begin reading",
     "kernel.c shell.c", "kernel_main", command_about},
    {"clear",      "",          "wipe the screen",
     "console.c screen.c", "screen_clear", command_clear},
    {"cpu",        "",          "what the processor is, and the mode it is in",
     "commands_cpu.c processor.h", "command_cpu", command_cpu},
    {"crash",      "yes",       "a triple fault: the machine resets",
     "commands_power.c", "power_crash", command_crash},
    {"disk",       "[SECTOR]",  "read a sector, byte for byte",
     "disk.c commands_devices.c", "disk_read", command_disk},
    {"draw",       "",          "a picture in 256 colours",
     "picture.c vga.c", "vga_set_mode", command_draw},
    {"fault",      "",          "page faults that bring memory",
     "demand.c faults.c user/touch.c", "demand_page", command_fault},
    {"help",       "[COMMAND]", "this list, or which files a command is made of",
     "commands_about.c", "command_help", command_help},
    {"interrupts", "",          "who interrupts, how often, and what happens then",
     "interrupts.c stubs.asm descriptors.c", "interrupt_dispatch", command_interrupts},
    {"memory",     "",          "the map of the memory, and who owns each frame",
     "frames.c setup.asm", "frame_allocate", command_memory},
    {"off",        "",          "switch the machine off, by ACPI",
     "power.c", "power_off", command_off},
    {"pages",      "[ADDRESS]", "follow an address through the page tables",
     "paging.c commands_memory.c", "page_map", command_pages},
    {"pci",        "",          "which chips sit on the board, and where",
     "pci.c commands_board.c", "pci_read", command_pci},
    {"protect",    "",          "a program breaks the rules: nine times caught",
     "user/rebel.c faults.c commands_programs.c", "fault_handle", command_protect},
    {"reboot",     "",          "start all over",
     "power.c", "power_reset", command_reboot},
    {"segments",   "",          "the descriptor table, bit by bit",
     "descriptors.c commands_board.c", "descriptors_init", command_segments},
    {"syscall",    "",          "from ring 3 to ring 0 and back, step by step",
     "system_calls.c stubs.asm user/hello.c", "system_call", command_syscall},
    {"tasks",      "",          "four programs at once on one processor",
     "tasks.c stubs.asm user/worker.c", "switch_stack", command_tasks},
    {"time",       "",          "the clocks of a PC, side by side",
     "timer.c commands_devices.c", "timer_interrupt", command_time},
};
// clang-format on

const Command *shell_commands(unsigned *count)
{
    *count = LENGTH(commands);
    return commands;
}

static unsigned completions(const char *start, unsigned n, const char **name)
{
    unsigned count = 0;
    for (unsigned i = 0; i < LENGTH(commands); i++)
        if (text_starts_with(commands[i].name, start) && count++ == n)
            *name = commands[i].name;
    return count;
}

static void run(char *line)
{
    while (*line == ' ')
        line++;
    char *name = line;
    while (*line && *line != ' ')
        line++;
    if (*line)
        *line++ = 0;
    while (*line == ' ')
        line++;
    for (unsigned end = text_length(line); end && line[end - 1] == ' '; end--)
        line[end - 1] = 0;
    if (!*name)
        return;
    for (unsigned i = 0; i < LENGTH(commands); i++)
        if (text_equal(name, commands[i].name)) {
            commands[i].run(line);
            return;
        }
    print("There is no command '%s'. Type " VALUE "help" PLAIN " for the list.\n", name);
}

void shell(void *argument)
{
    (void)argument;
    for (;;) {
        char line[LINE_BYTES];
        line_read(line, PROMPT, completions);
        run(line);
    }
}
