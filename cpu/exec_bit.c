/*
 * Single bits, bit scans, byte swap. Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/alu.h"
#include "cpu/exec.h"

typedef enum BitChange { BIT_KEEP, BIT_SET, BIT_RESET, BIT_COMPLEMENT } BitChange;

FORCE_INLINE u64 change_bit(u64 value, u64 mask, BitChange change)
{
    switch (change) {
    case BIT_SET:
        return value | mask;
    case BIT_RESET:
        return value & ~mask;
    case BIT_COMPLEMENT:
        return value ^ mask;
    default:
        return value;
    }
}

/* With a register as index and a memory operand the index reaches beyond the operand: it is a
 * signed offset into a bit string. An immediate index wraps. */
FORCE_INLINE void bit_test(Cpu *cpu, const Insn *insn, Shape shape, BitChange change)
{
    u64 index = src_read(cpu, insn, shape);
    u64 mask = (u64)1 << (index & (8 * shape.size - 1));
    u64 value;

    if (insn->operands[0].kind == OPERAND_MEMORY) {
        u64 offset = operand_offset(cpu, insn);

        if (insn->operands[1].kind == OPERAND_GPR) {
            i64 operands = (i64)sign_extend(index, shape.size) >> __builtin_ctz(8 * shape.size);

            offset += (u64)operands * shape.size;
            offset = offset << insn->address_shift >> insn->address_shift;
        }
        if (change == BIT_KEEP) {
            value = memory_read(cpu, insn->segment, offset, shape.size);
        } else {
            value = memory_read_for_write(cpu, insn->segment, offset, shape.size);
            memory_write(cpu, insn->segment, offset, shape.size, change_bit(value, mask, change));
        }
    } else {
        value = dst_read(cpu, insn, shape);
        if (change != BIT_KEEP)
            dst_write(cpu, insn, shape, change_bit(value, mask, change));
    }
    flags_set_co(&cpu->flags, (value & mask) != 0, flag_o(&cpu->flags));
}

FORCE_INLINE void BT(Cpu *cpu, const Insn *insn, Shape shape)
{
    bit_test(cpu, insn, shape, BIT_KEEP);
}
SIZED(BT)
FORCE_INLINE void BTS(Cpu *cpu, const Insn *insn, Shape shape)
{
    bit_test(cpu, insn, shape, BIT_SET);
}
SIZED(BTS)
FORCE_INLINE void BTR(Cpu *cpu, const Insn *insn, Shape shape)
{
    bit_test(cpu, insn, shape, BIT_RESET);
}
SIZED(BTR)
FORCE_INLINE void BTC(Cpu *cpu, const Insn *insn, Shape shape)
{
    bit_test(cpu, insn, shape, BIT_COMPLEMENT);
}
SIZED(BTC)

/* ZF tells that the source is 0; the destination, undefined then, stays, as real processors do. */
FORCE_INLINE void bit_scan(Cpu *cpu, const Insn *insn, Shape shape, bool reverse)
{
    u64 src = src_read(cpu, insn, shape);
    u32 others = flags_pack(&cpu->flags) & ~(u32)FLAG_ZF;

    if (src)
        dst_write(cpu, insn, shape,
                  reverse ? 63 - (unsigned)__builtin_clzll(src) : (unsigned)__builtin_ctzll(src));
    flags_unpack(&cpu->flags, others | (src ? 0 : FLAG_ZF));
}

FORCE_INLINE void BSF(Cpu *cpu, const Insn *insn, Shape shape)
{
    bit_scan(cpu, insn, shape, false);
}
SIZED(BSF)
FORCE_INLINE void BSR(Cpu *cpu, const Insn *insn, Shape shape)
{
    bit_scan(cpu, insn, shape, true);
}
SIZED(BSR)

/* Of a 16-bit register the result, undefined, is 0, as on real processors. */
FORCE_INLINE void BSWAP(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 value = dst_read(cpu, insn, shape);

    dst_write(cpu, insn, shape,
              shape.size == QWORD   ? __builtin_bswap64(value)
              : shape.size == DWORD ? __builtin_bswap32((u32)value)
                                    : 0);
}
SIZED(BSWAP)
