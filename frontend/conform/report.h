/*
 * Reports of a campaign in a file: for people (HTML), programs (JSON), graders (JUnit's XML), and
 * for docs/instructions (a short table).
 */
#ifndef FRONTEND_CONFORM_REPORT_H
#define FRONTEND_CONFORM_REPORT_H

#include <stdio.h>

#include "frontend/conform/campaign.h"

typedef struct ReportFormat {
    const char *extension;      /* ".html" */
    void (*write)(FILE *file, const Campaign *campaign);
} ReportFormat;

/* By the file's extension; NULL with a sentence in `error` that names those there are. */
const ReportFormat *report_format(const char *path, char *error, size_t error_size);

/* False with a sentence in `error`: the file cannot be written. */
bool report_write(const Campaign *campaign, const char *path, char *error, size_t error_size);

/* ---- for the formats ---- */

void report_html(FILE *file, const Campaign *campaign);
void report_json(FILE *file, const Campaign *campaign);
void report_junit(FILE *file, const Campaign *campaign);
void report_table(FILE *file, const Campaign *campaign);

/* "run", "refused", ...: words without spaces that programs can rely on. */
const char *report_status_name(UnitStatus status);
/* The same as a sentence for people; with the reason for UNIT_REFUSED. */
const char *report_status_words(const Unit *unit);

/* "ADC"; "(bytes)" for a unit without a row. */
const char *report_unit_name(const Unit *unit);
/* "66 0F 3A 0F /r Vdq, Wdq, Ib" or the bytes. */
const char *report_unit_code(const Campaign *campaign, const Unit *unit, char *text, size_t size);

/* The failure as words_failure() writes it; free() it. NULL: out of memory. */
char *report_failure_text(const Failure *failure);

/* Escaped as the format wants it; what is no UTF-8 or no character of the format becomes '?'. */
void report_json_string(FILE *file, const char *text);
void report_xml_text(FILE *file, const char *text);

#endif
