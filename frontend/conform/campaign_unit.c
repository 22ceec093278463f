#include "frontend/conform/campaign_unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/opcodes.h"
#include "frontend/conform/native.h"
#include "frontend/conform/neighbours.h"

bool worker_open(Worker *worker, const CampaignOptions *options, char *error, size_t error_size)
{
    memset(worker, 0, sizeof *worker);
    worker->options = options;
    worker->subject =
        subject_open(options->cpu ? options->cpu : "max", options->engine, error, error_size);
    if (!worker->subject)
        return false;
    worker->oracle = oracle_open(error, error_size);
    worker->decoder = calloc(1, sizeof *worker->decoder);
    if (!worker->oracle || !worker->decoder) {
        if (worker->oracle)
            snprintf(error, error_size, "the host is out of memory");
        worker_close(worker);
        return false;
    }
    worker->decoder->features = ~(FeatureSet)0;
    opcodes_index(worker->decoder);
    worker->generator.decoder = worker->decoder;
    return true;
}

void worker_close(Worker *worker)
{
    oracle_close(worker->oracle);
    subject_close(worker->subject);
    free(worker->decoder);
}

UnitStatus worker_unit_status(const Worker *worker, const Unit *unit)
{
    const OpcodeRow *row;

    if (!subject_has_mode(worker->subject, unit->mode))
        return UNIT_NOT_IN_MODEL;
    if (unit->row == CASE_NO_ROW)
        return UNIT_RUN;
    row = &opcode_rows[unit->row];
    if (row->attributes & (unit->mode == CASE_64 ? I64 : O64))
        return UNIT_NOT_IN_MODE;
    if (native_row_refusal(row))
        return UNIT_REFUSED;
    if (!subject_has_row(worker->subject, row, unit->mode))
        return UNIT_NOT_IN_MODEL;
    return native_has(row) ? UNIT_RUN : UNIT_NOT_ON_HOST;
}

/* ---- shrinking ---- */

/* Does the case fail, and in the same thing first? */
static bool still_fails(Worker *worker, const Case *c, u8 kind, Failure *failure)
{
    Failure tried = {.c = *c};
    Comparison comparison;
    char error[128];

    if (!oracle_run_one(worker->oracle, c, &tried.expected, error, sizeof error) ||
        tried.expected.status == OUTCOME_DIED)
        return false;
    subject_run(worker->subject, c, &tried.got);
    compare_outcomes(c, &tried.expected, &tried.got, &comparison);
    if (comparison.equal || comparison.count == 0 || comparison.differences[0].kind != kind)
        return false;
    *failure = tried;
    return true;
}

/* Zeroes a part of the case, unless the failure goes away with it. */
static void try_without(Worker *worker, Failure *failure, u8 kind, void *part, size_t size)
{
    u8 saved[sizeof(CasePatch)], zero[sizeof(CasePatch)] = {0};

    assert(size <= sizeof saved);
    if (memcmp(part, zero, size) == 0)
        return;
    memcpy(saved, part, size);
    memset(part, 0, size);
    Case smaller = failure->c;
    memcpy(part, saved, size);
    still_fails(worker, &smaller, kind, failure);
}

static void try_value(Worker *worker, Failure *failure, u8 kind, u32 *part, u32 value)
{
    u32 saved = *part;

    if (saved == value)
        return;
    *part = value;
    Case simpler = failure->c;
    *part = saved;
    still_fails(worker, &simpler, kind, failure);
}

static void try_without_neighbours(Worker *worker, Failure *failure, u8 kind)
{
    Case alone = failure->c;

    alone.behind.length = 0;
    if (failure->c.behind.length)
        still_fails(worker, &alone, kind, failure);
    alone = failure->c;
    alone.before.rip = case_instruction(&alone);
    alone.ahead.length = 0;
    if (failure->c.ahead.length)
        still_fails(worker, &alone, kind, failure);
}

static void shrink_x87(Worker *worker, Failure *failure, u8 kind)
{
    FxImage *fx = &failure->c.before.fx;
    Case plain = failure->c;

    for (unsigned i = 0; i < 8; i++)
        try_without(worker, failure, kind, fx->st[i], 16);
    plain = failure->c;
    plain.before.fx.status = plain.before.fx.tags = 0;
    plain.before.fx.control = 0x37F;
    if (still_fails(worker, &plain, kind, failure))
        return;
    plain = failure->c;
    plain.before.fx.status &= 0x3800;
    still_fails(worker, &plain, kind, failure);
    plain = failure->c;
    plain.before.fx.tags = 0xFF;
    still_fails(worker, &plain, kind, failure);
}

void worker_shrink(Worker *worker, Failure *failure)
{
    CaseState *state = &failure->c.before;
    Comparison comparison;
    u8 kind;

    compare_outcomes(&failure->c, &failure->expected, &failure->got, &comparison);
    if (comparison.count == 0)
        return;
    kind = comparison.differences[0].kind;
    try_without_neighbours(worker, failure, kind);
    for (unsigned i = 0; i < 16; i++) {
        try_without(worker, failure, kind, state->fx.xmm[i], 16);
        try_without(worker, failure, kind, state->ymm_high[i], 16);
        if (i != 4) /* RSP */
            try_without(worker, failure, kind, &state->gpr[i], 8);
    }
    shrink_x87(worker, failure, kind);
    try_value(worker, failure, kind, &state->fx.mxcsr, 0x1F80);
    for (u64 flag = 1; flag <= (u64)1 << 21; flag <<= 1)
        if (state->rflags & flag & ~(u64)2) {
            Case simpler = failure->c;

            simpler.before.rflags &= ~flag;
            still_fails(worker, &simpler, kind, failure);
        }
    for (unsigned i = 0; i < failure->c.patch_count; i++)
        try_without(worker, failure, kind, failure->c.patches[i].bytes, CASE_PATCH_SIZE);
}

/* ---- running ---- */

/* A failure is worth keeping when none is kept that differs in the same thing first. */
static bool is_new(const Unit *unit, const Comparison *comparison)
{
    for (unsigned i = 0; i < unit->failure_count; i++) {
        const Failure *kept = &unit->failures[i];
        Comparison other;

        compare_outcomes(&kept->c, &kept->expected, &kept->got, &other);
        if (other.count && other.differences[0].kind == comparison->differences[0].kind &&
            other.differences[0].number == comparison->differences[0].number)
            return false;
    }
    return unit->failure_count < CAMPAIGN_FAILURES;
}

/* Some processors lose the x87's pointers when a context switch comes between the end of a case and
 * FNSTENV. Then they are asked again. */
static bool lost_pointers(const Comparison *comparison)
{
    for (unsigned i = 0; i < comparison->count; i++)
        if (comparison->differences[i].kind != DIFFERENT_X87_POINTERS &&
            comparison->differences[i].kind != DIFFERENT_UNDEFINED)
            return false;
    return !comparison->equal;
}

static void judge(Worker *worker, Unit *unit, const Case *c, Outcome *expected)
{
    Comparison comparison;
    char error[128];
    Outcome got;

    if (expected->status != OUTCOME_DONE) {
        unit->not_run++;
        return;
    }
    unit->cases++;
    unit->exceptions += expected->vector >= 0;
    subject_run(worker->subject, c, &got);
    unit->translated += subject_was_translated(worker->subject);
    compare_outcomes(c, expected, &got, &comparison);
    for (unsigned i = 0; i < 3 && lost_pointers(&comparison); i++) {
        if (!oracle_run_one(worker->oracle, c, expected, error, sizeof error))
            break;
        compare_outcomes(c, expected, &got, &comparison);
    }
    if (comparison.equal) {
        unit->undefined_different += !comparison.undefined_equal;
        unit->undefined_flags |= comparison.undefined_flags;
        return;
    }
    unit->different++;
    if (is_new(unit, &comparison)) {
        Failure *failure = &unit->failures[unit->failure_count++];

        failure->c = *c;
        failure->expected = *expected;
        failure->got = got;
    }
}

static bool generate(Worker *worker, const Unit *unit, Case *c)
{
    const CampaignOptions *options = worker->options;

    if (unit->row == CASE_NO_ROW)
        return generate_code(&worker->generator, options->code, options->code_length, c);
    return generate_row(&worker->generator, &opcode_rows[unit->row], c);
}

/* The same case between other instructions; false: there is no room for them. */
static bool surround(Worker *worker, const Case *from, Case *to)
{
    if (!worker->options->neighbours || from->row == CASE_NO_ROW)
        return false;
    *to = *from;
    return neighbours_add(&worker->neighbours, to,
                          cpu_has(subject_cpu(worker->subject), FEATURE_SSE));
}

/* Fills the oracle's batch with `count` cases, and with those among neighbours in between; fewer
 * when the row can hardly be encoded. */
static unsigned fill_batch(Worker *worker, const Unit *unit, unsigned count, unsigned *made)
{
    Case *cases = oracle_cases(worker->oracle);
    unsigned filled = 0;

    *made = 0;
    for (unsigned failed = 0; *made < count && failed < 20;) {
        if (!generate(worker, unit, &cases[filled])) {
            failed++;
            continue;
        }
        ++*made;
        filled++;
        filled += surround(worker, &cases[filled - 1], &cases[filled]);
    }
    return filled;
}

bool worker_run(Worker *worker, Unit *unit, u64 *done, u64 *different, char *error,
                size_t error_size)
{
    u64 left = worker->options->cases;
    unsigned batch = worker->options->neighbours ? ORACLE_BATCH / 2 : ORACLE_BATCH, made;

    worker->generator.mode = unit->mode;
    random_seed(&worker->generator.random,
                worker->options->seed * 0x9E3779B97F4A7C15 + unit->row * 4u + unit->mode);
    random_seed(&worker->neighbours, worker->generator.random.state);
    while (left) {
        unsigned wanted = left < batch ? (unsigned)left : batch;
        unsigned count = fill_batch(worker, unit, wanted, &made), kept = unit->failure_count;
        u64 before = unit->different;

        if (!oracle_run(worker->oracle, count, error, error_size))
            return false;
        for (unsigned i = 0; i < count; i++) {
            Outcome expected = oracle_outcomes(worker->oracle)[i];

            judge(worker, unit, &oracle_cases(worker->oracle)[i], &expected);
        }
        for (; kept < unit->failure_count; kept++)
            worker_shrink(worker, &unit->failures[kept]);
        __atomic_fetch_add(done, made, __ATOMIC_RELAXED);
        __atomic_fetch_add(different, unit->different - before, __ATOMIC_RELAXED);
        left -= made;
        if (made < wanted)
            break;
    }
    if (unit->cases + unit->not_run == 0)
        unit->status = UNIT_UNENCODABLE;
    return true;
}
