/* One queue of keys, from the keyboard and from the serial port alike. */
#pragma once
#include "types.h"

/* ASCII, or one of these. */
typedef u16 Key;
enum {
    KEY_NONE = 0,
    KEY_UP = 0x100,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_DELETE,
    KEY_F1,
};

typedef enum KeySource { FROM_KEYBOARD, FROM_SERIAL } KeySource;

/* By the interrupt handlers. */
void input_put(Key key, KeySource source);

bool input_has_room(void);

/* Sleeps until there is one. */
Key input_wait(void);

/* For lessons that go on by themselves until a time or a key: takes any key of the keyboard, but
 * from COM1 only a lone Enter. The next commands of a script that is sent there all at once stay
 * in the queue for the shell. KEY_NONE: the time came first. */
Key input_watch_until(u32 tick);
