/*
 * Guest and host code as text, by capstone.
 */
#ifndef FRONTEND_DISASSEMBLY_H
#define FRONTEND_DISASSEMBLY_H

#include <stdio.h>

#include "mmu/base.h"

/* The first instruction in words, "mov eax, 1"; "(bad)" where there is none. `code_size`: 2, 4 or 8
 * bytes. Returns its length, 0 for a bad one. */
unsigned disassemble_one(const u8 *bytes, u64 length, u64 address, unsigned code_size, char *text,
                         size_t text_size);

/* How disassemble() calls its owner for each instruction, the last of which may be bad. */
typedef void DisassembledLine(void *owner, u64 address, const u8 *bytes, u64 length,
                              const char *words);
void disassemble(const u8 *bytes, u64 length, u64 address, unsigned code_size,
                 DisassembledLine *line, void *owner);

/* A line for each to a file (the owner): address, bytes, words. */
DisassembledLine disassembly_print;

#endif
