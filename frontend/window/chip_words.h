/*
 * A member of a chip's state as text.
 */
#ifndef FRONTEND_WINDOW_CHIP_WORDS_H
#define FRONTEND_WINDOW_CHIP_WORDS_H

#include "mmu/field.h"

enum { CHIP_VALUE = 512 };

/* In hexadecimal, the elements of an array in a row; runs of zeros and the rest of a long one are
 * counted, not written. */
void chip_value(const void *chip, const Field *field, char *text, size_t size);

#endif
