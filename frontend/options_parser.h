/*
 * Between the files that take the command line apart: the parser, and one function per option.
 */
#ifndef FRONTEND_OPTIONS_PARSER_H
#define FRONTEND_OPTIONS_PARSER_H

#include "frontend/options.h"

typedef struct Parser {
    Options *options;
    const char *option;     /* as it was typed, for messages */
    bool answered;
    char *next_text;        /* free space in options->text */
    char *error;
    size_t error_size;
} Parser;

/* Each returns false after option_error(), or when it has answered a question. */
typedef bool OptionSetter(Parser *parser, const char *value);

OptionSetter set_hda, set_hdb, set_hdc, set_hdd, set_fda, set_fdb, set_cdrom, set_drive, set_image,
    set_snapshot, set_nodefaults, set_boot;
OptionSetter set_symbols, set_source, set_lint;
OptionSetter set_timeline, set_record, set_replay, set_loadvm;
OptionSetter set_memory, set_cpu, set_smp, set_machine, set_accel, set_engine, set_tb_size, set_mips, set_rtc,
    set_localtime, set_bios, set_firmware_folder, set_kernel, set_initrd, set_append, set_device,
    set_net, set_vga, set_name;
OptionSetter set_serial, set_parallel, set_debugcon, set_global, set_monitor, set_display, set_nographic,
    set_curses, set_sdl, set_full_screen, set_speed, set_screendump, set_log, set_log_file,
    set_no_reboot, set_no_shutdown, set_stopped, set_gdb, set_gdb_default, set_debugger;

/* Writes "-option value: sentence"; always false. */
bool option_error(Parser *parser, const char *value, const char *format, ...) PRINTF_LIKE(3, 4);

/* Remembers a sentence to tell before the machine starts; always true. */
bool option_note(Parser *parser, const char *sentence);

/* A copy that lives as long as the options. */
char *option_copy(Parser *parser, const char *text);

/* "[first=]value,key=value,...": takes the next pair off *rest, which is cut up in place; ",,"
 * stands for a comma. A pair without '=' gets the key `implied` (once) or the value "on". */
bool option_pair(char **rest, const char *implied, char **key, char **value);

/* All of `text` must be a number in C's notation, from `low` to `high`. */
bool option_number(const char *text, u64 low, u64 high, u64 *number);

/* Bytes with a suffix K, M, G or T; `unit` bytes without one. */
bool option_size(const char *text, u64 unit, u64 *bytes);

/* on, off, yes, no, true, false. */
bool option_switch(const char *text, bool *on);

/* The one of `names` that looks most like `text`, NULL if none does. */
const char *option_nearest(const char *text, const char *const *names, unsigned count);

#endif
