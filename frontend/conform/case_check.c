/*
 * Is an outcome what a case file expects? What it does not mention must be as before, but for
 * flags, RIP, the x87 and MXCSR, which are looked at only when they are mentioned.
 */
#include <inttypes.h>
#include <string.h>

#include "cpu/cpu.h"
#include "frontend/conform/case_file.h"
#include "frontend/conform/compare.h"

typedef struct Check {
    FILE *file;
    const char *indent;
    const CaseSpec *spec;
    const Outcome *outcome;
    unsigned count;
} Check;

static void report(Check *check, const char *what, const char *expected, const char *got)
{
    fprintf(check->file, "%s%s: expected %s, got %s\n", check->indent, what, expected, got);
    check->count++;
}

static void check_exception(Check *check)
{
    const CaseSpec *spec = check->spec;
    const Outcome *outcome = check->outcome;
    char expected[32], got[32];

    if (outcome->vector != spec->vector) {
        report(check, "exception", vector_name(spec->vector), vector_name(outcome->vector));
        return;
    }
    if (spec->has_error_code && outcome->error_code != spec->error_code) {
        snprintf(expected, sizeof expected, "%X", spec->error_code);
        snprintf(got, sizeof got, "%X", outcome->error_code);
        report(check, "error code", expected, got);
    }
    if (spec->has_address && outcome->address != spec->address) {
        snprintf(expected, sizeof expected, "%08" PRIX64, spec->address);
        snprintf(got, sizeof got, "%08" PRIX64, outcome->address);
        report(check, "address", expected, got);
    }
}

static void check_place(Check *check, const Place *place, const u8 *expected, const u8 *got)
{
    char name[64], expected_words[200], got_words[200];

    if (memcmp(expected, got, place->size) == 0)
        return;
    place_name(place, check->spec->c.mode, name, sizeof name);
    place_value_words(place, expected, expected_words, sizeof expected_words);
    place_value_words(place, got, got_words, sizeof got_words);
    report(check, name, expected_words, got_words);
}

/* The six of arithmetic and DF, but for those that the manual leaves undefined. */
static void check_flags(Check *check, const Place *place, const u8 *value)
{
    u32 mask = (FLAGS_ARITHMETIC | FLAG_DF) & ~compare_undefined_flags(&check->spec->c);
    u32 expected, got = (u32)check->outcome->state.rflags & mask;

    memcpy(&expected, value, sizeof expected);
    expected &= mask;
    check_place(check, place, (const u8 *)&expected, (const u8 *)&got);
}

/* ---- memory ---- */

static u8 byte_before(const Case *c, u32 address)
{
    u8 value = 0;

    for (unsigned i = 0; i < c->patch_count && i < CASE_PATCHES; i++)
        if (address - c->patches[i].address < c->patches[i].length)
            value = c->patches[i].bytes[address - c->patches[i].address];
    return value;
}

static u8 byte_after(const Case *c, const Outcome *outcome, u32 address)
{
    for (unsigned i = 0; i < outcome->change_count && i < CASE_CHANGES; i++)
        if (address - outcome->changes[i].address < CASE_LINE)
            return outcome->changes[i].bytes[address - outcome->changes[i].address];
    return byte_before(c, address);
}

static bool is_mentioned(const CaseSpec *spec, u32 address)
{
    for (unsigned i = 0; i < spec->expected_count; i++) {
        const Place *place = &spec->expected[i].place;

        if (place->kind == PLACE_MEMORY && address - place->address < place->size)
            return true;
    }
    return false;
}

/* Bytes that changed though nothing said so; at most one line of them. */
static void check_other_memory(Check *check)
{
    const Case *c = &check->spec->c;
    const Outcome *outcome = check->outcome;

    for (unsigned i = 0; i < outcome->change_count && i < CASE_CHANGES; i++)
        for (unsigned j = 0; j < CASE_LINE; j++) {
            u32 address = outcome->changes[i].address + j;
            u8 before = byte_before(c, address), after = outcome->changes[i].bytes[j];
            Place place = {.kind = PLACE_MEMORY, .address = address, .size = 1};

            if (before == after || is_mentioned(check->spec, address) || address >= CASE_CODE)
                continue;
            check_place(check, &place, &before, &after);
            return;
        }
}

/* ---- all ---- */

static void check_mentioned(Check *check, CaseState *want)
{
    const CaseSpec *spec = check->spec;

    for (unsigned i = 0; i < spec->expected_count; i++) {
        const ExpectedValue *expected = &spec->expected[i];
        u8 got[PLACE_BYTES] = {0};

        if (expected->place.kind == PLACE_FLAGS) {
            check_flags(check, &expected->place, expected->value);
            continue;
        }
        if (expected->place.kind == PLACE_MEMORY) {
            for (unsigned j = 0; j < expected->place.size; j++)
                got[j] = byte_after(&spec->c, check->outcome, expected->place.address + j);
        } else {
            place_load(&check->outcome->state, &expected->place, got);
            place_store(want, &expected->place, expected->value);
        }
        check_place(check, &expected->place, expected->value, got);
    }
}

/* The parts of `want` that nobody mentioned are as before. A register that was mentioned in part
 * has been reported already when that part differs: it is not looked at again. */
static void check_unmentioned(Check *check, const CaseState *want)
{
    const Case *c = &check->spec->c;
    bool is_long = c->mode == CASE_64, ymm = c->flags & CASE_USES_YMM;
    unsigned before = check->count;

    for (unsigned i = 0; i < (is_long ? 16u : 8u) && !before; i++) {
        Place place = {.kind = PLACE_GPR, .number = (u8)i, .size = is_long ? 8 : 4};

        check_place(check, &place, (const u8 *)&want->gpr[i],
                    (const u8 *)&check->outcome->state.gpr[i]);
    }
    for (unsigned i = 0; i < (is_long ? 16u : 8u) && !before; i++) {
        Place place = {.kind = ymm ? PLACE_YMM : PLACE_XMM, .number = (u8)i, .size = ymm ? 32 : 16};
        u8 expected[PLACE_BYTES], got[PLACE_BYTES];

        place_load(want, &place, expected);
        place_load(&check->outcome->state, &place, got);
        check_place(check, &place, expected, got);
    }
    if (!before)
        check_other_memory(check);
}

unsigned case_check(FILE *file, const CaseSpec *spec, const Outcome *outcome, const char *indent)
{
    Check check = {.file = file, .indent = indent, .spec = spec, .outcome = outcome};
    CaseState want = spec->c.before;
    char where[40];

    if (outcome->status == OUTCOME_DIED || outcome->status == OUTCOME_REFUSED) {
        report(&check, "the case", "a result", "none: it could not be run");
        return check.count;
    }
    if (outcome->status == OUTCOME_LOST) {
        snprintf(where, sizeof where, "RIP = %08" PRIX64, outcome->state.rip);
        report(&check, "the case", "to end behind the instruction or at 'target'", where);
        return check.count;
    }
    check_exception(&check);
    check_mentioned(&check, &want);
    check_unmentioned(&check, &want);
    return check.count;
}
