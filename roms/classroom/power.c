/*
 * Ending it all. To switch off, one value goes to one port; but which value and which port is
 * different on each board, and written down in tables that the firmware leaves in memory.
 * Source: ACPI Specification, "Root System Description Pointer", "Fixed ACPI Description Table",
 * "PM1 Control Registers", "\_Sx (System States)".
 */
#include "power.h"
#include "descriptors.h"
#include "paging.h"
#include "processor.h"
#include "text.h"

enum {
    BIOS_START = 0xe0000,
    BIOS_END = 0x100000,
    HEADER_BYTES = 36, /* of each table: signature, length, ... */
    LARGEST_TABLE = 1 << 20,

    FADT_DSDT = 40, /* offsets in the fixed ACPI description table */
    FADT_SMI_COMMAND = 48,
    FADT_ACPI_ENABLE = 52,
    FADT_PM1A_CONTROL = 64,
    FADT_PM1B_CONTROL = 68,

    SCI_ENABLED = 1 << 0, /* PM1 control: ACPI is on */
    SLEEP_ENABLE = 1 << 13,
    SLEEP_TYPE_SHIFT = 10,

    KEYBOARD_COMMAND = 0x64,
    PULSE_RESET = 0xfe,
    RESET_CONTROL = 0xcf9,
};

static u32 read32(const u8 *bytes)
{
    u32 value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static u32 find_rsdp(void)
{
    for (u32 physical = BIOS_START; physical < BIOS_END; physical += 16) {
        const u8 *candidate = physical_pointer(physical);
        u8 sum = 0;
        if (memcmp(candidate, "RSD PTR ", 8))
            continue;
        for (unsigned i = 0; i < 20; i++)
            sum += candidate[i];
        if (!sum)
            return physical;
    }
    return 0;
}

static u32 table_length(u32 physical)
{
    const u8 *header = physical_window(physical, HEADER_BYTES);
    u32 length = read32(header + 4);
    return length < HEADER_BYTES || length > LARGEST_TABLE ? HEADER_BYTES : length;
}

static bool table_is(u32 physical, const char *signature)
{
    return !memcmp(physical_window(physical, 4), signature, 4);
}

static u32 find_table(u32 rsdt, const char *signature)
{
    u32 length = table_length(rsdt);
    for (u32 offset = HEADER_BYTES; offset + 4 <= length; offset += 4) {
        u32 table = read32(physical_window(rsdt + offset, 4));
        if (table_is(table, signature))
            return table;
    }
    return 0;
}

/* The value for "off" stands in the DSDT, in a byte code for which ACPI systems carry an
 * interpreter. We look for the name \_S5_ and read the first number of the package after it:
 * 12h, length, count, then either 0Ah and a byte, or 00h or 01h for the number itself. */
static bool find_sleep_type(u32 dsdt, u8 *sleep_type)
{
    u32 length = table_length(dsdt);
    const u8 *code = physical_window(dsdt, length);
    for (u32 i = HEADER_BYTES; i + 9 < length; i++) {
        if (memcmp(code + i, "_S5_\x12", 5))
            continue;
        const u8 *value = code + i + 5;
        value += (*value >> 6) + 1u; /* the length has 1 to 4 bytes, says its first one */
        value++;                     /* count of elements */
        *sleep_type = *value == 0x0a ? value[1] : *value;
        return true;
    }
    return false;
}

bool power_find(PowerOff *power)
{
    *power = (PowerOff){.rsdp = find_rsdp()};
    if (!power->rsdp)
        return false;
    power->rsdt = read32((const u8 *)physical_pointer(power->rsdp) + 16);
    power->fadt = find_table(power->rsdt, "FACP");
    if (!power->fadt)
        return false;
    const u8 *fadt = physical_window(power->fadt, FADT_PM1B_CONTROL + 4);
    power->dsdt = read32(fadt + FADT_DSDT);
    power->control_port = (u16)read32(fadt + FADT_PM1A_CONTROL);
    power->control_port_b = (u16)read32(fadt + FADT_PM1B_CONTROL);
    power->enable_port = (u16)read32(fadt + FADT_SMI_COMMAND);
    power->enable_value = fadt[FADT_ACPI_ENABLE];
    return power->control_port && find_sleep_type(power->dsdt, &power->sleep_type);
}

void power_off(const PowerOff *power)
{
    u16 value = (u16)(power->sleep_type << SLEEP_TYPE_SHIFT | SLEEP_ENABLE);
    if (!(in16(power->control_port) & SCI_ENABLED) && power->enable_port) {
        out8(power->enable_port, power->enable_value); /* the firmware hands ACPI over to us */
        for (u32 i = 0; i < 100000 && !(in16(power->control_port) & SCI_ENABLED); i++)
            ;
    }
    out16(power->control_port, value);
    if (power->control_port_b)
        out16(power->control_port_b, value);
}

void power_off_guess(void)
{
    out16(0x604, 0x2000);  /* QEMU */
    out16(0xb004, 0x2000); /* Bochs, old QEMU */
    out16(0x4004, 0x3400); /* VirtualBox */
}

void power_reset(void)
{
    out8(KEYBOARD_COMMAND, PULSE_RESET); /* the keyboard controller holds the reset wire */
    for (u32 i = 0; i < 1000000; i++)
        in8(KEYBOARD_COMMAND);
    out8(RESET_CONTROL, 0x02);
    out8(RESET_CONTROL, 0x06);
    for (u32 i = 0; i < 1000000; i++)
        in8(KEYBOARD_COMMAND);
}

void power_crash(void)
{
    TableRegister nothing = {0, 0};
    interrupts_disable();
    asm volatile("lidt %0\n\t"
                 "int3"
                 :
                 : "m"(nothing));
    __builtin_unreachable();
}
