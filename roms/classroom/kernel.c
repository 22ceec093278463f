/*
 * The kernel begins here: high_start.asm calls kernel_main, which wakes up one part after the
 * other, in an order in which each finds what it needs, starts the shell and becomes the idle task.
 */
#include "banner.h"
#include "console.h"
#include "demand.h"
#include "descriptors.h"
#include "frames.h"
#include "interrupts.h"
#include "keyboard.h"
#include "kernel.h"
#include "paging.h"
#include "processor.h"
#include "serial.h"
#include "shell.h"
#include "status.h"
#include "tasks.h"
#include "timer.h"

void kernel_main(void)
{
    descriptors_init(); /* first, so that a mistake in the rest is at least caught */
    screen_init();
    serial_init();
    console_init();
    frames_init();
    paging_init();
    demand_init();
    tasks_init();
    interrupts_init();
    timer_init();
    keyboard_init();
    interrupts_open_line(LINE_KEYBOARD);
    if (serial_present())
        interrupts_open_line(LINE_SERIAL);
    serial_listen();

    title_draw();
    status_draw();
    banner_print();
    task_run(task_create("shell", shell, NULL));

    /* The idle task: nothing to do until an interrupt, and HLT says so to the processor. */
    for (;;)
        wait_for_interrupt();
}
