/*
 * Values by C's types: tests/programs/records.c runs on a machine without firmware, and is looked
 * at by the debugger's commands.
 */
#include "frontend/debugger/commands.h"

#include "cpu/cpu.h"
#include "cpu/segment.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM BUILD "/tests/programs/records.elf"

enum { ROM_BYTES = 64 << 10, MIB = 1 << 20, STACK = 0x80000, ANSWER = 1 << 16 };

static Machine *machine;
static Debugger *debugger;
static Commands *commands;
static u8 rom[ROM_BYTES];
static char answer[ANSWER];
static size_t answer_length;

static void take_text(void *owner, const char *text, size_t length)
{
    cr_assert(answer_length + length < ANSWER);
    memcpy(answer + answer_length, text, length);
    answer_length += length;
    answer[answer_length] = '\0';
}

static const CommandSink sink = {.write = take_text};

static const char *say_to(const char *line)
{
    answer_length = 0;
    *answer = '\0';
    if (commands_execute(commands, line, &sink) == COMMAND_RUNS) {
        for (unsigned i = 0; i < 100 && debugger_stop(debugger)->reason == STOP_NONE; i++)
            debugger_run(debugger, machine_cycles(machine) + 1000000);
        cr_assert_neq(debugger_stop(debugger)->reason, STOP_NONE, "%s", line);
        commands_tell_stop(commands, &sink);
    }
    return answer;
}

/* The program as its headers have it; where it begins. */
static u32 load_program(void)
{
    static u8 file[1 << 20];
    const Elf32_Ehdr *header = (const void *)file;
    FILE *stream = fopen(PROGRAM, "r");
    size_t length;

    cr_assert(stream, "%s", PROGRAM);
    length = fread(file, 1, sizeof file, stream);
    fclose(stream);
    cr_assert(length > sizeof *header && length < sizeof file);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        const Elf32_Phdr *part = (const void *)(file + header->e_phoff + i * sizeof *part);

        if (part->p_type == PT_LOAD)
            space_write_bytes(machine_memory(machine), part->p_vaddr, file + part->p_offset,
                              part->p_filesz);
    }
    return header->e_entry;
}

static void enter_flat(u32 entry)
{
    const u64 code = 0x00CF9B000000FFFF, data = 0x00CF93000000FFFF;
    Cpu *cpu = machine_cpu(machine, 0);

    cpu->cr0 |= CR0_PE;
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    for (unsigned reg = ES; reg <= GS; reg++)
        segment_set_descriptor(cpu, (SegmentRegister)reg, 8, reg == CS ? code : data);
    segment_update_all(cpu);
    cpu->rip = entry;
    cpu->gpr[RSP] = STACK;
    cpu_translations_changed(cpu);
}

static void open_program(void)
{
    const MachineConfig config = {.memory = 2 * MIB,
                                  .cpu = "qemu64",
                                  .mips = 1,
                                  .bios = rom,
                                  .bios_length = ROM_BYTES,
                                  .boot_order = "c"};
    char error[256];

    machine = machine_create(&config, error, sizeof error);
    cr_assert(machine, "%s", error);
    debugger = debugger_create(machine);
    cr_assert(debugger);
    debugger_attach(debugger);
    debugger_pause(debugger);
    commands = commands_create(debugger, &(CommandHost){0});
    cr_assert(commands);
    enter_flat(load_program());
    say_to("symbol-file " PROGRAM);
}

static void close_program(void)
{
    commands_destroy(commands);
    debugger_destroy(debugger);
    machine_destroy(machine);
}

TestSuite(values, .init = open_program, .fini = close_program);

static void expect_answer(const char *line, const char *wanted)
{
    const char *said = say_to(line);

    cr_expect(strstr(said, wanted), "%s: \"%s\" does not say \"%s\"", line, said, wanted);
}

static void expect_exactly(const char *line, const char *wanted)
{
    char said[1024];

    snprintf(said, sizeof said, "%s", say_to(line));
    said[strcspn(said, "\n")] = '\0';
    cr_expect_str_eq(said, wanted, "%s: \"%s\" is not \"%s\"", line, said, wanted);
}

Test(values, are_printed_by_their_types)
{
    expect_exactly("print nodes[0].corners", "{{x = 1, y = 2}, {x = 3, y = 4}, {x = -5, y = 6}}");
    expect_exactly("print nodes[2]",
                   "{value = 30, next = 0x0, label = 0x0, {whole = 0, parts = \"\"}, low = 7, "
                   "middle = 127, high = 7, colour = (RED | GREEN | BLACK | 0x40), is_last = true, "
                   "corners = {{x = 0, y = "
                   "0}, {x = 0, y = 0}, {x = 0, y = 0}}}");
    expect_exactly("print nodes[0].colour", "GREEN");
    expect_exactly("print nodes[1].colour", "(RED | BLUE)");
}

Test(values, texts)
{
    expect_exactly("print text", "\"hello\\n\"");
    expect_exactly("print bytes", "\"a\\000bc\"");
    expect_answer("print nodes[1].label", " \"second \\\"two\\\"\"");
    expect_exactly("print text[1]", "101 'e'");
}

Test(values, arrays)
{
    expect_exactly("print matrix", "{{1, 2, 3}, {4, 5, -6}}");
    expect_exactly("print matrix[1]", "{4, 5, -6}");
    expect_exactly("print matrix[1][2]", "-6  0xfffa");
    expect_exactly("print zeros", "{0 <repeats 100 times>}");
    expect_exactly("print/x matrix[1]", "{0x4, 0x5, 0xfffa}");
    expect_exactly("print sizeof matrix", "12  0xc");
    expect_exactly("print sizeof(struct node)", "52  0x34");
    expect_exactly("print sizeof(Point) + sizeof(int)", "12  0xc");
}

Test(values, numbers)
{
    expect_exactly("print single", "1.5");
    expect_exactly("print wide", "-0.25");
    expect_exactly("print big == -5000000000", "1");
    expect_answer("print big", "-5000000000");
    expect_exactly("print GREEN | BLUE", "6");
    expect_exactly("print (Colour)2", "GREEN");
    expect_exactly("print nodes[2].is_last", "true");
}

Test(values, bit_fields)
{
    expect_exactly("print nodes[0].low", "5");
    expect_exactly("print nodes[0].middle", "100  0x64");
    expect_exactly("print nodes[0].high", "-3  0xfffffffd");
    expect_exactly("print nodes[0].high + nodes[0].low", "2");
    expect_answer("set nodes[0].low = 1", "can not be set");
}

Test(values, pointers)
{
    expect_exactly("print head->next->value", "20  0x14");
    expect_exactly("print head.next.next->value", "30  0x1e");
    expect_exactly("print (*head).value", "10  0xa");
    expect_exactly("print head->whole == 0x11223344 && head->parts[0] == 0x44", "1");
    expect_exactly("print &nodes[2] - head", "2");
    expect_exactly("print (head + 1)->value", "20  0x14");
    expect_exactly("print (1 + head)->value", "20  0x14");
    expect_exactly("print *(head->corners + 1)", "{x = 3, y = 4}");
    expect_exactly("print ((struct node *)&nodes[1])->value", "20  0x14");
    expect_exactly("print sizeof({struct node}&nodes[1])", "52  0x34");
    expect_exactly("print ((Point *)head->corners)[2]", "{x = -5, y = 6}");
    expect_exactly("print *(short *)matrix + *((short *)matrix + 1)", "3");
    expect_answer("print handler", "(function *) 0x0");
    expect_answer("print &nodes[1]", "(struct node *) 0x");
    expect_answer("print &nodes[1]", "<nodes+0x34>");
    expect_answer("print &zeros", "<zeros>");
    expect_answer("print anything", "(void *) 0x");
    expect_answer("x/3dw nodes[0].corners", "\t1\t2\t3");
}

Test(values, what_is_wrong_is_said)
{
    expect_answer("print head->nothing", "no member 'nothing'");
    expect_answer("print head->value.x", "'x' is no structure");
    expect_answer("print (struct nowhere *)0", "no struct nowhere");
    expect_answer("print nodes[0] + 1", "name one of its members");
    expect_answer("print -nodes[0]", "name one of its members");
    expect_answer("print wide * 2", "floating-point");
    expect_answer("print *anything", "void");
    expect_answer("print single[1]", "array or a pointer");
    expect_answer("print head->", "no member");
    expect_answer("print head[", "missing");
    expect_answer("print &7", "behind '&'");
    expect_answer("print *(struct node *)0xF0000000", "0xf0000000 cannot be read");
    expect_answer("print ((struct node *)0xF0000000)->value", "0xf0000000 cannot be read");
    expect_answer("print (struct node)5", "write *(TYPE *)ADDRESS");
    expect_answer("set nodes[1] = 5", "name a member");
}

Test(values, types)
{
    expect_exactly("whatis nodes[1].corners", "type = Point [3]");
    expect_exactly("whatis &head->colour", "type = Colour *");
    expect_exactly("whatis struct node *", "type = struct node *");
    expect_answer("ptype struct node", "type = struct node { /* 52 bytes */\n"
                                       "/*     0    */    int value;\n"
                                       "/*     4    */    struct node *next;\n");
    expect_answer("ptype *head", "/*    12    */        unsigned int whole;\n");
    expect_answer("ptype nodes[0]", "/*    16:3  */    unsigned int middle : 7;\n");
    expect_answer("ptype nodes[0]", "/*    28    */    Point corners[3];\n}");
    expect_answer("ptype Colour", "RED = 1,\n    GREEN = 2,");
    expect_answer("ptype 5 + 5", "do not say");
    expect_answer("ptype struct nowhere", "no struct nowhere");
    expect_answer("ptype", "Of what");
}

Test(values, members_are_set_and_watched)
{
    say_to("set head->next->value = 77");
    expect_exactly("print nodes[1].value", "77  0x4d");
    expect_answer("watch nodes[2].value", "writes of 4 bytes");
    expect_answer("watch nodes[2]", "writes of 52 bytes");
    expect_answer("watch zeros[0]", "writes of 4 bytes");
    say_to("delete 1 2");
    expect_answer("continue", "watchpoint 3");
    expect_exactly("print zeros[0]", "243  0xf3"); /* 10 + 77 + 30 + 3 * 42 */
}

Test(values, variables_of_functions)
{
    say_to("break count");
    say_to("continue");
    expect_answer("info args", "struct node * node = 0x");
    expect_exactly("print node->value", "10  0xa");
    expect_exactly("print hidden", "42  0x2a");
    expect_exactly("print depth", "0");
    say_to("continue");
    expect_exactly("print node.value + depth", "21  0x15");
    say_to("next");
    say_to("next");
    expect_answer("info locals", "struct node copy = {value = 20, ");
    expect_answer("print copy.corners[0].x + below", "0");
    expect_exactly("print &copy.value == &copy", "1");
    say_to("set below = 5");
    expect_exactly("print below", "5");
    say_to("watch below");
    expect_answer("print (&below)[0]", "5");
}

Test(values, conditions_see_the_frame_at_the_stop)
{
    expect_answer("break count if depth == 1 && node->next", "Breakpoint 1");
    say_to("continue");
    expect_exactly("print depth", "1");
    expect_answer("info breakpoints", "if depth == 1 && node->next");
    say_to("condition 1 node->next == 0");
    say_to("continue");
    expect_exactly("print node->value", "30  0x1e");
    expect_answer("condition 1 node->nothing", "no member");
    expect_answer("break begin if depth == 1", "depth");
}

/* A condition whose variable is out of scope stops: somebody should know. */
Test(values, a_condition_out_of_scope_stops)
{
    say_to("break count");
    say_to("continue");
    say_to("delete 1");
    expect_answer("watch zeros[0] if depth == 1234", "Watchpoint 2");
    expect_answer("continue", "watchpoint 2");
}

Test(values, nothing_is_left_of_forgotten_symbols)
{
    say_to("break count if depth == 1");
    say_to("symbol-file");
    expect_answer("continue", "breakpoint 1");
    expect_answer("print depth", "'depth'");
}

/* The same program twice, in two address spaces: only one of them is met. */
Test(values, programs_in_address_spaces)
{
    say_to("symbol-file " PROGRAM " -cr3 0x1000");
    expect_answer("info files", "records.elf,cr3=0x1000");
    expect_answer("break count if depth == 1", "records.c:");
    expect_answer("info breakpoints", "while CR3 is 0x1000");
    expect_answer("break *0x20000 -cr3 0x5000", "while CR3 is 0x5000");
    expect_answer("watch dword[0x20000] -cr3 0x6000", "while CR3 is 0x6000");
    expect_answer("watch zeros", "while CR3 is 0x1000");
    expect_answer("break records.c:60", "while CR3 is 0x1000");
    expect_answer("info symbol eip", "No symbol");
    expect_answer("break nowhere -cr3", "nowhere");
    say_to("delete 2 3 4 5");
    say_to("set cr3 = 0x1000");
    expect_answer("info symbol eip", "begin");
    expect_answer("continue", "breakpoint 1");
    expect_exactly("print depth", "1");
}

/* In one piece: no instruction of what is run to its end is looked at by itself. */
static StopReason run_far(StepKind kind)
{
    debugger_step(debugger, kind, 1);
    debugger_run(debugger, machine_cycles(machine) + 1000000000);
    return debugger_stop(debugger)->reason;
}

Test(values, functions_are_left_at_full_speed)
{
    say_to("break spin");
    say_to("continue");
    cr_assert_eq(run_far(STEP_OUT), STOP_STEP);
    expect_answer("info symbol eip", "begin");
    expect_exactly("print eax", "1500000  0x16e360");
}

Test(values, recursion_is_left_one_at_a_time)
{
    say_to("break count if depth == 2");
    say_to("continue");
    for (int depth = 1; depth >= 0; depth--) {
        cr_assert_eq(run_far(STEP_OUT), STOP_STEP);
        cr_assert_eq(atoi(say_to("print depth")), depth);
    }
    cr_assert_eq(run_far(STEP_OUT), STOP_STEP);
    expect_answer("info symbol eip", "begin");
    expect_exactly("print eax", "186  0xba");
}

Test(values, who_leaves_by_longjmp_is_told_so)
{
    say_to("break leap");
    say_to("continue");
    say_to("delete 1");
    expect_answer("finish", "left without a return");
    expect_answer("info symbol eip", "begin");
    expect_exactly("print eax", "1");
}

Test(values, a_call_that_does_not_come_back_is_told_too)
{
    say_to("break catcher");
    say_to("continue");
    say_to("next");
    expect_answer("next", "left without a return");
    expect_answer("info symbol eip", "begin");
}

/* A damaged file may say anything of types and places; it must only not harm the debugger. */
Test(values, damaged_files_do_no_harm)
{
    static const char *const lines[] = {"print nodes",     "print head->next->corners[1]",
                                        "print matrix",    "print sizeof(struct node)",
                                        "print (Colour)3", "info locals",
                                        "ptype nodes",     "ptype struct node",
                                        "ptype Colour"};
    static u8 good[1 << 20], bad[1 << 20];
    char path[] = "/tmp/vitrine-damaged-XXXXXX", line[64];
    FILE *stream = fopen(PROGRAM, "r");
    size_t length = fread(good, 1, sizeof good, stream);
    u32 seed = 1;
    enum { HEADER = 52 };

    fclose(stream);
    close(mkstemp(path));
    snprintf(line, sizeof line, "symbol-file %s", path);
    for (unsigned i = 0; i < 1000; i++) {
        memcpy(bad, good, length);
        for (unsigned j = 0; j < 12; j++) {
            seed = seed * 1664525 + 1013904223;
            bad[HEADER + (seed >> 8) % (length - HEADER)] = (u8)(seed >> 24);
        }
        stream = fopen(path, "w");
        cr_assert(stream && fwrite(bad, 1, length, stream) == length);
        fclose(stream);
        say_to(line);
        for (unsigned j = 0; j < COUNT_OF(lines); j++)
            say_to(lines[j]);
    }
    unlink(path);
}
