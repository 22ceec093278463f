/*
 * The x86-64 backend: groups of accesses that ask once for their page.
 *
 * Accesses of one kind by one register, with no more between them than additions of constants to
 * it, mostly touch the same page. The first asks its slot for all the bytes that they touch, the
 * others take the addend from there. That holds because generated code never changes the TLB. A
 * declined access does: behind it the translation is left wherever a group reaches over it.
 */
#include "translate/emit_x64.h"

enum { WIDEST_GROUP = 256 }; /* bytes */

/* A group that more accesses may join. */
typedef struct Open {
    unsigned group;
    u8 base, slot;
    i32 moved; /* what was added to the base since the first access */
} Open;

typedef struct Finder {
    Emitter *e;
    Open open[PINNED_COUNT * 2];
    unsigned count;
} Finder;

static bool is_write(const IrOp *op)
{
    switch (op->opcode) {
    case IR_STORE:
    case IR_LOAD_FOR_WRITE:
    case IR_LOOK_UP_FOR_WRITE:
    case IR_SIMD_STORE:
    case IR_X87_STORE:
        return true;
    default:
        return false;
    }
}

static bool is_access(const IrOp *op)
{
    switch (op->opcode) {
    case IR_LOAD:
    case IR_LOOK_UP:
    case IR_SIMD_LOAD:
    case IR_X87_LOAD:
    case IR_X87_CONTROL:
        return true;
    default:
        return is_write(op);
    }
}

/* By its register's own slot, with nothing computed before. */
static bool can_join(const Emitter *e, const IrOp *op, u8 slot)
{
    Access access = is_write(op) ? ACCESS_WRITE : ACCESS_READ;

    return emit_is_direct(op) && !op->aligned && op->opcode != IR_X87_CONTROL &&
           slot == emit_slot_of(e, &(IrAddress){.base = op->address.base}, access);
}

static void close_at(Finder *finder, unsigned number)
{
    finder->open[number] = finder->open[--finder->count];
}

static Open *find_open(Finder *finder, u8 slot)
{
    for (unsigned i = 0; i < finder->count; i++)
        if (finder->open[i].slot == slot)
            return &finder->open[i];
    return NULL;
}

/* Joins, unless the group would become too wide. */
static bool join(Finder *finder, const Open *open, unsigned number)
{
    const IrOp *op = &finder->e->ir->ops[number];
    AccessGroup *group = &finder->e->groups[open->group];
    i32 low = (i32)op->address.displacement + open->moved, high = low + op->size;

    low = low < group->low ? low : group->low;
    high = high > group->high ? high : group->high;
    if (high - low > WIDEST_GROUP)
        return false;
    *group = (AccessGroup){.first = group->first, .last = (u16)number, .low = low, .high = high};
    finder->e->group_of[number] = (u8)(open->group + 1);
    return true;
}

static void begin(Finder *finder, unsigned number, u8 slot)
{
    Emitter *e = finder->e;
    const IrOp *op = &e->ir->ops[number];
    i32 low = (i32)op->address.displacement;

    if (e->group_count == COUNT_OF(e->groups) || finder->count == COUNT_OF(finder->open))
        return;
    e->groups[e->group_count] = (AccessGroup){
        .first = (u16)number, .last = (u16)number, .low = low, .high = low + op->size};
    finder->open[finder->count++] =
        (Open){.group = e->group_count, .base = op->address.base, .slot = slot};
    e->group_of[number] = (u8)++e->group_count;
}

static void look_at_access(Finder *finder, unsigned number)
{
    const Emitter *e = finder->e;
    const IrOp *op = &e->ir->ops[number];
    u8 slot;
    Open *open;

    if (!emit_has_slot(e, op))
        return;
    slot = emit_slot_of(e, &op->address, is_write(op) ? ACCESS_WRITE : ACCESS_READ);
    open = find_open(finder, slot);
    if (can_join(e, op, slot)) {
        if (open && join(finder, open, number))
            return;
        if (open)
            close_at(finder, (unsigned)(open - finder->open));
        begin(finder, number, slot);
    } else if (open) { /* it may put another page into the slot */
        close_at(finder, (unsigned)(open - finder->open));
    }
}

/* base += constant? */
static bool moves(const IrOp *op, u8 base)
{
    return op->opcode == IR_ADDRESS && op->dst == base && op->size == DWORD &&
           op->address.bits == 32 && op->address.base == base && !op->address.index;
}

static void look_at_result(Finder *finder, const IrOp *op)
{
    for (unsigned i = finder->count; i-- > 0;) {
        Open *open = &finder->open[i];

        if (moves(op, open->base))
            open->moved += (i32)op->address.displacement;
        else if (emit_changes(op, open->base))
            close_at(finder, i);
    }
}

/* One alone is none. */
static void settle(Emitter *e)
{
    for (unsigned i = 0; i < e->group_count; i++) {
        const AccessGroup *group = &e->groups[i];

        if (group->first == group->last)
            e->group_of[group->first] = 0;
        else
            for (unsigned n = e->ir->ops[group->first].insn; n < e->ir->ops[group->last].insn; n++)
                e->spanned[n] = true;
    }
}

void emit_find_groups(Emitter *e)
{
    Finder finder = {.e = e};

    if (e->backend->watching || e->ir->block->ungrouped || (e->backend->without & WITHOUT_GROUPS))
        return;
    for (unsigned i = 0; i < e->ir->count; i++) {
        const IrOp *op = &e->ir->ops[i];

        if (ir_calls(op)) {
            finder.count = 0;
            continue;
        }
        if (is_access(op))
            look_at_access(&finder, i);
        look_at_result(&finder, op);
    }
    settle(e);
}

const AccessGroup *emit_group_of(const Emitter *e, const IrOp *op)
{
    unsigned number = e->group_of[op - e->ir->ops];

    return number ? &e->groups[number - 1] : NULL;
}
