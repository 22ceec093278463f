/*
 * -kernel from end to end: the real firmware, the option ROM of roms/kernel_loader.asm, and two
 * small guests (tests/guests/) that send what they were given to the debug port.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frontend/kernel.h"

enum { MOST_OUTPUT = 8192, MOST_CYCLES = 400000000 };

static u8 output[MOST_OUTPUT];
static unsigned output_length;
static Machine *machine;
static Kernel kernel;
static MachineConfig config;

static void collect(void *owner, u8 byte)
{
    (void)owner;
    if (output_length < MOST_OUTPUT)
        output[output_length++] = byte;
}

static u8 *read_whole(const char *path, u64 *length)
{
    FILE *file = fopen(path, "rb");
    u8 *bytes = malloc(1 << 20);

    cr_assert_not_null(file, "%s is not there", path);
    *length = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void boot(const char *guest, const char *initrd, const char *append, int exit_code)
{
    char error[256];
    RunResult result;

    output_length = 0;
    config = (MachineConfig){.memory = 32 << 20,
                             .cpu = "qemu32",
                             .mips = 100,
                             .boot_order = "c",
                             .debug_console = {collect, NULL},
                             .debug_exit_port = 0x501,
                             .debug_exit_size = 2};
    config.bios = read_whole("/usr/share/seabios/bios-256k.bin", &config.bios_length);
    cr_assert(kernel_load(&kernel, &config, guest, initrd, append, error, sizeof error), "%s",
              error);
    machine = machine_create(&config, error, sizeof error);
    cr_assert_not_null(machine, "%s", error);
    while ((result = machine_run(machine, MOST_CYCLES)) == RUN_IDLE)
        machine_skip_idle(machine, MOST_CYCLES);
    cr_assert_eq(result, RUN_DEBUG_EXIT, "it ended with %d after %llu cycles", result,
                 (unsigned long long)machine_cycles(machine));
    cr_assert_eq(machine_exit_code(machine), exit_code);
}

static void stop(void)
{
    machine_destroy(machine);
    kernel_free(&kernel);
    free((void *)config.bios);
}

TestSuite(kernel_boot, .fini = stop, .timeout = 120);

static u32 get(const u8 *at)
{
    u32 value;

    memcpy(&value, at, 4);
    return value;
}

/* The memory map's entries are 24 bytes long; one of them is RAM from 1 MiB. */
static bool map_has_ram_from_1m(const u8 *map, u32 length, u32 mem_upper)
{
    for (u32 at = 0; at + 24 <= length; at += 24)
        if (get(map + at) == 20 && get(map + at + 4) == 0x100000 && get(map + at + 8) == 0 &&
            get(map + at + 12) == mem_upper << 10 && get(map + at + 20) == 1)
            return true;
    return false;
}

Test(kernel_boot, multiboot_program_gets_what_it_was_promised)
{
    char module[] = "/tmp/kernel_boot_test.XXXXXX";
    int file = mkstemp(module);

    cr_assert_eq(write(file, "a module", 8), 8);
    close(file);
    boot(BUILD "/tests/guests/multiboot.bin", module, "and a text", 0x43);
    unlink(module);

    const u8 *info = output + 4, *text = info + 52;
    const u8 *module_bytes = text + strlen((const char *)text) + 1, *map = module_bytes + 8;
    u32 map_length = get(info + 44);

    cr_assert_eq(get(output), 0x2BADB002);
    cr_assert_eq(get(info) & 0x4D, 0x4D);
    cr_assert(get(info + 4) >= 600 && get(info + 4) < 640, "memory below 640 KiB");
    cr_assert(get(info + 8) > 30 << 10 && get(info + 8) <= 31 << 10, "and above 1 MiB");
    cr_assert_str_eq((const char *)text, BUILD "/tests/guests/multiboot.bin and a text");
    cr_assert_eq(get(info + 20), 1);
    cr_assert_arr_eq(module_bytes, "a module", 8);
    cr_assert(map_length >= 48 && map_length % 24 == 0);
    cr_assert(map_has_ram_from_1m(map, map_length, get(info + 8)));
    cr_assert_eq(output + output_length - (map + map_length), 16);
    for (unsigned i = 0; i < 16; i++)
        cr_assert_eq(map[map_length + i], 0, "the zero-initialized data is not zero");
}

Test(kernel_boot, linux_setup_code_gets_what_it_was_promised)
{
    char initrd[] = "/tmp/kernel_boot_test.XXXXXX";
    int file = mkstemp(initrd);

    cr_assert_eq(write(file, "initial RAM disk", 16), 16);
    close(file);
    boot(BUILD "/tests/guests/linux.bin", initrd, "quiet", 0x45);
    unlink(initrd);

    static const u8 expected[] = "\xF0\xFF\x00\x10\x00\x10\x20\x10" /* SP, SS, DS, CS */
                                 "quiet\0the kernel's owninitial RAM disk";
    cr_assert_eq(output_length, sizeof expected - 1);
    cr_assert_arr_eq(output, expected, sizeof expected - 1);
}
