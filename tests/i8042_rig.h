/*
 * An 8042 with keyboard and mouse, as a program sees them through ports 60h and 64h.
 */
#ifndef TESTS_I8042_RIG_H
#define TESTS_I8042_RIG_H

#include "devices/i8042.h"
#include "tests/chip_rig.h"

#include <criterion/criterion.h>

enum { MS = 1000000 };

static ChipRig rig;
static I8042 controller;
static Ps2Keyboard keyboard;
static Ps2Mouse mouse;
static RigWire irq1, irq12, a20, reset;

static inline void i8042_rig_open(void)
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

static inline void i8042_rig_close(void)
{
    rig_close(&rig);
}

static inline void command(u8 byte)
{
    rig_out8(&rig, 0x64, byte);
}

static inline void data(u8 byte)
{
    rig_out8(&rig, 0x60, byte);
}

static inline u8 status(void)
{
    return rig_in8(&rig, 0x64);
}

/* The next byte, if one comes within 30 ms. */
static inline int next_byte(void)
{
    for (unsigned i = 0; i < 30 && !(status() & 1); i++)
        rig_wait(&rig, MS);
    return status() & 1 ? rig_in8(&rig, 0x60) : -1;
}

static inline void expect_bytes(const char *what, unsigned count, const u8 *bytes)
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

static inline void press(Key key)
{
    ps2_keyboard_key(&keyboard, key, true);
}

static inline void release(Key key)
{
    ps2_keyboard_key(&keyboard, key, false);
}

static inline void mouse_command(u8 byte)
{
    command(0xD4);
    data(byte);
}

#endif
