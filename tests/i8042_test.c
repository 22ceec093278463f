/* The 8042 with keyboard and mouse, as a program sees them through ports 60h and 64h. */
#include "devices/i8042.h"
#include "devices/ps2_scan_codes.h"
#include "tests/chip_rig.h"

#include <criterion/criterion.h>

enum { MS = 1000000 };

static ChipRig rig;
static I8042 controller;
static Ps2Keyboard keyboard;
static Ps2Mouse mouse;
static RigWire irq1, irq12, a20, reset;

static void open_controller(void)
{
    I8042Wires wires = {.irq1 = rig_wire(&irq1),
                        .irq12 = rig_wire(&irq12),
                        .a20 = rig_wire(&a20),
                        .reset = rig_wire(&reset)};

    rig_open(&rig);
    ps2_keyboard_init(&keyboard, &rig.clock, NULL);
    ps2_mouse_init(&mouse, &rig.clock, NULL);
    i8042_init(&controller, &rig.ports, &rig.clock, NULL, &wires, &keyboard, &mouse);
}

static void close_controller(void)
{
    rig_close(&rig);
}

static void command(u8 byte)
{
    rig_out8(&rig, 0x64, byte);
}

static void data(u8 byte)
{
    rig_out8(&rig, 0x60, byte);
}

static u8 status(void)
{
    return rig_in8(&rig, 0x64);
}

/* The next byte, if one comes within 30 ms. */
static int next_byte(void)
{
    for (unsigned i = 0; i < 30 && !(status() & 1); i++)
        rig_wait(&rig, MS);
    return status() & 1 ? rig_in8(&rig, 0x60) : -1;
}

static void expect_bytes(const char *what, unsigned count, const u8 *bytes)
{
    for (unsigned i = 0; i < count; i++) {
        int byte = next_byte();

        cr_expect_eq(byte, bytes[i], "%s: byte %u is %02X, not %02X", what, i, (unsigned)byte,
                     bytes[i]);
    }
    cr_expect_eq(next_byte(), -1, "%s: no more", what);
}

#define EXPECT(what, ...)                                                                          \
    expect_bytes(what, sizeof((const u8[]){__VA_ARGS__}), (const u8[]){__VA_ARGS__})

static void press(Key key)
{
    ps2_keyboard_key(&keyboard, key, true);
}

static void release(Key key)
{
    ps2_keyboard_key(&keyboard, key, false);
}

static void mouse_command(u8 byte)
{
    command(0xD4);
    data(byte);
}

TestSuite(i8042, .init = open_controller, .fini = close_controller);

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

/* ---- keyboard ---- */

Test(i8042, keyboard_commands)
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

Test(i8042, keyboard_does_not_scan_when_disabled)
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

Test(i8042, replies_overtake_keys)
{
    press(KEY_A);
    press(KEY_B);
    rig_wait(&rig, MS);
    data(0xED);
    EXPECT("A, answer, B", 0x1C, 0xFA, 0x32);
}

Test(i8042, special_keys)
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

Test(i8042, shifted_cursor_keys)
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

Test(i8042, typematic)
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

Test(i8042, set_1_and_3)
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

Test(i8042, full_buffer)
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

/* ---- mouse ---- */

Test(i8042, mouse_reset_and_status)
{
    ps2_mouse_move(&mouse, 0, 0, 0, 1);
    mouse_command(0xFF);
    EXPECT("reset", 0xFA, 0xAA, 0x00);
    mouse_command(0xE8);
    mouse_command(0x03);
    mouse_command(0xE7);
    mouse_command(0xF3);
    mouse_command(60);
    mouse_command(0xF4);
    mouse_command(0xE9);
    EXPECT("status", 0xFA, 0x34, 0x03, 60);
    mouse_command(0x77);
    EXPECT("unknown", 0xFE);
    mouse_command(0x77);
    EXPECT("again", 0xFC);
}

Test(i8042, mouse_stream)
{
    ps2_mouse_move(&mouse, 5, 5, 0, 0);
    cr_assert_eq(next_byte(), -1, "silent until enabled");
    mouse_command(0xF6);
    mouse_command(0xF4);
    EXPECT("enable", 0xFA);
    ps2_mouse_move(&mouse, 3, -2, 1, 2);
    EXPECT("packet", 0x2A, 0x03, 0xFE);
    ps2_mouse_move(&mouse, -300, 0, 0, 0);
    EXPECT("two packets", 0x18, 0x01, 0x00, 0x18, 0xD3, 0x00);
    cr_assert_eq(irq12.edges, 10);
}

Test(i8042, mouse_extensions)
{
    static const u8 knock[] = {200, 100, 80, 200, 200, 80};

    for (unsigned i = 0; i < 3; i++) {
        mouse_command(0xF3);
        mouse_command(knock[i]);
    }
    mouse_command(0xF2);
    EXPECT("IntelliMouse", 0xFA, 0x03);
    mouse_command(0xF4);
    EXPECT("enable", 0xFA);
    ps2_mouse_move(&mouse, 0, 0, 2, 0);
    EXPECT("wheel away from the user", 0x08, 0x00, 0x00, 0xFE);
    for (unsigned i = 3; i < 6; i++) {
        mouse_command(0xF3);
        mouse_command(knock[i]);
    }
    mouse_command(0xF2);
    EXPECT("five buttons", 0xFA, 0x04);
    ps2_mouse_move(&mouse, 0, 0, -1, 0x10);
    EXPECT("button 5", 0x08, 0x00, 0x00, 0x21);
}

Test(i8042, mouse_remote_and_wrap)
{
    mouse_command(0xF0);
    mouse_command(0xF4);
    EXPECT("remote", 0xFA);
    ps2_mouse_move(&mouse, 1, 1, 0, 0);
    cr_assert_eq(next_byte(), -1);
    mouse_command(0xEB);
    EXPECT("asked", 0xFA, 0x08, 0x01, 0x01);
    mouse_command(0xFE);
    EXPECT("resend", 0x08, 0x01, 0x01);
    mouse_command(0xEE);
    EXPECT("wrap", 0xFA);
    mouse_command(0xEB);
    EXPECT("echo", 0xEB);
    mouse_command(0xEC);
    EXPECT("no more wrap", 0xFA);
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
