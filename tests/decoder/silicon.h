/*
 * The processor under us as the judge of an encoding: does it raise #UD, and how long is it?
 *
 * The bytes are put at the end of a page, one more at a time, with no page behind. As long as the
 * processor wants bytes from there, the instruction is longer. It is single-stepped in a child that
 * may do no system call but read, write and exit, so whatever the bytes say stays there.
 */
#ifndef TESTS_DECODER_SILICON_H
#define TESTS_DECODER_SILICON_H

#include <sys/types.h>

#include "mmu/base.h"

typedef struct Silicon {
    pid_t child; /* 0: none yet */
    int questions, answers;
} Silicon;

typedef struct SiliconAnswer {
    bool known;     /* false: this host cannot say (no x86-64, or the child was killed for a call) */
    bool undefined; /* #UD */
    u8 vector;      /* of the exception that it raised; 1, a step's, when it raised none */
    u8 length;      /* bytes; 0: more than 15 */
} SiliconAnswer;

enum { SILICON_BYTES = 16 };

/* code_size: 2, 4 or 8. Starts the child when there is none. */
SiliconAnswer silicon_ask(Silicon *silicon, unsigned code_size, const u8 bytes[SILICON_BYTES]);
void silicon_close(Silicon *silicon);

#endif
