/*
 * Arithmetic flags, kept as an instruction's result and the carries between its bits, and turned
 * into flags when something reads them. One formula serves all operand sizes:
 *
 *   CF = bit 63 of carries    OF = bits 63 and 62 differ     AF = bit 3 of carries
 *   SF = bit 63 of result     PF = even number of ones in the lowest byte of result
 *   ZF = zero is 0 (`zero` differs from `result` only where ZF and SF, or ZF and not PF, are set)
 *
 * To that end the result is sign-extended to 64 bits and the carries are kept twice: where they
 * are (for AF) and moved up to bit 63 (for CF and OF).
 *
 * Manual: Intel SDM Vol. 1, "EFLAGS Register".
 */
#ifndef CPU_FLAGS_H
#define CPU_FLAGS_H

#include "mmu/base.h"

typedef struct Flags {
    u64 result, zero, carries;
} Flags;

enum {
    FLAG_CF = 1 << 0,
    FLAG_PF = 1 << 2,
    FLAG_AF = 1 << 4,
    FLAG_ZF = 1 << 6,
    FLAG_SF = 1 << 7,
    FLAG_TF = 1 << 8,
    FLAG_IF = 1 << 9,
    FLAG_DF = 1 << 10,
    FLAG_OF = 1 << 11,
    FLAG_IOPL = 3 << 12,
    FLAG_NT = 1 << 14,
    FLAG_RF = 1 << 16,
    FLAG_VM = 1 << 17,
    FLAG_AC = 1 << 18,
    FLAG_VIF = 1 << 19,
    FLAG_VIP = 1 << 20,
    FLAG_ID = 1 << 21,
    FLAGS_ARITHMETIC = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF,
    FLAGS_ALWAYS = 1 << 1, /* bit 1 reads as one */
};

FORCE_INLINE bool flag_c(const Flags *flags)
{
    return flags->carries >> 63;
}
FORCE_INLINE bool flag_o(const Flags *flags)
{
    return (flags->carries ^ flags->carries << 1) >> 63;
}
FORCE_INLINE bool flag_a(const Flags *flags)
{
    return flags->carries >> 3 & 1;
}
FORCE_INLINE bool flag_s(const Flags *flags)
{
    return flags->result >> 63;
}
FORCE_INLINE bool flag_z(const Flags *flags)
{
    return flags->zero == 0;
}
FORCE_INLINE bool flag_p(const Flags *flags)
{
    return !__builtin_parity(flags->result & 0xFF);
}

/* The six flags in their places in EFLAGS. */
FORCE_INLINE u32 flags_pack(const Flags *flags)
{
    return flag_c(flags) | flag_p(flags) << 2 | flag_a(flags) << 4 | flag_z(flags) << 6 |
           flag_s(flags) << 7 | flag_o(flags) << 11;
}

/* The inverse, for any combination of flags. */
FORCE_INLINE void flags_unpack(Flags *flags, u64 eflags)
{
    bool carry = eflags & FLAG_CF, overflow = (eflags & FLAG_OF) != 0;

    /* The lowest byte is 0 or 1, by parity; SF is above it. */
    flags->result = (eflags & FLAG_SF ? (u64)1 << 63 : 0) | (eflags & FLAG_PF ? 0 : 1);
    flags->zero = !(eflags & FLAG_ZF);
    flags->carries = (u64)carry << 63 | (u64)(carry ^ overflow) << 62 | (eflags & FLAG_AF ? 8 : 0);
}

/* Result and carries of an operation of `size`; `carries` has no bits above it. */
FORCE_INLINE void flags_set(Flags *flags, Size size, u64 result, u64 carries)
{
    flags->result = sign_extend(result, size);
    flags->zero = flags->result;
    flags->carries = carries << (64 - 8 * size) | (size == QWORD ? 0 : carries);
}

/* Replaces CF and OF; keeps the rest. */
FORCE_INLINE void flags_set_co(Flags *flags, bool carry, bool overflow)
{
    flags->carries =
        (flags->carries & ~((u64)3 << 62)) | (u64)carry << 63 | (u64)(carry ^ overflow) << 62;
}

#endif
