/*
 * `vitrine explain`: a block as guest code | IR | host code, instruction by instruction.
 *
 * The flags in braces are those that an operation defines; a dash stands for one that nobody looks
 * at, as the flags pass has found.
 */
#include "frontend/explain.h"

#include <inttypes.h>
#include <capstone/capstone.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/segment.h"
#include "translate/ir.h"

enum { EXPLAIN_RAM = 1 << 20, EXPLAIN_CODE = 0x1000, EXPLAIN_MOST = 1024 };

/* ---- listings ---- */

static void print_guest(FILE *out, csh guest, const IrBlock *ir, const Insn *insn)
{
    const u8 *bytes = ir->block->host + insn->start;
    char hex[2 * INSN_MAX_LENGTH + 1] = "";
    cs_insn *decoded;
    size_t count = cs_disasm(guest, bytes, insn->length, ir->rip + insn->start, 1, &decoded);

    for (unsigned i = 0; i < insn->length; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    fprintf(out, "%08" PRIx64 "  %-16s  %s %s\n", ir->rip + insn->start, hex,
            count ? decoded->mnemonic : insn_name(insn), count ? decoded->op_str : "");
    if (count)
        cs_free(decoded, count);
}

static void print_host(FILE *out, csh host, const u8 *code, u64 length)
{
    cs_insn *decoded;
    size_t count = cs_disasm(host, code, length, 0, 0, &decoded);

    for (size_t i = 0; i < count; i++)
        fprintf(out, "%50s| %s %s\n", "", decoded[i].mnemonic, decoded[i].op_str);
    if (count)
        cs_free(decoded, count);
}

static void print_op(FILE *out, csh host, const TranslatorListing *listing, unsigned number)
{
    u32 start = listing->op_offsets[number], end = listing->op_offsets[number + 1];
    char text[128];

    ir_print(&listing->ir->ops[number], text, sizeof text);
    fprintf(out, "%22s| %s\n", "", text);
    print_host(out, host, listing->host + start, end - start);
}

void explain_listing(FILE *out, const TranslatorListing *listing)
{
    const IrBlock *ir = listing->ir;
    bool small = (ir->block->mode & 15) == WORD;
    csh guest, host;
    unsigned op = 0;

    if (cs_open(CS_ARCH_X86, small ? CS_MODE_16 : CS_MODE_32, &guest) != CS_ERR_OK)
        return;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &host) == CS_ERR_OK) {
        fprintf(out, "entry\n");
        print_host(out, host, listing->host, listing->op_offsets[0]);
        for (unsigned i = 0; i < ir->block->count; i++) {
            print_guest(out, guest, ir, &ir->block->insns[i]);
            for (; op < ir->count && ir->ops[op].insn == i; op++)
                print_op(out, host, listing, op);
        }
        fprintf(out, "exits, and accesses that are declined\n");
        print_host(out, host, listing->host + listing->op_offsets[ir->count],
                   listing->length - listing->op_offsets[ir->count]);
        fprintf(out, "%u instructions, %u bytes of guest code, %llu of host code\n",
                ir->block->count, ir->block->bytes, (unsigned long long)listing->length);
        cs_close(&host);
    }
    cs_close(&guest);
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

/* Ring 0, flat, at EXPLAIN_CODE; or real mode. */
static void set_mode(Cpu *cpu, bool small)
{
    u16 data = ACCESS_P | ACCESS_S | ACCESS_RW | ACCESS_ACCESSED | ACCESS_G | ACCESS_DB;

    cpu->cr4 |= CR4_OSFXSR;
    cpu->x87.control |= 0x3F;
    if (!small) {
        cpu->cr0 |= CR0_PE;
        for (unsigned reg = ES; reg <= GS; reg++)
            segment_set(cpu, reg, 8, 0, 0xFFFFFFFF, reg == CS ? data | ACCESS_CODE : data);
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

static bool explain(Cpu *cpu, AddressSpace *memory, const u8 *code, unsigned count, bool small)
{
    char error[256];
    bool done;

    space_write_bytes(memory, EXPLAIN_CODE, code, count);
    if (!translator_attach(cpu, 1 << 20, error, sizeof error)) {
        fprintf(stderr, "vitrine: %s\n", error);
        return false;
    }
    set_mode(cpu, small);
    translator_listen(cpu, show, stdout);
    done = translate(cpu);
    translator_detach(cpu);
    return done;
}

int explain_command(int argc, char **argv)
{
    bool small = argc > 1 && !strcmp(argv[1], "-16"), done = false;
    const char *argument = argc == 2 + small ? argv[1 + small] : "";
    unsigned count;
    u8 code[EXPLAIN_MOST];
    Cpu *cpu = calloc(1, sizeof *cpu);
    AddressSpace *spaces = calloc(2, sizeof *spaces);
    Memory ram = {0};
    Log log = {0};
    char error[256];

    count = read_code(argument, code);
    if (!count) {
        fprintf(stderr, "usage: vitrine explain [-16] '8b 45 08 03 45 0c c3' | FILE\n");
    } else if (cpu && spaces && memory_create(&ram, EXPLAIN_RAM)) {
        space_init(&spaces[0], "memory", ((u64)1 << 40) - 1, &log);
        space_init(&spaces[1], "ports", 0xFFFF, &log);
        space_add_memory(&spaces[0], "ram", 0, EXPLAIN_RAM, &ram, 0, true);
        if (cpu_init(cpu, "", &spaces[0], &spaces[1], NULL, &log, error, sizeof error)) {
            done = explain(cpu, &spaces[0], code, count, small);
            cpu_destroy(cpu);
        }
        memory_destroy(&ram);
    }
    free(cpu);
    free(spaces);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
