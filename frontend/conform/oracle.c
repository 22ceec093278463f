/*
 * The oracle, seen from the campaign: starts the child, hands it batches, and buries it when a case
 * has killed it or takes too long.
 */
#include "frontend/conform/oracle.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cpu/opcodes.h"
#include "frontend/conform/native.h"
#include "frontend/conform/oracle_child.h"

/* A case takes microseconds: one that has used so much of the processor's time will never end. On a
 * loaded host its child may wait for its turn as long as it takes. */
enum { CASE_PATIENCE_SECONDS = 2, POLL_MS = 500 };

struct Oracle {
    OracleShared *shared;
    Cpu *decoder;          /* with all features, for native_refusal() */
    pid_t child;           /* 0: none */
    int commands, answers; /* our ends of its pipes */
};

/* ---- the child's life ---- */

static void bury(Oracle *oracle)
{
    int status;

    if (!oracle->child)
        return;
    close(oracle->commands);
    close(oracle->answers);
    kill(oracle->child, SIGKILL);
    while (waitpid(oracle->child, &status, 0) < 0 && errno == EINTR)
        continue;
    oracle->child = 0;
}

static bool start(Oracle *oracle, char *error, size_t error_size)
{
    int commands[2], answers[2];
    pid_t child;

    if (pipe(commands) < 0 || pipe(answers) < 0) {
        snprintf(error, error_size, "the host gives us no pipes: %s", strerror(errno));
        return false;
    }
    oracle->shared->setup_failed = 0;
    child = fork();
    if (child == 0) {
        close(commands[1]);
        close(answers[0]);
        oracle_child(oracle->shared, commands[0], answers[1]);
    }
    close(commands[0]);
    close(answers[1]);
    oracle->commands = commands[1];
    oracle->answers = answers[0];
    if (child < 0) {
        close(commands[1]);
        close(answers[0]);
        snprintf(error, error_size, "no process can be started: %s", strerror(errno));
        return false;
    }
    oracle->child = child;
    return true;
}

static void explain_failed_setup(const Oracle *oracle, char *error, size_t error_size)
{
    const char *step = oracle_child_step(oracle->shared->setup_failed);

    snprintf(error, error_size, "the process that runs instructions natively may not %s: %s",
             step ? step : "start", strerror(oracle->shared->setup_errno));
}

static double time_used(const Oracle *oracle)
{
    struct timespec used = {0};
    clockid_t clock;

    if (clock_getcpuclockid(oracle->child, &clock) == 0)
        clock_gettime(clock, &used);
    return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

/* False: the child is dead, or one case lasts for ever. */
static bool wait_for_answer(const Oracle *oracle)
{
    struct pollfd wait = {.fd = oracle->answers, .events = POLLIN};
    u32 at = ORACLE_SLOTS + 1;
    double begun = 0;
    char answer;

    for (;;) {
        int ready = poll(&wait, 1, POLL_MS);
        u32 current = __atomic_load_n(&oracle->shared->current, __ATOMIC_ACQUIRE);

        if (ready > 0)
            return read(oracle->answers, &answer, 1) == 1;
        if (current != at)
            begun = time_used(oracle);
        else if (time_used(oracle) - begun > CASE_PATIENCE_SECONDS)
            return false;
        at = current;
    }
}

static bool exchange(Oracle *oracle, OracleCommand command)
{
    return write(oracle->commands, &command, sizeof command) == sizeof command &&
           wait_for_answer(oracle);
}

/* ---- running ---- */

static void refuse_some(Oracle *oracle, unsigned first, unsigned end)
{
    OracleShared *shared = oracle->shared;

    for (unsigned i = first; i < end; i++) {
        shared->skip[i] = native_refusal(oracle->decoder, &shared->cases[i]) != NULL;
        if (shared->skip[i])
            shared->outcomes[i].status = OUTCOME_REFUSED;
    }
}

/* Slots first .. end - 1. */
static bool run(Oracle *oracle, unsigned first, unsigned end, char *error, size_t error_size)
{
    OracleShared *shared = oracle->shared;

    refuse_some(oracle, first, end);
    while (first < end) {
        u32 current;

        if (!oracle->child && !start(oracle, error, error_size))
            return false;
        __atomic_store_n(&shared->current, ORACLE_SLOTS, __ATOMIC_RELEASE);
        if (exchange(oracle, (OracleCommand){.first = first, .count = end - first}))
            return true;
        current = __atomic_load_n(&shared->current, __ATOMIC_ACQUIRE);
        bury(oracle);
        if (current >= end) { /* not even the first was begun */
            explain_failed_setup(oracle, error, error_size);
            return false;
        }
        shared->outcomes[current].status = OUTCOME_DIED;
        first = current + 1;
    }
    return true;
}

bool oracle_run(Oracle *oracle, unsigned count, char *error, size_t error_size)
{
    return run(oracle, 0, count, error, error_size);
}

bool oracle_run_one(Oracle *oracle, const Case *c, Outcome *outcome, char *error, size_t error_size)
{
    oracle->shared->cases[ORACLE_BATCH] = *c;
    if (!run(oracle, ORACLE_BATCH, ORACLE_SLOTS, error, error_size))
        return false;
    *outcome = oracle->shared->outcomes[ORACLE_BATCH];
    return true;
}

Case *oracle_cases(Oracle *oracle)
{
    return oracle->shared->cases;
}

const Outcome *oracle_outcomes(const Oracle *oracle)
{
    return oracle->shared->outcomes;
}

/* ---- opening and closing ---- */

Oracle *oracle_open(char *error, size_t error_size)
{
    Oracle *oracle = calloc(1, sizeof *oracle);
    void *shared =
        mmap(NULL, sizeof(OracleShared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (oracle)
        oracle->decoder = calloc(1, sizeof *oracle->decoder);
    if (!oracle || !oracle->decoder || shared == MAP_FAILED) {
        if (shared != MAP_FAILED)
            munmap(shared, sizeof(OracleShared));
        free(oracle);
        snprintf(error, error_size, "the host is out of memory");
        return NULL;
    }
    oracle->shared = shared;
    oracle->decoder->features = ~(FeatureSet)0;
    opcodes_index(oracle->decoder);
    signal(SIGPIPE, SIG_IGN); /* a dead child is seen by what write() returns */
    if (start(oracle, error, error_size) && exchange(oracle, (OracleCommand){0}))
        return oracle;
    if (oracle->shared->setup_failed)
        explain_failed_setup(oracle, error, error_size);
    oracle_close(oracle);
    return NULL;
}

void oracle_close(Oracle *oracle)
{
    if (!oracle)
        return;
    bury(oracle);
    munmap(oracle->shared, sizeof *oracle->shared);
    free(oracle->decoder);
    free(oracle);
}
