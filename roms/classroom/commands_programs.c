/* `syscall`, `fault`, `protect`: lessons in which a program in ring 3 plays the main part. */
#include "commands.h"
#include "console.h"
#include "faults.h"
#include "programs.h"

/* Runs the program to its end; its fate is in *fault. */
static bool run_program(const char *name, Program *program, u32 argument, bool narrated,
                        Fault *fault)
{
    Task *task = program_create(name, program, argument);
    if (!task) {
        print("There is no memory left for a program.\n");
        return false;
    }
    task->narrated = narrated;
    task_run(task);
    task_wait(task);
    *fault = task->fault;
    return true;
}

void command_syscall(const char *arguments)
{
    Fault fault;
    (void)arguments;
    print_heading("syscall: through the one door");
    print("  A program in ring 3 may compute, and nothing else. Time, screen, disk it must\n"
          "  ask the kernel for. INT 80h is the door; the kernel decides where it leads.\n\n");
    run_program("hello", user_hello, 0, true, &fault);
}

void command_fault(const char *arguments)
{
    Fault fault;
    (void)arguments;
    print_heading("fault: memory on demand");
    print("  A page fault need not be an error. The processor stops before the\n"
          "  instruction and tells the kernel the address (in CR2) and the reason (an error\n"
          "  code). The kernel may bring the page and let the instruction run again.\n\n");
    run_program("touch", user_touch, 0, true, &fault);
}

typedef struct Crime {
    const char *instruction, *why;
} Crime;

/* In the order of user/rebel.c. */
static const Crime crimes[] = {
    {"CLI", "whoever stops the interrupts owns the processor"},
    {"IN AL, 60h", "devices belong to the kernel: IOPL is 0, no I/O map"},
    {"HLT", "only ring 0 may stop the processor"},
    {"MOV EAX, CR3", "control registers are ring 0's"},
    {"read C0009000", "the kernel's pages are mapped, but not for ring 3"},
    {"write own code", "the page is present, and ring 3's, but read-only"},
    {"INT 21h", "that gate has DPL 0; error code = 8 x 21h + 2"},
    {"read 00000000", "a NULL pointer: page 0 is never mapped"},
    {"DIV by zero", "not forbidden, but impossible"},
};

static void print_verdict(const Crime *crime, const Fault *fault)
{
    print("  " VALUE "%-16s" PLAIN, crime->instruction);
    if (fault->vector == NO_FAULT) {
        print(BAD "was not caught!\n" PLAIN);
        return;
    }
    print(BAD "%s(%x)" PLAIN "%s ", fault_mnemonic(fault->vector), fault->error_code,
          fault->error_code > 15 ? "" : "  ");
    if (fault->vector == PAGE_FAULT) {
        print("CR2=%08x: ", fault->address);
        print_page_fault_code(fault->error_code);
    } else {
        print("%s, EIP=%08x", fault_name(fault->vector), fault->eip);
    }
    print("\n" FAINT "                  %s\n" PLAIN, crime->why);
}

void command_protect(const char *arguments)
{
    (void)arguments;
    print_heading("protect: nine crimes, nine times caught");
    for (u32 i = 0; i < LENGTH(crimes); i++) {
        Fault fault;
        if (!run_program("rebel", user_rebel, i, false, &fault))
            return;
        print_verdict(&crimes[i], &fault);
    }
    print("  Each time the processor refused and called the kernel, which ended it.\n"
          "  Nobody else was harmed: that is what rings and pages are for.\n");
}
