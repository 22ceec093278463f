/*
 * `vitrine conform --replay CASE`: one case again, with everything about it.
 */
#ifndef FRONTEND_CONFORM_REPLAY_H
#define FRONTEND_CONFORM_REPLAY_H

#include "frontend/conform/subject.h"

/* `what`: a case in one line, as failures print it, or the path of a case file. Returns the exit
 * status of conform_command(). */
int replay_command(const char *what, const char *cpu, SubjectEngine engine);

#endif
