/*
 * `vitrine explain`: a block as guest code | IR | host code, instruction by instruction.
 *
 * The flags in braces are those that an operation defines; a dash stands for one that nobody looks
 * at, as the flags pass has found.
 */
#include "frontend/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/segment.h"
#include "frontend/bare_processor.h"
#include "frontend/disassembly.h"
#include "mmu/paging.h"
#include "translate/ir.h"

enum { EXPLAIN_RAM = 1 << 20, EXPLAIN_CODE = 0x1000, EXPLAIN_MOST = 1024 };

/* ---- listings ---- */

static void print_guest(FILE *out, const IrBlock *ir, const Insn *insn)
{
    const u8 *bytes = ir->block->host + insn->start;
    u64 address = ir->rip + insn->start;
    char hex[2 * INSN_MAX_LENGTH + 1] = "", words[256];

    for (unsigned i = 0; i < insn->length; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    if (!disassemble_one(bytes, insn->length, address, ir->block->mode & 15, words, sizeof words))
        snprintf(words, sizeof words, "%s", insn_name(insn));
    fprintf(out, "%08" PRIx64 "  %-16s  %s\n", address, hex, words);
}

static void host_line(void *out, u64 address, const u8 *bytes, u64 length, const char *words)
{
    (void)address, (void)bytes, (void)length;
    fprintf(out, "%50s| %s\n", "", words);
}

static void print_host(FILE *out, const u8 *code, u64 length)
{
    disassemble(code, length, 0, 8, host_line, out);
}

static void print_op(FILE *out, const TranslatorListing *listing, unsigned number)
{
    u32 start = listing->op_offsets[number], end = listing->op_offsets[number + 1];
    char text[128];

    ir_print(&listing->ir->ops[number], text, sizeof text);
    fprintf(out, "%22s| %s\n", "", text);
    print_host(out, listing->host + start, end - start);
}

void explain_listing(FILE *out, const TranslatorListing *listing)
{
    const IrBlock *ir = listing->ir;
    unsigned op = 0;

    fprintf(out, "entry\n");
    print_host(out, listing->host, listing->op_offsets[0]);
    for (unsigned i = 0; i < ir->block->count; i++) {
        print_guest(out, ir, &ir->block->insns[i]);
        for (; op < ir->count && ir->ops[op].insn == i; op++)
            print_op(out, listing, op);
    }
    fprintf(out, "exits, and accesses that are declined\n");
    print_host(out, listing->host + listing->op_offsets[ir->count],
               listing->length - listing->op_offsets[ir->count]);
    fprintf(out, "%u instructions, %u bytes of guest code, %" PRIu64 " of host code\n",
            ir->block->count, ir->block->bytes, listing->length);
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
