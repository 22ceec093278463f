/*
 * Options that choose what the machine is made of: processor, memory, firmware, kernel, devices.
 */
#include "cpu/cpu.h"
#include "frontend/options_parser.h"
#include "translate/translator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY_UNIT = 1 << 20 };

bool set_memory(Parser *parser, const char *list)
{
    char *rest = option_copy(parser, list), *key, *value;
    u64 host = (u64)sysconf(_SC_PHYS_PAGES) * (u64)sysconf(_SC_PAGESIZE);
    const char *implied = "size";
    u64 bytes;

    for (; option_pair(&rest, implied, &key, &value); implied = NULL) {
        if (!strcmp(key, "slots") || !strcmp(key, "maxmem")) {
            option_note(parser, "-m: memory cannot be added to a running machine; slots= and "
                                "maxmem= are ignored");
            continue;
        }
        if (strcmp(key, "size") || !option_size(value, MEMORY_UNIT, &bytes))
            return option_error(parser, list,
                                "write a size in MiB, or with a suffix: -m 128, -m 64M, -m 1G");
        if (bytes < 1 << 20)
            return option_error(parser, list, "too little; the firmware needs 1M at least");
        if (bytes > host)
            return option_error(parser, list, "too much; this host has %lluM",
                                (unsigned long long)host >> 20);
        parser->options->memory = (bytes + MEMORY_UNIT - 1) / MEMORY_UNIT * MEMORY_UNIT;
    }
    return true;
}

static bool print_models(Parser *parser)
{
    const char *const *names = cpu_model_names();

    printf("-cpu MODEL:\n");
    for (; *names; names++)
        printf("  %s\n", *names);
    parser->answered = true;
    return false;
}

/* QEMU's names for processors that are not there as such. */
static const char *model_alias(const char *name)
{
    static const char *const as_max[] = {"host", "base", "kvm64", "kvm32"};
    unsigned i;

    for (i = 0; i < COUNT_OF(as_max); i++)
        if (!strcmp(name, as_max[i]))
            return "max";
    return strcmp(name, "i486") && strcmp(name, "i386") ? name : "486";
}

bool set_cpu(Parser *parser, const char *model)
{
    char *name = option_copy(parser, model), *comma = strchr(name, ',');
    const char *const *names = cpu_model_names(), *nearest;
    unsigned count;

    if (!strcmp(model, "help") || !strcmp(model, "?"))
        return print_models(parser);
    if (comma) {
        *comma = '\0';
        option_note(parser, "-cpu: the model decides on the features; what follows the comma is "
                            "ignored");
    }
    parser->options->cpu = model_alias(name);
    for (count = 0; names[count]; count++)
        if (!strcmp(names[count], parser->options->cpu))
            return true;
    nearest = option_nearest(name, names, count);
    return option_error(parser, model, "there is no such processor%s%s%s; -cpu help lists them",
                        nearest ? "; did you mean '" : "", nearest ? nearest : "",
                        nearest ? "'?" : "");
}

bool set_smp(Parser *parser, const char *list)
{
    char *rest = option_copy(parser, list), *key, *value;
    const char *implied = "cpus";
    u64 count;

    for (; option_pair(&rest, implied, &key, &value); implied = NULL) {
        if (!option_number(value, 1, 255, &count))
            return option_error(parser, list, "write a number of processors: -smp 1");
        if (count != 1 && strcmp(key, "maxcpus"))
            return option_error(parser, list,
                                "this machine has one processor; use -smp 1 (often: make CPUS=1)");
    }
    return true;
}

bool set_machine(Parser *parser, const char *list)
{
    char *rest = option_copy(parser, list), *key, *value;
    const char *implied = "type";

    for (; option_pair(&rest, implied, &key, &value); implied = NULL)
        if (!strcmp(key, "type") && strcmp(value, "pc") && strncmp(value, "pc-i440fx", 9))
            return option_error(parser, list,
                                "there is one board, the i440FX and PIIX3 PC: -machine pc");
    return true;
}

bool set_accel(Parser *parser, const char *list)
{
    if (strncmp(list, "tcg", 3))
        option_note(parser, "-accel: no hardware virtualization is used; the guest is translated");
    return true;
}

/* "fuse+flags" */
static bool parse_passes(Parser *parser, char *words)
{
    for (char *word; (word = strsep(&words, "+"));) {
        unsigned number = 0;

        while (translator_pass_name(number) && strcmp(word, translator_pass_name(number)) != 0)
            number++;
        if (!translator_pass_name(number))
            return option_error(
                parser, word,
                "what can be left out is fuse, flags, slots, groups, host-flags and chains");
        parser->options->passes_left_out |= 1u << number;
    }
    return true;
}

bool set_engine(Parser *parser, const char *text)
{
    char *rest = option_copy(parser, text), *key, *value;
    const char *implied = "engine";

    for (; option_pair(&rest, implied, &key, &value); implied = NULL) {
        if (!strcmp(key, "without") && *value) {
            if (!parse_passes(parser, value))
                return false;
        } else if (strcmp(key, "engine") != 0) {
            return option_error(parser, text, "-engine knows without=PASS+... and nothing else");
        } else if (!strcmp(value, "interpreter")) {
            parser->options->engine = ENGINE_INTERPRETER;
        } else if (!strcmp(value, "translator")) {
            parser->options->engine = ENGINE_TRANSLATOR;
        } else if (!strcmp(value, "lockstep")) {
            parser->options->lockstep = true;
        } else {
            return option_error(parser, text,
                                "there are -engine interpreter, translator and lockstep");
        }
    }
    return true;
}

bool set_tb_size(Parser *parser, const char *value)
{
    u64 megabytes;

    if (!option_number(value, 1, 1024, &megabytes))
        return option_error(parser, value, "write a number of megabytes, from 1 to 1024");
    parser->options->translator_memory = megabytes << 20;
    return true;
}

bool set_mips(Parser *parser, const char *value)
{
    return option_number(value, 1, 100000, &parser->options->mips) ||
           option_error(parser, value,
                        "write how many instructions make a guest microsecond, from 1 to 100000");
}

/* "2006-06-17T16:01:21" or "2006-06-17", in UTC. */
static bool parse_date(const char *text, i64 *seconds)
{
    struct tm date = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &date);

    if (!end) {
        date = (struct tm){0};
        end = strptime(text, "%Y-%m-%d", &date);
    }
    *seconds = timegm(&date);
    return end && !*end;
}

bool set_localtime(Parser *parser, const char *value)
{
    time_t now = time(NULL);
    struct tm local;

    (void)value;
    localtime_r(&now, &local);
    parser->options->start_time = now + local.tm_gmtoff;
    return true;
}

bool set_rtc(Parser *parser, const char *list)
{
    char *rest = option_copy(parser, list), *key, *value;

    while (option_pair(&rest, NULL, &key, &value)) {
        if (!strcmp(key, "clock") || !strcmp(key, "driftfix"))
            continue;
        if (strcmp(key, "base"))
            return option_error(parser, list, "write base=utc, base=localtime or a date");
        if (!strcmp(value, "localtime"))
            set_localtime(parser, NULL);
        else if (strcmp(value, "utc") && !parse_date(value, &parser->options->start_time))
            return option_error(parser, list,
                                "write base=utc, base=localtime or base=2006-06-17T16:01:21");
    }
    return true;
}

bool set_bios(Parser *parser, const char *file)
{
    parser->options->bios = file;
    return true;
}

bool set_firmware_folder(Parser *parser, const char *folder)
{
    parser->options->firmware_folder = folder;
    return true;
}

bool set_kernel(Parser *parser, const char *file)
{
    if (parser->options->kernel)
        return option_error(parser, file, "a machine starts one kernel, and %s was given already",
                            parser->options->kernel);
    parser->options->kernel = file;
    return true;
}

bool set_initrd(Parser *parser, const char *files)
{
    parser->options->initrd = files;
    return true;
}

bool set_append(Parser *parser, const char *text)
{
    parser->options->append = text;
    return true;
}

/* isa-debug-exit,iobase=0x501,iosize=2 */
static bool device_debug_exit(Parser *parser, const char *list, char *rest)
{
    Options *options = parser->options;
    u64 port = 0x501, size = 2;
    char *key, *value;

    while (option_pair(&rest, NULL, &key, &value)) {
        if (!strcmp(key, "iobase")) {
            if (!option_number(value, 1, 0xFFFF, &port))
                return option_error(parser, list, "iobase=%s is no port; write 1 to 0xffff", value);
        } else if (!strcmp(key, "iosize")) {
            if (!option_number(value, 1, 8, &size) || (size & (size - 1)))
                return option_error(parser, list, "iosize=%s: write 1, 2, 4 or 8", value);
        } else if (strcmp(key, "id")) {
            return option_error(parser, list, "there is no '%s='; write iobase= or iosize=", key);
        }
    }
    options->debug_exit_port = port;
    options->debug_exit_size = size;
    return true;
}

bool set_device(Parser *parser, const char *list)
{
    /* Part of the board anyway, so that asking for them changes nothing. */
    static const char *const present[] = {"VGA",  "piix3-ide", "isa-parallel", "i8042",
                                          "hpet", "isa-fdc",   "PIIX4_PM",     "isa-debugcon"};
    static const char *const names[] = {"isa-debug-exit", "VGA"};
    char *rest = option_copy(parser, list), *name, *value;
    const char *nearest;
    unsigned i;

    if (!option_pair(&rest, "driver", &value, &name) || strcmp(value, "driver"))
        return option_error(parser, list, "the device's name comes first");
    if (!strcmp(name, "isa-debug-exit"))
        return device_debug_exit(parser, list, rest);
    for (i = 0; i < COUNT_OF(present); i++)
        if (!strcmp(name, present[i]))
            return option_note(parser, "-device: that device is part of the board already");
    nearest = option_nearest(name, names, COUNT_OF(names));
    return option_error(parser, list, "there is no device '%s' yet%s%s%s", name,
                        nearest ? "; did you mean '" : ". What can be added is 'isa-debug-exit",
                        nearest ? nearest : "", nearest ? "'?" : "'");
}

bool set_net(Parser *parser, const char *list)
{
    if (!strcmp(list, "none"))
        return true;
    return option_note(parser, "this machine has no network card yet; network options are ignored");
}

bool set_vga(Parser *parser, const char *name)
{
    if (!strcmp(name, "std"))
        return true;
    return option_note(parser, "-vga: this machine's display adapter is always the standard VGA");
}

bool set_name(Parser *parser, const char *list)
{
    char *rest = option_copy(parser, list), *key, *value;

    if (option_pair(&rest, "guest", &key, &value) && !strcmp(key, "guest"))
        parser->options->name = value;
    return true;
}
