/*
 * The x87 part of an XSAVE area. Manual: Intel SDM Vol. 1, "Managing State Using the XSAVE Feature
 * Set", "Layout of the 512-Byte FXSAVE Area".
 */
#include "translate/x87_state.h"

#include <cpuid.h>
#include <string.h>

typedef struct XsaveArea {
    u16 control, status;
    u8 tags, reserved; /* tags: bit set where a register is valid */
    u16 opcode;
    u64 ip, dp;
    u32 mxcsr, mxcsr_mask;
    X87Register st[8]; /* 16 bytes each */
    u8 unused[352];
    u64 present; /* bit 0: x87 */
    u64 header[7];
} __attribute__((aligned(64))) XsaveArea;
_Static_assert(sizeof(XsaveArea) == 576, "legacy region and header");

enum { STATUS_TOP_SHIFT = 11, XSAVE_X87 = 1 };

bool x87_state_movable(void)
{
    unsigned a, b, c, d;

    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_OSXSAVE);
}

void x87_to_host(const Cpu *cpu)
{
    const X87 *x87 = &cpu->x87;
    XsaveArea area;

    memset(&area, 0, sizeof area);
    area.control = x87->control;
    area.status = (u16)(x87->status | x87->top << STATUS_TOP_SHIFT);
    area.tags = (u8)~x87->empty;
    area.mxcsr = 0x1F80;
    for (unsigned i = 0; i < 8; i++) {
        const X87Register *from = &x87->r[(x87->top + i) & 7];

        area.st[i].significand = from->significand;
        area.st[i].sign_exponent = from->sign_exponent;
    }
    area.present = XSAVE_X87;
    asm volatile("xrstor %0" : : "m"(area), "a"(XSAVE_X87), "d"(0));
}

void x87_from_host(Cpu *cpu)
{
    X87 *x87 = &cpu->x87;
    XsaveArea area;

    memset(&area.present, 0, sizeof area.present + sizeof area.header);
    asm volatile("xsave %0\n\t fninit" : "+m"(area) : "a"(XSAVE_X87), "d"(0));
    x87->control = area.control;
    x87->top = area.status >> STATUS_TOP_SHIFT & 7;
    x87->status = (u16)(area.status & ~(7 << STATUS_TOP_SHIFT));
    x87->empty = (u8)~area.tags;
    for (unsigned i = 0; i < 8; i++) {
        X87Register *to = &x87->r[(x87->top + i) & 7];

        to->significand = area.st[i].significand;
        to->sign_exponent = area.st[i].sign_exponent;
    }
}
