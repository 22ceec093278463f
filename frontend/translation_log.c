#include "frontend/translation_log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/listing.h"
#include "translate/backend.h"

enum { REPORTED_CALLS = 20 };

/* ---- blocks ---- */

PRINTF_LIKE(2, 3)
static void write_line(const Log *log, const char *format, ...)
{
    char line[400];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (log->write)
        log->write(log->owner, line);
}

static bool wants(const Log *log, LogChannel channel)
{
    return bit(log->enabled, channel);
}

/* Aligned as in `vitrine explain`. */
static void log_line(void *owner, const ListingLine *line)
{
    const Log *log = owner;

    switch (line->kind) {
    case LISTING_HEADING:
        if (wants(log, LOG_OUT_ASM))
            write_line(log, "%50s; %s", "", line->text);
        break;
    case LISTING_GUEST:
        if (wants(log, LOG_IN_ASM))
            write_line(log, "%08" PRIx64 "  %-16s  %s", line->address, line->bytes, line->text);
        break;
    case LISTING_LIFTED:
        if (wants(log, LOG_IR))
            write_line(log, "%22s| %s", "", line->text);
        break;
    case LISTING_PASS:
        if (wants(log, LOG_IR) && wants(log, LOG_IR_OPT))
            write_line(log, "%22s|   %s", "", line->text);
        break;
    case LISTING_IR: /* with LOG_IR, the lines before have said it */
        if (wants(log, LOG_IR_OPT) && !wants(log, LOG_IR))
            write_line(log, "%22s| %s", "", line->text);
        break;
    case LISTING_HOST:
        if (wants(log, LOG_OUT_ASM))
            write_line(log, "%50s| %3" PRIx64 "  %s", "", line->address, line->text);
        break;
    }
}

static void log_block(void *owner, const TranslatorListing *listing)
{
    const Block *block = listing->ir->block;

    write_line(
        owner,
        "-- %" PRIx64 ": %u-bit code, %u instructions, %u bytes, %" PRIu64 " bytes of host code",
        listing->ir->rip, (block->mode & 15) * 8, block->count, block->bytes, listing->length);
    listing_each(listing, log_line, owner);
}

bool translation_log_open(Cpu *cpu, char *error, size_t error_size)
{
    const u64 listings =
        (u64)1 << LOG_IN_ASM | (u64)1 << LOG_IR | (u64)1 << LOG_IR_OPT | (u64)1 << LOG_OUT_ASM;

    if (!(cpu->log->enabled & (listings | (u64)1 << LOG_JIT)))
        return true;
    if (!cpu->engine) {
        snprintf(error, error_size,
                 "-d in_asm, ir, ir_opt, out_asm, jit tell what the translator does, and there is "
                 "none: leave -engine interpreter out");
        return false;
    }
    if ((cpu->log->enabled & listings) && !translator_listen(cpu, log_block, cpu->log)) {
        snprintf(error, error_size, "-d: the host is out of memory");
        return false;
    }
    return true;
}

void translation_log_close(const Cpu *cpu)
{
    char *text = NULL, *line;
    size_t size;
    FILE *file;

    if (!cpu->engine || !wants(cpu->log, LOG_JIT))
        return;
    file = open_memstream(&text, &size);
    if (!file)
        return;
    translation_report(file, translator_counters(cpu), REPORTED_CALLS);
    fclose(file);
    for (char *rest = text; (line = strsep(&rest, "\n")) && *line;)
        write_line(cpu->log, "%s", line);
    free(text);
}

/* ---- the report ---- */

static double ratio(u64 a, u64 b)
{
    return b ? (double)a / (double)b : 0;
}

static void report_calls(FILE *file, const TranslatorCounters *counters, unsigned most)
{
    bool told[INSN_COUNT] = {false};

    for (unsigned row = 0; row < most; row++) {
        unsigned best = 0;

        for (unsigned name = 1; name < INSN_COUNT; name++)
            if (!told[name] && (told[best] || counters->called[name] > counters->called[best]))
                best = name;
        if (told[best] || counters->called[best] == 0)
            break;
        told[best] = true;
        if (row == 0)
            fprintf(file, "%-18s%14s%14s%14s\n", "interpreter's body", "called", "lifted",
                    "not lifted");
        fprintf(file, "  %-16s%14" PRIu64 "%14" PRIu64 "%14" PRIu64 "\n", insn_info[best].name,
                counters->called[best], counters->lifted[best], counters->not_lifted[best]);
    }
}

void translation_report(FILE *file, const TranslatorCounters *counters, unsigned most)
{
    fprintf(file, "translations      %" PRIu64 " made, %" PRIu64 " dropped, %" PRIu64 " flushes\n",
            counters->translations, counters->dropped, counters->flushes);
    fprintf(file,
            "code              %" PRIu64 " guest bytes to %" PRIu64
            " host bytes: %.1f for each, %.0f in a block\n",
            counters->guest_bytes, counters->host_bytes,
            ratio(counters->host_bytes, counters->guest_bytes),
            ratio(counters->host_bytes, counters->translations));
    fprintf(file, "chained exits     %" PRIu64 ", %" PRIu64 " of them through a guard\n",
            counters->chains, counters->guards);
    fprintf(file, "entries           %" PRIu64 " into generated code\n", counters->entries);
    fprintf(file,
            "exits             %" PRIu64 " to a known place, %" PRIu64
            " through an indirect jump, %" PRIu64 " by the budget, %" PRIu64
            " from an interpreter's body\n",
            counters->exits[EXIT_FIRST] + counters->exits[EXIT_SECOND],
            counters->exits[EXIT_INDIRECT], counters->exits[EXIT_BUDGET], counters->left);
    fprintf(file,
            "interpreter       %" PRIu64 " calls from generated code, %" PRIu64
            " blocks on its own\n",
            counters->calls, counters->interpreted);
    report_calls(file, counters, most);
}
