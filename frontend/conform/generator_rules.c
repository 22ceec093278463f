/*
 * What single instructions want: branches that arrive, strings of bearable length, divisions that
 * mostly have a quotient, selectors that exist.
 */
#include <string.h>

#include "frontend/conform/generator_rules.h"
#include "frontend/conform/surroundings.h"
#include "frontend/conform/values.h"

/* ---- registers ---- */

/* Is it part of the memory operand's address, which must stay? */
static bool in_address(const Generator *generator, unsigned reg)
{
    const Insn *insn = &generator->encoding.insn;

    return generator->encoding.memory && (insn->base / 8 == reg || insn->index / 8 == reg);
}

void generator_set_register(Generator *generator, unsigned reg, u64 mask, u64 value)
{
    u64 *gpr = &generator->c->before.gpr[reg];

    if (!in_address(generator, reg))
        *gpr = (*gpr & ~mask) | (value & mask);
}

static u64 operand_value(const Generator *generator, unsigned number)
{
    Operand operand = generator->encoding.insn.operands[number];
    u64 value = 0;

    if (operand.kind == OPERAND_GPR)
        memcpy(&value, (const u8 *)generator->c->before.gpr + operand.number, operand.size);
    return value;
}

/* ---- the stack ---- */

static u64 stack_linear(const Generator *generator, u64 pointer)
{
    return generator_linear(generator, SS, generator->mode == CASE_16 ? (u16)pointer : pointer);
}

static void fill_stack(Generator *generator, unsigned reg)
{
    generator_fill(generator, stack_linear(generator, generator->c->before.gpr[reg]), 64);
}

static void point_into_stack(Generator *generator, unsigned reg)
{
    u64 offset = CASE_STACK + 0x400 + random_below(&generator->random, 0x800);
    u64 base = generator->mode == CASE_16 ? CASE_STACK : 0;

    if (random_below(&generator->random, 16))
        generator_set_register(generator, reg, generator->mode == CASE_64 ? ~(u64)0 : 0xFFFFFFFF,
                               offset - base);
}

/* ---- near branches ---- */

/* A place for the target's jump home that touches neither the instruction nor the jump behind it:
 * its distance from the next instruction, within the reach of a displacement of `size` bytes. */
static bool choose_distance(Generator *generator, unsigned size, i64 *distance)
{
    Random *random = &generator->random;
    const Case *c = generator->c;
    i64 start = (i64)(c->before.rip + case_segments[c->mode][CS].base) - CASE_CODE;
    i64 end = start + generator->encoding.length, reach = size == 1 ? 120 : 0x1000;

    for (unsigned i = 0; i < 4; i++) {
        i64 forward = CASE_STUB_SIZE + random_below(random, (u32)reach - 8);
        i64 backward = -(i64)(generator->encoding.length + CASE_STUB_SIZE +
                              random_below(random, (u32)reach - 24));

        *distance = random_one_in(random, 2) ? forward : backward;
        if (end + *distance >= 16 && end + *distance + CASE_STUB_SIZE <= CASE_CODE_SIZE)
            return true;
    }
    return false;
}

/* The target as an offset in CS, announced to the case; or, now and then, one that is nowhere. */
static u64 choose_target(Generator *generator, unsigned reach)
{
    Case *c = generator->c;
    i64 distance;
    u64 target;

    if (random_one_in(&generator->random, 24) || !choose_distance(generator, reach, &distance))
        return value_integer(&generator->random);
    target = c->before.rip + generator->encoding.length + (u64)distance;
    c->target = (u32)target;
    return target;
}

static void relative_branch(Generator *generator)
{
    Encoding *encoding = &generator->encoding;
    unsigned size = encoding->immediate_size;
    u64 next = generator->c->before.rip + encoding->length;
    i64 distance;

    if (!size || random_one_in(&generator->random, 24))
        return; /* whatever chance has put there, which may be itself: see below */
    if (choose_distance(generator, size, &distance)) {
        encoding_set_immediate(encoding, 0, size, (u64)distance);
        generator->c->target = (u32)(next + (u64)distance);
    }
}

/* No branch to where it would go round for ever, or into its own middle. */
static void avoid_itself(Generator *generator)
{
    Encoding *encoding = &generator->encoding;
    u64 distance = 0;

    memcpy(&distance, encoding->bytes + encoding->immediate_at, encoding->immediate_size);
    distance = sign_extend(distance, encoding->immediate_size ? encoding->immediate_size : 1);
    if (encoding->immediate_size && distance + 16 < 16 + CASE_STUB_SIZE)
        encoding_set_immediate(encoding, 0, encoding->immediate_size, 0);
}

static void indirect_branch(Generator *generator)
{
    generator_set_operand(generator, 0, choose_target(generator, 4));
}

static void return_from_stack(Generator *generator)
{
    u64 target = choose_target(generator, 4);

    fill_stack(generator, RSP);
    generator_store(generator, stack_linear(generator, generator->c->before.gpr[RSP]), &target,
                    generator->encoding.insn.size);
}

static void count_loops(Generator *generator)
{
    u64 mask = generator->encoding.insn.address_mask;

    if (random_below(&generator->random, 4))
        generator_set_register(generator, RCX, mask, random_below(&generator->random, 3));
}

/* ---- strings ---- */

static void string_instruction(Generator *generator)
{
    const Insn *insn = &generator->encoding.insn;
    Random *random = &generator->random;
    bool repeats = insn->prefixes & (PREFIX_REP | PREFIX_REPNE);
    unsigned size = repeats ? 128 : insn->size;
    u64 source = generator_offset(generator, insn->segment, size);
    u64 destination = generator_offset(generator, ES, size);
    u8 pattern[16], bytes[128];

    if (random_one_in(random, 6)) /* they overlap */
        destination = source + random_below(random, 16) - 8;
    generator_set_address_register(generator, RSI, source);
    generator_set_address_register(generator, RDI, destination);
    generator_fill(generator, generator_linear(generator, insn->segment, source), size);
    generator_fill(generator, generator_linear(generator, ES, destination), size);
    if (random_one_in(random, 2)) { /* much is equal */
        value_vector(random, pattern);
        for (unsigned i = 0; i < sizeof bytes; i++)
            bytes[i] = pattern[random_one_in(random, 40)];
        generator_store(generator, generator_linear(generator, insn->segment, source), bytes, size);
        generator_store(generator, generator_linear(generator, ES, destination), bytes, size);
        memset(&generator->c->before.gpr[RAX], pattern[0], 8);
    }
    if (repeats && random_below(random, 32))
        generator_set_address_register(generator, RCX, random_below(random, 24));
    else if (repeats) /* to the end of something */
        generator_set_address_register(generator, RCX, 0x500 + random_below(random, 0x2000));
}

static void translate_byte(Generator *generator)
{
    SegmentRegister segment = generator->encoding.insn.segment;
    u64 offset = generator_offset(generator, segment, 1);

    generator_set_address_register(generator, RBX, offset - (u8)generator->c->before.gpr[RAX]);
    generator_fill(generator, generator_linear(generator, segment, offset), 1);
}

static void masked_move(Generator *generator)
{
    SegmentRegister segment = generator->encoding.insn.segment;
    u64 offset = generator_offset(generator, segment, 16);

    generator_set_address_register(generator, RDI, offset);
    generator_fill(generator, generator_linear(generator, segment, offset), 16);
}

/* ---- integers ---- */

/* A dividend whose upper half is empty, or the sign of the lower. */
static void divide(Generator *generator)
{
    unsigned size = generator->encoding.insn.operands[0].size;
    bool is_signed = generator->row->name == INSN_IDIV;
    u64 low = generator->c->before.gpr[RAX], sign = low & size_sign(size);

    if (random_one_in(&generator->random, 4))
        return;
    if (size == BYTE)
        generator_set_register(generator, RAX, 0xFF00, is_signed && sign ? 0xFF00 : 0);
    else
        generator_set_register(generator, RDX, size_mask(size), is_signed && sign ? ~(u64)0 : 0);
}

static void shift_count(Generator *generator)
{
    if (random_below(&generator->random, 4))
        generator_set_register(generator, RCX, 0xFF, random_below(&generator->random, 70));
}

/* A bit offset in a register reaches half a gigabyte; mostly it shall not. */
static void bit_offset(Generator *generator)
{
    const Encoding *encoding = &generator->encoding;

    if (encoding->insn.operands[1].kind != OPERAND_GPR || !encoding->memory)
        return;
    if (in_address(generator, encoding->insn.operands[1].number / 8) ||
        random_one_in(&generator->random, 16))
        return;
    generator_set_operand(generator, 1, (u64)random_below(&generator->random, 512) - 256);
    generator_fill(generator, generator->linear - 32, 64);
}

static void compare_exchange(Generator *generator)
{
    unsigned size = generator->encoding.insn.operands[0].size;
    u64 pair = (u32)generator->c->before.gpr[RAX] | generator->c->before.gpr[RDX] << 32;

    if (random_one_in(&generator->random, 2))
        return;
    if (generator->row->name == INSN_CMPXCHG8B)
        generator_store(generator, generator->linear, &pair, 8);
    else if (generator->encoding.memory)
        generator_set_operand(generator, 0, generator->c->before.gpr[RAX]);
    else
        generator_set_register(generator, RAX, size_mask(size), operand_value(generator, 0));
}

static void bounds(Generator *generator)
{
    unsigned size = generator->encoding.insn.size;
    u64 index = operand_value(generator, 0);
    u64 limits[2] = {index - random_below(&generator->random, 3),
                     index + random_below(&generator->random, 3)};

    if (random_one_in(&generator->random, 4))
        return;
    generator_store(generator, generator->linear, &limits[0], size);
    generator_store(generator, generator->linear + size, &limits[1], size);
}

/* Selectors that exist and are known; those of the kernel differ from host to host. */
static void selector_operand(Generator *generator)
{
    static const u16 selectors[] = {0,          3,         CASE_CS64, CASE_CS32, CASE_FLAT,
                                    CASE_CS16,  CASE_SS16, CASE_DS16, CASE_ES16, CASE_DOWN,
                                    CASE_SHOWN, 0x20,      0x28,      0x30,      0x36,
                                    0x4,        0x34,      0x101,     0xFFF8,    0xFFFF};
    u16 selector = selectors[random_below(&generator->random, COUNT_OF(selectors))];
    unsigned number = generator->row->name == INSN_LAR || generator->row->name == INSN_LSL;
    Operand operand = generator->encoding.insn.operands[number];

    if (operand.kind == OPERAND_MEMORY)
        generator_store(generator, generator->linear, &selector, 2);
    else
        generator_set_register(generator, operand.number / 8, 0xFFFF, selector);
}

/* ---- flags and interrupts ---- */

/* TF would trap in the oracle's own code, and AC fault there. */
static void pop_flags(Generator *generator)
{
    u64 flags = random_next(&generator->random) & ~(u64)(FLAG_TF | FLAG_AC);

    generator_store(generator, stack_linear(generator, generator->c->before.gpr[RSP]), &flags, 8);
}

/* Linux's INT 80h would enter the kernel. */
static void interrupt(Generator *generator)
{
    u8 *vector = &generator->encoding.bytes[generator->encoding.immediate_at];

    if (generator->encoding.immediate_size && *vector == 0x80)
        *vector = 0x81;
}

/* ---- stack frames ---- */

static void enter_frame(Generator *generator)
{
    Random *random = &generator->random;

    point_into_stack(generator, RBP);
    fill_stack(generator, RBP);
    if (!generator->encoding.immediate_size)
        return;
    if (random_below(random, 8))
        encoding_set_immediate(&generator->encoding, 0, 2, random_below(random, 0x100));
    if (random_below(random, 8))
        encoding_set_immediate(&generator->encoding, 2, 1, random_below(random, 4));
}

static void leave_frame(Generator *generator)
{
    point_into_stack(generator, RBP);
    fill_stack(generator, RBP);
}

/* ---- the table ---- */

static void pop_from_stack(Generator *generator)
{
    fill_stack(generator, RSP);
}

static GeneratorRule *const rules[INSN_COUNT] = {
    [INSN_RET] = return_from_stack,
    [INSN_LOOP] = count_loops,
    [INSN_LOOPE] = count_loops,
    [INSN_LOOPNE] = count_loops,
    [INSN_JCXZ] = count_loops,
    [INSN_MOVS] = string_instruction,
    [INSN_CMPS] = string_instruction,
    [INSN_STOS] = string_instruction,
    [INSN_LODS] = string_instruction,
    [INSN_SCAS] = string_instruction,
    [INSN_INS] = string_instruction,
    [INSN_OUTS] = string_instruction,
    [INSN_XLAT] = translate_byte,
    [INSN_MASKMOVQ] = masked_move,
    [INSN_MASKMOVDQU] = masked_move,
    [INSN_DIV] = divide,
    [INSN_IDIV] = divide,
    [INSN_ROL] = shift_count,
    [INSN_ROR] = shift_count,
    [INSN_RCL] = shift_count,
    [INSN_RCR] = shift_count,
    [INSN_SHL] = shift_count,
    [INSN_SHR] = shift_count,
    [INSN_SAR] = shift_count,
    [INSN_SHLD] = shift_count,
    [INSN_SHRD] = shift_count,
    [INSN_BT] = bit_offset,
    [INSN_BTS] = bit_offset,
    [INSN_BTR] = bit_offset,
    [INSN_BTC] = bit_offset,
    [INSN_CMPXCHG] = compare_exchange,
    [INSN_CMPXCHG8B] = compare_exchange,
    [INSN_BOUND] = bounds,
    [INSN_LAR] = selector_operand,
    [INSN_LSL] = selector_operand,
    [INSN_VERR] = selector_operand,
    [INSN_VERW] = selector_operand,
    [INSN_POP] = pop_from_stack,
    [INSN_POPA] = pop_from_stack,
    [INSN_POPF] = pop_flags,
    [INSN_INT] = interrupt,
    [INSN_ENTER] = enter_frame,
    [INSN_LEAVE] = leave_frame,
    [INSN_FXRSTOR] = generator_whole_image,
    [INSN_XRSTOR] = generator_extended_image,
    [INSN_XSAVE] = generator_choose_components,
    [INSN_VPGATHERDD] = generator_gather,
    [INSN_VPGATHERDQ] = generator_gather,
    [INSN_VPGATHERQD] = generator_gather,
    [INSN_VPGATHERQQ] = generator_gather,
    [INSN_VGATHERDPS] = generator_gather,
    [INSN_VGATHERDPD] = generator_gather,
    [INSN_VGATHERQPS] = generator_gather,
    [INSN_VGATHERQPD] = generator_gather,
    [INSN_FLDENV] = generator_x87_environment,
    [INSN_FRSTOR] = generator_x87_environment,
    [INSN_FLDCW] = generator_x87_control_word,
    [INSN_LDMXCSR] = generator_sse_control_word,
};

void generator_apply_rules(Generator *generator)
{
    const Insn *insn = &generator->encoding.insn;
    InsnName name = generator->row->name;

    if (rules[name])
        rules[name](generator);
    if (insn->operands[0].kind == OPERAND_RELATIVE) {
        relative_branch(generator);
        avoid_itself(generator);
    } else if (name == INSN_JMP || name == INSN_CALL) {
        indirect_branch(generator);
    }
}
