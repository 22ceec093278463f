#include "translate/x64.h"

#include <string.h>

enum { LONGEST = 32 };

void x64_bytes(Assembler *a, u64 value, unsigned count)
{
    if (a->end - a->at < LONGEST) {
        a->full = true;
        return;
    }
    memcpy(a->at, &value, count);
    a->at += count;
}

/* REX.RXB of the operands; byte registers 4 .. 7 need a REX to be SPL .. DIL. */
static void rex(Assembler *a, Size size, u32 opcode, unsigned reg, HostOperand operand)
{
    bool index = operand.memory && operand.index != H_NONE && operand.index >= 8;
    bool base = operand.reg != H_NONE && operand.reg >= 8;
    u8 byte = (u8)(0x40 | (size == QWORD) << 3 | (reg >= 8) << 2 | index << 1 | base);
    bool byte_source = opcode == 0x0FB6 || opcode == 0x0FBE || (opcode & 0xFFF0) == 0x0F90;
    bool needed = ((size == BYTE || byte_source) && !operand.memory && operand.reg >= 4) ||
                  (size == BYTE && reg >= 4);

    if (byte != 0x40 || needed)
        x64_bytes(a, byte, 1);
}

static void modrm(Assembler *a, unsigned reg, HostOperand operand)
{
    unsigned low = (reg & 7) << 3;
    i32 displacement = operand.displacement;
    bool small = displacement == (i8)displacement;

    if (!operand.memory) {
        x64_bytes(a, 0xC0 | low | (operand.reg & 7), 1);
        return;
    }
    if (operand.reg == H_NONE) { /* SIB without base: 32 bits follow */
        unsigned index = operand.index == H_NONE ? 4 : operand.index & 7;

        x64_bytes(a, low | 4, 1);
        x64_bytes(a, (unsigned)operand.scale << 6 | index << 3 | 5, 1);
        x64_bytes(a, (u32)displacement, 4);
        return;
    }
    unsigned mod = displacement == 0 && (operand.reg & 7) != 5 ? 0 : small ? 0x40 : 0x80;

    if (operand.index != H_NONE || (operand.reg & 7) == 4) {
        unsigned index = operand.index == H_NONE ? 4 : operand.index & 7;

        x64_bytes(a, mod | low | 4, 1);
        x64_bytes(a, (unsigned)operand.scale << 6 | index << 3 | (operand.reg & 7), 1);
    } else {
        x64_bytes(a, mod | low | (operand.reg & 7), 1);
    }
    if (mod)
        x64_bytes(a, (u32)displacement, small ? 1 : 4);
}

static bool is_prefix(u32 byte)
{
    return byte == 0x66 || byte == 0xF2 || byte == 0xF3;
}

void x64_op(Assembler *a, Size size, u32 opcode, unsigned reg, HostOperand operand)
{
    unsigned count = opcode > 0xFFFFFF ? 4 : opcode > 0xFFFF ? 3 : opcode > 0xFF ? 2 : 1;

    if (count >= 3 && is_prefix(opcode >> (8 * (count - 1)))) {
        x64_bytes(a, opcode >> (8 * (count - 1)), 1);
        count--;
    } else if (size == WORD) {
        x64_bytes(a, 0x66, 1);
    }
    rex(a, size, opcode, reg, operand);
    while (count--)
        x64_bytes(a, opcode >> (8 * count) & 0xFF, 1);
    modrm(a, reg, operand);
}

static bool byte_immediate(u32 opcode)
{
    switch (opcode) {
    case 0x80:
    case 0x83:
    case 0xC0:
    case 0xC1:
    case 0xC6:
    case 0xF6:
    case 0x6B:
    case 0x0FBA:
    case 0x0FA4:
    case 0x0FAC:
        return true;
    default:
        return opcode > 0xFFFF || (opcode & 0xFF00) == 0x0F00;
    }
}

void x64_op_immediate(Assembler *a, Size size, u32 opcode, unsigned digit, HostOperand operand,
                      i32 immediate)
{
    x64_op(a, size, opcode, digit, operand);
    x64_bytes(a, (u32)immediate, byte_immediate(opcode) ? 1 : size == WORD ? 2 : 4);
}

void x64_alu_immediate(Assembler *a, Size size, unsigned digit, HostOperand operand, i32 immediate)
{
    if (size == BYTE)
        x64_op_immediate(a, size, 0x80, digit, operand, immediate);
    else if (immediate == (i8)immediate)
        x64_op_immediate(a, size, 0x83, digit, operand, immediate);
    else
        x64_op_immediate(a, size, 0x81, digit, operand, immediate);
}

/* MOV, so that no flag changes. */
void x64_load_immediate(Assembler *a, unsigned reg, u64 value)
{
    if (value == (u32)value) {
        if (reg >= 8)
            x64_bytes(a, 0x41, 1);
        x64_bytes(a, 0xB8 | (reg & 7), 1);
        x64_bytes(a, value, 4);
    } else if ((i64)value == (i32)value) {
        x64_op_immediate(a, QWORD, 0xC7, 0, host_register(reg), (i32)value);
    } else {
        x64_bytes(a, reg >= 8 ? 0x49 : 0x48, 1);
        x64_bytes(a, 0xB8 | (reg & 7), 1);
        x64_bytes(a, value, 8);
    }
}

/* A three-byte VEX prefix for two registers and a third in vvvv. */
static void vex(Assembler *a, Size size, unsigned reg, unsigned rm, unsigned map, unsigned third_pp)
{
    x64_bytes(a, 0xC4, 1);
    x64_bytes(a, (reg < 8 ? 0x80u : 0) | 0x40 | (rm < 8 ? 0x20u : 0) | map, 1);
    x64_bytes(a, (size == QWORD ? 0x80u : 0) | third_pp, 1);
}

void x64_rorx(Assembler *a, Size size, unsigned dst, unsigned src, unsigned count)
{
    vex(a, size, dst, src, 3, 0x78 | 3);
    x64_bytes(a, 0xF0, 1);
    x64_bytes(a, 0xC0 | (dst & 7) << 3 | (src & 7), 1);
    x64_bytes(a, count, 1);
}

/* SHLX (66h: 1), SARX (F3h: 2), SHRX (F2h: 3): `opcode` is that number. */
void x64_shift_x(Assembler *a, Size size, u32 opcode, unsigned dst, unsigned src, unsigned count)
{
    vex(a, size, dst, src, 2, (~count & 15) << 3 | opcode);
    x64_bytes(a, 0xF7, 1);
    x64_bytes(a, 0xC0 | (dst & 7) << 3 | (src & 7), 1);
}

void x64_swap_bytes(Assembler *a, Size size, unsigned reg)
{
    if (reg >= 8 || size == QWORD)
        x64_bytes(a, 0x40u | (size == QWORD) << 3 | (reg >= 8), 1);
    x64_bytes(a, 0xC80F | (reg & 7) << 8, 2);
}

u8 *x64_jump(Assembler *a)
{
    x64_bytes(a, 0xE9, 1);
    x64_bytes(a, 0, 4);
    return a->at - 4;
}

u8 *x64_jump_if(Assembler *a, unsigned condition)
{
    x64_bytes(a, 0x0F, 1);
    x64_bytes(a, 0x80 | condition, 1);
    x64_bytes(a, 0, 4);
    return a->at - 4;
}

u8 *x64_call(Assembler *a)
{
    x64_bytes(a, 0xE8, 1);
    x64_bytes(a, 0, 4);
    return a->at - 4;
}

void x64_patch(u8 *displacement, const u8 *target)
{
    i32 distance = (i32)(target - (displacement + 4));

    memcpy(displacement, &distance, 4);
}
