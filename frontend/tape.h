/*
 * What the drives of a machine gave and took, so that another machine, or the same one later, can be
 * given the same again.
 *
 * The tape lies in memory that forked processes share. One machine records; any number play,
 * each with a cursor of its own.
 */
#ifndef FRONTEND_TAPE_H
#define FRONTEND_TAPE_H

#include "devices/machine.h"

enum { TAPE_DRIVES = MACHINE_IDE_DRIVES + MACHINE_FLOPPIES };

enum { TAPE_READ, TAPE_WRITE, TAPE_FLUSH };

/* One access. Bytes may follow it: those read, or those overwritten. */
typedef struct TapeRecord {
    u8 kind, drive;
    u8 done;            /* what the call returned */
    u8 bytes;           /* does anything follow? */
    u32 count;          /* sectors */
    u64 sector;
    u64 hash;           /* of what was written */
} TapeRecord;

typedef struct Tape {
    u8 *bytes;          /* shared */
    u64 *length;        /* shared: bytes in use */
    u64 size;
    bool overflowed;    /* a record was lost: what was recorded since is of no use */
    bool can_undo;      /* writes are recorded with what they overwrite */
    int file;           /* behind `bytes`, or -1 */
    u64 allocated;      /* bytes of the file that the host has promised */
} Tape;

/* A drive that records what `inner` does, or (NULL) plays it. */
typedef struct TapeDrive {
    BlockDevice device;
    BlockDevice *inner;
    Tape *tape;
    u64 *cursor;        /* of the machine that plays */
    const char **departed;  /* set, once, when the guest asks for something else than the tape has */
    u8 number;
} TapeDrive;

/* In memory. False: the host has no memory left. */
bool tape_create(Tape *tape, u64 size);
/* In a temporary file without a name, which grows. False with errno: it cannot be made. */
bool tape_create_in_file(Tape *tape, u64 size);
void tape_destroy(Tape *tape);

void tape_recorder(TapeDrive *drive, Tape *tape, u8 number, BlockDevice *inner);
void tape_player(TapeDrive *drive, Tape *tape, u8 number, const BlockDevice *like, u64 *cursor,
                 const char **departed);
/* After another medium was put into `like`. */
void tape_drive_changed(TapeDrive *drive, const BlockDevice *like);

/* The record at `*at`, and what follows it; moves `*at` to the next. False: there is no (whole) one. */
bool tape_next(const Tape *tape, u64 *at, TapeRecord *record, const u8 **bytes);
/* False: there is no room. */
bool tape_add(Tape *tape, const TapeRecord *record, const u8 *bytes);

/* Puts back what was written since the tape was `length` long, and cuts it there; `media` by number. False:
 * a medium could not be written. Needs can_undo. */
bool tape_undo(Tape *tape, u64 length, BlockDevice *const media[TAPE_DRIVES]);

#endif
