/*
 * Demand paging. A program may use 1 MB from 10000000h on, but gets no memory for it in advance.
 *
 * Reading a page for the first time: all programs are shown the same frame full of zeros, mapped
 * read-only. Writing to it: only now the program gets a frame of its own ("copy on write").
 */
#include "demand.h"
#include "console.h"
#include "faults.h"
#include "frames.h"
#include "paging.h"
#include "processor.h"
#include "tasks.h"
#include "text.h"

static u32 zero_frame;

void demand_init(void)
{
    zero_frame = frame_allocate();
    memset(physical_pointer(zero_frame), 0, FRAME_BYTES);
}

static void narrate(const InterruptFrame *frame, u32 address)
{
    print(BAD "   #PF" PLAIN "  CR2=" VALUE "%08x" PLAIN ", error code " VALUE "%x" PLAIN ": ",
          address, frame->error_code);
    print_page_fault_code(frame->error_code);
    print("\n        EIP=%08x will run again when the handler returns\n", frame->eip);
}

static bool map_zero_page(u32 page, bool narrated)
{
    if (narrated)
        print(GOOD "   map" PLAIN "  page %08x -> frame %08x of zeros, " VALUE "read-only" PLAIN
                   ", shared\n",
              page, zero_frame);
    return page_map(task_current()->address_space, page, zero_frame, PAGE_USER);
}

static bool map_own_page(u32 page, bool was_zero_page, bool narrated)
{
    u32 frame = frame_allocate();
    if (!frame)
        return false;
    memset(physical_pointer(frame), 0, FRAME_BYTES); /* never show another program's leftovers */
    if (narrated)
        print(GOOD "   map" PLAIN "  page %08x -> frame %08x, %s, " VALUE "writable" PLAIN
                   ", its own\n",
              page, frame, was_zero_page ? "a copy" : "zeroed");
    return page_map(task_current()->address_space, page, frame,
                    PAGE_USER | PAGE_WRITABLE | PAGE_OWNED);
}

bool demand_page(const InterruptFrame *frame, u32 address)
{
    Task *task = task_current();
    u32 page = address & ~(u32)PAGE_FLAGS;
    if (address - DEMAND_BASE >= DEMAND_BYTES)
        return false;
    PageEntry *entry = page_entry(task->address_space, page);
    bool present = entry && *entry & PAGE_PRESENT;
    bool write = frame->error_code & 2;
    if (task->narrated)
        narrate(frame, address);
    if (!write)
        return map_zero_page(page, task->narrated);
    return map_own_page(page, present, task->narrated);
}
