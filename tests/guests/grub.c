/* GRUB from a CD-ROM, and a multiboot game. */
#include "tests/guests/guests.h"

enum { BOOT = 3000 };

/* The game draws its invaders in text mode. */
static bool play(Guest *guest)
{
    return guest_run(guest, 300) && guest_picture(guest, IMAGES "invaders-1.png") &&
           guest_type(guest, " ") && guest_run(guest, 300) &&
           guest_picture(guest, IMAGES "invaders-2.png");
}

bool grub_menu(Guest *guest)
{
    return guest_cdrom(guest, IMAGES "grub.iso") && guest_start(guest) &&
           guest_screen(guest, "Space Invaders", BOOT) &&
           guest_picture(guest, IMAGES "grub-menu-0.png") && guest_type(guest, "\r") &&
           guest_run(guest, 1000) && play(guest);
}

bool invaders_by_kernel(Guest *guest)
{
    return guest_kernel(guest, "/boot/invaders.exec", NULL, NULL) && guest_start(guest) &&
           guest_run(guest, 1000) && play(guest);
}
