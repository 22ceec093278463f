/*
 * Variants: under which assumptions a block is translated, as one number.
 */
#ifndef TRANSLATE_VARIANT_H
#define TRANSLATE_VARIANT_H

#include "translate/ir.h"

/* Bits of a variant; below them flat segments, Privilege and stack size, above the code's mode. */
enum {
    VARIANT_SSE = 1 << 11,
    VARIANT_FLOATS = 1 << 12,
    VARIANT_X87 = 1 << 13,
    VARIANT_DOWN = 1 << 14,
    VARIANT_LIMIT_4G = 1 << 15,     /* of CS */
};

Assumptions assumptions_now(const Cpu *cpu);
u32 variant_of(const Cpu *cpu, Assumptions now);

/* Do the assumptions still hold that an instruction can change without ending its block? */
bool variant_fits(const Cpu *cpu, u32 variant);

/* Near jumps are not checked against CS's limit, so all they can reach must be within: that is 4 GiB,
 * or for 16-bit code 64 KiB, and nothing else. */
bool limit_allows(const Cpu *cpu);

#endif
