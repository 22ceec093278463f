/*
 * The motherboard with a firmware of a few bytes: its memory map, its wires, the reasons for which
 * it stops, and that it does the same however it is cut into slices.
 */
#include "devices/machine.h"

#include "cpu/cpu.h"
#include "devices/clock.h"
#include "tests/rom_machine.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static u8 rom[ROM_BYTES];
static Machine *machine;

/* A machine whose firmware begins with `code` at F000:0000. */
static Machine *start(const u8 *code, size_t length)
{
    MachineConfig config = rom_machine_config(rom, code, length);

    config.cpu = "qemu32";
    config.serial_present[0] = true;
    config.debug_exit_port = 0x501;
    config.debug_exit_size = 2;
    return rom_machine_create(&config);
}

#define START(...) (machine = start((const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__})))

static void stop(void)
{
    machine_destroy(machine);
    machine = NULL;
}

TestSuite(machine, .fini = stop);

Test(machine, firmware_is_at_the_top_and_below_1_mib)
{
    AddressSpace *space;

    START(0x12, 0x34);
    space = machine_memory(machine);
    cr_assert_eq(space_read(space, 0xFFFF0000, WORD), 0x3412);
    cr_assert_eq(space_read(space, 0xF0000, WORD), 0x3412);
    cr_assert_eq(space_read(space, 0xFFFFFFF0, BYTE), 0xEA);
    space_write(space, 0xF0000, BYTE, 0x99);
    cr_assert_eq(space_read(space, 0xF0000, BYTE), 0x12, "it is a ROM");
    cr_assert_eq(space_read(space, 0xE0000, DWORD), 0xFFFFFFFF, "64 KiB only");
}

Test(machine, memory_ends_where_it_should)
{
    AddressSpace *space;

    START(0xF4);
    space = machine_memory(machine);
    space_write(space, 0x9FFFF, BYTE, 0x55);
    cr_assert_eq(space_read(space, 0x9FFFF, BYTE), 0x55);
    space_write(space, 2 * MIB - 4, DWORD, 0x12345678);
    cr_assert_eq(space_read(space, 2 * MIB - 4, DWORD), 0x12345678);
    space_write(space, 2 * MIB, BYTE, 1);
    cr_assert_eq(space_read(space, 2 * MIB, BYTE), 0xFF);
}

Test(machine, pam_shows_ram_instead_of_rom)
{
    AddressSpace *space, *ports;

    START(0x12);
    space = machine_memory(machine);
    ports = machine_ports(machine);
    space_write(ports, 0xCF8, DWORD, 0x80000058); /* PAM0 is 59h: F0000h-FFFFFh */
    space_write(ports, 0xCFD, BYTE, 0x20);        /* write only */
    space_write(space, 0xF0000, BYTE, 0x77);
    cr_assert_eq(space_read(space, 0xF0000, BYTE), 0x12);
    space_write(ports, 0xCFD, BYTE, 0x30); /* read and write */
    cr_assert_eq(space_read(space, 0xF0000, BYTE), 0x77);
}

Test(machine, halts_with_nothing_to_do)
{
    START(0xFA, 0xF4); /* cli; hlt */
    cr_assert_eq(machine_run(machine, 1000), RUN_IDLE);
    cr_assert_eq(machine_cycles(machine), 3);
    machine_skip_idle(machine, 500);
    cr_assert_leq(machine_cycles(machine), 500);
}

Test(machine, stops_at_the_budget_exactly)
{
    START(0xEB, 0xFE); /* jmp $ */
    cr_assert_eq(machine_run(machine, 12345), RUN_BUDGET);
    cr_assert_eq(machine_cycles(machine), 12345);
    cr_assert_eq(machine_run(machine, 12346), RUN_BUDGET);
    cr_assert_eq(machine_cycles(machine), 12346);
}

Test(machine, debug_exit_gives_the_status)
{
    START(0xBA, 0x01, 0x05, 0xB0, 0x03, 0xEE, 0xF4); /* mov dx,501h; mov al,3; out dx,al */
    cr_assert_eq(machine_run(machine, 1000), RUN_DEBUG_EXIT);
    cr_assert_eq(machine_exit_code(machine), 7);
    cr_assert_eq(machine_cycles(machine), 4, "at the end of the instruction");
}

Test(machine, power_off)
{
    START(0xF4);
    space_write(machine_ports(machine), 0xCF8, DWORD, 0x80000B40); /* PMBASE */
    space_write(machine_ports(machine), 0xCFC, DWORD, 0x601);
    space_write(machine_ports(machine), 0xCF8, DWORD, 0x80000B80); /* PMREGMISC */
    space_write(machine_ports(machine), 0xCFC, BYTE, 1);
    space_write(machine_ports(machine), 0x604, WORD, 0x2000); /* SLP_EN, type 0 */
    cr_assert_eq(machine_run(machine, 1000), RUN_POWER_OFF);
}

Test(machine, port_cf9_resets_the_board)
{
    START(0xBA, 0xF9, 0x0C, 0xB0, 0x06, 0xEE, 0xF4); /* mov dx,0CF9h; mov al,6; out dx,al */
    space_write(machine_ports(machine), 0x4D0, BYTE, 0x20);
    cr_assert_eq(machine_run(machine, 1000), RUN_RESET);
    machine_reset(machine);
    cr_assert_neq(space_read(machine_ports(machine), 0x4D0, BYTE), 0x20);
    cr_assert_eq(machine_cpu(machine, 0)->rip, 0xFFF0);
    cr_assert_eq(machine_run(machine, 1000), RUN_RESET, "it begins anew");
}

Test(machine, the_8042_resets_the_processor_only)
{
    START(0xB0, 0xFE, 0xE6, 0x64, 0xF4); /* mov al,0FEh; out 64h,al */
    space_write(machine_ports(machine), 0x4D0, BYTE, 0x20);
    cr_assert_eq(machine_run(machine, 1000), RUN_RESET);
    machine_reset(machine);
    cr_assert_eq(space_read(machine_ports(machine), 0x4D0, BYTE), 0x20);
    cr_assert_eq(machine_cpu(machine, 0)->rip, 0xFFF0);
}

Test(machine, port_92_resets_the_processor)
{
    START(0xB0, 0x03, 0xE6, 0x92, 0xF4); /* mov al,3; out 92h,al */
    cr_assert_eq(machine_run(machine, 1000), RUN_RESET);
}

Test(machine, triple_fault_stops_and_restarts)
{
    START(0x2E, 0x0F, 0x01, 0x1E, 0x10, 0x00, 0xCC, 0xF4, /* lidt cs:[10h]; int3 */
          0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    cr_assert_eq(machine_run(machine, 1000), RUN_TRIPLE_FAULT);
    machine_reset(machine);
    cr_assert_eq(machine_cpu(machine, 0)->rip, 0xFFF0);
    cr_assert_eq(machine_run(machine, 1000), RUN_TRIPLE_FAULT);
}

Test(machine, a20_follows_both_gates)
{
    AddressSpace *ports;
    Mmu *mmu;

    START(0xF4);
    ports = machine_ports(machine);
    mmu = &machine_cpu(machine, 0)->mmu;
    cr_assert(bit(mmu->a20_mask, 20), "the 8042's output port is all ones after reset");
    space_write(ports, 0x64, BYTE, 0xD1);
    space_write(ports, 0x60, BYTE, 0xDD);
    cr_assert_not(bit(mmu->a20_mask, 20));
    space_write(ports, 0x92, BYTE, 0x02);
    cr_assert(bit(mmu->a20_mask, 20));
    space_write(ports, 0x92, BYTE, 0x00);
    cr_assert_not(bit(mmu->a20_mask, 20));
}

Test(machine, a_coprocessor_error_is_interrupt_13)
{
    AddressSpace *ports;

    START(0xDB, 0xE3,                         /* fninit                         */
          0x2E, 0xD9, 0x2E, 0x10, 0x00,       /* fldcw cs:[10h]                 */
          0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9, /* fld1; fldz; fdivp: 1/0         */
          0x9B, 0xF4, 0x90,                   /* fwait; hlt                     */
          0x7B, 0x03);                        /* division by zero is not masked */
    ports = machine_ports(machine);
    cr_assert_eq(machine_run(machine, 1000), RUN_IDLE);
    cr_assert(bit(space_read(ports, 0xA0, BYTE), 5), "IRQ 13 is requested");
    space_write(ports, 0xF0, BYTE, 0);
    cr_assert_not(bit(space_read(ports, 0xA0, BYTE), 5));
    cr_assert(machine_cpu(machine, 0)->x87.ignne, "the error is ignored from here on");
}

/* Counts timer interrupts at 500h and loop rounds at 502h; halts each time the latter wraps. */
static const u8 counts_ticks[] = {
    0x31, 0xC0,                         /*      xor ax, ax              */
    0x8E, 0xD8,                         /*      mov ds, ax              */
    0x8E, 0xD0,                         /*      mov ss, ax              */
    0xBC, 0x00, 0x70,                   /*      mov sp, 7000h           */
    0xC7, 0x06, 0x20, 0x00, 0x3F, 0x00, /*      mov word [20h], 3Fh     */
    0xC7, 0x06, 0x22, 0x00, 0x00, 0xF0, /*      mov word [22h], 0F000h  */
    0xB0, 0x11, 0xE6, 0x20,             /*      ICW1                    */
    0xB0, 0x08, 0xE6, 0x21,             /*      ICW2: vector 8          */
    0xB0, 0x04, 0xE6, 0x21,             /*      ICW3                    */
    0xB0, 0x01, 0xE6, 0x21,             /*      ICW4                    */
    0xB0, 0xFE, 0xE6, 0x21,             /*      all but IRQ0 masked     */
    0xB0, 0x34, 0xE6, 0x43,             /*      channel 0, mode 2       */
    0xB0, 0xE8, 0xE6, 0x40,             /*      every 1,000 periods     */
    0xB0, 0x03, 0xE6, 0x40,             /*                              */
    0xFB,                               /*      sti                     */
    0xFF, 0x06, 0x02, 0x05,             /* 36h: inc word [502h]         */
    0x75, 0xFA,                         /*      jnz 36h                 */
    0xF4,                               /*      hlt                     */
    0xEB, 0xF7,                         /*      jmp 36h                 */
    0x50,                               /* 3Fh: push ax                 */
    0xFF, 0x06, 0x00, 0x05,             /*      inc word [500h]         */
    0xB0, 0x20, 0xE6, 0x20,             /*      EOI                     */
    0x58, 0xCF,                         /*      pop ax; iret            */
};

/* Runs to `until` in slices of `slice` cycles, letting idle time pass. */
static void run_in_slices(Machine *running, u64 until, u64 slice)
{
    while (machine_cycles(running) < until) {
        u64 end = machine_cycles(running) + slice;
        RunResult result = machine_run(running, end < until ? end : until);
        if (result == RUN_IDLE)
            machine_skip_idle(running, until);
        else
            cr_assert_eq(result, RUN_BUDGET);
    }
}

Test(machine, the_timer_interrupts)
{
    u64 ticks;

    machine = start(counts_ticks, sizeof counts_ticks);
    run_in_slices(machine, 2000000, 100000); /* two guest seconds */
    ticks = space_read(machine_memory(machine), 0x500, WORD);
    cr_assert(ticks >= 2384 && ticks <= 2387, "%u ticks", (unsigned)ticks);
}

Test(machine, the_same_however_it_is_sliced)
{
    static const u64 slices[] = {1000000, 4096, 777, 1};
    u64 hashes[COUNT_OF(slices)];

    for (unsigned i = 0; i < COUNT_OF(slices); i++) {
        machine = start(counts_ticks, sizeof counts_ticks);
        run_in_slices(machine, 400000, slices[i]);
        hashes[i] = machine_hash(machine);
        stop();
        cr_assert_eq(hashes[i], hashes[0], "in slices of %u", (unsigned)slices[i]);
    }
}

Test(machine, the_hash_sees_everything)
{
    u64 before;

    START(0xF4);
    before = machine_hash(machine);
    cr_assert_eq(machine_hash(machine), before);
    space_write(machine_memory(machine), 0x12345, BYTE, 1);
    cr_assert_neq(machine_hash(machine), before);
    space_write(machine_memory(machine), 0x12345, BYTE, 0);
    cr_assert_eq(machine_hash(machine), before);
    space_write(machine_ports(machine), 0x4D0, BYTE, 0x20);
    cr_assert_neq(machine_hash(machine), before);
}

Test(machine, input_comes_through_the_door)
{
    AddressSpace *ports;

    START(0xF4);
    ports = machine_ports(machine);
    cr_assert_gt(machine_serial_room(machine, 0), 0);
    cr_assert_eq(machine_serial_room(machine, 1), 0, "no such port");
    cr_assert_eq(machine_serial_room(machine, 99), 0);
    space_write(ports, 0x3FB, BYTE, 0x83); /* 115,200 baud */
    space_write(ports, 0x3F8, WORD, 0x0001);
    space_write(ports, 0x3FB, BYTE, 0x03);
    space_write(ports, 0x3FC, BYTE, 0x01); /* DTR: somebody listens */
    machine_serial_input(machine, 0, 'x');
    run_in_slices(machine, 100000, 100000);
    cr_assert_eq(space_read(ports, 0x3F8, BYTE), 'x');
    machine_key(machine, (Key)-1, true);
    machine_key(machine, KEY_COUNT, true);
}

/* What is wrong with a configuration is said, not done. */
Test(machine, refuses_what_cannot_be)
{
    MachineConfig config = {.memory = 2 * MIB,
                            .cpu = "qemu32",
                            .mips = 1,
                            .bios = rom,
                            .bios_length = ROM_BYTES,
                            .boot_order = "c"};
    char error[256] = "";

    config.cpu = "8080";
    cr_assert_null(machine_create(&config, error, sizeof error));
    cr_assert(strstr(error, "8080"), "%s", error);
    config.cpu = "qemu32";
    config.bios_length = 100;
    cr_assert_null(machine_create(&config, error, sizeof error));
    cr_assert(strstr(error, "64 KiB"), "%s", error);
    config.bios_length = ROM_BYTES;
    config.memory = 12345;
    cr_assert_null(machine_create(&config, error, sizeof error));
}

/* Any value to any port, any time. */
Test(machine, survives_noise_on_all_ports)
{
    AddressSpace *ports, *memory;
    u32 random = 12345;

    START(0xEB, 0xFE);
    ports = machine_ports(machine);
    memory = machine_memory(machine);
    for (unsigned i = 0; i < 200000; i++) {
        static const Size sizes[] = {BYTE, WORD, DWORD, BYTE};
        u32 port, value;
        random = random * 1664525 + 1013904223;
        port = random >> 16;
        if (i & 1)
            port &= 0x7FF;
        random = random * 1664525 + 1013904223;
        value = random;
        if (i % 3)
            space_write(ports, port, sizes[value >> 30], value);
        else
            space_read(ports, port, sizes[value >> 30]);
        if (i % 64 == 0) {
            space_write(memory, 0xFEC00000 + (value & 0x3FFFFF), DWORD, random ^ port);
            if (machine_run(machine, machine_cycles(machine) + 100) != RUN_BUDGET) {
                machine_reset(machine);
                machine_reset(machine);
            }
        }
    }
}
