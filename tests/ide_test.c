/* IDE channels and hard disks against ATA/ATAPI-6. */
#include "devices/ide_drive.h"
#include "tests/ide_rig.h"

#include <criterion/criterion.h>

TestSuite(ide, .init = ide_rig_open, .fini = ide_rig_close);

Test(ide, signature_after_reset)
{
    cr_assert_eq(in(R_STATUS), 0x50);
    cr_assert_eq(in(R_ERROR), 1);
    cr_assert_eq(in(R_COUNT), 1);
    cr_assert_eq(in(R_LOW), 1);
    cr_assert_eq(in(R_MID), 0);
    cr_assert_eq(in(R_HIGH), 0);
    cr_assert_eq(ide_in(IDE1 + R_MID), 0x14);
    cr_assert_eq(ide_in(IDE1 + R_HIGH), 0xEB);
    out(R_DEVICE, 0xB0);
    cr_assert_eq(in(R_STATUS), 0, "there is no slave");
    cr_assert_eq(in(R_DEVICE), 0xB0);
}

Test(ide, soft_reset_takes_time_and_selects_the_master)
{
    out(R_DEVICE, 0xF0);
    ide_out(IDE0_CONTROL, 4);
    cr_assert_eq(ide_in(IDE0_CONTROL), 0x80);
    wait_ns(A_WHILE);
    cr_assert_eq(ide_in(IDE0_CONTROL), 0x80, "for as long as SRST is set");
    ide_out(IDE0_CONTROL, 0);
    cr_assert_eq(in(R_STATUS), 0x80);
    wait_ns(A_WHILE);
    cr_assert_eq(in(R_STATUS), 0x50);
    cr_assert_eq(in(R_DEVICE), 0xA0);
    cr_assert_eq(rig.irqs[0].edges, 0);
}

Test(ide, identify)
{
    u16 words[256];

    command(0xEC);
    cr_assert(rig.irqs[0].level);
    cr_assert_eq(ide_in(IDE0_CONTROL), 0x58);
    cr_assert(rig.irqs[0].level, "the alternate status leaves INTRQ alone");
    cr_assert_eq(in(R_STATUS), 0x58);
    cr_assert_not(rig.irqs[0].level);
    read_words(words, 256);
    cr_assert_eq(in(R_STATUS), 0x50);
    cr_assert_eq(words[0], 0x40);
    cr_assert_eq(words[1], RIG_SECTORS / (16 * 63));
    cr_assert_eq(words[3], 16);
    cr_assert_eq(words[6], 63);
    cr_assert_eq(words[27], 'V' << 8 | 'I');
    cr_assert_eq(words[60], RIG_SECTORS);
    cr_assert_eq(words[61], 0);
    cr_assert_eq(words[100], RIG_SECTORS);
    cr_assert_eq(words[59], 0x110);
    cr_assert_eq(words[83] & 0xC400, 0x4400);
}

Test(ide, read_sectors_interrupts_per_sector)
{
    u16 words[256];

    address(0x105, 3);
    out(R_STATUS, 0x20);
    cr_assert_eq(in(R_STATUS)&0x88, 0x80);
    for (unsigned i = 0; i < 3; i++) {
        wait_ns(A_LITTLE);
        cr_assert_eq(rig.irqs[0].edges, i + 1);
        cr_assert_eq(in(R_STATUS), 0x58);
        read_words(words, 256);
        cr_assert_eq(words[0], 0x0101 * (5 + i));
        cr_assert_eq(words[255], 0x0101 * (5 + i));
    }
    wait_ns(A_LITTLE);
    cr_assert_eq(in(R_STATUS), 0x50);
    cr_assert_eq(rig.irqs[0].edges, 3);
    cr_assert_eq(in(R_LOW), 7, "the last sector");
    cr_assert_eq(in(R_COUNT), 0);
    cr_assert_eq(rig_in(&rig.chip, IDE0, WORD), 0xFFFF);
}

Test(ide, dword_and_byte_accesses_to_the_data_register)
{
    rig.disk.bytes[0] = 1;
    rig.disk.bytes[1] = 2;
    rig.disk.bytes[2] = 3;
    rig.disk.bytes[3] = 4;
    rig.disk.bytes[4] = 5;
    address(0, 1);
    command(0x20);
    cr_assert_eq(rig_in(&rig.chip, IDE0, DWORD), 0x04030201);
    cr_assert_eq(rig_in(&rig.chip, IDE0, BYTE), 5);
}

Test(ide, write_sectors)
{
    address(10, 2);
    out(R_STATUS, 0x30);
    cr_assert_eq(rig.irqs[0].edges, 0, "no interrupt asks for the first sector");
    cr_assert_eq(in(R_STATUS), 0x58);
    for (unsigned i = 0; i < 512; i++) {
        if (i == 256) {
            cr_assert_eq(in(R_STATUS), 0xD0);
            wait_ns(A_LITTLE);
            cr_assert(rig.irqs[0].level);
            cr_assert_eq(in(R_STATUS), 0x58);
        }
        rig_out(&rig.chip, IDE0, WORD, 0x1000 + i);
    }
    wait_ns(A_LITTLE);
    cr_assert_eq(rig.irqs[0].edges, 2);
    cr_assert_eq(in(R_STATUS), 0x50);
    cr_assert_eq(rig.disk.bytes[10 * 512], 0x00);
    cr_assert_eq(rig.disk.bytes[10 * 512 + 1], 0x10);
    cr_assert_eq(rig.disk.bytes[11 * 512], 0x00);
    cr_assert_eq(rig.disk.bytes[11 * 512 + 1], 0x11);
    cr_assert_eq(rig.disk.bytes[12 * 512], 12);
}

Test(ide, read_multiple_moves_blocks)
{
    u16 words[4 * 256];

    out(R_COUNT, 4);
    command(0xC6);
    address(8, 6);
    command(0xC4);
    cr_assert_eq(in(R_STATUS), 0x58);
    read_words(words, 4 * 256);
    cr_assert_eq(words[3 * 256], 0x0B0B);
    cr_assert_eq(in(R_STATUS)&0x80, 0x80);
    wait_ns(A_LITTLE);
    cr_assert_eq(in(R_STATUS), 0x58);
    read_words(words, 2 * 256);
    cr_assert_eq(words[256], 0x0D0D);
    cr_assert_eq(in(R_STATUS), 0x50);
    out(R_COUNT, 3);
    command(0xC6);
    cr_assert_eq(in(R_ERROR), 4, "3 is no power of two");
}

Test(ide, chs_addresses)
{
    u16 word;

    out(R_COUNT, 9);
    out(R_DEVICE, 0xA1);
    command(0x91); /* 9 sectors, 2 heads */
    cr_assert_eq(in(R_STATUS), 0x50);
    out(R_COUNT, 1);
    out(R_LOW, 5);
    out(R_MID, 3);
    out(R_HIGH, 0);
    out(R_DEVICE, 0xA1);
    command(0x20);
    read_words(&word, 1);
    cr_assert_eq(word, 0x0101 * ((3 * 2 + 1) * 9 + 4));
    ide_out(IDE0_CONTROL, 4);
    ide_out(IDE0_CONTROL, 0);
    wait_ns(A_WHILE);
    out(R_DEVICE, 0xA0);
    out(R_COUNT, 1);
    out(R_LOW, 0);
    command(0x20);
    cr_assert_eq(in(R_STATUS), 0x51);
    cr_assert_eq(in(R_ERROR), 0x10, "there is no sector 0");
}

Test(ide, partitions_tell_the_geometry)
{
    u8 *table = rig.disk.bytes + 0x1BE;
    u16 words[256];

    memset(rig.disk.bytes, 0, 512);
    memcpy(table + 16, (u8[]){0x80, 1, 1, 0, 6, 8, 17, 5, 17, 0, 0, 0, 100, 0, 0, 0}, 16);
    memcpy(rig.disk.bytes + 0x1FE, (u8[]){0x55, 0xAA}, 2);
    ide_attach_disk(&rig.ide, 0, &rig.disk.device);
    command(0xEC);
    read_words(words, 256);
    cr_assert_eq(words[1], RIG_SECTORS / (9 * 17));
    cr_assert_eq(words[3], 9);
    cr_assert_eq(words[6], 17);
    cr_assert_eq(words[56], 17);
    table[16 + 5] = 254; /* a translating BIOS made it */
    ide_attach_disk(&rig.ide, 0, &rig.disk.device);
    cr_assert_eq(ide_disk_geometry(&rig.ide, 0).heads, 16);
    rig.disk.device.sectors = 100;
    ide_attach_disk(&rig.ide, 0, &rig.disk.device);
    cr_assert_eq(ide_disk_geometry(&rig.ide, 0).cylinders, 1);
}

Test(ide, lba48_uses_both_values_of_each_register)
{
    u16 word;

    out(R_DEVICE, 0x40);
    out(R_COUNT, 0);
    out(R_COUNT, 1);
    out(R_LOW, 0);
    out(R_LOW, 0x34);
    out(R_MID, 0);
    out(R_MID, 0x12);
    out(R_HIGH, 0);
    out(R_HIGH, 0);
    command(0x24);
    read_words(&word, 1);
    cr_assert_eq(word, 0x3434);
    ide_out(IDE0_CONTROL, 0x80);
    cr_assert_eq(in(R_STATUS), 0x58);
}

Test(ide, high_order_bytes_are_readable)
{
    out(R_LOW, 0xAB);
    out(R_LOW, 0xCD);
    cr_assert_eq(in(R_LOW), 0xCD);
    ide_out(IDE0_CONTROL, 0x80);
    cr_assert_eq(in(R_LOW), 0xAB);
    out(R_COUNT, 1);
    cr_assert_eq(in(R_LOW), 0xCD, "a write to a register ends it");
}

Test(ide, the_end_of_the_disk)
{
    address(RIG_SECTORS - 1, 2);
    command(0x20);
    cr_assert_eq(in(R_STATUS), 0x58);
    for (unsigned i = 0; i < 256; i++)
        rig_in(&rig.chip, IDE0, WORD);
    wait_ns(A_LITTLE);
    cr_assert_eq(in(R_STATUS), 0x51);
    cr_assert_eq(in(R_ERROR), 0x10);
    cr_assert_eq(in(R_COUNT), 1, "not transferred");
    address(RIG_SECTORS, 1);
    command(0x40);
    cr_assert_eq(in(R_ERROR), 0x10);
    address(RIG_SECTORS - 256, 0);
    command(0x40);
    cr_assert_eq(in(R_STATUS), 0x50);
}

Test(ide, errors_of_the_medium)
{
    rig.disk.broken = true;
    address(1, 1);
    command(0x20);
    cr_assert_eq(in(R_STATUS), 0x51);
    cr_assert_eq(in(R_ERROR), 0x40);
    command(0xE7);
    cr_assert_eq(in(R_ERROR), 4);
    rig.disk.broken = false;
    rig.disk.device.read_only = true;
    address(1, 1);
    command(0x30);
    cr_assert_eq(in(R_STATUS), 0x51);
    cr_assert_eq(in(R_ERROR), 4);
}

Test(ide, flush_reaches_the_medium)
{
    command(0xE7);
    cr_assert_eq(in(R_STATUS), 0x50);
    cr_assert_eq(rig.disk.flushes, 1);
    out(R_ERROR, 0x82);
    command(0xEF); /* no write cache */
    address(1, 1);
    command(0x30);
    for (unsigned i = 0; i < 256; i++)
        rig_out(&rig.chip, IDE0, WORD, 0);
    wait_ns(A_LITTLE);
    cr_assert_eq(rig.disk.flushes, 3);
}

Test(ide, unknown_commands_are_aborted)
{
    static const u8 codes[] = {0x00, 0x08, 0xA0, 0xA1, 0xB0, 0xF5, 0xFF};

    for (unsigned i = 0; i < COUNT_OF(codes); i++) {
        command(codes[i]);
        cr_assert_eq(in(R_STATUS), 0x51, "%02X", codes[i]);
        cr_assert_eq(in(R_ERROR), 4, "%02X", codes[i]);
    }
    cr_assert_eq(rig.irqs[0].edges, COUNT_OF(codes));
}

Test(ide, nien_masks_the_interrupt_until_it_is_cleared)
{
    ide_out(IDE0_CONTROL, 2);
    command(0xE1);
    cr_assert_not(rig.irqs[0].level);
    ide_out(IDE0_CONTROL, 0);
    cr_assert(rig.irqs[0].level);
    out(R_DEVICE, 0xB0);
    cr_assert_not(rig.irqs[0].level, "only the selected drive drives INTRQ");
    out(R_DEVICE, 0xA0);
    cr_assert(rig.irqs[0].level);
    in(R_STATUS);
    cr_assert_not(rig.irqs[0].level);
}

Test(ide, power_modes)
{
    command(0xE5);
    cr_assert_eq(in(R_COUNT), 0xFF);
    command(0xE0);
    command(0xE5);
    cr_assert_eq(in(R_COUNT), 0);
    address(0, 1);
    command(0x40);
    command(0xE5);
    cr_assert_eq(in(R_COUNT), 0xFF, "an access to the medium wakes it");
    command(0xE6);
    command(0xE5);
    cr_assert_eq(in(R_STATUS), 0, "asleep");
    ide_out(IDE0_CONTROL, 4);
    ide_out(IDE0_CONTROL, 0);
    wait_ns(A_WHILE);
    cr_assert_eq(in(R_STATUS), 0x50);
}

Test(ide, diagnostic_resets_both_and_interrupts)
{
    out(R_DEVICE, 0xF0);
    out(R_STATUS, 0x90);
    wait_ns(A_WHILE);
    cr_assert(rig.irqs[0].level);
    cr_assert_eq(in(R_ERROR), 1);
    cr_assert_eq(in(R_STATUS), 0x50);
}

Test(ide, transfer_modes)
{
    u16 words[256];

    out(R_ERROR, 3);
    out(R_COUNT, 0x22);
    command(0xEF);
    command(0xEC);
    in(R_STATUS);
    read_words(words, 256);
    cr_assert_eq(words[63], 0x0407);
    out(R_ERROR, 3);
    out(R_COUNT, 0x47);
    command(0xEF);
    cr_assert_eq(in(R_ERROR), 4, "there is no Ultra DMA mode 7");
}

Test(ide, buffer_commands)
{
    u16 words[256];

    command(0xE8);
    for (unsigned i = 0; i < 256; i++)
        rig_out(&rig.chip, IDE0, WORD, i);
    wait_ns(A_LITTLE);
    cr_assert_eq(in(R_STATUS), 0x50);
    command(0xE4);
    read_words(words, 256);
    cr_assert_eq(words[200], 200);
}

Test(ide, pci_identity)
{
    cr_assert_eq(pci_config_get(&rig.ide.pci, PCI_VENDOR, DWORD), 0x70108086);
    cr_assert_eq(pci_config_get(&rig.ide.pci, PCI_REVISION, DWORD) >> 8, 0x010180);
    cr_assert_eq(rig.ide.pci.devfn, 1 << 3 | 1);
}

/* ---- abuse ---- */

static void poke(u32 value, u32 data)
{
    static const u16 ports[] = {IDE0, IDE0, IDE0, IDE1, IDE1, IDE1, MASTER0, MASTER0};
    u16 port = (u16)(ports[value & 7] + (value >> 3 & 7));
    Size size = (Size)(1 << (value >> 6 & 3) % 3);

    if ((value >> 8 & 31) == 0)
        port = value & 1 ? IDE0_CONTROL : IDE1_CONTROL;
    if (value >> 13 & 1)
        rig_out(&rig.chip, port, size, data);
    else
        rig_in(&rig.chip, port, size);
}

Test(ide, nonsense)
{
    u32 seed = 3;

    ide_attach_disk(&rig.ide, 1, &rig.disk.device);
    for (unsigned i = 0; i < 400000; i++) {
        u32 value = rig_random(&seed), data = rig_random(&seed);

        /* Half of all command bytes are such as do something. */
        if (value & 0x4000)
            ide_out((value & 1 ? IDE0 : IDE1) + R_STATUS,
                    (const u8[]){0x20, 0xC4, 0x30, 0xC5, 0xC8, 0xCA, 0xA0, 0x25}[data & 7]);
        else
            poke(value, data);
        if ((value & 0x8000))
            rig_wait(&rig.chip, data & 0x7FFF);
    }
}

Test(ide, hostile_snapshot)
{
    u32 seed = 4;

    for (unsigned i = 0; i < 2000; i++) {
        for (u32 f = 0; f < ide_state.count; f++) {
            const Field *field = &ide_state.fields[f];
            u8 *bytes = (u8 *)&rig.ide + field->offset;

            if (strstr(field->name, "step") || strstr(field->name, "buffer"))
                continue;
            for (u32 b = 0; b < field->width * field->count; b++)
                bytes[b] =
                    (u8)(strstr(field->name, "irq_level") || strstr(field->name, "interrupt") ||
                                 strstr(field->name, "asleep") ||
                                 strstr(field->name, "write_cache") ||
                                 strstr(field->name, "look_ahead") ||
                                 strstr(field->name, "reverting") ||
                                 strstr(field->name, "locked") ||
                                 strstr(field->name, "tray_open") ||
                                 strstr(field->name, "use_dma") || strstr(field->name, "last")
                             ? rig_random(&seed) & 1
                             : rig_random(&seed));
        }
        ide_state.restored(&rig.ide);
        for (unsigned n = 0; n < 20; n++)
            poke(rig_random(&seed), rig_random(&seed));
        for (unsigned n = 0; n < 4; n++)
            ide_drive_step(&rig.ide.channels[n / 2].drives[n % 2]);
        rig_wait(&rig.chip, 1000);
    }
}
