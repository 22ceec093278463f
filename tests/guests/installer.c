/* Debian's installer, in text mode, to its first question. */
#include "tests/guests/guests.h"

enum { BOOT = 30000 };

static bool start(Guest *guest, const char *append)
{
    guest->config.memory = 512 << 20;
    return guest_kernel(guest, INSTALLER "linux", INSTALLER "initrd.gz", append) &&
           guest_start(guest);
}

bool installer_to_languages(Guest *guest)
{
    return start(guest, "vga=normal nomodeset --- quiet") &&
           guest_screen(guest, "Select a language", BOOT) && guest_screen(guest, "English", 500) &&
           guest_run(guest, 100);
}

/* Here the kernel's driver for the adapter sets 1024 x 768 pixels by itself. */
bool installer_in_graphics(Guest *guest)
{
    return start(guest, "vga=normal --- quiet") && guest_graphics(guest, 1024, 768, BOOT) &&
           guest_run(guest, 1000);
}
