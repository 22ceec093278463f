/*
 * An assembler for the host: x86-64 instructions as bytes.
 *
 * An instruction is an opcode, a register (or /digit) and an operand that is a register or memory.
 * The opcode is written as its bytes from the most significant down, a mandatory prefix included:
 * 89h, 0FAFh, 0F38F0h, F20F58h.
 *
 * Manual: Intel SDM Vol. 2, "Instruction Format".
 */
#ifndef TRANSLATE_X64_H
#define TRANSLATE_X64_H

#include "mmu/base.h"

enum { H_RAX, H_RCX, H_RDX, H_RBX, H_RSP, H_RBP, H_RSI, H_RDI, H_R8, H_R9, H_R10, H_R11, H_R12,
       H_R13, H_R14, H_R15, H_NONE };

/* Where code goes. It never runs past `end`: `full` is set instead. */
typedef struct Assembler {
    u8 *at, *end;
    bool full;
} Assembler;

/* A register, or memory at base + index * (1 << scale) + displacement. */
typedef struct HostOperand {
    bool memory;
    u8 reg, index, scale;   /* reg: the register, or the base (H_NONE: none) */
    i32 displacement;
} HostOperand;

FORCE_INLINE HostOperand host_register(unsigned reg)
{
    return (HostOperand){.reg = (u8)reg, .index = H_NONE};
}

FORCE_INLINE HostOperand host_memory(unsigned base, i64 displacement)
{
    return (HostOperand){true, (u8)base, H_NONE, 0, (i32)displacement};
}

FORCE_INLINE HostOperand host_indexed(unsigned base, unsigned index, unsigned scale, i64 displacement)
{
    return (HostOperand){true, (u8)base, (u8)index, (u8)scale, (i32)displacement};
}

void x64_bytes(Assembler *a, u64 value, unsigned count);
/* `size` is the operands' in bytes: it decides on 66h and REX.W. */
void x64_op(Assembler *a, Size size, u32 opcode, unsigned reg, HostOperand operand);
void x64_op_immediate(Assembler *a, Size size, u32 opcode, unsigned digit, HostOperand operand,
                      i32 immediate);  /* 8 bits where the opcode is 83h, C0h, C1h, 6Bh, 0FBAh ... */
/* ADD .. CMP by /digit, in the shortest form. */
void x64_alu_immediate(Assembler *a, Size size, unsigned digit, HostOperand operand, i32 immediate);
void x64_load_immediate(Assembler *a, unsigned reg, u64 value);
void x64_rorx(Assembler *a, Size size, unsigned dst, unsigned src, unsigned count);
void x64_swap_bytes(Assembler *a, Size size, unsigned reg);
void x64_shift_x(Assembler *a, Size size, u32 opcode, unsigned dst, unsigned src, unsigned count);

/* Jumps with a 32-bit displacement; the result is where that is, for x64_patch(). */
u8 *x64_jump(Assembler *a);
u8 *x64_jump_if(Assembler *a, unsigned condition);
u8 *x64_call(Assembler *a);
void x64_patch(u8 *displacement, const u8 *target);    /* both as written */

#endif
