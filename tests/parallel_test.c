/* The printer port against the AT's technical reference. */
#include "devices/parallel.h"
#include "tests/chip_rig.h"

#include <criterion/criterion.h>

enum { LPT = 0x378 };

static ChipRig rig;
static Parallel port;
static RigWire irq;
static u8 printed[16];
static unsigned printed_count;

static void print(void *owner, u8 byte)
{
    (void)owner;
    printed[printed_count++ % sizeof printed] = byte;
}

static void open_port(void)
{
    rig_open(&rig);
    printed_count = 0;
    parallel_init(&port, &rig.ports, LPT, &rig.clock, NULL, rig_wire(&irq),
                  (ByteSink){print, NULL});
}

static void close_port(void)
{
    rig_close(&rig);
}

TestSuite(parallel, .init = open_port, .fini = close_port);

Test(parallel, strobe_prints_one_byte)
{
    cr_assert_eq(rig_in8(&rig, LPT + 1), 0xDF);
    rig_out8(&rig, LPT, 'A');
    cr_assert_eq(rig_in8(&rig, LPT), 'A');
    rig_out8(&rig, LPT + 2, 0x0D);
    rig_out8(&rig, LPT + 2, 0x0C);
    cr_assert_eq(printed_count, 1);
    cr_assert_eq(printed[0], 'A');
    cr_assert_eq(rig_in8(&rig, LPT + 1), 0x5F, "busy");
    rig_wait(&rig, 10000);
    cr_assert_eq(rig_in8(&rig, LPT + 1), 0xDF);
    cr_assert_eq(irq.edges, 0, "interrupts are off");
}

Test(parallel, acknowledge_interrupts)
{
    rig_out8(&rig, LPT + 2, 0x1D);
    cr_assert_eq(irq.edges, 0);
    rig_wait(&rig, 10000);
    cr_assert_eq(irq.edges, 1);
    cr_assert_eq(rig_in8(&rig, LPT + 2), 0xDD);
}

Test(parallel, no_printer_is_never_ready)
{
    port.sink.write = NULL;
    rig_out8(&rig, LPT + 2, 0x1D);
    rig_wait(&rig, 10000);
    cr_assert_eq(rig_in8(&rig, LPT + 1), 0x7F);
    cr_assert_eq(irq.edges, 0);
}

Test(parallel, nonsense)
{
    u32 seed = 2;

    for (unsigned i = 0; i < 50000; i++) {
        u32 value = rig_random(&seed);

        if (value & 8)
            rig_out8(&rig, LPT + value % 3, (u8)(value >> 8));
        else
            rig_in8(&rig, LPT + value % 3);
        rig_wait(&rig, value >> 16 & 0x3FF);
    }
    cr_assert_gt(printed_count, 0);
}
