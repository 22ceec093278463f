/*
 * What must not, or cannot, run natively, and why: a table by instruction, checked for every case
 * before it runs, whoever made it.
 */
#ifndef FRONTEND_CONFORM_NATIVE_H
#define FRONTEND_CONFORM_NATIVE_H

#include "cpu/cpu.h"
#include "frontend/conform/case.h"

/* NULL: the row's cases can run here. Else the reason, as a clause: "it loads a segment register".
 * Such instructions have bare-metal tests in tests/asm/. */
const char *native_row_refusal(const OpcodeRow *row);

/* NULL, or the reason why this very case is not run (it decodes to a refused row, for instance).
 * `decoder` needs opcodes_index() and all features. */
const char *native_refusal(const Cpu *decoder, const Case *c);

/* Does the processor under us have the feature that the row asks for? */
bool native_has(const OpcodeRow *row);

/* "AMD EPYC"; "" when unknown. */
const char *native_name(char *buffer, size_t size);

#endif
