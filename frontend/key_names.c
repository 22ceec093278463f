#include "frontend/key_names.h"

#include <string.h>

static const char *const names[KEY_COUNT] = {
#define KEY_NAME(enumerator, name, set1, set2) [enumerator] = name,
    KEYS(KEY_NAME)
#undef KEY_NAME
};

const char *key_name(Key key)
{
    return key > KEY_NONE && key < KEY_COUNT ? names[key] : "";
}

Key key_by_name(const char *name)
{
    for (unsigned key = KEY_NONE + 1; key < KEY_COUNT; key++)
        if (!strcmp(names[key], name))
            return (Key)key;
    return KEY_NONE;
}
