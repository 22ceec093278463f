#include "frontend/tape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

enum { STEP = 16 << 20 /* in which a file grows */, MOST_SECTORS = 1 << 16 };

static u64 record_length(const TapeRecord *record)
{
    return sizeof *record + (record->bytes ? (u64)record->count * SECTOR_SIZE : 0);
}

bool tape_create(Tape *tape, u64 size)
{
    u8 *bytes = mmap(NULL, size + PAGE_SIZE, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    *tape = (Tape){0};
    if (bytes == MAP_FAILED)
        return false;
    *tape = (Tape){
        .bytes = bytes + PAGE_SIZE, .length = (u64 *)(void *)bytes, .size = size, .file = -1};
    return true;
}

/* A file without a name. /var/tmp is for what is large; /tmp may lie in memory. */
static int open_nameless(void)
{
    const char *folders[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    int file = -1;

    for (unsigned i = 0; i < COUNT_OF(folders) && file < 0; i++)
        if (folders[i])
            file = open(folders[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return file;
}

bool tape_create_in_file(Tape *tape, u64 size)
{
    int file = open_nameless();
    void *bytes = MAP_FAILED;

    *tape = (Tape){.file = -1};
    if (file >= 0 && !(errno = posix_fallocate(file, 0, STEP)))
        bytes = mmap(NULL, size + PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                     file, 0);
    if (bytes == MAP_FAILED) {
        if (file >= 0)
            close(file);
        return false;
    }
    *tape = (Tape){.bytes = (u8 *)bytes + PAGE_SIZE,
                   .length = bytes,
                   .size = size,
                   .file = file,
                   .allocated = STEP - PAGE_SIZE};
    return true;
}

void tape_destroy(Tape *tape)
{
    if (tape->bytes)
        munmap(tape->bytes - PAGE_SIZE, tape->size + PAGE_SIZE);
    if (tape->bytes && tape->file >= 0)
        close(tape->file);
    *tape = (Tape){.file = -1};
}

/* ---- recording ---- */

/* A full disk must be noticed here: a write into a mapping without a page behind it is a signal. */
static bool has_room(Tape *tape, u64 length)
{
    u64 end = *tape->length + length;

    if (end > tape->size)
        return false;
    while (tape->file >= 0 && end > tape->allocated) {
        if (posix_fallocate(tape->file, (off_t)(PAGE_SIZE + tape->allocated), STEP))
            return false;
        tape->allocated += STEP;
    }
    return true;
}

static void append(Tape *tape, const TapeRecord *record, const u8 *bytes)
{
    u64 length = record_length(record);

    if (tape->overflowed || !has_room(tape, length)) {
        tape->overflowed = true;
        return;
    }
    memcpy(tape->bytes + *tape->length, record, sizeof *record);
    if (record->bytes)
        memcpy(tape->bytes + *tape->length + sizeof *record, bytes, length - sizeof *record);
    *tape->length += length;
}

static bool record_read(void *owner, u64 sector, u32 count, u8 *bytes)
{
    TapeDrive *drive = owner;
    bool done = drive->inner->read(drive->inner->owner, sector, count, bytes);
    TapeRecord record = {TAPE_READ, drive->number, done, done, count, sector, 0};

    append(drive->tape, &record, bytes);
    return done;
}

static u64 hash_sectors(const u8 *bytes, u32 count)
{
    return XXH3_64bits(bytes, (u64)count * SECTOR_SIZE);
}

static bool record_write(void *owner, u64 sector, u32 count, const u8 *bytes)
{
    TapeDrive *drive = owner;
    BlockDevice *inner = drive->inner;
    TapeRecord record = {
        TAPE_WRITE, drive->number, false, false, count, sector, hash_sectors(bytes, count)};
    u8 *old = NULL;

    if (drive->tape->can_undo && count <= MOST_SECTORS)
        old = malloc((u64)count * SECTOR_SIZE);
    record.bytes = old && inner->read(inner->owner, sector, count, old);
    record.done = inner->write(inner->owner, sector, count, bytes);
    append(drive->tape, &record, old);
    free(old);
    return record.done;
}

static bool record_flush(void *owner)
{
    TapeDrive *drive = owner;
    bool done = !drive->inner->flush || drive->inner->flush(drive->inner->owner);
    TapeRecord record = {TAPE_FLUSH, drive->number, done, false, 0, 0, 0};

    append(drive->tape, &record, NULL);
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

/* The record at `at`, if there is a whole one. */
static bool record_at(const Tape *tape, u64 at, TapeRecord *record)
{
    u64 left = at < *tape->length ? *tape->length - at : 0;

    if (left < sizeof *record)
        return false;
    memcpy(record, tape->bytes + at, sizeof *record);
    return record_length(record) <= left;
}

/* The next record, if it is this one; what follows it. */
static const u8 *expect(TapeDrive *drive, TapeRecord *record)
{
    const Tape *tape = drive->tape;
    TapeRecord found;

    if (*drive->departed)
        return NULL;
    if (!record_at(tape, *drive->cursor, &found)) {
        *drive->departed = "it asked for more of a drive";
        return NULL;
    }
    if (found.kind != record->kind || found.drive != record->drive ||
        found.count != record->count || found.sector != record->sector) {
        *drive->departed = "it asked for something else of a drive";
        return NULL;
    }
    *record = found;
    *drive->cursor += record_length(&found);
    return tape->bytes + *drive->cursor - record_length(&found) + sizeof found;
}

static bool play_read(void *owner, u64 sector, u32 count, u8 *bytes)
{
    TapeDrive *drive = owner;
    TapeRecord record = {
        .kind = TAPE_READ, .drive = drive->number, .count = count, .sector = sector};
    const u8 *found = expect(drive, &record);

    if (!found || !record.done || !record.bytes)
        return false;
    memcpy(bytes, found, (u64)count * SECTOR_SIZE);
    return true;
}

static bool play_write(void *owner, u64 sector, u32 count, const u8 *bytes)
{
    TapeDrive *drive = owner;
    TapeRecord record = {
        .kind = TAPE_WRITE, .drive = drive->number, .count = count, .sector = sector};

    if (!expect(drive, &record))
        return false;
    if (record.hash != hash_sectors(bytes, count) && !*drive->departed)
        *drive->departed = "it wrote something else to a drive";
    return record.done;
}

static bool play_flush(void *owner)
{
    TapeDrive *drive = owner;
    TapeRecord record = {.kind = TAPE_FLUSH, .drive = drive->number};

    return expect(drive, &record) && record.done;
}

void tape_player(TapeDrive *drive, Tape *tape, u8 number, const BlockDevice *like, u64 *cursor,
                 const char **departed)
{
    *drive = (TapeDrive){.tape = tape, .number = number, .cursor = cursor, .departed = departed};
    drive->device = (BlockDevice){.read = play_read, .write = play_write, .flush = play_flush};
    drive->device.owner = drive;
    tape_drive_changed(drive, like);
}

/* ---- the records ---- */

bool tape_next(const Tape *tape, u64 *at, TapeRecord *record, const u8 **bytes)
{
    if (!record_at(tape, *at, record))
        return false;
    *bytes = tape->bytes + *at + sizeof *record;
    *at += record_length(record);
    return true;
}

bool tape_add(Tape *tape, const TapeRecord *record, const u8 *bytes)
{
    append(tape, record, bytes);
    return !tape->overflowed;
}

static bool put_back(const Tape *tape, u64 at, BlockDevice *const media[TAPE_DRIVES])
{
    BlockDevice *medium;
    TapeRecord record;

    if (!record_at(tape, at, &record) || record.kind != TAPE_WRITE || !record.done)
        return true;
    medium = record.drive < TAPE_DRIVES ? media[record.drive] : NULL;
    return record.bytes && medium &&
           medium->write(medium->owner, record.sector, record.count,
                         tape->bytes + at + sizeof record);
}

/* The last write is undone first, so the records' places are needed. */
bool tape_undo(Tape *tape, u64 length, BlockDevice *const media[TAPE_DRIVES])
{
    u64 *places = NULL, count = 0, room = 0;
    bool done = true;
    TapeRecord record;

    for (u64 at = length; done && record_at(tape, at, &record); at += record_length(&record)) {
        if (count == room) {
            u64 more = room ? room * 2 : 64;
            u64 *grown = realloc(places, more * sizeof *places);

            done = grown != NULL;
            if (!done)
                break;
            places = grown;
            room = more;
        }
        places[count++] = at;
    }
    while (done && count > 0)
        done = put_back(tape, places[--count], media);
    free(places);
    if (done)
        *tape->length = length;
    return done;
}
