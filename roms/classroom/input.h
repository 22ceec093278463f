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

void input_put(Key key);        /* by the interrupt handlers */
Key input_wait(void);           /* sleeps until there is one */
Key input_wait_until(u32 tick); /* KEY_NONE: the time came first */
bool input_pending(void);
