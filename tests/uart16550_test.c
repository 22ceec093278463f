/* The 16550 against its data sheet. */
#include "devices/uart16550.h"
#include "tests/chip_rig.h"

#include <criterion/criterion.h>

enum {
    BASE = 0x3F8,
    RBR = 0,
    THR = 0,
    IER = 1,
    IIR = 2,
    FCR = 2,
    LCR = 3,
    MCR = 4,
    LSR = 5,
    MSR = 6,
    SCR = 7
};
enum { LONG_NS = 100000000 };

static ChipRig rig;
static Uart16550 uart;
static RigWire irq;
static char sent[256];
static unsigned sent_count;

static void take(void *owner, u8 byte)
{
    (void)owner;
    sent[sent_count++ % sizeof sent] = (char)byte;
}

static void open_uart(void)
{
    rig_open(&rig);
    sent_count = 0;
    uart16550_init(&uart, &rig.ports, BASE, &rig.clock, NULL, rig_wire(&irq),
                   (ByteSink){take, NULL});
}

static void close_uart(void)
{
    rig_close(&rig);
}

static u8 in(u16 reg)
{
    return rig_in8(&rig, BASE + reg);
}

static void out(u16 reg, u8 value)
{
    rig_out8(&rig, BASE + reg, value);
}

static void receive(const char *text)
{
    while (*text)
        uart16550_receive(&uart, (u8)*text++);
}

TestSuite(uart16550, .init = open_uart, .fini = close_uart);

Test(uart16550, reset_values)
{
    cr_assert_eq(in(IER), 0);
    cr_assert_eq(in(IIR), 1);
    cr_assert_eq(in(LCR), 0);
    cr_assert_eq(in(MCR), 0);
    cr_assert_eq(in(LSR), 0x60);
    cr_assert_eq(in(MSR), 0xB0);
    cr_assert_not(irq.level);
}

Test(uart16550, divisor_latch_hides_two_registers)
{
    out(IER, 0);
    out(LCR, 0x83);
    out(0, 0x34);
    out(1, 0x12);
    cr_assert_eq(in(0), 0x34);
    cr_assert_eq(in(1), 0x12);
    out(LCR, 0x03);
    cr_assert_eq(in(IER), 0);
    cr_assert_eq(uart.divisor, 0x1234);
    cr_assert_eq(sent_count, 0);
}

Test(uart16550, polled_output_needs_no_time)
{
    out(LCR, 3);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert(in(LSR)&0x20);
        out(THR, (u8)("hello"[i]));
    }
    in(LSR);
    cr_assert_eq(sent_count, 5);
    cr_assert_arr_eq(sent, "hello", 5);
    cr_assert_eq(rig.cycles, 0);
}

Test(uart16550, output_without_polling_is_seen_at_once)
{
    out(LCR, 3);
    for (unsigned i = 0; i < 5; i++)
        out(THR, (u8)("hello"[i]));
    cr_assert_eq(sent_count, 5, "the machine may be switched off next");
    cr_assert_arr_eq(sent, "hello", 5);
}

Test(uart16550, word_length_cuts_characters_in_loopback_only)
{
    out(LCR, 0); /* five bits */
    out(THR, 0xFF);
    in(LSR);
    cr_assert_eq((u8)sent[0], 0xFF, "who never set it wants to be read");
    out(MCR, 0x10);
    out(THR, 0xFF);
    in(LSR);
    cr_assert_eq(in(RBR), 0x1F);
}

Test(uart16550, empty_interrupt_comes_later_and_goes_when_seen)
{
    out(LCR, 3);
    out(IER, 2);
    cr_assert(irq.level, "an empty transmitter interrupts as soon as it may");
    cr_assert_eq(in(IIR), 2);
    cr_assert_not(irq.level);
    out(THR, 'x');
    cr_assert_not(irq.level);
    rig_wait(&rig, LONG_NS);
    cr_assert(irq.level);
    cr_assert_eq(sent_count, 1);
    out(THR, 'y');
    cr_assert_not(irq.level, "a write clears it");
    rig_wait(&rig, LONG_NS);
    cr_assert_eq(in(IIR), 2);
    cr_assert_eq(in(IIR), 1);
}

Test(uart16550, fifo_sends_sixteen_then_interrupts_once)
{
    out(LCR, 3);
    out(FCR, 7);
    out(IER, 2);
    in(IIR);
    unsigned edges = irq.edges;
    for (unsigned i = 0; i < 17; i++)
        out(THR, (u8)('a' + i)); /* the last one finds no room */
    rig_wait(&rig, LONG_NS);
    cr_assert_eq(sent_count, 16);
    cr_assert_eq(sent[15], 'p');
    cr_assert_eq(irq.edges, edges + 1);
}

Test(uart16550, receives_one_byte_at_a_time_without_fifo)
{
    out(LCR, 3);
    out(IER, 1);
    receive("ab");
    cr_assert_not(irq.level);
    rig_wait(&rig, LONG_NS);
    cr_assert(irq.level);
    cr_assert_eq(in(IIR), 4);
    cr_assert_eq(in(LSR), 0x61, "and no overrun");
    cr_assert_eq(in(RBR), 'a');
    cr_assert_not(irq.level);
    rig_wait(&rig, LONG_NS);
    cr_assert_eq(in(RBR), 'b');
    rig_wait(&rig, LONG_NS);
    cr_assert_eq(in(LSR), 0x60);
}

Test(uart16550, fifo_trigger_and_timeout)
{
    out(LCR, 3);
    out(FCR, 0x41); /* four bytes */
    out(IER, 1);
    receive("abc");
    rig_wait(&rig, 70000);
    cr_assert_not(irq.level, "below the trigger level");
    rig_wait(&rig, LONG_NS);
    cr_assert_eq(in(IIR), 0xCC, "nobody came for them");
    cr_assert_eq(in(RBR), 'a');
    cr_assert_not(irq.level, "a read ends the timeout");
    receive("de");
    rig_wait(&rig, 70000);
    cr_assert_eq(in(IIR), 0xC4, "four are there");
    cr_assert_eq(in(RBR), 'b');
    cr_assert_eq(in(IIR), 0xC1, "three again");
}

Test(uart16550, line_waits_for_room)
{
    out(LCR, 3);
    out(FCR, 1);
    out(MCR, 1);
    for (unsigned i = 0; i < 40; i++)
        uart16550_receive(&uart, (u8)i);
    rig_wait(&rig, LONG_NS);
    cr_assert_eq(uart.receiver.count, 16);
    for (unsigned i = 0; i < 40; i++) {
        cr_assert_eq(in(LSR)&3, 1);
        cr_assert_eq(in(RBR), i);
        rig_wait(&rig, LONG_NS);
    }
    cr_assert_eq(uart16550_room(&uart), UART_LINE);
}

Test(uart16550, the_line_waits_for_a_listener)
{
    out(LCR, 3);
    receive("abc");
    rig_wait(&rig, LONG_NS);
    for (unsigned i = 0; i < 5; i++) { /* a guest that only sends */
        cr_assert_eq(in(LSR), 0x60);
        out(THR, 'x');
    }
    rig_wait(&rig, LONG_NS);
    out(FCR, 7);
    cr_assert_eq(uart.line_count, 3, "nothing is lost");
    in(LSR);
    in(LSR);
    rig_wait(&rig, LONG_NS);
    cr_assert_eq(in(LSR), 0x61, "who polls for input gets it");
    cr_assert_eq(in(RBR), 'a');
}

Test(uart16550, full_line_loses_bytes)
{
    for (unsigned i = 0; i < UART_LINE + 10; i++)
        uart16550_receive(&uart, 'x');
    cr_assert_eq(uart16550_room(&uart), 0);
}

Test(uart16550, loopback_connects_lines_and_data)
{
    out(LCR, 3);
    out(MCR, 0x10);
    in(MSR);
    out(MCR, 0x1A); /* RTS and OUT2 */
    cr_assert_eq(in(MSR), 0x99, "CTS and DCD went on");
    cr_assert_eq(in(MSR), 0x90);
    out(THR, 'z');
    cr_assert_eq(in(LSR)&1, 1);
    cr_assert_eq(in(RBR), 'z');
    cr_assert_eq(sent_count, 0, "nothing leaves the chip");
}

Test(uart16550, loopback_needs_no_look_at_the_line_status)
{
    out(LCR, 3);
    out(MCR, 0x1E);
    out(THR, 0xAE);
    cr_assert_eq(in(RBR), 0xAE);
    cr_assert_eq(in(LSR), 0x60);
}

Test(uart16550, ring_counts_its_trailing_edge_only)
{
    out(MCR, 0x10);
    in(MSR);
    out(MCR, 0x14);
    cr_assert_eq(in(MSR), 0x40);
    out(MCR, 0x10);
    cr_assert_eq(in(MSR), 0x04);
}

Test(uart16550, overrun_and_break_are_line_status)
{
    out(LCR, 3);
    out(IER, 4);
    out(MCR, 0x10);
    out(THR, 1);
    in(LSR);
    out(THR, 2);
    cr_assert_eq(in(LSR)&3, 3, "the second byte replaced the first");
    cr_assert_eq(in(LSR)&3, 1);
    cr_assert_eq(in(RBR), 2);
    out(LCR, 0x43);
    cr_assert(irq.level);
    cr_assert_eq(in(IIR), 6);
    cr_assert_eq(in(LSR)&0x11, 0x11);
    cr_assert_not(irq.level);
    cr_assert_eq(in(RBR), 0);
}

Test(uart16550, modem_interrupt)
{
    out(IER, 8);
    uart16550_set_modem_lines(&uart, 0xA0);
    cr_assert(irq.level);
    cr_assert_eq(in(IIR), 0);
    cr_assert_eq(in(MSR), 0xA1);
    cr_assert_not(irq.level);
}

Test(uart16550, enabling_fifos_empties_them)
{
    out(IER, 1);
    receive("a");
    rig_wait(&rig, LONG_NS);
    out(FCR, 1);
    cr_assert_eq(in(LSR)&1, 0);
    cr_assert_eq(in(IIR), 0xC1);
    out(FCR, 0xC8);
    cr_assert_eq(in(IIR), 1, "without bit 0 the FIFOs are off");
}

Test(uart16550, nonsense)
{
    u32 seed = 1;

    for (unsigned i = 0; i < 200000; i++) {
        u32 value = rig_random(&seed);
        u16 port = (u16)(BASE + (value & 7));

        if (value & 8)
            rig_out8(&rig, port, (u8)(value >> 8));
        else
            rig_in8(&rig, port);
        if ((value & 0x30) == 0)
            uart16550_receive(&uart, (u8)i);
        if ((value & 0xC0) == 0)
            rig_wait(&rig, value >> 4 & 0xFFFF);
        cr_assert_leq(uart.receiver.count, UART_FIFO);
        cr_assert_leq(uart.transmitter.count, UART_FIFO);
    }
}

Test(uart16550, hostile_snapshot)
{
    uart.receiver.first = uart.transmitter.first = 255;
    uart.receiver.count = uart.transmitter.count = 255;
    uart.line_first = uart.line_count = 0xFFFF;
    uart16550_state.restored(&uart);
    for (unsigned i = 0; i < 100; i++) {
        in(RBR);
        in(LSR);
        uart16550_receive(&uart, 1);
        rig_wait(&rig, LONG_NS);
    }
    cr_assert_leq(uart16550_room(&uart), UART_LINE);
}
