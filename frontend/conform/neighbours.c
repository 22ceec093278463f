/*
 * What comes ahead of the instruction changes flags only, so that the case's operands stay what
 * they are. What comes behind it leaves no flag undefined, and reads none that is: then a
 * difference is one.
 */
#include "frontend/conform/neighbours.h"

#include "cpu/cpu.h"
#include "frontend/conform/compare_rules.h"
#include "frontend/conform/surroundings.h"

static void put(CaseNeighbour *neighbour, unsigned byte)
{
    neighbour->bytes[neighbour->length++] = (u8)byte;
}

/* Any of the first eight registers, but for the stack pointer. */
static unsigned any_register(Random *random)
{
    unsigned reg = random_below(random, 7);

    return reg < RSP ? reg : reg + 1;
}

static void put_registers(CaseNeighbour *neighbour, Random *random)
{
    put(neighbour, 0xC0 | any_register(random) << 3 | any_register(random));
}

static void put_size(CaseNeighbour *neighbour, Random *random, const Case *c)
{
    unsigned choice = random_below(random, 4);

    if (choice == 0)
        put(neighbour, 0x66);
    else if (choice == 1 && c->mode == CASE_64)
        put(neighbour, 0x48);
}

/* All arithmetic flags. */
static void compare(CaseNeighbour *neighbour, Random *random, const Case *c)
{
    put_size(neighbour, random, c);
    put(neighbour, 0x38 | random_below(random, 4));
    put_registers(neighbour, random);
}

static void compare_with_constant(CaseNeighbour *neighbour, Random *random, const Case *c)
{
    (void)c;
    put(neighbour, 0x3C);
    put(neighbour, random_below(random, 256));
}

/* CLC, STC */
static void set_carry(CaseNeighbour *neighbour, Random *random, const Case *c)
{
    (void)c;
    put(neighbour, 0xF8 | random_below(random, 2));
}

/* All but the carry: INC, DEC. */
static void step(CaseNeighbour *neighbour, Random *random, const Case *c)
{
    put_size(neighbour, random, c);
    put(neighbour, 0xFF);
    put(neighbour, 0xC0 | random_below(random, 2) << 3 | any_register(random));
}

static void set_byte(CaseNeighbour *neighbour, Random *random, const Case *c)
{
    (void)c;
    put(neighbour, 0x0F);
    put(neighbour, 0x90 | random_below(random, 16));
    put(neighbour, 0xC0 | random_below(random, 4));
}

/* ADC, SBB */
static void add_with_carry(CaseNeighbour *neighbour, Random *random, const Case *c)
{
    put_size(neighbour, random, c);
    put(neighbour, 0x11 | random_below(random, 2) << 3);
    put_registers(neighbour, random);
}

/* RCL, RCR by 1 */
static void rotate(CaseNeighbour *neighbour, Random *random, const Case *c)
{
    put_size(neighbour, random, c);
    put(neighbour, 0xD1);
    put(neighbour, 0xD0 | random_below(random, 2) << 3 | any_register(random));
}

/* Jcc to the next instruction: it ends the block. */
static void branch(CaseNeighbour *neighbour, Random *random, const Case *c)
{
    (void)c;
    put(neighbour, 0x70 | random_below(random, 16));
    put(neighbour, 0);
}

/* MOVAPS XMM0, XMM0: the XMM registers are the host's. */
static void move_vector(CaseNeighbour *neighbour)
{
    put(neighbour, 0x0F);
    put(neighbour, 0x28);
    put(neighbour, 0xC0);
}

typedef void Maker(CaseNeighbour *neighbour, Random *random, const Case *c);

static CaseNeighbour choose_ahead(Random *random, const Case *c, bool sse)
{
    static Maker *const makers[] = {compare, compare_with_constant, set_carry};
    CaseNeighbour neighbour = {0};

    if (sse && random_one_in(random, 6))
        move_vector(&neighbour);
    else
        makers[random_below(random, COUNT_OF(makers))](&neighbour, random, c);
    return neighbour;
}

static CaseNeighbour choose_behind(Random *random, const Case *c, bool sse)
{
    static Maker *const makers[] = {compare,  compare_with_constant, step,   set_carry,
                                    set_byte, add_with_carry,        rotate, branch};
    static Maker *const careful[] = {compare, compare_with_constant, set_carry};
    Undefined undefined = undefined_after(c, FLAG_ZF);
    CaseNeighbour neighbour = {0};

    if (sse && random_one_in(random, 8))
        move_vector(&neighbour);
    else if (undefined.destination)
        set_carry(&neighbour, random, c);
    else if (undefined.flags)
        careful[random_below(random, COUNT_OF(careful))](&neighbour, random, c);
    else
        makers[random_below(random, COUNT_OF(makers))](&neighbour, random, c);
    return neighbour;
}

static bool is_near_branch(InsnName name)
{
    return name >= INSN_JO && name < INSN_JMPF;
}

/* Do the instructions fit into the area, and stay clear of the branch's target? */
static bool fits(const Case *c)
{
    u64 base = case_segments[c->mode][CS].base;
    u64 start = base + c->before.rip, end = base + case_end(c) + CASE_STUB_SIZE;
    u64 target = base + c->target;

    if (start < CASE_CODE || end > CASE_CODE + CASE_CODE_SIZE)
        return false;
    return !c->target || target + CASE_STUB_SIZE <= start || target >= end;
}

bool neighbours_add(Random *random, Case *c, bool sse)
{
    const InsnInfo *info = &insn_info[opcode_rows[c->row].name];
    Case changed = *c;

    /* A branch that goes anywhere could go to its neighbours. */
    if (is_near_branch(opcode_rows[c->row].name) && !c->target)
        return false;
    if (random_below(random, 4) || info->ends)
        changed.ahead = choose_ahead(random, c, sse);
    if (!info->ends && (random_below(random, 4) || !changed.ahead.length))
        changed.behind = choose_behind(random, c, sse);
    changed.before.rip -= changed.ahead.length;
    if (!fits(&changed))
        return false;
    *c = changed;
    return true;
}
