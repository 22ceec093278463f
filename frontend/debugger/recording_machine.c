/*
 * The machine in a recording: its configuration with the firmware, and what the firmware is given.
 */
#include <stdlib.h>
#include <string.h>

#include "frontend/debugger/recording.h"

enum { MOST_BLOB = 60 << 20, MOST_OPTION_ROM = 1 << 20, MOST_TEXT = 256, MOST_MIPS = 100000 };
#define MOST_MEMORY  ((u64)64 << 30)
#define MOST_SECONDS ((i64)1 << 40)

static const BlockDevice *medium_at(const MachineConfig *config, unsigned number)
{
    return number < MACHINE_IDE_DRIVES ? config->drives[number].medium
                                       : config->floppies[number - MACHINE_IDE_DRIVES];
}

static void put_drives(ByteWriter *writer, const MachineConfig *config)
{
    for (unsigned i = 0; i < MACHINE_IDE_DRIVES; i++)
        put_number(writer, config->drives[i].kind);
    for (unsigned i = 0; i < MACHINE_FLOPPIES; i++)
        put_number(writer, config->floppy_present[i]);
    for (unsigned i = 0; i < TAPE_DRIVES; i++) {
        const BlockDevice *medium = medium_at(config, i);

        put_number(writer, medium != NULL);
        put_number(writer, medium ? medium->sectors : 0);
        put_number(writer, medium ? medium->read_only : 0);
        put_number(writer, medium ? medium->changes : 0);
    }
}

void recording_put_machine(ByteWriter *writer, const MachineConfig *config, u64 layout)
{
    put_number(writer, layout);
    put_number(writer, config->memory);
    put_text(writer, config->cpu);
    put_number(writer, config->mips);
    put_signed(writer, config->start_time);
    put_text(writer, config->boot_order);
    put_number(writer, config->boot_menu);
    put_drives(writer, config);
    for (unsigned i = 0; i < MACHINE_SERIAL_PORTS; i++)
        put_number(writer, config->serial_present[i]);
    for (unsigned i = 0; i < MACHINE_PARALLEL_PORTS; i++)
        put_number(writer, config->parallel_present[i]);
    put_number(writer, config->debug_console_port);
    put_number(writer, config->debug_exit_port);
    put_number(writer, config->debug_exit_size);
    put_blob(writer, config->bios, config->bios_length);
    put_blob(writer, config->vga_bios, config->vga_bios ? config->vga_bios_length : 0);
    put_number(writer, config->fw_file_count);
    for (unsigned i = 0; i < config->fw_file_count; i++) {
        const FwFile *file = &config->fw_files[i];

        put_text(writer, file->name);
        put_number(writer, file->key);
        put_blob(writer, file->bytes, file->length);
    }
}

/* ---- reading ---- */

static u8 *keep_blob(ByteReader *reader, RecordedMachine *machine, u64 most, u64 *length)
{
    u8 *blob = get_blob(reader, most, length);

    if (blob)
        machine->blobs[machine->blob_count++] = blob;
    return blob;
}

static const char *keep_text(ByteReader *reader, RecordedMachine *machine)
{
    u64 length;

    return (const char *)keep_blob(reader, machine, MOST_TEXT, &length);
}

static void get_drives(ByteReader *reader, RecordedMachine *machine, MachineConfig *config)
{
    for (unsigned i = 0; i < MACHINE_IDE_DRIVES; i++)
        config->drives[i] = (DriveConfig){.kind = (DriveKind)get_limited(reader, DRIVE_CDROM)};
    for (unsigned i = 0; i < MACHINE_FLOPPIES; i++) {
        config->floppy_present[i] = get_limited(reader, 1);
        config->floppies[i] = NULL;
    }
    for (unsigned i = 0; i < TAPE_DRIVES; i++) {
        BlockDevice *medium = &machine->media[i];
        bool there = get_limited(reader, 1);

        medium->sectors = get_limited(reader, UINT64_MAX / SECTOR_SIZE);
        medium->read_only = get_limited(reader, 1);
        medium->changes = (u32)get_limited(reader, UINT32_MAX);
        if (there && i < MACHINE_IDE_DRIVES)
            config->drives[i].medium = medium;
        else if (there)
            config->floppies[i - MACHINE_IDE_DRIVES] = medium;
    }
    for (unsigned i = 0; i < MACHINE_IDE_DRIVES; i++)
        if (config->drives[i].kind == DRIVE_DISK && !config->drives[i].medium)
            reader->failed = true;
}

static void get_fw_files(ByteReader *reader, RecordedMachine *machine, MachineConfig *config)
{
    u64 length;

    config->fw_file_count = (unsigned)get_limited(reader, MACHINE_FW_FILES);
    for (unsigned i = 0; i < config->fw_file_count && !reader->failed; i++) {
        FwFile *file = &config->fw_files[i];

        file->name = keep_text(reader, machine);
        if (file->name && !*file->name)
            file->name = NULL;
        file->key = (u16)get_limited(reader, UINT16_MAX);
        file->bytes = keep_blob(reader, machine, MOST_BLOB, &length);
        file->length = (u32)length;
    }
}

static bool is_sensible(const MachineConfig *config)
{
    unsigned size = config->debug_exit_size;

    return config->mips > 0 && config->start_time > -MOST_SECONDS &&
           config->start_time < MOST_SECONDS &&
           (!config->debug_exit_port || size == 1 || size == 2 || size == 4 || size == 8);
}

bool recording_get_machine(ByteReader *reader, RecordedMachine *machine, MachineConfig *config)
{
    machine->layout = get_number(reader);
    config->memory = get_limited(reader, MOST_MEMORY);
    config->cpu = keep_text(reader, machine);
    config->mips = get_limited(reader, MOST_MIPS);
    config->start_time = get_signed(reader);
    config->boot_order = keep_text(reader, machine);
    config->boot_menu = get_limited(reader, 1);
    get_drives(reader, machine, config);
    for (unsigned i = 0; i < MACHINE_SERIAL_PORTS; i++)
        config->serial_present[i] = get_limited(reader, 1);
    for (unsigned i = 0; i < MACHINE_PARALLEL_PORTS; i++)
        config->parallel_present[i] = get_limited(reader, 1);
    config->debug_console_port = (u16)get_limited(reader, UINT16_MAX);
    config->debug_exit_port = (u16)get_limited(reader, UINT16_MAX);
    config->debug_exit_size = (u16)get_limited(reader, 8);
    config->bios = keep_blob(reader, machine, MOST_BLOB, &config->bios_length);
    config->vga_bios = keep_blob(reader, machine, MOST_OPTION_ROM, &config->vga_bios_length);
    if (!config->vga_bios_length)
        config->vga_bios = NULL;
    get_fw_files(reader, machine, config);
    return !reader->failed && reader->at == reader->length && is_sensible(config);
}

void recorded_machine_free(RecordedMachine *machine)
{
    while (machine->blob_count)
        free(machine->blobs[--machine->blob_count]);
}
