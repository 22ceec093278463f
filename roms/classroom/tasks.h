/* Tasks: several programs, one processor. */
#pragma once
#include "types.h"

typedef enum TaskState { TASK_FREE, TASK_READY, TASK_SLEEPING, TASK_ENDED } TaskState;

/* Why a program was ended by the kernel. Vector FFFFFFFF: it ended of itself. */
typedef struct Fault {
    u32 vector, error_code, eip, address;
} Fault;
#define NO_FAULT 0xffffffffu

typedef struct Task {
    u32 stack_pointer; /* of the kernel stack, while the task does not run */
    u32 address_space; /* for CR3 */
    const char *name;
    TaskState state;
    u32 wake_tick;
    void (*start)(void *argument);
    void *argument;
    u32 quantum; /* ticks it may run at a stretch */
    u32 quantum_left;
    u32 ticks;     /* it was seen running at so many ticks */
    u32 switches;  /* it was switched to so often */
    bool narrated; /* lessons: the kernel says aloud what it does for this task */
    Fault fault;
    struct Task *waiter;
    unsigned number;
    u32 program_argument;
} Task;

enum { TASKS = 8, DEFAULT_QUANTUM = 2 };

void tasks_init(void); /* the caller becomes the idle task */
Task *task_create(const char *name, void (*start)(void *argument), void *argument);
void task_run(Task *task);  /* makes it ready */
void task_wait(Task *task); /* until it has ended; then it is free again */
_Noreturn void task_exit(void);
Task *task_current(void);
Task *task_at(unsigned number);
bool task_is_idle(const Task *task);
u32 task_stack_top(const Task *task);
void task_use_address_space(u32 space); /* the current task, from now on */

void task_sleep_until(u32 tick);
void task_sleep(u32 ticks);
void task_wake(Task *task);
void task_tick(void);    /* by the timer: wake sleepers, count the quantum down */
void task_preempt(void); /* at the end of an interrupt */
void preemption_disable(void);
void preemption_enable(void);

u32 context_switches(void);

/* Lessons: from now on note who runs at each tick, as task numbers; at most `size`. */
void task_trace_start(u8 *trace, u32 size);
u32 task_trace_stop(void); /* how many were noted */
