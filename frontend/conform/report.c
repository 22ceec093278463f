#include "frontend/conform/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/conform/native.h"
#include "frontend/conform/row_words.h"
#include "frontend/conform/words.h"

static const ReportFormat formats[] = {
    {".html", report_html},
    {".json", report_json},
    {".xml", report_junit},
    {".txt", report_table},
};

const ReportFormat *report_format(const char *path, char *error, size_t error_size)
{
    size_t length = strlen(path);

    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        size_t extension = strlen(formats[i].extension);

        if (length > extension && strcmp(path + length - extension, formats[i].extension) == 0)
            return &formats[i];
    }
    snprintf(error, error_size,
             "--report wants a file that ends in .html, .json, .xml (JUnit) or .txt, not '%s'",
             path);
    return NULL;
}

bool report_write(const Campaign *campaign, const char *path, char *error, size_t error_size)
{
    const ReportFormat *format = report_format(path, error, error_size);
    FILE *file = format ? fopen(path, "w") : NULL;
    bool fine;

    if (!format)
        return false;
    if (file)
        format->write(file, campaign);
    fine = file && !ferror(file);
    fine = file && fclose(file) == 0 && fine;
    if (!fine)
        snprintf(error, error_size, "the report '%s' cannot be written: %s", path, strerror(errno));
    return fine;
}

const char *report_status_name(UnitStatus status)
{
    static const char *const names[] = {[UNIT_RUN] = "run",
                                        [UNIT_NOT_IN_MODE] = "not-in-mode",
                                        [UNIT_NOT_IN_MODEL] = "not-in-model",
                                        [UNIT_NOT_ON_HOST] = "not-on-host",
                                        [UNIT_REFUSED] = "refused",
                                        [UNIT_UNENCODABLE] = "unencodable"};

    return status < COUNT_OF(names) ? names[status] : "?";
}

const char *report_status_words(const Unit *unit)
{
    const char *reason = NULL;

    switch ((UnitStatus)unit->status) {
    case UNIT_RUN:
        return "run";
    case UNIT_NOT_IN_MODE:
        return "does not exist in this mode";
    case UNIT_NOT_IN_MODEL:
        return "this -cpu does not have it";
    case UNIT_NOT_ON_HOST:
        return "the processor under us does not have it";
    case UNIT_REFUSED:
        if (unit->row != CASE_NO_ROW)
            reason = native_row_refusal(&opcode_rows[unit->row]);
        return reason ? reason : "it cannot run natively";
    case UNIT_UNENCODABLE:
        return "no encoding was found";
    }
    return "?";
}

const char *report_unit_name(const Unit *unit)
{
    return unit->row == CASE_NO_ROW ? "(bytes)" : insn_info[opcode_rows[unit->row].name].name;
}

const char *report_unit_code(const Campaign *campaign, const Unit *unit, char *text, size_t size)
{
    char code[64], operands[64];
    size_t used = 0;

    if (unit->row != CASE_NO_ROW) {
        const OpcodeRow *row = &opcode_rows[unit->row];

        row_operands(row, operands, sizeof operands);
        snprintf(text, size, "%s%s%s", row_code(row, code, sizeof code), *operands ? "  " : "",
                 operands);
        return text;
    }
    *text = '\0';
    for (unsigned i = 0; i < campaign->options.code_length && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%02X", i ? " " : "",
                                 campaign->options.code[i]);
    return text;
}

char *report_failure_text(const Failure *failure)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    words_failure(file, failure, "");
    fclose(file);
    return text;
}

/* The length of the UTF-8 sequence at `text`; 0: it is none. */
static unsigned utf8_length(const u8 *text)
{
    unsigned length = text[0] < 0x80   ? 1
                      : text[0] < 0xC2 ? 0
                      : text[0] < 0xE0 ? 2
                      : text[0] < 0xF0 ? 3
                      : text[0] < 0xF5 ? 4
                                       : 0;

    for (unsigned i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

void report_json_string(FILE *file, const char *text)
{
    const u8 *at = (const u8 *)text;

    fputc('"', file);
    while (*at) {
        unsigned length = utf8_length(at);

        if (*at == '"' || *at == '\\')
            fprintf(file, "\\%c", *at);
        else if (*at == '\n')
            fputs("\\n", file);
        else if (*at < 0x20)
            fprintf(file, "\\u%04x", *at);
        else if (length == 0)
            fputc('?', file);
        else
            fwrite(at, 1, length, file);
        at += length ? length : 1;
    }
    fputc('"', file);
}

void report_xml_text(FILE *file, const char *text)
{
    const u8 *at = (const u8 *)text;

    while (*at) {
        unsigned length = utf8_length(at);

        if (*at == '<')
            fputs("&lt;", file);
        else if (*at == '>')
            fputs("&gt;", file);
        else if (*at == '&')
            fputs("&amp;", file);
        else if (*at == '"')
            fputs("&quot;", file);
        else if (length == 0 || (*at < 0x20 && *at != '\n' && *at != '\t'))
            fputc('?', file);
        else
            fwrite(at, 1, length, file);
        at += length ? length : 1;
    }
}
