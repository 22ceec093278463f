/*
 * Keys of the 101/102-key keyboard by position, named as QEMU's `sendkey` names them.
 * Column 2 is the scan code of set 1 (E0h prefix: + E000h), column 3 that of set 2.
 * Source: IBM Personal System/2 Hardware Interface Technical Reference, "Keyboards".
 */
#ifndef DEVICES_KEYS_H
#define DEVICES_KEYS_H

#define KEYS(X)                                                                            \
    X(KEY_ESC, "esc", 0x01, 0x76) X(KEY_1, "1", 0x02, 0x16) X(KEY_2, "2", 0x03, 0x1E)      \
    X(KEY_3, "3", 0x04, 0x26) X(KEY_4, "4", 0x05, 0x25) X(KEY_5, "5", 0x06, 0x2E)          \
    X(KEY_6, "6", 0x07, 0x36) X(KEY_7, "7", 0x08, 0x3D) X(KEY_8, "8", 0x09, 0x3E)          \
    X(KEY_9, "9", 0x0A, 0x46) X(KEY_0, "0", 0x0B, 0x45) X(KEY_MINUS, "minus", 0x0C, 0x4E)  \
    X(KEY_EQUAL, "equal", 0x0D, 0x55) X(KEY_BACKSPACE, "backspace", 0x0E, 0x66)            \
    X(KEY_TAB, "tab", 0x0F, 0x0D) X(KEY_Q, "q", 0x10, 0x15) X(KEY_W, "w", 0x11, 0x1D)      \
    X(KEY_E, "e", 0x12, 0x24) X(KEY_R, "r", 0x13, 0x2D) X(KEY_T, "t", 0x14, 0x2C)          \
    X(KEY_Y, "y", 0x15, 0x35) X(KEY_U, "u", 0x16, 0x3C) X(KEY_I, "i", 0x17, 0x43)          \
    X(KEY_O, "o", 0x18, 0x44) X(KEY_P, "p", 0x19, 0x4D)                                    \
    X(KEY_BRACKET_LEFT, "bracket_left", 0x1A, 0x54)                                        \
    X(KEY_BRACKET_RIGHT, "bracket_right", 0x1B, 0x5B) X(KEY_ENTER, "ret", 0x1C, 0x5A)      \
    X(KEY_CTRL, "ctrl", 0x1D, 0x14) X(KEY_A, "a", 0x1E, 0x1C) X(KEY_S, "s", 0x1F, 0x1B)    \
    X(KEY_D, "d", 0x20, 0x23) X(KEY_F, "f", 0x21, 0x2B) X(KEY_G, "g", 0x22, 0x34)          \
    X(KEY_H, "h", 0x23, 0x33) X(KEY_J, "j", 0x24, 0x3B) X(KEY_K, "k", 0x25, 0x42)          \
    X(KEY_L, "l", 0x26, 0x4B) X(KEY_SEMICOLON, "semicolon", 0x27, 0x4C)                    \
    X(KEY_APOSTROPHE, "apostrophe", 0x28, 0x52)                                            \
    X(KEY_GRAVE, "grave_accent", 0x29, 0x0E) X(KEY_SHIFT, "shift", 0x2A, 0x12)             \
    X(KEY_BACKSLASH, "backslash", 0x2B, 0x5D) X(KEY_Z, "z", 0x2C, 0x1A)                    \
    X(KEY_X, "x", 0x2D, 0x22) X(KEY_C, "c", 0x2E, 0x21) X(KEY_V, "v", 0x2F, 0x2A)          \
    X(KEY_B, "b", 0x30, 0x32) X(KEY_N, "n", 0x31, 0x31) X(KEY_M, "m", 0x32, 0x3A)          \
    X(KEY_COMMA, "comma", 0x33, 0x41) X(KEY_DOT, "dot", 0x34, 0x49)                        \
    X(KEY_SLASH, "slash", 0x35, 0x4A) X(KEY_SHIFT_R, "shift_r", 0x36, 0x59)                \
    X(KEY_KP_MULTIPLY, "kp_multiply", 0x37, 0x7C) X(KEY_ALT, "alt", 0x38, 0x11)            \
    X(KEY_SPACE, "spc", 0x39, 0x29) X(KEY_CAPS_LOCK, "caps_lock", 0x3A, 0x58)              \
    X(KEY_F1, "f1", 0x3B, 0x05) X(KEY_F2, "f2", 0x3C, 0x06) X(KEY_F3, "f3", 0x3D, 0x04)    \
    X(KEY_F4, "f4", 0x3E, 0x0C) X(KEY_F5, "f5", 0x3F, 0x03) X(KEY_F6, "f6", 0x40, 0x0B)    \
    X(KEY_F7, "f7", 0x41, 0x83) X(KEY_F8, "f8", 0x42, 0x0A) X(KEY_F9, "f9", 0x43, 0x01)    \
    X(KEY_F10, "f10", 0x44, 0x09) X(KEY_NUM_LOCK, "num_lock", 0x45, 0x77)                  \
    X(KEY_SCROLL_LOCK, "scroll_lock", 0x46, 0x7E) X(KEY_KP_7, "kp_7", 0x47, 0x6C)          \
    X(KEY_KP_8, "kp_8", 0x48, 0x75) X(KEY_KP_9, "kp_9", 0x49, 0x7D)                        \
    X(KEY_KP_SUBTRACT, "kp_subtract", 0x4A, 0x7B) X(KEY_KP_4, "kp_4", 0x4B, 0x6B)          \
    X(KEY_KP_5, "kp_5", 0x4C, 0x73) X(KEY_KP_6, "kp_6", 0x4D, 0x74)                        \
    X(KEY_KP_ADD, "kp_add", 0x4E, 0x79) X(KEY_KP_1, "kp_1", 0x4F, 0x69)                    \
    X(KEY_KP_2, "kp_2", 0x50, 0x72) X(KEY_KP_3, "kp_3", 0x51, 0x7A)                        \
    X(KEY_KP_0, "kp_0", 0x52, 0x70) X(KEY_KP_DECIMAL, "kp_decimal", 0x53, 0x71)            \
    X(KEY_SYSRQ, "sysrq", 0x54, 0x84) X(KEY_LESS, "less", 0x56, 0x61)                      \
    X(KEY_F11, "f11", 0x57, 0x78) X(KEY_F12, "f12", 0x58, 0x07)                            \
    X(KEY_KP_ENTER, "kp_enter", 0xE01C, 0xE05A) X(KEY_CTRL_R, "ctrl_r", 0xE01D, 0xE014)    \
    X(KEY_KP_DIVIDE, "kp_divide", 0xE035, 0xE04A) X(KEY_PRINT, "print", 0xE037, 0xE07C)    \
    X(KEY_ALT_R, "alt_r", 0xE038, 0xE011) X(KEY_HOME, "home", 0xE047, 0xE06C)              \
    X(KEY_UP, "up", 0xE048, 0xE075) X(KEY_PAGE_UP, "pgup", 0xE049, 0xE07D)                 \
    X(KEY_LEFT, "left", 0xE04B, 0xE06B) X(KEY_RIGHT, "right", 0xE04D, 0xE074)              \
    X(KEY_END, "end", 0xE04F, 0xE069) X(KEY_DOWN, "down", 0xE050, 0xE072)                  \
    X(KEY_PAGE_DOWN, "pgdn", 0xE051, 0xE07A) X(KEY_INSERT, "insert", 0xE052, 0xE070)       \
    X(KEY_DELETE, "delete", 0xE053, 0xE071) X(KEY_META_L, "meta_l", 0xE05B, 0xE01F)        \
    X(KEY_META_R, "meta_r", 0xE05C, 0xE027) X(KEY_MENU, "menu", 0xE05D, 0xE02F)            \
    X(KEY_PAUSE, "pause", 0xE11D45, 0xE11477)

typedef enum Key {
    KEY_NONE,
#define KEY_ENUMERATOR(enumerator, name, set1, set2) enumerator,
    KEYS(KEY_ENUMERATOR)
#undef KEY_ENUMERATOR
    KEY_COUNT
} Key;

#endif
