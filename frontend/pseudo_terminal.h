/*
 * A pseudo-terminal whose other end a program such as screen or minicom opens by name.
 */
#ifndef FRONTEND_PSEUDO_TERMINAL_H
#define FRONTEND_PSEUDO_TERMINAL_H

#include <stddef.h>

/* The descriptor of our end, which does not block; tells the name of the other on standard error. The other end passes
 * bytes on as they are. -1: a sentence is in `error`; `label` says what it would have been for. */
int pseudo_terminal_open(const char *label, char *error, size_t error_size);

#endif
