/* GRUB from a CD-ROM, and a multiboot game. */
#include "tests/guests/guests.h"

enum { BOOT = 3000 };

/* The invaders are there, and P stops them. */
static bool play(Guest *guest)
{
    return guest_screen(guest, "*", BOOT) && guest_type(guest, " ") && guest_run(guest, 20) &&
           guest_picture(guest, IMAGES "invaders-play.png") && guest_type(guest, "p") &&
           guest_screen(guest, "PAUSE", BOOT);
}

bool grub_menu(Guest *guest)
{
    return guest_cdrom(guest, IMAGES "grub.iso") && guest_start(guest) &&
           guest_screen(guest, "Space Invaders", BOOT) && guest_screen(guest, "GNU GRUB", 0) &&
           guest_picture(guest, IMAGES "grub.png") && guest_type(guest, "\r") &&
           guest_run(guest, 100) && play(guest);
}

bool invaders_by_kernel(Guest *guest)
{
    return guest_kernel(guest, "/boot/invaders.exec", NULL, NULL) && guest_start(guest) &&
           play(guest);
}
