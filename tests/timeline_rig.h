/*
 * A machine for tests of the timeline: SeaBIOS boots a sector that never rests. It reads sectors of
 * a disk, changes them and writes them back; takes keys; and echoes what the serial port gets.
 */
#ifndef TESTS_TIMELINE_RIG_H
#define TESTS_TIMELINE_RIG_H

#include "frontend/debugger/timeline.h"
#include "tests/guest_run.h"

enum { RIG_SECTORS = 2016, RIG_MEMORY = 4 << 20 };

typedef struct TimelineRig {
    MachineConfig config;
    Firmware firmware;
    BlockDevice medium;
    u8 disk[RIG_SECTORS * SECTOR_SIZE];
    u64 seed;               /* of what the person does; 0 at first */
    u64 accesses;           /* of the disk */
    u64 sent, sent_hash;    /* by the serial port */
    Timeline *timeline;     /* NULL: rig_create() made none */
    Machine *machine;
} TimelineRig;

/* `budget` 0: without a timeline. Ready to run. */
TimelineRig *rig_create(MachineEngine engine, u64 budget);
/* With another firmware, of SeaBIOS's length. */
TimelineRig *rig_create_with(MachineEngine engine, u64 budget, const u8 *bios);
void rig_destroy(TimelineRig *rig);

/* Up to a clock, with what a person does on the way: the same for the same clocks. */
void rig_run(TimelineRig *rig, u64 until);

/* A hash of machine, disk and what was sent. */
u64 rig_hash(TimelineRig *rig);

#endif
