/*
 * Reading a recording. A file may have been made by anybody: whatever is in it, the result is a run
 * that can be replayed, or a sentence that says what is wrong.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/debugger/block_file.h"
#include "frontend/debugger/recording.h"

#define TAPE_SIZE ((u64)64 << 30)

/* ---- one block ---- */

static bool get_media(ByteReader *reader, TapeMedium media[TAPE_DRIVES])
{
    for (unsigned i = 0; i < TAPE_DRIVES; i++) {
        media[i].sectors = get_limited(reader, UINT64_MAX / SECTOR_SIZE);
        media[i].changes = (u32)get_limited(reader, UINT32_MAX);
        media[i].read_only = get_limited(reader, 1);
    }
    return !reader->failed;
}

/* The text lives as long as the run. */
static const char *keep_text(ByteReader *reader, RecordedRun *run)
{
    u64 length;
    u8 *text;

    if (run->machine.blob_count == COUNT_OF(run->machine.blobs))
        return "";
    text = get_blob(reader, 16, &length);
    if (text)
        run->machine.blobs[run->machine.blob_count++] = text;
    return (const char *)text;
}

static void get_edit(ByteReader *reader, RecordedRun *run, u64 cycles)
{
    u64 length;
    u8 *pages = get_blob(reader, BLOCK_MOST, &length);

    if (!pages || !inputs_add_edit(&run->inputs, cycles, NULL, pages, length))
        reader->failed = true;
}

static bool get_begin(ByteReader *reader, RecordedRun *run)
{
    if (run->has_begin || run->place_count || run->inputs.count)
        return false;
    run->has_begin = true;
    run->begin = get_number(reader);
    return get_media(reader, run->media) && reader->at == reader->length;
}

/* As many as a machine may have. */
static bool add_pages(ByteReader *reader, RecordedRun *run)
{
    const u64 most = run->memory + run->memory / 64 + BLOCK_MOST;
    u8 *grown;

    if (!run->has_begin || run->place_count || reader->length > most ||
        run->pages_length > most - reader->length)
        return false;
    grown = realloc(run->pages, run->pages_length + reader->length);
    if (!grown)
        return false;
    memcpy(grown + run->pages_length, reader->bytes, reader->length);
    run->pages = grown;
    run->pages_length += reader->length;
    return true;
}

static bool get_inputs(ByteReader *reader, RecordedRun *run, u64 clock)
{
    u64 count = get_number(reader);

    for (; count > 0 && !reader->failed; count--) {
        InputEvent event = {0};
        TapeMedium media[TAPE_DRIVES] = {{0}};
        u64 later = get_number(reader), kind;

        event.cycles = clock + later;
        reader->failed |= event.cycles < clock;
        clock = event.cycles;
        kind = get_limited(reader, RECORDED_EDIT);
        if (kind == RECORDED_EDIT) {
            get_edit(reader, run, clock);
            continue;
        }
        event.kind = (InputKind)kind;
        for (unsigned j = 0; j < COUNT_OF(event.values); j++)
            event.values[j] = (i32)get_signed(reader);
        if (event.kind == INPUT_BOOT_ORDER)
            event.text = keep_text(reader, run);
        if (event.kind == INPUT_MEDIUM_CHANGED)
            get_media(reader, media);
        if (!reader->failed && !inputs_add(&run->inputs, &event, media))
            reader->failed = true;
    }
    return !reader->failed && reader->at == reader->length;
}

static bool get_records(ByteReader *reader, RecordedRun *run)
{
    while (!reader->failed && reader->at < reader->length) {
        u64 flags = get_limited(reader, 15);
        TapeRecord record = {.kind = flags & 3,
                             .done = flags >> 2 & 1,
                             .bytes = flags >> 3 & 1,
                             .drive = (u8)get_limited(reader, TAPE_DRIVES - 1),
                             .count = (u32)get_limited(reader, UINT32_MAX),
                             .sector = get_number(reader)};
        const u8 *hash = NULL, *bytes = NULL;

        if (record.kind == TAPE_WRITE && (hash = get_bytes(reader, sizeof record.hash)))
            memcpy(&record.hash, hash, sizeof record.hash);
        if (record.bytes)
            bytes = get_bytes(reader, (u64)record.count * SECTOR_SIZE);
        if (!reader->failed && !tape_add(&run->tape, &record, bytes))
            reader->failed = true;
    }
    return !reader->failed;
}

static bool get_place(ByteReader *reader, RecordedRun *run)
{
    const RecordingPlace *last =
        run->place_count ? &run->places[run->place_count - 1] : &(RecordingPlace){0};
    RecordingPlace place = {
        .cycles = get_number(reader), .inputs = get_number(reader), .work = get_number(reader)};
    const u8 *hash = get_bytes(reader, sizeof place.hash);

    if (!hash || reader->at != reader->length || place.cycles < last->cycles ||
        place.inputs != run->inputs.count ||
        (place.inputs && run->inputs.list[place.inputs - 1].event.cycles > place.cycles))
        return false;
    memcpy(&place.hash, hash, sizeof place.hash);
    if (run->place_count == run->place_room) {
        u64 room = run->place_room ? run->place_room * 2 : 64;
        RecordingPlace *places = realloc(run->places, room * sizeof *places);

        if (!places)
            return false;
        run->places = places;
        run->place_room = room;
    }
    run->places[run->place_count++] = place;
    return true;
}

/* ---- all of them ---- */

/* Inputs count from the place before them. */
static bool get_block(RecordedRun *run, u32 tag, ByteReader *reader)
{
    u64 clock = run->place_count ? run->places[run->place_count - 1].cycles : run->begin;

    switch (tag) {
    case RECORDING_BEGIN:
        return get_begin(reader, run);
    case RECORDING_PAGES:
        return add_pages(reader, run);
    case RECORDING_INPUTS:
        return get_inputs(reader, run, clock);
    case RECORDING_DRIVES:
        return get_records(reader, run);
    case RECORDING_PLACE:
    case RECORDING_END:
        return get_place(reader, run);
    default:
        return false;
    }
}

static bool read_machine(FILE *file, RecordedRun *run, MachineConfig *config)
{
    u8 *bytes;
    u64 length;
    u32 tag;
    bool read;

    if (block_read(file, &tag, &bytes, &length) != BLOCK_READ)
        return false;
    read = tag == RECORDING_MACHINE &&
           recording_get_machine(&(ByteReader){bytes, length, 0, false}, &run->machine, config);
    run->memory = config->memory;
    free(bytes);
    return read;
}

/* What comes after the last place has no end that could be checked, and is left out. */
static void forget_the_rest(RecordedRun *run)
{
    inputs_cut(&run->inputs, run->places[run->place_count - 1].inputs);
}

/* The next block, if there is a whole one; false: there is none, or it is damaged. */
static bool read_block(FILE *file, RecordedRun *run, BlockResult *result, u32 *tag)
{
    u8 *bytes;
    u64 length;
    bool good;

    *result = block_read(file, tag, &bytes, &length);
    if (*result != BLOCK_READ)
        return false;
    good = get_block(run, *tag, &(ByteReader){bytes, length, 0, false});
    free(bytes);
    if (!good)
        *result = BLOCK_DAMAGED;
    return good;
}

static bool read_run(FILE *file, RecordedRun *run, const char *path, char *error, size_t error_size)
{
    BlockResult result;
    u32 tag = 0;

    while (tag != RECORDING_END && read_block(file, run, &result, &tag))
        ;
    run->torn = tag != RECORDING_END;
    if (result == BLOCK_DAMAGED) {
        snprintf(error, error_size, "%s: the recording is damaged before byte %ld of the file",
                 path, ftell(file));
        return false;
    }
    if (!run->place_count) {
        snprintf(error, error_size, "%s: the recording breaks off before anything has happened",
                 path);
        return false;
    }
    forget_the_rest(run);
    return true;
}

bool recording_read(RecordedRun *run, MachineConfig *config, const char *path, char *error,
                    size_t error_size)
{
    FILE *file = fopen(path, "rbe");
    bool read;

    *run = (RecordedRun){.tape.file = -1};
    if (!file) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return false;
    }
    if (!block_file_check(file, RECORDING_MAGIC, path, error, error_size)) {
        fclose(file);
        return false;
    }
    if (!read_machine(file, run, config)) {
        snprintf(error, error_size, "%s: the recording is damaged: its machine cannot be read",
                 path);
        read = false;
    } else if (!tape_create_in_file(&run->tape, TAPE_SIZE)) {
        snprintf(error, error_size, "there is no room for a temporary file (%s); set TMPDIR",
                 strerror(errno));
        read = false;
    } else {
        read = read_run(file, run, path, error, error_size);
    }
    fclose(file);
    return read;
}
