/*
 * Inside of commands*.c: what a command's function gets, and words that many of them use.
 */
#ifndef FRONTEND_DEBUGGER_COMMANDS_INSIDE_H
#define FRONTEND_DEBUGGER_COMMANDS_INSIDE_H

#include "cpu/cpu.h"
#include "frontend/debugger/commands.h"
#include "frontend/debugger/expression.h"

enum { COMMAND_LINE = 1024, COMMAND_VARIABLES = 64, COMMAND_VARIABLE_NAME = 32,
       COMMAND_LINES = 100000,    /* of one answer, at most */
       COMMAND_HISTORY = 50, COMMAND_HISTORY_LINE = 256 };

/* `text`: what follows the name, without blanks around it. */
typedef CommandResult CommandFunction(Commands *commands, const char *text);

/* What the words behind a command's name are, for completion. */
typedef enum CommandWords { WORDS_NONE, WORDS_EXPRESSION, WORDS_FILE, WORDS_COMMAND, WORDS_CHIP,
                            WORDS_KEY } CommandWords;

enum {
    COMMAND_REPEATS = 1,    /* an empty line does it again */
    COMMAND_STOPPED = 2,    /* only while the machine is stopped */
    COMMAND_NUMBER = 4,     /* only where a number or /FORMAT follows: else the name is free for others */
};

struct CommandRow {
    const char *name, *short_names, *arguments, *help, *details;
    CommandFunction *run;
    CommandWords words;
    u8 flags;
};

/* How `x` and `print` show numbers. */
typedef struct Format {
    unsigned count;
    char letter;            /* x d u o t c a i s */
    u8 size;                /* bytes: 1, 2, 4, 8; 0: as the expression's */
    bool has_letter;
} Format;

struct Commands {
    Debugger *debugger;
    Machine *machine;
    Cpu *cpu;
    Symbols *symbols;
    CommandHost host;
    const CommandSink *sink;            /* during a command */
    char last[COMMAND_LINE];            /* what an empty line repeats, "" for nothing */
    bool repeated;                      /* this is such a repetition */
    unsigned lines_left;                /* before an answer is cut off */
    bool ports_warned;                  /* of what comes of an access to ports */
    char history[COMMAND_HISTORY][COMMAND_HISTORY_LINE];
    unsigned history_count;             /* lines so far; the last COMMAND_HISTORY are kept */

    Format format;                      /* of the last x */
    u64 next_address;                   /* where the next x begins */
    u64 next_code;                      /* where the next disassemble begins */
    char list_file[256];                /* where the next list begins; "" */
    unsigned list_line;

    unsigned variable_count;
    struct {
        char name[COMMAND_VARIABLE_NAME];
        u64 value;
    } variables[COMMAND_VARIABLES];
};

/* ---- answers ---- */

PRINTF_LIKE(2, 3) void say(Commands *commands, const char *format, ...);
/* Lines so far were too many: say() says so once and drops the rest. Loops may ask. */
bool answer_is_full(const Commands *commands);

/* In the past of the timeline nothing can be changed: says so then. */
bool refuses_changes(Commands *commands);

/* ---- arguments ---- */

/* Takes the next word, up to a blank, off *text. */
bool take_argument(const char **text, char *word, size_t size);
const char *skip_spaces(const char *text);
/* A number in C's notation; says so and returns false otherwise. */
bool take_number(Commands *commands, const char *text, u64 *number);
/* on or off; likewise. */
bool take_switch(Commands *commands, const char *text, bool *on);

/* The value of an expression; says what is wrong with it. */
bool evaluate(Commands *commands, const char *text, u64 *value);
Expression *compile(Commands *commands, const char *text);
bool evaluate_compiled(Commands *commands, const Expression *expression, u64 *value);
const ExpressionNames *expression_names(Commands *commands, ExpressionNames *names);

bool find_variable(const Commands *commands, const char *name, size_t length, u64 *value);
bool set_variable(Commands *commands, const char *name, size_t length, u64 value);

/* A place in code: "main", "kernel.c:12", "12", "*0x1000", "0x1000", "cs:0x10"; "" is the current
 * instruction. */
typedef struct Location {
    u64 linear;
    bool logical;               /* selector:offset was given as numbers */
    u16 selector;
    u64 offset;
    bool bound;                 /* a line of a program that has an address space of its own */
    u64 space;
} Location;
bool find_location(Commands *commands, const char *text, Location *location);

/* What an expression means to a watchpoint: the memory it reads, or a whole symbol. Fills address, length
 * and kind of address; says what is wrong. */
bool watched_place(Commands *commands, const char *what, PointSpec *spec);

/* "14", "#PF", "pf"; "" is ANY_VECTOR. */
bool take_vector(Commands *commands, const char *text, u64 *vector);

/* "x/8xw": the part behind the slash. False: it says what is wrong. */
bool parse_format(Commands *commands, const char **text, Format *format);
void print_value(Commands *commands, const Format *format, u64 value, unsigned size);

/* ---- places ---- */

u64 current_linear(const Commands *commands);           /* of the next instruction */
int address_digits(const Commands *commands);           /* hexadecimal, in the current mode */
/* "<main+0x5>" with a blank before it, or "". */
const char *symbol_suffix(Commands *commands, u64 linear, char *text, size_t size);
/* Where it is: address, symbol, source line or the instruction. */
void tell_location(Commands *commands, u64 linear);
/* A line for each instruction from `linear` on; what follows them. */
u64 print_instructions(Commands *commands, u64 linear, unsigned count);

/* A chip's state, by its table; NULL: the machine has none. */
void *find_chip(Commands *commands, const StateTable *table);

/* ---- the table ---- */

/* Rows whose name begins as `text` does, word by word; the longest name counts. NULL: none, or several; then
 * it says so. *rest is what follows. */
const CommandRow *find_command(Commands *commands, const char *text, const char **rest);

/* commands_help.c */
CommandFunction command_do_help, command_do_info, command_info_history, command_info_version;
/* commands_run.c */
CommandFunction command_do_continue, command_do_cont, command_do_stop, command_do_stepi, command_do_nexti,
    command_do_step, command_do_next, command_do_stepb, command_do_finish, command_do_until,
    command_do_step_interrupts, command_do_explain;
/* commands_reverse.c */
CommandFunction command_do_reverse_stepi, command_do_reverse_nexti, command_do_reverse_step,
    command_do_reverse_next, command_do_reverse_finish, command_do_reverse_continue, command_do_goto,
    command_do_last_writer, command_do_cut, command_info_timeline,
    command_info_branches;
/* commands_snapshots.c */
CommandFunction command_do_savevm, command_do_loadvm, command_do_delvm, command_info_snapshots;
/* commands_points.c */
CommandFunction command_do_break, command_do_tbreak, command_do_pbreak, command_do_watch, command_do_rwatch,
    command_do_awatch, command_do_catch, command_do_catch_exception, command_do_catch_interrupt,
    command_do_catch_port, command_do_catch_mode, command_do_catch_privilege, command_do_catch_cr3,
    command_do_catch_count, command_do_catch_magic, command_do_catch_triple,
    command_do_catch_reset, command_do_catch_exit;
/* commands_points_list.c */
CommandFunction command_do_delete, command_do_enable, command_do_disable, command_do_condition,
    command_do_ignore, command_info_breakpoints;
/* commands_memory.c */
CommandFunction command_do_x, command_do_xp, command_do_print, command_do_set, command_do_disassemble,
    command_do_list;
/* commands_types.c */
CommandFunction command_do_ptype, command_do_whatis;
/* commands_registers.c */
CommandFunction command_info_registers;
/* commands_paging.c */
CommandFunction command_info_tlb, command_info_mem, command_do_walk, command_do_gva2gpa;
/* commands_descriptors.c */
CommandFunction command_info_gdt, command_info_ldt, command_info_idt, command_info_tss, command_info_descriptor;
/* commands_devices.c */
CommandFunction command_info_device, command_info_pic, command_info_lapic, command_info_pci,
    command_info_mtree, command_info_jit;
/* commands_machine.c */
CommandFunction command_do_quit, command_do_system_reset, command_do_system_powerdown, command_do_screendump,
    command_do_sendkey, command_do_log, command_info_status, command_info_cpus, command_info_block;
/* commands_ports.c */
CommandFunction command_do_i, command_do_o;
/* commands_symbols.c */
CommandFunction command_do_symbol_file, command_do_add_symbol_file, command_do_directory, command_info_files,
    command_info_symbol, command_info_line, command_info_functions, command_info_variables,
    command_do_backtrace, command_info_locals, command_info_args;

#endif
