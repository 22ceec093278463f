/*
 * guests-test [interpreter] [NAME...]: boots the guests of the table, or those named, on the
 * translator or on the interpreter, and says how each fared.
 * The last picture of each is in build/guests/NAME.png, for a person to look at.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/guests/guests.h"

/* A slow processor makes waiting cheap. */
enum { MOST_FILES = 3, MIPS = 25 };

typedef struct GuestTest {
    const char *name;
    bool (*run)(Guest *guest);
    const char *files[MOST_FILES]; /* without which it is skipped; then, how to get them: */
    const char *remedy;
} GuestTest;

#define BUSYBOX "dpkg --add-architecture i386, and apt-get update"
#define LINUX   "apt-get install debian-installer-12-netboot-i386; " BUSYBOX
#define AMD64   "apt-get install debian-installer-12-netboot-amd64"
#define GRUB    "apt-get install grub-pc-bin xorriso mtools grub-invaders"
#define MEMTEST "apt-get install memtest86+"
#define BENCH   "it takes gcc-multilib, nasm and python3"

// clang-format off
static const GuestTest tests[] = {
    {"linux-serial",    linux_on_serial_port, {INSTALLER "linux", IMAGES "initrd.gz"}, LINUX},
    {"linux-screen",    linux_on_screen,      {INSTALLER "linux", IMAGES "initrd.gz"}, LINUX},
    {"linux-grub",      linux_by_grub,        {IMAGES "grub.iso", IMAGES "initrd.gz"}, GRUB},
    {"linux-disk",      linux_from_disk,      {IMAGES "linux.img"}, BENCH},
    {"grub-menu",       grub_menu,            {IMAGES "grub.iso"}, GRUB},
    {"invaders",        invaders_by_kernel,   {"/boot/invaders.exec"}, GRUB},
    {"installer",       installer_to_languages, {INSTALLER "linux", INSTALLER "initrd.gz"}, LINUX},
    {"installer-pixels", installer_in_graphics, {INSTALLER "linux", INSTALLER "initrd.gz"}, LINUX},
    {"installer-amd64", installer_in_64_bits, {INSTALLER64 "linux", INSTALLER64 "initrd.gz"}, AMD64},
    {"memtest",         memtest_by_kernel,    {"/boot/memtest86+ia32.bin"}, MEMTEST},
    {"memtest-cdrom",   memtest_from_cdrom,   {"/usr/lib/memtest86+/memtest86+ia32.iso"}, MEMTEST},
    {"memtest-x64",     memtest_in_64_bits,   {"/boot/memtest86+x64.bin"}, MEMTEST},
    {"bench-floppy",    bench_from_floppy,    {IMAGES "bench/bench.img"}, BENCH},
    {"bench-disk",      bench_from_disk,      {IMAGES "bench/bench-hd.img"}, BENCH},
    {"linux-workload",  linux_workload,       {IMAGES "workload.img"}, BENCH},
};
// clang-format on

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const char *missing_file(const GuestTest *test)
{
    for (unsigned i = 0; i < MOST_FILES && test->files[i]; i++)
        if (access(test->files[i], R_OK))
            return test->files[i];
    return NULL;
}

static void save(Guest *guest, const char *name)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, IMAGES "%s.png", name);
    if (guest->machine && !guest_picture(guest, path))
        printf("      (no picture: %s)\n", guest->error);
    snprintf(path, sizeof path, IMAGES "%s.txt", name);
    file = fopen(path, "w");
    if (file) {
        fwrite(guest->output, 1, guest->output_length, file);
        fclose(file);
    }
}

static bool run(const GuestTest *test, MachineEngine engine)
{
    char error[512];
    double begin = seconds();
    Guest *guest = guest_create(error, sizeof error);
    bool passed;

    if (!guest) {
        printf("FAIL  %-16s %s\n", test->name, error);
        return false;
    }
    guest->config.mips = MIPS;
    guest->config.engine = engine;
    passed = test->run(guest);
    printf("%s  %-16s %6.1f s", passed ? "PASS" : "FAIL", test->name, seconds() - begin);
    if (guest->machine)
        printf(" %7llu million cycles",
               (unsigned long long)machine_cycles(guest->machine) / 1000000);
    printf("%s%s\n", passed ? "" : "\n", passed ? "" : guest->error);
    *guest->error = '\0';
    save(guest, test->name);
    guest_destroy(guest);
    return passed;
}

static bool is_named(const char *name, int argc, char **argv)
{
    bool named = argc == 1;

    for (int i = 1; i < argc; i++)
        named |= !strcmp(argv[i], name);
    return named;
}

int main(int argc, char **argv)
{
    bool interpret = argc > 1 && !strcmp(argv[1], "interpreter");
    MachineEngine engine = interpret ? ENGINE_INTERPRETER : ENGINE_TRANSLATOR;
    unsigned passed = 0, failed = 0, skipped = 0;

    if (interpret) {
        argc--;
        argv++;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (unsigned i = 0; i < COUNT_OF(tests); i++) {
        const char *missing = missing_file(&tests[i]);

        if (!is_named(tests[i].name, argc, argv))
            continue;
        if (missing) {
            printf("SKIP  %-16s %s is not there: %s\n", tests[i].name, missing, tests[i].remedy);
            skipped++;
        } else if (run(&tests[i], engine))
            passed++;
        else
            failed++;
    }
    printf("%u passed, %u failed, %u skipped; pictures in " IMAGES "\n", passed, failed, skipped);
    return failed != 0;
}
