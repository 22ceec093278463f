#include "frontend/window/chip_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ELEMENTS = 64 };

static u64 element(const void *chip, const Field *field, unsigned index)
{
    u64 value = 0;

    memcpy(&value, (const u8 *)chip + field->offset + (size_t)index * field->width,
           field->width < sizeof value ? field->width : sizeof value);
    return value;
}

/* How many elements from `index` on are zero. */
static unsigned zeros(const void *chip, const Field *field, unsigned index)
{
    unsigned count = 0;

    while (index + count < field->count && element(chip, field, index + count) == 0)
        count++;
    return count;
}

static void append(char *text, size_t size, size_t *used, const char *piece)
{
    if (*used + strlen(piece) < size) {
        memcpy(text + *used, piece, strlen(piece) + 1);
        *used += strlen(piece);
    }
}

void chip_value(const void *chip, const Field *field, char *text, size_t size)
{
    size_t used = 0;
    char piece[48];

    *text = '\0';
    for (unsigned i = 0; i < field->count;) {
        unsigned empty = field->count > 8 ? zeros(chip, field, i) : 0;

        if (i > 0)
            append(text, size, &used, " ");
        if (i >= MOST_ELEMENTS) {
            snprintf(piece, sizeof piece, "... (%u in all)", field->count);
            append(text, size, &used, piece);
            return;
        }
        if (empty > 4) {
            snprintf(piece, sizeof piece, "0 (%u times)", empty);
            i += empty;
        } else {
            snprintf(piece, sizeof piece, "%0*" PRIX64,
                     field->count > 1 ? (int)field->width * 2 : 1, element(chip, field, i));
            i++;
        }
        append(text, size, &used, piece);
    }
}
