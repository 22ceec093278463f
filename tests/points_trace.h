/*
 * A guest, `wanderer`, and what it does at each count: a machine of its own ran it, one instruction at a
 * time.
 */
#ifndef TESTS_POINTS_TRACE_H
#define TESTS_POINTS_TRACE_H

#include "mmu/base.h"

extern const u8 wanderer[] __attribute__((visibility("hidden")));
extern const u8 wanderer_end[] __attribute__((visibility("hidden")));

enum {
    TRACE = 40000,      /* instructions */
    TOUCHES = 4,        /* of one of them, at most */
};

typedef struct Touch {
    u64 address;
    u8 size;
    bool write, port;
} Touch;

/* At a count: what is to be done next, and what was done to come here. */
typedef struct TraceMoment {
    u32 pc;
    u16 ax, sp;
    u8 opcode, access_count;
    bool event;    /* an interrupt was delivered: the processor comes to its handler; */
    bool external; /* not by an instruction */
    Touch accesses[TOUCHES];
} TraceMoment;

extern TraceMoment trace[TRACE + 2];
void make_trace(void);

#endif
