/*
 * Descriptors in words: those of the GDT, an LDT and the IDT, and what segment registers hold.
 * Manual: Intel SDM Vol. 3, "Segment Descriptors", "System Descriptor Types", "IDT Descriptors".
 */
#ifndef FRONTEND_DEBUGGER_DESCRIPTOR_WORDS_H
#define FRONTEND_DEBUGGER_DESCRIPTOR_WORDS_H

#include "cpu/segment.h"

/* What it is, "32-bit code, readable", "LDT", "busy 32-bit TSS", from Segment.access or
 * descriptor_access(). */
void access_words(u16 access, bool long_mode, char *text, size_t size);

/* Does a descriptor of the GDT, an LDT (or, with `idt`, of the IDT) have 16 bytes? */
bool descriptor_is_wide(Descriptor descriptor, bool long_mode, bool idt);

/* A whole descriptor in a line: base, limit and DPL, or a gate's selector:offset. `upper`: the second
 * half of a wide one, else 0. */
void descriptor_words(Descriptor descriptor, u64 upper, bool long_mode, char *text, size_t size);

/* Interrupt, trap, call and task gates: where they lead. */
bool access_is_gate(u16 access);
u16 gate_selector(Descriptor gate);
u64 gate_offset(Descriptor gate, u64 upper);

/* "entry 2 of the GDT, RPL 0" */
void selector_words(u16 selector, char *text, size_t size);

/* The exception's name, "Page Fault"; "" where the manual has none. */
const char *vector_words(unsigned vector);

#endif
