#include "frontend/conform/command_options.h"

#include "frontend/conform/report.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char conform_usage[] =
    "Usage: vitrine conform [OPTION...] [INSTRUCTION | 'BYTES' | FILE.case]...\n"
    "Runs instructions on the processor under us and on vitrine's, and compares the results.\n"
    "\n"
    "  (nothing)       every instruction, in every mode in which it exists\n"
    "  ADC             all encodings of one instruction; several may be named\n"
    "  '66 0f 6e c1'   this encoding only\n"
    "  FILE.case       the cases in a file that you wrote (docs/cases.md)\n"
    "\n"
    "  --mode 16|32|64     code of this size only; may be given twice\n"
    "  --cases N           cases per encoding and mode (2000; one instruction: 100000)\n"
    "  --seed N            another set of cases (1)\n"
    "  --jobs N            processes (one per processor)\n"
    "  --engine NAME       interpreter (the default) or translator; the latter also runs each\n"
    "                      case between other instructions\n"
    "  --cpu MODEL         as for -cpu (max)\n"
    "  --report FILE       also write a report: .html, .json, .xml (JUnit) or .txt\n"
    "  --replay CASE       one case again, in full: as a failure prints it, or a file\n"
    "  --vectors FILE      the cases of a real 80286 instead (SingleStepTests, X86V or X86V.xz)\n"
    "  --verbose           a line per encoding and mode\n"
    "  --help              this text\n"
    "\n"
    "Exit status: 0 when all defined results agree, 1 when some differ, 2 on errors.\n";

enum { CASES_OF_ONE = 100000 };

/* ---- what to test ---- */

/* Edits that make `a` into `b`, for guesses; case does not matter. */
static unsigned edit_distance(const char *a, const char *b)
{
    unsigned row[64];
    size_t length = strlen(b);

    if (length >= COUNT_OF(row))
        return 99;
    for (unsigned j = 0; j <= length; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= length; j++) {
            unsigned same = diagonal + (toupper((u8)a[i - 1]) != toupper((u8)b[j - 1]));
            unsigned other = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);

            diagonal = row[j];
            row[j] = same < other ? same : other;
        }
    }
    return row[length];
}

static void name_neighbours(const char *name, char *error, size_t error_size)
{
    unsigned best = 3;
    size_t used = (size_t)snprintf(error, error_size, "there is no instruction '%s'", name);
    bool found = false;

    for (unsigned i = 0; i < INSN_COUNT; i++)
        if (edit_distance(name, insn_info[i].name) < best)
            best = edit_distance(name, insn_info[i].name);
    for (unsigned i = 0; i < INSN_COUNT && used < error_size && best < 3; i++)
        if (edit_distance(name, insn_info[i].name) == best) {
            used += (size_t)snprintf(error + used, error_size - used, "%s%s",
                                     found ? ", " : "; do you mean ", insn_info[i].name);
            found = true;
        }
    if (found && used < error_size)
        snprintf(error + used, error_size - used, "?");
}

static bool select_name(ConformOptions *options, const char *name, char *error, size_t error_size)
{
    bool found = false;

    for (unsigned row = 0; row < opcode_row_count; row++)
        if (strcasecmp(insn_info[opcode_rows[row].name].name, name) == 0)
            options->rows[row] = found = true;
    if (!found)
        name_neighbours(name, error, error_size);
    return found;
}

/* "66 0f 6e c1", "660f6ec1"; false: those are no bytes. */
static bool parse_bytes(const char *text, u8 *bytes, unsigned *length)
{
    *length = 0;
    for (; *text; text++) {
        char digits[3] = {text[0], text[1], '\0'};

        if (*text == ' ')
            continue;
        if (!isxdigit((u8)text[0]) || !isxdigit((u8)text[1]) || *length == INSN_MAX_LENGTH)
            return false;
        bytes[(*length)++] = (u8)strtoul(digits, NULL, 16);
        text++;
    }
    return *length != 0;
}

/* A name comes first: ADC could be bytes but for its length, and FADD is both. */
static bool select_one(ConformOptions *options, const char *text, char *error, size_t error_size)
{
    CampaignOptions *campaign = &options->campaign;
    u8 bytes[INSN_MAX_LENGTH];
    unsigned length;

    if (select_name(options, text, error, error_size))
        return true;
    if (!parse_bytes(text, bytes, &length))
        return false;
    if (campaign->code_length) {
        snprintf(error, error_size, "only one encoding can be tested at a time");
        return false;
    }
    memcpy(campaign->code, bytes, length);
    campaign->code_length = (u8)length;
    return true;
}

/* ---- options ---- */

static bool parse_number(const char *name, const char *text, u64 least, u64 *value, char *error,
                         size_t error_size)
{
    char *end;

    errno = 0;
    *value = strtoull(text, &end, 0);
    if (errno == 0 && end != text && !*end && *text != '-' && *value >= least)
        return true;
    snprintf(error, error_size, "%s wants a number from %llu on, not '%s'", name,
             (unsigned long long)least, text);
    return false;
}

static bool parse_mode(ConformOptions *options, const char *text, char *error, size_t error_size)
{
    for (unsigned mode = 0; mode < CASE_MODES; mode++)
        if (strcmp(case_mode_name(mode), text) == 0) {
            options->campaign.modes |= 1u << mode;
            return true;
        }
    snprintf(error, error_size, "--mode is 16, 32 or 64, not '%s'", text);
    return false;
}

static bool add_report(ConformOptions *options, const char *path, char *error, size_t error_size)
{
    if (!report_format(path, error, error_size))
        return false;
    if (options->report_count == CONFORM_REPORTS) {
        snprintf(error, error_size, "at most %d reports can be written", CONFORM_REPORTS);
        return false;
    }
    options->reports[options->report_count++] = path;
    return true;
}

static bool parse_option(ConformOptions *options, const char *name, const char *value, char *error,
                         size_t error_size)
{
    CampaignOptions *campaign = &options->campaign;
    u64 number;

    if (strcmp(name, "--mode") == 0)
        return parse_mode(options, value, error, error_size);
    if (strcmp(name, "--cases") == 0)
        return parse_number(name, value, 1, &campaign->cases, error, error_size);
    if (strcmp(name, "--seed") == 0)
        return parse_number(name, value, 0, &campaign->seed, error, error_size);
    if (strcmp(name, "--jobs") == 0) {
        if (!parse_number(name, value, 1, &number, error, error_size))
            return false;
        campaign->jobs = number < 64 ? (unsigned)number : 64;
        return true;
    }
    if (strcmp(name, "--engine") == 0) {
        if (subject_engine_parse(value, &campaign->engine))
            return true;
        snprintf(error, error_size, "--engine is interpreter or translator, not '%s'", value);
        return false;
    }
    if (strcmp(name, "--report") == 0)
        return add_report(options, value, error, error_size);
    if (strcmp(name, "--replay") == 0) {
        options->replay = value;
        return true;
    }
    if (strcmp(name, "--vectors") == 0) {
        options->vectors = value;
        return true;
    }
    campaign->cpu = value; /* --cpu; checked when the processor is made */
    return true;
}

/* Its name without a second dash; NULL: it is none. */
static const char *known_option(const char *text)
{
    static const char *const names[] = {"--mode", "--cases",  "--seed",   "--jobs",   "--engine",
                                        "--cpu",  "--report", "--replay", "--vectors"};

    for (unsigned i = 0; i < COUNT_OF(names); i++)
        if (strcmp(text, names[i]) == 0 || strcmp(text, names[i] + 1) == 0)
            return names[i];
    return NULL;
}

static bool is_case_file(const char *text)
{
    size_t length = strlen(text);

    return length > 5 && strcmp(text + length - 5, ".case") == 0;
}

static bool is_switch(const char *text, const char *name)
{
    return strcmp(text, name) == 0 || strcmp(text, name + 1) == 0;
}

bool conform_options_parse(ConformOptions *options, int argc, char **argv, char *error,
                           size_t error_size)
{
    bool named = false;

    *options = (ConformOptions){.campaign.seed = 1};
    options->rows = calloc(opcode_row_count, 1);
    options->case_files = calloc((size_t)argc, sizeof *options->case_files);
    if (!options->rows || !options->case_files) {
        snprintf(error, error_size, "the host is out of memory");
        return false;
    }
    for (int i = 1; i < argc; i++) {
        const char *name = known_option(argv[i]);

        if (is_switch(argv[i], "--help") || is_switch(argv[i], "--verbose")) {
            *(strstr(argv[i], "help") ? &options->help : &options->verbose) = true;
        } else if (name && i + 1 == argc) {
            snprintf(error, error_size, "%s wants a value", name);
            return false;
        } else if (name) {
            if (!parse_option(options, name, argv[++i], error, error_size))
                return false;
        } else if (*argv[i] == '-') {
            snprintf(error, error_size, "there is no option '%s'; see vitrine conform --help",
                     argv[i]);
            return false;
        } else if (is_case_file(argv[i])) {
            options->case_files[options->case_file_count++] = argv[i];
        } else if (select_one(options, argv[i], error, error_size)) {
            named = true;
        } else {
            return false;
        }
    }
    if (!options->campaign.cases)
        options->campaign.cases = named ? CASES_OF_ONE : CAMPAIGN_CASES;
    options->campaign.neighbours = options->campaign.engine == SUBJECT_TRANSLATOR;
    if (named && !options->campaign.code_length)
        options->campaign.rows = options->rows;
    return true;
}
