/*
 * On a host that is no x86-64 there is no oracle.
 */
#if !defined(__x86_64__)

#include "frontend/conform/oracle_child.h"

#include <errno.h>
#include <unistd.h>

const char *oracle_child_step(u32 step)
{
    return step ? "run them: this is no x86-64 processor; conform --vectors needs none" : NULL;
}

_Noreturn void oracle_child(OracleShared *shared, int commands, int answers)
{
    (void)commands;
    (void)answers;
    shared->setup_errno = ENOEXEC;
    shared->setup_failed = 1;
    _exit(1);
}

#endif
