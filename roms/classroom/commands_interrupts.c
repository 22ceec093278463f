/* `interrupts`: the gates, the controllers, and the counters while they count. */
#include "commands.h"
#include "console.h"
#include "descriptors.h"
#include "faults.h"
#include "input.h"
#include "interrupts.h"
#include "timer.h"

enum { SECONDS_SHOWN = 5, REFRESHES_PER_SECOND = 5 };

typedef struct Source {
    u8 vector;
    const char *what;
} Source;

static const Source sources[] = {
    {GENERAL_PROTECTION, "exception: general protection"},
    {PAGE_FAULT, "exception: page fault"},
    {FIRST_LINE + LINE_TIMER, "line 0: timer, 100 times a second"},
    {FIRST_LINE + LINE_KEYBOARD, "line 1: keyboard, down and up"},
    {FIRST_LINE + LINE_SERIAL, "line 4: COM1, bytes received"},
    {SYSTEM_CALL, "INT 80h: system calls"},
};

static u32 handler(Gate gate)
{
    return (u32)gate.offset_high << 16 | gate.offset_low;
}

static void print_source(const Source *source)
{
    Gate gate = descriptors_gate(source->vector);
    print("   %02x   %-34s %04x:%08x  %u   " VALUE "%9u" PLAIN "\n", source->vector, source->what,
          gate.selector, handler(gate), gate.type >> 5 & 3u, interrupt_count(source->vector));
}

static void print_lines(const char *label, u16 lines, const char *meaning)
{
    print("  %s ", label);
    for (unsigned line = 16; line-- > 0;)
        print("%s%u%s", lines >> line & 1 ? VALUE : FAINT, lines >> line & 1u,
              line == 8 ? " " : "");
    print(PLAIN "  %s\n", meaning);
}

/* Counts on, in place, until Enter is pressed or the time is over. */
static void count_live(unsigned first_row)
{
    enum { COUNT_COLUMN = 62 };
    for (unsigned i = 0; i < SECONDS_SHOWN * REFRESHES_PER_SECOND; i++) {
        if (input_watch_until(timer_ticks() + TICKS_PER_SECOND / REFRESHES_PER_SECOND) == '\n')
            return;
        for (unsigned row = 0; row < LENGTH(sources); row++)
            screen_print(first_row + row, COUNT_COLUMN, GOOD "%9u",
                         interrupt_count(sources[row].vector));
    }
}

void command_interrupts(const char *arguments)
{
    (void)arguments;
    TableRegister table = interrupt_table_register();
    PicState pic = pic_state();
    print_heading("interrupts: the controllers");
    print("  A device raises its line; the pair of 8259s picks the first that is not masked\n"
          "  and tells the processor vector 20h + line. (Lines 15 to 0, 1 = yes.)\n");
    print_lines("masked    ", pic.masked, "who must keep quiet");
    print_lines("requested ", pic.requested, "who waits");
    print_lines("in service", pic.in_service, "whom the processor serves at the moment");
    print_heading("interrupts: the table");
    print("  %u gates at %08x (IDTR). A vector picks a gate, which has the address.\n\n"
          "  vector                                    handler        DPL      count\n",
          (table.limit + 1u) / 8, table.base);
    for (unsigned i = 0; i < LENGTH(sources); i++)
        print_source(&sources[i]);
    print("\n  The counters go on for %u seconds; press keys and watch. Enter ends it.\n",
          SECONDS_SHOWN);
    unsigned first_row = console_row() - 2 - LENGTH(sources);
    u32 timer_before = interrupt_count(FIRST_LINE + LINE_TIMER), total_before = interrupt_total();
    count_live(first_row);
    u32 timer = interrupt_count(FIRST_LINE + LINE_TIMER) - timer_before;
    print("  Meanwhile: %u interrupts, %u of them from the timer.\n",
          interrupt_total() - total_before, timer);
}
