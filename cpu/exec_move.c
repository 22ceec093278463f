/*
 * Moves, exchanges and conversions. Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/condition.h"
#include "cpu/exec.h"

FORCE_INLINE void MOV(Cpu *cpu, const Insn *insn, Shape shape)
{
    dst_write(cpu, insn, shape, src_read(cpu, insn, shape));
}
SHAPED(MOV)

FORCE_INLINE void MOVZX(Cpu *cpu, const Insn *insn, Shape shape)
{
    Size size = insn->operands[1].size == BYTE ? BYTE : WORD;

    register_write(cpu, insn->operands[0], shape.size,
                   operand_read_with(cpu, insn, insn->operands[1], shape.src, size, shape.redo));
}
SHAPED(MOVZX)

FORCE_INLINE void MOVSX(Cpu *cpu, const Insn *insn, Shape shape)
{
    Size size = insn->operands[1].size == BYTE ? BYTE : WORD;
    u64 value = operand_read_with(cpu, insn, insn->operands[1], shape.src, size, shape.redo);

    register_write(cpu, insn->operands[0], shape.size, sign_extend(value, size));
}
SHAPED(MOVSX)

/* A word is moved as it is; silicon reads a doubleword even then. */
FORCE_INLINE void MOVSXD(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = operand_read_with(cpu, insn, insn->operands[1], shape.src, DWORD, shape.redo);

    register_write(cpu, insn->operands[0], shape.size, sign_extend(value, DWORD));
}
SHAPED(MOVSXD)

FORCE_INLINE void XCHG(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 dst = dst_read_for_write(cpu, insn, shape), src = src_read(cpu, insn, shape);

    dst_write(cpu, insn, shape, src);
    register_write(cpu, insn->operands[1], shape.size, dst);
}
SHAPED(XCHG)

FORCE_INLINE void LEA(Cpu *cpu, const Insn *insn, Shape shape)
{
    register_write(cpu, insn->operands[0], shape.size, operand_offset(cpu, insn));
}
SIZED(LEA)

/* CBW, CWDE, CDQE. */
FORCE_INLINE void CBW(Cpu *cpu, const Insn *insn, Shape shape)
{
    Size half = shape.size / 2 ? shape.size / 2 : BYTE;

    (void)insn;
    gpr_write(cpu, RAX, shape.size, sign_extend(cpu->gpr[RAX], half));
}
SIZED(CBW)

/* CWD, CDQ, CQO. */
FORCE_INLINE void CWD(Cpu *cpu, const Insn *insn, Shape shape)
{
    (void)insn;
    gpr_write(cpu, RDX, shape.size, cpu->gpr[RAX] & size_sign(shape.size) ? ~(u64)0 : 0);
}
SIZED(CWD)

static void XLAT(Cpu *cpu, const Insn *insn)
{
    u64 offset = cpu->gpr[RBX] + gpr_read(cpu, RAX, BYTE);

    offset = offset << insn->address_shift >> insn->address_shift;
    gpr_write(cpu, RAX, BYTE, memory_read(cpu, insn->segment, offset, BYTE));
}
PLAIN(XLAT)

static void NOP(Cpu *cpu, const Insn *insn)
{
    (void)cpu;
    (void)insn;
}
PLAIN(NOP)

/* The source is read, and may fault, whatever the condition; a 32-bit destination is cleared above
 * in either case. */
FORCE_INLINE void move_if(Cpu *cpu, const Insn *insn, Shape shape, bool condition)
{
    u64 src = src_read(cpu, insn, shape);

    dst_write(cpu, insn, shape, condition ? src : dst_read(cpu, insn, shape));
}

#define CMOV(suffix, expression)                                                                   \
    FORCE_INLINE void CMOV##suffix(Cpu *cpu, const Insn *insn, Shape shape)                        \
    {                                                                                              \
        move_if(cpu, insn, shape, condition_##suffix(&cpu->flags));                                \
    }                                                                                              \
    SIZED(CMOV##suffix)
CONDITIONS(CMOV)

#define SETCC(suffix, expression)                                                                  \
    FORCE_INLINE void SET##suffix(Cpu *cpu, const Insn *insn, Shape shape)                         \
    {                                                                                              \
        (void)shape;                                                                               \
        dst_write(cpu, insn, (Shape){.size = BYTE}, condition_##suffix(&cpu->flags));              \
    }                                                                                              \
    SIZED(SET##suffix)
CONDITIONS(SETCC)

static void SALC(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    gpr_write(cpu, RAX, BYTE, flag_c(&cpu->flags) ? 0xFF : 0);
}
PLAIN(SALC)

FORCE_INLINE void MOVBE(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = __builtin_bswap64(src_read(cpu, insn, shape));

    dst_write(cpu, insn, shape, value >> (64 - 8 * shape.size));
}
SIZED(MOVBE)
