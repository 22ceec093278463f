/*
 * Tasks and the scheduler.
 *
 * Each task has a kernel stack. A task that does not run is nothing but a stack pointer: all its
 * registers lie on its stack. The scheduler goes round the table and takes the next one that is
 * ready; when there is none, the idle task runs, which halts the processor until an interrupt.
 *
 * It is pre-emptive: the timer interrupt takes the processor away when the quantum is used up,
 * wherever the task happens to be.
 */
#include "tasks.h"
#include "descriptors.h"
#include "paging.h"
#include "processor.h"
#include "text.h"
#include "timer.h"

enum { STACK_BYTES = 8192, IDLE = 0 };

void switch_stack(u32 *old_stack_pointer, u32 new_stack_pointer); /* stubs.asm */
extern u8 boot_stack_top[];                                       /* entry.asm */

static Task tasks[TASKS];
static u8 stacks[TASKS][STACK_BYTES] __attribute__((aligned(16)));
static Task *current;
static u32 switch_count;
static volatile u32 preemption_locks;
static bool quantum_over;
static u8 *trace;
static u32 trace_size, trace_length;

Task *task_current(void)
{
    return current;
}

Task *task_at(unsigned number)
{
    return number < TASKS ? &tasks[number] : NULL;
}

bool task_is_idle(const Task *task)
{
    return task == &tasks[IDLE];
}

u32 task_stack_top(const Task *task)
{
    return task_is_idle(task) ? (u32)boot_stack_top : (u32)&stacks[task->number][STACK_BYTES];
}

u32 context_switches(void)
{
    return switch_count;
}

static Task *next_task(void)
{
    for (unsigned i = 1; i <= TASKS; i++) {
        Task *task = &tasks[(current->number + i) % TASKS];
        if (!task_is_idle(task) && task->state == TASK_READY)
            return task;
    }
    return &tasks[IDLE];
}

/* Called with interrupts off. Returns when the calling task is chosen again. */
static void schedule(void)
{
    Task *old = current, *next = next_task();
    quantum_over = false;
    next->quantum_left = next->quantum;
    if (next == old)
        return;
    current = next;
    switch_count++;
    next->switches++;
    descriptors_set_kernel_stack(task_stack_top(next));
    if (next->address_space != cr3_read())
        cr3_write(next->address_space);
    switch_stack(&old->stack_pointer, next->stack_pointer);
}

/* Where a new task begins: switch_stack "returns" to here. */
static void begin(void)
{
    interrupts_enable();
    current->start(current->argument);
    task_exit();
}

void tasks_init(void)
{
    for (unsigned i = 0; i < TASKS; i++)
        tasks[i].number = i;
    current = &tasks[IDLE];
    current->name = "idle";
    current->state = TASK_READY;
    current->quantum = 1;
    current->address_space = cr3_read();
}

Task *task_create(const char *name, void (*start)(void *argument), void *argument)
{
    Task *task = NULL;
    for (unsigned i = 1; i < TASKS && !task; i++)
        if (tasks[i].state == TASK_FREE)
            task = &tasks[i];
    if (!task)
        return NULL;
    *task = (Task){
        .name = name,
        .state = TASK_SLEEPING,
        .start = start,
        .argument = argument,
        .quantum = DEFAULT_QUANTUM,
        .number = task->number,
        .address_space = linear_to_physical(kernel_directory),
        .fault.vector = NO_FAULT,
        .wake_tick = 0,
    };
    /* The stack looks as if the task had called switch_stack: four registers, then the address
     * to return to. EBP = 0 ends the chain of stack frames. */
    u32 *stack = (u32 *)task_stack_top(task);
    *--stack = 0;
    *--stack = (u32)begin;
    for (unsigned saved_register = 0; saved_register < 4; saved_register++)
        *--stack = 0;
    task->stack_pointer = (u32)stack;
    task->state = TASK_SLEEPING;
    task->wake_tick = timer_ticks() + 0x7fffffff; /* until task_run() */
    return task;
}

void task_run(Task *task)
{
    task_wake(task);
}

void task_wake(Task *task)
{
    if (task->state == TASK_SLEEPING)
        task->state = TASK_READY;
    /* Whoever waited for a key or for the clock need not wait for a quantum's end too. */
    if (task_is_idle(current))
        quantum_over = true;
}

void task_sleep_until(u32 tick)
{
    u32 flags = interrupts_disable();
    current->state = TASK_SLEEPING;
    current->wake_tick = tick;
    schedule();
    interrupts_restore(flags);
}

void task_sleep(u32 ticks)
{
    task_sleep_until(timer_ticks() + ticks);
}

void task_exit(void)
{
    interrupts_disable();
    u32 space = current->address_space;
    if (space != linear_to_physical(kernel_directory)) {
        task_use_address_space(linear_to_physical(kernel_directory));
        address_space_destroy(space);
    }
    current->state = TASK_ENDED;
    if (current->waiter)
        task_wake(current->waiter);
    for (;;)
        schedule();
}

void task_wait(Task *task)
{
    u32 flags = interrupts_disable();
    task->waiter = current;
    while (task->state != TASK_ENDED)
        task_sleep(TICKS_PER_SECOND);
    task->state = TASK_FREE;
    interrupts_restore(flags);
}

void task_use_address_space(u32 space)
{
    current->address_space = space;
    cr3_write(space);
}

void task_tick(void)
{
    current->ticks++;
    if (trace && trace_length < trace_size)
        trace[trace_length++] = (u8)current->number;
    for (unsigned i = 0; i < TASKS; i++)
        if (tasks[i].state == TASK_SLEEPING && (i32)(timer_ticks() - tasks[i].wake_tick) >= 0)
            task_wake(&tasks[i]);
    if (current->quantum_left)
        current->quantum_left--;
    if (!current->quantum_left)
        quantum_over = true;
}

void task_preempt(void)
{
    if (quantum_over && !preemption_locks)
        schedule();
}

/* A lock for the whole kernel, cheap because there is one processor: while it is held, interrupts
 * still come, but end where they began. */
void preemption_disable(void)
{
    preemption_locks++;
}

void preemption_enable(void)
{
    preemption_locks--;
}

void task_trace_start(u8 *notes, u32 size)
{
    trace_length = 0;
    trace_size = size;
    trace = notes;
}

u32 task_trace_stop(void)
{
    trace = NULL;
    return trace_length;
}
