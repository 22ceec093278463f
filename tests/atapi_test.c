/* The CD-ROM drive against SFF-8020i and MMC-3. */
#include "tests/ide_rig.h"

#include <criterion/criterion.h>

/* Sends a packet; the drive has then begun to carry it out. */
static void send(const u8 *packet, u16 byte_limit, bool dma)
{
    out(R_DEVICE, 0xA0);
    out(R_ERROR, dma);
    out(R_MID, (u8)byte_limit);
    out(R_HIGH, (u8)(byte_limit >> 8));
    out(R_STATUS, 0xA0);
    cr_assert_eq(ide_in(IDE1_CONTROL) & 0x88, 8);
    cr_assert_eq(in(R_COUNT), 1, "it asks for a command");
    for (unsigned i = 0; i < 12; i += 2)
        rig_out(&rig.chip, IDE1, WORD, packet[i] | (u32)packet[i + 1] << 8);
    cr_assert_eq(in(R_STATUS)&0x88, 0x80);
}

/* Carries out a packet by PIO and collects what it gives. Returns the number of bytes. */
static unsigned run(const u8 *packet, u8 *reply, unsigned room, u16 byte_limit)
{
    unsigned total = 0;

    send(packet, byte_limit, false);
    for (;;) {
        wait_ns(100000);
        cr_assert(rig.irqs[1].level);
        u8 status = in(R_STATUS);
        cr_assert_not(status & 0x80);
        if (!(status & 8))
            break;
        cr_assert_eq(in(R_COUNT), 2, "data to the host");
        unsigned bytes = in(R_MID) | (unsigned)in(R_HIGH) << 8;
        cr_assert_leq(bytes, byte_limit);
        for (unsigned i = 0; i < bytes; i += 2) {
            u32 word = rig_in(&rig.chip, IDE1, WORD);

            if (total < room)
                reply[total] = (u8)word;
            if (total + 1 < room && i + 1 < bytes)
                reply[total + 1] = (u8)(word >> 8);
            total += bytes - i < 2 ? 1 : 2;
        }
    }
    cr_assert_eq(in(R_COUNT), 3, "the command has ended");
    return total;
}

static bool failed(void)
{
    return in(R_STATUS)&1;
}

static void expect_sense(u8 key, u8 code, u8 qualifier)
{
    u8 reply[18] = {0};

    cr_assert(failed());
    cr_assert_eq(in(R_ERROR) >> 4, key);
    cr_assert_eq(run((const u8[12]){3, 0, 0, 0, 18}, reply, 18, 18), 18);
    cr_assert_eq(reply[0], 0x70);
    cr_assert_eq(reply[2], key);
    cr_assert_eq(reply[12], code);
    cr_assert_eq(reply[13], qualifier);
}

static void open_rig(void)
{
    u8 none[1];

    ide_rig_open();
    rig.channel = IDE1;
    run((const u8[12]){0}, none, 0, 0xFFFE);
    expect_sense(6, 0x29, 0); /* the power-on unit attention */
}

TestSuite(atapi, .init = open_rig, .fini = ide_rig_close);

Test(atapi, it_is_no_disk)
{
    ide_out(IDE1 + R_STATUS, 0xEC);
    wait_ns(A_LITTLE);
    cr_assert_eq(in(R_STATUS), 0x51);
    cr_assert_eq(in(R_ERROR), 4);
    cr_assert_eq(in(R_MID), 0x14);
    cr_assert_eq(in(R_HIGH), 0xEB);
}

Test(atapi, it_does_not_answer_for_a_slave)
{
    out(R_DEVICE, 0xB0);
    for (unsigned reg = R_ERROR; reg <= R_STATUS; reg++)
        cr_assert_eq(in((u16)reg), 0);
    out(R_STATUS, 0xEC);
    wait_ns(A_WHILE);
    cr_assert_not(rig.irqs[1].level);
}

Test(atapi, identify_packet_device)
{
    out(R_STATUS, 0xA1);
    wait_ns(A_LITTLE);
    cr_assert_eq(in(R_STATUS), 0x58);
    cr_assert_eq(rig_in(&rig.chip, IDE1, WORD), 0x85C0);
    for (unsigned i = 1; i < 256; i++)
        rig_in(&rig.chip, IDE1, WORD);
    cr_assert_eq(in(R_STATUS), 0x50);
}

Test(atapi, ready_inquiry_capacity)
{
    u8 reply[64];

    cr_assert_eq(run((const u8[12]){0}, reply, 0, 0xFFFE), 0);
    cr_assert_not(failed());
    cr_assert_eq(run((const u8[12]){0x12, 0, 0, 0, 36}, reply, 64, 0xFFFE), 36);
    cr_assert_eq(reply[0], 5);
    cr_assert_eq(reply[1], 0x80);
    cr_assert_arr_eq(reply + 8, "VITRINE ", 8);
    cr_assert_eq(run((const u8[12]){0x12, 0, 0, 0, 5}, reply, 64, 0xFFFE), 5, "an odd length");
    cr_assert_eq(run((const u8[12]){0x25}, reply, 64, 0xFFFE), 8);
    cr_assert_arr_eq(reply, ((const u8[]){0, 0, 3, 0xE7, 0, 0, 8, 0}), 8);
}

Test(atapi, read_10_interrupts_per_block)
{
    static u8 data[3 * 2048];
    unsigned edges = rig.irqs[1].edges;

    cr_assert_eq(run((const u8[12]){0x28, 0, 0, 0, 0, 16, 0, 0, 3}, data, sizeof data, 2048),
                 3 * 2048);
    cr_assert_eq(rig.irqs[1].edges, edges + 4);
    for (unsigned i = 0; i < sizeof data; i++)
        cr_assert_eq(data[i], 64 + i / 512);
}

Test(atapi, small_byte_limits_split_a_block)
{
    static u8 data[2048];

    cr_assert_eq(run((const u8[12]){0xA8, 0, 0, 0, 0, 1, 0, 0, 0, 1}, data, sizeof data, 500),
                 2048);
    for (unsigned i = 0; i < sizeof data; i++)
        cr_assert_eq(data[i], 4 + i / 512);
}

Test(atapi, read_by_dma)
{
    ide_descriptor(0, DMA_BUFFER, 10 * 2048, true);
    send((const u8[12]){0x28, 0, 0, 0, 0, 2, 0, 0, 10}, 0, true);
    ide_start_master(MASTER1, true);
    wait_ns(A_WHILE);
    cr_assert(rig.irqs[1].level);
    cr_assert_eq(in(R_STATUS), 0x50);
    cr_assert_eq(ide_in(MASTER1 + 2) & 7, 4);
    for (unsigned i = 0; i < 10 * 2048; i++)
        cr_assert_eq(rig.chip.ram.bytes[DMA_BUFFER + i], 8 + i / 512);
}

Test(atapi, replies_by_dma)
{
    ide_descriptor(0, DMA_BUFFER, 8, true);
    send((const u8[12]){0x25}, 8, true);
    ide_start_master(MASTER1, true);
    wait_ns(A_WHILE);
    cr_assert_eq(in(R_STATUS), 0x50);
    cr_assert_eq(rig.chip.ram.bytes[DMA_BUFFER + 3], 0xE7);
}

Test(atapi, beyond_the_end)
{
    u8 none[1];

    run((const u8[12]){0x28, 0, 0, 0, 3, 0xE7, 0, 0, 2}, none, 0, 2048);
    expect_sense(5, 0x21, 0);
    run((const u8[12]){0x2B, 0, 0, 0, 3, 0xE8}, none, 0, 2048);
    expect_sense(5, 0x21, 0);
    run((const u8[12]){0x28, 0, 0, 0, 0, 0, 0, 0, 0}, none, 0, 2048);
    cr_assert_not(failed(), "no blocks is no error");
}

Test(atapi, errors)
{
    u8 none[1];

    run((const u8[12]){0xD8}, none, 0, 2048);
    expect_sense(5, 0x20, 0);
    rig.disc.broken = true;
    run((const u8[12]){0x28, 0, 0, 0, 0, 0, 0, 0, 1}, none, 0, 2048);
    expect_sense(3, 0x11, 0);
}

Test(atapi, table_of_contents)
{
    u8 reply[64];

    cr_assert_eq(run((const u8[12]){0x43, 0, 0, 0, 0, 0, 0, 0, 64}, reply, 64, 64), 20);
    cr_assert_arr_eq(reply, ((const u8[]){0, 18, 1, 1,    0,    0x14, 1, 0, 0, 0,
                                          0, 0,  0, 0x14, 0xAA, 0,    0, 0, 3, 0xE8}),
                     20);
    cr_assert_eq(run((const u8[12]){0x43, 2, 0, 0, 0, 0, 0xAA, 0, 64}, reply, 64, 64), 12);
    /* 1000 + 150 frames are 15 seconds and 25 frames */
    cr_assert_arr_eq(reply + 4, ((const u8[]){0, 0x14, 0xAA, 0, 0, 0, 15, 25}), 8);
    cr_assert_eq(run((const u8[12]){0x43, 0, 1, 0, 0, 0, 0, 0, 64}, reply, 64, 64), 12);
    cr_assert_eq(run((const u8[12]){0x43, 2, 2, 0, 0, 0, 0, 0, 64}, reply, 64, 64), 48);
    cr_assert_eq(reply[4 + 22 + 3], 0xA2);
    cr_assert_eq(run((const u8[12]){0x43, 0, 0, 0, 0, 0, 0, 0, 64, 0x40}, reply, 64, 64), 12,
                 "the format where SFF-8020i has it");
    run((const u8[12]){0x43, 0, 0, 0, 0, 0, 2, 0, 64}, reply, 0, 64);
    expect_sense(5, 0x24, 0);
}

Test(atapi, raw_sectors)
{
    static u8 data[2352];

    cr_assert_eq(run((const u8[12]){0xBE, 0, 0, 0, 0, 100, 0, 0, 1, 0xF8}, data, 2352, 0xFFFE),
                 2352);
    cr_assert_eq(data[0], 0);
    cr_assert_eq(data[1], 0xFF);
    cr_assert_arr_eq(data + 12, ((const u8[]){0x00, 0x03, 0x25, 1}), 4);
    cr_assert_eq(data[16], 400 & 0xFF);
    cr_assert_eq(run((const u8[12]){0xB9, 0, 0, 0, 3, 25, 0, 3, 27, 0x10}, data, 2048, 0xFFFE),
                 2 * 2048);
    cr_assert_eq(data[0], 400 & 0xFF);
    run((const u8[12]){0xBE, 4, 0, 0, 0, 0, 0, 0, 1, 0x10}, data, 0, 2048); /* CD-DA */
    expect_sense(5, 0x64, 0);
}

Test(atapi, configuration_and_modes)
{
    u8 reply[128] = {0};
    unsigned length;

    length = run((const u8[12]){0x46, 0, 0, 0, 0, 0, 0, 0, 128}, reply, 128, 128);
    cr_assert_eq(reply[3], length - 4);
    cr_assert_eq(reply[7], 8, "a CD-ROM");
    cr_assert_eq(run((const u8[12]){0x46, 2, 0, 3, 0, 0, 0, 0, 128}, reply, 128, 128), 16);
    length = run((const u8[12]){0x5A, 0, 0x2A, 0, 0, 0, 0, 0, 128}, reply, 128, 128);
    cr_assert_eq(length, 28);
    cr_assert_eq(reply[1], 26);
    cr_assert_eq(reply[2], 1);
    cr_assert_eq(reply[8], 0x2A);
    run((const u8[12]){0x5A, 0, 0x05, 0, 0, 0, 0, 0, 128}, reply, 0, 128);
    expect_sense(5, 0x24, 0);
    run((const u8[12]){0x5A, 0, 0xEA, 0, 0, 0, 0, 0, 128}, reply, 0, 128);
    expect_sense(5, 0x39, 0);
    cr_assert_eq(run((const u8[12]){0x51, 0, 0, 0, 0, 0, 0, 0, 128}, reply, 128, 128), 34);
    cr_assert_eq(run((const u8[12]){0xBD, 0, 0, 0, 0, 0, 0, 0, 0, 8}, reply, 128, 128), 8);
    cr_assert_eq(run((const u8[12]){0x52, 1, 0, 0, 0, 1, 0, 0, 36}, reply, 128, 128), 36);
    cr_assert_eq(run((const u8[12]){0x42, 0, 0x40, 1, 0, 0, 0, 0, 16}, reply, 128, 128), 16);
}

Test(atapi, eject_lock_and_load)
{
    u8 reply[8];

    run((const u8[12]){0x1E, 0, 0, 0, 1}, reply, 0, 8);
    run((const u8[12]){0x1B, 0, 0, 0, 2}, reply, 0, 8);
    expect_sense(2, 0x53, 2);
    run((const u8[12]){0x1E, 0, 0, 0, 0}, reply, 0, 8);
    run((const u8[12]){0x1B, 0, 0, 0, 2}, reply, 0, 8);
    cr_assert_not(failed());
    run((const u8[12]){0x25}, reply, 0, 8);
    expect_sense(2, 0x3A, 2);
    cr_assert_eq(run((const u8[12]){0x4A, 1, 0, 0, 0x10, 0, 0, 0, 8}, reply, 8, 8), 8);
    cr_assert_arr_eq(reply, ((const u8[]){0, 6, 4, 0x10, 3, 1, 0, 0}), 8);
    run((const u8[12]){0x1B, 0, 0, 0, 3}, reply, 0, 8);
    run((const u8[12]){0}, reply, 0, 8);
    expect_sense(6, 0x28, 0);
    run((const u8[12]){0}, reply, 0, 8);
    cr_assert_not(failed());
}

Test(atapi, a_new_disc_is_a_unit_attention)
{
    u8 reply[8];

    rig.disc.device.sectors = 0;
    rig.disc.device.changes++;
    ide_medium_changed(&rig.ide);
    run((const u8[12]){0}, reply, 0, 8);
    expect_sense(2, 0x3A, 0);
    rig.disc.device.sectors = 4001;
    rig.disc.device.changes++;
    ide_medium_changed(&rig.ide);
    cr_assert_eq(run((const u8[12]){0x12, 0, 0, 0, 8}, reply, 8, 8), 8, "INQUIRY tolerates it");
    run((const u8[12]){0x25}, reply, 0, 8);
    expect_sense(6, 0x28, 0);
    cr_assert_eq(run((const u8[12]){0x25}, reply, 8, 8), 8);
    cr_assert_eq(reply[3], 0xE8, "the last block is not whole");
    cr_assert_eq(run((const u8[12]){0x4A, 1, 0, 0, 0x10, 0, 0, 0, 8}, reply, 8, 8), 8);
    cr_assert_eq(reply[4], 2);
}

Test(atapi, an_incomplete_last_block_ends_in_zeros)
{
    static u8 data[2048];

    rig.disc.device.sectors = 4001;
    memset(rig.disc.bytes + 4000 * 512, 0xEE, 512);
    cr_assert_eq(run((const u8[12]){0x28, 0, 0, 0, 3, 0xE8, 0, 0, 1}, data, 2048, 2048), 2048);
    cr_assert_eq(data[511], 0xEE);
    cr_assert_eq(data[512], 0);
}

Test(atapi, empty_drive)
{
    u8 reply[8];

    ide_attach_cdrom(&rig.ide, 2, NULL);
    run((const u8[12]){0}, reply, 0, 8);
    expect_sense(6, 0x29, 0);
    run((const u8[12]){0x28, 0, 0, 0, 0, 0, 0, 0, 1}, reply, 0, 8);
    expect_sense(2, 0x3A, 0);
}

Test(atapi, device_reset)
{
    send((const u8[12]){0x28, 0, 0, 0, 0, 0, 0, 0, 1}, 2048, false);
    out(R_STATUS, 8);
    wait_ns(A_WHILE);
    cr_assert_eq(in(R_STATUS), 0);
    cr_assert_eq(in(R_MID), 0x14);
    cr_assert_eq(in(R_ERROR), 1);
}

Test(atapi, random_packets)
{
    u32 seed = 5;

    for (unsigned i = 0; i < 20000; i++) {
        static const u8 codes[] = {0x28, 0xA8, 0xBE, 0xB9, 0x43, 0x46, 0x5A, 0x1A,
                                   0x4A, 0x42, 0x51, 0x52, 0xBD, 0x12, 0x03, 0x1B};
        u8 packet[12];

        for (unsigned b = 0; b < 12; b++)
            packet[b] = (u8)(rig_random(&seed) & (b % 3 ? 0xFF : 0x0F));
        if (i % 4)
            packet[0] = codes[rig_random(&seed) % sizeof codes];
        ide_out(IDE1_CONTROL, 4);
        ide_out(IDE1_CONTROL, 0);
        wait_ns(100000);
        send(packet, (u16)rig_random(&seed), rig_random(&seed) & 1);
        ide_out(MASTER1, (u8)rig_random(&seed));
        for (unsigned n = 0; n < 40; n++) {
            rig_in(&rig.chip, IDE1, DWORD);
            wait_ns(n % 8 ? 0 : 20000);
        }
    }
}
