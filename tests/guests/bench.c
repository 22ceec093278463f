/*
 * The benchmark guest: computes, and says a checksum for each benchmark. What the checksums
 * should be is in bench/checksums.txt, lines of a name and a number.
 */
#include "tests/guests/guests.h"

#include <stdio.h>
#include <string.h>

enum { BOOT = 2000, ALL = 400000 };

/* Lines "END name checksum" against the list. */
static bool checksums_are_right(Guest *guest)
{
    FILE *file = fopen(IMAGES "bench/checksums.txt", "r");
    char line[128], name[32], sum[16], expected[64];

    if (!file)
        return guest_fail(guest, IMAGES "bench/checksums.txt is not there");
    while (fgets(line, sizeof line, file)) {
        if (*line == '#' || sscanf(line, "%31s %15s", name, sum) != 2)
            continue;
        snprintf(expected, sizeof expected, "END %s %s\n", name, sum);
        if (!strstr(guest->output, expected))
            guest_fail(guest, "%s is not %s:\n%s", name, sum, guest->output);
    }
    fclose(file);
    return !*guest->error;
}

static bool to_the_end(Guest *guest)
{
    guest->config.memory = 128 << 20;
    return guest_start(guest) && guest_serial(guest, "HELLO", BOOT) &&
           guest_serial(guest, "DONE", ALL) && guest_end(guest, RUN_POWER_OFF, BOOT) &&
           checksums_are_right(guest);
}

bool bench_from_floppy(Guest *guest)
{
    return guest_floppy(guest, IMAGES "bench/bench.img") && to_the_end(guest);
}

bool bench_from_disk(Guest *guest)
{
    return guest_disk(guest, 0, IMAGES "bench/bench-hd.img") && to_the_end(guest);
}
