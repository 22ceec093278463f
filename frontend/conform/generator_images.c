/*
 * What instructions of the x87, SSE and AVX want: control words and images that can be loaded,
 * indexes that stay near.
 */
#include <string.h>

#include "frontend/conform/generator_rules.h"
#include "frontend/conform/values.h"

/* ---- images of the x87 and SSE state ---- */

void generator_whole_image(Generator *generator)
{
    FxImage image = {0};
    u32 mxcsr =
        (u32)random_next(&generator->random) & ~(u32)0x20000; /* see generator_sse_control_word() */

    if (random_one_in(&generator->random, 8)) {
        generator_store(generator, generator->linear + offsetof(FxImage, mxcsr), &mxcsr, 4);
        return;
    }
    value_x87(&generator->random, &image);
    value_xmm(&generator->random, &image);
    generator->c->patch_count = 0; /* it needs the room */
    generator_store(generator, generator->linear, &image, sizeof image);
}

/* XCR0 has components that not every host has: only x87, SSE and AVX are asked for. Images lie on
 * 64 bytes, mostly, and most of what is restored has a header that is allowed. */
void generator_choose_components(Generator *generator)
{
    const Insn *insn = &generator->encoding.insn;

    generator_set_register(generator, RAX, ~(u64)0, random_below(&generator->random, 8));
    generator_set_register(generator, RDX, ~(u64)0, 0);
    if (!(generator->linear & 63) || random_one_in(&generator->random, 8) || insn->rip_relative)
        return;
    for (unsigned i = 0; i < 2; i++) {
        unsigned reg = (i ? insn->index : insn->base) / 8;

        if (reg < 16 && reg != RSP && !(i && insn->scale)) {
            generator->c->before.gpr[reg] -= generator->linear & 63;
            generator->linear &= ~(u64)63;
            return;
        }
    }
}

void generator_extended_image(Generator *generator)
{
    struct {
        FxImage legacy;
        u64 header[8];
        u8 ymm_high[16][16];
    } image = {0};

    generator_choose_components(generator);
    value_x87(&generator->random, &image.legacy);
    value_xmm(&generator->random, &image.legacy);
    image.header[0] = random_below(&generator->random, 8);
    if (random_one_in(&generator->random, 16))
        image.header[random_below(&generator->random, 8)] |= value_integer(&generator->random);
    for (unsigned i = 0; i < 16; i++)
        value_vector(&generator->random, image.ymm_high[i]);
    generator->c->patch_count = 0;
    generator_store(generator, generator->linear, &image, sizeof image);
}

/* ---- gathers ---- */

/* Small indexes in the index register, and a mask of any signs. */
void generator_gather(Generator *generator)
{
    const Insn *insn = &generator->encoding.insn;
    CaseState *state = &generator->c->before;

    for (unsigned i = 0; i < INSN_OPERANDS; i++)
        if (insn->operands[i].kind == OPERAND_MEMORY) {
            unsigned reg = insn->operands[i].number & 15;
            u64 indexes[4];

            for (unsigned j = 0; j < 4; j++)
                indexes[j] = random_below(&generator->random, 16) |
                             (u64)random_below(&generator->random, 16) << 32;
            if (random_one_in(&generator->random, 2))
                for (unsigned j = 0; j < 4; j++)
                    indexes[j] &= 0xFFFFFFFF;
            memcpy(state->fx.xmm[reg], indexes, 16);
            memcpy(state->ymm_high[reg], indexes + 2, 16);
        }
    generator_fill(generator, generator->linear, 128);
}

void generator_x87_environment(Generator *generator)
{
    u16 control = value_x87_control(&generator->random);
    u16 status = value_x87_status(&generator->random, control);
    unsigned step = generator->encoding.insn.size == WORD ? 2 : 4;

    if (random_one_in(&generator->random, 4))
        return;
    generator_store(generator, generator->linear, &control, 2);
    generator_store(generator, generator->linear + step, &status, 2);
}

void generator_x87_control_word(Generator *generator)
{
    if (random_below(&generator->random, 4))
        generator_set_operand(generator, 0, value_x87_control(&generator->random));
}

void generator_sse_control_word(Generator *generator)
{
    if (random_below(&generator->random, 8))
        generator_set_operand(generator, 0, value_mxcsr(&generator->random));
    else /* bit 17 is reserved on some processors only */
        generator_set_operand(generator, 0, random_next(&generator->random) & ~(u64)0x20000);
}
