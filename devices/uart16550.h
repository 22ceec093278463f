/*
 * 16550A UART: a serial port of the PC. Its source file says which data sheet.
 */
#ifndef DEVICES_UART16550_H
#define DEVICES_UART16550_H

#include "devices/backend.h"
#include "devices/clock.h"
#include "devices/irq_line.h"
#include "devices/uart16550_fifo.h"
#include "mmu/bus.h"
#include "mmu/field.h"

enum { UART_LINE = 4096 };

typedef struct Uart16550 {
    u8 interrupt_enable, fifo_control, line_control, modem_control, modem_status, scratch;
    u8 line_status;         /* the sticky part: overrun; the rest is computed from the FIFOs */
    u8 modem_lines;         /* what the other end asserts, as MSR bits 4-7 */
    u16 divisor;
    UartFifo receiver, transmitter;
    bool empty_interrupt;   /* THRE interrupt pending; cleared by an IIR read or a THR write */
    bool timeout_interrupt; /* characters lie in the receiver FIFO and nobody comes for them */

    /* Bytes on their way to the receiver: what came through the door. They wait until the guest
     * shows that it listens. */
    bool listening, polled;
    u8 line[UART_LINE];
    u16 line_first, line_count;

    Event transmit, arrive, timeout;
    Clock *clock;
    Log *log;
    IrqLine irq;
    ByteSink sink;
} Uart16550;

extern const StateTable uart16550_state;

/* Eight ports from `base`. `sink` takes what the guest sends. */
void uart16550_init(Uart16550 *uart, AddressSpace *ports, u16 base, Clock *clock, Log *log,
                    IrqLine irq, ByteSink sink);
void uart16550_reset(Uart16550 *uart);

/* The other end of the cable: how many bytes it may send now, and one byte. A byte for which
 * there is no room is lost. */
unsigned uart16550_room(const Uart16550 *uart);
void uart16550_receive(Uart16550 *uart, u8 byte);

/* The other end's modem lines, as MSR bits 4 (CTS), 5 (DSR), 6 (RI), 7 (DCD). After
 * uart16550_init() CTS, DSR and DCD are on. */
void uart16550_set_modem_lines(Uart16550 *uart, u8 lines);

#endif
