/*
 * Printing values by C's types.
 */
#ifndef FRONTEND_DEBUGGER_COMMANDS_VALUES_H
#define FRONTEND_DEBUGGER_COMMANDS_VALUES_H

#include "frontend/debugger/commands_inside.h"
#include "frontend/debugger/types.h"

enum {
    VALUE_IN_MEMORY = 1,    /* `value` is not the number, but where it lies */
    VALUE_AFTER_TYPE = 2,   /* its type has just been told */
};

/* `format`: of its numbers, or NULL. */
void print_c_value(Commands *commands, const Format *format, const CType *type, unsigned how,
                   u64 value);

/* One within double quotes. */
void say_text_character(Commands *commands, u8 c);

#endif
