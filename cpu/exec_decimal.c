/*
 * Decimal adjustment. Manual: Intel SDM Vol. 2, each instruction's page. Flags that it leaves
 * undefined follow the result.
 */
#include "cpu/alu.h"
#include "cpu/exec.h"

static void set_result_flags(Cpu *cpu, u8 al, bool carry, bool adjust)
{
    flags_set(&cpu->flags, BYTE, al, 0);
    cpu->flags.carries = (u64)carry << 63 | (u64)carry << 62 | (u64)adjust << 3;
}

/* DAA and DAS: 6 for the low digit, 60h for the high one. */
static void adjust_packed(Cpu *cpu, int sign)
{
    u8 al = (u8)cpu->gpr[RAX], result = al;
    bool carry = flag_c(&cpu->flags), adjust = flag_a(&cpu->flags);
    bool low = (al & 0xF) > 9 || adjust, high = al > 0x99 || carry;
    bool borrow = sign < 0 && low && al < 6;

    if (low)
        result = (u8)(result + sign * 6);
    if (high)
        result = (u8)(result + sign * 0x60);
    gpr_write(cpu, RAX, BYTE, result);
    set_result_flags(cpu, result, high || borrow, low);
}

static void DAA(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    adjust_packed(cpu, 1);
}
PLAIN(DAA)

static void DAS(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    adjust_packed(cpu, -1);
}
PLAIN(DAS)

static void adjust_unpacked(Cpu *cpu, int sign)
{
    u16 ax = (u16)cpu->gpr[RAX];
    bool adjust = (ax & 0xF) > 9 || flag_a(&cpu->flags);

    if (adjust)
        ax = (u16)(ax + sign * 0x106);
    ax &= 0xFF0F;
    gpr_write(cpu, RAX, WORD, ax);
    set_result_flags(cpu, (u8)ax, adjust, adjust);
}

static void AAA(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    adjust_unpacked(cpu, 1);
}
PLAIN(AAA)

static void AAS(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    adjust_unpacked(cpu, -1);
}
PLAIN(AAS)

static void AAM(Cpu *cpu, const Insn *insn)
{
    u8 al = (u8)cpu->gpr[RAX], base = (u8)insn->immediate;

    if (base == 0)
        cpu_raise(cpu, EXCEPTION_DE, 0);
    gpr_write(cpu, RAX, WORD, (u64)(al / base) << 8 | al % base);
    set_result_flags(cpu, al % base, false, false);
}
PLAIN(AAM)

static void AAD(Cpu *cpu, const Insn *insn)
{
    u16 ax = (u16)cpu->gpr[RAX];
    u8 al = (u8)((ax & 0xFF) + (ax >> 8) * (u8)insn->immediate);

    gpr_write(cpu, RAX, WORD, al);
    set_result_flags(cpu, al, false, false);
}
PLAIN(AAD)
