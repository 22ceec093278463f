/*
 * Pages of a machine's state as bytes: of each its part, its number and what it holds.
 */
#ifndef FRONTEND_DEBUGGER_RECORDING_PAGES_H
#define FRONTEND_DEBUGGER_RECORDING_PAGES_H

#include "devices/machine_snapshot.h"
#include "frontend/debugger/byte_stream.h"

/* Those that are not the same in both, and all of the chips: they belong together. */
void put_changed_pages(ByteWriter *writer, const SnapshotStore *store, const MachineSnapshot *before,
                       const MachineSnapshot *after);
void put_page(ByteWriter *writer, SnapshotPart part, u64 page, const u8 *bytes);

/* Into a snapshot; false: they make no sense, or the host is out of memory. */
bool get_pages(ByteReader *reader, SnapshotStore *store, MachineSnapshot *snapshot);

#endif
