/*
 * Memory for generated code: one set of pages mapped twice, once to be written and once to be
 * executed, so that no address is ever both.
 */
#ifndef TRANSLATE_CODE_MEMORY_H
#define TRANSLATE_CODE_MEMORY_H

#include "mmu/base.h"

typedef struct CodeMemory {
    u8 *writable;
    const u8 *executable;
    u64 size, used; /* bytes */
} CodeMemory;

bool code_memory_create(CodeMemory *memory, u64 size); /* false: the host gives none */
void code_memory_destroy(CodeMemory *memory);

/* The same byte, where it is executed and where it is written. */
FORCE_INLINE const u8 *code_executable(const CodeMemory *memory, const u8 *writable)
{
    return memory->executable + (writable - memory->writable);
}

FORCE_INLINE u8 *code_writable(const CodeMemory *memory, const u8 *executable)
{
    return memory->writable + (executable - memory->executable);
}

#endif
