/*
 * Inside of generator_rules.c and generator_images.c: what single instructions want.
 */
#ifndef FRONTEND_CONFORM_GENERATOR_RULES_H
#define FRONTEND_CONFORM_GENERATOR_RULES_H

#include "frontend/conform/generator.h"

/* Changes the case being made so that it means something to its instruction. */
typedef void GeneratorRule(Generator *generator);

GeneratorRule generator_whole_image, generator_extended_image, generator_choose_components,
    generator_gather, generator_x87_environment, generator_x87_control_word,
    generator_sse_control_word;

/* Sets the bits of `mask`, unless the register is part of the memory operand's address. */
void generator_set_register(Generator *generator, unsigned reg, u64 mask, u64 value);

#endif
