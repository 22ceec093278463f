/*
 * The engines against each other: random programs in every mode, until a time, a number of programs
 * or of blocks is reached. A difference is shrunk and printed so that it can be looked at and run
 * again: everything follows from the program's own seed.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/fuzz/pair.h"

typedef struct Options {
    u64 seed, count, blocks; /* 0: no limit; programs and blocks are of each mode */
    double seconds;
    unsigned modes; /* bit n: ArenaMode n */
    u32 without;    /* as translator_set_passes() has it */
    bool once;      /* the program of this seed alone */
} Options;

static const char usage[] =
    "Usage: fuzz-engines [OPTION...]\n"
    "Runs random programs on the interpreter and on the translator, and compares the machines.\n"
    "\n"
    "  --seconds N    stop after so long (60, unless there is another limit)\n"
    "  --count N      programs in each mode\n"
    "  --blocks N     translated blocks in each mode\n"
    "  --seed N       the first program's (by the time of day); printed with every difference\n"
    "  --mode NAME    real, vm86, 16, 32 or 64; may be given twice\n"
    "  --without N    bits: what the translator leaves out, 1 fuse, 2 flags, 4 slots ...\n"
    "  --once         only the one program of that seed and mode\n";

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static const char *const mode_words[ARENA_MODES] = {"real", "vm86", "16", "32", "64"};

static bool parse_mode(Options *options, const char *word)
{
    for (unsigned mode = 0; mode < ARENA_MODES; mode++)
        if (strcmp(word, mode_words[mode]) == 0) {
            options->modes |= 1u << mode;
            return true;
        }
    fprintf(stderr, "fuzz-engines: --mode is real, vm86, 16, 32 or 64, not '%s'\n", word);
    return false;
}

static bool parse(Options *options, int argc, char **argv)
{
    static const struct option names[] = {{"seconds", required_argument, NULL, 't'},
                                          {"count", required_argument, NULL, 'c'},
                                          {"blocks", required_argument, NULL, 'b'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"mode", required_argument, NULL, 'm'},
                                          {"once", no_argument, NULL, 'o'},
                                          {"without", required_argument, NULL, 'w'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
        switch (option) {
        case 't':
            options->seconds = atof(optarg);
            break;
        case 'c':
            options->count = strtoull(optarg, NULL, 0);
            break;
        case 'b':
            options->blocks = strtoull(optarg, NULL, 0);
            break;
        case 's':
            options->seed = strtoull(optarg, NULL, 0);
            break;
        case 'm':
            if (!parse_mode(options, optarg))
                return false;
            break;
        case 'w':
            options->without = (u32)strtoul(optarg, NULL, 0);
            break;
        case 'o':
            options->once = true;
            break;
        default:
            fputs(usage, stderr);
            return false;
        }
    if (!options->modes)
        options->modes = (1u << ARENA_MODES) - 1;
    if (!options->count && !options->blocks && options->seconds == 0)
        options->seconds = 60;
    return true;
}

/* ---- a difference ---- */

static void print_bytes(const u8 *bytes, unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        printf("%s%02x", i ? " " : "", bytes[i]);
}

static void print_difference(Pair *pair, const Setting *setting, Program *program, u64 seed)
{
    unsigned code_size = program->code_size;

    printf("\nThe engines differ in %s: %s.\n", arena_mode_names[setting->mode], pair->difference);
    printf("Again: fuzz-engines --once --mode %s --seed %llu\n", mode_words[setting->mode],
           (unsigned long long)seed);
    pair_shrink(pair, setting, program, seed);
    printf("The least program of it that differs (%s; ring %u, %s segments, %s, at %X):\n  ",
           pair->difference, setting->cpl, setting->flat ? "flat" : "other",
           setting->paging ? "paging" : "no paging", ARENA_CODE + setting->start);
    print_bytes(program->bytes, program->length);
    printf("\nSee it: vitrine explain %s'", code_size == 2 ? "-16 " : code_size == 8 ? "-64 " : "");
    print_bytes(program->bytes, program->length);
    printf("'\n");
}

/* ---- the campaign ---- */

/* False: the engines differ. */
static bool run_one(Pair *pair, ArenaMode mode, u64 seed)
{
    Setting setting;
    Program program;

    pair_choose(mode, seed, &setting, &program);
    if (pair_run(pair, &setting, &program, seed))
        return true;
    print_difference(pair, &setting, &program, seed);
    return false;
}

static bool is_over(const Options *options, const PairTally *tally, double end)
{
    return (options->count && tally->programs >= options->count) ||
           (options->blocks && tally->blocks >= options->blocks) ||
           (options->seconds > 0 && now() >= end);
}

static bool run_mode(Pair *pair, const Options *options, ArenaMode mode, double end)
{
    bool same = true;

    pair->tally = (PairTally){0};
    for (u64 seed = options->seed; same; seed++) {
        same = run_one(pair, mode, seed);
        if (options->once || is_over(options, &pair->tally, end))
            break;
    }
    printf("%-24s %8llu programs %9llu blocks %12llu instructions %8llu restarts  %s\n",
           arena_mode_names[mode], (unsigned long long)pair->tally.programs,
           (unsigned long long)pair->tally.blocks, (unsigned long long)pair->tally.instructions,
           (unsigned long long)pair->tally.restarts, same ? "no difference" : "DIFFERENT");
    fflush(stdout);
    return same;
}

int main(int argc, char **argv)
{
    Options options = {.seed = (u64)time(NULL)};
    unsigned left = 0;
    char error[128];
    bool same = true;
    Pair pair;

    if (!parse(&options, argc, argv))
        return 2;
    if (!pair_open(&pair, error, sizeof error)) {
        fprintf(stderr, "fuzz-engines: %s\n", error);
        return 2;
    }
    translator_set_passes(&pair.arenas[1].bare.cpu, options.without);
    printf("seed %llu\n", (unsigned long long)options.seed);
    for (unsigned mode = 0; mode < ARENA_MODES; mode++)
        left += options.modes >> mode & 1;
    double end = now() + options.seconds;
    for (unsigned mode = 0; mode < ARENA_MODES; mode++)
        if (options.modes >> mode & 1)
            same &= run_mode(&pair, &options, mode, end - (end - now()) * (left - 1) / left),
                left--;
    pair_close(&pair);
    return same ? 0 : 1;
}
