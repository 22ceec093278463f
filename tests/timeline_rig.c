#include "tests/timeline_rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* At 600h the packet of the BIOS's extended read; at 8000h the sector. */
__asm__(".pushsection .rodata\n.code16\n.intel_syntax noprefix\n"
        "timeline_sector:\n"
        "xor ax, ax; mov ds, ax; mov es, ax; mov ss, ax; mov sp, 0x7C00; sti\n"
        "mov dword ptr [0x600], 0x10010; mov dword ptr [0x604], 0x8000\n"
        "mov dword ptr [0x60C], 0; mov dword ptr [0x500], 0; mov dword ptr [0x504], 0\n"
        "1: inc word ptr [0x500]\n"
        "movzx eax, byte ptr [0x500]; and eax, 63; inc eax; mov [0x608], eax\n"
        "mov ah, 0x42; mov dl, 0x80; mov si, 0x600; int 0x13\n"
        "inc word ptr [0x8000]; mov ax, [0x500]; mov [0x8002], ax; mov ax, [0x502]\n"
        "mov [0x8004], ax\n"
        "mov ax, 0x4300; mov dl, 0x80; mov si, 0x600; int 0x13\n"
        "mov ah, 1; int 0x16; jz 2f; xor ax, ax; int 0x16; add [0x502], ax\n"
        "2: mov cx, 5000; 3: mov bx, cx; and bx, 0x1FFE; add [bx + 0x9000], cx; loop 3b\n"
        "mov dx, 0x3FD; in al, dx; test al, 1; jz 1b\n"
        "mov dx, 0x3F8; in al, dx; add [0x504], al; out dx, al; jmp 1b\n"
        ".org timeline_sector + 510; .byte 0x55, 0xAA\n"
        ".att_syntax prefix\n.code64\n.popsection\n");
extern const u8 timeline_sector[] __attribute__((visibility("hidden")));

static bool read_disk(void *owner, u64 sector, u32 count, u8 *bytes)
{
    TimelineRig *rig = owner;

    rig->accesses++;
    if (sector >= RIG_SECTORS || count > RIG_SECTORS - sector)
        return false;
    memcpy(bytes, rig->disk + sector * SECTOR_SIZE, (size_t)count * SECTOR_SIZE);
    return true;
}

static bool write_disk(void *owner, u64 sector, u32 count, const u8 *bytes)
{
    TimelineRig *rig = owner;

    rig->accesses++;
    if (sector >= RIG_SECTORS || count > RIG_SECTORS - sector)
        return false;
    memcpy(rig->disk + sector * SECTOR_SIZE, bytes, (size_t)count * SECTOR_SIZE);
    return true;
}

static void collect(void *owner, u8 byte)
{
    TimelineRig *rig = owner;

    rig->sent++;
    rig->sent_hash = rig->sent_hash * 31 + byte;
}

TimelineRig *rig_create(MachineEngine engine, u64 budget)
{
    return rig_create_with(engine, budget, NULL);
}

TimelineRig *rig_create_with(MachineEngine engine, u64 budget, const u8 *bios)
{
    const Options options = {.firmware_folder = "/usr/share/seabios"};
    TimelineRig *rig = calloc(1, sizeof *rig);
    char error[512];

    cr_assert_not_null(rig);
    cr_assert(firmware_load(&rig->firmware, &options, error, sizeof error), "%s", error);
    memcpy(rig->disk, timeline_sector, SECTOR_SIZE);
    rig->medium =
        (BlockDevice){.sectors = RIG_SECTORS, .read = read_disk, .write = write_disk, .owner = rig};
    rig->config = (MachineConfig){
        .memory = RIG_MEMORY,
        .cpu = "qemu32",
        .engine = engine,
        .mips = 10,
        .start_time = 1700000000,
        .bios = bios ? bios : rig->firmware.bios,
        .bios_length = rig->firmware.bios_length,
        .boot_order = "c",
        .drives[0] = {DRIVE_DISK, &rig->medium},
        .serial_present[0] = true,
        .serial[0] = {collect, rig},
    };
    if (budget)
        cr_assert_not_null(rig->timeline =
                               timeline_create(&rig->config, budget, error, sizeof error),
                           "%s", error);
    rig->machine = machine_create(&rig->config, error, sizeof error);
    cr_assert_not_null(rig->machine, "%s", error);
    if (budget)
        cr_assert(timeline_watch(rig->timeline, rig->machine, error, sizeof error), "%s", error);
    return rig;
}

void rig_destroy(TimelineRig *rig)
{
    timeline_destroy(rig->timeline);
    machine_destroy(rig->machine);
    firmware_free(&rig->firmware);
    free(rig);
}

static void run(TimelineRig *rig, u64 until)
{
    while (machine_cycles(rig->machine) < until) {
        RunResult result =
            rig->timeline ? timeline_run(rig->timeline, until) : machine_run(rig->machine, until);

        if (result == RUN_IDLE)
            machine_skip_idle(rig->machine, until);
        else
            cr_assert_eq(result, RUN_BUDGET);
    }
}

enum { RIG_STEP = 300007 };

static void act(TimelineRig *rig, u64 step)
{
    u64 number = (step + rig->seed * 7919) * 2654435761u >> 7;

    if (number % 3 == 0)
        machine_key(rig->machine, (Key)(KEY_A + number % 20), number >> 8 & 1);
    if (number % 5 == 0)
        machine_serial_input(rig->machine, 0, (u8)number);
    if (number % 7 == 0)
        machine_mouse(rig->machine, (int)(number & 15), 2, 0, number >> 9 & 3);
    if (number % 211 == 17)
        machine_reset(rig->machine);
}

void rig_run(TimelineRig *rig, u64 until)
{
    u64 step = machine_cycles(rig->machine) / RIG_STEP + 1;

    for (; step * RIG_STEP < until; step++) {
        run(rig, step * RIG_STEP);
        act(rig, step);
    }
    run(rig, until);
}

u64 rig_hash(TimelineRig *rig)
{
    const u64 hashes[] = {machine_hash(rig->machine), XXH3_64bits(rig->disk, sizeof rig->disk),
                          rig->sent, rig->sent_hash};

    return XXH3_64bits(hashes, sizeof hashes);
}
