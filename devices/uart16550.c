/*
 * 16550A UART. PC16550D data sheet (Texas Instruments/National Semiconductor), "Registers",
 * "FIFO Interrupt Mode Operation" and "Loopback".
 *
 * Both directions are faster than the programmed baud rate, since nobody wants to wait for a
 * cable that is not there: a character takes its time on the line, but at most a few
 * microseconds. A guest that polls the line status register to send waits for nothing at all:
 * the read itself completes the transmission; so does a read of what loopback brings back. Nothing
 * of this depends on host time.
 *
 * The other end sends when somebody listens: after DTR or the receiver's interrupt was switched on,
 * or when LSR is polled for input. So what is typed ahead is not lost while a guest boots.
 *
 * The other end takes eight bits a character whatever the line control register says: programs that
 * never set it (it starts with five bits) mean to be read. Loopback cuts characters as the chip does.
 *
 * As on the boards that most guests were tried on, OUT2 does not gate the interrupt: there are
 * teaching systems that never set it.
 *
 * Not implemented: the DMA signals RXRDY and TXRDY (a PC does not wire them), parity and framing
 * errors (the cable is perfect), a break on the line other than in loopback.
 */
#include "devices/uart16550.h"

// clang-format off
enum {
    RECEIVER_BUFFER, INTERRUPT_ENABLE, INTERRUPT_ID, LINE_CONTROL, MODEM_CONTROL, LINE_STATUS,
    MODEM_STATUS, SCRATCH
};
enum {
    IER_RECEIVED = 1, IER_EMPTY = 2, IER_LINE_STATUS = 4, IER_MODEM_STATUS = 8, IER_WRITABLE = 15
};
/* IIR bits 0-3, by falling priority; bits 6-7 say that the FIFOs are on. */
enum {
    IIR_LINE_STATUS = 6, IIR_RECEIVED = 4, IIR_TIMEOUT = 12, IIR_EMPTY = 2, IIR_MODEM_STATUS = 0,
    IIR_NONE = 1, IIR_FIFOS = 0xC0
};
enum { FCR_ENABLE = 1, FCR_RESET_RECEIVER = 2, FCR_RESET_TRANSMITTER = 4, FCR_KEPT = 0xC9 };
enum { LCR_LENGTH = 3, LCR_TWO_STOPS = 4, LCR_PARITY = 8, LCR_BREAK = 0x40, LCR_DLAB = 0x80 };
enum { MCR_DTR = 1, MCR_LOOPBACK = 0x10, MCR_WRITABLE = 0x1F };
enum {
    LSR_READY = 1, LSR_OVERRUN = 2, LSR_BREAK = 0x10, LSR_THR_EMPTY = 0x20, LSR_ALL_EMPTY = 0x40,
    LSR_FIFO_ERROR = 0x80
};
enum { MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RI = 0x40, MSR_DCD = 0x80, MSR_DELTAS = 0x0F };
enum { BASE_BAUD = 115200 /* 1.8432 MHz / 16 */, NS_PER_SECOND = 1000000000 };
enum {
    TRANSMIT_NS = 4000,     /* the most that a character takes to leave, */
    ARRIVE_NS = 20000,      /* and to arrive, */
    TIMEOUT_NS = 4000000,   /* and that four of them are waited for */
};
// clang-format on

/* With FCR bit 0 clear the FIFOs are one byte deep. */
static unsigned fifo_depth(const Uart16550 *uart)
{
    return uart->fifo_control & FCR_ENABLE ? UART_FIFO : 1;
}

/* ---- interrupts ---- */

static bool trigger_reached(const Uart16550 *uart)
{
    static const u8 levels[] = {1, 4, 8, 14};
    bool fifos = uart->fifo_control & FCR_ENABLE;

    return uart->receiver.count >= (fifos ? levels[uart->fifo_control >> 6] : 1);
}

/* IIR bits 0-3. */
static u8 interrupt_id(const Uart16550 *uart)
{
    u8 enabled = uart->interrupt_enable;

    if ((enabled & IER_LINE_STATUS) &&
        ((uart->line_status & LSR_OVERRUN) || uart_fifo_head_errors(&uart->receiver)))
        return IIR_LINE_STATUS;
    if ((enabled & IER_RECEIVED) && trigger_reached(uart))
        return IIR_RECEIVED;
    if ((enabled & IER_RECEIVED) && uart->timeout_interrupt)
        return IIR_TIMEOUT;
    if ((enabled & IER_EMPTY) && uart->empty_interrupt)
        return IIR_EMPTY;
    if ((enabled & IER_MODEM_STATUS) && (uart->modem_status & MSR_DELTAS))
        return IIR_MODEM_STATUS;
    return IIR_NONE;
}

static void update_irq(Uart16550 *uart)
{
    irq_line_set(uart->irq, interrupt_id(uart) != IIR_NONE);
}

/* ---- time ---- */

static u64 character_ns(const Uart16550 *uart)
{
    unsigned length = 1 + 5 + (uart->line_control & LCR_LENGTH) + 1; /* start, data, stop */

    length += !!(uart->line_control & LCR_PARITY) + !!(uart->line_control & LCR_TWO_STOPS);
    return (u64)length * (uart->divisor ? uart->divisor : 1) * NS_PER_SECOND / BASE_BAUD;
}

static void schedule(Uart16550 *uart, Event *event, u64 ns, u64 most_ns)
{
    clock_schedule(uart->clock, event, clock_after_ns(uart->clock, ns < most_ns ? ns : most_ns));
}

/* ---- receiver ---- */

static void restart_timeout(Uart16550 *uart)
{
    uart->timeout_interrupt = false;
    if ((uart->fifo_control & FCR_ENABLE) && uart->receiver.count)
        schedule(uart, &uart->timeout, 4 * character_ns(uart), TIMEOUT_NS);
    else
        clock_cancel(uart->clock, &uart->timeout);
}

static u8 word_mask(const Uart16550 *uart)
{
    return 0xFF >> (3 - (uart->line_control & LCR_LENGTH));
}

/* A character is complete in the receiver's shift register. */
static void received(Uart16550 *uart, u8 byte, u8 errors)
{
    if (uart->receiver.count >= fifo_depth(uart)) {
        uart->line_status |= LSR_OVERRUN;
        /* Without FIFOs the new character replaces the old one, with them it is lost. */
        if (uart->fifo_control & FCR_ENABLE)
            return;
        uart_fifo_pop(&uart->receiver);
    }
    uart_fifo_push(&uart->receiver, byte & word_mask(uart), errors);
    restart_timeout(uart);
}

/* The line never overruns the receiver: the next byte waits until there is room. */
static void await_arrival(Uart16550 *uart)
{
    if (uart->listening && uart->line_count && uart->receiver.count < fifo_depth(uart) &&
        !(uart->modem_control & MCR_LOOPBACK) && !event_pending(&uart->arrive))
        schedule(uart, &uart->arrive, character_ns(uart), ARRIVE_NS);
}

static void arrived(void *owner)
{
    Uart16550 *uart = owner;

    if (!uart->line_count || uart->receiver.count >= fifo_depth(uart) ||
        (uart->modem_control & MCR_LOOPBACK))
        return;
    received(uart, uart->line[uart->line_first], 0);
    uart->line_first = (uart->line_first + 1) % UART_LINE;
    uart->line_count--;
    await_arrival(uart);
    update_irq(uart);
}

static void timed_out(void *owner)
{
    Uart16550 *uart = owner;

    uart->timeout_interrupt = true;
    update_irq(uart);
}

unsigned uart16550_room(const Uart16550 *uart)
{
    return UART_LINE - uart->line_count;
}

void uart16550_receive(Uart16550 *uart, u8 byte)
{
    if (uart->line_count == UART_LINE)
        return;
    uart->line[(uart->line_first + uart->line_count) % UART_LINE] = byte;
    uart->line_count++;
    await_arrival(uart);
}

/* ---- transmitter ---- */

/* One character has left. Its byte was seen outside when it was written, so that a guest that
 * switches the machine off, or overruns the transmitter, has said all that it meant to say. */
static void transmit(Uart16550 *uart)
{
    u8 byte = uart_fifo_pop(&uart->transmitter) & word_mask(uart);

    if (uart->modem_control & MCR_LOOPBACK)
        received(uart, byte, 0);
    if (!uart->transmitter.count)
        uart->empty_interrupt = true;
}

static void transmitted(void *owner)
{
    Uart16550 *uart = owner;

    if (uart->transmitter.count)
        transmit(uart);
    if (uart->transmitter.count)
        schedule(uart, &uart->transmit, character_ns(uart), TRANSMIT_NS);
    update_irq(uart);
}

static void write_transmitter(Uart16550 *uart, u8 byte)
{
    uart->empty_interrupt = uart->polled = false;
    if (uart->transmitter.count >= fifo_depth(uart)) {
        if (uart->fifo_control & FCR_ENABLE)
            return;
        uart_fifo_pop(&uart->transmitter);
    }
    if (!(uart->modem_control & MCR_LOOPBACK))
        byte_sink_write(uart->sink, byte);
    uart_fifo_push(&uart->transmitter, byte, 0);
    if (!event_pending(&uart->transmit))
        schedule(uart, &uart->transmit, character_ns(uart), TRANSMIT_NS);
}

/* ---- reads ---- */

/* What is still on its way out leaves now: the guest waits for nothing else. */
static void finish_transmission(Uart16550 *uart)
{
    while (uart->transmitter.count)
        transmit(uart);
    clock_cancel(uart->clock, &uart->transmit);
}

static u8 read_receiver(Uart16550 *uart)
{
    u8 byte;

    if (uart->modem_control & MCR_LOOPBACK)
        finish_transmission(uart);
    if (!uart->receiver.count)
        return uart->receiver.bytes[(uart->receiver.first + UART_FIFO - 1) % UART_FIFO];
    byte = uart_fifo_pop(&uart->receiver);
    restart_timeout(uart);
    await_arrival(uart);
    return byte;
}

static u8 read_line_status(Uart16550 *uart)
{
    u8 status;

    finish_transmission(uart);
    /* Who sends reads it once for each character. */
    uart->listening |= uart->polled && !(uart->modem_control & MCR_LOOPBACK);
    uart->polled = true;
    await_arrival(uart);
    status =
        uart->line_status | uart_fifo_head_errors(&uart->receiver) | LSR_THR_EMPTY | LSR_ALL_EMPTY;
    if (uart->receiver.count)
        status |= LSR_READY;
    if ((uart->fifo_control & FCR_ENABLE) && uart_fifo_any_errors(&uart->receiver))
        status |= LSR_FIFO_ERROR;
    uart->line_status = 0;
    if (uart->receiver.count)
        uart->receiver.errors[uart->receiver.first] = 0;
    return status;
}

/* Sets MSR bits 4-7 from the cable, or in loopback from MCR, and bits 0-3 where they changed. */
static void update_modem_status(Uart16550 *uart)
{
    u8 old = uart->modem_status, lines = uart->modem_lines, out = uart->modem_control;

    if (out & MCR_LOOPBACK) /* DTR -> DSR, RTS -> CTS, OUT1 -> RI, OUT2 -> DCD */
        lines = bit(out, 1) << 4 | bit(out, 0) << 5 | bit(out, 2) << 6 | bit(out, 3) << 7;
    u8 changed = (old ^ lines) >> 4;
    if (lines & MSR_RI) /* only its trailing edge counts */
        changed &= ~(MSR_RI >> 4);
    uart->modem_status = lines | (old & MSR_DELTAS) | changed;
}

void uart16550_set_modem_lines(Uart16550 *uart, u8 lines)
{
    uart->modem_lines = lines & 0xF0;
    update_modem_status(uart);
    update_irq(uart);
}

/* ---- control ---- */

static void reset_receiver(Uart16550 *uart)
{
    uart->receiver = (UartFifo){0};
    uart->line_status = 0;
    restart_timeout(uart);
}

static void reset_transmitter(Uart16550 *uart)
{
    uart->empty_interrupt |= uart->transmitter.count != 0;
    uart->transmitter = (UartFifo){0};
    clock_cancel(uart->clock, &uart->transmit);
}

static void write_fifo_control(Uart16550 *uart, u8 value)
{
    bool toggled = (value ^ uart->fifo_control) & FCR_ENABLE;

    /* The other bits only count when the FIFOs are on. */
    uart->fifo_control = value & FCR_ENABLE ? value & FCR_KEPT : 0;
    if (toggled || (value & (FCR_ENABLE | FCR_RESET_RECEIVER)) == (FCR_ENABLE | FCR_RESET_RECEIVER))
        reset_receiver(uart);
    if (toggled ||
        (value & (FCR_ENABLE | FCR_RESET_TRANSMITTER)) == (FCR_ENABLE | FCR_RESET_TRANSMITTER))
        reset_transmitter(uart);
    await_arrival(uart);
}

static void write_interrupt_enable(Uart16550 *uart, u8 value)
{
    u8 raised = value & ~uart->interrupt_enable;

    uart->interrupt_enable = value & IER_WRITABLE;
    uart->listening |= value & IER_RECEIVED;
    await_arrival(uart);
    if ((raised & IER_EMPTY) && !uart->transmitter.count)
        uart->empty_interrupt = true;
}

static void write_line_control(Uart16550 *uart, u8 value)
{
    u8 raised = value & ~uart->line_control;

    uart->line_control = value;
    if ((raised & LCR_BREAK) && (uart->modem_control & MCR_LOOPBACK))
        received(uart, 0, LSR_BREAK);
}

/* ---- registers ---- */

static u8 read_interrupt_id(Uart16550 *uart)
{
    u8 id = interrupt_id(uart);

    if (id == IIR_EMPTY)
        uart->empty_interrupt = false;
    return id | (uart->fifo_control & FCR_ENABLE ? IIR_FIFOS : 0);
}

static u64 uart16550_read(void *device, u32 offset, Size size)
{
    Uart16550 *uart = device;
    bool dlab = uart->line_control & LCR_DLAB;
    u8 value = 0xFF;

    (void)size;
    switch (offset) {
    case RECEIVER_BUFFER:
        value = dlab ? uart->divisor & 0xFF : read_receiver(uart);
        break;
    case INTERRUPT_ENABLE:
        value = dlab ? uart->divisor >> 8 : uart->interrupt_enable;
        break;
    case INTERRUPT_ID:
        value = read_interrupt_id(uart);
        break;
    case LINE_CONTROL:
        value = uart->line_control;
        break;
    case MODEM_CONTROL:
        value = uart->modem_control;
        break;
    case LINE_STATUS:
        value = read_line_status(uart);
        break;
    case MODEM_STATUS:
        value = uart->modem_status;
        uart->modem_status &= ~MSR_DELTAS;
        break;
    case SCRATCH:
        value = uart->scratch;
        break;
    }
    update_irq(uart);
    return value;
}

static void write_divisor(Uart16550 *uart, u16 divisor)
{
    uart->divisor = divisor;
    LOG(uart->log, LOG_SERIAL, "%u baud", BASE_BAUD / (divisor ? divisor : 1));
}

static void uart16550_write(void *device, u32 offset, Size size, u64 wide)
{
    Uart16550 *uart = device;
    bool dlab = uart->line_control & LCR_DLAB;
    u8 value = (u8)wide;

    (void)size;
    switch (offset) {
    case RECEIVER_BUFFER:
        if (dlab)
            write_divisor(uart, (uart->divisor & 0xFF00) | value);
        else
            write_transmitter(uart, value);
        break;
    case INTERRUPT_ENABLE:
        if (dlab)
            write_divisor(uart, (u16)(value << 8 | (uart->divisor & 0xFF)));
        else
            write_interrupt_enable(uart, value);
        break;
    case INTERRUPT_ID:
        write_fifo_control(uart, value);
        break;
    case LINE_CONTROL:
        write_line_control(uart, value);
        break;
    case MODEM_CONTROL:
        finish_transmission(uart);
        uart->modem_control = value & MCR_WRITABLE;
        uart->listening |= (value & (MCR_DTR | MCR_LOOPBACK)) == MCR_DTR;
        update_modem_status(uart);
        await_arrival(uart);
        break;
    case SCRATCH:
        uart->scratch = value;
        break;
    }
    update_irq(uart);
}

/* ---- life ---- */

static const IoOps uart16550_io = {BYTE, uart16550_read, uart16550_write};

void uart16550_init(Uart16550 *uart, AddressSpace *ports, u16 base, Clock *clock, Log *log,
                    IrqLine irq, ByteSink sink)
{
    *uart = (Uart16550){.clock = clock, .log = log, .irq = irq, .sink = sink};
    uart->modem_lines = MSR_CTS | MSR_DSR | MSR_DCD;
    event_init(clock, &uart->transmit, "16550 transmits", transmitted, uart);
    event_init(clock, &uart->arrive, "16550 receives", arrived, uart);
    event_init(clock, &uart->timeout, "16550 character timeout", timed_out, uart);
    space_add_io(ports, "16550", base, 8, &uart16550_io, uart);
    uart16550_reset(uart);
}

/* Master reset. The divisor and the scratch register survive it on the chip; here they start from
 * their power-on values, so that a reset machine always behaves the same. What the other end has
 * sent is still on the line. */
void uart16550_reset(Uart16550 *uart)
{
    uart->interrupt_enable = uart->fifo_control = uart->line_control = uart->modem_control = 0;
    uart->scratch = 0;
    uart->listening = uart->polled = false;
    uart->divisor = BASE_BAUD / 9600;
    reset_receiver(uart);
    reset_transmitter(uart);
    clock_cancel(uart->clock, &uart->arrive);
    uart->empty_interrupt = false;
    uart->modem_status = uart->modem_lines;
    await_arrival(uart);
    update_irq(uart);
}

/* A snapshot may have been made by anybody: no index may leave its array. */
static void uart16550_restored(void *chip)
{
    Uart16550 *uart = chip;
    UartFifo *fifos[] = {&uart->receiver, &uart->transmitter};

    for (unsigned i = 0; i < COUNT_OF(fifos); i++) {
        fifos[i]->first %= UART_FIFO;
        if (fifos[i]->count > UART_FIFO)
            fifos[i]->count = UART_FIFO;
    }
    uart->line_first %= UART_LINE;
    if (uart->line_count > UART_LINE)
        uart->line_count = UART_LINE;
    clock_restore_event(uart->clock, &uart->transmit);
    clock_restore_event(uart->clock, &uart->arrive);
    clock_restore_event(uart->clock, &uart->timeout);
}

// clang-format off
static const Field uart16550_fields[] = {
    FIELD(Uart16550, interrupt_enable), FIELD(Uart16550, fifo_control),
    FIELD(Uart16550, line_control), FIELD(Uart16550, modem_control),
    FIELD(Uart16550, modem_status), FIELD(Uart16550, scratch), FIELD(Uart16550, line_status),
    FIELD(Uart16550, modem_lines), FIELD(Uart16550, divisor),
    FIELD_ARRAY(Uart16550, receiver.bytes), FIELD_ARRAY(Uart16550, receiver.errors),
    FIELD(Uart16550, receiver.first), FIELD(Uart16550, receiver.count),
    FIELD_ARRAY(Uart16550, transmitter.bytes), FIELD_ARRAY(Uart16550, transmitter.errors),
    FIELD(Uart16550, transmitter.first), FIELD(Uart16550, transmitter.count),
    FIELD(Uart16550, empty_interrupt), FIELD(Uart16550, timeout_interrupt),
    FIELD(Uart16550, listening), FIELD(Uart16550, polled), FIELD_ARRAY(Uart16550, line),
    FIELD(Uart16550, line_first), FIELD(Uart16550, line_count),
    FIELD_EVENT(Uart16550, transmit), FIELD_EVENT(Uart16550, arrive),
    FIELD_EVENT(Uart16550, timeout),
};
// clang-format on

const StateTable uart16550_state = {"16550", uart16550_fields, COUNT_OF(uart16550_fields),
                                    uart16550_restored};
