/* Debian's installer to its first question. */
#include "tests/guests/guests.h"

enum { BOOT = 30000 };

static bool start(Guest *guest, const char *append)
{
    guest->config.memory = 512 << 20;
    return guest_kernel(guest, INSTALLER "linux", INSTALLER "initrd.gz", append) &&
           guest_start(guest);
}

static bool asks_for_language(Guest *guest)
{
    return guest_screen(guest, "Select a language", BOOT) && guest_screen(guest, "English", 500) &&
           guest_run(guest, 100);
}

bool installer_to_languages(Guest *guest)
{
    return start(guest, "vga=normal nomodeset --- quiet") && asks_for_language(guest);
}

/* Here the kernel's driver for the adapter sets 1024 x 768 pixels by itself. */
bool installer_in_graphics(Guest *guest)
{
    return start(guest, "vga=normal --- quiet") && guest_graphics(guest, 1024, 768, BOOT) &&
           guest_run(guest, 1000);
}

/* With less memory it says so first, and asks nothing. */
bool installer_in_64_bits(Guest *guest)
{
    guest->config.memory = 1024 << 20;
    guest->config.cpu = "qemu64";
    return guest_kernel(guest, INSTALLER64 "linux", INSTALLER64 "initrd.gz",
                        "vga=normal nomodeset --- quiet") &&
           guest_start(guest) && asks_for_language(guest);
}
