/*
 * Keys by the names that QEMU's `sendkey` knows: the second column of devices/keys.h.
 */
#ifndef FRONTEND_KEY_NAMES_H
#define FRONTEND_KEY_NAMES_H

#include "devices/keys.h"

const char *key_name(Key key);      /* "" for what is no key */
Key key_by_name(const char *name);  /* KEY_NONE: there is none */

#endif
