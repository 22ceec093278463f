/*
 * Interrupts: from the vector to the right C function, and the pair of 8259 interrupt controllers
 * that turn a device's wire into a vector.
 * Source: Intel 8259A data sheet, "Initialization Command Words", "Operation Command Words".
 */
#include "interrupts.h"
#include "descriptors.h"
#include "faults.h"
#include "keyboard.h"
#include "processor.h"
#include "serial.h"
#include "system_calls.h"
#include "tasks.h"
#include "timer.h"

enum {
    FIRST_PIC = 0x20,
    SECOND_PIC = 0xa0, /* each: command port, and data port at +1 */
    LINES_EACH = 8,

    INITIALIZE = 0x11, /* ICW1: edge triggered, two controllers, ICW4 follows */
    MODE_8086 = 0x01,  /* ICW4 */
    END_OF_INTERRUPT = 0x20,
    READ_REQUESTED = 0x0a, /* OCW3 */
    READ_IN_SERVICE = 0x0b,
};

static u32 counts[256];

/* After reset the BIOS's vectors 08h to 0Fh are in force, which collide with the exceptions (08h is
 * the double fault). So the lines move to 20h to 2Fh. */
void interrupts_init(void)
{
    out8(FIRST_PIC, INITIALIZE);
    out8(SECOND_PIC, INITIALIZE);
    out8(FIRST_PIC + 1, FIRST_LINE);
    out8(SECOND_PIC + 1, FIRST_LINE + LINES_EACH);
    out8(FIRST_PIC + 1, 1 << LINE_CASCADE); /* the second controller hangs on this line */
    out8(SECOND_PIC + 1, LINE_CASCADE);
    out8(FIRST_PIC + 1, MODE_8086);
    out8(SECOND_PIC + 1, MODE_8086);
    out8(FIRST_PIC + 1, 0xff & ~(1 << LINE_CASCADE)); /* every other line masked */
    out8(SECOND_PIC + 1, 0xff);
}

void interrupts_open_line(unsigned line)
{
    u16 port = (line < LINES_EACH ? FIRST_PIC : SECOND_PIC) + 1;
    out8(port, in8(port) & ~(1 << line % LINES_EACH));
}

static u16 read_both(u8 command)
{
    out8(FIRST_PIC, command);
    out8(SECOND_PIC, command);
    return (u16)(in8(FIRST_PIC) | in8(SECOND_PIC) << LINES_EACH);
}

PicState pic_state(void)
{
    u32 flags = interrupts_disable();
    PicState state = {
        .masked = (u16)(in8(FIRST_PIC + 1) | in8(SECOND_PIC + 1) << LINES_EACH),
        .requested = read_both(READ_REQUESTED),
        .in_service = read_both(READ_IN_SERVICE),
    };
    interrupts_restore(flags);
    return state;
}

/* A wire that went high and low again too soon leaves the controller without a cause: it then
 * reports its line 7, but marks nothing "in service". */
static bool is_spurious(unsigned line)
{
    return line % LINES_EACH == 7 && !(read_both(READ_IN_SERVICE) >> line & 1);
}

static void interrupt_line(unsigned line)
{
    if (is_spurious(line)) {
        if (line >= LINES_EACH)
            out8(FIRST_PIC, END_OF_INTERRUPT); /* the first controller did see a cause */
        return;
    }
    if (line == LINE_TIMER)
        timer_interrupt();
    else if (line == LINE_KEYBOARD)
        keyboard_interrupt();
    else if (line == LINE_SERIAL)
        serial_interrupt();
    if (line >= LINES_EACH)
        out8(SECOND_PIC, END_OF_INTERRUPT);
    out8(FIRST_PIC, END_OF_INTERRUPT);
    task_preempt(); /* last: it may be long until we are back here */
}

void interrupt_dispatch(InterruptFrame *frame)
{
    counts[frame->vector & 0xff]++;
    if (frame->vector < EXCEPTIONS)
        fault_handle(frame);
    else if (frame->vector == SYSTEM_CALL)
        system_call(frame);
    else
        interrupt_line(frame->vector - FIRST_LINE);
}

u32 interrupt_count(u8 vector)
{
    return counts[vector];
}

u32 interrupt_total(void)
{
    u32 total = 0;
    for (unsigned vector = 0; vector < LENGTH(counts); vector++)
        total += counts[vector];
    return total;
}
