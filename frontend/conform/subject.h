/*
 * The subject: the same cases on a vitrine processor, in surroundings that a program cannot tell
 * from the oracle's: paging, descriptor tables and an IDT as a 64-bit Linux has them (or, on models
 * without long mode, a 32-bit one with PAE).
 */
#ifndef FRONTEND_CONFORM_SUBJECT_H
#define FRONTEND_CONFORM_SUBJECT_H

#include "cpu/cpu.h"
#include "frontend/conform/case.h"

typedef enum SubjectEngine { SUBJECT_INTERPRETER, SUBJECT_TRANSLATOR } SubjectEngine;

typedef struct Subject Subject;

/* `model` as in -cpu; NULL with a sentence in `error` for an unknown one, an engine that is not
 * there, or when out of memory. */
Subject *subject_open(const char *model, SubjectEngine engine, char *error, size_t error_size);
void subject_close(Subject *subject);

/* Does the model have this mode, and the row in it? */
bool subject_has_mode(const Subject *subject, CaseMode mode);
bool subject_has_row(const Subject *subject, const OpcodeRow *row, CaseMode mode);

void subject_run(Subject *subject, const Case *c, Outcome *outcome);
/* Was the last case's instruction executed by generated code, without the interpreter? */
bool subject_was_translated(const Subject *subject);

/* Its processor, for those who decode. */
const Cpu *subject_cpu(const Subject *subject);

/* "interpreter"; false: no such engine. */
const char *subject_engine_name(SubjectEngine engine);
bool subject_engine_parse(const char *name, SubjectEngine *engine);

#endif
