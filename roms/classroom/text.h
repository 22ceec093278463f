/* Memory and text: what a C library would bring along. */
#pragma once
#include "types.h"

void *memcpy(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);

size_t text_length(const char *text);
bool text_equal(const char *left, const char *right);
bool text_starts_with(const char *text, const char *start);
void text_copy(char *to, const char *from, size_t size);

/* Reads a number: hexadecimal after 0x (or always, with base 16), else decimal. False: not one. */
bool text_number(const char *text, u32 base, u32 *number);

/* printf's %s %c %d %u %x %X %% with width, '0' and '-'. */
typedef void PutCharacter(void *context, char character);
void text_format(PutCharacter *put, void *context, const char *format, va_list arguments);
