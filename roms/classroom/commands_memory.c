/* `memory` and `pages`: where memory is, and how an address finds it. */
#include "commands.h"
#include "console.h"
#include "frames.h"
#include "paging.h"
#include "processor.h"
#include "programs.h"
#include "text.h"

enum { MAP_CELLS = 60, RANGES_SHOWN = 9 };

static const char *range_word(u32 type)
{
    switch (type) {
    case RANGE_USABLE:
        return GOOD "usable" PLAIN;
    case RANGE_RESERVED:
        return FAINT "reserved" PLAIN;
    case RANGE_ACPI_TABLES:
        return "ACPI tables, usable once read";
    case RANGE_ACPI_STORAGE:
        return "ACPI storage, to be left alone";
    default:
        return BAD "defective" PLAIN;
    }
}

static void print_ranges(void)
{
    const BootInformation *facts = boot_facts();
    print("  What the BIOS told setup.asm (INT 15h, EAX=E820h), in bytes:\n");
    for (u32 i = 0; i < facts->range_count && i < RANGES_SHOWN; i++) {
        const MemoryRange *range = &facts->ranges[i];
        u64 last = range->base + range->length - 1;
        print("  " VALUE "%02x%08x" PLAIN " to " VALUE "%02x%08x" PLAIN " %8u KB  %s\n",
              (u32)(range->base >> 32), (u32)range->base, (u32)(last >> 32), (u32)last,
              (u32)(range->length >> 10), range_word(range->type));
    }
    if (facts->range_count > RANGES_SHOWN)
        print("  and %u more\n", facts->range_count - RANGES_SHOWN);
    if (frames_left_alone())
        print("  This kernel leaves alone what lies beyond 256 MB.\n");
}

/* Each cell of the picture stands for 1/60 of the memory up to the last usable frame. */
static void print_map(void)
{
    u32 cell_frames = (frames_end() / FRAME_BYTES + MAP_CELLS - 1) / MAP_CELLS;
    print("  0 ");
    for (u32 cell = 0; cell < MAP_CELLS; cell++) {
        u32 used = 0;
        for (u32 i = 0; i < cell_frames; i++)
            used += frame_in_use((cell * cell_frames + i) * FRAME_BYTES);
        print("%s", used == 0                ? FAINT "░"
                    : used < cell_frames / 2 ? TITLE "▒"
                    : used < cell_frames     ? VALUE "▓"
                                             : VALUE "█");
    }
    print(PLAIN " %u KB\n", frames_end() >> 10);
    print("  one cell = %u KB   " FAINT "░" PLAIN " free  " TITLE "▒" PLAIN " partly used  " VALUE
          "█" PLAIN " in use, or not memory at all\n",
          cell_frames * (FRAME_BYTES / 1024));
}

void command_memory(const char *arguments)
{
    (void)arguments;
    print_heading("memory: the map");
    print_ranges();
    print_heading("memory: the frames");
    print("  The kernel keeps one bit per 4 KB frame: %u usable, " VALUE "%u" PLAIN " used, " VALUE
          "%u" PLAIN " free.\n",
          frames_total(), frames_total() - frames_free(), frames_free());
    print_map();
    u32 first = frame_allocate(), second = frame_allocate();
    print("  Watch: allocate: %08x, again: %08x, ", first, second);
    frame_free(first);
    u32 again = frame_allocate();
    print("free %08x, again: %08x.\n", first, again);
    print("  A frame given back is the next to be given out: the search starts below.\n");
    frame_free(again);
    frame_free(second);
}

/* ---- pages ---- */

typedef struct Place {
    const char *name, *what;
    u32 linear;
    bool in_program; /* only exists in a user program's address space */
} Place;

static const Place places[] = {
    {"kernel", "the first byte of the kernel's code", 0xc0009000, false},
    {"screen", "the first character of the text screen", 0xc00b8000, false},
    {"window", "the window onto distant physical memory", 0xff800000, false},
    {"null", "what a NULL pointer points to", 0x00000000, false},
    {"code", "a user program's code", USER_BASE, true},
    {"stack", "a user program's stack", USER_STACK_TOP - 16, true},
};

static void print_binary(u32 number, unsigned digits)
{
    while (digits--)
        print("%u", number >> digits & 1);
}

static void print_flags(PageEntry entry, bool is_page)
{
    print("        " GOOD "present" PLAIN ", %s, %s, %s",
          entry & PAGE_WRITABLE ? "writable" : VALUE "read-only" PLAIN,
          entry & PAGE_USER ? VIOLET "ring 3 may use it" PLAIN : "ring 0 only",
          entry & PAGE_ACCESSED ? "was used" : "not used yet");
    if (is_page)
        print(", %s", entry & PAGE_DIRTY ? "was written" : "never written");
    print("\n");
}

static void print_bytes_at(u32 physical)
{
    const u8 *bytes = physical_window(physical, 16);
    print("      There: ");
    for (unsigned i = 0; i < 16; i++)
        print("%02x ", bytes[i]);
    print("  ");
    for (unsigned i = 0; i < 16; i++)
        print("%c", bytes[i] >= ' ' && bytes[i] < 0x7f ? bytes[i] : '.');
    print("\n");
}

static void walk(u32 space, u32 linear)
{
    u32 d = directory_index(linear), t = table_index(linear), offset = linear % PAGE_BYTES;
    print("  linear address " VALUE "%08x" PLAIN " = ", linear);
    print(TITLE);
    print_binary(d, 10);
    print(GOOD " ");
    print_binary(t, 10);
    print(VIOLET " ");
    print_binary(offset, 12);
    print(PLAIN "\n                            " TITLE "directory " GOOD " table      " VIOLET
                "offset\n" PLAIN);
    print("                            " TITLE "%-10u" GOOD " %-10u" VIOLET " %03x\n\n" PLAIN, d, t,
          offset);

    print("  CR3 = " VALUE "%08x" PLAIN ": there the page directory begins.\n\n", space);
    PageEntry directory_entry = ((PageEntry *)physical_pointer(space))[d];
    print("  " TITLE "1." PLAIN "  directory entry %u is at %08x + 4 x %u = %08x holds " VALUE
          "%08x\n" PLAIN,
          d, space, d, space + 4 * d, directory_entry);
    if (!(directory_entry & PAGE_PRESENT)) {
        print("        " BAD "not present: the walk ends here, with a page fault.\n" PLAIN);
        return;
    }
    print_flags(directory_entry, false);
    u32 table = directory_entry & ~(u32)PAGE_FLAGS;
    PageEntry entry = ((PageEntry *)physical_pointer(table))[t];
    print("  " GOOD "2." PLAIN "  table entry %u is at %08x + 4 x %u = %08x holds " VALUE
          "%08x\n" PLAIN,
          t, table, t, table + 4 * t, entry);
    if (!(entry & PAGE_PRESENT)) {
        print("        " BAD "not present: the walk ends here, with a page fault.\n" PLAIN);
        return;
    }
    print_flags(entry, true);
    u32 frame = entry & ~(u32)PAGE_FLAGS;
    print("  " VIOLET "3." PLAIN "  frame %08x + offset %03x = physical address " VALUE
          "%08x\n" PLAIN,
          frame, offset, frame + offset);
    if (linear < 0xff800000u) /* the window is about to be moved */
        print_bytes_at(frame + offset);
}

static void walk_in_program(u32 linear)
{
    u32 space = program_address_space();
    if (!space) {
        print("There is no memory left for a program.\n");
        return;
    }
    walk(space, linear);
    address_space_destroy(space);
}

void command_pages(const char *arguments)
{
    u32 linear;
    for (unsigned i = 0; i < LENGTH(places); i++)
        if (text_equal(arguments, places[i].name)) {
            print_heading(places[i].what);
            if (places[i].in_program)
                walk_in_program(places[i].linear);
            else
                walk(cr3_read(), places[i].linear);
            return;
        }
    if (text_number(arguments, 16, &linear)) {
        print_heading("pages: from linear to physical");
        if (linear >= USER_BASE && linear < KERNEL_BASE)
            walk_in_program(linear);
        else
            walk(cr3_read(), linear);
        return;
    }
    print_heading("pages: from linear to physical");
    if (*arguments)
        print("  '%s' is neither a hexadecimal number nor one of the names below.\n\n", arguments);
    print("  Every address that a program uses is " VALUE "linear" PLAIN
          ". Before memory is reached, the\n"
          "  processor looks it up in two tables in memory, a directory and a page table.\n"
          "  This command looks it up the same way and says each step. Try:\n\n");
    for (unsigned i = 0; i < LENGTH(places); i++)
        print("    pages " VALUE "%-10s" PLAIN "%08x  %s\n", places[i].name, places[i].linear,
              places[i].what);
    print("    pages " VALUE "1234ABCD" PLAIN "            any address, in hexadecimal\n\n"
          "  From 00400000 to BFFFFFFF these are a new program's pages, else the kernel's.\n");
}
