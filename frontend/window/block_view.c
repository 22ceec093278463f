#include "frontend/window/block_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/segment.h"
#include "frontend/bare_processor.h"
#include "frontend/debugger/guest_memory.h"
#include "frontend/listing.h"
#include "mmu/paging.h"
#include "translate/ir.h"

/* Where things are in the copy's memory: the page of code, and tables that map just that. */
enum {
    COPY_RAM = 2 << 20,
    COPY_PAGE = 0x110000,
    COPY_TABLES = 0x118000,
    COPY_TRANSLATOR = 1 << 20,
};

/* ---- rows ---- */

static BlockRow *add_row(BlockView *view, int insn, int op, u64 linear)
{
    BlockRow *row;

    if (view->count == BLOCK_ROWS)
        return NULL;
    row = &view->rows[view->count++];
    *row = (BlockRow){.insn = insn, .op = op, .linear = linear};
    return row;
}

/* The last row, if this line still fits into it: an instruction, its first operation and that one's
 * first line of host code share a row. */
static BlockRow *last_row(BlockView *view, ListingKind kind)
{
    BlockRow *row = view->count ? &view->rows[view->count - 1] : NULL;

    if (!row || row->heading || *row->host || (kind == LISTING_IR && *row->ir))
        return NULL;
    return row;
}

static void add_line(void *owner, const ListingLine *line)
{
    BlockView *view = owner;
    const BlockRow *before = view->count ? &view->rows[view->count - 1] : NULL;
    int insn = before ? before->insn : -1, op = before ? before->op : -1;
    u64 linear = before ? before->linear : 0;
    BlockRow *row = NULL;

    if (line->kind == LISTING_LIFTED || line->kind == LISTING_PASS)
        return;
    if (line->kind == LISTING_GUEST)
        row = add_row(view, (int)view->insns++, op, line->address);
    else if (line->kind == LISTING_HEADING)
        row = add_row(view, -1, -1, 0);
    else
        row = last_row(view, line->kind);
    if (!row)
        row = add_row(view, insn, op, linear);
    if (!row)
        return;
    switch (line->kind) {
    case LISTING_HEADING:
        row->heading = true;
        snprintf(row->guest, BLOCK_TEXT, "%s", line->text);
        break;
    case LISTING_GUEST:
        snprintf(row->guest, BLOCK_TEXT, "%s", line->text);
        break;
    case LISTING_IR:
        row->op = op + 1;
        snprintf(row->ir, BLOCK_TEXT, "%s", line->text);
        break;
    case LISTING_LIFTED:
    case LISTING_PASS:
        break;
    case LISTING_HOST:
        snprintf(row->host, BLOCK_TEXT, "%3" PRIx64 "  %s", line->address, line->text);
        break;
    }
}

static void show(void *owner, const TranslatorListing *listing)
{
    BlockView *view = owner;

    listing_each(listing, add_line, view);
    view->guest_bytes = listing->ir->block->bytes;
    view->host_bytes = listing->length;
}

/* ---- the copy ---- */

static void map_page(BareProcessor *bare, u64 linear)
{
    bool wide = cpu_long(&bare->cpu);
    unsigned levels = wide ? 4 : 2, index_bits = wide ? 9 : 10;
    Size size = wide ? QWORD : DWORD;

    for (unsigned level = levels; level > 0; level--) {
        unsigned shift = PAGE_SHIFT + (level - 1) * index_bits;
        u64 index = linear >> shift & ((1u << index_bits) - 1);
        u64 table = COPY_TABLES + (levels - level) * PAGE_SIZE;
        u64 next = level == 1 ? COPY_PAGE : table + PAGE_SIZE;

        space_write(&bare->memory, table + index * size, size,
                    next | PTE_PRESENT | PTE_WRITABLE | PTE_USER);
    }
    bare->cpu.cr3 = COPY_TABLES;
    mmu_set_cr3(&bare->cpu.mmu, COPY_TABLES);
}

/* All that a translation takes for granted, and nothing that could stop it. */
static void copy_state(Cpu *copy, const Cpu *cpu, u64 linear)
{
    memcpy(copy->gpr, cpu->gpr, sizeof copy->gpr);
    memcpy(copy->segments, cpu->segments, sizeof copy->segments);
    copy->flags = cpu->flags;
    copy->rflags = cpu->rflags;
    copy->cpl = cpu->cpl;
    copy->x87 = cpu->x87;
    copy->mxcsr = cpu->mxcsr;
    copy->xcr0 = cpu->xcr0;
    copy->features = cpu->features;
    copy->cr0 = cpu->cr0 | ((cpu->cr0 & CR0_PE) ? CR0_PG : 0);
    copy->cr4 = cpu->cr4 & ~(u64)(CR4_SMEP | CR4_SMAP | CR4_PCIDE);
    copy->efer = cpu->efer;
    if (!cpu_long(cpu))
        copy->cr4 &= ~(u64)CR4_PAE;
    copy->rip = linear - cpu->segments[CS].base;
    if (copy->code_size != 8 && cpu->code_size != 8)
        copy->rip = (u32)copy->rip;
    mmu_set_control(&copy->mmu, copy->cr0, copy->cr4, copy->efer);
}

static bool prepare(BareProcessor *bare, Cpu *cpu, u64 linear)
{
    u64 page = linear & ~(u64)PAGE_MASK;
    u8 bytes[PAGE_SIZE];

    if (guest_read(cpu, page, bytes, sizeof bytes) != sizeof bytes)
        return false;
    copy_state(&bare->cpu, cpu, linear);
    if (bare->cpu.cr0 & CR0_PG)
        map_page(bare, page);
    else
        space_add_memory(&bare->memory, "page", page, PAGE_SIZE, &bare->ram, COPY_PAGE, true);
    space_write_bytes(&bare->memory, COPY_PAGE, bytes, sizeof bytes);
    segment_update_all(&bare->cpu);
    cpu_translations_changed(&bare->cpu);
    return true;
}

/* False, too, when the code cannot even be fetched. */
static bool translate(Cpu *cpu)
{
    return _setjmp(cpu->unwind) == 0 && translator_translate(cpu);
}

static void translate_copy(BlockView *view, BareProcessor *bare, Cpu *cpu, u64 linear)
{
    if (!prepare(bare, cpu, linear)) {
        snprintf(view->error, sizeof view->error, "there is no memory at %" PRIX64, linear);
        return;
    }
    if (!translator_attach(&bare->cpu, COPY_TRANSLATOR, view->error, sizeof view->error))
        return;
    translator_listen(&bare->cpu, show, view);
    if (!translate(&bare->cpu))
        snprintf(view->error, sizeof view->error,
                 "this block is left to the interpreter: its first instruction cannot be fetched, "
                 "or does not end in its page");
    translator_detach(&bare->cpu);
}

void block_view_make(BlockView *view, Cpu *cpu, u64 linear)
{
    BareProcessor *bare = calloc(1, sizeof *bare);

    view->count = view->insns = view->guest_bytes = 0;
    view->host_bytes = 0;
    *view->error = '\0';
    if (bare && bare_processor_open(bare, "max", COPY_RAM, view->error, sizeof view->error)) {
        translate_copy(view, bare, cpu, linear);
        bare_processor_close(bare);
    } else if (!bare) {
        snprintf(view->error, sizeof view->error, "the host is out of memory");
    }
    free(bare);
    /* Guest addresses in rows are (E)IP so far. */
    for (unsigned i = 0; i < view->count; i++)
        if (view->rows[i].insn >= 0)
            view->rows[i].linear =
                (view->rows[i].linear + cpu->segments[CS].base) & cpu->linear_mask;
}
