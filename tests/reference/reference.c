#include "tests/reference/reference.h"

#include <ctype.h>
#include <string.h>

#include "cpu/models.h"
#include "frontend/conform/campaign.h"
#include "frontend/conform/native.h"
#include "frontend/conform/row_words.h"

const char *const reference_result_files[REFERENCE_ENGINES] = {"results.txt",
                                                               "results-translator.txt"};

/* ---- results ---- */

static InsnName find_name(const char *name)
{
    unsigned i;

    for (i = 0; i < INSN_COUNT; i++)
        if (strcmp(insn_info[i].name, name) == 0)
            break;
    return i;
}

bool results_read(Results *results, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[200], name[32];
    unsigned mode, forms;
    Result result = {.known = true};

    memset(results, 0, sizeof *results);
    if (!file)
        return false;
    while (fgets(line, sizeof line, file)) {
        size_t used = strlen(results->about);

        line[strcspn(line, "\n")] = '\0';
        result.translated = 0;
        if (strncmp(line, "# ", 2) == 0 && strchr(line, ':'))
            snprintf(results->about + used, sizeof results->about - used, "%s%s", used ? ", " : "",
                     line + 2);
        else if (sscanf(line, "%31s %u %u %llu %llu %llu %llu %llu", name, &mode, &forms,
                        &result.cases, &result.exceptions, &result.different, &result.undefined,
                        &result.translated) >= 7 &&
                 (mode == 16 || mode == 32 || mode == 64) && find_name(name) < INSN_COUNT)
            results->of[find_name(name)][mode / 32] = result;
    }
    fclose(file);
    return true;
}

/* ---- pages ---- */

/* Of the instruction's first row; -1: it has none. */
static int group_of(InsnName name)
{
    static i16 groups[INSN_COUNT]; /* 0: not yet known, else 2 + group */

    for (unsigned i = 0; !groups[name] && i < opcode_row_count; i++)
        if (opcode_rows[i].name == name)
            groups[name] = (i16)(2 + campaign_group(&opcode_rows[i]));
    if (!groups[name])
        groups[name] = 1;
    return groups[name] - 2;
}

static bool in_group(InsnName name, unsigned group)
{
    return group_of(name) == (int)group;
}

static bool group_is_empty(unsigned group)
{
    for (unsigned name = 0; name < INSN_COUNT; name++)
        if (in_group(name, group))
            return false;
    return true;
}

/* The group on a page; page 0 is the index. */
static const char *page_group(unsigned page, unsigned *group)
{
    for (*group = 0; campaign_group_name(*group); (*group)++)
        if (!group_is_empty(*group) && --page == 0)
            break;
    return campaign_group_name(*group);
}

static void group_file(char *text, size_t size, const char *name)
{
    size_t used = 0;

    for (; *name && used + 4 < size; name++)
        if (isalnum((u8)*name) || *name == '.')
            text[used++] = (char)tolower((u8)*name);
        else if (used && text[used - 1] != '-')
            text[used++] = '-';
    snprintf(text + used, size - used, ".md");
}

const char *reference_page_file(unsigned page)
{
    static char text[64];
    unsigned group;
    const char *name = page ? page_group(page, &group) : "README";

    if (page == 0)
        return "README.md";
    if (!name)
        return NULL;
    group_file(text, sizeof text, name);
    return text;
}

/* ---- an instruction ---- */

static void write_flags(FILE *file, const char *what, u16 flags)
{
    static const struct {
        u16 flag;
        const char *name;
    } names[] = {{FLAGS_O, "OF"}, {FLAGS_S, "SF"}, {FLAGS_Z, "ZF"}, {FLAGS_A, "AF"},
                 {FLAGS_P, "PF"}, {FLAGS_C, "CF"}, {FLAGS_D, "DF"}};

    fprintf(file, "%s", what);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (flags & names[i].flag)
            fprintf(file, " %s", names[i].name);
    if (!flags)
        fputs(" none", file);
}

static const char *modes_of(const OpcodeRow *row)
{
    if (row->attributes & O64)
        return "64";
    if ((row->attributes & VEX_BIT) || (row->attributes & PM))
        return row->attributes & I64 ? "protected 16, 32" : "protected 16, 32, 64";
    return row->attributes & I64 ? "16, 32" : "16, 32, 64";
}

/* "16, 32, 64*" */
static const char *translated_in(char text[16], unsigned row)
{
    size_t used = 0;

    *text = '\0';
    for (unsigned mode = 0; mode < 3; mode++) {
        Translated translated = reference_translated(row, 2u << mode);

        if (translated != TRANSLATED_NEVER)
            used += (size_t)snprintf(text + used, 16 - used, "%s%u%s", used ? ", " : "",
                                     16u << mode, translated == TRANSLATED_SOMETIMES ? "*" : "");
    }
    return *text ? text : "-";
}

static void write_row(FILE *file, unsigned number)
{
    char code[64], operands[64], feature[32], translated[16];
    const OpcodeRow *row = &opcode_rows[number];
    const InsnInfo *info = &insn_info[row->name];

    row_operands(row, operands, sizeof operands);
    row_feature_name(row, feature, sizeof feature);
    fprintf(file, "| `%s` | %s %s%s | %s | %s | %s |\n", row_code(row, code, sizeof code),
            row->attributes & VEX_V ? info->vex_name : info->name, operands,
            row->digit & MEM   ? " (memory)"
            : row->digit & REG ? " (register)"
                               : "",
            modes_of(row), translated_in(translated, number), feature);
}

/* Of all modes; "16, 32" in `modes`. */
static Result sum_results(const Results *results, InsnName name, char *modes, size_t size)
{
    Result sum = {0};

    *modes = '\0';
    for (unsigned mode = 0; mode < 3; mode++) {
        const Result *result = &results->of[name][mode];
        size_t used = strlen(modes);

        if (!result->known)
            continue;
        snprintf(modes + used, size - used, "%s%u", used ? ", " : "", 16u << mode);
        sum.cases += result->cases;
        sum.exceptions += result->exceptions;
        sum.different += result->different;
        sum.undefined += result->undefined;
        sum.translated += result->translated;
    }
    return sum;
}

static void write_counts(FILE *file, const Result *sum, const char *modes)
{
    fprintf(file,
            "%llu cases (%s-bit code), %llu of them exceptions: %llu differ, %llu in "
            "undefined flags only",
            sum->cases, modes, sum->exceptions, sum->different, sum->undefined);
}

static const char *refusal_of(InsnName name)
{
    const char *refusal = NULL;

    for (unsigned i = 0; i < opcode_row_count && !refusal; i++)
        if (opcode_rows[i].name == name)
            refusal = native_row_refusal(&opcode_rows[i]);
    return refusal;
}

static void write_results(FILE *file, InsnName name, const Results results[REFERENCE_ENGINES])
{
    const char *refusal = refusal_of(name);
    char modes[32], translated_modes[32];
    Result sum = sum_results(&results[0], name, modes, sizeof modes);
    Result translated = sum_results(&results[1], name, translated_modes, sizeof translated_modes);

    fputs("\nConformance: ", file);
    if (*modes) {
        write_counts(file, &sum, modes);
        fputs(".", file);
    } else if (!refusal) {
        fputs("not run yet.", file);
    }
    if (*translated_modes) {
        fputs(" On the translator: ", file);
        write_counts(file, &translated, translated_modes);
        fprintf(file, "; %llu of them were executed by generated code alone.",
                translated.translated);
    }
    if (refusal)
        fprintf(file, "%s%s natively, because %s; see `tests/asm/`.", *modes ? " " : "",
                *modes ? "Some forms do not run" : "does not run", refusal);
    fputs("\n\n", file);
}

static void write_instruction(FILE *file, InsnName name, const Results results[REFERENCE_ENGINES])
{
    const InsnInfo *info = &insn_info[name];

    fprintf(file, "## %s\n\n%s (SDM Vol. 2).\n", info->name, info->title);
    write_flags(file, "Flags: reads", info->reads);
    write_flags(file, "; writes", (u16)(info->writes & ~info->undefined));
    write_flags(file, "; leaves undefined", info->undefined);
    fputs(".\n\n| code | form | modes | translated | CPUID |\n|---|---|---|---|---|\n", file);
    for (unsigned i = 0; i < opcode_row_count; i++)
        if (opcode_rows[i].name == name)
            write_row(file, i);
    fputs("\nExceptions:\n\n", file);
    reference_exceptions(file, name);
    write_results(file, name, results);
}

/* ---- the index ---- */

static void write_legend(FILE *file)
{
    fputs("Operands are written in the manual's letters (SDM Vol. 2, \"Key to Abbreviations\"): "
          "E a register or memory by ModRM, G a register, M memory, I a constant, J a branch's "
          "displacement, O an address in the instruction, X and Y the memory at (E)SI and (E)DI, "
          "S, C, D segment, control and debug registers, P and Q MMX, V, H and W vector "
          "registers (H: by VEX.vvvv, W: or memory), Z a register in the opcode; then the size: "
          "b, w, d, q, dq and qq are 1, 2, 4, 8, 16 and 32 bytes, v the operand size, z the same "
          "but at most 4, y 4 or 8 by REX.W, x 16 or 32 by VEX.L.\n\n"
          "*Translated*: in code of which size the translator makes host code of it; * in one of "
          "its register and memory forms only. For all else it calls the interpreter.\n\n"
          "Every instruction can also raise #UD when the processor model lacks what the CPUID "
          "column names, #GP(0) when it has more than 15 bytes, #PF(code) and #GP(0) when it is "
          "fetched, and #DB when it is traced.\n\n",
          file);
}

static int compare_names(InsnName a, InsnName b)
{
    return strcmp(insn_info[a].name, insn_info[b].name);
}

static void write_names(FILE *file)
{
    InsnName names[INSN_COUNT];
    char page[64];
    char initial = 0;

    for (unsigned i = 0; i < INSN_COUNT; i++) {
        unsigned at = i;

        for (; at > 0 && compare_names(names[at - 1], i) > 0; at--)
            names[at] = names[at - 1];
        names[at] = i;
    }
    for (unsigned i = 0; i < INSN_COUNT; i++) {
        const char *name = insn_info[names[i]].name;
        char anchor[32] = "";
        unsigned group = 0;

        while (campaign_group_name(group) && !in_group(names[i], group))
            group++;
        if (!campaign_group_name(group))
            continue; /* has no row */
        for (size_t j = 0; name[j]; j++)
            anchor[j] = (char)tolower((u8)name[j]);
        group_file(page, sizeof page, campaign_group_name(group));
        fprintf(file, "%s[%s](%s#%s)", name[0] != initial ? "\n\n" : " ", name, page, anchor);
        initial = name[0];
    }
    fputs("\n", file);
}

static void write_index(FILE *file, const Results results[REFERENCE_ENGINES])
{
    unsigned group;

    fputs("# Instruction reference\n\n<!-- Made by `make docs` from cpu/instructions.def and "
          "cpu/opcodes*.def: do not edit. -->\n\n",
          file);
    fprintf(file, "%u instructions, %u encodings. ", (unsigned)INSN_COUNT, opcode_row_count);
    for (unsigned i = 0; i < REFERENCE_ENGINES; i++)
        if (*results[i].about)
            fprintf(file, "Conformance results: %s. ", results[i].about);
    if (!*results[0].about)
        fputs("There are no conformance results yet.", file);
    fputs("\n\n", file);
    write_legend(file);
    fputs("| group | |\n|---|---|\n", file);
    for (unsigned page = 1; page_group(page, &group); page++) {
        unsigned count = 0;

        for (unsigned name = 0; name < INSN_COUNT; name++)
            count += in_group(name, group);
        fprintf(file, "| [%s](%s) | %u instructions |\n", campaign_group_name(group),
                reference_page_file(page), count);
    }
    write_names(file);
}

void reference_page(FILE *file, unsigned page, const Results results[REFERENCE_ENGINES])
{
    unsigned group;

    if (page == 0) {
        write_index(file, results);
        return;
    }
    if (!page_group(page, &group))
        return;
    fprintf(file, "# Instructions: %s\n\n<!-- Made by `make docs`: do not edit. -->\n\n",
            campaign_group_name(group));
    for (unsigned name = 0; name < INSN_COUNT; name++)
        if (in_group(name, group))
            write_instruction(file, name, results);
}
