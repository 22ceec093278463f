/*
 * Snapshots with names, in files: the machine, and what its writable drives hold. They lie in a folder
 * beside the first disk image, IMAGE.snapshots (vitrine.snapshots where there is none), and outlive
 * the program. docs/timeline.md describes the format.
 */
#ifndef FRONTEND_DEBUGGER_SAVED_SNAPSHOTS_H
#define FRONTEND_DEBUGGER_SAVED_SNAPSHOTS_H

#include "frontend/debugger/timeline.h"

/* Where they lie; the folder is made when the first is saved. */
bool timeline_set_folder(Timeline *timeline, const char *folder);
const char *timeline_folder(const Timeline *timeline);

/* Saves the present, at the head. False with a sentence in `error`; nothing is left then. */
bool snapshot_save(Timeline *timeline, const char *name, char *error, size_t error_size);

/* The machine and its drives become what they were; the timeline begins anew there. False with a sentence in
 * `error`: the file is damaged or another machine's, and nothing has changed. */
bool snapshot_load(Timeline *timeline, const char *name, char *error, size_t error_size);

bool snapshot_delete(Timeline *timeline, const char *name, char *error, size_t error_size);

typedef struct SavedSnapshot {
    char name[64];
    u64 cycles, bytes;  /* the clock in it; the file's length */
    i64 saved;          /* when, in seconds since 1970 */
} SavedSnapshot;

/* Those that are there, by name; returns how many of at most `most`. */
unsigned snapshot_list(const Timeline *timeline, SavedSnapshot *list, unsigned most);

#endif
