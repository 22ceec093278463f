/*
 * The processor's tables.
 *
 * Segments: ours all begin at 0 and span 4 GB, so that paging alone decides about memory. What is
 * left of segmentation is the privilege in the code segment: ring 0 or ring 3.
 * Source: Intel SDM Volume 3, "Segment Descriptors", "Task-State Segment (TSS)", "IDT Descriptors".
 */
#include "descriptors.h"
#include "processor.h"

/* Of this structure only ring 0's stack is used: tasks are switched by software (stubs.asm). */
typedef struct TaskStateSegment {
    u32 previous;
    u32 ring0_stack_pointer;
    u32 ring0_stack_segment;
    u32 unused[22];
    u16 trap;
    u16 io_permission_map; /* beyond the limit: ring 3 gets no port at all */
} TaskStateSegment;

enum {
    PRESENT = 1 << 7,
    RING_3 = 3 << 5,
    INTERRUPT_GATE = 0x0e,
    GATES = 256,
};

extern const u32 interrupt_stubs[EXCEPTIONS + INTERRUPT_LINES];
void system_call_stub(void);

static TaskStateSegment task_state;
static Gate gates[GATES];

// clang-format off
static u64 segments[6] = {
    0,
    0x00cf9a000000ffff, /* 08h: ring 0 code. Limit FFFFF pages, base 0, present, readable */
    0x00cf92000000ffff, /* 10h: ring 0 data. The same, writable */
    0x00cffa000000ffff, /* 18h: ring 3 code */
    0x00cff2000000ffff, /* 20h: ring 3 data */
    0,                  /* 28h: the TSS, filled in below */
};
// clang-format on

static Gate make_gate(u32 handler, u8 privilege)
{
    return (Gate){
        .offset_low = (u16)handler,
        .selector = KERNEL_CODE,
        .type = PRESENT | privilege | INTERRUPT_GATE,
        .offset_high = (u16)(handler >> 16),
    };
}

static void load_segments(void)
{
    TableRegister table = {sizeof segments - 1, (u32)segments};
    u32 base = (u32)&task_state;
    task_state.ring0_stack_segment = KERNEL_DATA;
    task_state.io_permission_map = sizeof task_state;
    segments[TASK_STATE / 8] = (sizeof task_state - 1) | (u64)(base & 0xffffff) << 16 |
                               (u64)0x89 << 40 | (u64)(base >> 24) << 56;
    asm volatile("lgdt %0\n\t"
                 "ljmp %1, $1f\n" /* the only way to load CS */
                 "1:\n\t"
                 "movl %2, %%ds\n\tmovl %2, %%es\n\tmovl %2, %%fs\n\tmovl %2, %%gs\n\t"
                 "movl %2, %%ss\n\t"
                 "ltr %w3"
                 :
                 : "m"(table), "i"(KERNEL_CODE), "r"(KERNEL_DATA), "r"(TASK_STATE)
                 : "memory");
}

void descriptors_init(void)
{
    load_segments();
    for (unsigned vector = 0; vector < LENGTH(interrupt_stubs); vector++)
        gates[vector] = make_gate(interrupt_stubs[vector], 0);
    /* The one gate that ring 3 may call by INT. */
    gates[SYSTEM_CALL] = make_gate((u32)system_call_stub, RING_3);
    TableRegister table = {sizeof gates - 1, (u32)gates};
    asm volatile("lidt %0" : : "m"(table));
}

Gate descriptors_gate(u8 vector)
{
    return gates[vector];
}

TableRegister interrupt_table_register(void)
{
    TableRegister table;
    asm volatile("sidt %0" : "=m"(table));
    return table;
}

TableRegister segment_table_register(void)
{
    TableRegister table;
    asm volatile("sgdt %0" : "=m"(table));
    return table;
}

void descriptors_set_kernel_stack(u32 top)
{
    task_state.ring0_stack_pointer = top;
}

u32 descriptors_kernel_stack(void)
{
    return task_state.ring0_stack_pointer;
}
