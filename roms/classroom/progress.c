/* The progress bars of the `tasks` lesson: one row of the screen for each worker. On COM1, where
 * nothing can be drawn over, they do not appear. */
#include "progress.h"
#include "console.h"

enum { BAR_COLUMN = 24, BAR_CELLS = 32 };

typedef struct Progress {
    unsigned row; /* 0: not on the screen */
    char color;
    u32 count, steps;
} Progress;

static Progress progress[TASKS];

void progress_begin(const Task *task, unsigned row, char color)
{
    progress[task->number] = (Progress){.row = row, .color = color};
}

u32 progress_count(const Task *task)
{
    return progress[task->number].count;
}

void progress_draw(const Task *task, u32 percent, u32 count)
{
    Progress *own = &progress[task->number];
    own->count = count;
    own->steps++;
    if (!own->row)
        return;
    if (percent > 100)
        percent = 100;
    Attribute attribute = console_attribute(own->color);
    for (u32 cell = 0; cell < BAR_CELLS; cell++) {
        bool done = cell * 100 < percent * BAR_CELLS;
        screen_put(own->row, BAR_COLUMN + cell, done ? 0xdb : 0xb0,
                   done ? attribute : console_attribute(FAINT[0]));
    }
    screen_put(own->row, 2, percent == 100 ? 0xfb : (u8) "|/-\\"[own->steps / 4 % 4], attribute);
    screen_print(own->row, 4, "%-9s quantum %u", task->name, task->quantum);
    screen_print(own->row, BAR_COLUMN + BAR_CELLS + 1, VALUE "%3u" PLAIN "%%  %6u primes", percent,
                 count);
}
