/* Debian's i386 kernel with a RAM disk of BusyBox. */
#include "tests/guests/guests.h"

enum { BOOT = 12000, COMMAND = 2000 };

#define QUIET " panic=-1 loglevel=4"

static const char greeting[] = "A shell for you";

/* Something of everything: arithmetic, processes, files, the timer. */
static bool commands_by_serial_port(Guest *guest)
{
    return guest_serial(guest, greeting, BOOT) && guest_serial(guest, "# ", COMMAND) &&
           guest_send(guest, "uname -sm; echo $((6 * 7))\n") &&
           guest_serial(guest, "Linux i686\n42\n", COMMAND) &&
           guest_send(guest, "echo vitrine | sha256sum\n") &&
           guest_serial(guest, "5c9bcde4e637a344", COMMAND) &&
           guest_send(guest, "i=0; while [ $i -lt 50 ]; do i=$(expr $i + 1); done; echo =$i=\n") &&
           guest_serial(guest, "=50=", COMMAND) &&
           guest_send(guest, "awk 'BEGIN { print 8 / 3, 1e15 / 7 }'\n") &&
           guest_serial(guest, "\n2.66667 1.42857e+14", COMMAND) &&
           guest_send(guest, "sleep 2; echo sl''ept\n") && guest_serial(guest, "slept", COMMAND) &&
           guest_send(guest, "cat /proc/interrupts\n") && guest_serial(guest, "ttyS0", COMMAND) &&
           guest_send(guest, "poweroff -f\n") && guest_end(guest, RUN_POWER_OFF, COMMAND);
}

bool linux_on_serial_port(Guest *guest)
{
    guest->config.memory = 64 << 20;
    return guest_kernel(guest, INSTALLER "linux", IMAGES "initrd.gz", "console=ttyS0" QUIET) &&
           guest_start(guest) && commands_by_serial_port(guest);
}

bool linux_on_screen(Guest *guest)
{
    guest->config.memory = 64 << 20;
    return guest_kernel(guest, INSTALLER "linux", IMAGES "initrd.gz", "console=tty0" QUIET) &&
           guest_start(guest) && guest_screen(guest, greeting, BOOT) &&
           guest_screen(guest, "/ #", COMMAND) &&
           guest_type(guest, "uname -sm; echo $((6 * 7))\r") &&
           guest_screen(guest, "Linux i686\n42\n", COMMAND) &&
           guest_type(guest, "cat /proc/interrupts\r") && guest_screen(guest, "i8042", COMMAND) &&
           guest_run(guest, 50) && guest_type(guest, "poweroff -f\r") &&
           guest_end(guest, RUN_POWER_OFF, COMMAND);
}

bool linux_from_disk(Guest *guest)
{
    guest->config.memory = 128 << 20;
    return guest_disk(guest, 0, IMAGES "linux.img") && guest_start(guest) &&
           guest_serial(guest, "MARK loader", BOOT) && commands_by_serial_port(guest);
}

bool linux_by_grub(Guest *guest)
{
    guest->config.memory = 128 << 20;
    return guest_cdrom(guest, IMAGES "grub.iso") && guest_start(guest) &&
           guest_screen(guest, "Space Invaders", BOOT) && guest_type(guest, "\x1B[B\r") &&
           commands_by_serial_port(guest);
}

/* Gzip, sort, awk, 500 processes, pipes: tests/bench/linux/workload.sh. */
bool linux_workload(Guest *guest)
{
    guest->config.memory = 128 << 20;
    return guest_disk(guest, 0, IMAGES "workload.img") && guest_start(guest) &&
           guest_serial(guest, "MARK shell", BOOT) &&
           guest_serial(guest, "END sort", 100 * COMMAND) &&
           guest_serial(guest, "\nDONE", 100 * COMMAND) && guest_end(guest, RUN_POWER_OFF, COMMAND);
}
