/*
 * The translator's channels of -d: in_asm, ir, ir_opt and out_asm write each block as it is translated,
 * jit what the translator has done by the end.
 */
#ifndef FRONTEND_TRANSLATION_LOG_H
#define FRONTEND_TRANSLATION_LOG_H

#include <stdio.h>

#include "translate/translator.h"

/* Listens to the processor's translator if its log wants one of the channels. False with a sentence
 * in `error`: it wants them, but there is no translator. */
bool translation_log_open(Cpu *cpu, char *error, size_t error_size);

/* Writes the channel jit, if it is wanted; the machine is about to go. */
void translation_log_close(const Cpu *cpu);

/* The counters as text: blocks, bytes, chains, exits by reason, and the `most` instructions of which
 * the interpreter's body was called most. */
void translation_report(FILE *file, const TranslatorCounters *counters, unsigned most);

#endif
