/*
 * The short report: a line per instruction and mode, which docs/instructions keeps.
 *
 *   # host: ... engine: ... cpu: ... seed: ... cases: ...
 *   NAME MODE FORMS CASES EXCEPTIONS DIFFERENT UNDEFINED TRANSLATED
 *
 * MODE is 16, 32 or 64; FORMS are rows of opcodes.def; TRANSLATED are those that generated code
 * executed alone.
 */
#include <inttypes.h>

#include "frontend/conform/report.h"

void report_table(FILE *file, const Campaign *campaign)
{
    const CampaignOptions *options = &campaign->options;

    fprintf(file,
            "# vitrine conform\n# host: %s\n# engine: %s\n# cpu: %s\n# seed: %" PRIu64
            "\n# cases per row and mode: %" PRIu64 "\n",
            campaign->host, subject_engine_name(options->engine),
            options->cpu ? options->cpu : "max", options->seed, options->cases);
    for (unsigned name = 0; name < INSN_COUNT; name++)
        for (unsigned mode = 0; mode < CASE_MODES; mode++) {
            UnitSums sums = {0};

            for (unsigned i = 0; i < campaign->unit_count; i++) {
                const Unit *unit = &campaign->units[i];

                if (unit->row != CASE_NO_ROW && opcode_rows[unit->row].name == name &&
                    unit->mode == mode)
                    unit_sums_add(&sums, unit);
            }
            if (sums.units)
                fprintf(file,
                        "%s %s %u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
                        insn_info[name].name, case_mode_name(mode), sums.units, sums.cases,
                        sums.exceptions, sums.different, sums.undefined, sums.translated);
        }
}
