/*
 * COM1: a 16550 UART at port 3F8h, interrupt line 4, 115200 bit/s, 8 data bits, no parity, 1 stop
 * bit. Whatever the kernel prints goes out here too, and what comes in counts as typed.
 * Source: National Semiconductor PC16550D data sheet, "Registers".
 */
#include "serial.h"
#include "input.h"
#include "processor.h"

enum {
    COM1 = 0x3f8,
    DATA = COM1, /* with DLAB set: divisor, low byte */
    INTERRUPT_ENABLE = COM1 + 1,
    FIFO_CONTROL = COM1 + 2,       /* when written */
    INTERRUPT_IDENTITY = COM1 + 2, /* when read */
    LINE_CONTROL = COM1 + 3,
    MODEM_CONTROL = COM1 + 4,
    LINE_STATUS = COM1 + 5,
    SCRATCH = COM1 + 7,

    DATA_READY = 1 << 0,
    TRANSMITTER_EMPTY = 1 << 5, /* every place of the transmit FIFO is free */
    FIFOS_WORK = 0xc0,
    DIVISOR_LATCH = 1 << 7,
    FIFO_PLACES = 16,
};

static bool present;
static unsigned places = 1, free_places; /* an old 8250 has no FIFO, but one place */

bool serial_present(void)
{
    return present;
}

void serial_init(void)
{
    out8(SCRATCH, 0xa5); /* an absent port reads as FF */
    present = in8(SCRATCH) == 0xa5;
    if (!present)
        return;
    out8(INTERRUPT_ENABLE, 0);
    out8(LINE_CONTROL, DIVISOR_LATCH);
    out8(DATA, 1); /* 115200 / 1 */
    out8(INTERRUPT_ENABLE, 0);
    out8(LINE_CONTROL, 0x03); /* 8n1, divisor latch closed */
    out8(FIFO_CONTROL, 0x07); /* FIFOs on and empty, interrupt from the first byte on */
    if ((in8(INTERRUPT_IDENTITY) & FIFOS_WORK) == FIFOS_WORK)
        places = FIFO_PLACES;
    out8(MODEM_CONTROL, 0x0b); /* DTR, RTS, and OUT2, which connects the interrupt line */
}

/* Only when the interrupt controller is ready: it sees the line rise, and a byte that has come
 * before would hold it up for good. */
void serial_listen(void)
{
    if (present)
        out8(INTERRUPT_ENABLE, 1); /* "received data available" */
}

void serial_put(char character)
{
    if (!present)
        return;
    /* A byte takes 87 microseconds on the line. The bound keeps a stuck line from hanging us. */
    for (u32 i = 0; !free_places && i < 1000000; i++)
        if (in8(LINE_STATUS) & TRANSMITTER_EMPTY)
            free_places = places;
    if (free_places)
        free_places--;
    out8(DATA, (u8)character);
}

static void type(Key key)
{
    input_put(key, FROM_SERIAL);
}

/* Terminals send the arrow and editing keys as "escape sequences": ESC [ letter, or ESC [ digit ~.
 */
static void receive(u8 byte)
{
    static enum { PLAIN_TEXT, ESCAPE, SEQUENCE } state;
    static u8 digit;
    static bool after_return;

    bool line_feed_of_pair = byte == '\n' && after_return;
    after_return = byte == '\r';
    if (line_feed_of_pair)
        return;
    switch (state) {
    case PLAIN_TEXT:
        if (byte == 0x1b)
            state = ESCAPE;
        else
            type(byte == '\r' ? '\n' : byte == 0x7f ? '\b' : byte);
        break;
    case ESCAPE:
        state = byte == '[' || byte == 'O' ? SEQUENCE : PLAIN_TEXT;
        digit = 0;
        break;
    case SEQUENCE:
        if (byte >= '0' && byte <= '9') {
            digit = byte;
            break;
        }
        state = PLAIN_TEXT;
        type(byte == 'A'    ? KEY_UP
             : byte == 'B'  ? KEY_DOWN
             : byte == 'C'  ? KEY_RIGHT
             : byte == 'D'  ? KEY_LEFT
             : byte == 'H'  ? KEY_HOME
             : byte == 'F'  ? KEY_END
             : byte != '~'  ? KEY_NONE
             : digit == '1' ? KEY_HOME
             : digit == '3' ? KEY_DELETE
             : digit == '4' ? KEY_END
                            : KEY_NONE);
    }
}

/* Bytes for which there is no room stay in the FIFO, and the sender has to wait. */
void serial_interrupt(void)
{
    for (unsigned i = 0; present && input_has_room() && i < 64 && in8(LINE_STATUS) & DATA_READY;
         i++)
        receive(in8(DATA));
}
