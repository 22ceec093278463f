/*
 * The command line of `vitrine conform`.
 */
#ifndef FRONTEND_CONFORM_COMMAND_OPTIONS_H
#define FRONTEND_CONFORM_COMMAND_OPTIONS_H

#include "frontend/conform/campaign.h"

enum { CONFORM_REPORTS = 8 };

typedef struct ConformOptions {
    CampaignOptions campaign;
    const char *reports[CONFORM_REPORTS];   /* files to write */
    unsigned report_count;
    const char *replay;     /* a case, or a file of cases; NULL: none */
    const char *vectors;    /* a file of the 80286's; NULL: none */
    const char **case_files;/* free() it */
    unsigned case_file_count;
    bool help, verbose;
    u8 *rows;               /* what campaign.rows points to; free() it */
} ConformOptions;

/* False with a sentence in `error`. */
bool conform_options_parse(ConformOptions *options, int argc, char **argv, char *error,
                           size_t error_size);

extern const char conform_usage[];

#endif
