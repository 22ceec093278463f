/*
 * A campaign's worker: one row in one mode after the other.
 */
#ifndef FRONTEND_CONFORM_CAMPAIGN_UNIT_H
#define FRONTEND_CONFORM_CAMPAIGN_UNIT_H

#include "frontend/conform/campaign.h"
#include "frontend/conform/generator.h"
#include "frontend/conform/oracle.h"

typedef struct Worker {
    const CampaignOptions *options;
    Oracle *oracle;
    Subject *subject;
    Cpu *decoder;
    Generator generator;
    Random neighbours;
} Worker;

/* False with a sentence in `error`. */
bool worker_open(Worker *worker, const CampaignOptions *options, char *error, size_t error_size);
void worker_close(Worker *worker);

/* What the unit is to be, without running it: UNIT_RUN or a reason not to. */
UnitStatus worker_unit_status(const Worker *worker, const Unit *unit);

/* Runs it, adding to *done and *different as it goes. False with a sentence in `error` when the
 * oracle has gone for good. */
bool worker_run(Worker *worker, Unit *unit, u64 *done, u64 *different, char *error,
                size_t error_size);

/* Sets to zero what does not matter to a failure. */
void worker_shrink(Worker *worker, Failure *failure);

#endif
