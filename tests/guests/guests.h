/*
 * Boot tests of real operating systems. They take minutes, so `make guests-test` runs them, not
 * `make test`.
 */
#ifndef TESTS_GUESTS_GUESTS_H
#define TESTS_GUESTS_GUESTS_H

#include "tests/guest_run.h"

/* What tests/guests/images makes. */
#define IMAGES BUILD "/guests/"

#define INSTALLER "/usr/lib/debian-installer/images/12/i386/text/debian-installer/i386/"
#define INSTALLER64 "/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64/"

/* Each builds its guest, starts it, and sees it through; false with a sentence in guest->error. */
bool linux_on_serial_port(Guest *guest);
bool linux_on_screen(Guest *guest);
bool linux_from_disk(Guest *guest);
bool linux_workload(Guest *guest);
bool installer_to_languages(Guest *guest);
bool installer_in_graphics(Guest *guest);
bool installer_in_64_bits(Guest *guest);
bool grub_menu(Guest *guest);
bool invaders_by_kernel(Guest *guest);
bool linux_by_grub(Guest *guest);
bool memtest_by_kernel(Guest *guest);
bool memtest_from_cdrom(Guest *guest);
bool memtest_in_64_bits(Guest *guest);
bool bench_from_floppy(Guest *guest);
bool bench_from_disk(Guest *guest);

#endif
