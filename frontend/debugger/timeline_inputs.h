/*
 * What came in through the machine's door, in order.
 */
#ifndef FRONTEND_DEBUGGER_TIMELINE_INPUTS_H
#define FRONTEND_DEBUGGER_TIMELINE_INPUTS_H

#include "frontend/debugger/timeline_moments.h"

typedef struct TimelineInput {
    InputEvent event;
    TapeMedium *media;  /* of INPUT_MEDIUM_CHANGED: of all drives, from then on */
    MachineSnapshot *edit;  /* not an event, but somebody's change of the machine: what it was then */
    u8 *pages;              /* ... as the pages that it changed: for a recording, or from one; then `edit` is
                             * NULL until it is fed */
    u64 pages_length;
} TimelineInput;

typedef struct TimelineInputs {
    SnapshotStore *store;   /* of the edits */
    TimelineInput *list;
    u64 count, room;
} TimelineInputs;

/* False: out of memory. `media` is copied. */
bool inputs_add(TimelineInputs *inputs, const InputEvent *event, const TapeMedium *media);
/* Takes the snapshot and the pages over; one of both may be NULL. Without pages one more edit at the same clock
 * replaces the one before. */
bool inputs_add_edit(TimelineInputs *inputs, u64 cycles, MachineSnapshot *edit, u8 *pages,
                     u64 pages_length);
bool input_is_edit(const TimelineInput *input);
void inputs_cut(TimelineInputs *inputs, u64 count);
void inputs_clear(TimelineInputs *inputs);

#endif
