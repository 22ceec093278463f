/* The processor's tables: segments, the task state segment, the interrupt table. */
#pragma once
#include "types.h"

enum {
    KERNEL_CODE = 0x08,
    KERNEL_DATA = 0x10,
    USER_CODE = 0x18 | 3, /* the low two bits of a selector: the privilege asked for */
    USER_DATA = 0x20 | 3,
    TASK_STATE = 0x28,
    SYSTEM_CALL = 0x80,
    EXCEPTIONS = 32,
    INTERRUPT_LINES = 16,
};

typedef struct Gate {
    u16 offset_low;
    u16 selector;
    u8 zero;
    u8 type; /* bit 7 present, bits 6-5 privilege, bits 3-0: 0Eh = 32-bit interrupt gate */
    u16 offset_high;
} __attribute__((packed)) Gate;

/* What SIDT and SGDT store. */
typedef struct TableRegister {
    u16 limit;
    u32 base;
} __attribute__((packed)) TableRegister;

void descriptors_init(void);
Gate descriptors_gate(u8 vector);
TableRegister interrupt_table_register(void);
TableRegister segment_table_register(void);

/* The stack that the processor switches to when ring 3 is interrupted. */
void descriptors_set_kernel_stack(u32 top);
u32 descriptors_kernel_stack(void);
