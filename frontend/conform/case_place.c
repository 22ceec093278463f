#include "frontend/conform/case_place.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cpu/cpu.h"

static const char *const register_stems[8] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
static const char *const low_bytes[8] = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};
static const char *const high_bytes[4] = {"ah", "ch", "dh", "bh"};

/* "r8" .. "r15" with d, w, b behind. */
static Place find_numbered_gpr(const char *name)
{
    char *end;
    unsigned long number = strtoul(name + 1, &end, 10);
    u8 size = *end == '\0'            ? 8
              : strcmp(end, "d") == 0 ? 4
              : strcmp(end, "w") == 0 ? 2
              : strcmp(end, "b") == 0 ? 1
                                      : 0;

    if (number < 8 || number > 15 || !size || name[1] == '0')
        return (Place){0};
    return (Place){.kind = PLACE_GPR, .number = (u8)number, .size = size};
}

static Place find_gpr(const char *name, CaseMode mode)
{
    size_t length = strlen(name);

    if (name[0] == 'r' && name[1] >= '0' && name[1] <= '9')
        return mode == CASE_64 ? find_numbered_gpr(name) : (Place){0};
    for (u8 i = 0; i < 8; i++) {
        if (strcmp(name, register_stems[i]) == 0)
            return (Place){.kind = PLACE_GPR, .number = i, .size = 2};
        if (length == 3 && strcmp(name + 1, register_stems[i]) == 0 && name[0] == 'e')
            return (Place){.kind = PLACE_GPR, .number = i, .size = 4};
        if (length == 3 && strcmp(name + 1, register_stems[i]) == 0 && name[0] == 'r' &&
            mode == CASE_64)
            return (Place){.kind = PLACE_GPR, .number = i, .size = 8};
        if ((i < 4 || mode == CASE_64) && strcmp(name, low_bytes[i]) == 0)
            return (Place){.kind = PLACE_GPR, .number = i, .size = 1};
        if (i < 4 && strcmp(name, high_bytes[i]) == 0)
            return (Place){.kind = PLACE_GPR, .number = i, .offset = 1, .size = 1};
    }
    return (Place){0};
}

static Place find_vector(const char *name, CaseMode mode)
{
    static const struct {
        const char *stem;
        u8 kind, size, count;
    } vectors[] = {
        {"st", PLACE_ST, 10, 8},
        {"mm", PLACE_ST, 8, 8},
        {"xmm", PLACE_XMM, 16, 16},
        {"ymm", PLACE_YMM, 32, 16},
    };

    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        size_t length = strlen(vectors[i].stem);
        u8 count = mode == CASE_64 ? vectors[i].count : 8;
        const char *digits = name + length;
        char *end;
        unsigned long number;

        if (strncmp(name, vectors[i].stem, length) != 0)
            continue;
        digits += *digits == '(';
        number = strtoul(digits, &end, 10);
        if (end == digits || number >= count || (*end && strcmp(end, ")") != 0))
            continue;
        return (Place){.kind = vectors[i].kind, .number = (u8)number, .size = vectors[i].size};
    }
    return (Place){0};
}

/* Fields of the FXSAVE image. */
static const struct {
    const char *name;
    u8 offset, size;
} fx_fields[] = {
    {"fcw", offsetof(FxImage, control), 2}, {"fsw", offsetof(FxImage, status), 2},
    {"tags", offsetof(FxImage, tags), 1},   {"fop", offsetof(FxImage, opcode), 2},
    {"fip", offsetof(FxImage, ip), 4},      {"fcs", offsetof(FxImage, cs), 2},
    {"fdp", offsetof(FxImage, dp), 4},      {"fds", offsetof(FxImage, ds), 2},
    {"mxcsr", offsetof(FxImage, mxcsr), 4},
};

bool place_is_tags(const Place *place)
{
    return place->kind == PLACE_FX && place->address == offsetof(FxImage, tags);
}

static Place find_other(const char *name)
{
    static const char *const rip_names[] = {"ip", "eip", "rip"};
    static const char *const flags_names[] = {"flags", "eflags", "rflags"};

    for (size_t i = 0; i < COUNT_OF(rip_names); i++)
        if (strcmp(name, rip_names[i]) == 0)
            return (Place){.kind = PLACE_RIP, .size = 8};
    for (size_t i = 0; i < COUNT_OF(flags_names); i++)
        if (strcmp(name, flags_names[i]) == 0)
            return (Place){.kind = PLACE_FLAGS, .size = 4};
    for (size_t i = 0; i < COUNT_OF(fx_fields); i++)
        if (strcmp(name, fx_fields[i].name) == 0)
            return (Place){
                .kind = PLACE_FX, .size = fx_fields[i].size, .address = fx_fields[i].offset};
    return (Place){0};
}

Place place_find(const char *name, CaseMode mode)
{
    Place place = find_gpr(name, mode);

    if (!place.kind)
        place = find_other(name);
    return place.kind ? place : find_vector(name, mode);
}

/* ---- loading and storing ---- */

/* YMM is in two halves. */
static u8 *part(CaseState *state, const Place *place)
{
    switch ((PlaceKind)place->kind) {
    case PLACE_GPR:
        return (u8 *)&state->gpr[place->number & 15] + place->offset;
    case PLACE_RIP:
        return (u8 *)&state->rip;
    case PLACE_FLAGS:
        return (u8 *)&state->rflags;
    case PLACE_FX:
        return (u8 *)&state->fx + place->address;
    case PLACE_ST:
        return state->fx.st[place->number & 7];
    case PLACE_XMM:
    case PLACE_YMM:
        return state->fx.xmm[place->number & 15];
    case PLACE_NONE:
    case PLACE_MEMORY:
        break;
    }
    return NULL;
}

void place_store(CaseState *state, const Place *place, const u8 *value)
{
    u8 *to = part(state, place);
    bool is_ymm = place->kind == PLACE_YMM;

    if (!to)
        return;
    memcpy(to, value, is_ymm ? 16 : place->size);
    if (is_ymm)
        memcpy(state->ymm_high[place->number & 15], value + 16, 16);
    if (place->kind == PLACE_ST && place->size == 8)
        memset(to + 8, 0xFF, 2); /* as MMX instructions do */
    if (place->kind == PLACE_FLAGS)
        state->rflags |= FLAGS_ALWAYS;
}

void place_load(const CaseState *state, const Place *place, u8 *value)
{
    CaseState copy = *state;
    const u8 *from = part(&copy, place);
    bool is_ymm = place->kind == PLACE_YMM;

    if (from)
        memcpy(value, from, is_ymm ? 16 : place->size);
    if (is_ymm)
        memcpy(value + 16, state->ymm_high[place->number & 15], 16);
}

/* ---- words ---- */

static void gpr_words(const Place *place, char *text, size_t size)
{
    static const char suffixes[9] = {[1] = 'B', [2] = 'W', [4] = 'D', [8] = '\0'};
    u8 number = place->number;

    if (number >= 8)
        snprintf(text, size, "R%u%c", number, suffixes[place->size]);
    else if (place->size == 1)
        snprintf(text, size, "%s", place->offset ? high_bytes[number & 3] : low_bytes[number]);
    else
        snprintf(text, size, "%s%s",
                 place->size == 8   ? "R"
                 : place->size == 4 ? "E"
                                    : "",
                 register_stems[number]);
    for (; *text; text++)
        *text = (char)toupper((u8)*text);
}

static void fx_words(const Place *place, char *text, size_t size)
{
    snprintf(text, size, "?");
    for (size_t i = 0; i < COUNT_OF(fx_fields); i++)
        if (fx_fields[i].offset == place->address)
            snprintf(text, size, "%s", fx_fields[i].name);
    for (; *text; text++)
        *text = (char)toupper((u8)*text);
}

void place_name(const Place *place, CaseMode mode, char *text, size_t size)
{
    u8 number = place->number;

    switch ((PlaceKind)place->kind) {
    case PLACE_NONE:
        snprintf(text, size, "?");
        break;
    case PLACE_GPR:
        gpr_words(place, text, size);
        break;
    case PLACE_RIP:
        snprintf(text, size, mode == CASE_64 ? "RIP" : "EIP");
        break;
    case PLACE_FLAGS:
        snprintf(text, size, "flags");
        break;
    case PLACE_FX:
        fx_words(place, text, size);
        break;
    case PLACE_ST:
        snprintf(text, size, place->size == 8 ? "MM%u" : "ST(%u)", number);
        break;
    case PLACE_XMM:
    case PLACE_YMM:
        snprintf(text, size, "%cMM%u", place->kind == PLACE_XMM ? 'X' : 'Y', number);
        break;
    case PLACE_MEMORY:
        snprintf(text, size, "memory at %08X", place->address);
        break;
    }
}

static const struct {
    const char *name;
    u32 bit;
} flag_names[] = {
    {"CF", FLAG_CF}, {"PF", FLAG_PF}, {"AF", FLAG_AF}, {"ZF", FLAG_ZF},
    {"SF", FLAG_SF}, {"DF", FLAG_DF}, {"OF", FLAG_OF}, {"AC", FLAG_AC},
    {"ID", FLAG_ID}, {"NT", FLAG_NT}, {"IF", FLAG_IF}, {"TF", FLAG_TF},
};

void flag_words(u64 flags, char *text, size_t size)
{
    size_t used = 0;

    snprintf(text, size, "-");
    for (size_t i = 0; i < COUNT_OF(flag_names) && used < size; i++)
        if (flags & flag_names[i].bit)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "",
                                     flag_names[i].name);
}

void place_value_words(const Place *place, const u8 *value, char *text, size_t size)
{
    size_t used = 0;
    long double number = 0;

    if (place->kind == PLACE_FLAGS) {
        u32 flags;

        memcpy(&flags, value, 4);
        flag_words(flags, text, size);
        return;
    }
    if (place->kind == PLACE_MEMORY) {
        *text = '\0';
        for (unsigned i = 0; i < place->size && used < size; i++)
            used += (size_t)snprintf(text + used, size - used, "%s%02X", i ? " " : "", value[i]);
        return;
    }
    if (place->kind == PLACE_ST && place->size == 10) {
        memcpy(&number, value, 10);
        used = (size_t)snprintf(text, size, "%.21Lg = ", number);
    }
    for (unsigned i = place->size; i-- > 0 && used < size;)
        used += (size_t)snprintf(text + used, size - used, "%02X", value[i]);
}

static const char *const vector_names[] = {
    "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "-",
    "#TS", "#NP", "#SS", "#GP", "#PF", "-",   "#MF", "#AC", "#MC", "#XM",
};

const char *vector_name(int vector)
{
    if (vector < 0)
        return "no exception";
    return vector < (int)COUNT_OF(vector_names) ? vector_names[vector] : "a vector over 19";
}

int vector_find(const char *name)
{
    for (int i = 0; i < (int)COUNT_OF(vector_names); i++)
        if (vector_names[i][0] == '#' && strcasecmp(vector_names[i], name) == 0)
            return i;
    return -1;
}

/* ---- values ---- */

static bool parse_integer(const char *text, u64 *value, char **end)
{
    bool negative = *text == '-';
    const char *digits = text + negative;
    u64 magnitude;

    if (digits[0] == '0' && (digits[1] == 'b' || digits[1] == 'B'))
        magnitude = strtoull(digits += 2, end, 2);
    else
        magnitude = strtoull(digits, end, digits[0] == '0' && (digits[1] | 0x20) == 'x' ? 16 : 10);
    /* strtoull() would take a second sign or blanks. */
    if (*end == digits || strchr("-+ \t", *digits))
        return false;
    *value = negative ? -magnitude : magnitude;
    return true;
}

static bool is_end(const char *text)
{
    return text[strspn(text, " \t")] == '\0';
}

static bool parse_flags(const char *text, u8 *value)
{
    u64 number = 0;
    u32 flags = 0;
    char *end;

    if (parse_integer(text, &number, &end) && is_end(end)) {
        flags = (u32)number;
    } else if (strcmp(text, "-") != 0 && strcmp(text, "none") != 0) {
        while (!is_end(text)) {
            size_t i, length;

            text += strspn(text, " \t|,");
            length = strcspn(text, " \t|,");
            for (i = 0; i < COUNT_OF(flag_names); i++)
                if (length == 2 && strncasecmp(flag_names[i].name, text, 2) == 0)
                    break;
            if (i == COUNT_OF(flag_names))
                return false;
            flags |= flag_names[i].bit;
            text += length;
        }
    }
    memcpy(value, &flags, 4);
    return true;
}

static bool parse_hex(const char *text, unsigned size, u8 *value)
{
    if (text[0] != '0' || (text[1] | 0x20) != 'x' || strlen(text) != 2 + 2 * (size_t)size ||
        strspn(text + 2, "0123456789abcdefABCDEF") != 2 * (size_t)size)
        return false;
    for (unsigned i = 0; i < size; i++) {
        char digits[3] = {text[2 + 2 * i], text[3 + 2 * i], '\0'};

        value[size - 1 - i] = (u8)strtoul(digits, NULL, 16);
    }
    return true;
}

/* "f32 1 2 3 4", "i8 1 2 3": as many as fit; the others stay 0. */
static bool parse_elements(const char *text, unsigned size, u8 *value)
{
    bool is_float = text[0] == 'f';
    char *end;
    unsigned long bits = strtoul(text + 1, &end, 10);
    unsigned bytes = (unsigned)bits / 8;

    if ((text[0] != 'f' && text[0] != 'i') ||
        (bits != 8 && bits != 16 && bits != 32 && bits != 64) || (is_float && bits < 32) ||
        *end != ' ')
        return false;
    memset(value, 0, size);
    for (unsigned at = 0; !is_end(end); at += bytes) {
        const char *start = end + strspn(end, " \t,");
        u64 integer = 0;
        float single;
        double number;

        if (at >= size)
            return false;
        if (is_float) {
            number = strtod(start, &end);
            single = (float)number;
            memcpy(&integer, bits == 32 ? (void *)&single : (void *)&number, bytes);
        } else if (!parse_integer(start, &integer, &end)) {
            return false;
        }
        if (end == start)
            return false;
        memcpy(value + at, &integer, bytes);
    }
    return true;
}

static bool parse_x87(const char *text, u8 *value)
{
    char *end;
    long double number = strtold(text, &end);

    if (parse_hex(text, 10, value))
        return true;
    memcpy(value, &number, 10);
    return end != text && is_end(end) && strncasecmp(text, "0x", 2) != 0;
}

/* Hex bytes and "text". */
static bool parse_memory(Place *place, const char *text, u8 *value)
{
    unsigned count = 0;

    while (!is_end(text)) {
        text += strspn(text, " \t");
        if (*text == '"') {
            for (text++; *text && *text != '"' && count < PLACE_BYTES; text++)
                value[count++] = (u8)*text;
            if (*text++ != '"')
                return false;
            continue;
        }
        if (strspn(text, "0123456789abcdefABCDEF") < 2 || count == PLACE_BYTES)
            return false;
        char digits[3] = {text[0], text[1], '\0'};
        value[count++] = (u8)strtoul(digits, NULL, 16);
        text += 2;
    }
    place->size = (u8)count;
    return count > 0;
}

static bool fits(u64 value, unsigned size)
{
    u64 mask = size_mask(size);

    return (value & ~mask) == 0 || ((value & ~mask) == ~mask && (value >> (8 * size - 1) & 1));
}

bool place_parse_value(Place *place, const char *text, u8 value[PLACE_BYTES], char *error,
                       size_t error_size)
{
    u64 integer = 0;
    char *end;

    switch ((PlaceKind)place->kind) {
    case PLACE_FLAGS:
        snprintf(error, error_size,
                 "flags are names (CF PF AF ZF SF DF OF AC ID NT), '-' for none, "
                 "or a number like 0x202");
        return parse_flags(text, value);
    case PLACE_MEMORY:
        snprintf(error, error_size,
                 "memory is up to %d bytes like '01 02 fe' or \"text\" in quotes", PLACE_BYTES);
        return parse_memory(place, text, value);
    case PLACE_ST:
        snprintf(error, error_size,
                 place->size == 10 ? "ST registers are numbers like -1.5, 1e300, inf, nan, or "
                                     "0x and 20 hexadecimal digits"
                                   : "MMX registers are 0x and 16 hexadecimal digits, or "
                                     "elements like 'i16 1 2 3 4'");
        return place->size == 10 ? parse_x87(text, value)
                                 : parse_hex(text, 8, value) || parse_elements(text, 8, value);
    case PLACE_XMM:
    case PLACE_YMM:
        snprintf(error, error_size,
                 "XMM and YMM registers are 0x and all %u hexadecimal digits, or elements, lowest "
                 "first, like 'f32 1 2 3 4', 'f64 1.5 -2', 'i8 1 2 3'",
                 2u * place->size);
        return parse_hex(text, place->size, value) || parse_elements(text, place->size, value);
    default:
        snprintf(error, error_size, "this wants a number of %u bits like 10, -1, 0x1F or 0b101",
                 8u * place->size);
        if (!parse_integer(text, &integer, &end) || !is_end(end) ||
            (place->size < 8 && !fits(integer, place->size)))
            return false;
        memcpy(value, &integer, place->size);
        return true;
    }
}
