/* The line editor: one line of input, with the usual keys. */
#pragma once
#include "types.h"

enum { LINE_BYTES = 64 };

/* Called for Tab: the completions of `start` that exist. Returns how many; *name is the n-th. */
typedef unsigned Completions(const char *start, unsigned n, const char **name);

/* Returns when Enter was pressed. */
void line_read(char line[LINE_BYTES], const char *prompt, Completions *completions);
