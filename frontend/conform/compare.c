#include "frontend/conform/compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpu/cpu.h"
#include "cpu/exception.h"
#include "frontend/conform/compare_rules.h"

/* RF is set in the frames of faults, and not what a program sees. */
enum {
    COMPARED_FLAGS = FLAGS_ARITHMETIC | FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT |
                     FLAG_VM | FLAG_AC | FLAG_VIF | FLAG_VIP | FLAG_ID,
};

static Difference *add(Comparison *comparison, DifferenceKind kind, u32 number, unsigned size,
                       const void *expected, const void *got)
{
    Difference *difference;

    if (comparison->count == COMPARE_DIFFERENCES)
        return NULL;
    difference = &comparison->differences[comparison->count++];
    memset(difference, 0, sizeof *difference);
    difference->kind = (u8)kind;
    difference->number = number;
    difference->size = (u8)size;
    memcpy(difference->expected, expected, size);
    memcpy(difference->got, got, size);
    return difference;
}

static void differ(Comparison *comparison, DifferenceKind kind, u32 number, unsigned size,
                   const void *expected, const void *got)
{
    if (memcmp(expected, got, size) == 0)
        return;
    add(comparison, kind, number, size, expected, got);
    comparison->equal = false;
}

/* The same for what may be undefined. */
static void differ_in_result(Comparison *comparison, bool undefined, DifferenceKind kind,
                             u32 number, unsigned size, const void *expected, const void *got)
{
    bool equal = comparison->equal;

    if (memcmp(expected, got, size) == 0)
        return;
    differ(comparison, kind, number, size, expected, got);
    if (!undefined)
        return;
    comparison->equal = equal;
    comparison->undefined_equal = false;
}

static void compare_flags(Comparison *comparison, u32 undefined, u64 expected, u64 got)
{
    u32 changed = (u32)(expected ^ got) & COMPARED_FLAGS;
    u32 parts[2] = {changed & ~undefined, changed & undefined};

    for (unsigned i = 0; i < 2; i++) {
        u32 e = (u32)expected & parts[i], g = (u32)got & parts[i];

        if (parts[i])
            add(comparison, i ? DIFFERENT_UNDEFINED : DIFFERENT_FLAGS, parts[i], 4, &e, &g);
    }
    if (parts[0])
        comparison->equal = false;
    if (parts[1])
        comparison->undefined_equal = false;
    comparison->undefined_flags = (u16)parts[1];
}

static void compare_registers(Comparison *comparison, const Case *c, bool undefined,
                              const CaseState *expected, const CaseState *got)
{
    unsigned size = c->mode == CASE_64 ? 8 : 4, count = c->mode == CASE_64 ? 16 : 8;

    differ(comparison, DIFFERENT_RIP, 0, size, &expected->rip, &got->rip);
    for (unsigned i = 0; i < count; i++)
        differ_in_result(comparison, undefined, DIFFERENT_GPR, i, size, &expected->gpr[i],
                         &got->gpr[i]);
    differ(comparison, DIFFERENT_MXCSR, 0, 4, &expected->fx.mxcsr, &got->fx.mxcsr);
    for (unsigned i = 0; i < count; i++)
        differ(comparison, DIFFERENT_XMM, i, 16, expected->fx.xmm[i], got->fx.xmm[i]);
    for (unsigned i = 0; i < count && (c->flags & CASE_USES_YMM); i++)
        differ(comparison, DIFFERENT_YMM_HIGH, i, 16, expected->ymm_high[i], got->ymm_high[i]);
}

/* In the frame of an exception processors show the pointers or not. */
static void compare_x87(Comparison *comparison, const FxImage *expected, const FxImage *got,
                        bool pointers)
{
    differ(comparison, DIFFERENT_X87_CONTROL, 0, 2, &expected->control, &got->control);
    differ(comparison, DIFFERENT_X87_STATUS, 0, 2, &expected->status, &got->status);
    differ(comparison, DIFFERENT_X87_TAGS, 0, 1, &expected->tags, &got->tags);
    for (unsigned i = 0; i < 8; i++)
        differ(comparison, DIFFERENT_ST, i, 10, expected->st[i], got->st[i]);
    if (!pointers)
        return;
    differ(comparison, DIFFERENT_X87_POINTERS, 0, 2, &expected->opcode, &got->opcode);
    differ(comparison, DIFFERENT_X87_POINTERS, 1, 4, &expected->ip, &got->ip);
    differ(comparison, DIFFERENT_X87_POINTERS, 2, 2, &expected->cs, &got->cs);
    differ(comparison, DIFFERENT_X87_POINTERS, 3, 4, &expected->dp, &got->dp);
    differ(comparison, DIFFERENT_X87_POINTERS, 4, 2, &expected->ds, &got->ds);
}

/* ---- memory ---- */

/* What a line was before the case. */
static void line_before(const Case *c, u32 address, u8 line[CASE_LINE])
{
    memset(line, 0, CASE_LINE);
    for (unsigned i = 0; i < c->patch_count && i < CASE_PATCHES; i++)
        for (unsigned j = 0; j < c->patches[i].length && j < CASE_PATCH_SIZE; j++) {
            u32 offset = c->patches[i].address + j - address;

            if (offset < CASE_LINE)
                line[offset] = c->patches[i].bytes[j];
        }
}

static const u8 *find_line(const Outcome *outcome, u32 address)
{
    for (unsigned i = 0; i < outcome->change_count && i < CASE_CHANGES; i++)
        if (outcome->changes[i].address == address)
            return outcome->changes[i].bytes;
    return NULL;
}

/* MXCSR_MASK in an image of the SSE state is the processor's own. */
static bool is_own_mask(const Case *c, const u8 *e, const u8 *g, const Outcome *expected,
                        const Outcome *got)
{
    InsnName name = c->row < opcode_row_count ? opcode_rows[c->row].name : INSN_COUNT;

    return (name == INSN_FXSAVE || name == INSN_XSAVE) && memcmp(e, g, 12) == 0 &&
           memcmp(e + 12, &expected->state.fx.mxcsr_mask, 4) == 0 &&
           memcmp(g + 12, &got->state.fx.mxcsr_mask, 4) == 0;
}

static void compare_line(Comparison *comparison, const Case *c, bool undefined, u32 address,
                         const Outcome *expected, const Outcome *got)
{
    const u8 *e = find_line(expected, address), *g = find_line(got, address);
    u8 before[CASE_LINE];

    line_before(c, address, before);
    e = e ? e : before;
    g = g ? g : before;
    for (unsigned i = 0; i < CASE_LINE; i += 16)
        if (!is_own_mask(c, e + i, g + i, expected, got))
            differ_in_result(comparison, undefined, DIFFERENT_MEMORY, address + i, 16, e + i,
                             g + i);
}

static void compare_memory(Comparison *comparison, const Case *c, bool undefined,
                           const Outcome *expected, const Outcome *got)
{
    if (expected->change_count == got->change_count && expected->change_hash == got->change_hash)
        return;
    for (unsigned i = 0; i < expected->change_count && i < CASE_CHANGES; i++)
        compare_line(comparison, c, undefined, expected->changes[i].address, expected, got);
    for (unsigned i = 0; i < got->change_count && i < CASE_CHANGES; i++)
        if (!find_line(expected, got->changes[i].address))
            compare_line(comparison, c, undefined, got->changes[i].address, expected, got);
    if (expected->change_count > CASE_CHANGES && comparison->equal) /* beyond what was kept */
        differ_in_result(comparison, undefined, DIFFERENT_MEMORY, 0, 8, &expected->change_hash,
                         &got->change_hash);
}

/* ---- the whole ---- */

/* Whether a page of the host's kernel is there is its own affair: bit 0 of the error code. */
static u32 comparable_error_code(const Outcome *outcome)
{
    bool kernel = outcome->vector == EXCEPTION_PF && outcome->address >> 63;

    return kernel ? outcome->error_code & ~(u32)PF_PRESENT : outcome->error_code;
}

u32 compare_undefined_flags(const Case *c)
{
    return undefined_after(c, c->before.rflags).flags;
}

void compare_outcomes(const Case *c, const Outcome *expected, const Outcome *got,
                      Comparison *comparison)
{
    Undefined undefined = undefined_after(c, expected->state.rflags);
    bool exception = expected->vector >= 0;

    comparison->equal = comparison->undefined_equal = true;
    comparison->count = 0;
    comparison->undefined_flags = 0;
    differ(comparison, DIFFERENT_STATUS, 0, 1, &expected->status, &got->status);
    if (expected->status != OUTCOME_DONE || got->status != OUTCOME_DONE)
        return;
    differ(comparison, DIFFERENT_VECTOR, 0, 2, &expected->vector, &got->vector);
    if (exception &&
        expected->state.rip == case_instruction(c)) /* the instruction did not happen */
        undefined = (Undefined){0};
    if (exception && expected->vector == got->vector) {
        u32 e = comparable_error_code(expected), g = comparable_error_code(got);

        differ(comparison, DIFFERENT_ERROR_CODE, 0, 4, &e, &g);
        differ(comparison, DIFFERENT_ADDRESS, 0, 8, &expected->address, &got->address);
    }
    compare_flags(comparison, undefined.flags, expected->state.rflags, got->state.rflags);
    compare_registers(comparison, c, undefined.destination, &expected->state, &got->state);
    compare_x87(comparison, &expected->state.fx, &got->state.fx, !exception);
    compare_memory(comparison, c, undefined.destination, expected, got);
}

/* ---- in words ---- */

static const char *register_name(const Case *c, unsigned number, char *text, size_t size)
{
    static const char *const names[] = {"AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI"};
    const char *prefix = c->mode == CASE_64 ? "R" : "E";

    if (number < 8)
        snprintf(text, size, "%s%s", prefix, names[number]);
    else
        snprintf(text, size, "R%u", number);
    return text;
}

const char *difference_name(const Case *c, const Difference *difference, char *text, size_t size)
{
    static const char *const names[] = {
        [DIFFERENT_STATUS] = "end",
        [DIFFERENT_VECTOR] = "exception",
        [DIFFERENT_ERROR_CODE] = "error code",
        [DIFFERENT_ADDRESS] = "CR2",
        [DIFFERENT_FLAGS] = "flags",
        [DIFFERENT_UNDEFINED] = "undefined flags",
        [DIFFERENT_X87_CONTROL] = "x87 control word",
        [DIFFERENT_X87_STATUS] = "x87 status word",
        [DIFFERENT_X87_TAGS] = "x87 registers in use",
        [DIFFERENT_MXCSR] = "MXCSR",
    };
    static const char *const pointers[] = {"x87 opcode", "x87 instruction pointer",
                                           "x87 code segment", "x87 operand pointer",
                                           "x87 operand segment"};
    unsigned number = difference->number;

    switch (difference->kind) {
    case DIFFERENT_RIP:
        snprintf(text, size, "%s", c->mode == CASE_64 ? "RIP" : "EIP");
        break;
    case DIFFERENT_GPR:
        return register_name(c, number & 15, text, size);
    case DIFFERENT_X87_POINTERS:
        snprintf(text, size, "%s", pointers[number % COUNT_OF(pointers)]);
        break;
    case DIFFERENT_ST:
        snprintf(text, size, "ST(%u)", number);
        break;
    case DIFFERENT_XMM:
        snprintf(text, size, "XMM%u", number);
        break;
    case DIFFERENT_YMM_HIGH:
        snprintf(text, size, "YMM%u, upper half", number);
        break;
    case DIFFERENT_MEMORY:
        snprintf(text, size, number ? "memory at %08X" : "lines of memory written", number);
        break;
    default:
        snprintf(text, size, "%s", names[difference->kind]);
    }
    return text;
}

static const char *flag_words(u32 set, u32 of, char *text, size_t size)
{
    static const struct {
        u32 flag;
        const char *name;
    } names[] = {{FLAG_OF, "OF"},   {FLAG_DF, "DF"},   {FLAG_SF, "SF"}, {FLAG_ZF, "ZF"},
                 {FLAG_AF, "AF"},   {FLAG_PF, "PF"},   {FLAG_CF, "CF"}, {FLAG_TF, "TF"},
                 {FLAG_IF, "IF"},   {FLAG_NT, "NT"},   {FLAG_AC, "AC"}, {FLAG_ID, "ID"},
                 {FLAG_VIF, "VIF"}, {FLAG_VIP, "VIP"}, {FLAG_VM, "VM"}, {FLAG_IOPL, "IOPL"}};
    size_t used = 0;

    *text = '\0';
    for (unsigned i = 0; i < COUNT_OF(names) && used < size; i++)
        if (of & names[i].flag)
            used += (size_t)snprintf(text + used, size - used, "%s%s=%d", used ? " " : "",
                                     names[i].name, (set & names[i].flag) != 0);
    return text;
}

const char *difference_value(const Case *c, const Difference *difference, bool got, char *text,
                             size_t size)
{
    static const char *const ends[] = {"ended", "did not end", "killed its process", "was refused"};
    const u8 *bytes = got ? difference->got : difference->expected;
    u64 value = 0;
    size_t used = 0;
    i16 vector;

    (void)c;
    memcpy(&value, bytes, difference->size < 8 ? difference->size : 8);
    switch (difference->kind) {
    case DIFFERENT_STATUS:
        snprintf(text, size, "%s", ends[value & 3]);
        return text;
    case DIFFERENT_VECTOR:
        memcpy(&vector, bytes, 2);
        if (vector >= 0 && *exception_name((unsigned)vector))
            snprintf(text, size, "%s", exception_name((unsigned)vector));
        else if (vector >= 0)
            snprintf(text, size, "vector %d", vector);
        else
            snprintf(text, size, "none");
        return text;
    case DIFFERENT_FLAGS:
    case DIFFERENT_UNDEFINED:
        return flag_words((u32)value, difference->number, text, size);
    default:
        *text = '\0';
        for (unsigned i = difference->size; i-- > 0 && used < size;)
            used += (size_t)snprintf(text + used, size - used, "%02X", bytes[i]);
        return text;
    }
}
