/*
 * The table of options, and what reads it: the command line, -help, and the search for the
 * option that a mistyped one was meant to be.
 */
#include "frontend/debugger/timeline.h"
#include "frontend/options_parser.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool print_help(Parser *parser, const char *value);
const char vitrine_version[] = VITRINE_VERSION;

static bool print_version(Parser *parser, const char *value);

static bool ignore(Parser *parser, const char *value)
{
    (void)parser, (void)value;
    return true;
}

static bool no_icount(Parser *parser, const char *value)
{
    (void)value;
    return option_note(parser, "-icount: time is always counted in instructions; see -mips");
}

static bool not_there_yet(Parser *parser, const char *value)
{
    return option_error(parser, value, "this is not there yet; -help lists what is");
}

static bool no_chardev(Parser *parser, const char *value)
{
    return option_error(parser, value,
                        "say it with the port itself: -serial file:PATH and the "
                        "like");
}

static bool no_pflash(Parser *parser, const char *value)
{
    return option_error(parser, value, "firmware is given with -bios FILE");
}

static bool no_blockdev(Parser *parser, const char *value)
{
    return option_error(parser, value, "disks are given with -hda IMAGE or -drive file=IMAGE,...");
}

static bool no_sound(Parser *parser, const char *value)
{
    (void)value;
    return option_note(parser, "this machine has no sound card and no USB yet; their options are "
                               "ignored");
}

typedef struct OptionRow {
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;     /* NULL: another spelling, or accepted to no effect */
    OptionSetter *set;
} OptionRow;

/* A row without `set` is a heading. */
// clang-format off
static const OptionRow rows[] = {
    {NULL, NULL, "Disks", NULL},
    {"hda", "IMAGE", "first hard disk; -hdb, -hdc, -hdd: the others", set_hda},
    {"hdb", "IMAGE", NULL, set_hdb},
    {"hdc", "IMAGE", NULL, set_hdc},
    {"hdd", "IMAGE", NULL, set_hdd},
    {"fda", "IMAGE", "floppy disk in drive A; -fdb: in drive B", set_fda},
    {"fdb", "IMAGE", NULL, set_fdb},
    {"cdrom", "IMAGE", "CD-ROM, as secondary master", set_cdrom},
    {"drive", "KEY=VALUE,...",
     "file=IMAGE, if=ide|floppy, index=N, media=disk|cdrom,\n"
     "format=raw, snapshot=on|off, readonly=on|off", set_drive},
    {"snapshot", NULL, "keep no write: images stay as they are", set_snapshot},
    {"boot", "LETTERS",
     "order of devices: a floppy, c disk, d CD-ROM, n network;\n"
     "or order=LETTERS, once=LETTERS, menu=on|off", set_boot},
    {"nodefaults", NULL, "no empty floppy and CD-ROM drive", set_nodefaults},

    {NULL, NULL, "Machine", NULL},
    {"m", "SIZE", "memory in MiB, or with M or G behind it (128M)", set_memory},
    {"cpu", "MODEL", "processor (qemu64); -cpu help lists them", set_cpu},
    {"smp", "1", "number of processors: one", set_smp},
    {"machine", "pc", "the i440FX and PIIX3 PC is the only board", set_machine},
    {"M", "pc", NULL, set_machine},
    {"engine", "NAME[,without=PASS+...]",
     "translator (default), interpreter, or lockstep: both, compared; without: leave out passes\n"
     "of the translator (fuse, flags, slots, groups, host-flags, chains), to see what they buy", set_engine},
    {"tb-size", "N", "megabytes for translated code (64)", set_tb_size},
    {"mips", "N", "instructions per guest microsecond (100)", set_mips},
    {"rtc", "base=WHEN", "the clock starts at utc, localtime or 2006-06-17T16:01:21", set_rtc},
    {"localtime", NULL, NULL, set_localtime},
    {"device", "isa-debug-exit",
     "a port (iobase=0x501,iosize=2) through which the guest\n"
     "ends vitrine with status 2 * value + 1", set_device},
    {"s", NULL, "gdb can connect at localhost:1234: target remote :1234", set_gdb_default},
    {"gdb", "WHERE", "gdb can connect there: tcp::PORT, tcp:HOST:PORT, unix:PATH", set_gdb},
    {"debugger", NULL, "open the window's debugger (Ctrl-Alt-D)", set_debugger},
    {"S", NULL, "start stopped: a debugger, or the window's pause key, lets it go on", set_stopped},
    {"no-reboot", NULL, "leave instead of resetting", set_no_reboot},
    {"no-shutdown", NULL, "stay when the guest turns the power off", set_no_shutdown},

    {NULL, NULL, "Firmware and kernel", NULL},
    {"bios", "FILE", "firmware (bios-256k.bin)", set_bios},
    {"L", "FOLDER", "where firmware is looked for (/usr/share/seabios)", set_firmware_folder},
    {"kernel", "FILE", "start a Linux bzImage or a multiboot program", set_kernel},
    {"initrd", "FILE", "its initial RAM disk; multiboot: FILE ARGUMENTS,...", set_initrd},
    {"append", "TEXT", "its command line", set_append},

    {NULL, NULL, "Screen and ports", NULL},
    {"display", "sdl|terminal|none",
     "where the screen is shown; sdl takes full-screen=on, scale=N", set_display},
    {"nographic", NULL, "no screen; the first serial port is the terminal", set_nographic},
    {"serial", "WHERE",
     "a serial port, up to four times: stdio, mon:stdio (Ctrl-A x\n"
     "leaves, Ctrl-A c: the debugger's prompt), file:PATH, pty, null, none", set_serial},
    {"parallel", "WHERE", "a parallel port, likewise", set_parallel},
    {"debugcon", "WHERE", "the debug console, port E9h, likewise", set_debugcon},
    {"symbols", "FILE[@ADDRESS]",
     "names and lines for the debugger, from an ELF file or a list\n"
     "as nm prints it; may be given several times; FILE,cr3=VALUE: of\n"
     "a program in the address space that has VALUE in CR3", set_symbols},
    {"lint", NULL, "say what the guest hardly means: reads of unwritten RAM and the\n"
     "like; slow", set_lint},
    {"source", "FOLDER", "where source files are looked for; likewise", set_source},
    {"monitor", "stdio|pty|tcp:...|unix:...|none", "the debugger's prompt, which takes QEMU's and gdb's commands", set_monitor},
    {"name", "TEXT", "what the window's title says", set_name},
    {"full-screen", NULL, "the window fills the screen", set_full_screen},
    {"curses", NULL, NULL, set_curses},
    {"sdl", NULL, NULL, set_sdl},
    {"screendump", "FILE.png", "save the screen when leaving", set_screendump},

    {NULL, NULL, "Pace and log", NULL},
    {"speed", "real|max", "let idle time pass, or skip it (real)", set_speed},
    {"timeline", "SIZE|off", "memory for going back in time (512M)", set_timeline},
    {"record", "FILE", "write the machine and all that happens to it", set_record},
    {"loadvm", "NAME", "begin with a snapshot that savevm has saved", set_loadvm},
    {"replay", "FILE", "run a recording, without its images", set_replay},
    {"d", "CHANNEL,...", "log; -d help lists the channels", set_log},
    {"D", "FILE", "write the log to a file", set_log_file},

    {NULL, NULL, "Help", NULL},
    {"help", NULL, "this list", print_help},
    {"h", NULL, NULL, print_help},
    {"version", NULL, "the version", print_version},

    /* QEMU's options that course Makefiles give and that need not stop anybody. */
    {"accel", "NAME", NULL, set_accel},
    {"enable-kvm", NULL, NULL, ignore},
    {"no-kvm", NULL, NULL, ignore},
    {"net", "LIST", NULL, set_net},
    {"nic", "LIST", NULL, set_net},
    {"netdev", "LIST", NULL, set_net},
    {"vga", "NAME", NULL, set_vga},
    {"std-vga", NULL, NULL, ignore},
    {"k", "LAYOUT", NULL, ignore},
    {"uuid", "UUID", NULL, ignore},
    {"no-fd-bootchk", NULL, NULL, ignore},
    {"no-hpet", NULL, NULL, ignore},
    {"no-acpi", NULL, NULL, ignore},
    {"singlestep", NULL, NULL, ignore},
    {"no-user-config", NULL, NULL, ignore},
    {"nodefconfig", NULL, NULL, ignore},
    {"no-quit", NULL, NULL, ignore},
    {"alt-grab", NULL, NULL, ignore},
    {"ctrl-grab", NULL, NULL, ignore},
    {"trace", "LIST", NULL, ignore},
    {"global", "NAME=VALUE", NULL, set_global},
    {"icount", "N", NULL, no_icount},
    {"soundhw", "CARD", NULL, no_sound},
    {"audiodev", "LIST", NULL, no_sound},
    {"usb", NULL, NULL, no_sound},
    {"usbdevice", "NAME", NULL, no_sound},
    {"vnc", "WHERE", NULL, not_there_yet},
    {"daemonize", NULL, NULL, not_there_yet},
    {"qmp", "WHERE", NULL, not_there_yet},
    {"chardev", "LIST", NULL, no_chardev},
    {"pflash", "FILE", NULL, no_pflash},
    {"blockdev", "LIST", NULL, no_blockdev},
};
// clang-format on

static void print_text(const char *name, const char *argument, const char *help)
{
    char left[64];
    const char *end;

    snprintf(left, sizeof left, "-%s%s%s", name, argument ? " " : "", argument ? argument : "");
    for (;; help = end + 1, *left = '\0') {
        end = strchrnul(help, '\n');
        printf("  %-26s %.*s\n", left, (int)(end - help), help);
        if (!*end)
            return;
    }
}

static bool print_help(Parser *parser, const char *value)
{
    unsigned i;

    (void)value;
    printf("vitrine [OPTIONS] [IMAGE]\n"
           "An x86 PC with glass walls. Without an image it shows its own classroom system.\n"
           "IMAGE is a disk, floppy or CD image, a kernel or a firmware ROM: vitrine looks at it.\n"
           "Options are QEMU's; one dash or two.\n");
    for (i = 0; i < COUNT_OF(rows); i++) {
        if (!rows[i].set)
            printf("\n%s\n", rows[i].help);
        else if (rows[i].help)
            print_text(rows[i].name, rows[i].argument, rows[i].help);
    }
    parser->answered = true;
    return false;
}

static bool print_version(Parser *parser, const char *value)
{
    (void)value;
    printf("vitrine %s\n", vitrine_version);
    parser->answered = true;
    return false;
}

static const OptionRow *find_row(const char *name)
{
    unsigned i;

    for (i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].set && !strcmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

static bool unknown_option(Parser *parser, const char *name)
{
    const char *names[COUNT_OF(rows)], *nearest;
    unsigned i, count = 0;

    for (i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].set)
            names[count++] = rows[i].name;
    nearest = option_nearest(name, names, count);
    if (!nearest)
        return option_error(parser, NULL, "there is no such option; -help lists them");
    return option_error(parser, NULL,
                        "there is no such option; did you mean -%s? "
                        "(-help lists all)",
                        nearest);
}

/* One option and its argument, or one image; advances *at. */
static bool parse_one(Parser *parser, int argc, char **argv, int *at)
{
    const char *word = argv[(*at)++], *name;
    const OptionRow *row;

    parser->option = word;
    if (*word != '-')
        return set_image(parser, word);
    name = word + 1 + (word[1] == '-');
    row = find_row(name);
    if (!row)
        return unknown_option(parser, name);
    if (!row->argument)
        return row->set(parser, NULL);
    if (*at >= argc)
        return option_error(parser, NULL, "%s must follow", row->argument);
    return row->set(parser, argv[(*at)++]);
}

/* What one option alone cannot know. */
static bool check_together(Parser *parser)
{
    Options *options = parser->options;
    unsigned i;

    if (!options->kernel && (options->append || options->initrd)) {
        parser->option = options->append ? "-append" : "-initrd";
        return option_error(parser, NULL, "this needs a -kernel");
    }
    if ((options->record || options->replay) && (options->lockstep || !options->timeline)) {
        parser->option = options->record ? "-record" : "-replay";
        return option_error(parser, NULL,
                            "this needs a timeline, which -engine lockstep and "
                            "-timeline off leave out");
    }
    if (options->load_snapshot && (options->record || options->replay || !options->timeline)) {
        parser->option = "-loadvm";
        return option_error(parser, NULL,
                            "this needs a timeline, and goes with neither -record nor "
                            "-replay");
    }
    if (options->record && options->replay) {
        parser->option = "-record";
        return option_error(parser, NULL, "a recording is recorded already; leave -replay away");
    }
    if (options->nographic) {
        options->display = DISPLAY_HEADLESS;
        if (!options->serial_count)
            options->serial[options->serial_count++].kind = PORT_STDIO_ESCAPE;
    }
    for (i = 0; i < options->serial_count && options->monitor; i++) {
        if (options->serial[i].kind != PORT_STDIO)
            continue;
        parser->option = "-monitor stdio";
        return option_error(parser, NULL,
                            "a serial port has the terminal; write -serial mon:stdio in place of "
                            "both, and switch with Ctrl-A c");
    }
    return true;
}

OptionsResult options_parse(Options *options, int argc, char **argv, char *error, size_t error_size)
{
    Parser parser = {.options = options, .error = error, .error_size = error_size};
    size_t length = 1;
    int i, at = 1;

    *options = (Options){.memory = 128 << 20,
                         .cpu = "qemu64",
                         .mips = 100,
                         .engine = ENGINE_TRANSLATOR,
                         .timeline = TIMELINE_DEFAULT_BUDGET,
                         .start_time = time(NULL),
                         .firmware_folder = "/usr/share/seabios"};
    for (i = 0; i < argc; i++)
        length += strlen(argv[i]) + 1;
    options->text = parser.next_text = malloc(length);
    if (!options->text) {
        snprintf(error, error_size, "the host is out of memory");
        return OPTIONS_WRONG;
    }
    while (at < argc)
        if (!parse_one(&parser, argc, argv, &at))
            return parser.answered ? OPTIONS_ANSWERED : OPTIONS_WRONG;
    return check_together(&parser) ? OPTIONS_RUN : OPTIONS_WRONG;
}

void options_free(Options *options)
{
    free(options->text);
    options->text = NULL;
}
