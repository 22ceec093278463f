#include "frontend/tape.h"

#include <string.h>
#include <sys/mman.h>

enum { TAPE_READ, TAPE_WRITE, TAPE_FLUSH };

typedef struct Record {
    u8 kind, drive;
    bool done; /* what the call returned */
    u32 count;
    u64 sector;
} Record;

bool tape_create(Tape *tape, u64 size)
{
    u8 *bytes = mmap(NULL, size + PAGE_SIZE, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    *tape = (Tape){0};
    if (bytes == MAP_FAILED)
        return false;
    *tape = (Tape){.bytes = bytes + PAGE_SIZE, .length = (u64 *)(void *)bytes, .size = size};
    return true;
}

void tape_destroy(Tape *tape)
{
    if (tape->bytes)
        munmap(tape->bytes - PAGE_SIZE, tape->size + PAGE_SIZE);
    *tape = (Tape){0};
}

/* ---- recording ---- */

static void append(Tape *tape, const Record *record, const u8 *bytes, u64 length)
{
    if (tape->overflowed || *tape->length + sizeof *record + length > tape->size) {
        tape->overflowed = true;
        return;
    }
    memcpy(tape->bytes + *tape->length, record, sizeof *record);
    if (length)
        memcpy(tape->bytes + *tape->length + sizeof *record, bytes, length);
    *tape->length += sizeof *record + length;
}

static bool record_read(void *owner, u64 sector, u32 count, u8 *bytes)
{
    TapeDrive *drive = owner;
    bool done = drive->inner->read(drive->inner->owner, sector, count, bytes);
    Record record = {TAPE_READ, drive->number, done, count, sector};

    append(drive->tape, &record, bytes, done ? (u64)count * SECTOR_SIZE : 0);
    return done;
}

static bool record_write(void *owner, u64 sector, u32 count, const u8 *bytes)
{
    TapeDrive *drive = owner;
    bool done = drive->inner->write(drive->inner->owner, sector, count, bytes);
    Record record = {TAPE_WRITE, drive->number, done, count, sector};

    append(drive->tape, &record, bytes, (u64)count * SECTOR_SIZE);
    return done;
}

static bool record_flush(void *owner)
{
    TapeDrive *drive = owner;
    bool done = !drive->inner->flush || drive->inner->flush(drive->inner->owner);
    Record record = {TAPE_FLUSH, drive->number, done, 0, 0};

    append(drive->tape, &record, NULL, 0);
    return done;
}

void tape_recorder(TapeDrive *drive, Tape *tape, u8 number, BlockDevice *inner)
{
    *drive = (TapeDrive){.inner = inner, .tape = tape, .number = number};
    drive->device =
        (BlockDevice){.read = record_read, .write = record_write, .flush = record_flush};
    drive->device.owner = drive;
    tape_drive_changed(drive, inner);
}

void tape_drive_changed(TapeDrive *drive, const BlockDevice *like)
{
    drive->device.sectors = like->sectors;
    drive->device.read_only = like->read_only;
    drive->device.changes = like->changes;
}

/* ---- playing ---- */

/* The next record, if it is this one; its bytes, `length` of them. */
static const u8 *expect(TapeDrive *drive, Record *record, u64 length)
{
    const Tape *tape = drive->tape;
    Record found;

    if (*drive->departed)
        return NULL;
    if (*drive->cursor + sizeof found > *tape->length) {
        *drive->departed = "it asked for more of a drive";
        return NULL;
    }
    memcpy(&found, tape->bytes + *drive->cursor, sizeof found);
    if (found.kind != record->kind || found.drive != record->drive ||
        found.count != record->count || found.sector != record->sector) {
        *drive->departed = "it asked for something else of a drive";
        return NULL;
    }
    *record = found;
    *drive->cursor += sizeof found;
    if (found.kind == TAPE_WRITE || found.done)
        *drive->cursor += length;
    return tape->bytes + *drive->cursor - length;
}

static bool play_read(void *owner, u64 sector, u32 count, u8 *bytes)
{
    TapeDrive *drive = owner;
    Record record = {.kind = TAPE_READ, .drive = drive->number, .count = count, .sector = sector};
    u64 length = (u64)count * SECTOR_SIZE;
    const u8 *found = expect(drive, &record, length);

    if (!found || !record.done)
        return false;
    memcpy(bytes, found, length);
    return true;
}

static bool play_write(void *owner, u64 sector, u32 count, const u8 *bytes)
{
    TapeDrive *drive = owner;
    Record record = {.kind = TAPE_WRITE, .drive = drive->number, .count = count, .sector = sector};
    u64 length = (u64)count * SECTOR_SIZE;
    const u8 *found = expect(drive, &record, length);

    if (!found)
        return false;
    if (memcmp(bytes, found, length) != 0 && !*drive->departed)
        *drive->departed = "it wrote something else to a drive";
    return record.done;
}

static bool play_flush(void *owner)
{
    TapeDrive *drive = owner;
    Record record = {.kind = TAPE_FLUSH, .drive = drive->number};

    return expect(drive, &record, 0) && record.done;
}

void tape_player(TapeDrive *drive, Tape *tape, u8 number, const BlockDevice *like, u64 *cursor,
                 const char **departed)
{
    *drive = (TapeDrive){.tape = tape, .number = number, .cursor = cursor, .departed = departed};
    drive->device = (BlockDevice){.read = play_read, .write = play_write, .flush = play_flush};
    drive->device.owner = drive;
    tape_drive_changed(drive, like);
}
