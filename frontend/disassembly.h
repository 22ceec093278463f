/*
 * Guest code as text, by capstone.
 */
#ifndef FRONTEND_DISASSEMBLY_H
#define FRONTEND_DISASSEMBLY_H

#include <stdio.h>

#include "mmu/base.h"

/* A line per instruction: address, bytes, words. `code_size`: 2, 4 or 8 bytes. Stops at bytes that
 * are no instruction, and shows them. */
void disassemble(FILE *file, const u8 *bytes, u64 length, u64 address, unsigned code_size);

#endif
