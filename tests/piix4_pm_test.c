/* PIIX4 power management: timer, events, SCI, soft off, APM, SMBus. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "devices/piix4_pm.h"

typedef struct Fixture {
    Log log;
    AddressSpace memory, ports;
    PciBus bus;
    Clock clock;
    u64 cycles, deadline;
    Piix4Pm pm;
    bool sci, off;
} Fixture;

static Fixture *f;

static void set_wire(void *target, unsigned pin, bool level)
{
    (void)pin;
    *(bool *)target = level;
}

static void config_out(u8 offset, u8 value)
{
    space_write(&f->ports, 0xCF8, DWORD, 0x80000B00u | (offset & 0xFCu));
    space_write(&f->ports, 0xCFC + (offset & 3), BYTE, value);
}

static u8 config_in(u8 offset)
{
    space_write(&f->ports, 0xCF8, DWORD, 0x80000B00u | (offset & 0xFCu));
    return (u8)space_read(&f->ports, 0xCFC + (offset & 3), BYTE);
}

static void out(u16 port, Size size, u32 value)
{
    space_write(&f->ports, port, size, value);
}

static u32 in(u16 port, Size size)
{
    return (u32)space_read(&f->ports, port, size);
}

/* Lets guest time pass, firing what becomes due, as the processor would. */
static void pass(u64 cycles)
{
    u64 end = f->cycles + cycles;

    while (f->deadline <= end) {
        f->cycles = f->deadline;
        clock_fire_due(&f->clock);
    }
    f->cycles = end;
}

enum { HZ = 100000000 };

static void set_up(void)
{
    f = calloc(1, sizeof *f);
    space_init(&f->memory, "memory", 0xFFFFFFFF, &f->log);
    space_init(&f->ports, "ports", 0xFFFF, &f->log);
    pci_bus_init(&f->bus, &f->memory, &f->ports, &f->log);
    clock_init(&f->clock, &f->cycles, &f->deadline, HZ);
    piix4_pm_init(&f->pm, &f->bus, &f->ports, &f->clock, &f->log, (IrqLine){set_wire, &f->sci, 0},
                  (IrqLine){set_wire, &f->off, 0});
    /* As the firmware does: PMBASE 600h, enabled; SMBus at 700h. */
    config_out(0x41, 0x06);
    config_out(0x80, 1);
    config_out(0x91, 0x07);
    config_out(0xD2, 9);
}

static void tear_down(void)
{
    free(f);
}

TestSuite(piix4_pm, .init = set_up, .fini = tear_down);

Test(piix4_pm, ports_follow_pmbase)
{
    out(0x602, WORD, 0x0100);
    cr_assert_eq(in(0x602, WORD), 0x0100);
    config_out(0x41, 0xB0);
    cr_assert_eq(in(0x602, WORD), 0xFFFF);
    cr_assert_eq(in(0xB002, WORD), 0x0100);
    config_out(0x80, 0);
    cr_assert_eq(in(0xB002, WORD), 0xFFFF);
    cr_assert_eq(config_in(0x40), 1, "an I/O address");
}

Test(piix4_pm, firmware_is_told_that_smm_is_set_up)
{
    cr_assert(config_in(0x5B) & 2);
    piix4_pm_reset(&f->pm);
    cr_assert(config_in(0x5B) & 2);
}

Test(piix4_pm, timer_counts_24_bits)
{
    u32 start = in(0x608, DWORD);

    pass(HZ);
    cr_assert_eq(in(0x608, DWORD) - start, PIIX4_PM_HZ);
    cr_assert_eq(in(0x60A, BYTE), in(0x608, DWORD) >> 16);
    pass((u64)HZ * 4);
    cr_assert_eq(in(0x608, DWORD), (5 * PIIX4_PM_HZ) & 0xFFFFFF);
    out(0x608, DWORD, 0);
    cr_assert_eq(in(0x608, DWORD), (5 * PIIX4_PM_HZ) & 0xFFFFFF, "it is read-only");
}

Test(piix4_pm, nothing_is_scheduled_while_nobody_looks)
{
    cr_assert_eq(f->deadline, EVENT_NEVER);
    pass((u64)HZ * 3);
    cr_assert_eq(in(0x600, WORD), 1, "the overflow is noticed when somebody asks");
    out(0x600, WORD, 1);
    cr_assert_eq(in(0x600, WORD), 0);
}

Test(piix4_pm, timer_overflow_raises_sci)
{
    u64 half = (((u64)1 << 23) * HZ + PIIX4_PM_HZ - 1) / PIIX4_PM_HZ;

    out(0xB2, BYTE, PIIX4_ACPI_ENABLE);
    out(0x602, WORD, 1);
    cr_assert_eq(f->deadline, half);
    pass(half - 1);
    cr_assert_not(f->sci);
    pass(1);
    cr_assert(f->sci);
    cr_assert_eq(in(0x608, DWORD), 0x800000);
    cr_assert_eq(f->deadline, EVENT_NEVER, "no second event before the first is acknowledged");
    out(0x600, WORD, 1);
    cr_assert_not(f->sci);
    pass(half);
    cr_assert(f->sci, "the bit toggles back");
}

Test(piix4_pm, power_button_needs_enable_and_acpi_mode)
{
    piix4_pm_power_button(&f->pm);
    cr_assert_eq(in(0x600, WORD), 0x0100);
    cr_assert_not(f->sci);
    out(0x602, WORD, 0x0100);
    cr_assert_not(f->sci, "SCI_EN is clear");
    out(0xB2, BYTE, PIIX4_ACPI_ENABLE);
    cr_assert_eq(in(0x604, WORD) & 1, 1);
    cr_assert(f->sci);
    out(0x600, WORD, 0x0100);
    cr_assert_not(f->sci);
    cr_assert_eq(in(0x600, WORD), 0);
    out(0xB2, BYTE, PIIX4_ACPI_DISABLE);
    cr_assert_eq(in(0x604, WORD) & 1, 0);
    cr_assert_eq(in(0xB2, BYTE), PIIX4_ACPI_DISABLE);
}

Test(piix4_pm, writing_one_byte_leaves_the_other)
{
    out(0x602, WORD, 0x0521);
    out(0x603, BYTE, 0);
    cr_assert_eq(in(0x602, WORD), 0x0021);
    out(0x600, DWORD, 0x01200000);
    cr_assert_eq(in(0x602, WORD), 0x0120);
    cr_assert_eq(in(0x602, BYTE), 0x20);
}

Test(piix4_pm, sleep_type_0_turns_the_power_off)
{
    out(0x604, WORD, 0x0401);
    cr_assert_not(f->off, "SUS_EN is not set");
    cr_assert_eq(in(0x604, WORD), 0x0401);
    out(0x604, WORD, 0x2401);
    cr_assert_not(f->off, "type 1 is not off");
    out(0x604, WORD, 0x2001);
    cr_assert(f->off);
    cr_assert_eq(in(0x604, WORD), 0x0001, "SUS_EN reads as zero");
    piix4_pm_reset(&f->pm);
    cr_assert_not(f->off);
}

Test(piix4_pm, general_purpose_events)
{
    out(0xB2, BYTE, PIIX4_ACPI_ENABLE);
    out(0xAFE2, WORD, 0x0202);
    cr_assert_eq(in(0xAFE0, DWORD), 0x02020000);
    f->pm.gpe_status = 0x0200;
    out(0xAFE0, BYTE, 0);
    cr_assert(f->sci);
    out(0xAFE0, WORD, 0x0200);
    cr_assert_not(f->sci);
    cr_assert_eq(in(0xAFE0, WORD), 0);
}

Test(piix4_pm, smbus_has_no_slaves)
{
    out(0x704, BYTE, 0xA1);
    out(0x702, BYTE, 0x48);
    cr_assert_eq(in(0x700, BYTE), 4, "a device error, and not busy");
    out(0x700, BYTE, 0x1E);
    cr_assert_eq(in(0x700, BYTE), 0);
    cr_assert_eq(in(0x704, BYTE), 0xA1);
}

Test(piix4_pm, tells_which_ports_are_fitted)
{
    piix4_pm_set_ports(&f->pm, true, false, false);
    piix4_pm_reset(&f->pm);
    cr_assert_eq(config_in(0x5F) & 0x80, 0);
    cr_assert_eq(config_in(0x67) & 0x88, 0x08);
    config_out(0x67, 0xFF);
    cr_assert_eq(config_in(0x67) & 0x80, 0);
}

Test(piix4_pm, restoring_places_its_ports)
{
    f->pm.pci.config[0x41] = 0xC0;
    piix4_pm_state.restored(&f->pm);
    cr_assert_eq(in(0xC002, WORD), 0);
    cr_assert_eq(in(0x602, WORD), 0xFFFF);
}

Test(piix4_pm, survives_nonsense)
{
    static const u16 bases[] = {0x600, 0x700, 0xAFE0, 0xB2, 0xCF8};
    u64 seed = 7;

    for (unsigned i = 0; i < 100000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        u16 port = (u16)(bases[(seed >> 33) % 5] + (seed >> 40 & 63));
        Size size = (Size)(1 << (seed >> 50) % 3);

        if (port >= 0xCF8 && port < 0xCFC)
            out(0xCF8, DWORD, 0x80000B00u | (u32)(seed >> 20 & 0xFC));
        else if (seed >> 63)
            in(port, size);
        else
            out(port, size, (u32)(seed >> 24));
        pass(seed >> 20 & 0xFFFFF);
    }
    cr_assert_eq(f->pm.pci.config[0], 0x86);
}
