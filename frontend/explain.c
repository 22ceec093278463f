/*
 * `vitrine explain`: a block as guest code | IR | host code, instruction by instruction.
 *
 * An operation is shown as it was lifted, and below that what the passes made of it, if they
 * changed it. The flags in braces are those that an operation defines; a dash stands for one that
 * nobody looks at, as the flags pass has found.
 */
#include "frontend/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/segment.h"
#include "frontend/bare_processor.h"
#include "frontend/listing.h"
#include "mmu/paging.h"
#include "translate/ir.h"

enum { EXPLAIN_RAM = 1 << 20, EXPLAIN_CODE = 0x1000, EXPLAIN_MOST = 1024 };

/* ---- listings ---- */

static void print_line(void *out, const ListingLine *line)
{
    switch (line->kind) {
    case LISTING_HEADING:
        fprintf(out, "%s\n", line->text);
        break;
    case LISTING_GUEST:
        fprintf(out, "%08" PRIx64 "  %-16s  %s\n", line->address, line->bytes, line->text);
        break;
    case LISTING_LIFTED:
        fprintf(out, "%22s| %s\n", "", line->text);
        break;
    case LISTING_PASS:
        fprintf(out, "%22s|   %s\n", "", line->text);
        break;
    case LISTING_IR: /* the last of those */
        break;
    case LISTING_HOST:
        fprintf(out, "%50s| %3" PRIx64 "  %s\n", "", line->address, line->text);
        break;
    }
}

void explain_listing(FILE *out, const TranslatorListing *listing)
{
    const Block *block = listing->ir->block;

    listing_each(listing, print_line, out);
    fprintf(out, "%u instructions, %u bytes of guest code, %" PRIu64 " of host code\n",
            block->count, block->bytes, listing->length);
}

/* ---- the command ---- */

static void show(void *context, const TranslatorListing *listing)
{
    explain_listing(context, listing);
}

/* "8b 45 08 ..." or a file of code; the number of bytes, 0: neither. */
static unsigned read_code(const char *argument, u8 *code)
{
    FILE *file = fopen(argument, "rb");
    unsigned count = 0;

    if (file) {
        count = (unsigned)fread(code, 1, EXPLAIN_MOST, file);
        fclose(file);
        return count;
    }
    while (*argument && count < EXPLAIN_MOST) {
        unsigned byte;
        int used;

        if (sscanf(argument, " %2x%n", &byte, &used) != 1)
            return argument[strspn(argument, " ")] ? 0 : count;
        code[count++] = (u8)byte;
        argument += used;
    }
    return count;
}

/* Ring 0, flat, at EXPLAIN_CODE; or real mode. 64-bit mode is set without the tables that it needs,
 * as paging is never asked. */
static void set_mode(Cpu *cpu, unsigned code_size)
{
    u16 data = ACCESS_P | ACCESS_S | ACCESS_RW | ACCESS_ACCESSED | ACCESS_G | ACCESS_DB;
    u16 code = code_size == 8 ? (data & ~(unsigned)ACCESS_DB) | ACCESS_L : data;

    cpu->cr4 |= CR4_OSFXSR;
    cpu->x87.control |= 0x3F;
    if (code_size == 8)
        cpu->efer |= EFER_LMA;
    if (code_size != WORD) {
        cpu->cr0 |= CR0_PE;
        for (unsigned reg = ES; reg <= GS; reg++)
            segment_set(cpu, reg, 8, 0, 0xFFFFFFFF, reg == CS ? code | ACCESS_CODE : data);
    } else {
        segment_set_real(cpu, CS, 0);
    }
    cpu->rip = EXPLAIN_CODE;
    cpu_translations_changed(cpu);
}

/* False, too, when the code cannot even be fetched. */
static bool translate(Cpu *cpu)
{
    return _setjmp(cpu->unwind) == 0 && translator_translate(cpu);
}

static bool explain(BareProcessor *bare, const u8 *code, unsigned count, unsigned code_size)
{
    Cpu *cpu = &bare->cpu;
    char error[256];
    bool done;

    space_write_bytes(&bare->memory, EXPLAIN_CODE, code, count);
    if (!translator_attach(cpu, 1 << 20, error, sizeof error)) {
        fprintf(stderr, "vitrine: %s\n", error);
        return false;
    }
    set_mode(cpu, code_size);
    translator_listen(cpu, show, stdout);
    done = translate(cpu);
    translator_detach(cpu);
    if (!done)
        fprintf(stderr, "vitrine: this cannot be translated: it does not end in its page\n");
    return done;
}

/* -16, -32 or -64; 0: it is none of them. */
static unsigned code_size_of(const char *option)
{
    unsigned bits = *option == '-' ? (unsigned)atoi(option + 1) : 0;

    return bits == 16 || bits == 32 || bits == 64 ? bits / 8 : 0;
}

int explain_command(int argc, char **argv)
{
    unsigned code_size = argc > 1 ? code_size_of(argv[1]) : 0;
    const char *argument = argc == 2 + (code_size != 0) ? argv[argc - 1] : "";
    u8 code[EXPLAIN_MOST];
    unsigned count = read_code(argument, code);
    BareProcessor *bare = calloc(1, sizeof *bare);
    char error[256] = "the host is out of memory";
    bool done = false;

    if (!count) {
        fprintf(stderr, "usage: vitrine explain [-16|-32|-64] '8b 45 08 03 45 0c c3' | FILE\n");
    } else if (bare && bare_processor_open(bare, "max", EXPLAIN_RAM, error, sizeof error)) {
        done = explain(bare, code, count, code_size ? code_size : DWORD);
        bare_processor_close(bare);
    } else {
        fprintf(stderr, "vitrine: %s\n", error);
    }
    free(bare);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
