/*
 * Options that put media into drives, and the order in which drives are booted.
 */
#include "frontend/image_format.h"
#include "frontend/options_parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const drive_places[MACHINE_IDE_DRIVES] = {"primary master", "primary slave",
                                                             "secondary master", "secondary slave"};

static bool put_drive(Parser *parser, unsigned index, DriveOption drive)
{
    DriveOption *place = &parser->options->drives[index];

    if (place->kind != DRIVE_NONE)
        return option_error(parser, drive.file,
                            "the %s (index %u) already holds %s, given with %s; choose another "
                            "drive",
                            drive_places[index], index, place->file ? place->file : "a drive",
                            place->option);
    *place = drive;
    return true;
}

static bool put_floppy(Parser *parser, unsigned index, DriveOption drive)
{
    DriveOption *place = &parser->options->floppies[index];

    if (place->kind != DRIVE_NONE)
        return option_error(parser, drive.file,
                            "floppy drive %c already holds %s, given with %s; choose another "
                            "drive",
                            'A' + index, place->file ? place->file : "nothing", place->option);
    *place = drive;
    return true;
}

static DriveOption plain_drive(Parser *parser, DriveKind kind, const char *file)
{
    return (DriveOption){.kind = kind,
                         .file = *file ? file : NULL,
                         .option = parser->option,
                         .read_only = kind == DRIVE_CDROM};
}

bool set_hda(Parser *parser, const char *file)
{
    return put_drive(parser, 0, plain_drive(parser, DRIVE_DISK, file));
}

bool set_hdb(Parser *parser, const char *file)
{
    return put_drive(parser, 1, plain_drive(parser, DRIVE_DISK, file));
}

bool set_hdc(Parser *parser, const char *file)
{
    return put_drive(parser, 2, plain_drive(parser, DRIVE_DISK, file));
}

bool set_hdd(Parser *parser, const char *file)
{
    return put_drive(parser, 3, plain_drive(parser, DRIVE_DISK, file));
}

bool set_cdrom(Parser *parser, const char *file)
{
    return put_drive(parser, 2, plain_drive(parser, DRIVE_CDROM, file));
}

bool set_fda(Parser *parser, const char *file)
{
    return put_floppy(parser, 0, plain_drive(parser, DRIVE_DISK, file));
}

bool set_fdb(Parser *parser, const char *file)
{
    return put_floppy(parser, 1, plain_drive(parser, DRIVE_DISK, file));
}

/* -drive, taken apart. */
typedef struct DriveKeys {
    DriveOption drive;
    bool floppy;
    bool media_given;
    u64 index, bus, unit; /* NOT_GIVEN where absent */
} DriveKeys;

#define NOT_GIVEN UINT64_MAX

static bool drive_interface(Parser *parser, DriveKeys *keys, const char *value)
{
    if (!strcmp(value, "ide") || !strcmp(value, "floppy")) {
        keys->floppy = *value == 'f';
        return true;
    }
    return option_error(parser, NULL, "if=%s is not there: this machine has if=ide and if=floppy",
                        value);
}

static bool drive_media(Parser *parser, DriveKeys *keys, const char *value)
{
    keys->media_given = true;
    if (strcmp(value, "disk") && strcmp(value, "cdrom"))
        return option_error(parser, NULL, "media=%s: write media=disk or media=cdrom", value);
    keys->drive.kind = *value == 'd' ? DRIVE_DISK : DRIVE_CDROM;
    return true;
}

static bool drive_switch(Parser *parser, const char *key, const char *value, bool *on)
{
    return option_switch(value, on) ||
           option_error(parser, NULL, "%s=%s: write %s=on or %s=off", key, value, key, key);
}

static bool drive_number(Parser *parser, const char *key, const char *value, u64 *number)
{
    return option_number(value, 0, MACHINE_IDE_DRIVES - 1, number) ||
           option_error(parser, NULL, "%s=%s: write a number from 0 to 3", key, value);
}

static bool drive_key(Parser *parser, DriveKeys *keys, const char *key, const char *value)
{
    static const char *const known[] = {"file", "if",       "media",    "index", "bus",
                                        "unit", "snapshot", "readonly", "format"};
    static const char *const harmless[] = {"cache",  "aio", "discard", "detect-zeroes", "werror",
                                           "rerror", "id",  "serial",  "copy-on-read"};
    const char *nearest;
    unsigned i;

    if (!strcmp(key, "file")) {
        keys->drive.file = *value ? value : NULL;
        return true;
    }
    if (!strcmp(key, "if"))
        return drive_interface(parser, keys, value);
    if (!strcmp(key, "media"))
        return drive_media(parser, keys, value);
    if (!strcmp(key, "index"))
        return drive_number(parser, key, value, &keys->index);
    if (!strcmp(key, "bus"))
        return drive_number(parser, key, value, &keys->bus);
    if (!strcmp(key, "unit"))
        return drive_number(parser, key, value, &keys->unit);
    if (!strcmp(key, "snapshot"))
        return drive_switch(parser, key, value, &keys->drive.snapshot);
    if (!strcmp(key, "readonly") || !strcmp(key, "read-only"))
        return drive_switch(parser, key, value, &keys->drive.read_only);
    if (!strcmp(key, "format"))
        return !strcmp(value, "raw") ||
               option_error(parser, NULL,
                            "format=%s cannot be read yet; convert the image with "
                            "`qemu-img convert -O raw`",
                            value);
    for (i = 0; i < COUNT_OF(harmless); i++)
        if (!strcmp(key, harmless[i]))
            return true;
    nearest = option_nearest(key, known, COUNT_OF(known));
    return option_error(parser, NULL, "there is no '%s='%s%s%s", key,
                        nearest ? "; did you mean '" : "", nearest ? nearest : "",
                        nearest ? "='?" : "");
}

/* The drive that `keys` ask for: by index, by bus and unit, or the first that is free. */
static bool drive_index(Parser *parser, const DriveKeys *keys, unsigned *index)
{
    const DriveOption *places = keys->floppy ? parser->options->floppies : parser->options->drives;
    unsigned count = keys->floppy ? MACHINE_FLOPPIES : MACHINE_IDE_DRIVES;
    u64 wanted = keys->index;

    if (wanted == NOT_GIVEN && (keys->bus != NOT_GIVEN || keys->unit != NOT_GIVEN))
        wanted = (keys->bus == NOT_GIVEN || keys->floppy ? 0 : keys->bus * 2) +
                 (keys->unit == NOT_GIVEN ? 0 : keys->unit);
    if (wanted == NOT_GIVEN)
        for (wanted = 0; wanted < count && places[wanted].kind != DRIVE_NONE; wanted++)
            ;
    if (wanted >= count)
        return option_error(parser, keys->drive.file, "this machine has %u %s drives only", count,
                            keys->floppy ? "floppy" : "IDE");
    *index = wanted;
    return true;
}

bool set_drive(Parser *parser, const char *list)
{
    DriveKeys keys = {.drive = {.kind = DRIVE_DISK, .option = parser->option},
                      .index = NOT_GIVEN,
                      .bus = NOT_GIVEN,
                      .unit = NOT_GIVEN};
    char *rest = option_copy(parser, list), *key, *value;
    unsigned index = 0;

    while (option_pair(&rest, NULL, &key, &value))
        if (*key && !drive_key(parser, &keys, key, value))
            return false;
    if (!drive_index(parser, &keys, &index))
        return false;
    if (keys.floppy) {
        if (keys.drive.kind == DRIVE_CDROM)
            return option_error(parser, list, "a floppy drive takes no CD; leave if=floppy out");
        return put_floppy(parser, index, keys.drive);
    }
    if (!keys.drive.file && keys.drive.kind == DRIVE_DISK)
        return option_error(parser, list, "say which image: file=IMAGE");
    keys.drive.read_only |= keys.drive.kind == DRIVE_CDROM;
    return put_drive(parser, index, keys.drive);
}

/* A bare file name: look at the file, and do what its owner must have meant. */
bool set_image(Parser *parser, const char *file)
{
    char reason[256];

    parser->option = file;
    switch (image_format(file, reason, sizeof reason)) {
    case FORMAT_DISK:
        return set_hda(parser, file);
    case FORMAT_FLOPPY:
        return set_fda(parser, file);
    case FORMAT_CDROM:
        return set_cdrom(parser, file);
    case FORMAT_KERNEL:
        return set_kernel(parser, file);
    case FORMAT_FIRMWARE:
        return set_bios(parser, file);
    case FORMAT_UNUSABLE:
        break;
    }
    return option_error(parser, NULL, "%s", reason);
}

bool set_snapshot(Parser *parser, const char *value)
{
    (void)value;
    parser->options->snapshot = true;
    return true;
}

bool set_nodefaults(Parser *parser, const char *value)
{
    (void)value;
    parser->options->no_default_drives = true;
    return true;
}

static bool boot_letters(Parser *parser, const char *letters, char order[BOOT_DEVICES])
{
    size_t i;

    for (i = 0; letters[i]; i++) {
        if (!strchr("abcdn", letters[i]) || strchr(letters + i + 1, letters[i]))
            return option_error(parser, letters,
                                "write each of these letters at most once: a (floppy), c (disk), "
                                "d (CD-ROM), n (network)");
    }
    snprintf(order, BOOT_DEVICES, "%s", letters);
    return true;
}

bool set_boot(Parser *parser, const char *list)
{
    static const char *const keys[] = {"order", "once", "menu"};
    char *rest = option_copy(parser, list), *key, *value;
    Options *options = parser->options;
    const char *implied = "order", *nearest;

    for (; option_pair(&rest, implied, &key, &value); implied = NULL) {
        if (!strcmp(key, "order")) {
            if (!boot_letters(parser, value, options->boot_order))
                return false;
        } else if (!strcmp(key, "once")) {
            if (!boot_letters(parser, value, options->boot_once))
                return false;
        } else if (!strcmp(key, "menu")) {
            if (!option_switch(value, &options->boot_menu))
                return option_error(parser, list, "write menu=on or menu=off");
        } else if (strcmp(key, "strict") && strncmp(key, "splash", 6) &&
                   strcmp(key, "reboot-timeout")) {
            nearest = option_nearest(key, keys, COUNT_OF(keys));
            return option_error(parser, list, "there is no '%s='; write %s=", key,
                                nearest ? nearest : "order=, once= or menu");
        }
    }
    return true;
}
