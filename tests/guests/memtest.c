/* memtest86+ 6: one pass over 32 MiB. */
#include "tests/guests/guests.h"

enum { BOOT = 2000, PASS = 200000 };

static bool one_pass(Guest *guest)
{
    return guest_start(guest) && guest_screen(guest, "Memtest86+", BOOT) &&
           guest_screen(guest, "Pass:  1", PASS) && guest_screen(guest, "Errors: 0", 0);
}

bool memtest_by_kernel(Guest *guest)
{
    return guest_kernel(guest, "/boot/memtest86+ia32.bin", NULL, NULL) && one_pass(guest);
}

/* Here only as far as the tests have begun. */
bool memtest_from_cdrom(Guest *guest)
{
    return guest_cdrom(guest, "/usr/lib/memtest86+/memtest86+ia32.iso") && guest_start(guest) &&
           guest_screen(guest, "Memtest86+", BOOT) &&
           guest_screen(guest, "Status: Testing", BOOT) && guest_run(guest, 200) &&
           guest_screen(guest, "Errors: 0", 0);
}

bool memtest_in_64_bits(Guest *guest)
{
    guest->config.cpu = "qemu64";
    return guest_kernel(guest, "/boot/memtest86+x64.bin", NULL, NULL) && one_pass(guest);
}
