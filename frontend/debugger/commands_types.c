/*
 * Commands about the types of a program.
 */
#include "frontend/debugger/commands_inside.h"

#include <inttypes.h>
#include <string.h>

typedef struct TypePrint {
    Commands *commands;
    u64 offset; /* of the record that is printed */
    unsigned depth;
} TypePrint;

enum { DEEPEST_RECORD = 8 };

static bool print_member(void *owner, const CMember *member);

static bool find_type(Commands *commands, const char *text, CType *type)
{
    ExpressionNames names;
    char error[256];

    if (!*text) {
        say(commands, "Of what? For example: ptype struct task\n");
        return false;
    }
    if (!expression_find_type(text, expression_names(commands, &names), type, error,
                              sizeof error)) {
        say(commands, "%s: %s\n", text, error);
        return false;
    }
    *type = expression_complete(&names, *type);
    return true;
}

/* The array's bounds belong behind the name. */
static void print_declaration(Commands *commands, const CMember *member)
{
    char type[TYPE_NAME], *bounds;

    type_name(&member->type, type, sizeof type);
    bounds = strstr(type, " [");
    if (bounds)
        *bounds++ = '\0';
    say(commands, "%s%s%s%s", type, type[strlen(type) - 1] == '*' ? "" : " ",
        member->name ? member->name : "", bounds ? bounds : "");
    if (member->bits)
        say(commands, " : %u", member->bits);
    say(commands, ";\n");
}

static void indent(const TypePrint *print, const CMember *member)
{
    say(print->commands, "/* %5" PRIu64, print->offset + member->offset);
    if (member->bits)
        say(print->commands, ":%-2u", member->shift);
    else
        say(print->commands, "   ");
    say(print->commands, " */%*s", 4 * (int)print->depth, "");
}

static bool print_member(void *owner, const CMember *member)
{
    const TypePrint *print = owner;
    TypePrint inner = *print;

    indent(print, member);
    if (member->name || type_kind(&member->type) != C_RECORD || print->depth > DEEPEST_RECORD) {
        print_declaration(print->commands, member);
        return !answer_is_full(print->commands);
    }
    inner.depth++;
    inner.offset += member->offset;
    say(print->commands, "{\n");
    type_each_member(&member->type, print_member, &inner);
    say(print->commands, "            %*s};\n", 4 * (int)print->depth, "");
    return !answer_is_full(print->commands);
}

static void print_enumerator(void *owner, const char *name, i64 value)
{
    say(owner, "    %s = %" PRId64 ",\n", name, value);
}

CommandResult command_do_ptype(Commands *commands, const char *text)
{
    TypePrint print = {.commands = commands, .depth = 1};
    char name[TYPE_NAME];
    CType type;

    if (!find_type(commands, text, &type))
        return COMMAND_DONE;
    say(commands, "type = %s", type_name(&type, name, sizeof name));
    switch (type_kind(&type)) {
    case C_RECORD:
        say(commands, " { /* %" PRIu64 " bytes */\n", type_size(&type));
        type_each_member(&type, print_member, &print);
        say(commands, "}");
        break;
    case C_ENUMERATION:
        say(commands, " {\n");
        type_each_enumerator(&type, print_enumerator, commands);
        say(commands, "}");
        break;
    default:
        break;
    }
    say(commands, "\n");
    return COMMAND_DONE;
}

CommandResult command_do_whatis(Commands *commands, const char *text)
{
    char name[TYPE_NAME];
    CType type;

    if (find_type(commands, text, &type))
        say(commands, "type = %s\n", type_name(&type, name, sizeof name));
    return COMMAND_DONE;
}
