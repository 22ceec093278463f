/*
 * The conformance runner, and a reduced campaign: every row in every mode on the processor under us
 * and on both engines.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "frontend/conform/campaign_unit.h"
#include "frontend/conform/words.h"

/* The sanitizer maps pages where cases expect that nothing is: in its builds the host disagrees. */
#ifdef __SANITIZE_ADDRESS__
enum { PAGES_ARE_OURS = false };
#else
enum { PAGES_ARE_OURS = true };
#endif

/* Says why where the host cannot be the oracle. */
static bool oracle_is_here(void)
{
    char error[256];
    Oracle *oracle;

    if (!PAGES_ARE_OURS) {
        fprintf(stderr, "conform: skipped: the sanitizer's memory is in the way\n");
        return false;
    }
    oracle = oracle_open(error, sizeof error);
    if (!oracle)
        fprintf(stderr, "conform: skipped: %s\n", error);
    oracle_close(oracle);
    return oracle != NULL;
}

static void print_failures(const Campaign *campaign)
{
    for (unsigned i = 0; i < campaign->unit_count; i++)
        for (unsigned j = 0; j < campaign->units[i].failure_count; j++)
            words_failure(stderr, &campaign->units[i].failures[j], "");
}

static void expect_no_difference(const CampaignOptions *options)
{
    Campaign campaign;
    char error[256];

    cr_assert(campaign_run(&campaign, options, NULL, NULL, error, sizeof error), "%s", error);
    cr_expect_eq(campaign.different, 0);
    cr_expect_eq(campaign.not_run, 0);
    cr_expect_gt(campaign.cases, 0);
    if (options->engine == SUBJECT_TRANSLATOR)
        cr_expect_gt(campaign.translated, campaign.cases / 8, "generated code has hardly run");
    print_failures(&campaign);
    campaign_free(&campaign);
}

Test(conform, reduced_campaign, .timeout = 600)
{
    if (oracle_is_here())
        expect_no_difference(&(CampaignOptions){.seed = 1, .cases = 100});
}

Test(conform, reduced_campaign_on_the_translator, .timeout = 600)
{
    if (oracle_is_here())
        expect_no_difference(&(CampaignOptions){
            .seed = 3, .cases = 30, .engine = SUBJECT_TRANSLATOR, .neighbours = true});
}

/* Instructions that once differed, each with more cases than it gets above. */
typedef struct FormerlyDifferent {
    unsigned mode;
    u8 length, code[INSN_MAX_LENGTH];
} FormerlyDifferent;

static const FormerlyDifferent formerly_different[] = {
    {CASE_32, 2, {0xD8, 0xD1}},             /* FCOM: conditions despite an unmasked exception */
    {CASE_32, 2, {0xDB, 0xF1}},             /* FCOMI: the same with flags; C1 stays */
    {CASE_32, 2, {0xDB, 0x13}},             /* FIST: the address is checked first */
    {CASE_32, 2, {0xDB, 0x3B}},             /* FSTP m80: in pieces */
    {CASE_16, 2, {0xDF, 0x37}},             /* FBSTP: the same */
    {CASE_32, 2, {0xD9, 0x33}},             /* FNSTENV: its first field, then its last byte */
    {CASE_32, 2, {0xDD, 0x23}},             /* FRSTOR: the same */
    {CASE_16, 3, {0x0F, 0xAE, 0x07}},       /* FXSAVE: limit, alignment, last byte */
    {CASE_32, 4, {0x66, 0x0F, 0xAE, 0x0B}}, /* FXRSTOR: not with this prefix */
    {CASE_16, 3, {0x0F, 0x28, 0x07}},       /* MOVAPS: alignment before the limit */
    {CASE_32, 4, {0xF3, 0x0F, 0x59, 0xC1}}, /* MULSS: PE beside an unmasked underflow */
    {CASE_32, 3, {0x0F, 0xF7, 0xC1}},       /* MASKMOVQ: all bytes are checked */
    {CASE_32, 3, {0x0F, 0x2D, 0xC1}},       /* CVTPS2PI: MMX registers, and then an exception */
    {CASE_64, 3, {0xC1, 0xC7, 0x20}},       /* ROL by 0 clears an upper half */
    {CASE_32, 1, {0x61}},                   /* POPA: what was popped before a fault */
    {CASE_32, 2, {0x63, 0x0B}},             /* ARPL: a selector that stays is not written */
    {CASE_32, 1, {0xA7}},                   /* CMPS: ES:EDI first */
    {CASE_16, 5, {0x66, 0xC8, 8, 0, 1}},    /* ENTER: all of ESP */
    {CASE_16, 2, {0xFF, 0xD3}},             /* CALL: the stack before the target */
    {CASE_64, 3, {0x0F, 0xAE, 0x2B}},       /* XRSTOR: first byte, header, last byte */
    {CASE_64, 5, {0xC4, 0xE2, 0x7D, 0x9D, 0xC1}},       /* VFNMADD132SS: PE as above */
    {CASE_64, 6, {0xC4, 0xE3, 0x7D, 0x1D, 0x1B, 0x00}}, /* VCVTPS2PH: the address first */
    {CASE_64, 6, {0xC4, 0xE2, 0xF9, 0x92, 0x34, 0x97}}, /* VGATHERDPD: masks at a fault */
};

Test(conform, former_differences, .timeout = 600)
{
    CampaignOptions options = {.seed = 2, .cases = 2000};

    for (unsigned i = 0; i < COUNT_OF(formerly_different) && oracle_is_here(); i++) {
        options.modes = 1u << formerly_different[i].mode;
        options.code_length = formerly_different[i].length;
        memcpy(options.code, formerly_different[i].code, options.code_length);
        expect_no_difference(&options);
    }
}

static const FormerlyDifferent formerly_different_translated[] = {
    {CASE_32, 6, {0x66, 0x0F, 0x3A, 0x15, 0xC8, 0x05}}, /* PEXTRW: r/m is the destination */
};

Test(conform, former_differences_on_the_translator, .timeout = 600)
{
    CampaignOptions options = {.seed = 2, .cases = 2000, .engine = SUBJECT_TRANSLATOR};

    for (unsigned i = 0; i < COUNT_OF(formerly_different_translated) && oracle_is_here(); i++) {
        options.modes = 1u << formerly_different_translated[i].mode;
        options.code_length = formerly_different_translated[i].length;
        memcpy(options.code, formerly_different_translated[i].code, options.code_length);
        expect_no_difference(&options);
    }
}

/* ---- the generator ---- */

static Worker worker;

static bool open_worker(void)
{
    static const CampaignOptions options = {.seed = 1, .cases = 1};
    char error[256];
    bool opened = worker_open(&worker, &options, error, sizeof error);

    if (!opened)
        fprintf(stderr, "conform: skipped: %s\n", error);
    return opened;
}

static bool generate(unsigned row, CaseMode mode, u64 seed, Case *c)
{
    worker.generator.mode = mode;
    random_seed(&worker.generator.random, seed);
    return generate_row(&worker.generator, &opcode_rows[row], c);
}

Test(conform, same_seed_same_case)
{
    Case a, b;
    unsigned made = 0;

    if (!open_worker())
        return;
    for (unsigned row = 0; row < opcode_row_count; row++)
        if (generate(row, CASE_32, row, &a)) {
            cr_assert(generate(row, CASE_32, row, &b));
            /* Both were cleared first. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
            cr_expect_eq(memcmp(&a, &b, sizeof a), 0, "row %u", row);
            made++;
        }
    cr_expect_gt(made, 500);
    worker_close(&worker);
}

/* ---- the comparison finds what it is to find ---- */

static void expect_difference(const Case *c, Outcome *changed, const Outcome *as_it_was, u8 kind)
{
    Comparison comparison;

    compare_outcomes(c, as_it_was, changed, &comparison);
    cr_expect_not(comparison.equal);
    cr_assert_geq(comparison.count, 1);
    cr_expect_eq(comparison.differences[0].kind, kind, "%u, not %u", comparison.differences[0].kind,
                 kind);
    *changed = *as_it_was;
}

Test(conform, every_part_is_compared)
{
    static const u8 code[] = {0x01, 0x03}; /* ADD [EBX], EAX */
    Outcome was, changed;
    char error[128];
    Case c;

    if (!open_worker())
        return;
    case_init(&c, CASE_32, code, sizeof code);
    c.before.gpr[RBX] = CASE_DATA + 0x100;
    c.before.gpr[RAX] = 0x12345678;
    cr_assert(oracle_run_one(worker.oracle, &c, &was, error, sizeof error), "%s", error);
    cr_assert_eq(was.status, OUTCOME_DONE);
    cr_expect_eq(was.vector, -1);
    cr_assert_eq(was.change_count, 1);
    changed = was;
    changed.state.gpr[RSI] ^= 1;
    expect_difference(&c, &changed, &was, DIFFERENT_GPR);
    changed.state.rip++;
    expect_difference(&c, &changed, &was, DIFFERENT_RIP);
    changed.state.rflags ^= FLAG_CF;
    expect_difference(&c, &changed, &was, DIFFERENT_FLAGS);
    changed.state.fx.st[7][9] ^= 1;
    expect_difference(&c, &changed, &was, DIFFERENT_ST);
    changed.state.fx.tags ^= 1;
    expect_difference(&c, &changed, &was, DIFFERENT_X87_TAGS);
    changed.state.fx.control ^= 1;
    expect_difference(&c, &changed, &was, DIFFERENT_X87_CONTROL);
    changed.state.fx.status ^= 1;
    expect_difference(&c, &changed, &was, DIFFERENT_X87_STATUS);
    changed.state.fx.xmm[7][15] ^= 1;
    expect_difference(&c, &changed, &was, DIFFERENT_XMM);
    changed.state.fx.mxcsr ^= 1;
    expect_difference(&c, &changed, &was, DIFFERENT_MXCSR);
    changed.vector = 13;
    expect_difference(&c, &changed, &was, DIFFERENT_VECTOR);
    changed.changes[0].bytes[5] ^= 1;
    changed.change_hash++;
    expect_difference(&c, &changed, &was, DIFFERENT_MEMORY);
    changed.status = OUTCOME_LOST;
    expect_difference(&c, &changed, &was, DIFFERENT_STATUS);
    worker_close(&worker);
}

/* ---- what must not run ---- */

/* JMP to itself: its child is killed, and the next case runs in a new one. */
Test(conform, an_endless_case_ends, .timeout = 300)
{
    static const u8 endless[] = {0xEB, 0xFE}, nop[] = {0x90};
    char error[128];
    Outcome outcome;
    Case c;

    if (!open_worker())
        return;
    case_init(&c, CASE_64, endless, sizeof endless);
    cr_assert(oracle_run_one(worker.oracle, &c, &outcome, error, sizeof error), "%s", error);
    cr_expect_eq(outcome.status, OUTCOME_DIED);
    case_init(&c, CASE_64, nop, sizeof nop);
    cr_assert(oracle_run_one(worker.oracle, &c, &outcome, error, sizeof error), "%s", error);
    cr_expect_eq(outcome.status, OUTCOME_DONE);
    worker_close(&worker);
}

Test(conform, system_calls_are_refused)
{
    static const struct {
        u8 mode, length, code[4];
    } forbidden[] = {
        {CASE_32, 2, {0xCD, 0x80}}, {CASE_64, 2, {0xCD, 0x80}},       {CASE_64, 2, {0x0F, 0x05}},
        {CASE_32, 2, {0x0F, 0x05}}, {CASE_64, 3, {0x66, 0x0F, 0x05}}, {CASE_32, 2, {0x0F, 0x34}},
        {CASE_64, 2, {0x0F, 0x34}}, {CASE_16, 3, {0x66, 0xCD, 0x80}},
    };
    char error[128];
    Outcome outcome;
    Case c;

    if (!open_worker())
        return;
    for (unsigned i = 0; i < COUNT_OF(forbidden); i++) {
        case_init(&c, forbidden[i].mode, forbidden[i].code, forbidden[i].length);
        cr_assert(oracle_run_one(worker.oracle, &c, &outcome, error, sizeof error));
        cr_expect_eq(outcome.status, OUTCOME_REFUSED, "number %u", i);
    }
    case_init(&c, CASE_64, (const u8[]){0x90}, 1);
    c.behind = (CaseNeighbour){2, {0x0F, 0x05}};
    cr_assert(oracle_run_one(worker.oracle, &c, &outcome, error, sizeof error));
    cr_expect_eq(outcome.status, OUTCOME_REFUSED, "a neighbour");
    worker_close(&worker);
}
