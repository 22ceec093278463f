/*
 * The decoder campaign: every row of opcodes.def in many forms, then random bytes, in 16-, 32- and
 * 64-bit mode, against capstone; the processor under us is asked about what they disagree on.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cpu/opcodes.h"
#include "tests/decoder/compare.h"
#include "tests/decoder/silicon.h"

enum { RULES_MAX = 40, SHOWN = 12, ASKED = 200, CHUNK = 1 << 16 };

typedef struct Options {
    u64 count, seed, first;   /* first: chunk */
    unsigned jobs, code_size; /* 0: all */
    bool verbose;
} Options;

/* What one process found, or all of them together. */
typedef struct Tally {
    u64 done, agreed, differences;
    u64 ruled[RULES_MAX];
    u64 asked[RULES_MAX], silicon_with_us[RULES_MAX], silicon_with_them[RULES_MAX];
} Tally;

typedef struct Worker {
    const Options *options;
    Comparison comparison;
    Silicon silicon;
    Tally tally;                      /* since the last one was sent */
    unsigned shown, asked[RULES_MAX]; /* in all */
} Worker;

/* Length and validity as the silicon sees them: does it side with this? */
static bool sides_with(const SiliconAnswer *answer, bool valid, unsigned length)
{
    return valid ? !answer->undefined && answer->length == length : answer->undefined;
}

static void show_difference(Silicon *silicon, const Comparison *comparison)
{
    char line[COMPARISON_LINE];
    SiliconAnswer answer = silicon_ask(silicon, comparison->code_size, comparison->bytes);

    comparison_line(line, comparison);
    if (!answer.known)
        printf("%s; silicon: not asked\n", line);
    else if (answer.undefined)
        printf("%s; silicon: #UD\n", line);
    else
        printf("%s; silicon: %u bytes\n", line, answer.length);
}

static void ask_silicon(Worker *worker, int rule)
{
    const Comparison *comparison = &worker->comparison;
    Tally *tally = &worker->tally;
    SiliconAnswer answer = silicon_ask(&worker->silicon, comparison->code_size, comparison->bytes);

    if (!answer.known)
        return;
    tally->asked[rule]++;
    tally->silicon_with_us[rule] +=
        sides_with(&answer, comparison->we_know, comparison->ours.length);
    tally->silicon_with_them[rule] +=
        sides_with(&answer, comparison->they_know, comparison->theirs->size);
    if (worker->options->verbose &&
        !sides_with(&answer, comparison->we_know, comparison->ours.length))
        show_difference(&worker->silicon, comparison);
}

static void examine(Worker *worker, const u8 bytes[ENCODING_BYTES])
{
    Comparison *comparison = &worker->comparison;
    Tally *tally = &worker->tally;
    int rule;

    tally->done++;
    if (compare(comparison, bytes) == AGREED) {
        tally->agreed++;
        return;
    }
    rule = comparison_rule(comparison);
    if (rule < 0) {
        tally->differences++;
        if (worker->shown++ < SHOWN || worker->options->verbose)
            show_difference(&worker->silicon, comparison);
        return;
    }
    tally->ruled[rule]++;
    if (worker->asked[rule]++ < ASKED)
        ask_silicon(worker, rule);
}

/* ---- every row ---- */

static void examine_rows(Worker *worker, u64 seed)
{
    static const char *const prefixes[] = {"",     "\x66",     "\xF2",     "\xF3",
                                           "\x67", "\x66\x48", "\xF2\x4F", "\xF3\x45"};
    u64 random = seed | 1;

    for (unsigned i = 0; i < opcode_row_count; i++)
        for (unsigned p = 0; p < COUNT_OF(prefixes); p++)
            for (unsigned modrm = 0; modrm < 256; modrm++) {
                u8 bytes[ENCODING_BYTES];

                random_encoding(bytes, &random);
                row_encoding(bytes, &opcode_rows[i], prefixes[p], modrm);
                examine(worker, bytes);
            }
}

/* ---- processes ---- */

/* Chunk n of random encodings depends on the seed and n alone, so a campaign can go on where
 * another one ended: --seed S --first N. */
static u64 chunk_seed(u64 seed, u64 chunk)
{
    u64 mixed = (seed + 1) * 0x9E3779B97F4A7C15 + (chunk + 1) * 0xD1B54A32D192ED03;

    mixed ^= mixed >> 31;
    mixed *= 0xBF58476D1CE4E5B9;
    return (mixed ^ mixed >> 29) | 1;
}

static u64 chunk_count(const Options *options)
{
    return (options->count + CHUNK - 1) / CHUNK;
}

/* Tallies are small enough for the pipe to take each at once. */
static void send_tally(Worker *worker, int to_parent)
{
    if (write(to_parent, &worker->tally, sizeof worker->tally) != sizeof worker->tally)
        _exit(2);
    worker->tally = (Tally){0};
}

_Noreturn static void work(const Options *options, const Cpu *cpu, unsigned job, int to_parent)
{
    Worker worker = {.options = options};

    if (!comparison_open(&worker.comparison, cpu, options->code_size))
        _exit(2);
    if (job == 0 && options->first == 0) {
        examine_rows(&worker, options->seed);
        send_tally(&worker, to_parent);
    }
    for (u64 chunk = options->first + job; chunk < chunk_count(options); chunk += options->jobs) {
        u64 random = chunk_seed(options->seed, chunk);
        u64 left = options->count - chunk * CHUNK;

        for (u64 n = 0; n < CHUNK && n < left; n++) {
            u8 bytes[ENCODING_BYTES];

            random_encoding(bytes, &random);
            examine(&worker, bytes);
        }
        fflush(stdout);
        send_tally(&worker, to_parent);
    }
    silicon_close(&worker.silicon);
    comparison_close(&worker.comparison);
    exit(0);
}

static void add_tally(Tally *sum, const Tally *part)
{
    const u64 *from = (const u64 *)part;
    u64 *to = (u64 *)sum;

    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += from[i];
}

static void show_progress(const Options *options, const Tally *sum, time_t began)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%u-bit: %.1f million, %llu differences, %ld s ", 8 * options->code_size,
                (double)sum->done / 1e6, (unsigned long long)sum->differences,
                (long)(time(NULL) - began));
}

/* False: a process failed. */
static bool run_mode(const Options *options, const Cpu *cpu, Tally *sum)
{
    int pipes[2];
    time_t began = time(NULL);
    bool fine = true;
    Tally part;

    if (pipe(pipes) != 0)
        return false;
    fflush(stdout);
    for (unsigned job = 0; job < options->jobs; job++)
        if (fork() == 0) {
            close(pipes[0]);
            work(options, cpu, job, pipes[1]);
        }
    close(pipes[1]);
    while (read(pipes[0], &part, sizeof part) == sizeof part) {
        add_tally(sum, &part);
        show_progress(options, sum, began);
    }
    close(pipes[0]);
    for (unsigned job = 0; job < options->jobs; job++) {
        int status;

        fine = wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && fine;
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    return fine;
}

static void print_tally(const Options *options, const Tally *tally)
{
    printf("%u-bit: %llu encodings, %llu agree, %llu differ\n", 8 * options->code_size,
           (unsigned long long)tally->done, (unsigned long long)tally->agreed,
           (unsigned long long)tally->differences);
    for (unsigned i = 0; i < decoder_rule_count; i++)
        if (tally->ruled[i])
            printf("  %9llu  %-42s silicon: %llu asked, %llu as vitrine, %llu as capstone\n",
                   (unsigned long long)tally->ruled[i], decoder_rules[i].title,
                   (unsigned long long)tally->asked[i],
                   (unsigned long long)tally->silicon_with_us[i],
                   (unsigned long long)tally->silicon_with_them[i]);
}

static bool read_options(int argc, char **argv, Options *options)
{
    static const struct option names[] = {{"count", 1, NULL, 'c'}, {"seed", 1, NULL, 's'},
                                          {"first", 1, NULL, 'f'}, {"jobs", 1, NULL, 'j'},
                                          {"mode", 1, NULL, 'm'},  {"verbose", 0, NULL, 'v'},
                                          {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        u64 value = optarg ? strtoull(optarg, NULL, 0) : 0;

        if (option == 'c')
            options->count = value;
        else if (option == 's')
            options->seed = value;
        else if (option == 'f')
            options->first = value;
        else if (option == 'j' && value > 0 && value <= 64)
            options->jobs = (unsigned)value;
        else if (option == 'm' && (value == 16 || value == 32 || value == 64))
            options->code_size = (unsigned)value / 8;
        else if (option == 'v')
            options->verbose = true;
        else
            return false;
    }
    return optind == argc;
}

int main(int argc, char **argv)
{
    Options options = {.count = 1000000, .seed = 1, .jobs = 2};
    Cpu *cpu = decoding_cpu();
    bool fine = true;

    if (!read_options(argc, argv, &options)) {
        fprintf(stderr,
                "usage: decoder-test [--count RANDOM_ENCODINGS] [--seed N] [--jobs N]\n"
                "           [--mode 16|32|64] [--first CHUNK] [--verbose]\n"
                "Chunks hold %d encodings; --first goes on where another run ended.\n",
                CHUNK);
        return 2;
    }
    for (unsigned code_size = 2; code_size <= 8; code_size *= 2) {
        Options mode = options;
        Tally tally = {0};

        if (options.code_size && options.code_size != code_size)
            continue;
        mode.code_size = code_size;
        fine = run_mode(&mode, cpu, &tally) && fine;
        print_tally(&mode, &tally);
        fine = fine && tally.differences == 0;
    }
    free(cpu);
    return fine ? 0 : 1;
}
