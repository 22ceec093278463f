/* The 8042 itself: self-tests, command byte, A20, interrupts, translation. */
#include "devices/ps2_scan_codes.h"
#include "tests/i8042_rig.h"

TestSuite(i8042, .init = i8042_rig_open, .fini = i8042_rig_close);

Test(i8042, self_tests)
{
    press(KEY_A);
    rig_wait(&rig, 2 * MS);
    command(0xAA);
    cr_assert_eq(rig_in8(&rig, 0x60), 0x55, "it overtakes what was in the buffer");
    cr_assert_eq(status() & 0x04, 0x04);
    command(0xAB);
    EXPECT("keyboard line", 0x00);
    command(0xA9);
    EXPECT("mouse line", 0x00);
    command(0xA4);
    EXPECT("password", 0xF1);
}

Test(i8042, command_byte_and_ram)
{
    command(0x60);
    cr_assert_eq(status() & 0x08, 0x08);
    data(0x65);
    cr_assert_eq(status() & 0x08, 0x00);
    command(0x20);
    EXPECT("command byte", 0x65);
    command(0x7F);
    data(0xAB);
    command(0x3F);
    EXPECT("RAM", 0xAB);
    command(0xAD);
    command(0x20);
    EXPECT("keyboard disabled", 0x75);
    command(0xA7);
    command(0xAE);
    command(0x20);
    EXPECT("mouse disabled", 0x65);
    command(0xA8);
    command(0x20);
    EXPECT("mouse enabled", 0x45);
}

Test(i8042, a20_and_reset)
{
    cr_assert(a20.level, "open after reset");
    command(0xD1);
    data(0xDD);
    cr_assert(!a20.level);
    cr_assert_eq(reset.edges, 0);
    command(0xD0);
    cr_assert_eq(rig_in8(&rig, 0x60) & 3, 0x01);
    command(0xD1);
    data(0xDF);
    cr_assert(a20.level);
    command(0xDD);
    cr_assert(!a20.level);
    command(0xDF);
    cr_assert(a20.level);
    command(0xFF);
    cr_assert_eq(reset.edges, 0);
    command(0xFE);
    cr_assert_eq(reset.edges, 1);
    command(0xD1);
    data(0xDE);
    cr_assert_eq(reset.edges, 2);
}

Test(i8042, interrupts)
{
    press(KEY_A);
    cr_assert(!irq1.level, "the byte takes its time");
    rig_wait(&rig, MS);
    cr_assert(irq1.level);
    cr_assert_eq(status() & 0x21, 0x01);
    release(KEY_A);
    rig_wait(&rig, 5 * MS);
    cr_assert_eq(irq1.edges, 1);
    cr_assert_eq(rig_in8(&rig, 0x60), 0x1C);
    cr_assert(!irq1.level);
    cr_assert_eq(rig_in8(&rig, 0x60), 0x1C, "it stays there for a while");
    rig_wait(&rig, MS);
    cr_assert(irq1.level);
    command(0x60);
    data(0x02);
    cr_assert(!irq1.level, "disabled");
    cr_assert_eq(irq12.edges, 0);
    EXPECT("break", 0xF0, 0x1C);
    mouse_command(0xF2);
    rig_wait(&rig, MS);
    cr_assert(irq12.level);
    cr_assert(!irq1.level);
    cr_assert_eq(status() & 0x21, 0x21);
    EXPECT("mouse", 0xFA, 0x00);
}

Test(i8042, disabled_keyboard_keeps_its_bytes)
{
    command(0xAD);
    press(KEY_A);
    cr_assert_eq(next_byte(), -1);
    command(0xAE);
    EXPECT("enabled", 0x1C);
    command(0xAD);
    data(0xEE);
    EXPECT("a byte for the keyboard enables it", 0xEE);
}

Test(i8042, buffers_written_by_command)
{
    command(0xD2);
    data(0x55);
    cr_assert_eq(status() & 0x21, 0x01);
    cr_assert(irq1.level);
    EXPECT("as keyboard", 0x55);
    command(0xD3);
    data(0x66);
    cr_assert_eq(status() & 0x21, 0x21);
    cr_assert(irq12.level);
    EXPECT("as mouse", 0x66);
}

/* Every key's set 2 code, translated, is its set 1 code. */
Test(i8042, translation)
{
    command(0x60);
    data(0x41);
    for (unsigned key = KEY_NONE + 1; key < KEY_COUNT; key++) {
        u8 lies1 = 0, lies2 = 0, translated[16] = {0};
        unsigned count = 0;
        Ps2Modifiers none = {0};

        for (unsigned up = 0; up < 2; up++) {
            Ps2Sequence set1 = ps2_key_sequence(1, key, !up, none, &lies1);
            Ps2Sequence set2 = ps2_key_sequence(2, key, !up, none, &lies2);

            for (unsigned i = 0; i < set2.count; i++)
                ps2_link_send(&keyboard.link, set2.bytes[i]);
            count = 0;
            for (int byte = next_byte(); byte >= 0 && count < 16; byte = next_byte())
                translated[count++] = byte;
            cr_expect_eq(count, set1.count, "key %u", key);
            cr_expect_eq(memcmp(translated, set1.bytes, count), 0, "key %u", key);
        }
    }
    data(0xF2);
    EXPECT("the ID is translated too", 0xFA, 0xAB, 0x41);
}

Test(i8042, nonsense)
{
    u32 seed = 8042;

    for (unsigned i = 0; i < 100000; i++) {
        u32 value = rig_random(&seed);

        switch (value & 7) {
        case 0:
        case 1:
            rig_out8(&rig, value & 0x100 ? 0x60 : 0x64, value >> 16);
            break;
        case 2:
            mouse_command(value >> 16);
            break;
        case 3:
            ps2_keyboard_key(&keyboard, (value >> 8) % (KEY_COUNT + 3), bit(value, 3));
            break;
        case 4:
            ps2_mouse_move(&mouse, (int)(value << 8), (int)(value << 4), (int)value, value >> 8);
            break;
        case 5:
            rig_wait(&rig, (u64)(value >> 8) << (value >> 3 & 7));
            break;
        default:
            rig_in8(&rig, value & 0x100 ? 0x60 : 0x64);
        }
    }
    for (unsigned i = 0; i < 1000; i++)
        next_byte();
    command(0xAA);
    cr_assert_eq(next_byte(), 0x55, "it still works");
}
