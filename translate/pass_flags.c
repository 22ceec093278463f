/*
 * Which flags does anybody look at? Backwards through a block: a flag that is written again before
 * it is read, and before anything that could show it to the guest (a declined access, the
 * interpreter, the block's end), is dead.
 */
#include "translate/ir.h"

void ir_flags_pass(IrBlock *ir)
{
    u16 live = FLAGS_OSZAPC;

    for (unsigned i = ir->count; i-- > 0;) {
        IrOp *op = &ir->ops[i];

        op->live = live;
        if (ir_calls(op) || ir_declines(op) || ir_ends(op))
            live = FLAGS_OSZAPC;
        else
            live = (u16)((live & ~op->defines) | op->reads);
    }
}
