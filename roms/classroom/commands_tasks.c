/* `tasks`: pre-emptive multitasking, to watch. */
#include "commands.h"
#include "console.h"
#include "paging.h"
#include "processor.h"
#include "programs.h"
#include "progress.h"
#include "tasks.h"
#include "timer.h"

enum { WORKERS = 4, TRACE_BYTES = 1024, TRACE_SHOWN = 70 };

static const char *const names[WORKERS] = {"Ada", "Blaise", "Charles", "Dorothy"};
static const u32 quanta[WORKERS] = {1, 2, 3, 4};
static u8 trace[TRACE_BYTES];

static const char colors[WORKERS] = {TITLE[0], VALUE[0], VIOLET[0], GOOD[0]};

extern u8 user_data[]; /* kernel.ld: where a program's variables begin */

/* The letter of a worker, '.' for the idle task, '-' for the shell. */
static void print_letter(u8 number, const Task *const workers[WORKERS])
{
    for (unsigned i = 0; i < WORKERS; i++)
        if (workers[i]->number == number) {
            print("%c%c", colors[i], names[i][0]);
            return;
        }
    print(FAINT "%c", task_is_idle(task_at(number)) ? '.' : '-');
}

static void print_trace(const Task *const workers[WORKERS], u32 length)
{
    print("  Who ran at each tick of 10 ms, from the start:\n  ");
    for (u32 i = 0; i < length && i < TRACE_SHOWN; i++)
        print_letter(trace[i], workers);
    print(PLAIN "\n");
}

static u32 frame_of_variables(const Task *worker)
{
    return *page_entry(worker->address_space, (u32)user_data) & ~(u32)PAGE_FLAGS;
}

static bool create_workers(Task *workers[WORKERS], u32 frames[WORKERS])
{
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = program_create(names[i], user_worker, 0);
        if (!workers[i]) {
            print("There is not enough memory for %u programs.\n", WORKERS);
            while (i--)
                program_discard(workers[i]);
            return false;
        }
        workers[i]->quantum = quanta[i];
        frames[i] = frame_of_variables(workers[i]);
    }
    return true;
}

static void print_account(const Task *const workers[WORKERS], const u32 frames[WORKERS])
{
    print("\n  program   quantum   ticks used   switched to   primes   page %08x is\n",
          (u32)user_data);
    for (unsigned i = 0; i < WORKERS; i++)
        print("  %c%-9s" PLAIN " %7u   %10u   %11u   %6u   frame " VALUE "%08x\n" PLAIN, colors[i],
              names[i], quanta[i], workers[i]->ticks, workers[i]->switches,
              progress_count(workers[i]), frames[i]);
}

void command_tasks(const char *arguments)
{
    Task *workers[WORKERS];
    u32 frames[WORKERS];
    (void)arguments;
    print_heading("tasks: four programs, one processor");
    print("  Each counts primes in ring 3 and never gives way. The timer interrupt takes\n"
          "  the processor from it after its quantum, and the next one goes on. They share\n"
          "  nothing: the same linear address lies in another frame for each of them.\n\n");
    if (!create_workers(workers, frames))
        return;
    for (unsigned i = 0; i < WORKERS; i++)
        print("    %-9s quantum %u\n", names[i], quanta[i]);
    unsigned first_row = console_row() - WORKERS;
    u32 switches = context_switches(), start = timer_ticks();
    task_trace_start(trace, sizeof trace);
    for (unsigned i = 0; i < WORKERS; i++) {
        progress_begin(workers[i], first_row + i, colors[i]);
        task_run(workers[i]);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        task_wait(workers[i]);
    u32 noted = task_trace_stop();
    u32 ticks = timer_ticks() - start;
    print_account((const Task *const *)workers, frames);
    print("\n");
    print_trace((const Task *const *)workers, noted);
    print("  %u context switches in %u.%02u s. Each saved the registers on the old task's\n"
          "  kernel stack, took the new one's, and loaded CR3 with its page directory.\n",
          context_switches() - switches, ticks / TICKS_PER_SECOND, ticks % TICKS_PER_SECOND);
}
