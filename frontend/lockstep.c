#include "frontend/lockstep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu/code_cache.h"
#include "frontend/disassembly.h"
#include "frontend/explain.h"
#include "translate/translator.h"

enum {
    MAX_EVENTS = 1 << 14, /* between two checkpoints */
    CHECKPOINT = 64,      /* slices */
    MOST_FIELDS = 24,     /* differences that a report lists */
};
#define TAPE_SIZE ((u64)256 << 20)

/* What the parent and its copies share. */
typedef struct Shared {
    u64 end; /* to search up to */
    u32 count;
    InputEvent events[MAX_EVENTS];
} Shared;

struct Lockstep {
    Machine *machine, *beside;
    MachineConfig config; /* of the one beside */
    TapeDrive recorders[TAPE_DRIVES], players[TAPE_DRIVES];
    BlockDevice *media[TAPE_DRIVES];
    Tape tape;
    u64 cursors[2]; /* of the machine when it plays, and of the one beside */
    const char *departed[2];
    Shared *shared;
    u32 followed; /* events that the one beside has had */
    unsigned slices;
    u64 checkpoint; /* the clock then */
    pid_t copy;     /* the checkpoint's process, or 0 */
    int copy_input; /* it waits for the other end of this pipe */
};

/* ---- inputs ---- */

static bool note(void *owner, const InputEvent *event)
{
    Lockstep *lockstep = owner;
    Shared *shared = lockstep->shared;

    if (event->kind == INPUT_MEDIUM_CHANGED)
        for (unsigned i = 0; i < TAPE_DRIVES; i++)
            if (lockstep->media[i]) {
                tape_drive_changed(&lockstep->recorders[i], lockstep->media[i]);
                tape_drive_changed(&lockstep->players[i], lockstep->media[i]);
            }
    if (shared->count < MAX_EVENTS)
        shared->events[shared->count++] = *event;
    else
        lockstep->tape.overflowed = true;
    return true;
}

/* Runs to `until`, whatever happens on the way; idle time passes. */
static RunResult advance(Machine *machine, u64 until)
{
    RunResult result = RUN_BUDGET;

    while (machine_cycles(machine) < until) {
        result = machine_run(machine, until);
        if (result != RUN_IDLE)
            break;
        machine_skip_idle(machine, until);
    }
    return result;
}

/* With the events from `*next` on. */
static RunResult advance_with_events(Machine *machine, const Shared *shared, u32 *next, u64 until)
{
    RunResult result = RUN_BUDGET;

    for (; *next < shared->count && shared->events[*next].cycles <= until; ++*next) {
        advance(machine, shared->events[*next].cycles);
        machine_input(machine, &shared->events[*next]);
    }
    if (machine_cycles(machine) < until)
        result = advance(machine, until);
    return result;
}

/* ---- comparing ---- */

static u64 element(const u8 *bytes, u32 width, u32 number)
{
    u64 value = 0;

    memcpy(&value, bytes + (u64)width * number, width);
    return value;
}

/* Tells how a field differs; returns how many lines that took. */
static unsigned compare_field(const ChipState *a, const ChipState *b, const Field *field,
                              FILE *report)
{
    const u8 *left = (const u8 *)a->chip + field->offset;
    const u8 *right = (const u8 *)b->chip + field->offset;
    unsigned lines = 0;

    if (memcmp(left, right, (size_t)field->width * field->count) == 0)
        return 0;
    for (u32 i = 0; i < field->count && lines < MOST_FIELDS; i++) {
        u64 x = element(left, field->width, i), y = element(right, field->width, i);

        if (x == y)
            continue;
        lines++;
        if (report)
            fprintf(
                report,
                "  %s %s[%u]: %0*" PRIX64 " on the translator, %0*" PRIX64 " on the interpreter\n",
                a->table->chip, field->name, i, (int)field->width * 2, x, (int)field->width * 2, y);
    }
    return lines;
}

static unsigned compare_chips(const Machine *a, const Machine *b, FILE *report)
{
    unsigned count, lines = 0;
    const ChipState *left = machine_chips(a, &count), *right = machine_chips(b, &count);

    for (unsigned i = 0; i < count; i++)
        for (u32 j = 0; j < left[i].table->count && lines < MOST_FIELDS; j++)
            lines += compare_field(&left[i], &right[i], &left[i].table->fields[j], report);
    return lines;
}

static unsigned compare_memory(Machine *a, Machine *b, FILE *report)
{
    AddressSpace *left = machine_memory(a), *right = machine_memory(b);
    unsigned lines = 0;

    for (PhysAddr at = 0; at < machine_memory_size(a) && lines < MOST_FIELDS; at += PAGE_SIZE) {
        const u8 *x = space_host(left, at, false), *y = space_host(right, at, false);

        if (!x || !y || memcmp(x, y, PAGE_SIZE) == 0)
            continue;
        for (unsigned i = 0; i < PAGE_SIZE && lines < MOST_FIELDS; i++)
            if (x[i] != y[i]) {
                lines++;
                if (report)
                    fprintf(report,
                            "  memory %08" PRIX64
                            ": %02X on the translator, %02X on the interpreter\n",
                            at + i, x[i], y[i]);
            }
    }
    return lines;
}

static bool differ(Lockstep *lockstep, bool memory, FILE *report)
{
    Machine *a = lockstep->machine, *b = lockstep->beside;

    for (unsigned i = 0; i < 2 && report; i++)
        if (lockstep->departed[i])
            fprintf(report, "  the %s's machine: %s\n", i ? "interpreter" : "translator",
                    lockstep->departed[i]);
    if (lockstep->departed[0] || lockstep->departed[1])
        return true;
    return compare_chips(a, b, report) + (memory ? compare_memory(a, b, report) : 0) > 0;
}

/* ---- the search, in a copy ---- */

/* From the checkpoint on, the translator's machine plays as well. */
static void play_both(Lockstep *lockstep)
{
    for (unsigned i = 0; i < TAPE_DRIVES; i++)
        if (lockstep->media[i])
            tape_player(&lockstep->recorders[i], &lockstep->tape, (u8)i, lockstep->media[i],
                        &lockstep->cursors[0], &lockstep->departed[0]);
}

static void advance_both(Lockstep *lockstep, u64 until)
{
    u32 next[2] = {0, 0};

    advance_with_events(lockstep->machine, lockstep->shared, &next[0], until);
    advance_with_events(lockstep->beside, lockstep->shared, &next[1], until);
}

/* In a process of its own, so that the checkpoint stays what it is. */
static bool differ_at(Lockstep *lockstep, u64 when)
{
    pid_t child = fork();
    int status = 0;

    if (child < 0)
        return true;
    if (child == 0) {
        advance_both(lockstep, when);
        _exit(differ(lockstep, true, NULL));
    }
    waitpid(child, &status, 0);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void show_listing(void *report, const TranslatorListing *listing)
{
    explain_listing(report, listing);
}

/* The block is translated once more, to be shown with its IR and host code; where that cannot be,
 * its guest code alone. */
static void print_block(const Lockstep *lockstep, FILE *report)
{
    Cpu *cpu = machine_cpu(lockstep->machine, 0);
    const Block *block = cpu->block;
    u64 linear = cpu->block_key ^ cpu->code_mode;

    if (!block || !block->host) {
        fprintf(report, "The last block is gone: it was written to.\n");
        return;
    }
    fprintf(report, "The last block that the translator ran, %u instructions:\n", block->count);
    cpu->rip = linear - cpu->segments[CS].base;
    translator_listen(cpu, show_listing, report);
    if (_setjmp(cpu->unwind) || !translator_translate(cpu))
        disassemble(block->host, block->bytes, linear, block->mode & 15, disassembly_print, report);
}

static void search(Lockstep *lockstep, FILE *report)
{
    u64 same = lockstep->checkpoint, other = lockstep->shared->end;

    play_both(lockstep);
    /* The pages of generated code are the parent's, too, and it went on. */
    translator_flush(machine_cpu(lockstep->machine, 0));
    if (!differ_at(lockstep, other)) {
        fprintf(report, "It does not happen again from cycle %" PRIu64 " on.\n", same);
        return;
    }
    while (other - same > 1) {
        u64 middle = same + (other - same) / 2;

        if (differ_at(lockstep, middle))
            other = middle;
        else
            same = middle;
    }
    advance_both(lockstep, other);
    fprintf(report, "The first difference is at cycle %" PRIu64 ":\n", other);
    differ(lockstep, true, report);
    print_block(lockstep, report);
}

/* ---- checkpoints ---- */

static void drop_copy(Lockstep *lockstep)
{
    if (!lockstep->copy)
        return;
    close(lockstep->copy_input); /* it reads the end of the pipe, and ends */
    waitpid(lockstep->copy, NULL, 0);
    lockstep->copy = 0;
}

/* In the copy: waits for a word; searches when it comes. */
_Noreturn static void wait_in_copy(Lockstep *lockstep, int input, FILE *report)
{
    char word;

    if (read(input, &word, 1) == 1) {
        search(lockstep, report);
        fflush(report);
    }
    _exit(0);
}

static void make_checkpoint(Lockstep *lockstep, FILE *report)
{
    int ends[2];

    drop_copy(lockstep);
    lockstep->checkpoint = machine_cycles(lockstep->machine);
    lockstep->shared->count = lockstep->followed = 0;
    *lockstep->tape.length = 0;
    lockstep->tape.overflowed = false;
    lockstep->cursors[0] = lockstep->cursors[1] = 0;
    if (pipe(ends))
        return;
    fflush(NULL);
    lockstep->copy = fork();
    if (lockstep->copy == 0) {
        close(ends[1]);
        wait_in_copy(lockstep, ends[0], report);
    }
    close(ends[0]);
    if (lockstep->copy < 0) {
        lockstep->copy = 0;
        close(ends[1]);
    }
    lockstep->copy_input = ends[1];
}

/* The copies share the pages of generated code with us, so we must not run on. */
static void ask_copy(Lockstep *lockstep, FILE *report)
{
    if (!lockstep->copy || lockstep->tape.overflowed) {
        fprintf(report, "There is no checkpoint to search from.\n");
        return;
    }
    lockstep->shared->end = machine_cycles(lockstep->machine);
    if (write(lockstep->copy_input, "s", 1) == 1)
        waitpid(lockstep->copy, NULL, 0);
    close(lockstep->copy_input);
    lockstep->copy = 0;
}

/* ---- from outside ---- */

static BlockDevice **medium_of(MachineConfig *config, unsigned number)
{
    return number < MACHINE_IDE_DRIVES ? &config->drives[number].medium
                                       : &config->floppies[number - MACHINE_IDE_DRIVES];
}

static void ignore_line(void *owner, const char *line)
{
    (void)owner, (void)line;
}

/* What the machine beside says goes nowhere. */
static MachineConfig quiet(const MachineConfig *config)
{
    MachineConfig result = *config;

    for (unsigned i = 0; i < MACHINE_SERIAL_PORTS; i++)
        result.serial[i] = (ByteSink){0};
    for (unsigned i = 0; i < MACHINE_PARALLEL_PORTS; i++)
        result.parallel[i] = (ByteSink){0};
    result.debug_console = (ByteSink){0};
    result.log = (Log){.write = ignore_line};
    return result;
}

Lockstep *lockstep_create(MachineConfig *config, char *error, size_t error_size)
{
    Lockstep *lockstep = calloc(1, sizeof *lockstep);

    if (!lockstep)
        return NULL;
    lockstep->shared = mmap(NULL, sizeof *lockstep->shared, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (lockstep->shared == MAP_FAILED || !tape_create(&lockstep->tape, TAPE_SIZE)) {
        snprintf(error, error_size, "-engine lockstep: the host is out of memory");
        lockstep_destroy(lockstep);
        return NULL;
    }
    config->engine = ENGINE_TRANSLATOR;
    lockstep->config = quiet(config);
    lockstep->config.engine = ENGINE_INTERPRETER;
    for (unsigned i = 0; i < TAPE_DRIVES; i++) {
        BlockDevice *medium = *medium_of(config, i);

        if (!medium)
            continue;
        lockstep->media[i] = medium;
        tape_recorder(&lockstep->recorders[i], &lockstep->tape, (u8)i, medium);
        tape_player(&lockstep->players[i], &lockstep->tape, (u8)i, medium, &lockstep->cursors[1],
                    &lockstep->departed[1]);
        *medium_of(config, i) = &lockstep->recorders[i].device;
        *medium_of(&lockstep->config, i) = &lockstep->players[i].device;
    }
    config->input_tap = (InputTap){note, lockstep};
    return lockstep;
}

/* A machine reads its drives as soon as it is made, so the one that records comes first. */
bool lockstep_watch(Lockstep *lockstep, Machine *machine, char *error, size_t error_size)
{
    lockstep->machine = machine;
    lockstep->beside = machine_create(&lockstep->config, error, error_size);
    return lockstep->beside != NULL;
}

void lockstep_destroy(Lockstep *lockstep)
{
    if (!lockstep)
        return;
    drop_copy(lockstep);
    machine_destroy(lockstep->beside);
    tape_destroy(&lockstep->tape);
    if (lockstep->shared && lockstep->shared != MAP_FAILED)
        munmap(lockstep->shared, sizeof *lockstep->shared);
    free(lockstep);
}

/* What ends a run for good, or until a reset, must end both. */
static bool is_end(RunResult result)
{
    return result != RUN_BUDGET && result != RUN_IDLE;
}

bool lockstep_follow(Lockstep *lockstep, RunResult result, FILE *report)
{
    u64 until = machine_cycles(lockstep->machine);
    RunResult followed;
    bool full = lockstep->slices % CHECKPOINT == CHECKPOINT - 1 || is_end(result);

    /* What ended the run must end it here too. */
    followed = advance_with_events(lockstep->beside, lockstep->shared, &lockstep->followed,
                                   is_end(result) ? until + 1 : until);
    bool same_end = is_end(result) ? followed == result : !is_end(followed);

    if (differ(lockstep, full, NULL) || !same_end) {
        fprintf(report, "vitrine: lockstep: the engines differ at cycle %" PRIu64 " or before.\n",
                until);
        if (!same_end)
            fprintf(report,
                    "  the translator's machine ended its slice with %d, the other with %d\n",
                    result, followed);
        differ(lockstep, true, report);
        ask_copy(lockstep, report);
        return false;
    }
    if (!lockstep->copy || full || lockstep->tape.overflowed ||
        *lockstep->tape.length > lockstep->tape.size / 2)
        make_checkpoint(lockstep, report);
    lockstep->slices++;
    return true;
}
