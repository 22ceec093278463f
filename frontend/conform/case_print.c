/*
 * A case as the text that case_text.c reads: only what differs from case_init()'s.
 */
#include <inttypes.h>
#include <string.h>

#include "cpu/cpu.h"
#include "frontend/conform/case_text.h"

static void print_hex(FILE *file, const u8 *bytes, unsigned count)
{
    fputs("0x", file);
    for (unsigned i = count; i-- > 0;)
        fprintf(file, "%02x", bytes[i]);
}

static void print_registers(FILE *file, const Case *c, const CaseState *plain,
                            const char *separator)
{
    static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"};
    const CaseState *state = &c->before;

    for (unsigned i = 0; i < (c->mode == CASE_64 ? 16 : 8); i++) {
        if (state->gpr[i] == plain->gpr[i])
            continue;
        if (i >= 8)
            fprintf(file, "%sr%u", separator, i);
        else
            fprintf(file, "%s%c%s", separator, c->mode == CASE_64 ? 'r' : 'e', names[i] + 1);
        fprintf(file, " = 0x%" PRIx64, c->mode == CASE_64 ? state->gpr[i] : (u32)state->gpr[i]);
    }
    if (state->rflags != plain->rflags)
        fprintf(file, "%sflags = 0x%" PRIx64, separator, state->rflags);
}

static bool is_zero(const u8 *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (bytes[i])
            return false;
    return true;
}

static void print_vectors(FILE *file, const Case *c, const char *separator)
{
    bool ymm = c->flags & CASE_USES_YMM;

    for (unsigned i = 0; i < (c->mode == CASE_64 ? 16 : 8); i++) {
        u8 bytes[32];

        memcpy(bytes, c->before.fx.xmm[i], 16);
        memcpy(bytes + 16, c->before.ymm_high[i], 16);
        if (is_zero(bytes, ymm ? 32 : 16))
            continue;
        fprintf(file, "%s%cmm%u = ", separator, ymm ? 'y' : 'x', i);
        print_hex(file, bytes, ymm ? 32 : 16);
    }
}

/* `tags` comes last: a value alone would mark its register as in use. */
static void print_x87(FILE *file, const Case *c, const char *separator)
{
    const FxImage *fx = &c->before.fx;

    if (fx->control != 0x37F)
        fprintf(file, "%sfcw = 0x%x", separator, fx->control);
    if (fx->status)
        fprintf(file, "%sfsw = 0x%x", separator, fx->status);
    for (unsigned i = 0; i < 8; i++) {
        if (is_zero(fx->st[i], 10))
            continue;
        fprintf(file, "%sst%u = ", separator, i);
        print_hex(file, fx->st[i], 10);
    }
    if (fx->tags || !is_zero(fx->st[0], sizeof fx->st))
        fprintf(file, "%stags = 0x%x", separator, fx->tags);
    if (fx->opcode)
        fprintf(file, "%sfop = 0x%x", separator, fx->opcode);
    if (fx->ip || fx->cs)
        fprintf(file, "%sfip = 0x%x%sfcs = 0x%x", separator, fx->ip, separator, fx->cs);
    if (fx->dp || fx->ds)
        fprintf(file, "%sfdp = 0x%x%sfds = 0x%x", separator, fx->dp, separator, fx->ds);
    if (fx->mxcsr != 0x1F80)
        fprintf(file, "%smxcsr = 0x%x", separator, fx->mxcsr);
}

/* Memory is zero where nothing is said, unless an earlier piece lies there too. */
static bool overlaps_earlier(const Case *c, unsigned number)
{
    const CasePatch *patch = &c->patches[number];

    for (unsigned i = 0; i < number; i++)
        if (c->patches[i].address < patch->address + patch->length &&
            patch->address < c->patches[i].address + c->patches[i].length)
            return true;
    return false;
}

static void print_patch(FILE *file, const Case *c, unsigned number, const char *separator)
{
    const CasePatch *patch = &c->patches[number];
    unsigned first = 0, end = patch->length;

    if (!overlaps_earlier(c, number)) {
        while (end > 0 && patch->bytes[end - 1] == 0)
            end--;
        while (first < end && patch->bytes[first] == 0)
            first++;
    }
    if (first == end)
        return;
    fprintf(file, "%smemory 0x%x =", separator, patch->address + first);
    for (unsigned i = first; i < end; i++)
        fprintf(file, " %02x", patch->bytes[i]);
}

static void print_neighbour(FILE *file, const char *word, const CaseNeighbour *neighbour,
                            const char *separator)
{
    if (neighbour->length)
        fprintf(file, "%s%s", separator, word);
    for (unsigned i = 0; i < neighbour->length; i++)
        fprintf(file, " %02x", neighbour->bytes[i]);
}

void case_text_print(FILE *file, const Case *c, const char *separator)
{
    CaseState plain;
    Case start;

    case_init(&start, c->mode, c->code, c->length);
    plain = start.before;
    fprintf(file, "mode %s%scode", case_mode_name(c->mode), separator);
    for (unsigned i = 0; i < c->length; i++)
        fprintf(file, " %02x", c->code[i]);
    print_neighbour(file, "ahead", &c->ahead, separator);
    print_neighbour(file, "behind", &c->behind, separator);
    if (c->before.rip != plain.rip)
        fprintf(file, "%srip = 0x%" PRIx64, separator, c->before.rip);
    if (c->target)
        fprintf(file, "%starget 0x%x", separator, c->target);
    print_registers(file, c, &plain, separator);
    print_x87(file, c, separator);
    print_vectors(file, c, separator);
    for (unsigned i = 0; i < c->patch_count && i < CASE_PATCHES; i++)
        if (c->patches[i].length <= CASE_PATCH_SIZE)
            print_patch(file, c, i, separator);
    fprintf(file, "%sexpect silicon", separator);
}
