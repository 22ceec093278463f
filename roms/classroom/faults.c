/*
 * Exceptions. From ring 3 they have three possible ends: a page that is due is brought (demand
 * paging, demand.c) and the program never notices; or the program is ended, with a note of what
 * it did; from ring 0 they mean that this kernel has a bug, and it stops.
 * Source: Intel SDM Volume 3, "Exception and Interrupt Reference".
 */
#include "faults.h"
#include "console.h"
#include "demand.h"
#include "descriptors.h"
#include "processor.h"
#include "tasks.h"

typedef struct FaultName {
    const char *mnemonic, *name;
} FaultName;

static const FaultName names[EXCEPTIONS] = {
    [0] = {"#DE", "divide error"},
    [1] = {"#DB", "debug"},
    [2] = {"NMI", "non-maskable interrupt"},
    [3] = {"#BP", "breakpoint"},
    [4] = {"#OF", "overflow"},
    [5] = {"#BR", "bound range exceeded"},
    [6] = {"#UD", "invalid opcode"},
    [7] = {"#NM", "no x87 available"},
    [8] = {"#DF", "double fault"},
    [10] = {"#TS", "invalid TSS"},
    [11] = {"#NP", "segment not present"},
    [12] = {"#SS", "stack segment fault"},
    [13] = {"#GP", "general protection"},
    [14] = {"#PF", "page fault"},
    [16] = {"#MF", "x87 error"},
    [17] = {"#AC", "alignment check"},
    [18] = {"#MC", "machine check"},
};

const char *fault_name(u32 vector)
{
    return vector < EXCEPTIONS && names[vector].name ? names[vector].name : "reserved";
}

const char *fault_mnemonic(u32 vector)
{
    return vector < EXCEPTIONS && names[vector].mnemonic ? names[vector].mnemonic : "#??";
}

void print_page_fault_code(u32 error_code)
{
    print("%s %s, %s", error_code & 4 ? "ring 3" : "ring 0", error_code & 2 ? "writes" : "reads",
          error_code & 1 ? "present but protected" : "page not present");
}

static _Noreturn void panic(const InterruptFrame *frame, u32 address)
{
    print(BAD "\nThe kernel itself faulted: %s %s, error code %04x, in task %s\n" PLAIN,
          fault_mnemonic(frame->vector), fault_name(frame->vector), frame->error_code,
          task_current()->name);
    print("EIP=%08x EFLAGS=%08x CR2=%08x CR3=%08x\n", frame->eip, frame->eflags, address,
          cr3_read());
    print("EAX=%08x EBX=%08x ECX=%08x EDX=%08x\n", frame->eax, frame->ebx, frame->ecx, frame->edx);
    print("ESI=%08x EDI=%08x EBP=%08x ESP=%08x\n", frame->esi, frame->edi, frame->ebp,
          (u32)&frame->user_esp);
    print("Nothing is left to do but to stop. Reset the machine.\n");
    interrupts_disable();
    for (;;)
        asm volatile("hlt");
}

void fault_handle(InterruptFrame *frame)
{
    u32 address = cr2_read(); /* at once: the next page fault overwrites it */
    bool from_user = frame->cs & 3;
    if (!from_user)
        panic(frame, address);
    interrupts_enable(); /* others may run meanwhile; this is the task's own business */
    if (frame->vector == PAGE_FAULT && demand_page(frame, address))
        return; /* the instruction is executed again */
    task_current()->fault = (Fault){
        .vector = frame->vector,
        .error_code = frame->error_code,
        .eip = frame->eip,
        .address = address,
    };
    task_exit();
}
