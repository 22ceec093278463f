#include "frontend/conform/replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu/cpu.h"
#include "frontend/conform/case_file.h"
#include "frontend/conform/compare.h"
#include "frontend/conform/row_words.h"
#include "frontend/conform/words.h"

static void print_place(const Case *c, const CaseState *state, Place place)
{
    char name[32], words[160];
    u8 before[PLACE_BYTES] = {0}, after[PLACE_BYTES] = {0};

    place_load(&c->before, &place, before);
    place_load(state, &place, after);
    if (place.kind == PLACE_FLAGS) /* IF is always set, in the state that a program sees */
        after[1] &= (u8) ~(FLAG_IF >> 8);
    if (memcmp(before, after, place.size) == 0)
        return;
    place_name(&place, c->mode, name, sizeof name);
    place_value_words(&place, after, words, sizeof words);
    printf("    %-8s %s\n", name, words);
}

static void print_memory(const Outcome *outcome)
{
    for (unsigned i = 0; i < outcome->change_count && i < CASE_CHANGES; i++)
        for (unsigned j = 0; j < CASE_LINE; j++) {
            if (j % 16 == 0)
                printf("    %s%08X", j ? "" : "memory ", outcome->changes[i].address + j);
            printf(" %02X%s", outcome->changes[i].bytes[j], j % 16 == 15 ? "\n" : "");
            if (j % 16 == 15 && j + 1 < CASE_LINE)
                printf("       ");
        }
    if (outcome->change_count > CASE_CHANGES)
        printf("    and %u more lines of memory\n", outcome->change_count - CASE_CHANGES);
}

/* What is not as it was before. */
static void print_outcome(const Case *c, const Outcome *outcome)
{
    static const char *const fields[] = {"flags", "fcw", "fsw", "tags", "mxcsr"};
    bool is_long = c->mode == CASE_64;

    if (outcome->vector >= 0)
        printf("    %s, error code %X, address %08" PRIX64 "\n", vector_name(outcome->vector),
               outcome->error_code, outcome->address);
    if (outcome->status == OUTCOME_LOST)
        printf("    ended somewhere else\n");
    print_place(c, &outcome->state, (Place){.kind = PLACE_RIP, .size = 8});
    for (unsigned i = 0; i < (is_long ? 16u : 8u); i++)
        print_place(c, &outcome->state,
                    (Place){.kind = PLACE_GPR, .number = (u8)i, .size = is_long ? 8 : 4});
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        print_place(c, &outcome->state, place_find(fields[i], c->mode));
    for (u8 i = 0; i < 8; i++)
        print_place(c, &outcome->state, (Place){.kind = PLACE_ST, .number = i, .size = 10});
    for (unsigned i = 0; i < (is_long ? 16u : 8u); i++)
        print_place(c, &outcome->state,
                    (Place){.kind = c->flags & CASE_USES_YMM ? PLACE_YMM : PLACE_XMM,
                            .number = (u8)i,
                            .size = c->flags & CASE_USES_YMM ? 32 : 16});
    print_memory(outcome);
}

static void print_instruction(const Case *c)
{
    char bytes[64], disassembly[192], code[64], operands[64], undefined[64];

    printf("%s-bit code: %s    %s\n", case_mode_name(c->mode), words_bytes(c, bytes, sizeof bytes),
           words_disassembly(c, disassembly, sizeof disassembly));
    if (c->row == CASE_NO_ROW)
        return;
    flag_words(compare_undefined_flags(c), undefined, sizeof undefined);
    printf("  row: %s %s  %s\n", insn_info[opcode_rows[c->row].name].name,
           row_code(&opcode_rows[c->row], code, sizeof code),
           row_operands(&opcode_rows[c->row], operands, sizeof operands));
    printf("  manual: SDM Vol. 2, \"%s\"; flags left undefined: %s\n", words_manual_title(c),
           undefined);
}

static bool print_case(CaseBench *bench, const CaseSpec *spec)
{
    const Case *c = &spec->c;
    Comparison comparison = {.equal = true};
    CaseRun run;
    bool fine;

    bench_run(bench, c, &run);
    print_instruction(c);
    printf("  before\n");
    words_inputs(stdout, c, "    ");
    printf("  vitrine: what changes\n");
    print_outcome(c, &run.vitrine);
    if (run.has_silicon) {
        Failure failure = {.c = *c, .expected = run.silicon, .got = run.vitrine};

        compare_outcomes(c, &run.silicon, &run.vitrine, &comparison);
        printf("  silicon: %s\n",
               comparison.equal && comparison.undefined_equal ? "the same" : "what changes");
        if (!comparison.equal || !comparison.undefined_equal) {
            print_outcome(c, &run.silicon);
            words_failure(stdout, &failure, "  ");
        }
    } else {
        printf("  silicon: not run: %s\n", run.no_silicon ? run.no_silicon : "");
    }
    fine = comparison.equal;
    if (!spec->silicon)
        fine = case_check(stdout, spec, &run.vitrine, "  ") == 0 && fine;
    return fine;
}

int replay_command(const char *what, const char *cpu, SubjectEngine engine)
{
    bool is_file = access(what, F_OK) == 0;
    char error[400] = "the host is out of memory";
    char *text = is_file ? case_file_read(what, error, sizeof error) : strdup(what);
    CaseList list = {0};
    CaseBench bench;
    int status = 0;

    if (!text || !case_text_parse(&list, text, is_file ? what : "the case", error, sizeof error) ||
        !bench_open(&bench, cpu, engine, error, sizeof error)) {
        fprintf(stderr, "vitrine conform: %s\n", error);
        case_list_free(&list);
        free(text);
        return 2;
    }
    for (unsigned i = 0; i < list.count; i++)
        if (!print_case(&bench, &list.specs[i]))
            status = 1;
    bench_close(&bench);
    case_list_free(&list);
    free(text);
    return status;
}
