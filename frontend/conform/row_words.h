/*
 * A row of opcodes.def in the manual's words.
 */
#ifndef FRONTEND_CONFORM_ROW_WORDS_H
#define FRONTEND_CONFORM_ROW_WORDS_H

#include <stddef.h>

#include "cpu/insn.h"

/* "66 0F 3A 0F /r", "NP 0F 77", "50+r", "DB E3". Returns `text`. */
const char *row_code(const OpcodeRow *row, char *text, size_t size);

/* "Vdq, Wdq, Ib"; "" when it has none. */
const char *row_operands(const OpcodeRow *row, char *text, size_t size);

/* "SSE2", "CMOV"; "" for what every processor has. */
const char *row_feature_name(const OpcodeRow *row, char *text, size_t size);

/* Does a ModRM byte with /digit or operands follow the code? */
bool row_names_modrm(const OpcodeRow *row);

#endif
