/*
 * The machine of a subject: a processor, some RAM, and in it what a 64-bit Linux would have set up
 * for the oracle's process.
 */
#ifndef FRONTEND_CONFORM_SUBJECT_MACHINE_H
#define FRONTEND_CONFORM_SUBJECT_MACHINE_H

#include "cpu/segment.h"
#include "frontend/bare_processor.h"
#include "frontend/conform/surroundings.h"

typedef struct SubjectMachine {
    BareProcessor bare;
    Surroundings surroundings;
    Segment segments[CASE_MODES][6];    /* loaded for each mode */
    u32 code_offset;                    /* of CASE_CODE in ram */
} SubjectMachine;

/* False with a sentence in `error`. */
bool subject_machine_open(SubjectMachine *m, const char *model, char *error, size_t error_size);
void subject_machine_close(SubjectMachine *m);

/* The vector before whose handler (a HLT) the processor stands, and the frame on its stack. */
unsigned subject_machine_vector(const SubjectMachine *m);
typedef struct ExceptionFrame {
    u32 error_code;
    u64 rip, rflags, rsp;
} ExceptionFrame;
ExceptionFrame subject_machine_frame(const SubjectMachine *m);

#endif
