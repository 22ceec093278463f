/*
 * The keyboard. Each press and release of a key arrives as a scan code at port 60h, announced by
 * interrupt line 1. The 8042 translates the keyboard's codes to those of the first PC ("set 1"):
 * bit 7 set means released, E0h before it means one of the keys that the first PC lacked.
 * Source: IBM PS/2 Technical Reference, "Keyboard and Auxiliary Device Controller", "Keyboards".
 *
 * Not implemented: layouts other than US, the lock lights, the numeric pad's digits.
 */
#include "keyboard.h"
#include "input.h"
#include "processor.h"

enum {
    DATA = 0x60,
    STATUS = 0x64,
    COMMAND = 0x64,
    OUTPUT_FULL = 1 << 0,
    INPUT_FULL = 1 << 1,
    FROM_MOUSE = 1 << 5,

    SCAN_CONTROL = 0x1d,
    SCAN_LEFT_SHIFT = 0x2a,
    SCAN_RIGHT_SHIFT = 0x36,
    SCAN_CAPS_LOCK = 0x3a,
    SCAN_F1 = 0x3b,
    SCAN_EXTENDED = 0xe0,
};

static const char plain[] = "\0\x1b"
                            "1234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] = "\0\x1b"
                              "!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

static bool shift, control, caps_lock;

static Key navigation_key(u8 code)
{
    switch (code) {
    case 0x47:
        return KEY_HOME;
    case 0x48:
        return KEY_UP;
    case 0x4b:
        return KEY_LEFT;
    case 0x4d:
        return KEY_RIGHT;
    case 0x4f:
        return KEY_END;
    case 0x50:
        return KEY_DOWN;
    case 0x53:
        return KEY_DELETE;
    default:
        return KEY_NONE;
    }
}

static Key key_of(u8 code, bool extended)
{
    if (extended && code == 0x1c)
        return '\n'; /* Enter of the numeric pad */
    if (extended && code == 0x35)
        return '/';
    if (extended || (code >= 0x47 && code <= 0x53))
        return navigation_key(code);
    if (code == SCAN_F1)
        return KEY_F1;
    if (code >= sizeof plain - 1)
        return KEY_NONE;
    char letter = plain[code];
    if (control)
        return letter >= 'a' && letter <= 'z' ? (Key)(letter - 'a' + 1) : KEY_NONE;
    bool is_letter = letter >= 'a' && letter <= 'z';
    return (u8)((shift != (caps_lock && is_letter)) ? shifted[code] : letter);
}

void keyboard_interrupt(void)
{
    static bool extended;
    u8 status = in8(STATUS);
    if (!(status & OUTPUT_FULL))
        return;
    u8 byte = in8(DATA);
    if (status & FROM_MOUSE)
        return;
    if (byte == SCAN_EXTENDED) {
        extended = true;
        return;
    }
    bool pressed = !(byte & 0x80);
    u8 code = byte & 0x7f;
    if (code == SCAN_CONTROL)
        control = pressed;
    else if (!extended && (code == SCAN_LEFT_SHIFT || code == SCAN_RIGHT_SHIFT))
        shift = pressed;
    else if (pressed && code == SCAN_CAPS_LOCK)
        caps_lock = !caps_lock;
    else if (pressed)
        input_put(key_of(code, extended), FROM_KEYBOARD);
    extended = false;
}

static void wait_until_ready(void)
{
    for (u32 i = 0; i < 100000 && in8(STATUS) & INPUT_FULL; i++)
        ;
}

/* The BIOS has set everything up; only make sure of the two bits that we depend on. */
void keyboard_init(void)
{
    for (unsigned i = 0; i < 32 && in8(STATUS) & OUTPUT_FULL; i++)
        in8(DATA); /* keys from before, or the interrupt will never come */
    wait_until_ready();
    out8(COMMAND, 0x20); /* read the controller's command byte */
    for (u32 i = 0; i < 100000 && !(in8(STATUS) & OUTPUT_FULL); i++)
        ;
    u8 command = in8(DATA);
    command |= 0x41;             /* translate to set 1; interrupt on keyboard data */
    command &= (u8) ~(0x10 | 2); /* keyboard clock on; no mouse interrupt */
    wait_until_ready();
    out8(COMMAND, 0x60);
    wait_until_ready();
    out8(DATA, command);
}
