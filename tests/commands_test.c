/*
 * The debugger's commands: sessions on a machine with a firmware of a few instructions, what is
 * said of mistakes, completion, and lines of random bytes.
 */
#include "frontend/debugger/commands.h"

#include "cpu/cpu.h"
#include "tests/rom_machine.h"

#include <stdio.h>
#include <stdlib.h>

enum { ANSWER = 1 << 20, WORDS = 1 << 16 };

/* Firmware in the host assembler's Intel syntax; it runs at F000:0000. */
__asm__(".pushsection .rodata\n.code16\n.intel_syntax noprefix\n"
        "commands_firmware: xor ax, ax\n"
        "mov ds, ax\n"
        "mov ss, ax\n"
        "mov sp, 0x7000\n"
        "mov word ptr [0x500], 0x1234\n"    /* 9 */
        "again: call increment\n"           /* 0F */
        "cmp word ptr [0x500], 0x1238\n"    /* 12 */
        "jne again\n"                       /* 18 */
        "out 0x80, al\n"                    /* 1A */
        "int 0x40\n"                        /* 1C */
        "hlt\n"                             /* 1E */
        "increment: inc word ptr [0x500]\n" /* 1F */
        "ret\n"                             /* 23 */
        "commands_firmware_end:\n.att_syntax prefix\n.code64\n.popsection\n");
extern const u8 commands_firmware[] __attribute__((visibility("hidden")));
extern const u8 commands_firmware_end[] __attribute__((visibility("hidden")));

static Machine *machine;
static Debugger *debugger;
static Commands *commands;
static u8 rom[ROM_BYTES];
static char answer[ANSWER];
static size_t answer_length;
static bool quit;

static void note_quit(void *owner)
{
    quit = true;
}

static void take_text(void *owner, const char *text, size_t length)
{
    if (answer_length + length >= ANSWER)
        return;
    memcpy(answer + answer_length, text, length);
    answer_length += length;
    answer[answer_length] = '\0';
}

static const CommandSink sink = {.write = take_text};

static void open_machine(void)
{
    const MachineConfig config = rom_machine_config(
        rom, commands_firmware, (size_t)(commands_firmware_end - commands_firmware));

    machine = rom_machine_create(&config);
    debugger = debugger_create(machine);
    cr_assert(debugger);
    debugger_attach(debugger);
    debugger_pause(debugger);
    commands = commands_create(debugger, &(CommandHost){.quit = note_quit});
    cr_assert(commands);
}

static void close_machine(void)
{
    commands_destroy(commands);
    debugger_destroy(debugger);
    machine_destroy(machine);
}

TestSuite(commands, .init = open_machine, .fini = close_machine);

/* Runs a command, and the machine until it stops, for a while. */
static const char *say_to(const char *line)
{
    answer_length = 0;
    *answer = '\0';
    if (commands_execute(commands, line, &sink) == COMMAND_RUNS) {
        for (unsigned i = 0; i < 100 && debugger_stop(debugger)->reason == STOP_NONE; i++)
            debugger_run(debugger, machine_cycles(machine) + 1000);
        if (debugger_stop(debugger)->reason == STOP_NONE)
            debugger_pause(debugger);
        commands_tell_stop(commands, &sink);
    }
    return answer;
}

typedef struct Exchange {
    const char *line, *words;
} Exchange;

static void hold_session(const Exchange *exchanges, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        cr_expect(strstr(say_to(exchanges[i].line), exchanges[i].words),
                  "%s: \"%s\" does not say \"%s\"", exchanges[i].line, answer, exchanges[i].words);
}

#define SESSION(...)                                                                               \
    hold_session((const Exchange[]){__VA_ARGS__},                                                  \
                 sizeof((const Exchange[]){__VA_ARGS__}) / sizeof(Exchange))

Test(commands, ports)
{
    SESSION({"o /b 0x70 0x3f", "may change"}, {"o 0x71 0x5a", ""},
            {"i /b 0x71", "portb[0x0071] = 0x5a"}, {"i 0x71", "portb[0x0071] = 0x5a"},
            {"i/h 0x510", "portw[0x0510] = 0x"}, {"i /w 0xfffe", "Ports go from 0"},
            {"i /g 0x10", "1, 2 or 4 bytes"}, {"i 0x10000", "Ports go from 0"},
            {"i /b", "Which port?"}, {"o /b 0x80", "Write what?"}, {"i /q 0x80", "no format"},
            {"i r eax", "eax"}, {"i b", "breakpoints"}, {"o nonsense", "There is no command 'o'"});
    cr_expect(!strstr(say_to("o 0x71 0x5a"), "may change"), "it is said once");
}

Test(commands, history_and_the_like)
{
    SESSION({"info version", "."}, {"info block", "Nothing is known"},
            {"info history", "1: 'info block'"});
    for (unsigned i = 0; i < 100; i++)
        say_to("info version");
    SESSION({"info history", "49: 'info history'"});
    cr_expect(!strstr(answer, "50:"));
}

Test(commands, running_and_stopping)
{
    SESSION({"info registers eip", "0xfff0"}, {"break *0xf000f", "Breakpoint 1 at 0xf000f"},
            {"continue", "call"}, {"print word[0x500]", "4660  0x1234"}, {"si", "inc"}, {"", "ret"},
            {"finish", "cmp"}, {"info breakpoints", "breakpoint"}, {"delete 1", ""},
            {"info b", "No breakpoints"},
            {"watch word[0x500] if [0x500] == 0x1237", "Watchpoint 2"}, {"c", "ret"},
            {"p $ax", "0"}, {"p/x word[0x500]", "0x1237"}, {"d", ""},
            {"catch port 0x80 out", "Catchpoint 3"}, {"c", "int"}, {"stop", ""},
            {"info status", "paused"});
}

Test(commands, points)
{
    SESSION({"tbreak 0xf000:0x12", "f000:0012"}, {"c", "cmp"}, {"info b", "No breakpoints"},
            {"hbreak *0xf001a", "Breakpoint 2"}, {"condition 2 ax == 5", ""}, {"info b", "ax == 5"},
            {"condition 2", "always"}, {"ignore 2 3", "3 hits"}, {"disable 2", ""},
            {"info b", " n "}, {"enable", ""}, {"info b", " y "}, {"ignore 9 1", "no breakpoint 9"},
            {"condition 2 foo", "foo"}, {"break nowhere", "'nowhere'"}, {"watch 5", "memory"},
            {"watch", "Watch what"}, {"catch exception gp", "13"}, {"catch int", "any"},
            {"catch exception 256", "vector"}, {"catch port 5-4", "lower"}, {"catch", "exception"},
            {"catch mode", "mode"}, {"catch cr3", "CR3"}, {"catch cpl", "CPL"},
            {"catch count 100000", "100000"}, {"catch magic", "now"}, {"catch magic off", "not"},
            {"info b", "vector 13"}, {"pbreak 0x1000", "physical"}, {"delete", ""},
            {"info b", "No breakpoints"});
}

Test(commands, memory_and_values)
{
    SESSION({"set byte[0x600] = 0x41", ""}, {"set word[0x601] = 0x4342", ""},
            {"x/s 0x600", "\"ABC\""}, {"x/3xb 0x600", "0x41\t0x42\t0x43"},
            {"x/3cb 0x600", "65 'A'"}, {"xp/1xw 0x600", "0000000000000600: 0x00434241"},
            {"x /2i 0xf0000", "xor"}, {"x/q 0", "no format"}, {"x/x 0xf0000000", "cannot be read"},
            {"set eax = 0x12345678", ""}, {"p eax", "305419896  0x12345678"}, {"p $ah", "86"},
            {"p/t 5", "101"}, {"p/o 8", "010"}, {"p/d i8(0xff)", "-1"}, {"p -5", "-5"},
            {"set $mine = 7 * 6", ""}, {"p $mine", "42"}, {"p $other", "$other"},
            {"set cs = 0xffff", ""}, {"p cs.base", "0xffff0"}, {"set 5 = 6", "can not be set"},
            {"set cpl = 3", "only be read"}, {"p 1/0", "zero"}, {"p $eax = 9", ""}, {"p eax", "9"},
            {"disassemble 0xf0000, +4", "mov"}, {"x/2xw 0x500", "0x"}, {"", "0x"});
}

Test(commands, tables_and_devices)
{
    SESSION({"info registers", "CS =f000 ffff0000 0000ffff"}, {"info tlb", "PG disabled"},
            {"info mem", "PG disabled"}, {"walk 0x1234", "0x1234"}, {"gva2gpa 0x1234", "0x1234"},
            {"info gdt", "GDT at"}, {"info idt", "vectors of real mode"}, {"info ldt", "LDT"},
            {"info tss", "TR"}, {"explain", "no exception"}, {"explain int 0x40", "Vector 64"},
            {"explain pf", "0x38"}, {"info descriptor 8", "0008"}, {"info pic", "pic0: irr=00"},
            {"info lapic", "LVT"}, {"info pci", "8086:1237"}, {"info mtree", "prio"},
            {"info jit", "interpreted"}, {"info device", "8259"},
            {"info device 8254", "channels[1].mode"}, {"info device 8258", "'8259'"},
            {"info cpus", "CPU #0"}, {"log pic", ""}, {"log", "on  pic"}, {"log none", ""},
            {"log pci,pik", "pic"}, {"sendkey ctrl-alt-delete", ""}, {"sendkey foo", "'foo'"});
}

Test(commands, symbols)
{
    SESSION({"info files", "No symbols"}, {"symbol-file /nonexistent", "No such file"},
            {"symbol-file " BUILD "/roms/classroom.elf", "Symbols from"},
            {"info symbol kernel_main", "kernel_main"}, {"info line kernel_main", "kernel.c"},
            {"break kernel_main", "not mapped"}, {"break kernel.c:20", "kernel.c"},
            {"list kernel_main", "kernel_main"}, {"", "\t"},
            {"info functions kernel_m", "kernel_main"}, {"p kernel_main", "<kernel_main>"},
            {"add-symbol-file " BUILD "/roms/classroom.elf 0x1000", "Symbols"},
            {"info files", "@0x1000"}, {"symbol-file", ""}, {"info files", "No symbols"},
            {"directory /nonexistent", "no folder"});
}

Test(commands, names)
{
    SESSION({"help", "continue"}, {"help break", "PLACE"}, {"help info", "info registers"},
            {"info", "info registers"}, {"contin", ""}, {"brake", "'break'"}, {"s 0", ""},
            {"info registes", "did you mean"}, {"i r eip", "eip"}, {"dis", ""}, {"di", "could be"},
            {"xyzzy", "no command"}, {"# a comment", ""}, {"", ""}, {"quit", ""});
    cr_expect(quit);
}

static void count_word(void *owner, const char *word)
{
    size_t length = strlen(owner);

    snprintf((char *)owner + length, WORDS - length, "%s ", word);
}

static const char *completions(const char *line)
{
    static char words[WORDS];

    *words = '\0';
    commands_complete(commands, line, count_word, words);
    return words;
}

Test(commands, completion)
{
    cr_expect_str_eq(completions("conti"), "continue ");
    cr_expect(strstr(completions("info re"), "registers "));
    cr_expect_str_eq(completions("i breakp"), "breakpoints ");
    cr_expect(strstr(completions("sendkey ctrl-al"), "alt "));
    cr_expect(strstr(completions("print es"), "esp "));
    cr_expect_str_eq(completions("info device 825"), "8259 8254 ");
    cr_expect(strstr(completions("help cond"), "condition "));
    cr_expect(strstr(completions("symbol-file Make"), "Makefile "));
    cr_expect(strstr(completions(""), "quit "));
    say_to("symbol-file " BUILD "/roms/classroom.elf");
    cr_expect(strstr(completions("break kernel_ma"), "kernel_main "));
    cr_expect(strstr(completions("p 1+kernel_ma"), "kernel_main "));
}

/* The answer to what does not end is cut off. */
Test(commands, long_answers_end)
{
    say_to("x/65535i 0");
    say_to("x/65535xb 0");
    cr_expect(answer_length > 1000);
}

/* Whatever is typed: an answer in bounded time, and the machine is there afterwards. */
Test(commands, random_lines_do_no_harm)
{
    static const char *const words[] = {
        "info", "break",  "x/",  "print", "watch", "0x10", "[",   "]",    "eax", "if",
        "set",  "=",      "10i", "/x",    "catch", "port", "s",   "list", "mem", "tlb",
        "walk", "delete", "1",   "-1",    ",",     "*",    "gdt", "$_",   "(",   "condition"};
    char line[256];
    unsigned seed = 3;

    for (unsigned round = 0; round < 6000; round++) {
        unsigned length = 0;

        for (unsigned i = 0; i < round % 12; i++) {
            seed = seed * 1103515245 + 12345;
            if (seed >> 29 == 0)
                line[length++] = (char)(seed >> 16 | 1);
            else
                length +=
                    (unsigned)sprintf(line + length, "%s%s", words[(seed >> 16) % COUNT_OF(words)],
                                      seed & 0x800 ? " " : "");
        }
        line[length] = '\0';
        completions(line);
        answer_length = 0;
        commands_execute(commands, line, &sink);
        if (debugger_stop(debugger)->reason == STOP_NONE)
            debugger_pause(debugger);
    }
    say_to("delete");
    cr_expect(strstr(say_to("info status"), "paused"));
}
