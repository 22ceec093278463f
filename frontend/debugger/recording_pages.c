#include "frontend/debugger/recording_pages.h"

#include <string.h>

void put_page(ByteWriter *writer, SnapshotPart part, u64 page, const u8 *bytes)
{
    put_number(writer, part);
    put_number(writer, page);
    put_bytes(writer, bytes, PAGE_SIZE);
}

void put_changed_pages(ByteWriter *writer, const SnapshotStore *store,
                       const MachineSnapshot *before, const MachineSnapshot *after)
{
    static const u8 zeros[PAGE_SIZE];

    for (unsigned part = 0; part < SNAPSHOT_PARTS; part++) {
        u64 pages = snapshot_pages(store, part);

        for (u64 page = 0; page < pages; page++) {
            const u8 *was = snapshot_page(before, part, page);
            const u8 *is = snapshot_page(after, part, page);

            was = was ? was : zeros;
            is = is ? is : zeros;
            if (part == SNAPSHOT_CHIPS || (was != is && memcmp(was, is, PAGE_SIZE) != 0))
                put_page(writer, part, page, is);
        }
    }
}

bool get_pages(ByteReader *reader, SnapshotStore *store, MachineSnapshot *snapshot)
{
    while (!reader->failed && reader->at < reader->length) {
        unsigned part = (unsigned)get_limited(reader, SNAPSHOT_PARTS - 1);
        u64 page = get_number(reader);
        const u8 *bytes = get_bytes(reader, PAGE_SIZE);

        if (!bytes || !snapshot_set_page(store, snapshot, part, page, bytes))
            return false;
    }
    return !reader->failed;
}
