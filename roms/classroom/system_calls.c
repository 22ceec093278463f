/*
 * System calls, the kernel's side. Every argument comes from a program and may be a lie: a
 * pointer is checked before it is followed.
 */
#include "system_calls.h"
#include "console.h"
#include "descriptors.h"
#include "interrupts.h"
#include "paging.h"
#include "processor.h"
#include "progress.h"
#include "tasks.h"
#include "timer.h"

static u32 call_exit(u32 a, u32 b)
{
    (void)a, (void)b;
    task_exit();
}

static u32 call_write(u32 text, u32 bytes)
{
    if (!user_may_access(task_current()->address_space, text, bytes, false))
        return CALL_REFUSED;
    preemption_disable();
    for (u32 i = 0; i < bytes; i++)
        console_put(((const char *)text)[i]);
    preemption_enable();
    return bytes;
}

static u32 call_ticks(u32 a, u32 b)
{
    (void)a, (void)b;
    return timer_ticks();
}

static u32 call_my_ticks(u32 a, u32 b)
{
    (void)a, (void)b;
    return task_current()->ticks;
}

static u32 call_progress(u32 percent, u32 count)
{
    progress_draw(task_current(), percent, count);
    return 0;
}

typedef struct CallEntry {
    const char *name;
    u32 (*function)(u32 first, u32 second);
} CallEntry;

static const CallEntry calls[SYSTEM_CALLS] = {
    [CALL_EXIT] = {"exit", call_exit},
    [CALL_WRITE] = {"write", call_write},
    [CALL_TICKS] = {"ticks", call_ticks},
    [CALL_MY_TICKS] = {"my_ticks", call_my_ticks},
    [CALL_PROGRESS] = {"progress", call_progress},
};

static void narrate_entry(const InterruptFrame *frame)
{
    Gate gate = descriptors_gate(SYSTEM_CALL);
    print(FRAME "  gate  " PLAIN "IDT entry 80h: handler " VALUE "%04x:%08x" PLAIN
                ", DPL %u, so ring %u may call it\n",
          gate.selector, (u32)gate.offset_high << 16 | gate.offset_low, gate.type >> 5 & 3u,
          frame->cs & 3);
    print(FRAME "  stack " PLAIN "the TSS names ring 0's stack, " VALUE "%04x:%08x" PLAIN
                "; the CPU pushes there:\n",
          KERNEL_DATA, descriptors_kernel_stack());
    print("        SS=" VALUE "%04x" PLAIN " ESP=" VALUE "%08x" PLAIN " EFLAGS=" VALUE "%08x" PLAIN
          " CS=" VALUE "%04x" PLAIN " EIP=" VALUE "%08x" PLAIN "\n",
          frame->user_ss, frame->user_esp, frame->eflags, frame->cs, frame->eip);
    print(GOOD " ring 0 " PLAIN "the kernel looks at EAX: call %u is '%s'. EBX=%08x ECX=%08x\n",
          frame->eax, frame->eax < SYSTEM_CALLS ? calls[frame->eax].name : "unknown", frame->ebx,
          frame->ecx);
}

void system_call(InterruptFrame *frame)
{
    /* The gate switched interrupts off; a system call may take long, and may be pre-empted. */
    interrupts_enable();
    bool narrated = task_current()->narrated && frame->eax != CALL_WRITE && frame->eax != CALL_EXIT;
    if (narrated)
        narrate_entry(frame);
    frame->eax = frame->eax < SYSTEM_CALLS ? calls[frame->eax].function(frame->ebx, frame->ecx)
                                           : CALL_REFUSED;
    if (narrated)
        print("        result %u into EAX; IRET pops the five values and is back in ring 3\n",
              frame->eax);
    interrupts_disable();
}
