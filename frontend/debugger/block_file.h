/*
 * Files of the timeline, recordings and snapshots: a line that says what it is, then blocks, each
 * compressed and with checksums. docs/timeline.md describes them.
 */
#ifndef FRONTEND_DEBUGGER_BLOCK_FILE_H
#define FRONTEND_DEBUGGER_BLOCK_FILE_H

#include <stdio.h>

#include "mmu/base.h"

/* The first line: "vitrine recording 1\n". */
#define RECORDING_MAGIC "vitrine recording 1\n"
#define SNAPSHOT_MAGIC "vitrine snapshot 1\n"

enum { BLOCK_MOST = 64 << 20 /* bytes in a block, at most */ };

/* False: it could not be written (errno). */
bool block_file_begin(FILE *file, const char *magic);
bool block_write(FILE *file, u32 tag, const void *bytes, u64 length);

typedef enum BlockResult {
    BLOCK_READ,
    BLOCK_NO_MORE,  /* the file ends here, in order */
    BLOCK_TORN,     /* the file ends within a block */
    BLOCK_DAMAGED,
} BlockResult;

/* False with a sentence in `error`: not such a file. */
bool block_file_check(FILE *file, const char *magic, const char *path, char *error,
                      size_t error_size);
/* *bytes is for free(); of BLOCK_READ only. */
BlockResult block_read(FILE *file, u32 *tag, u8 **bytes, u64 *length);

#endif
