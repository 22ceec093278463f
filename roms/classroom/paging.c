/*
 * Paging. A linear address is three numbers: 10 bits choose an entry of the page directory, which
 * says where a page table is; 10 bits an entry of that, which says where the page is; 12 bits a
 * byte in the page.
 * Source: Intel SDM Volume 3, "32-Bit Paging".
 */
#include "paging.h"
#include "frames.h"
#include "processor.h"
#include "text.h"

enum { TABLE_SPAN = PAGE_BYTES * ENTRIES, WINDOW_PAGES = 257 };

#define WINDOW 0xff800000u

extern PageEntry boot_page_table[ENTRIES];        /* entry.asm: maps the first 4 MB */
extern u8 kernel_start[], kernel_read_only_end[]; /* kernel.ld */

static PageEntry window_table[ENTRIES] __attribute__((aligned(PAGE_BYTES)));

static PageEntry *entries_of(PageEntry entry)
{
    return physical_pointer(entry & ~(u32)PAGE_FLAGS);
}

/* The processor remembers translations: after a change it must be told to forget. */
static void forget_all(void)
{
    cr3_write(cr3_read());
}

void paging_init(void)
{
    for (u32 base = TABLE_SPAN; base < frames_end(); base += TABLE_SPAN) {
        u32 table = frame_allocate(); /* the lowest free frame, so within the first 4 MB */
        PageEntry *entries = physical_pointer(table);
        for (u32 i = 0; i < ENTRIES; i++)
            entries[i] = (base + i * PAGE_BYTES) | PAGE_PRESENT | PAGE_WRITABLE;
        kernel_directory[directory_index(KERNEL_BASE + base)] =
            table | PAGE_PRESENT | PAGE_WRITABLE;
    }
    kernel_directory[directory_index(WINDOW)] =
        linear_to_physical(window_table) | PAGE_PRESENT | PAGE_WRITABLE;

    /* Code and constants: not even the kernel may write there. */
    for (u8 *page = kernel_start; page < kernel_read_only_end; page += PAGE_BYTES)
        boot_page_table[table_index((u32)page)] &= ~(u32)PAGE_WRITABLE;

    /* Only the way into paging needed the first 4 MB at linear 0. From now on a NULL pointer is
     * a page fault. */
    kernel_directory[0] = 0;
    forget_all();
}

u32 address_space_create(void)
{
    u32 space = frame_allocate();
    if (!space)
        return 0;
    PageEntry *directory = physical_pointer(space);
    u32 kernel_half = directory_index(KERNEL_BASE);
    memset(directory, 0, kernel_half * sizeof *directory);
    /* The kernel is in every address space: an interrupt must find it, whoever runs. */
    memcpy(directory + kernel_half, kernel_directory + kernel_half,
           (ENTRIES - kernel_half) * sizeof *directory);
    return space;
}

/* Frees the pages of the user half. A page that was mapped twice (the zero page of the fault
 * lesson) belongs to whoever made it, and is marked by the absence of PAGE_OWNED. */
void address_space_destroy(u32 space)
{
    PageEntry *directory = physical_pointer(space);
    for (u32 i = 0; i < directory_index(KERNEL_BASE); i++) {
        if (!(directory[i] & PAGE_PRESENT))
            continue;
        PageEntry *table = entries_of(directory[i]);
        for (u32 j = 0; j < ENTRIES; j++)
            if (table[j] & PAGE_PRESENT && table[j] & PAGE_OWNED)
                frame_free(table[j] & ~(u32)PAGE_FLAGS);
        frame_free(directory[i] & ~(u32)PAGE_FLAGS);
    }
    frame_free(space);
}

PageEntry *page_entry(u32 space, u32 linear)
{
    PageEntry *directory = physical_pointer(space);
    PageEntry entry = directory[directory_index(linear)];
    return entry & PAGE_PRESENT ? &entries_of(entry)[table_index(linear)] : NULL;
}

bool page_map(u32 space, u32 linear, u32 physical, u32 flags)
{
    PageEntry *directory = physical_pointer(space);
    PageEntry *entry = &directory[directory_index(linear)];
    if (!(*entry & PAGE_PRESENT)) {
        u32 table = frame_allocate();
        if (!table)
            return false;
        memset(physical_pointer(table), 0, PAGE_BYTES);
        /* The directory grants everything; the table entry of each page decides. */
        *entry = table | PAGE_PRESENT | PAGE_WRITABLE | PAGE_USER;
    }
    entries_of(*entry)[table_index(linear)] = physical | flags | PAGE_PRESENT;
    tlb_forget(linear);
    return true;
}

bool user_may_access(u32 space, u32 linear, u32 bytes, bool write)
{
    u32 needed = PAGE_PRESENT | PAGE_USER | (write ? PAGE_WRITABLE : 0);
    if (linear >= KERNEL_BASE || bytes > KERNEL_BASE - linear)
        return false;
    for (u32 page = linear & ~(u32)PAGE_FLAGS; page < linear + bytes; page += PAGE_BYTES) {
        PageEntry *entry = page_entry(space, page);
        if (!entry || (*entry & needed) != needed)
            return false;
    }
    return true;
}

void *physical_window(u32 physical, u32 bytes)
{
    u32 offset = physical % PAGE_BYTES;
    u32 pages = (offset + bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    for (u32 i = 0; i < pages && i < WINDOW_PAGES; i++)
        window_table[i] = (physical - offset + i * PAGE_BYTES) | PAGE_PRESENT;
    forget_all();
    return (void *)(WINDOW + offset);
}
