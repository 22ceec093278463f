/* Debian's installer, in text mode, to its first question. */
#include "tests/guests/guests.h"

enum { BOOT = 60000 };

bool installer_to_menu(Guest *guest)
{
    guest->config.memory = 512 << 20;
    return guest_kernel(guest, INSTALLER "linux", INSTALLER "initrd.gz",
                        "vga=normal priority=low --- quiet") &&
           guest_start(guest) && guest_screen(guest, "Choose language", BOOT);
}
