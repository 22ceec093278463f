/*
 * Every register and flag gets a value, the memory operand a place, and what is there contents; the
 * rules of generator_rules.c come last and put right what would make nearly all cases alike.
 */
#include "frontend/conform/generator.h"

#include <string.h>

#include "cpu/opcodes.h"
#include "frontend/conform/values.h"

/* ---- places ---- */

static u64 segment_base(const Generator *generator, SegmentRegister segment)
{
    if (generator->mode == CASE_64 && segment != FS && segment != GS)
        return 0;
    return case_segments[generator->mode][segment].base;
}

u64 generator_linear(const Generator *generator, SegmentRegister segment, u64 offset)
{
    u64 linear = segment_base(generator, segment) + offset;

    return generator->mode == CASE_64 ? linear : (u32)linear;
}

/* A linear address at which something is special for `size` bytes. */
static u64 edge(Generator *generator, unsigned size)
{
    Random *random = &generator->random;
    u32 before = random_below(random, size + 1), inside = random_below(random, 0xF00);

    switch (random_below(random, 16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
        return CASE_DATA + PAGE_SIZE - before;
    case 6:
    case 7:
        return CASE_READ_ONLY + inside;
    case 8:
        return CASE_READ_ONLY - before;
    case 9:
        return CASE_READ_ONLY + CASE_READ_ONLY_SIZE - before;
    case 10:
        return CASE_DATA - before;
    case 11:
        return CASE_DATA - PAGE_SIZE + inside;
    case 12:
        if (generator->mode == CASE_64)
            return random_next(random) | (u64)1 << 62;
        return CASE_STACK + inside;
    default:
        return CASE_STACK + inside;
    }
}

u64 generator_offset(Generator *generator, SegmentRegister segment, unsigned size)
{
    Random *random = &generator->random;
    u64 base = segment_base(generator, segment);
    u32 limit = case_segments[generator->mode][segment].limit;
    bool down = segment == FS && generator->mode != CASE_64;
    u32 room = down ? 0x600 : 0xE00;
    u64 linear;

    if (size > 256)
        room = 0x400;
    linear = CASE_DATA + (down ? 0x900 : 0x40) + random_below(random, room);
    if (!random_one_in(random, 3))
        linear &= ~(u64)15;
    if (random_one_in(random, 8))
        linear = edge(generator, size);
    if (generator->mode != CASE_64 && limit != 0xFFFFFFFF && random_one_in(random, 24))
        return limit + 1 - random_below(random, size + 2);
    return linear - base;
}

static void clip(u64 *start, u64 *end)
{
    while (*start < *end && !case_mapped(*start, 1, false))
        ++*start;
    while (*start < *end && !case_mapped(*start, *end - *start, false))
        --*end;
    if (*start >= CASE_CODE && *start < CASE_CODE + CASE_CODE_SIZE)
        *end = *start;
}

void generator_fill(Generator *generator, u64 linear, unsigned size)
{
    u64 start = linear - 8, end = linear + size + 8;
    u8 bytes[16];

    if (generator->mode != CASE_64 && end > 0xFFFFFFFF)
        return;
    clip(&start, &end);
    for (u64 at = start; at < end; at += CASE_PATCH_SIZE) {
        unsigned length = end - at < CASE_PATCH_SIZE ? (unsigned)(end - at) : CASE_PATCH_SIZE;
        u8 patch[CASE_PATCH_SIZE];

        for (unsigned i = 0; i < CASE_PATCH_SIZE; i += 16) {
            value_vector(&generator->random, bytes);
            memcpy(patch + i, bytes, 16);
        }
        case_patch(generator->c, (u32)at, patch, length);
    }
    /* The operand itself begins a value. */
    if (size == 10)
        random_one_in(&generator->random, 2) ? value_decimal(&generator->random, bytes)
                                             : value_extended(&generator->random, bytes);
    else
        value_vector(&generator->random, bytes);
    if (size <= 16)
        generator_store(generator, linear, bytes, size);
}

void generator_store(Generator *generator, u64 linear, const void *bytes, unsigned size)
{
    if (linear < CASE_CODE && case_mapped(linear, size, false))
        case_patch(generator->c, (u32)linear, bytes, size);
}

/* ---- the memory operand ---- */

void generator_set_address_register(Generator *generator, unsigned reg, u64 value)
{
    u64 mask = generator->encoding.insn.address_mask;
    u64 *gpr = &generator->c->before.gpr[reg];

    *gpr = (*gpr & ~mask) | (value & mask);
}

/* Has the operand's address come out at `offset`, by its displacement or its registers. */
static void solve_address(Generator *generator, u64 offset)
{
    Encoding *encoding = &generator->encoding;
    const Insn *insn = &encoding->insn;
    const u64 *gpr = generator->c->before.gpr;
    unsigned base = insn->base / 8, index = insn->index / 8;
    u64 scaled = index == REG_ZERO ? 0 : gpr[index] << insn->scale;

    if (insn->rip_relative) {
        encoding_set_displacement(encoding, offset - generator->c->before.rip - encoding->length);
    } else if (base == REG_ZERO) {
        encoding_set_displacement(encoding, offset - scaled);
    } else if (base != index) {
        generator_set_address_register(generator, base, offset - scaled - insn->displacement);
    } else if (encoding->displacement_size >= 2) {
        encoding_set_displacement(encoding, offset - gpr[base] - scaled);
    } else {
        u64 factor = 1 + ((u64)1 << insn->scale);

        generator_set_address_register(generator, base, (offset - insn->displacement) / factor);
    }
}

/* As the processor will compute it. */
static u64 address(const Generator *generator)
{
    const Insn *insn = &generator->encoding.insn;
    const u64 *gpr = generator->c->before.gpr;
    unsigned base = insn->base / 8, index = insn->index / 8;
    u64 offset = insn->displacement;

    if (base != REG_ZERO)
        offset += gpr[base];
    if (index != REG_ZERO)
        offset += gpr[index] << insn->scale;
    if (insn->rip_relative)
        offset += generator->c->before.rip + generator->encoding.length;
    return offset & insn->address_mask;
}

/* Bytes that an operand without a size of its own takes. */
static unsigned whole_size(const Generator *generator)
{
    switch (generator->row->name) {
    case INSN_FXSAVE:
    case INSN_FXRSTOR:
        return 512;
    case INSN_XSAVE:
    case INSN_XRSTOR:
        return 832;
    case INSN_FRSTOR:
    case INSN_FNSAVE:
        return 108;
    default:
        return 32;
    }
}

static void place_memory(Generator *generator)
{
    const Insn *insn = &generator->encoding.insn;
    unsigned size = 0;

    generator->memory_size = 0;
    if (!generator->encoding.memory)
        return;
    for (unsigned i = 0; i < INSN_OPERANDS; i++)
        if (insn->operands[i].kind == OPERAND_MEMORY)
            size = insn->operands[i].size;
    if (!size)
        size = whole_size(generator);
    solve_address(generator, generator_offset(generator, insn->segment, size));
    generator->offset = address(generator);
    generator->linear = generator_linear(generator, insn->segment, generator->offset);
    generator->memory_size = size;
    generator_fill(generator, generator->linear, size);
}

void generator_set_operand(Generator *generator, unsigned number, u64 value)
{
    Operand operand = generator->encoding.insn.operands[number];

    if (operand.kind == OPERAND_GPR)
        memcpy((u8 *)generator->c->before.gpr + operand.number, &value, operand.size);
    else if (operand.kind == OPERAND_MEMORY && operand.size <= 8)
        generator_store(generator, generator->linear, &value, operand.size);
}

/* ---- registers ---- */

static void fill_registers(Generator *generator)
{
    Random *random = &generator->random;
    CaseState *state = &generator->c->before;
    CaseMode mode = generator->mode;
    u64 stack = CASE_STACK + PAGE_SIZE - segment_base(generator, SS);

    for (unsigned i = 0; i < (mode == CASE_64 ? 16 : 8); i++) {
        state->gpr[i] = value_integer(random);
        if (mode != CASE_64)
            state->gpr[i] = (u32)state->gpr[i];
    }
    stack += 8 * (u64)random_below(random, 64);
    if (random_one_in(random, 8))
        stack += random_below(random, 16);
    if (random_one_in(random, 24)) /* at an end of its segment or pages */
        stack = (u64)CASE_STACK - segment_base(generator, SS) +
                (random_one_in(random, 2) ? CASE_STACK_SIZE : 0) + random_below(random, 20) - 10;
    state->gpr[RSP] = stack;
    if (mode == CASE_16)
        state->gpr[RSP] = (u32)random_next(random) << 16 | (stack & 0xFFFF);
    state->rflags = random_next(random) & (FLAGS_ARITHMETIC | FLAG_ID);
    if (random_one_in(random, 4))
        state->rflags |= FLAG_DF;
    state->rflags |= FLAGS_ALWAYS;
    value_x87(random, &state->fx);
    value_xmm(random, &state->fx);
    for (unsigned i = 8; i < 16 && mode != CASE_64; i++)
        memset(state->fx.xmm[i], 0, 16);
}

static void place_code(Generator *generator)
{
    Random *random = &generator->random;
    u32 start = CASE_START + random_below(random, 0x800);

    if (random_one_in(random, 16)) /* across two pages */
        start = PAGE_SIZE - random_below(random, generator->encoding.length + 1);
    /* Off the end; but not UD0 and UD1, which have a ModRM byte or none, by processor. */
    if (generator->row->name != INSN_UD && random_one_in(random, 256))
        start = CASE_CODE_SIZE - random_below(random, generator->encoding.length + 1) - 1;
    generator->c->before.rip = CASE_CODE + start - segment_base(generator, CS);
}

/* ---- a case ---- */

static bool uses_ymm(const OpcodeRow *row)
{
    Feature feature = row_feature(row);

    return feature == FEATURE_AVX || feature == FEATURE_AVX2 || feature == FEATURE_FMA ||
           feature == FEATURE_F16C || feature == FEATURE_XSAVE;
}

static void fill_ymm(Generator *generator)
{
    Case *c = generator->c;

    c->flags |= CASE_USES_YMM;
    for (unsigned i = 0; i < (generator->mode == CASE_64 ? 16 : 8); i++)
        value_vector(&generator->random, c->before.ymm_high[i]);
}

static void complete(Generator *generator)
{
    Case *c = generator->c;

    generator->row = &opcode_rows[generator->encoding.insn.row];
    if (uses_ymm(generator->row))
        fill_ymm(generator);
    place_code(generator);
    fill_registers(generator);
    place_memory(generator);
    generator_apply_rules(generator);
    c->length = (u8)generator->encoding.length;
    memcpy(c->code, generator->encoding.bytes, c->length);
    if (generator->mode != CASE_64)
        for (unsigned i = 0; i < 16; i++)
            c->before.gpr[i] = (u32)c->before.gpr[i];
}

static void begin(Generator *generator, Case *c)
{
    memset(c, 0, sizeof *c);
    c->mode = (u8)generator->mode;
    generator->c = c;
}

bool generate_row(Generator *generator, const OpcodeRow *row, Case *c)
{
    Encoding *encoding = &generator->encoding;

    if (!encoding_make(encoding, generator->decoder, row, generator->mode, &generator->random))
        return false;
    if (encoding->immediate_size <= 8 && random_one_in(&generator->random, 2))
        encoding_set_immediate(encoding, 0, encoding->immediate_size,
                               value_integer(&generator->random));
    begin(generator, c);
    c->row = (u16)(row - opcode_rows);
    complete(generator);
    return true;
}

bool generate_code(Generator *generator, const u8 *code, unsigned length, Case *c)
{
    if (!encoding_parse(&generator->encoding, generator->decoder, generator->mode, code, length))
        return false;
    /* Its bytes stay as they are. */
    generator->encoding.displacement_size = generator->encoding.immediate_size = 0;
    begin(generator, c);
    c->row = generator->encoding.insn.row;
    complete(generator);
    return true;
}
