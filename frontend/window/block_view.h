/*
 * What the translator makes of a block of the guest's code, without the guest noticing: it is
 * translated on a processor of its own, which is in the same mode and has the same page of code.
 */
#ifndef FRONTEND_WINDOW_BLOCK_VIEW_H
#define FRONTEND_WINDOW_BLOCK_VIEW_H

#include "cpu/cpu.h"

enum { BLOCK_ROWS = 512, BLOCK_TEXT = 96 };

/* Side by side; empty texts where a column has less to say than the others. */
typedef struct BlockRow {
    int insn, op;           /* of the block, from 0; -1: entry and exits */
    u64 linear;             /* of its guest instruction */
    bool heading;
    char guest[BLOCK_TEXT], ir[BLOCK_TEXT], host[BLOCK_TEXT];
} BlockRow;

typedef struct BlockView {
    unsigned count;
    unsigned insns, guest_bytes;
    u64 host_bytes;
    BlockRow rows[BLOCK_ROWS];
    char error[160];        /* why there is nothing to see; "" */
} BlockView;

/* The block that begins at `linear`, in the code segment and mode that `cpu` is in. */
void block_view_make(BlockView *view, Cpu *cpu, u64 linear);

#endif
