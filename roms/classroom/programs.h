/* User programs: bringing one to life in ring 3. */
#pragma once
#include "tasks.h"

typedef void Program(u32 argument);

/* The programs, in user/. These are addresses in a program's own address space, not the kernel's.
 */
extern Program user_hello, user_touch, user_rebel, user_worker;

#define USER_STACK_TOP 0xbffff000u

/* A task that will run the program, or NULL when memory or tasks are short. It does not run
 * before task_run(). */
Task *program_create(const char *name, Program *program, u32 argument);

/* Takes back a task that was never run. */
void program_discard(Task *task);

/* An address space as a program finds it when it starts. 0: out of memory. */
u32 program_address_space(void);
