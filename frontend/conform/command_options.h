/*
 * The command line of `vitrine conform`.
 */
#ifndef FRONTEND_CONFORM_COMMAND_OPTIONS_H
#define FRONTEND_CONFORM_COMMAND_OPTIONS_H

#include "frontend/conform/campaign.h"

typedef struct ConformOptions {
    CampaignOptions campaign;
    bool help, verbose;
    u8 *rows;               /* what campaign.rows points to; free() it */
} ConformOptions;

/* False with a sentence in `error`. */
bool conform_options_parse(ConformOptions *options, int argc, char **argv, char *error,
                           size_t error_size);

extern const char conform_usage[];

#endif
