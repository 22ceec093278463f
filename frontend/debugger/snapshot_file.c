/*
 * A snapshot's file: what machine it is of, pages of its parts that are not all zero, and likewise
 * pieces of its writable drives. Of drives that cannot be written it holds a hash.
 *
 * A file is read twice: once to see that all of it is good, and only then to change anything.
 */
#include "frontend/debugger/snapshot_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

#include "frontend/debugger/block_file.h"
#include "frontend/debugger/recording_pages.h"

enum { MACHINE_BLOCK = 'M', PAGES_BLOCK = 'P', DRIVE_BLOCK = 'D', END_BLOCK = 'E' };
enum { PIECE_SECTORS = 128, PIECE = PIECE_SECTORS * SECTOR_SIZE, FULL_BLOCK = 16 << 20 };
#define MOST_DRIVE_BYTES ((u64)8 << 30)

/* ---- drives ---- */

static bool is_written(const Timeline *timeline, unsigned drive)
{
    const BlockDevice *medium = timeline->media[drive];

    return medium && medium->sectors && !medium->read_only;
}

static u64 piece_count(const BlockDevice *medium)
{
    return (medium->sectors + PIECE_SECTORS - 1) / PIECE_SECTORS;
}

/* Zeros beyond the medium's end. */
static bool read_piece(const BlockDevice *medium, u64 piece, u8 bytes[PIECE])
{
    u64 sector = piece * PIECE_SECTORS, left = medium->sectors - sector;
    u32 count = left < PIECE_SECTORS ? (u32)left : PIECE_SECTORS;

    memset(bytes, 0, PIECE);
    return medium->read(medium->owner, sector, count, bytes);
}

static bool write_piece(const BlockDevice *medium, u64 piece, const u8 bytes[PIECE])
{
    u64 sector = piece * PIECE_SECTORS, left = medium->sectors - sector;

    return medium->write(medium->owner, sector, left < PIECE_SECTORS ? (u32)left : PIECE_SECTORS,
                         bytes);
}

static bool is_zero(const u8 *bytes, u64 length)
{
    return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

/* What a read-only medium holds; 0: it cannot be read. */
static u64 hash_medium(const BlockDevice *medium)
{
    XXH3_state_t *state = XXH3_createState();
    u8 *bytes = malloc(PIECE);
    u64 result = 0;
    bool read = state && bytes;

    if (read)
        XXH3_64bits_reset(state);
    for (u64 piece = 0; read && piece < piece_count(medium); piece++) {
        read = read_piece(medium, piece, bytes);
        XXH3_64bits_update(state, bytes, PIECE);
    }
    if (read)
        result = XXH3_64bits_digest(state);
    free(bytes);
    XXH3_freeState(state);
    return result;
}

static bool drives_fit(const Timeline *timeline, char *error, size_t error_size)
{
    u64 bytes = 0;

    for (unsigned i = 0; i < TAPE_DRIVES; i++)
        if (is_written(timeline, i))
            bytes += timeline->media[i]->sectors * SECTOR_SIZE;
    if (bytes > MOST_DRIVE_BYTES)
        snprintf(error, error_size,
                 "the drives hold more than the 8 GiB that are saved with a snapshot; start with "
                 "smaller images, or with read-only ones (-drive readonly=on)");
    return bytes <= MOST_DRIVE_BYTES;
}

/* ---- writing ---- */

/* What is to be said of each drive, to recognise it. */
static void put_drives(ByteWriter *writer, const Timeline *timeline)
{
    for (unsigned i = 0; i < TAPE_DRIVES; i++) {
        const BlockDevice *medium = timeline->media[i];
        bool holds = medium && medium->sectors;

        put_number(writer, holds ? medium->sectors : 0);
        put_number(writer, is_written(timeline, i));
        put_number(writer, holds && medium->read_only ? hash_medium(medium) : 0);
    }
}

static bool write_writer(FILE *file, u32 tag, ByteWriter *writer)
{
    bool written = !writer->failed && block_write(file, tag, writer->bytes, writer->length);

    writer->length = 0;
    return written;
}

static bool write_machine(Timeline *timeline, FILE *file, u64 cycles)
{
    ByteWriter writer = {0};
    bool written;

    put_number(&writer, snapshot_layout(timeline->moments.store));
    put_number(&writer, cycles);
    put_signed(&writer, (i64)time(NULL));
    put_drives(&writer, timeline);
    written = write_writer(file, MACHINE_BLOCK, &writer);
    byte_writer_free(&writer);
    return written;
}

static bool write_part(const SnapshotStore *store, const MachineSnapshot *snapshot,
                       SnapshotPart part, FILE *file)
{
    ByteWriter writer = {0};
    bool written = true;
    u64 pages = snapshot_pages(store, part);

    for (u64 page = 0; page < pages && written; page++) {
        const u8 *bytes = snapshot_page(snapshot, part, page);

        if (bytes)
            put_page(&writer, part, page, bytes);
        if (writer.length > FULL_BLOCK)
            written = write_writer(file, PAGES_BLOCK, &writer);
    }
    if (written && writer.length)
        written = write_writer(file, PAGES_BLOCK, &writer);
    byte_writer_free(&writer);
    return written;
}

static bool write_drive(const Timeline *timeline, unsigned drive, FILE *file)
{
    const BlockDevice *medium = timeline->media[drive];
    ByteWriter writer = {0};
    u8 *bytes = malloc(PIECE);
    bool written = bytes != NULL;

    for (u64 piece = 0; written && piece < piece_count(medium); piece++) {
        written = read_piece(medium, piece, bytes);
        if (written && !is_zero(bytes, PIECE)) {
            put_number(&writer, drive);
            put_number(&writer, piece);
            put_bytes(&writer, bytes, PIECE);
        }
        if (written && writer.length > FULL_BLOCK)
            written = write_writer(file, DRIVE_BLOCK, &writer);
    }
    if (written && writer.length)
        written = write_writer(file, DRIVE_BLOCK, &writer);
    byte_writer_free(&writer);
    free(bytes);
    return written;
}

bool snapshot_file_write(Timeline *timeline, FILE *file, char *error, size_t error_size)
{
    SnapshotStore *store = timeline->moments.store;
    MachineSnapshot *snapshot;
    bool written;

    if (!drives_fit(timeline, error, error_size))
        return false;
    timeline_settle_edit(timeline);
    snapshot = snapshot_take(store);
    written = snapshot && block_file_begin(file, SNAPSHOT_MAGIC) &&
              write_machine(timeline, file, snapshot ? snapshot_cycles(snapshot) : 0);
    for (unsigned part = 0; part < SNAPSHOT_PARTS && written; part++)
        written = write_part(store, snapshot, part, file);
    for (unsigned drive = 0; drive < TAPE_DRIVES && written; drive++)
        if (is_written(timeline, drive))
            written = write_drive(timeline, drive, file);
    written = written && block_write(file, END_BLOCK, "", 0);
    snapshot_release(store, snapshot);
    if (!written)
        snprintf(error, error_size, "the snapshot could not be written: %s", strerror(errno));
    return written;
}

/* ---- reading ---- */

typedef struct Loading {
    Timeline *timeline;
    FILE *file;
    MachineSnapshot *snapshot;
    bool write;     /* the second time: drives are written */
    unsigned drive; /* the piece that comes next of a drive, at least */
    u64 piece;
    u64 layout, cycles;
    i64 saved;
    const char *drive_error; /* what does not fit */
} Loading;

static void get_drives(ByteReader *reader, Loading *loading)
{
    for (unsigned i = 0; i < TAPE_DRIVES; i++) {
        u64 sectors = get_number(reader), written = get_number(reader), hash = get_number(reader);
        const BlockDevice *medium = loading->timeline ? loading->timeline->media[i] : NULL;

        if (!loading->timeline || reader->failed)
            continue;
        if ((medium ? medium->sectors : 0) != sectors)
            loading->drive_error = "a drive holds a medium of another size, or none";
        else if (is_written(loading->timeline, i) != written)
            loading->drive_error = "a drive was writable and is not now, or the other way round";
        else if (sectors && !written && hash_medium(medium) != hash)
            loading->drive_error = "a read-only medium is another one";
    }
}

static bool get_machine(ByteReader *reader, Loading *loading)
{
    loading->layout = get_number(reader);
    loading->cycles = get_number(reader);
    loading->saved = get_signed(reader);
    get_drives(reader, loading);
    return !reader->failed && reader->at == reader->length;
}

/* Makes pieces from the next one up to `drive`, `piece` zero. */
static bool clear_up_to(Loading *loading, unsigned drive, u64 piece)
{
    u8 *bytes = calloc(1, PIECE), *old = malloc(PIECE);
    bool done = bytes && old;

    while (done &&
           (loading->drive < drive || (loading->drive == drive && loading->piece < piece))) {
        const BlockDevice *medium = loading->timeline->media[loading->drive];

        if (!is_written(loading->timeline, loading->drive) ||
            loading->piece >= piece_count(medium)) {
            loading->drive++;
            loading->piece = 0;
            continue;
        }
        done = read_piece(medium, loading->piece, old) &&
               (is_zero(old, PIECE) || write_piece(medium, loading->piece, bytes));
        loading->piece++;
    }
    free(old);
    free(bytes);
    return done;
}

static bool get_drive(ByteReader *reader, Loading *loading)
{
    while (!reader->failed && reader->at < reader->length) {
        unsigned drive = (unsigned)get_limited(reader, TAPE_DRIVES - 1);
        u64 piece = get_number(reader);
        const u8 *bytes = get_bytes(reader, PIECE);

        if (!bytes || !is_written(loading->timeline, drive) ||
            piece >= piece_count(loading->timeline->media[drive]) || drive < loading->drive ||
            (drive == loading->drive && piece < loading->piece))
            return false;
        if (loading->write && (!clear_up_to(loading, drive, piece) ||
                               !write_piece(loading->timeline->media[drive], piece, bytes)))
            return false;
        loading->drive = drive;
        loading->piece = piece + 1;
    }
    return !reader->failed;
}

static bool get_block(Loading *loading, u32 tag, ByteReader *reader)
{
    switch (tag) {
    case PAGES_BLOCK:
        return loading->write ||
               get_pages(reader, loading->timeline->moments.store, loading->snapshot);
    case DRIVE_BLOCK:
        return get_drive(reader, loading);
    case END_BLOCK:
        return reader->length == 0;
    default:
        return false;
    }
}

/* All blocks after the first; false: something is wrong with one. */
static bool go_through(Loading *loading)
{
    bool good = true;
    u32 tag = 0;

    loading->drive = 0;
    loading->piece = 0;
    while (good && tag != END_BLOCK) {
        u8 *bytes;
        u64 length;

        if (block_read(loading->file, &tag, &bytes, &length) != BLOCK_READ)
            return false;
        good = get_block(loading, tag, &(ByteReader){bytes, length, 0, false});
        free(bytes);
    }
    return good && (!loading->write || clear_up_to(loading, TAPE_DRIVES, 0));
}

static bool read_machine(Loading *loading)
{
    u8 *bytes;
    u64 length;
    u32 tag;
    bool read;

    if (block_read(loading->file, &tag, &bytes, &length) != BLOCK_READ)
        return false;
    read = tag == MACHINE_BLOCK && get_machine(&(ByteReader){bytes, length, 0, false}, loading);
    free(bytes);
    return read;
}

bool snapshot_file_describe(FILE *file, SavedSnapshot *snapshot)
{
    Loading loading = {.file = file};
    char error[256];

    if (!block_file_check(file, SNAPSHOT_MAGIC, "", error, sizeof error) || !read_machine(&loading))
        return false;
    snapshot->cycles = loading.cycles;
    snapshot->saved = loading.saved;
    return true;
}

static bool refuse(const char *path, const char *why, char *error, size_t error_size)
{
    snprintf(error, error_size, "%s: %s; nothing was changed", path, why);
    return false;
}

/* The first time through: is all of it good, and this machine's? */
static bool check(Loading *loading, const char *path, char *error, size_t error_size)
{
    SnapshotStore *store = loading->timeline->moments.store;

    if (!read_machine(loading))
        return refuse(path, "the snapshot is damaged", error, error_size);
    if (loading->layout != snapshot_layout(store))
        return refuse(path,
                      "the snapshot is of another machine (memory, processor, firmware, devices), "
                      "or was made by another version of vitrine",
                      error, error_size);
    if (loading->drive_error)
        return refuse(path, loading->drive_error, error, error_size);
    loading->snapshot = snapshot_create(store, loading->cycles);
    if (!loading->snapshot)
        return refuse(path, "the host has no memory for it", error, error_size);
    return go_through(loading) ? true : refuse(path, "the snapshot is damaged", error, error_size);
}

bool snapshot_file_read(Timeline *timeline, FILE *file, const char *path, char *error,
                        size_t error_size)
{
    Loading loading = {.timeline = timeline, .file = file};
    bool loaded;

    if (!block_file_check(file, SNAPSHOT_MAGIC, path, error, error_size))
        return false;
    loaded = check(&loading, path, error, error_size);
    if (loaded) {
        loading.write = true;
        rewind(file);
        loaded = block_file_check(file, SNAPSHOT_MAGIC, path, error, error_size) &&
                 read_machine(&loading) && go_through(&loading);
        if (!loaded)
            snprintf(error, error_size,
                     "%s: a drive could not be written (%s); the machine is as it was, but the "
                     "drive is not: load a snapshot again, or put the image back",
                     path, strerror(errno));
    }
    if (loaded)
        timeline_adopt(timeline, loading.snapshot);
    if (loading.snapshot)
        snapshot_release(timeline->moments.store, loading.snapshot);
    return loaded;
}
