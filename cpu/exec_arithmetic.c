/*
 * Integer addition, subtraction and comparison. Manual: Intel SDM Vol. 2, each instruction's page.
 */
#include "cpu/alu.h"
#include "cpu/exec.h"

/* The store may fault, so flags change after it. */
FORCE_INLINE void add(Cpu *cpu, const Insn *insn, Shape shape, bool carry)
{
    Flags flags;
    u64 src = src_read(cpu, insn, shape);
    u64 dst = dst_read_for_write(cpu, insn, shape);

    dst_write(cpu, insn, shape, alu_add(&flags, shape.size, dst, src, carry));
    cpu->flags = flags;
}

FORCE_INLINE void ADD(Cpu *cpu, const Insn *insn, Shape shape)
{
    add(cpu, insn, shape, false);
}
SHAPED(ADD)

FORCE_INLINE void ADC(Cpu *cpu, const Insn *insn, Shape shape)
{
    add(cpu, insn, shape, flag_c(&cpu->flags));
}
SHAPED(ADC)

FORCE_INLINE void subtract(Cpu *cpu, const Insn *insn, Shape shape, bool borrow)
{
    Flags flags;
    u64 src = src_read(cpu, insn, shape);
    u64 dst = dst_read_for_write(cpu, insn, shape);

    dst_write(cpu, insn, shape, alu_subtract(&flags, shape.size, dst, src, borrow));
    cpu->flags = flags;
}

FORCE_INLINE void SUB(Cpu *cpu, const Insn *insn, Shape shape)
{
    subtract(cpu, insn, shape, false);
}
SHAPED(SUB)

FORCE_INLINE void SBB(Cpu *cpu, const Insn *insn, Shape shape)
{
    subtract(cpu, insn, shape, flag_c(&cpu->flags));
}
SHAPED(SBB)

FORCE_INLINE void CMP(Cpu *cpu, const Insn *insn, Shape shape)
{
    u64 src = src_read(cpu, insn, shape);
    u64 dst = dst_read(cpu, insn, shape);

    alu_subtract(&cpu->flags, shape.size, dst, src, false);
}
SHAPED(CMP)

/* INC and DEC leave CF as it is. */
FORCE_INLINE void step_by_one(Cpu *cpu, const Insn *insn, Shape shape, bool down)
{
    Flags flags;
    u64 dst = dst_read_for_write(cpu, insn, shape);
    u64 result = down ? alu_subtract(&flags, shape.size, dst, 1, false)
                      : alu_add(&flags, shape.size, dst, 1, false);

    dst_write(cpu, insn, shape, result);
    flags_set_co(&flags, flag_c(&cpu->flags), flag_o(&flags));
    cpu->flags = flags;
}

FORCE_INLINE void INC(Cpu *cpu, const Insn *insn, Shape shape)
{
    step_by_one(cpu, insn, shape, false);
}
ONE_OPERAND(INC)

FORCE_INLINE void DEC(Cpu *cpu, const Insn *insn, Shape shape)
{
    step_by_one(cpu, insn, shape, true);
}
ONE_OPERAND(DEC)

FORCE_INLINE void NEG(Cpu *cpu, const Insn *insn, Shape shape)
{
    Flags flags;
    u64 dst = dst_read_for_write(cpu, insn, shape);

    dst_write(cpu, insn, shape, alu_subtract(&flags, shape.size, 0, dst, false));
    cpu->flags = flags;
}
ONE_OPERAND(NEG)

/* The source register gets the old destination; when both are the same, the sum wins. */
FORCE_INLINE void XADD(Cpu *cpu, const Insn *insn, Shape shape)
{
    Flags flags;
    u64 src = src_read(cpu, insn, shape);
    u64 dst = dst_read_for_write(cpu, insn, shape);
    u64 sum = alu_add(&flags, shape.size, dst, src, false);

    if (insn->operands[0].kind == OPERAND_MEMORY)
        dst_write(cpu, insn, shape, sum);
    register_write(cpu, insn->operands[1], shape.size, dst);
    if (insn->operands[0].kind != OPERAND_MEMORY)
        dst_write(cpu, insn, shape, sum);
    cpu->flags = flags;
}
SIZED(XADD)

/* The destination is written in either case, as on the bus of a real processor. */
FORCE_INLINE void CMPXCHG(Cpu *cpu, const Insn *insn, Shape shape)
{
    Flags flags;
    u64 src = src_read(cpu, insn, shape);
    u64 dst = dst_read_for_write(cpu, insn, shape);
    bool equal = dst == gpr_read(cpu, RAX, shape.size);

    alu_subtract(&flags, shape.size, gpr_read(cpu, RAX, shape.size), dst, false);
    if (equal || insn->operands[0].kind == OPERAND_MEMORY)
        dst_write(cpu, insn, shape, equal ? src : dst);
    if (!equal)
        gpr_write(cpu, RAX, shape.size, dst);
    cpu->flags = flags;
}
SIZED(CMPXCHG)

/* ZF only. */
static void CMPXCHG8B(Cpu *cpu, const Insn *insn)
{
    u64 offset = operand_offset(cpu, insn);
    u64 expected = gpr_read(cpu, RDX, DWORD) << 32 | gpr_read(cpu, RAX, DWORD);
    u64 dst = memory_read_for_write(cpu, insn->segment, offset, QWORD);
    bool equal = dst == expected;
    u64 desired = gpr_read(cpu, RCX, DWORD) << 32 | gpr_read(cpu, RBX, DWORD);

    memory_write(cpu, insn->segment, offset, QWORD, equal ? desired : dst);
    if (!equal) {
        gpr_write(cpu, RAX, DWORD, dst);
        gpr_write(cpu, RDX, DWORD, dst >> 32);
    }
    flags_unpack(&cpu->flags, (flags_pack(&cpu->flags) & ~(u32)FLAG_ZF) | (equal ? FLAG_ZF : 0));
}
PLAIN(CMPXCHG8B)

/* Sixteen bytes that must lie on a multiple of sixteen, and so in one page. */
static void CMPXCHG16B(Cpu *cpu, const Insn *insn)
{
    u64 offset = operand_offset(cpu, insn), low, high;
    bool equal;

    if ((cpu->segments[insn->segment].base + offset) & 15) /* before #SS of its address */
        cpu_raise_gp0(cpu);
    memory_linear(cpu, insn->segment, offset, 16, true);
    low = memory_read_for_write(cpu, insn->segment, offset, QWORD);
    high = memory_read_for_write(cpu, insn->segment, offset + 8, QWORD);
    equal = low == cpu->gpr[RAX] && high == cpu->gpr[RDX];
    memory_write(cpu, insn->segment, offset, QWORD, equal ? cpu->gpr[RBX] : low);
    memory_write(cpu, insn->segment, offset + 8, QWORD, equal ? cpu->gpr[RCX] : high);
    if (!equal) {
        cpu->gpr[RAX] = low;
        cpu->gpr[RDX] = high;
    }
    flags_unpack(&cpu->flags, (flags_pack(&cpu->flags) & ~(u32)FLAG_ZF) | (equal ? FLAG_ZF : 0));
}
PLAIN(CMPXCHG16B)

/* Addition with a carry of its own, CF or OF; the other flags stay. */
FORCE_INLINE bool add_with(Cpu *cpu, const Insn *insn, Shape shape, bool carry)
{
    u64 src = src_read(cpu, insn, shape);
    u128 sum = (u128)dst_read(cpu, insn, shape) + src + carry;

    dst_write(cpu, insn, shape, (u64)sum);
    return sum >> 8 * shape.size;
}

FORCE_INLINE void ADCX(Cpu *cpu, const Insn *insn, Shape shape)
{
    bool carry = add_with(cpu, insn, shape, flag_c(&cpu->flags));

    flags_set_co(&cpu->flags, carry, flag_o(&cpu->flags));
}
SIZED(ADCX)

FORCE_INLINE void ADOX(Cpu *cpu, const Insn *insn, Shape shape)
{
    bool carry = add_with(cpu, insn, shape, flag_o(&cpu->flags));

    flags_set_co(&cpu->flags, flag_c(&cpu->flags), carry);
}
SIZED(ADOX)
