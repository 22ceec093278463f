/* Interrupts: who called, how often, and the controllers in between. */
#pragma once
#include "types.h"

/* The stack as stubs.asm leaves it. The last two are only there when ring 3 was interrupted. */
typedef struct InterruptFrame {
    u32 gs, fs, es, ds;
    u32 edi, esi, ebp, esp_of_pushad, ebx, edx, ecx, eax;
    u32 vector, error_code;
    u32 eip, cs, eflags;
    u32 user_esp, user_ss;
} InterruptFrame;

enum {
    FIRST_LINE = 0x20, /* vector of interrupt line 0 */
    LINE_TIMER = 0,
    LINE_KEYBOARD = 1,
    LINE_CASCADE = 2,
    LINE_SERIAL = 4,
};

void interrupts_init(void);
void interrupts_open_line(unsigned line);
void interrupt_dispatch(InterruptFrame *frame);
u32 interrupt_count(u8 vector);
u32 interrupt_total(void);

/* Bit n = line n, of both controllers. */
typedef struct PicState {
    u16 masked, requested, in_service;
} PicState;
PicState pic_state(void);
