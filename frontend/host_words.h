/*
 * Host code in words that a reader of this program knows: members of Cpu and shared routines by name.
 */
#ifndef FRONTEND_HOST_WORDS_H
#define FRONTEND_HOST_WORDS_H

#include "translate/translator.h"

/* "mov rax, qword ptr [rbp + 0x80]" of the translation `listing`, disassembled as if that were at
 * address 0, becomes "mov rax, qword ptr [cpu.rip]". */
void host_words(const TranslatorListing *listing, const char *words, char *text, size_t size);

#endif
