/* The keyboard behind the 8042: its commands, scan codes and buffer. */
#include "tests/i8042_rig.h"

TestSuite(ps2_keyboard, .init = i8042_rig_open, .fini = i8042_rig_close);

Test(ps2_keyboard, keyboard_commands)
{
    data(0xF2);
    EXPECT("ID", 0xFA, 0xAB, 0x83);
    data(0xEE);
    EXPECT("echo", 0xEE);
    data(0xFF);
    EXPECT("reset", 0xFA, 0xAA);
    data(0xED);
    EXPECT("LEDs", 0xFA);
    data(0x02);
    EXPECT("LEDs", 0xFA);
    cr_assert_eq(keyboard.leds, 2);
    data(0xED);
    data(0xF2);
    EXPECT("a command instead of the parameter", 0xFA, 0xAB, 0x83);
    data(0xFE);
    EXPECT("resend", 0x83);
    data(0xE0);
    EXPECT("unknown", 0xFE);
    data(0xF0);
    EXPECT("scan codes", 0xFA);
    data(0x00);
    EXPECT("which set", 0xFA, 0x02);
    data(0xF0);
    EXPECT("scan codes", 0xFA);
    data(0x07);
    EXPECT("no such set", 0xFE);
}

Test(ps2_keyboard, keyboard_does_not_scan_when_disabled)
{
    data(0xF5);
    EXPECT("disable", 0xFA);
    press(KEY_A);
    cr_assert_eq(next_byte(), -1);
    data(0xF4);
    EXPECT("enable", 0xFA);
    release(KEY_A);
    EXPECT("released", 0xF0, 0x1C);
}

Test(ps2_keyboard, replies_overtake_keys)
{
    press(KEY_A);
    press(KEY_B);
    rig_wait(&rig, MS);
    data(0xED);
    EXPECT("A, answer, B", 0x1C, 0xFA, 0x32);
}

Test(ps2_keyboard, special_keys)
{
    press(KEY_PRINT);
    EXPECT("Print", 0xE0, 0x12, 0xE0, 0x7C);
    release(KEY_PRINT);
    EXPECT("Print up", 0xE0, 0xF0, 0x7C, 0xE0, 0xF0, 0x12);
    press(KEY_PAUSE);
    EXPECT("Pause", 0xE1, 0x14, 0x77, 0xE1, 0xF0, 0x14, 0xF0, 0x77);
    release(KEY_PAUSE);
    cr_assert_eq(next_byte(), -1, "no break code");
    press(KEY_CTRL);
    EXPECT("Ctrl", 0x14);
    press(KEY_PAUSE);
    EXPECT("Break", 0xE0, 0x7E, 0xE0, 0xF0, 0x7E);
    release(KEY_CTRL);
    EXPECT("Ctrl up", 0xF0, 0x14);
    press(KEY_ALT);
    press(KEY_PRINT);
    EXPECT("SysRq", 0x11, 0x84);
}

Test(ps2_keyboard, shifted_cursor_keys)
{
    press(KEY_SHIFT);
    EXPECT("Shift", 0x12);
    press(KEY_UP);
    EXPECT("Up, as if without Shift", 0xE0, 0xF0, 0x12, 0xE0, 0x75);
    release(KEY_UP);
    EXPECT("and Shift again", 0xE0, 0xF0, 0x75, 0xE0, 0x12);
    press(KEY_UP);
    EXPECT("Up", 0xE0, 0xF0, 0x12, 0xE0, 0x75);
    release(KEY_SHIFT);
    EXPECT("Shift is really up now", 0xF0, 0x12);
    release(KEY_UP);
    EXPECT("Up", 0xE0, 0xF0, 0x75);
    data(0xED);
    data(0x02);
    EXPECT("Num Lock", 0xFA);
    press(KEY_LEFT);
    EXPECT("Left, as if with Shift", 0xE0, 0x12, 0xE0, 0x6B);
    press(KEY_A);
    EXPECT("the next key ends it", 0xE0, 0xF0, 0x12, 0x1C);
}

Test(ps2_keyboard, typematic)
{
    press(KEY_A);
    EXPECT("A", 0x1C);
    rig_wait(&rig, 420 * MS);
    cr_assert_eq(next_byte(), -1);
    rig_wait(&rig, 35 * MS);
    cr_assert_eq(next_byte(), 0x1C, "half a second later");
    cr_assert_eq(next_byte(), -1);
    rig_wait(&rig, 70 * MS);
    cr_assert_eq(next_byte(), 0x1C, "and 92 ms after that");
    data(0xF3);
    data(0x00);
    EXPECT("fastest", 0xFA);
    press(KEY_B);
    EXPECT("B", 0x32);
    rig_wait(&rig, 250 * MS);
    cr_assert_eq(next_byte(), 0x32);
    rig_wait(&rig, 500 * MS);
    release(KEY_B);
    EXPECT("one in the buffer, one on the way, the release", 0x32, 0x32, 0xF0, 0x32);
    rig_wait(&rig, 1000 * MS);
    cr_assert_eq(next_byte(), -1, "only the last key repeats");
}

Test(ps2_keyboard, set_1_and_3)
{
    data(0xF0);
    data(0x01);
    EXPECT("set 1", 0xFA);
    press(KEY_KP_ENTER);
    release(KEY_KP_ENTER);
    EXPECT("Enter", 0xE0, 0x1C, 0xE0, 0x9C);
    data(0xF0);
    data(0x03);
    EXPECT("set 3", 0xFA);
    press(KEY_F1);
    release(KEY_F1);
    EXPECT("F1: make only", 0x07);
    press(KEY_SHIFT);
    release(KEY_SHIFT);
    EXPECT("Shift: make and break", 0x12, 0xF0, 0x12);
    data(0xFC);
    data(0x07);
    EXPECT("F1 to make and break", 0xFA);
    data(0xF4);
    EXPECT("enable", 0xFA);
    press(KEY_F1);
    release(KEY_F1);
    EXPECT("F1", 0x07, 0xF0, 0x07);
    data(0xF8);
    EXPECT("all make and break", 0xFA);
    press(KEY_LEFT);
    release(KEY_LEFT);
    EXPECT("Left", 0x61, 0xF0, 0x61);
}

Test(ps2_keyboard, full_buffer)
{
    unsigned makes = 0, breaks = 0, overruns = 0;

    for (unsigned round = 0; round < 5; round++)
        for (unsigned key = KEY_A; key <= KEY_L; key++) {
            press(key);
            release(key);
        }
    for (int byte = next_byte(); byte >= 0; byte = next_byte())
        if (byte == 0x00) {
            overruns++;
        } else if (byte == 0xF0) {
            breaks++;
            next_byte();
        } else {
            makes++;
        }
    cr_assert_eq(overruns, 1);
    cr_assert(makes >= 20);
    cr_assert_eq(makes, breaks, "no key stays down");
}
