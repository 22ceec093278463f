/*
 * The table of commands. Names are gdb's where gdb has them (GDB manual), and those of QEMU's human
 * monitor that courses use. docs/debugger.md has the same table; a test compares them.
 */
#include "frontend/debugger/commands_inside.h"

#include <string.h>

/* A row without a function is a heading. */
// clang-format off
static const CommandRow rows[] = {
    {"", "", "", "Running", "", NULL, 0, 0},
    {"continue", "c", "[COUNT]", "go on until something stops the machine",
     "  With a COUNT the breakpoint that it stopped at is passed by COUNT - 1 times.",
     command_do_continue, 0, COMMAND_REPEATS | COMMAND_STOPPED},
    {"cont", "", "", "go on, and take the next command at once", "", command_do_cont, 0, COMMAND_STOPPED},
    {"stop", "interrupt", "", "stop the machine", "", command_do_stop, 0, 0},
    {"stepi", "si", "[COUNT]", "one instruction",
     "  Interrupts that arrive meanwhile are served unseen, unless step-interrupts is on.",
     command_do_stepi, WORDS_EXPRESSION, COMMAND_REPEATS | COMMAND_STOPPED},
    {"nexti", "ni", "[COUNT]", "one instruction, calls and repeated ones to their end", "",
     command_do_nexti, WORDS_EXPRESSION, COMMAND_REPEATS | COMMAND_STOPPED},
    {"step", "s", "[COUNT]", "one line of source, into calls",
     "  Where there is no source, one instruction.",
     command_do_step, WORDS_EXPRESSION, COMMAND_REPEATS | COMMAND_STOPPED},
    {"next", "n", "[COUNT]", "one line of source, calls to their end", "",
     command_do_next, WORDS_EXPRESSION, COMMAND_REPEATS | COMMAND_STOPPED},
    {"stepb", "sb", "[COUNT]", "to the next jump, call, return or interrupt", "",
     command_do_stepb, WORDS_EXPRESSION, COMMAND_REPEATS | COMMAND_STOPPED},
    {"finish", "fin", "", "until this function has returned", "", command_do_finish, 0, COMMAND_STOPPED},
    {"until", "u advance", "[PLACE]", "until the machine gets to PLACE; without one, next", "",
     command_do_until, WORDS_EXPRESSION, COMMAND_STOPPED},
    {"step-interrupts", "", "on|off", "should steps go into interrupt handlers?", "",
     command_do_step_interrupts, 0, 0},

    {"", "", "", "Going back", "", NULL, 0, 0},
    {"reverse-stepi", "rsi", "[COUNT]", "undo one instruction", "", command_do_reverse_stepi, WORDS_EXPRESSION, COMMAND_REPEATS | COMMAND_STOPPED},
    {"reverse-nexti", "rni", "[COUNT]", "undo one instruction, or a whole call", "", command_do_reverse_nexti, WORDS_EXPRESSION, COMMAND_REPEATS | COMMAND_STOPPED},
    {"reverse-step", "rs", "[COUNT]", "back to where the line of source before began, into calls",
     "  Where there is no source, and with a COUNT, instructions.",
     command_do_reverse_step, WORDS_EXPRESSION, COMMAND_REPEATS | COMMAND_STOPPED},
    {"reverse-next", "rn", "[COUNT]", "the same, over calls", "", command_do_reverse_next, WORDS_EXPRESSION, COMMAND_REPEATS | COMMAND_STOPPED},
    {"reverse-finish", "rf", "", "back to before this function was called", "", command_do_reverse_finish, 0, COMMAND_STOPPED},
    {"reverse-continue", "rc", "", "back to where a breakpoint or watchpoint was met last", "", command_do_reverse_continue, 0, COMMAND_REPEATS | COMMAND_STOPPED},
    {"last-writer", "lw", "MEMORY", "back to the instruction that wrote memory last",
     "  MEMORY as for watch: a variable, dword[0x1000], byte phys[0x400].", command_do_last_writer, WORDS_EXPRESSION, COMMAND_STOPPED},
    {"goto", "", "COUNT|+COUNT|-COUNT|begin|end", "to a moment, by the clock", "", command_do_goto, WORDS_EXPRESSION, COMMAND_STOPPED},
    {"cut", "", "", "live from this moment of the past, and forget what came after", "", command_do_cut, 0, COMMAND_STOPPED},
    {"info branches", "br", "[COUNT]", "the last jumps, calls, returns and interrupts, 64 or COUNT",
     "  Found by running the last stretch of the timeline again.", command_info_branches, WORDS_EXPRESSION, COMMAND_STOPPED},
    {"info timeline", "", "", "where the timeline begins, is, and ends", "", command_info_timeline, 0, 0},
    {"savevm", "", "NAME", "save the machine and its drives in a file",
     "  Files lie beside the first image, in IMAGE.snapshots.", command_do_savevm, 0, 0},
    {"loadvm", "", "NAME", "make the machine and its drives what they were then", "", command_do_loadvm, 0, 0},
    {"delvm", "", "NAME", "delete a saved snapshot", "", command_do_delvm, 0, 0},
    {"info snapshots", "", "", "the snapshots that were saved", "", command_info_snapshots, 0, 0},

    {"", "", "", "Stopping", "", NULL, 0, 0},
    {"break", "b br hbreak", "[PLACE] [-cr3 VALUE] [if CONDITION]", "stop before the instruction at PLACE",
     "  PLACE is a function, FILE:LINE, LINE, an address such as 0x7c00 or *main+4, or 0x7c0:0x10.\n"
     "  With -cr3, or for a symbol loaded so, only while CR3 has that VALUE: in one address space.\n"
     "  Guest memory stays as it is, so any number of them costs nothing until they are met.",
     command_do_break, WORDS_EXPRESSION, 0},
    {"tbreak", "tb thbreak", "[PLACE] [-cr3 VALUE] [if CONDITION]", "the same, once", "", command_do_tbreak, WORDS_EXPRESSION, 0},
    {"pbreak", "pb", "ADDRESS [if CONDITION]", "stop at a physical address, wherever it is mapped", "",
     command_do_pbreak, WORDS_EXPRESSION, 0},
    {"watch", "wa", "MEMORY [-cr3 VALUE] [if CONDITION]", "stop after memory was written",
     "  MEMORY is a variable, or memory as in expressions: dword[0x1000], byte[esp+4], word phys[0x400].",
     command_do_watch, WORDS_EXPRESSION, 0},
    {"rwatch", "rw", "MEMORY [-cr3 VALUE] [if CONDITION]", "stop after memory was read", "", command_do_rwatch, WORDS_EXPRESSION, 0},
    {"awatch", "aw", "MEMORY [-cr3 VALUE] [if CONDITION]", "stop after memory was read or written", "", command_do_awatch, WORDS_EXPRESSION, 0},
    {"catch", "", "", "stop at an event:", "", command_do_catch, 0, 0},
    {"catch exception", "ex", "[VECTOR] [if CONDITION]", "before the handler of an exception",
     "  VECTOR is a number or a name, 14 or #PF; without one, any.", command_do_catch_exception, 0, 0},
    {"catch interrupt", "int irq", "[VECTOR] [if CONDITION]", "before the handler of an external interrupt", "",
     command_do_catch_interrupt, 0, 0},
    {"catch port", "io", "PORT[-LAST] [in|out] [if CONDITION]", "after an access to ports", "", command_do_catch_port, 0, 0},
    {"catch mode", "", "[if CONDITION]", "real, protected, virtual-8086 or long mode was entered", "", command_do_catch_mode, 0, 0},
    {"catch privilege", "cpl", "[if CONDITION]", "CPL has changed", "", command_do_catch_privilege, 0, 0},
    {"catch cr3", "", "[if CONDITION]", "CR3 was loaded: another address space", "", command_do_catch_cr3, 0, 0},
    {"catch count", "", "COUNT", "the clock gets to COUNT instructions", "", command_do_catch_count, WORDS_EXPRESSION, 0},
    {"catch magic", "", "[on|off]", "xchg bx,bx is executed, as in Bochs", "", command_do_catch_magic, 0, 0},
    {"catch triple", "", "[on|off]", "the processor shuts down; on from the start", "", command_do_catch_triple, 0, 0},
    {"catch reset", "", "[on|off]", "the guest resets the machine", "", command_do_catch_reset, 0, 0},
    {"catch exit", "", "[on|off]", "the guest switches the machine off, or leaves by isa-debug-exit", "",
     command_do_catch_exit, 0, 0},
    {"delete", "d", "[NUMBER...]", "remove breakpoints; without a NUMBER, all", "", command_do_delete, 0, 0},
    {"enable", "en", "[NUMBER...]", "let breakpoints stop again", "", command_do_enable, 0, 0},
    {"disable", "dis", "[NUMBER...]", "let breakpoints not stop for now", "", command_do_disable, 0, 0},
    {"condition", "cond", "NUMBER [CONDITION]", "stop only where an expression is not 0",
     "  For example: condition 1 eax == 5 && [esp+4] > 0x1000 && cpl == 3", command_do_condition, WORDS_EXPRESSION, 0},
    {"ignore", "ig", "NUMBER COUNT", "let a breakpoint pass COUNT times", "", command_do_ignore, 0, 0},
    {"info breakpoints", "b break points watchpoints", "", "all of these", "", command_info_breakpoints, 0, 0},

    {"", "", "", "Looking and changing", "", NULL, 0, 0},
    {"print", "p inspect output", "[/FORMAT] EXPRESSION", "the value of an expression",
     "  eax, $esp + 4, [esp+4], byte phys[0x400], ds:[si], main, &counter, kernel.c:12, cr3, cs.base, zf ...\n"
     "  task->name, tasks[3], *p, &x, (struct task *)0x1234, sizeof(Task), as a program's DWARF has them.\n"
     "  FORMAT: x hexadecimal, d decimal, u unsigned, o octal, t binary, c character, a address.",
     command_do_print, WORDS_EXPRESSION, 0},
    {"set", "", "PLACE = VALUE", "change a register, memory, or a $variable of your own",
     "  set eax = 5, set zf = 1, set byte[0x400] = 0x41, set $where = esp", command_do_set, WORDS_EXPRESSION, 0},
    {"whatis", "", "EXPRESSION", "the type of an expression, as a program's DWARF has it", "", command_do_whatis,
     WORDS_EXPRESSION, 0},
    {"ptype", "", "TYPE|EXPRESSION", "the members of a structure, with their offsets; an enumeration's values",
     "  ptype struct task, ptype tasks[3], ptype *p", command_do_ptype, WORDS_EXPRESSION, 0},
    {"x", "", "[/COUNT FORMAT SIZE] [ADDRESS]", "memory at a linear address",
     "  x/8xw $esp, x/10i $pc, x/s 0x8000, x/2a $ebp. FORMAT: x d u o t c a, i instructions, s string.\n"
     "  SIZE: b 1, h 2, w 4, g 8 bytes. Without an ADDRESS it goes on where the last one ended.",
     command_do_x, WORDS_EXPRESSION, COMMAND_REPEATS},
    {"xp", "", "[/COUNT FORMAT SIZE] [ADDRESS]", "memory at a physical address", "", command_do_xp, WORDS_EXPRESSION, COMMAND_REPEATS},
    {"disassemble", "disas", "[PLACE][, END|+LENGTH]", "a function, or the instructions from PLACE on", "",
     command_do_disassemble, WORDS_EXPRESSION, COMMAND_REPEATS},
    {"list", "l", "[PLACE]", "ten lines of source", "", command_do_list, WORDS_EXPRESSION, COMMAND_REPEATS},
    {"backtrace", "bt where", "[COUNT]", "the calls that led here",
     "  By DWARF where a file of symbols has it, else by frame pointers.", command_do_backtrace, 0, 0},
    {"info locals", "", "", "the variables of this function", "", command_info_locals, 0, 0},
    {"info args", "", "", "the arguments of this function", "", command_info_args, 0, 0},
    {"info", "i inf", "", "what is known about something:", "", command_do_info, 0, 0},
    {"info registers", "r reg all-registers", "[REGISTER...]", "all registers, or some", "", command_info_registers, WORDS_EXPRESSION, 0},

    {"", "", "", "Symbols and source", "", NULL, 0, 0},
    {"symbol-file", "file", "[FILE[@ADDRESS] [-cr3 VALUE]]", "load symbols in place of those there are; none: forget them",
     "  FILE is an ELF file, or a list as nm prints it (System.map). With an ADDRESS it lies there. With -cr3\n"
     "  it is of a program in an address space of its own: it counts only while CR3 has that VALUE.", command_do_symbol_file, WORDS_FILE, 0},
    {"add-symbol-file", "", "FILE [ADDRESS] [-cr3 VALUE]", "load more symbols",
     "  add-symbol-file prog.elf -cr3 cr3, while prog runs: its breakpoints are met in no other program.", command_do_add_symbol_file, WORDS_FILE, 0},
    {"directory", "dir", "FOLDER", "look for source files there too", "", command_do_directory, WORDS_FILE, 0},
    {"info files", "", "", "the files of symbols", "", command_info_files, 0, 0},
    {"info symbol", "sym", "ADDRESS", "the symbol at an address", "", command_info_symbol, WORDS_EXPRESSION, 0},
    {"info line", "", "[PLACE]", "the line of source at a place, and its addresses", "", command_info_line, WORDS_EXPRESSION, 0},
    {"info functions", "fun", "[BEGINNING]", "code symbols whose name begins so", "", command_info_functions, WORDS_EXPRESSION, 0},
    {"info variables", "var", "[BEGINNING]", "data symbols whose name begins so", "", command_info_variables, WORDS_EXPRESSION, 0},

    {"", "", "", "Segments, paging and interrupts", "", NULL, 0, 0},
    {"walk", "", "[ADDRESS]", "how a linear address is translated, level by level", "", command_do_walk, WORDS_EXPRESSION, 0},
    {"gva2gpa", "", "ADDRESS", "the physical address of a linear one", "", command_do_gva2gpa, WORDS_EXPRESSION, 0},
    {"info mem", "", "", "what the page tables map, in ranges", "", command_info_mem, 0, 0},
    {"info tlb", "", "", "what the page tables map, page by page", "", command_info_tlb, 0, 0},
    {"explain", "", "[[int] VECTOR]", "the last exception in words: the rule that was broken, and what came of it",
     "  With a VECTOR (14, #PF): how that would be delivered now; int VECTOR: by the instruction INT.", command_do_explain, 0, 0},
    {"info gdt", "", "[SELECTOR]", "the global descriptor table", "", command_info_gdt, WORDS_EXPRESSION, 0},
    {"info ldt", "", "[SELECTOR]", "the local descriptor table", "", command_info_ldt, WORDS_EXPRESSION, 0},
    {"info idt", "", "[VECTOR]", "the interrupt descriptor table, or real mode's vectors", "", command_info_idt, WORDS_EXPRESSION, 0},
    {"info tss", "", "", "the current task state segment", "", command_info_tss, 0, 0},
    {"info descriptor", "desc", "SELECTOR", "what a selector names", "", command_info_descriptor, WORDS_EXPRESSION, 0},

    {"", "", "", "Machine and devices", "", NULL, 0, 0},
    {"info device", "qtree", "[CHIP]", "the state of a chip; without one, which there are", "", command_info_device, WORDS_CHIP, 0},
    {"info pic", "", "", "interrupt controllers: I/O APIC and the 8259 pair", "", command_info_pic, 0, 0},
    {"info lapic", "", "", "the local APIC", "", command_info_lapic, 0, 0},
    {"info pci", "", "", "the functions on the PCI bus", "", command_info_pci, 0, 0},
    {"info mtree", "", "", "what answers at which physical address and port", "", command_info_mtree, 0, 0},
    {"info jit", "", "", "the translator's counters", "", command_info_jit, 0, 0},
    {"info cpus", "", "", "the processors", "", command_info_cpus, 0, 0},
    {"info status", "", "", "does the machine run, and what is its clock?", "", command_info_status, 0, 0},
    {"info block", "", "", "the drives, and what is in them", "", command_info_block, 0, 0},
    {"i", "", "[/FORMAT] PORT", "read a port, as the processor would",
     "  /b, /h, /w: 1, 2, 4 bytes. The device does not know who reads: it may change.", command_do_i, WORDS_EXPRESSION, COMMAND_NUMBER},
    {"o", "", "[/FORMAT] PORT VALUE", "write a port, likewise", "", command_do_o, WORDS_EXPRESSION, COMMAND_NUMBER},
    {"sendkey", "", "KEY[-KEY...]", "press keys together: ctrl-alt-delete, f1, a, ret", "", command_do_sendkey, WORDS_KEY, 0},
    {"screendump", "", "FILE.png", "save the screen", "", command_do_screendump, WORDS_FILE, 0},
    {"log", "logfile", "[CHANNEL,...|none]", "log these channels; without one, list them", "", command_do_log, 0, 0},
    {"system_reset", "", "", "the reset button", "", command_do_system_reset, 0, 0},
    {"system_powerdown", "", "", "the power button", "", command_do_system_powerdown, 0, 0},
    {"quit", "q exit", "", "leave vitrine", "", command_do_quit, 0, 0},

    {"", "", "", "Help", "", NULL, 0, 0},
    {"help", "h ?", "[COMMAND]", "this list, or more about one", "", command_do_help, WORDS_COMMAND, 0},
    {"info history", "", "", "the last commands that were typed here", "", command_info_history, 0, 0},
    {"info version", "", "", "which vitrine this is", "", command_info_version, 0, 0},
};
// clang-format on

const CommandRow *commands_row(unsigned index)
{
    return index < COUNT_OF(rows) ? &rows[index] : NULL;
}

const char *command_name(const CommandRow *row)
{
    return row->name;
}

const char *command_short(const CommandRow *row)
{
    return row->short_names;
}

const char *command_group(const CommandRow *row)
{
    while (row->run)
        row--;
    return row->help;
}

const char *command_arguments(const CommandRow *row)
{
    return row->arguments;
}

const char *command_help(const CommandRow *row)
{
    return row->help;
}

const char *command_details(const CommandRow *row)
{
    return row->details;
}
