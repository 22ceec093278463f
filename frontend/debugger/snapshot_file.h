/*
 * One snapshot's file.
 */
#ifndef FRONTEND_DEBUGGER_SNAPSHOT_FILE_H
#define FRONTEND_DEBUGGER_SNAPSHOT_FILE_H

#include <stdio.h>

#include "frontend/debugger/saved_snapshots.h"
#include "frontend/debugger/timeline_state.h"

enum { SNAPSHOT_PATH = 4096 };

/* Each: false with a sentence in `error`. */
bool snapshot_file_write(Timeline *timeline, FILE *file, char *error, size_t error_size);
bool snapshot_file_read(Timeline *timeline, FILE *file, const char *path, char *error,
                        size_t error_size);
bool snapshot_file_describe(FILE *file, SavedSnapshot *snapshot);

#endif
