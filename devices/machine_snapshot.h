/*
 * The whole machine at one moment, to go back to: every chip's state table, the TLB, RAM and video
 * memory. Snapshots of one machine share what they have in common, so a next one costs what was
 * written in between.
 *
 * Taking one changes nothing that the guest could notice, now or later; after a restore the machine
 * does what it did after the snapshot was taken. Media are not in it: what the guest wrote to
 * a disk stays written.
 */
#ifndef DEVICES_MACHINE_SNAPSHOT_H
#define DEVICES_MACHINE_SNAPSHOT_H

#include "devices/machine.h"

typedef struct SnapshotStore SnapshotStore;     /* all snapshots of one machine */
typedef struct MachineSnapshot MachineSnapshot;

/* At most one store per machine, made before anything else clears its PAGE_DIRTY flags. NULL: out
 * of memory. Destroy before the machine, and after the last snapshot_release(). */
SnapshotStore *snapshot_store_create(Machine *machine);
void snapshot_store_destroy(SnapshotStore *store);
u64 snapshot_store_bytes(const SnapshotStore *store);   /* of host memory, for all snapshots */

/* Between two runs of the machine. NULL: out of memory. */
MachineSnapshot *snapshot_take(SnapshotStore *store);
void snapshot_restore(SnapshotStore *store, const MachineSnapshot *snapshot);
void snapshot_release(SnapshotStore *store, MachineSnapshot *snapshot);

u64 snapshot_cycles(const MachineSnapshot *snapshot);   /* the clock when it was taken */

/* Of what machine_hash() is of. Costs little if a snapshot not far off has been hashed. */
u64 snapshot_hash(const MachineSnapshot *snapshot);

/* Was the page of RAM at physical address `page` written between two snapshots that follow each other? May
 * be true of one that was not. */
bool snapshot_page_differs(const Machine *machine, const MachineSnapshot *a,
                           const MachineSnapshot *b, PhysAddr page);

/* Parts of a snapshot as plain memory, for saving it: pages of 4,096 bytes (NULL: zeros). */
typedef enum SnapshotPart { SNAPSHOT_CHIPS, SNAPSHOT_RAM, SNAPSHOT_VIDEO, SNAPSHOT_PARTS } SnapshotPart;
u64 snapshot_pages(const SnapshotStore *store, SnapshotPart part);
const u8 *snapshot_page(const MachineSnapshot *snapshot, SnapshotPart part, u64 page);

/* Builds one from saved pages; those that are not set are zeros. Whatever the bytes are, a restore of it
 * leaves a machine that can run. */
MachineSnapshot *snapshot_create(SnapshotStore *store, u64 cycles);
/* Another one that is the same so far. */
MachineSnapshot *snapshot_copy(SnapshotStore *store, const MachineSnapshot *snapshot);
bool snapshot_set_page(SnapshotStore *store, MachineSnapshot *snapshot, SnapshotPart part, u64 page,
                       const u8 *bytes);

/* Says which machine, in as far as snapshots must fit: memory, processor model, firmware, chips and
 * their fields. */
u64 snapshot_layout(const SnapshotStore *store);

#endif
