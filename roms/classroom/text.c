/* Memory and text: what a C library would bring along. The compiler itself asks for memcpy and
 * memset when it copies structures, hence their usual names. */
#include "text.h"

void *memcpy(void *to, const void *from, size_t bytes)
{
    void *start = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return start;
}

void *memset(void *to, int value, size_t bytes)
{
    void *start = to;
    asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
    return start;
}

int memcmp(const void *left, const void *right, size_t bytes)
{
    const u8 *l = left, *r = right;
    for (; bytes; bytes--, l++, r++)
        if (*l != *r)
            return *l - *r;
    return 0;
}

size_t text_length(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

bool text_equal(const char *left, const char *right)
{
    while (*left && *left == *right)
        left++, right++;
    return *left == *right;
}

bool text_starts_with(const char *text, const char *start)
{
    while (*start)
        if (*text++ != *start++)
            return false;
    return true;
}

void text_copy(char *to, const char *from, size_t size)
{
    while (*from && size > 1)
        *to++ = *from++, size--;
    *to = 0;
}

bool text_number(const char *text, u32 base, u32 *number)
{
    *number = 0;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (!*text)
        return false;
    for (; *text && *text != ' '; text++) {
        u32 digit =
            *text >= '0' && *text <= '9' ? (u32)(*text - '0') : (u32)((*text | 0x20) - 'a' + 10);
        if (digit >= base || *number > (0xffffffffu - digit) / base)
            return false;
        *number = *number * base + digit;
    }
    return true;
}

typedef struct Field {
    unsigned width;
    char pad;
    bool left;
} Field;

static void put_field(PutCharacter *put, void *context, Field field, const char *text)
{
    unsigned length = text_length(text);
    if (!field.left)
        for (unsigned i = length; i < field.width; i++)
            put(context, field.pad);
    for (unsigned i = 0; i < length; i++)
        put(context, text[i]);
    if (field.left)
        for (unsigned i = length; i < field.width; i++)
            put(context, ' ');
}

/* Digits appear from the right; room for 32 binary digits. */
static const char *digits(char (*room)[34], u32 number, u32 base, bool negative)
{
    char *digit = *room + sizeof *room - 1;
    *digit = 0;
    do {
        *--digit = "0123456789ABCDEF"[number % base];
        number /= base;
    } while (number);
    if (negative)
        *--digit = '-';
    return digit;
}

static const char *read_field(const char *format, Field *field)
{
    *field = (Field){.pad = ' '};
    for (; *format == '0' || *format == '-'; format++)
        if (*format == '0')
            field->pad = '0';
        else
            field->left = true;
    for (; *format >= '0' && *format <= '9'; format++)
        field->width = field->width * 10 + (unsigned)(*format - '0');
    return format;
}

void text_format(PutCharacter *put, void *context, const char *format, va_list arguments)
{
    for (; *format; format++) {
        if (*format != '%') {
            put(context, *format);
            continue;
        }
        Field field;
        char room[34];
        format = read_field(format + 1, &field);
        switch (*format) {
        case 's':
            put_field(put, context, field, va_arg(arguments, const char *));
            break;
        case 'c':
            put(context, (char)va_arg(arguments, int));
            break;
        case 'd': {
            int number = va_arg(arguments, int);
            u32 magnitude = number < 0 ? 0u - (u32)number : (u32)number;
            put_field(put, context, field, digits(&room, magnitude, 10, number < 0));
            break;
        }
        case 'u':
            put_field(put, context, field, digits(&room, va_arg(arguments, u32), 10, false));
            break;
        case 'x':
        case 'X':
            put_field(put, context, field, digits(&room, va_arg(arguments, u32), 16, false));
            break;
        default:
            put(context, *format);
        }
    }
}
