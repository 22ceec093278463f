/*
 * The campaign's main process: makes the list of units, starts workers that take one after the
 * other from it, and adds up. Workers are processes, so that one that fails takes nothing with it.
 */
#include "frontend/conform/campaign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "cpu/opcodes.h"
#include "frontend/conform/campaign_unit.h"
#include "frontend/conform/native.h"

enum { MOST_JOBS = 64, POLL_NS = 50000000 };

/* What main process and workers share. */
typedef struct Shared {
    u32 next;                  /* unit to be taken */
    u64 done, different;       /* cases */
    u32 working_on[MOST_JOBS]; /* unit + 1; 0: none */
    char error[256];           /* of a worker that gave up */
    Unit units[];
} Shared;

static size_t shared_size(unsigned units)
{
    return sizeof(Shared) + units * sizeof(Unit);
}

/* ---- groups ---- */

/* By the order of instructions.def, then by feature. */
static const struct {
    u16 first;
    const char *name;
} groups_by_name[] = {
    {INSN_ADD, "arithmetic and logic"},
    {INSN_MUL, "multiply, divide, decimal"},
    {INSN_ROL, "shifts"},
    {INSN_BT, "bits"},
    {INSN_MOV, "moves"},
    {INSN_PUSH, "stack"},
    {INSN_JO, "near branches"},
    {INSN_JMPF, "far transfers"},
    {INSN_INT, "interrupts"},
    {INSN_MOVS, "strings and ports"},
    {INSN_CLC, "flags"},
    {INSN_MOVSEG, "segments"},
    {INSN_LGDT, "system"},
    {INSN_FWAIT, "x87"},
};

static const struct {
    Feature feature;
    const char *name;
} groups_by_feature[] = {
    {FEATURE_MMX, "MMX"},          {FEATURE_FXSR, "FXSAVE"},  {FEATURE_SSE, "SSE"},
    {FEATURE_SSE2, "SSE2"},        {FEATURE_SSE3, "SSE3"},    {FEATURE_SSSE3, "SSSE3"},
    {FEATURE_SSE41, "SSE4.1"},     {FEATURE_SSE42, "SSE4.2"}, {FEATURE_POPCNT, "POPCNT"},
    {FEATURE_LZCNT, "LZCNT"},      {FEATURE_MOVBE, "MOVBE"},  {FEATURE_AES, "AES"},
    {FEATURE_PCLMUL, "PCLMULQDQ"}, {FEATURE_ADX, "ADX"},      {FEATURE_SHA, "SHA"},
    {FEATURE_BMI1, "BMI1"},        {FEATURE_BMI2, "BMI2"},    {FEATURE_XSAVE, "XSAVE"},
    {FEATURE_AVX, "AVX"},          {FEATURE_AVX2, "AVX2"},    {FEATURE_F16C, "F16C"},
    {FEATURE_FMA, "FMA"},
};

enum { OTHERS = COUNT_OF(groups_by_name) + COUNT_OF(groups_by_feature) };

const char *campaign_group_name(unsigned group)
{
    if (group < COUNT_OF(groups_by_name))
        return groups_by_name[group].name;
    if (group < OTHERS)
        return groups_by_feature[group - COUNT_OF(groups_by_name)].name;
    return group == OTHERS ? "others" : NULL;
}

unsigned campaign_group(const OpcodeRow *row)
{
    Feature feature = row_feature(row);
    unsigned group = 0;

    for (unsigned i = 0; i < COUNT_OF(groups_by_feature); i++)
        if (groups_by_feature[i].feature == feature)
            return COUNT_OF(groups_by_name) + i;
    for (unsigned i = 0; i < COUNT_OF(groups_by_name); i++)
        if (row->name >= groups_by_name[i].first)
            group = i;
    return group;
}

/* ---- the list ---- */

static unsigned list_units(const CampaignOptions *options, Unit *units)
{
    unsigned count = 0;

    for (unsigned row = 0; row <= opcode_row_count; row++) {
        bool of_code = row == opcode_row_count;

        if (of_code ? !options->code_length
                    : options->code_length || (options->rows && !options->rows[row]))
            continue;
        for (unsigned mode = 0; mode < CASE_MODES; mode++) {
            if (options->modes && !bit(options->modes, mode))
                continue;
            if (units) {
                units[count].row = of_code ? CASE_NO_ROW : (u16)row;
                units[count].mode = (u8)mode;
            }
            count++;
        }
    }
    return count;
}

/* ---- workers ---- */

static _Noreturn void work(Shared *shared, unsigned job, const CampaignOptions *options,
                           unsigned unit_count)
{
    Worker worker;
    u32 unit;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!worker_open(&worker, options, shared->error, sizeof shared->error))
        _exit(1);
    while ((unit = __atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED)) < unit_count) {
        if (shared->units[unit].status != UNIT_RUN)
            continue;
        __atomic_store_n(&shared->working_on[job], unit + 1, __ATOMIC_RELAXED);
        if (!worker_run(&worker, &shared->units[unit], &shared->done, &shared->different,
                        shared->error, sizeof shared->error))
            _exit(1);
    }
    worker_close(&worker);
    _exit(0);
}

static pid_t start(Shared *shared, unsigned job, const CampaignOptions *options,
                   unsigned unit_count)
{
    pid_t pid;

    fflush(NULL); /* or both would write what is in the buffers */
    pid = fork();
    if (pid == 0)
        work(shared, job, options, unit_count);
    return pid;
}

/* A worker ended by a signal lost the unit it had; another takes its place. */
static pid_t replace(Shared *shared, unsigned job, const Campaign *campaign)
{
    u32 lost = shared->working_on[job];

    shared->working_on[job] = 0;
    if (!lost)
        return -1;
    shared->units[lost - 1].not_run += campaign->options.cases - shared->units[lost - 1].cases;
    return start(shared, job, &campaign->options, campaign->unit_count);
}

/* Waits for all of them. */
static void supervise(Shared *shared, pid_t *pids, unsigned jobs, const Campaign *campaign,
                      CampaignProgress *progress, void *owner, u64 total)
{
    const struct timespec nap = {.tv_nsec = POLL_NS};
    unsigned running = jobs;

    while (running) {
        running = 0;
        for (unsigned job = 0; job < jobs; job++) {
            int status;

            if (pids[job] <= 0)
                continue;
            if (waitpid(pids[job], &status, WNOHANG) == 0)
                running++;
            else if (WIFSIGNALED(status))
                running += (pids[job] = replace(shared, job, campaign)) > 0;
            else
                pids[job] = 0;
        }
        if (progress)
            progress(owner, __atomic_load_n(&shared->done, __ATOMIC_RELAXED), total,
                     __atomic_load_n(&shared->different, __ATOMIC_RELAXED));
        if (running)
            nanosleep(&nap, NULL);
    }
}

/* ---- the whole ---- */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static unsigned choose_jobs(const CampaignOptions *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned jobs = options->jobs;

    if (!jobs)
        jobs = processors > 0 ? (unsigned)processors : 1;
    return jobs < MOST_JOBS ? jobs : MOST_JOBS;
}

/* Also finds out whether it can be run here at all, before any worker is started. */
static bool find_statuses(Campaign *campaign, u64 *total, char *error, size_t error_size)
{
    Worker worker;

    if (!worker_open(&worker, &campaign->options, error, error_size))
        return false;
    for (unsigned i = 0; i < campaign->unit_count; i++) {
        Unit *unit = &campaign->units[i];

        unit->status = (u8)worker_unit_status(&worker, unit);
        *total += unit->status == UNIT_RUN ? campaign->options.cases : 0;
    }
    worker_close(&worker);
    return true;
}

static void add_up(Campaign *campaign)
{
    for (unsigned i = 0; i < campaign->unit_count; i++) {
        const Unit *unit = &campaign->units[i];

        campaign->cases += unit->cases;
        campaign->exceptions += unit->exceptions;
        campaign->different += unit->different;
        campaign->undefined_different += unit->undefined_different;
        campaign->not_run += unit->not_run;
        campaign->translated += unit->translated;
    }
}

bool campaign_run(Campaign *campaign, const CampaignOptions *options, CampaignProgress *progress,
                  void *owner, char *error, size_t error_size)
{
    double begun = now();
    unsigned jobs = choose_jobs(options);
    pid_t pids[MOST_JOBS];
    Shared *shared;
    u64 total = 0;

    *campaign = (Campaign){.options = *options};
    campaign->unit_count = list_units(options, NULL);
    shared = mmap(NULL, shared_size(campaign->unit_count), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (shared == MAP_FAILED) {
        snprintf(error, error_size, "the host is out of memory");
        return false;
    }
    campaign->units = shared->units;
    list_units(options, campaign->units);
    native_name(campaign->host, sizeof campaign->host);
    if (!find_statuses(campaign, &total, error, error_size)) {
        campaign_free(campaign);
        return false;
    }
    for (unsigned job = 0; job < jobs; job++)
        pids[job] = start(shared, job, &campaign->options, campaign->unit_count);
    supervise(shared, pids, jobs, campaign, progress, owner, total);
    add_up(campaign);
    campaign->seconds = now() - begun;
    if (*shared->error || shared->next < campaign->unit_count) {
        snprintf(error, error_size, "%.*s", (int)sizeof shared->error - 1,
                 *shared->error ? shared->error : "no process could be started");
        campaign_free(campaign);
        return false;
    }
    return true;
}

void campaign_free(Campaign *campaign)
{
    if (campaign->units)
        munmap((u8 *)campaign->units - offsetof(Shared, units), shared_size(campaign->unit_count));
    campaign->units = NULL;
    campaign->unit_count = 0;
}

void unit_sums_add(UnitSums *sums, const Unit *unit)
{
    sums->units += unit->status == UNIT_RUN;
    sums->cases += unit->cases;
    sums->exceptions += unit->exceptions;
    sums->different += unit->different;
    sums->undefined += unit->undefined_different;
    sums->not_run += unit->not_run;
    sums->translated += unit->translated;
}

bool campaign_unit_belongs(const Unit *unit, unsigned group)
{
    return unit->row == CASE_NO_ROW ? !campaign_group_name(group)
                                    : campaign_group(&opcode_rows[unit->row]) == group;
}

UnitSums campaign_group_sums(const Campaign *campaign, unsigned group)
{
    UnitSums sums = {0};

    for (unsigned i = 0; i < campaign->unit_count; i++)
        if (campaign_unit_belongs(&campaign->units[i], group))
            unit_sums_add(&sums, &campaign->units[i]);
    return sums;
}
