/*
 * Values of a program as its types have them, the way gdb writes them: {a = 1, b = 0x1000}, texts,
 * enumerators by name.
 */
#include "frontend/debugger/commands_inside.h"
#include "frontend/debugger/commands_values.h"
#include "frontend/debugger/guest_memory.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ELEMENTS = 200, DEEPEST_VALUE = 16, LEAST_REPEATS = 10 };

typedef struct ValuePrint {
    Commands *commands;
    const Format *format; /* of numbers; NULL: each as its type has it */
    unsigned elements_left, depth;
    u64 address;       /* of the record that is being printed */
    bool first, typed; /* typed: its type has been told */
} ValuePrint;

static void print_typed(ValuePrint *print, const CType *type, u64 address);

/* ---- texts ---- */

void say_text_character(Commands *commands, u8 c)
{
    static const char escapes[] = "\nn\tt\rr\033e\"\"\\\\";

    for (unsigned i = 0; i + 1 < sizeof escapes; i += 2) {
        if (c == (u8)escapes[i]) {
            say(commands, "\\%c", escapes[i + 1]);
            return;
        }
    }
    say(commands, c < 0x7F && isprint(c) ? "%c" : "\\%03o", c);
}

/* Of an array: what is behind its last character that is not 0 is left out. */
static void print_text(Commands *commands, u64 address, u64 length)
{
    u8 text[MOST_ELEMENTS];
    u64 most = length < sizeof text ? length : sizeof text;
    size_t got = guest_read(commands->cpu, address, text, most);

    if (got < most)
        say(commands, "<cannot be read> ");
    while (got && !text[got - 1] && most == length)
        got--;
    say(commands, "\"");
    for (size_t i = 0; i < got; i++)
        say_text_character(commands, text[i]);
    say(commands, "\"%s", most < length ? "..." : "");
}

/* What a char * leads to. */
static void print_pointed_text(Commands *commands, u64 address)
{
    u8 c = 0;
    unsigned length = 0;

    if (!address || guest_read(commands->cpu, address, &c, 1) != 1)
        return;
    say(commands, " \"");
    for (; length < MOST_ELEMENTS && c; length++) {
        say_text_character(commands, c);
        if (guest_read(commands->cpu, address + length + 1, &c, 1) != 1)
            break;
    }
    say(commands, "\"%s", length == MOST_ELEMENTS ? "..." : "");
}

/* ---- numbers ---- */

static void print_enumerator(Commands *commands, const CType *type, u64 value)
{
    const char *name = type_enumerator(type, value);
    u64 left = value, found;
    const char *separator = "(";

    if (name) {
        say(commands, "%s", name);
        return;
    }
    while (left && (name = type_enumerator_bit(type, left, &found))) {
        say(commands, "%s%s", separator, name);
        separator = " | ";
        left &= ~found;
    }
    if (left == value)
        say(commands, "%" PRIu64, value);
    else if (left)
        say(commands, " | 0x%" PRIx64 ")", left);
    else
        say(commands, ")");
}

static void print_pointer(ValuePrint *print, const CType *type, u64 value)
{
    CType target = type_target(type);
    char name[TYPE_NAME], suffix[128];

    if (!print->depth && !print->typed && !type_is_text(type))
        say(print->commands, "(%s) ", type_name(type, name, sizeof name));
    say(print->commands, "0x%" PRIx64 "%s", value,
        print->depth && type_kind(&target) != C_FUNCTION
            ? ""
            : symbol_suffix(print->commands, value, suffix, sizeof suffix));
    if (type_is_text(type))
        print_pointed_text(print->commands, value);
}

static void print_float(Commands *commands, u64 value, u64 size)
{
    float single;
    double number;

    memcpy(&single, &value, sizeof single);
    memcpy(&number, &value, sizeof number);
    if (size == sizeof single)
        say(commands, "%.9g", (double)single);
    else
        say(commands, "%.17g", number);
}

static void print_integer(ValuePrint *print, const CType *type, u64 value, Size size)
{
    Commands *commands = print->commands;
    bool is_signed = type_is_signed(type);

    if (is_signed)
        say(commands, "%" PRId64, (i64)sign_extend(value, size));
    else
        say(commands, "%" PRIu64, value);
    /* Hexadecimal says most about addresses and masks, decimal about counts: both. */
    if (!print->depth && value > 9)
        say(commands, "  0x%" PRIx64, value);
}

static void print_number(ValuePrint *print, const CType *type, u64 value)
{
    static const Format as_character = {.letter = 'c'};
    Commands *commands = print->commands;
    u64 bytes = type_size(type);
    Size size = bytes && bytes <= QWORD ? (Size)bytes : QWORD;

    value &= size_mask(size);
    if (print->format && print->format->has_letter) {
        print_value(commands, print->format, value, size);
        return;
    }
    switch (type_kind(type)) {
    case C_POINTER:
        print_pointer(print, type, value);
        break;
    case C_ENUMERATION:
        print_enumerator(commands, type, value);
        break;
    case C_BOOLEAN:
        say(commands, value > 1 ? "%" PRIu64 : value ? "true" : "false", value);
        break;
    case C_CHARACTER:
        print_value(commands, &as_character, value, size);
        break;
    case C_FLOAT:
        print_float(commands, value, size);
        break;
    default:
        print_integer(print, type, value, size);
        break;
    }
}

/* ---- structures and arrays ---- */

static void print_bits(ValuePrint *print, const CMember *member)
{
    unsigned bytes = (member->shift + member->bits + 7) / 8;
    u64 value = 0, sign = (u64)1 << (member->bits - 1);

    if (bytes > QWORD ||
        guest_read(print->commands->cpu, print->address + member->offset, &value, bytes) != bytes) {
        say(print->commands, "<cannot be read>");
        return;
    }
    value = value >> member->shift & (sign | (sign - 1));
    if (type_is_signed(&member->type))
        value = (value ^ sign) - sign;
    print_number(print, &member->type, value);
}

static bool print_member(void *owner, const CMember *member)
{
    ValuePrint *print = owner;

    say(print->commands, "%s", print->first ? "" : ", ");
    print->first = false;
    if (!print->elements_left) {
        say(print->commands, "...");
        return false;
    }
    print->elements_left--;
    if (member->name)
        say(print->commands, "%s = ", member->name);
    if (member->bits)
        print_bits(print, member);
    else
        print_typed(print, &member->type, print->address + member->offset);
    return true;
}

static void print_record(ValuePrint *print, const CType *type, u64 address)
{
    ValuePrint inner = *print;

    inner.address = address;
    inner.first = true;
    inner.depth++;
    say(print->commands, "{");
    type_each_member(type, print_member, &inner);
    say(print->commands, "}");
    print->elements_left = inner.elements_left;
}

/* How many elements from `index` on hold the same bytes. */
static u64 count_same(ValuePrint *print, u64 address, u64 size, u64 left)
{
    u8 first[64], next[64];
    u64 count = 1;

    if (size > sizeof first || guest_read(print->commands->cpu, address, first, size) != size)
        return 1;
    while (count < left && count < 65536 &&
           guest_read(print->commands->cpu, address + count * size, next, size) == size &&
           !memcmp(first, next, size))
        count++;
    return count;
}

static void print_array(ValuePrint *print, const CType *type, u64 address)
{
    CType element = type_target(type);
    u64 count = type_count(type), size = type_size(&element), same;
    bool is_plain = !print->format || !print->format->has_letter || print->format->letter == 's';

    if (type_is_text(type) && is_plain) {
        print_text(print->commands, address, count);
        return;
    }
    print->depth++;
    say(print->commands, "{");
    for (u64 i = 0; i < count && size; i += same) {
        say(print->commands, i ? ", " : "");
        if (!print->elements_left) {
            say(print->commands, "...");
            break;
        }
        print->elements_left--;
        same = count_same(print, address + i * size, size, count - i);
        print_typed(print, &element, address + i * size);
        if (same >= LEAST_REPEATS)
            say(print->commands, " <repeats %" PRIu64 " times>", same);
        else
            same = 1;
    }
    say(print->commands, "}");
    print->depth--;
}

static void print_typed(ValuePrint *print, const CType *type, u64 address)
{
    CTypeKind kind = type_kind(type);
    u64 size = type_size(type), value = 0;
    u8 byte;

    if ((kind == C_RECORD || kind == C_ARRAY) &&
        guest_read(print->commands->cpu, address, &byte, 1) != 1)
        say(print->commands, "<0x%" PRIx64 " cannot be read>", address);
    else if (print->depth > DEEPEST_VALUE || answer_is_full(print->commands))
        say(print->commands, "{...}");
    else if (kind == C_RECORD)
        print_record(print, type, address);
    else if (kind == C_ARRAY)
        print_array(print, type, address);
    else if (!size || size > QWORD)
        say(print->commands, "{%" PRIu64 " bytes at 0x%" PRIx64 "}", size, address);
    else if (guest_read(print->commands->cpu, address, &value, size) != size)
        say(print->commands, "<0x%" PRIx64 " cannot be read>", address);
    else
        print_number(print, type, value);
}

void print_c_value(Commands *commands, const Format *format, const CType *type, unsigned how,
                   u64 value)
{
    ValuePrint print = {.commands = commands,
                        .format = format,
                        .elements_left = MOST_ELEMENTS,
                        .typed = how & VALUE_AFTER_TYPE};
    u64 size = type_size(type);

    if (how & VALUE_IN_MEMORY)
        print_typed(&print, type, value);
    else if (size && size <= QWORD)
        print_number(&print, type, value);
    else
        say(commands, "a value of %" PRIu64 " bytes", size);
}
