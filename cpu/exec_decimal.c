/*
 * Decimal adjustment. Manual: Intel SDM Vol. 2, each instruction's page. Flags that it leaves
 * undefined are those of the addition or subtraction made, as on AMD processors.
 */
#include "cpu/alu.h"
#include "cpu/exec.h"

static void set_carries(Cpu *cpu, bool carry, bool adjust)
{
    flags_set_co(&cpu->flags, carry, flag_o(&cpu->flags));
    cpu->flags.carries = (cpu->flags.carries & ~(u64)8) | (u64)adjust << 3;
}

/* Adds to, or takes from, AL or AX; returns the result. */
static u64 correct(Cpu *cpu, Size size, u64 value, u64 by, int sign)
{
    return sign > 0 ? alu_add(&cpu->flags, size, value, by, false)
                    : alu_subtract(&cpu->flags, size, value, by, false);
}

/* DAA and DAS: 6 for the low digit, 60h for the high one. */
static void adjust_packed(Cpu *cpu, int sign)
{
    u8 al = (u8)cpu->gpr[RAX];
    bool carry = flag_c(&cpu->flags), adjust = flag_a(&cpu->flags);
    bool low = (al & 0xF) > 9 || adjust, high = al > 0x99 || carry;
    bool borrow = sign < 0 && low && al < 6;

    gpr_write(cpu, RAX, BYTE, correct(cpu, BYTE, al, (low ? 6u : 0) + (high ? 0x60u : 0), sign));
    set_carries(cpu, high || borrow, low);
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

    gpr_write(cpu, RAX, WORD, correct(cpu, WORD, ax, adjust ? 0x106 : 0, sign) & 0xFF0F);
    set_carries(cpu, adjust, adjust);
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
    flags_set(&cpu->flags, BYTE, al % base, 0);
}
PLAIN(AAM)

static void AAD(Cpu *cpu, const Insn *insn)
{
    u16 ax = (u16)cpu->gpr[RAX];
    u8 tens = (u8)((ax >> 8) * (u8)insn->immediate);

    gpr_write(cpu, RAX, WORD, correct(cpu, BYTE, ax & 0xFF, tens, 1));
}
PLAIN(AAD)
