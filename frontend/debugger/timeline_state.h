/*
 * A timeline from inside, for the timeline*.c files.
 */
#ifndef FRONTEND_DEBUGGER_TIMELINE_STATE_H
#define FRONTEND_DEBUGGER_TIMELINE_STATE_H

#include "frontend/debugger/timeline.h"
#include "frontend/debugger/recording.h"
#include "frontend/debugger/timeline_inputs.h"
#include "frontend/debugger/timeline_moments.h"

/* What the machine sends goes on to `inner`, unless it is sent again. */
typedef struct Outlet {
    ByteSink inner;
    u64 sent, said; /* bytes: up to where the machine is, and the most that ever were */
} Outlet;

struct Timeline {
    Machine *machine;
    u64 budget;
    Moments moments;
    TimelineInputs inputs;
    Tape tape;
    TapeDrive drives[TAPE_DRIVES];
    BlockDevice *media[TAPE_DRIVES];
    Outlet outlets[TIMELINE_OUTLETS];
    unsigned outlet_count;
    Log log;            /* where the machine's lines go on to */

    bool past;
    bool feeding;       /* the input that comes is one of ours */
    bool edited;        /* at the head: since the machine stopped here */
    MachineSnapshot *unedited;  /* where that is recorded: what it was before */
    bool broken;        /* something could not be recorded: history must begin anew */
    u64 next_input;     /* in the past: the one to come */
    u64 cursor;         /* in the past: what of the tape has been used */
    u64 work, next_work;    /* cycles executed; when to take the next snapshot, at the head */
    Moment head;        /* in the past: where it ends (its snapshot is among the moments) */
    u64 refused;
    const char *departed;
    char departed_text[160];

    Recording *recording;   /* being written, or NULL */
    u64 last_hash;          /* of the last snapshot, where hashes are wanted */
    bool closed;            /* it replays a recording, and has no life after that: */
    RecordedRun run;
    u64 next_place, checked;    /* of run.places: to be compared with next, and how many were */
    char *folder;           /* of saved snapshots, or NULL */
    u64 logged;             /* the clock up to which log lines have been written */
};

/* timeline_taps.c: what comes into the machine and goes out of it. */
void timeline_tap(Timeline *timeline, MachineConfig *config);
void timeline_play_drives(Timeline *timeline);
void timeline_record_drives(Timeline *timeline);
void timeline_get_media(const Timeline *timeline, TapeMedium media[TAPE_DRIVES]);
void timeline_set_media(Timeline *timeline, const TapeMedium media[TAPE_DRIVES]);
void timeline_feed(Timeline *timeline);     /* the next input of the past */
void timeline_settle_edit(Timeline *timeline);

/* timeline_recording.c: from and to files. */
void timeline_check_place(Timeline *timeline);
u64 timeline_next_place(const Timeline *timeline);  /* its clock, or all ones */
void timeline_find_place(Timeline *timeline);       /* after going somewhere */
void timeline_note_place(Timeline *timeline);       /* a snapshot was taken at the head */
void timeline_end_recording(Timeline *timeline);
bool timeline_begin_recorded(Timeline *timeline);   /* the machine becomes what it was when that began */
/* timeline.c: the machine becomes that of a snapshot, and history begins there. */
void timeline_adopt(Timeline *timeline, const MachineSnapshot *snapshot);
/* Takes a snapshot here. False: the host is out of memory. */
bool timeline_remember(Timeline *timeline);

#endif
