/* The 8237A pair against its data sheet. */
#include "devices/i8237.h"
#include "tests/chip_rig.h"

#include <criterion/criterion.h>

enum { VERIFY = 0x40, TO_MEMORY = 0x44, FROM_MEMORY = 0x48, AUTO = 0x10, DOWN = 0x20 };

static ChipRig rig;
static I8237 dma;
static unsigned offers;

static void ready(void *owner)
{
    (void)owner;
    offers++;
}

static void program(unsigned channel, u8 mode, u8 page, u16 address, u16 count)
{
    static const u8 pages[] = {0x87, 0x83, 0x81, 0x82, 0x8F, 0x8B, 0x89, 0x8A};
    u16 base = channel < 4 ? 0 : 0xC0;
    unsigned step = channel < 4 ? 1 : 2, n = channel & 3;

    rig_out8(&rig, base + 0xA * step, 4 | n);
    rig_out8(&rig, base + 0xC * step, 0);
    rig_out8(&rig, base + 0xB * step, mode | n);
    rig_out8(&rig, base + 2 * n * step, address & 0xFF);
    rig_out8(&rig, base + 2 * n * step, address >> 8);
    rig_out8(&rig, base + (2 * n + 1) * step, count & 0xFF);
    rig_out8(&rig, base + (2 * n + 1) * step, count >> 8);
    rig_out8(&rig, pages[channel], page);
    rig_out8(&rig, base + 0xA * step, n);
}

static void open_dma(void)
{
    rig_open(&rig);
    offers = 0;
    i8237_init(&dma, &rig.ports, &rig.memory, NULL);
    rig_out8(&rig, 0xD6, 0xC0);
    rig_out8(&rig, 0xD4, 0x00);
}

static void close_dma(void)
{
    rig_close(&rig);
}

static u16 word(u16 port)
{
    u16 low = rig_in8(&rig, port);

    return low | rig_in8(&rig, port) << 8;
}

TestSuite(i8237, .init = open_dma, .fini = close_dma);

Test(i8237, single_transfer_to_memory)
{
    u8 bytes[16] = "0123456789ABCDE";
    bool tc;

    program(2, TO_MEMORY, 0x01, 0x2345, 9);
    cr_assert_eq(i8237_to_memory(&dma, 2, bytes, 4, &tc), 4);
    cr_assert(!tc);
    rig_out8(&rig, 0x0C, 0);
    cr_assert_eq(word(0x04), 0x2349);
    cr_assert_eq(word(0x05), 5);
    cr_assert_eq(i8237_to_memory(&dma, 2, bytes + 4, 12, &tc), 6, "no more than the count");
    cr_assert(tc);
    cr_assert_eq(memcmp(rig.ram.bytes + 0x12345, "0123456789", 11), 0);
    cr_assert_eq(rig_in8(&rig, 0x08), 0x04, "terminal count of channel 2");
    cr_assert_eq(rig_in8(&rig, 0x08), 0x00, "cleared by reading");
    cr_assert_eq(i8237_to_memory(&dma, 2, bytes, 1, &tc), 0, "masked after terminal count");
    cr_assert_eq(rig_in8(&rig, 0x0F) & 0x0F, 0x0F);
}

Test(i8237, auto_initialization)
{
    u8 bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    bool tc;

    program(1, TO_MEMORY | AUTO, 0x00, 0x100, 2);
    cr_assert_eq(i8237_to_memory(&dma, 1, bytes, 8, &tc), 3);
    cr_assert(tc);
    cr_assert_eq(i8237_to_memory(&dma, 1, bytes + 3, 1, &tc), 1);
    cr_assert(!tc);
    cr_assert_eq(rig.ram.bytes[0x100], 4);
    cr_assert_eq(rig.ram.bytes[0x102], 3);
}

Test(i8237, from_memory_downwards)
{
    u8 bytes[4];

    memcpy(rig.ram.bytes + 0x5000, "abcd", 4);
    program(3, FROM_MEMORY | DOWN, 0x00, 0x5003, 3);
    cr_assert_eq(i8237_from_memory(&dma, 3, bytes, 4, NULL), 4);
    cr_assert_eq(memcmp(bytes, "dcba", 4), 0);
}

Test(i8237, address_wraps_in_its_page)
{
    u8 bytes[4] = {1, 2, 3, 4};

    program(0, TO_MEMORY, 0x02, 0xFFFE, 3);
    i8237_to_memory(&dma, 0, bytes, 4, NULL);
    cr_assert_eq(rig.ram.bytes[0x2FFFF], 2);
    cr_assert_eq(rig.ram.bytes[0x20000], 3);
    cr_assert_eq(rig.ram.bytes[0x30000], 0);
}

Test(i8237, whole_page)
{
    static u8 bytes[0x10000];
    bool tc;

    memset(bytes, 0x5A, sizeof bytes);
    program(2, TO_MEMORY, 0x03, 0, 0xFFFF);
    cr_assert_eq(i8237_to_memory(&dma, 2, bytes, sizeof bytes, &tc), 0x10000);
    cr_assert(tc);
    cr_assert_eq(rig.ram.bytes[0x3FFFF], 0x5A);
}

Test(i8237, words)
{
    u8 bytes[6] = {1, 2, 3, 4, 5, 6};
    bool tc;

    program(5, TO_MEMORY, 0x05, 0x1000, 2);
    cr_assert_eq(i8237_to_memory(&dma, 5, bytes, 6, &tc), 6);
    cr_assert(tc);
    cr_assert_eq(rig.ram.bytes[0x42005], 6, "page bit 0 is ignored, the address doubled");
    cr_assert_eq(rig_in8(&rig, 0xD0), 0x02);
}

Test(i8237, direction_must_fit)
{
    u8 bytes[4] = {1, 2, 3, 4};

    program(2, FROM_MEMORY, 0, 0x100, 3);
    cr_assert_eq(i8237_to_memory(&dma, 2, bytes, 4, NULL), 0);
    program(2, TO_MEMORY, 0, 0x100, 3);
    cr_assert_eq(i8237_from_memory(&dma, 2, bytes, 4, NULL), 0);
    program(2, VERIFY, 0, 0x100, 3);
    cr_assert_eq(i8237_to_memory(&dma, 2, bytes, 4, NULL), 4);
    cr_assert_eq(rig.ram.bytes[0x100], 0);
}

Test(i8237, waits_for_the_guest)
{
    u8 bytes[1] = {7};

    i8237_attach(&dma, 2, ready, NULL);
    program(2, TO_MEMORY, 0, 0x100, 3);
    cr_assert_eq(offers, 0);
    rig_out8(&rig, 0x0A, 0x06);
    i8237_request(&dma, 2, true);
    cr_assert_eq(rig_in8(&rig, 0x08), 0x40);
    cr_assert_eq(i8237_to_memory(&dma, 2, bytes, 1, NULL), 0);
    rig_out8(&rig, 0x0A, 0x02);
    cr_assert_eq(offers, 1);
    rig_out8(&rig, 0x08, 0x04);
    cr_assert(!i8237_ready(&dma, 2), "the controller is disabled");
    rig_out8(&rig, 0x08, 0x00);
    cr_assert_eq(offers, 2);
    rig_out8(&rig, 0xD4, 0x04);
    cr_assert(!i8237_ready(&dma, 2), "the cascade is masked");
    rig_out8(&rig, 0xDC, 0x00);
    cr_assert(i8237_ready(&dma, 2));
    rig_out8(&rig, 0x0D, 0x00);
    cr_assert(!i8237_ready(&dma, 2), "master clear masks all");
}

Test(i8237, page_registers)
{
    rig_out8(&rig, 0x84, 0x12);
    rig_out8(&rig, 0x8F, 0x34);
    cr_assert_eq(rig_in8(&rig, 0x84), 0x12);
    cr_assert_eq(rig_in8(&rig, 0x8F), 0x34);
    cr_assert_eq(rig_in8(&rig, 0x80), 0xFF, "port 80h is not its own");
}

Test(i8237, nonsense)
{
    static u8 bytes[5000];
    u32 seed = 8237;

    for (unsigned n = 0; n < 8; n++) {
        i8237_attach(&dma, n, ready, NULL);
        i8237_request(&dma, n, true);
    }
    for (unsigned i = 0; i < 50000; i++) {
        u32 value = rig_random(&seed);
        u16 port = value & 0x100   ? value & 0x1F
                   : value & 0x200 ? 0xC0 + (value & 0x1F)
                                   : 0x80 + (value & 15);

        if (value & 0x400)
            rig_out8(&rig, port, value >> 16);
        else if (value & 0x1800)
            rig_in8(&rig, port);
        else if (value & 0x2000)
            i8237_to_memory(&dma, value >> 14 & 7, bytes, (value >> 12) % sizeof bytes, NULL);
        else
            i8237_from_memory(&dma, value >> 14 & 7, bytes, (value >> 17) % sizeof bytes, NULL);
    }
}
