/*
 * Writing a recording while the machine runs. After each place the file is whole up to there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frontend/debugger/block_file.h"
#include "frontend/debugger/recording.h"
#include "frontend/debugger/recording_pages.h"

enum { PIECE = 16 << 20 /* bytes of drive data in a block, about */ };

static bool add_mark(Recording *recording, const RecordingMark *mark)
{
    if (recording->mark_count == recording->mark_room) {
        u64 room = recording->mark_room ? recording->mark_room * 2 : 64;
        RecordingMark *marks = realloc(recording->marks, room * sizeof *marks);

        if (!marks)
            return false;
        recording->marks = marks;
        recording->mark_room = room;
    }
    recording->marks[recording->mark_count++] = *mark;
    return true;
}

static bool begin(Recording *recording, const MachineConfig *config, u64 layout)
{
    ByteWriter machine = {0};
    bool begun;

    recording_put_machine(&machine, config, layout);
    begun = !machine.failed && machine.length <= BLOCK_MOST &&
            block_file_begin(recording->file, RECORDING_MAGIC) &&
            block_write(recording->file, RECORDING_MACHINE, machine.bytes, machine.length) &&
            !fflush(recording->file);
    byte_writer_free(&machine);
    recording->after_machine = ftell(recording->file);
    return begun && add_mark(recording, &(RecordingMark){.offset = recording->after_machine});
}

Recording *recording_create(const char *path, const MachineConfig *config, u64 layout, char *error,
                            size_t error_size)
{
    Recording *recording = calloc(1, sizeof *recording);

    if (recording)
        recording->path = strdup(path);
    if (recording && recording->path)
        recording->file = fopen(path, "wbe");
    if (recording && recording->file && begin(recording, config, layout))
        return recording;
    snprintf(error, error_size, "-record %s: it cannot be written: %s", path, strerror(errno));
    recording_destroy(recording);
    return NULL;
}

void recording_destroy(Recording *recording)
{
    if (!recording)
        return;
    if (recording->file)
        fclose(recording->file);
    free(recording->marks);
    free(recording->path);
    free(recording);
}

/* ---- adding ---- */

void recording_fail(Recording *recording, const char *why)
{
    if (!recording->failed)
        recording->failed = why;
}

static void put_media(ByteWriter *writer, const TapeMedium media[TAPE_DRIVES])
{
    for (unsigned i = 0; i < TAPE_DRIVES; i++) {
        put_number(writer, media[i].sectors);
        put_number(writer, media[i].changes);
        put_number(writer, media[i].read_only);
    }
}

static void put_inputs(ByteWriter *writer, const TimelineInputs *inputs, u64 from, u64 clock)
{
    for (u64 i = from; i < inputs->count; i++) {
        const InputEvent *event = &inputs->list[i].event;
        const TapeMedium *media = inputs->list[i].media;

        put_number(writer, event->cycles - clock);
        clock = event->cycles;
        if (input_is_edit(&inputs->list[i])) {
            put_number(writer, RECORDED_EDIT);
            put_blob(writer, inputs->list[i].pages, inputs->list[i].pages_length);
            continue;
        }
        put_number(writer, event->kind);
        for (unsigned j = 0; j < COUNT_OF(event->values); j++)
            put_signed(writer, event->values[j]);
        if (event->kind == INPUT_BOOT_ORDER)
            put_text(writer, event->text);
        if (event->kind == INPUT_MEDIUM_CHANGED)
            put_media(writer, media);
    }
}

static bool write_inputs(Recording *recording, const TimelineInputs *inputs,
                         const RecordingMark *since)
{
    ByteWriter writer = {0};
    bool written = true;

    if (inputs->count == since->inputs)
        return true;
    put_number(&writer, inputs->count - since->inputs);
    put_inputs(&writer, inputs, since->inputs, since->cycles);
    written = !writer.failed && writer.length <= BLOCK_MOST &&
              block_write(recording->file, RECORDING_INPUTS, writer.bytes, writer.length);
    byte_writer_free(&writer);
    return written;
}

/* Without what writes overwrote. */
static void put_record(ByteWriter *writer, const TapeRecord *record, const u8 *bytes)
{
    bool read = record->kind == TAPE_READ && record->bytes;

    put_number(writer, record->kind | (u64)record->done << 2 | (u64)read << 3);
    put_number(writer, record->drive);
    put_number(writer, record->count);
    put_number(writer, record->sector);
    if (record->kind == TAPE_WRITE)
        put_bytes(writer, &record->hash, sizeof record->hash);
    if (read)
        put_bytes(writer, bytes, (u64)record->count * SECTOR_SIZE);
}

static bool write_drives(Recording *recording, const Tape *tape, u64 from)
{
    ByteWriter writer = {0};
    bool written = true, more = true;
    TapeRecord record;
    const u8 *bytes;

    while (written && more) {
        more = tape_next(tape, &from, &record, &bytes);
        if (more)
            put_record(&writer, &record, bytes);
        if (writer.length > PIECE || (!more && writer.length > 0)) {
            written = !writer.failed && writer.length <= BLOCK_MOST &&
                      block_write(recording->file, RECORDING_DRIVES, writer.bytes, writer.length);
            writer.length = 0;
        }
    }
    byte_writer_free(&writer);
    return written;
}

static bool write_place(Recording *recording, const RecordingPlace *place, u32 tag)
{
    ByteWriter writer = {0};
    bool written;

    put_number(&writer, place->cycles);
    put_number(&writer, place->inputs);
    put_number(&writer, place->work);
    put_bytes(&writer, &place->hash, sizeof place->hash);
    written = !writer.failed && block_write(recording->file, tag, writer.bytes, writer.length) &&
              !fflush(recording->file);
    byte_writer_free(&writer);
    return written;
}

void recording_add(Recording *recording, const TimelineInputs *inputs, const Tape *tape,
                   const RecordingPlace *place)
{
    RecordingMark since = recording->marks[recording->mark_count - 1];

    if (recording->failed)
        return;
    if (!write_inputs(recording, inputs, &since) || !write_drives(recording, tape, since.tape) ||
        !write_place(recording, place, RECORDING_PLACE) ||
        !add_mark(recording, &(RecordingMark){place->cycles, inputs->count, *tape->length,
                                              ftell(recording->file)}))
        recording_fail(recording, "the file cannot be written; is the disk full?");
    else
        recording->last = *place;
}

void recording_end(Recording *recording)
{
    if (!recording->failed && !write_place(recording, &recording->last, RECORDING_END))
        recording_fail(recording, "the file cannot be written; is the disk full?");
}

void recording_keep_drives(Recording *recording, const Tape *tape)
{
    if (!write_drives(recording, tape, 0) || fflush(recording->file))
        recording_fail(recording, "the file cannot be written; is the disk full?");
    recording->after_machine = recording->marks[0].offset = ftell(recording->file);
    recording->marks[0].tape = *tape->length;
}

/* ---- another beginning ---- */

static bool cut_file(Recording *recording, long offset)
{
    return !fflush(recording->file) && !ftruncate(fileno(recording->file), offset) &&
           !fseek(recording->file, offset, SEEK_SET);
}

static bool write_block(Recording *recording, u32 tag, ByteWriter *writer)
{
    bool written =
        !writer->failed && block_write(recording->file, tag, writer->bytes, writer->length);

    writer->length = 0;
    return written;
}

/* Pages that are all zeros are left out. */
static bool write_pages(Recording *recording, const SnapshotStore *store,
                        const MachineSnapshot *snapshot, SnapshotPart part)
{
    u64 pages = snapshot_pages(store, part);
    ByteWriter writer = {0};
    bool written = true;

    for (u64 page = 0; page < pages && written; page++) {
        const u8 *bytes = snapshot_page(snapshot, part, page);

        if (bytes)
            put_page(&writer, part, page, bytes);
        if (writer.length > PIECE || (page + 1 == pages && writer.length))
            written = write_block(recording, RECORDING_PAGES, &writer);
    }
    byte_writer_free(&writer);
    return written;
}

void recording_begin_anew(Recording *recording, const SnapshotStore *store,
                          const MachineSnapshot *snapshot, const TapeMedium media[TAPE_DRIVES])
{
    ByteWriter writer = {0};
    bool written;

    if (recording->failed)
        return;
    put_number(&writer, snapshot_cycles(snapshot));
    put_media(&writer, media);
    written = cut_file(recording, recording->after_machine) &&
              write_block(recording, RECORDING_BEGIN, &writer);
    byte_writer_free(&writer);
    for (unsigned part = 0; part < SNAPSHOT_PARTS && written; part++)
        written = write_pages(recording, store, snapshot, part);
    recording->mark_count = 1;
    recording->marks[0] =
        (RecordingMark){.cycles = snapshot_cycles(snapshot), .offset = ftell(recording->file)};
    if (!written)
        recording_fail(recording, "the file cannot be written; is the disk full?");
}

void recording_cut(Recording *recording, u64 cycles, u64 inputs)
{
    const RecordingMark *last;

    while (recording->mark_count > 1) {
        last = &recording->marks[recording->mark_count - 1];
        if (last->cycles < cycles || (last->cycles == cycles && last->inputs <= inputs))
            break;
        recording->mark_count--;
    }
    last = &recording->marks[recording->mark_count - 1];
    if (recording->failed)
        return;
    if (!cut_file(recording, last->offset))
        recording_fail(recording, "the file cannot be cut back");
}
