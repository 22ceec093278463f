/* The mouse behind the 8042: its commands and packets. */
#include "tests/i8042_rig.h"

TestSuite(ps2_mouse, .init = i8042_rig_open, .fini = i8042_rig_close);

Test(ps2_mouse, mouse_reset_and_status)
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

Test(ps2_mouse, mouse_stream)
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

Test(ps2_mouse, mouse_extensions)
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

Test(ps2_mouse, mouse_remote_and_wrap)
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
