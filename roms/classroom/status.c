/* The title above and the status line below the text. The status line is drawn from within the
 * timer interrupt: it is always about what was interrupted. */
#include "status.h"
#include "console.h"
#include "frames.h"
#include "interrupts.h"
#include "screen.h"
#include "tasks.h"
#include "timer.h"

enum { TITLE_ROW = 0, STATUS_ROW = 24 };

static const Attribute BAR = 0x1f, BAR_TEXT = 0x17, BAR_VALUE = 0x1e;

static void bar(unsigned row)
{
    for (unsigned column = 0; column < SCREEN_COLUMNS; column++)
        screen_put(row, column, ' ', BAR);
}

void title_draw(void)
{
    bar(TITLE_ROW);
    screen_text(TITLE_ROW, 2, BAR, "vitrine classroom");
    screen_text(TITLE_ROW, 20, BAR_TEXT, "\xb3 a small operating system to look into");
    screen_text(TITLE_ROW, 70, BAR_VALUE, "F1");
    screen_text(TITLE_ROW, 73, BAR_TEXT, "help");
}

/* Right-aligned decimal digits. */
static void put_number(unsigned column, unsigned width, u32 number, char pad)
{
    for (unsigned i = width; i-- > 0; number /= 10) {
        char digit = number || i == width - 1 ? (char)('0' + number % 10) : pad;
        screen_put(STATUS_ROW, column + i, (u8)digit, BAR_VALUE);
    }
}

void status_draw(void)
{
    u32 seconds = timer_ticks() / TICKS_PER_SECOND;
    bar(STATUS_ROW);
    screen_text(STATUS_ROW, 2, BAR_TEXT, "up");
    put_number(5, 2, seconds / 3600 % 100, '0');
    screen_text(STATUS_ROW, 7, BAR_VALUE, ":");
    put_number(8, 2, seconds / 60 % 60, '0');
    screen_text(STATUS_ROW, 10, BAR_VALUE, ":");
    put_number(11, 2, seconds % 60, '0');
    screen_text(STATUS_ROW, 14, BAR_TEXT, "\xb3 task");
    screen_text(STATUS_ROW, 21, BAR_VALUE, task_current()->name);
    screen_text(STATUS_ROW, 30, BAR_TEXT, "\xb3 busy     %");
    put_number(37, 3, timer_load_percent(), ' ');
    screen_text(STATUS_ROW, 43, BAR_TEXT, "\xb3 switches");
    put_number(54, 7, context_switches(), ' ');
    screen_text(STATUS_ROW, 62, BAR_TEXT, "\xb3 free        KB");
    put_number(69, 6, frames_free() * (FRAME_BYTES / 1024), ' ');
}
