/*
 * What instruction bodies are written with: operands, and the macros that instantiate a body.
 *
 * A body is one FORCE_INLINE function with a Shape parameter. SHAPED() makes a copy of it per
 * operand size and per common pair of operand kinds, ONE_OPERAND() per kind, SIZED() per operand size only, PLAIN() one
 * copy. In each copy the shape is a constant and the tests on it disappear.
 */
#ifndef CPU_EXEC_H
#define CPU_EXEC_H

#include "cpu/memory.h"

typedef struct Shape {
    Size size;      /* of the operation: operand 0's, or the effective operand size */
    u8 dst, src;    /* OperandKind of operands 0 and 1, or OPERAND_NONE: look at run time */
    bool redo;      /* a fast copy, which leaves slow accesses to the general one: see memory.h */
} Shape;

/* The copies of a body, by log2 of the size. NULL: take `any`. */
typedef struct Handlers {
    Handler any[4];
    Handler reg_reg[4], reg_mem[4], reg_imm[4], mem_reg[4], mem_imm[4];
    Handler reg[4], mem[4];     /* instructions with one operand */
    Handler fast[4];            /* whatever the operands */
    Handler vex;                /* with a VEX prefix, where that makes a difference */
} Handlers;

#define INSN(name, reads, writes, undefined, ends, title) extern const Handlers exec_##name;
#include "cpu/instructions.def"
#undef INSN

/* ---- operands ---- */

/* The memory operand's offset within its segment. */
FORCE_INLINE u64 operand_offset(const Cpu *cpu, const Insn *insn)
{
    u64 base = *(const u64 *)((const u8 *)cpu->gpr + insn->base);
    u64 index = *(const u64 *)((const u8 *)cpu->gpr + insn->index);
    u64 offset = base + (index << insn->scale) + insn->displacement;

    if (UNLIKELY(insn->rip_relative))
        offset += cpu_next_rip(cpu);
    return offset & insn->address_mask;
}

FORCE_INLINE u64 register_read(const Cpu *cpu, Operand operand, Size size)
{
    return bytes_load((const u8 *)cpu->gpr + operand.number, size);
}

/* A doubleword write clears the upper half; smaller ones keep the rest. */
FORCE_INLINE void register_write(Cpu *cpu, Operand operand, Size size, u64 value)
{
    if (size == DWORD)
        bytes_store((u8 *)cpu->gpr + operand.number, QWORD, (u32)value);
    else
        bytes_store((u8 *)cpu->gpr + operand.number, size, value);
}

/* The same by register number (RAX ..); not for AH..BH. */
FORCE_INLINE u64 gpr_read(const Cpu *cpu, unsigned reg, Size size)
{
    return cpu->gpr[reg] & size_mask(size);
}

FORCE_INLINE void gpr_write(Cpu *cpu, unsigned reg, Size size, u64 value)
{
    register_write(cpu, (Operand){.number = (u8)(reg * 8)}, size, value);
}

FORCE_INLINE u64 operand_read_with(Cpu *cpu, const Insn *insn, Operand operand, u8 kind, Size size,
                                   bool redo)
{
    switch (kind ? kind : operand.kind) {
    case OPERAND_GPR:
        return register_read(cpu, operand, size);
    case OPERAND_MEMORY:
        return memory_read_with(cpu, insn->segment, operand_offset(cpu, insn), size, redo);
    default:
        return insn->immediate & size_mask(size);
    }
}

FORCE_INLINE u64 operand_read(Cpu *cpu, const Insn *insn, Operand operand, u8 kind, Size size)
{
    return operand_read_with(cpu, insn, operand, kind, size, false);
}

FORCE_INLINE u64 dst_read(Cpu *cpu, const Insn *insn, Shape shape)
{
    return operand_read_with(cpu, insn, insn->operands[0], shape.dst, shape.size, shape.redo);
}

FORCE_INLINE u64 src_read(Cpu *cpu, const Insn *insn, Shape shape)
{
    return operand_read_with(cpu, insn, insn->operands[1], shape.src, shape.size, shape.redo);
}

/* Reads an operand of the size its row gives (MOVZX, PUSH Sw, IMUL's immediate ...). */
FORCE_INLINE u64 operand_read_own(Cpu *cpu, const Insn *insn, unsigned number)
{
    Operand operand = insn->operands[number];
    return operand_read(cpu, insn, operand, OPERAND_NONE, operand.size);
}

/* The first half of a read-modify-write of operand 0: a write that follows cannot fault. */
FORCE_INLINE u64 dst_read_for_write(Cpu *cpu, const Insn *insn, Shape shape)
{
    Operand operand = insn->operands[0];

    if ((shape.dst ? shape.dst : operand.kind) == OPERAND_MEMORY)
        return memory_read_for_write_with(cpu, insn->segment, operand_offset(cpu, insn), shape.size,
                                          shape.redo);
    return register_read(cpu, operand, shape.size);
}

FORCE_INLINE void operand_write(Cpu *cpu, const Insn *insn, Operand operand, u8 kind, Size size,
                                u64 value)
{
    if ((kind ? kind : operand.kind) == OPERAND_MEMORY)
        memory_write(cpu, insn->segment, operand_offset(cpu, insn), size, value);
    else
        register_write(cpu, operand, size, value);
}

FORCE_INLINE void dst_write(Cpu *cpu, const Insn *insn, Shape shape, u64 value)
{
    Operand operand = insn->operands[0];

    if ((shape.dst ? shape.dst : operand.kind) == OPERAND_MEMORY)
        memory_write_with(cpu, insn->segment, operand_offset(cpu, insn), shape.size, value,
                          shape.redo);
    else
        register_write(cpu, operand, shape.size, value);
}

/* ---- control transfer ---- */

/* The next instruction's address becomes `rip`; the row must say that the instruction ends its
 * block. Near transfers check CS's limit: raises #GP(0) first. */
FORCE_INLINE bool cpu_rip_fits(const Cpu *cpu, u64 rip)
{
    return cpu->code_size == 8 ? is_canonical(rip) : rip <= cpu->segments[CS].limit;
}

FORCE_INLINE void cpu_check_rip(Cpu *cpu, u64 rip)
{
    if (UNLIKELY(!cpu_rip_fits(cpu, rip)))
        cpu_raise_gp0(cpu);
}

/* SGDT, SIDT, SLDT, SMSW, STR: SDM Vol. 3, "User-Mode Instruction Prevention". */
FORCE_INLINE void cpu_check_umip(Cpu *cpu)
{
    if ((cpu->cr4 & CR4_UMIP) && cpu->cpl != 0)
        cpu_raise_gp0(cpu);
}

FORCE_INLINE void cpu_jump(Cpu *cpu, u64 rip)
{
    cpu_check_rip(cpu, rip);
    cpu->rip = rip;
}

/* ---- instantiation ---- */

#define SHAPE_COPY(name, suffix, bytes, d, s)                                      \
    static void name##_##suffix(Cpu *cpu, const Insn *insn)                        \
    {                                                                              \
        name(cpu, insn, (Shape){.size = bytes, .dst = d, .src = s, .redo = (d) != OPERAND_NONE}); \
    }
#define SHAPE_COPIES(name, suffix, d, s)                                           \
    SHAPE_COPY(name, 8##suffix, BYTE, d, s) SHAPE_COPY(name, 16##suffix, WORD, d, s) \
    SHAPE_COPY(name, 32##suffix, DWORD, d, s) SHAPE_COPY(name, 64##suffix, QWORD, d, s)
#define SHAPE_LIST(name, suffix) \
    {name##_8##suffix, name##_16##suffix, name##_32##suffix, name##_64##suffix}

/* One copy per size and pair of operand kinds. */
#define SHAPED(name)                                                               \
    SHAPE_COPIES(name, , OPERAND_NONE, OPERAND_NONE)                               \
    SHAPE_COPIES(name, rr, OPERAND_GPR, OPERAND_GPR)                               \
    SHAPE_COPIES(name, rm, OPERAND_GPR, OPERAND_MEMORY)                            \
    SHAPE_COPIES(name, ri, OPERAND_GPR, OPERAND_IMMEDIATE)                         \
    SHAPE_COPIES(name, mr, OPERAND_MEMORY, OPERAND_GPR)                            \
    SHAPE_COPIES(name, mi, OPERAND_MEMORY, OPERAND_IMMEDIATE)                      \
    const Handlers exec_##name = {.any = SHAPE_LIST(name, ),                       \
        .reg_reg = SHAPE_LIST(name, rr), .reg_mem = SHAPE_LIST(name, rm),          \
        .reg_imm = SHAPE_LIST(name, ri), .mem_reg = SHAPE_LIST(name, mr),          \
        .mem_imm = SHAPE_LIST(name, mi)};

/* The same for one operand. */
#define ONE_OPERAND(name)                                                          \
    SHAPE_COPIES(name, , OPERAND_NONE, OPERAND_NONE)                               \
    SHAPE_COPIES(name, r, OPERAND_GPR, OPERAND_NONE)                               \
    SHAPE_COPIES(name, m, OPERAND_MEMORY, OPERAND_NONE)                            \
    const Handlers exec_##name = {.any = SHAPE_LIST(name, ),                       \
        .reg = SHAPE_LIST(name, r), .mem = SHAPE_LIST(name, m)};

/* Two copies per size, the general and a fast one, for accesses to the stack. */
#define STACKED(name)                                                              \
    SHAPE_COPIES(name, , OPERAND_NONE, OPERAND_NONE)                               \
    SHAPE_COPIES(name, fast, OPERAND_STRING, OPERAND_NONE)                         \
    const Handlers exec_##name = {.any = SHAPE_LIST(name, ), .fast = SHAPE_LIST(name, fast)};

/* One copy per size. */
#define SIZED(name)                                                                \
    SHAPE_COPIES(name, , OPERAND_NONE, OPERAND_NONE)                               \
    const Handlers exec_##name = {.any = SHAPE_LIST(name, )};

/* One copy: the body takes no Shape. */
#define PLAIN(name) const Handlers exec_##name = {.any = {name, name, name, name}};

#endif
