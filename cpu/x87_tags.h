/*
 * The x87's tag word, which is made from the registers when somebody asks.
 * Manual: Intel SDM Vol. 1, "x87 FPU Tag Word".
 */
#ifndef CPU_X87_TAGS_H
#define CPU_X87_TAGS_H

#include "cpu/cpu.h"

/* Two bits for each physical register. Of a word that is set, only "empty" counts. */
u16 x87_tag_word(const X87 *x87);
void x87_set_tag_word(X87 *x87, u16 word);

#endif
