/*
 * Recordings: a machine, and all that came into it, in one file. It runs elsewhere, without the disk
 * images, and says where that run departs from the one that was recorded. docs/timeline.md describes
 * the format.
 */
#ifndef FRONTEND_DEBUGGER_RECORDING_H
#define FRONTEND_DEBUGGER_RECORDING_H

#include "frontend/debugger/byte_stream.h"
#include "frontend/debugger/timeline_inputs.h"

#include <stdio.h>

/* Blocks. RECORDING_BEGIN and RECORDING_PAGES: where it begins, if not at power-on. RECORDING_PLACE: everything up to it has been written. */
enum { RECORDING_MACHINE = 'M', RECORDING_BEGIN = 'B', RECORDING_PAGES = 'R', RECORDING_INPUTS = 'I', RECORDING_DRIVES = 'D',
       RECORDING_PLACE = 'P', RECORDING_END = 'E' };

/* The kind of an input that is a change by hand: the pages that it changed. */
enum { RECORDED_EDIT = INPUT_BOOT_ORDER + 1 };

/* A place in a run, and the state's hash there. */
typedef struct RecordingPlace {
    u64 cycles, inputs, work, hash;
} RecordingPlace;

/* ---- writing ---- */

typedef struct RecordingMark {
    u64 cycles, inputs, tape;
    long offset;        /* in the file, of what comes after */
} RecordingMark;

typedef struct Recording {
    FILE *file;
    char *path;
    const char *failed; /* why it has ended before the run did, or NULL */
    RecordingPlace last;
    long after_machine;     /* in the file */
    RecordingMark *marks;   /* one for each place, to go back to; the first: nothing yet */
    u64 mark_count, mark_room;
} Recording;

/* NULL with a sentence in `error`. */
Recording *recording_create(const char *path, const MachineConfig *config, u64 layout, char *error,
                            size_t error_size);
/* What the drives gave when the machine was made: that is so wherever it begins. */
void recording_keep_drives(Recording *recording, const Tape *tape);
/* Writes what came since the last place. Failures are kept in `failed`; the file then ends at the last
 * good place. */
void recording_add(Recording *recording, const TimelineInputs *inputs, const Tape *tape,
                   const RecordingPlace *place);
/* The machine is another one: what was recorded so far is dropped. */
void recording_begin_anew(Recording *recording, const SnapshotStore *store,
                          const MachineSnapshot *snapshot, const TapeMedium media[TAPE_DRIVES]);
/* It can no longer be repeated what happens. */
void recording_fail(Recording *recording, const char *why);
/* The last place was the end. */
void recording_end(Recording *recording);
/* The run goes on otherwise from here. */
void recording_cut(Recording *recording, u64 cycles, u64 inputs);
void recording_destroy(Recording *recording);

/* recording_machine.c */
void recording_put_machine(ByteWriter *writer, const MachineConfig *config, u64 layout);

/* ---- reading ---- */

typedef struct RecordedMachine {
    u64 layout;
    u8 *blobs[MACHINE_FW_FILES * 2 + 8];    /* what the configuration points into */
    unsigned blob_count;
    BlockDevice media[TAPE_DRIVES];         /* only what they say of themselves */
} RecordedMachine;

/* Fills in what the machine is made of; leaves engine, log and sinks. */
bool recording_get_machine(ByteReader *reader, RecordedMachine *machine, MachineConfig *config);
void recorded_machine_free(RecordedMachine *machine);

typedef struct RecordedRun {
    RecordedMachine machine;
    TimelineInputs inputs;
    Tape tape;
    u64 memory;                 /* bytes of RAM */
    bool has_begin;             /* it does not begin at power-on, but at the clock `begin`, with */
    u64 begin;
    TapeMedium media[TAPE_DRIVES];
    u8 *pages;                  /* recording_pages.h */
    u64 pages_length;
    RecordingPlace *places;     /* the last one is the end */
    u64 place_count, place_room;
    bool torn;                  /* the file breaks off there */
} RecordedRun;

/* False with a sentence in `error`. */
bool recording_read(RecordedRun *run, MachineConfig *config, const char *path, char *error,
                    size_t error_size);

#endif
