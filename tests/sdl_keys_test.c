#include "frontend/sdl_keys.h"
#include "frontend/sdl_shortcuts.h"

#include "mmu/base.h"

#include <criterion/criterion.h>
#include <string.h>

Test(sdl_keys, every_key_is_on_the_hosts_keyboard_once)
{
    unsigned found[KEY_COUNT] = {0};

    for (unsigned scancode = 0; scancode < SDL_NUM_SCANCODES; scancode++) {
        Key key = sdl_key((SDL_Scancode)scancode);

        cr_assert(key < KEY_COUNT);
        found[key]++;
    }
    for (unsigned key = KEY_NONE + 1; key < KEY_COUNT; key++)
        cr_expect_eq(found[key], key == KEY_BACKSLASH ? 2 : 1, "key %u: %u", key, found[key]);
    cr_expect_eq(sdl_key((SDL_Scancode)-1), KEY_NONE);
    cr_expect_eq(sdl_key((SDL_Scancode)100000), KEY_NONE);
}

static bool find(SDL_Scancode scancode, Uint16 modifiers, Shortcut *shortcut)
{
    SDL_Keysym keysym = {.scancode = scancode, .mod = modifiers};

    return shortcut_find(&keysym, shortcut);
}

Test(sdl_shortcuts, need_ctrl_and_alt)
{
    Shortcut shortcut;

    cr_expect(find(SDL_SCANCODE_G, KMOD_LCTRL | KMOD_LALT, &shortcut) && shortcut == DO_GRAB);
    cr_expect(find(SDL_SCANCODE_SLASH, KMOD_RCTRL | KMOD_RALT | KMOD_SHIFT, &shortcut) &&
              shortcut == DO_HELP);
    cr_expect_not(find(SDL_SCANCODE_G, KMOD_LCTRL, &shortcut));
    cr_expect_not(find(SDL_SCANCODE_G, KMOD_LALT, &shortcut));
    cr_expect_not(find(SDL_SCANCODE_DELETE, KMOD_LCTRL | KMOD_LALT, &shortcut), "the guest's");
    cr_expect_not(find(SDL_SCANCODE_F1, KMOD_LCTRL | KMOD_LALT, &shortcut), "so are consoles");
}

Test(sdl_shortcuts, help_is_complete_and_fits)
{
    char text[SHORTCUT_HELP], little[20];

    shortcut_help(text, sizeof text);
    cr_expect_not_null(strstr(text, "G   grab"));
    cr_expect_not_null(strstr(text, "H   this help"));
    cr_expect_not_null(strstr(text, "Delete"));
    cr_expect_lt(strlen(text), sizeof text - 1);
    shortcut_help(little, sizeof little);
    cr_expect_lt(strlen(little), sizeof little);
}
