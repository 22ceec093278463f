#include "frontend/conform/row_words.h"

#include <stdio.h>
#include <string.h>

/* The rows' columns as they are written in the table. */
static const struct {
    const char *operands[INSN_OPERANDS], *attributes;
} columns[] = {
#define OPCODE(code, digit, name, a, b, c, attributes) {{#a, #b, #c, "_"}, #attributes},
#include "cpu/opcodes.def"
#undef OPCODE
#define VEX(code, digit, name, a, b, c, d, attributes) {{#a, #b, #c, #d}, #attributes},
#define VEX_ONLY                                       VEX
#include "cpu/opcodes_vex.def"
#undef VEX
#undef VEX_ONLY
};

static bool is_modrm_operand(const char *operand)
{
    static const char *const odd[] = {"Sw", "Cd", "Dd", "STi", "VM"};

    for (size_t i = 0; i < COUNT_OF(odd); i++)
        if (strcmp(operand, odd[i]) == 0)
            return true;
    return strchr("EGRMPQVWN", operand[0]) && strcmp(operand, "ES") != 0 &&
           strcmp(operand, "GS") != 0;
}

bool row_names_modrm(const OpcodeRow *row)
{
    size_t number = (size_t)(row - opcode_rows);

    if (row->digit != ANY)
        return true;
    for (unsigned i = 0; i < INSN_OPERANDS; i++)
        if (is_modrm_operand(columns[number].operands[i]))
            return true;
    return false;
}

static const char *prefix_words(u32 attributes)
{
    return attributes & P66     ? "66 "
           : attributes & PF3   ? "F3 "
           : attributes & PF2   ? "F2 "
           : attributes & PNONE ? "NP "
                                : "";
}

/* "VEX.L0.66.0F38.W1 F2" */
static size_t vex_code(const OpcodeRow *row, char *text, size_t size)
{
    u32 attributes = row->attributes;
    const char *length = attributes & L0 ? ".L0" : attributes & L1 ? ".L1" : "";
    const char *prefix = attributes & P66   ? ".66"
                         : attributes & PF3 ? ".F3"
                         : attributes & PF2 ? ".F2"
                                            : "";
    const char *wide = attributes & W1 ? ".W1" : attributes & W0 ? ".W0" : "";

    return (size_t)snprintf(text, size, "VEX%s%s.0%X%s %02X", length, prefix, row->code >> 8, wide,
                            row->code & 0xFF);
}

static size_t plain_code(const OpcodeRow *row, char *text, size_t size)
{
    int used = snprintf(text, size, "%s%s", prefix_words(row->attributes),
                        row->attributes & W1 ? "REX.W " : "");

    for (int shift = 16; shift > 0; shift -= 8)
        if (row->code >> shift)
            used += snprintf(text + used, size - (size_t)used, "%02X ", row->code >> shift & 0xFF);
    used += snprintf(text + used, size - (size_t)used, "%02X%s", row->code & 0xFF,
                     row->attributes & PLUS_R ? "+r" : "");
    return (size_t)used;
}

const char *row_code(const OpcodeRow *row, char *text, size_t size)
{
    size_t used =
        row->attributes & VEX_BIT ? vex_code(row, text, size) : plain_code(row, text, size);

    if (row->digit & MODRM)
        snprintf(text + used, size - used, " %02X", row->digit & 0xFF);
    else if (!(row->digit & ANY))
        snprintf(text + used, size - used, " /%u", row->digit & 7u);
    else if (row_names_modrm(row))
        snprintf(text + used, size - used, " /r");
    return text;
}

const char *row_operands(const OpcodeRow *row, char *text, size_t size)
{
    size_t number = (size_t)(row - opcode_rows), used = 0;

    *text = '\0';
    for (unsigned i = 0; i < INSN_OPERANDS && used < size; i++) {
        const char *operand = columns[number].operands[i];

        if (strcmp(operand, "_") != 0)
            used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
                                     strcmp(operand, "ONE") == 0 ? "1" : operand);
    }
    return text;
}

const char *row_feature_name(const OpcodeRow *row, char *text, size_t size)
{
    const char *name = strstr(columns[row - opcode_rows].attributes, "F_");

    *text = '\0';
    if (name)
        snprintf(text, size, "%.*s", (int)strspn(name + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
                 name + 2);
    return text;
}
