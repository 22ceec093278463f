#include "frontend/conform/words.h"

#include <inttypes.h>
#include <string.h>

#include "cpu/cpu.h"
#include "frontend/disassembly.h"
#include "frontend/conform/case_text.h"

const char *words_bytes(const Case *c, char *text, size_t size)
{
    size_t used = 0;

    *text = '\0';
    for (unsigned i = 0; i < c->length && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%02x", i ? " " : "", c->code[i]);
    return text;
}

const char *words_disassembly(const Case *c, char *text, size_t size)
{
    disassemble_one(c->code, c->length, case_instruction(c), case_code_size(c->mode % CASE_MODES),
                    text, size);
    return text;
}

static void print_neighbour(FILE *file, const Case *c, const CaseNeighbour *neighbour,
                            const char *where, const char *indent)
{
    char text[192];

    if (!neighbour->length)
        return;
    disassemble_one(neighbour->bytes, neighbour->length,
                    neighbour == &c->ahead ? c->before.rip : case_instruction(c) + c->length,
                    case_code_size(c->mode % CASE_MODES), text, sizeof text);
    fprintf(file, "%s%s: %s\n", indent, where, text);
}

const char *words_manual_title(const Case *c)
{
    return c->row < opcode_row_count ? insn_info[opcode_rows[c->row].name].title : "";
}

/* ---- inputs ---- */

static void print_bytes(FILE *file, const u8 *bytes, unsigned count)
{
    for (unsigned i = count; i-- > 0;)
        fprintf(file, "%02X", bytes[i]);
}

static bool is_zero(const u8 *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (bytes[i])
            return false;
    return true;
}

static void print_vectors(FILE *file, const char *name, const u8 (*vectors)[16], unsigned count,
                          unsigned size, const char *indent)
{
    for (unsigned i = 0; i < count; i++) {
        if (is_zero(vectors[i], size))
            continue;
        fprintf(file, "%s", indent);
        fprintf(file, name, i);
        fprintf(file, " = ");
        print_bytes(file, vectors[i], size);
        fprintf(file, "\n");
    }
}

static void print_patches(FILE *file, const Case *c, const char *indent)
{
    for (unsigned i = 0; i < c->patch_count && i < CASE_PATCHES; i++) {
        const CasePatch *patch = &c->patches[i];

        if (patch->length > CASE_PATCH_SIZE || is_zero(patch->bytes, patch->length))
            continue;
        fprintf(file, "%smemory at %08X:", indent, patch->address);
        for (unsigned j = 0; j < patch->length; j++)
            fprintf(file, " %02X", patch->bytes[j]);
        fprintf(file, "\n");
    }
}

void words_inputs(FILE *file, const Case *c, const char *indent)
{
    static const char *const registers[] = {"AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI"};
    const FxImage *fx = &c->before.fx;
    bool is_long = c->mode == CASE_64;

    print_neighbour(file, c, &c->ahead, "ahead of it", indent);
    print_neighbour(file, c, &c->behind, "behind it", indent);
    fprintf(file, "%s%s = %08" PRIX64 "  flags = %08" PRIX64 "\n", indent, is_long ? "RIP" : "EIP",
            c->before.rip, c->before.rflags);
    for (unsigned i = 0; i < (is_long ? 16 : 8); i++)
        if (i < 8 && c->before.gpr[i])
            fprintf(file, "%s%c%s = %0*" PRIX64 "\n", indent, is_long ? 'R' : 'E', registers[i],
                    is_long ? 16 : 8, c->before.gpr[i]);
        else if (c->before.gpr[i])
            fprintf(file, "%sR%u = %016" PRIX64 "\n", indent, i, c->before.gpr[i]);
    if (fx->control != 0x37F || fx->status || fx->tags)
        fprintf(file, "%sx87 control word = %04X, status word = %04X, registers in use = %02X\n",
                indent, fx->control, fx->status, fx->tags);
    print_vectors(file, "ST(%u)", fx->st, 8, 10, indent);
    if (fx->mxcsr != 0x1F80)
        fprintf(file, "%sMXCSR = %08X\n", indent, fx->mxcsr);
    print_vectors(file, "XMM%u", fx->xmm, 16, 16, indent);
    if (c->flags & CASE_USES_YMM)
        print_vectors(file, "YMM%u, upper half", c->before.ymm_high, 16, 16, indent);
    print_patches(file, c, indent);
}

/* ---- a failure ---- */

void words_failure(FILE *file, const Failure *failure, const char *indent)
{
    char bytes[64], disassembly[192], name[64], expected[96], got[96], deeper[64];
    const Case *c = &failure->c;
    Comparison comparison;

    compare_outcomes(c, &failure->expected, &failure->got, &comparison);
    snprintf(deeper, sizeof deeper, "%s    ", indent);
    fprintf(file, "%s%s-bit code: %s    %s\n", indent, case_mode_name(c->mode),
            words_bytes(c, bytes, sizeof bytes),
            words_disassembly(c, disassembly, sizeof disassembly));
    if (*words_manual_title(c))
        fprintf(file, "%s  manual: SDM Vol. 2, \"%s\"\n", indent, words_manual_title(c));
    fprintf(file, "%s  with\n", indent);
    words_inputs(file, c, deeper);
    for (unsigned i = 0; i < comparison.count; i++) {
        const Difference *difference = &comparison.differences[i];

        fprintf(file, "%s  %s: expected %s, got %s\n", indent,
                difference_name(c, difference, name, sizeof name),
                difference_value(c, difference, false, expected, sizeof expected),
                difference_value(c, difference, true, got, sizeof got));
    }
    fprintf(file, "%s  replay: vitrine conform --replay '", indent);
    case_text_print(file, c, "; ");
    fprintf(file, "'\n");
    if (failure->expected.vector >= 0)
        fprintf(file, "%s  (the processor raises vector %d at %08" PRIX64 ")\n", indent,
                failure->expected.vector, failure->expected.state.rip);
}
