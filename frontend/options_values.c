/*
 * The small grammars that options share: numbers, sizes, switches, comma-separated pairs, and
 * the guess at what a mistyped word was meant to be.
 */
#include "frontend/options_parser.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool option_error(Parser *parser, const char *value, const char *format, ...)
{
    char sentence[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    snprintf(parser->error, parser->error_size, "%s%s%s: %s", parser->option, value ? " " : "",
             value ? value : "", sentence);
    return false;
}

bool option_note(Parser *parser, const char *sentence)
{
    Options *options = parser->options;
    unsigned i;

    for (i = 0; i < options->note_count; i++)
        if (!strcmp(options->notes[i], sentence))
            return true;
    if (options->note_count < OPTIONS_NOTES)
        options->notes[options->note_count++] = sentence;
    return true;
}

char *option_copy(Parser *parser, const char *text)
{
    size_t length = strlen(text) + 1;
    char *copy = memcpy(parser->next_text, text, length);

    parser->next_text += length;
    return copy;
}

/* Ends the pair that starts at `from` at its comma and halves ",,"; returns what follows it. */
static char *cut_pair(char *from)
{
    char *to = from;

    for (; *from; from++) {
        if (*from == ',') {
            if (from[1] != ',')
                break;
            from++;
        }
        *to++ = *from;
    }
    if (*from) {
        *to = '\0';
        return from + 1;
    }
    *to = '\0';
    return NULL;
}

bool option_pair(char **rest, const char *implied, char **key, char **value)
{
    static char on[] = "on";
    char *equals;

    if (!*rest)
        return false;
    *key = *rest;
    *rest = cut_pair(*rest);
    equals = strchr(*key, '=');
    if (equals) {
        *equals = '\0';
        *value = equals + 1;
    } else if (implied) {
        *value = *key;
        *key = (char *)implied;
    } else {
        *value = on;
    }
    return true;
}

bool option_number(const char *text, u64 low, u64 high, u64 *number)
{
    char *end;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *number = strtoull(text, &end, 0);
    return !errno && !*end && *number >= low && *number <= high;
}

bool option_size(const char *text, u64 unit, u64 *bytes)
{
    static const char suffixes[] = "BKMGT";
    const char *suffix;
    u64 count;
    char *end;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    count = strtoull(text, &end, 10);
    if (errno)
        return false;
    if (*end) {
        suffix = strchr(suffixes, toupper((unsigned char)*end));
        if (!suffix || end[1])
            return false;
        unit = (u64)1 << 10 * (suffix - suffixes);
    }
    return !__builtin_mul_overflow(count, unit, bytes);
}

bool option_switch(const char *text, bool *on)
{
    *on = !strcmp(text, "on") || !strcmp(text, "yes") || !strcmp(text, "true");
    return *on || !strcmp(text, "off") || !strcmp(text, "no") || !strcmp(text, "false");
}

enum { LONGEST_WORD = 64 };

/* How many letters must be added, dropped, replaced or swapped with their neighbour. */
static unsigned word_distance(const char *a, const char *b)
{
    unsigned rows[3][LONGEST_WORD + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2], *spare;
    unsigned i, j, length_a = strlen(a), length_b = strlen(b);

    if (length_a > LONGEST_WORD || length_b > LONGEST_WORD)
        return LONGEST_WORD;
    for (j = 0; j <= length_b; j++)
        before[j] = above[j] = j;
    for (i = 1; i <= length_a; i++) {
        row[0] = i;
        for (j = 1; j <= length_b; j++) {
            unsigned cost = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (cost > above[j] + 1)
                cost = above[j] + 1;
            if (cost > row[j - 1] + 1)
                cost = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                cost > before[j - 2] + 1)
                cost = before[j - 2] + 1;
            row[j] = cost;
        }
        spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[length_b];
}

const char *option_nearest(const char *text, const char *const *names, unsigned count)
{
    unsigned i, distance, least = 1 + (strlen(text) + 1) / 2;
    const char *nearest = NULL;

    for (i = 0; i < count; i++) {
        distance = word_distance(text, names[i]);
        if (distance < least) {
            least = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
