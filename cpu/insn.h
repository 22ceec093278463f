/*
 * A decoded instruction, and the two tables behind it: instructions.def (one row per
 * instruction) and opcodes.def (one row per encoding).
 */
#ifndef CPU_INSN_H
#define CPU_INSN_H

#include "mmu/base.h"

typedef struct Cpu Cpu;
typedef struct Insn Insn;
typedef void (*Handler)(Cpu *cpu, const Insn *insn);

/* What an operand is, once decoded. */
typedef enum OperandKind {
    OPERAND_NONE,
    OPERAND_GPR,        /* number: byte offset of the register (or of AH..BH) in Cpu.gpr */
    OPERAND_MEMORY,     /* base + index * scale + displacement in `segment` */
    OPERAND_IMMEDIATE,  /* Insn.immediate, already extended to 64 bits */
    OPERAND_RELATIVE,   /* Insn.immediate: displacement from the next instruction */
    OPERAND_FAR,        /* Insn.immediate: offset, Insn.selector: selector */
    OPERAND_SEGMENT,    /* number: SegmentRegister; the rest likewise */
    OPERAND_CONTROL,
    OPERAND_DEBUG,
    OPERAND_X87,        /* ST(number) */
    OPERAND_MMX,
    OPERAND_XMM,
    OPERAND_STRING,     /* the memory at (E)SI or (E)DI of a string instruction */
} OperandKind;

typedef struct Operand {
    u8 kind;    /* OperandKind */
    u8 number;
    u8 size;    /* bytes: 1, 2, 4, 8, or what the row says (10 for m80, 28 ...); 0: none */
} Operand;

enum { PREFIX_REP = 1, PREFIX_REPNE = 2, PREFIX_LOCK = 4, PREFIX_SEGMENT = 8, PREFIX_REX = 16 };

enum { INSN_MAX_LENGTH = 15, INSN_OPERANDS = 4 };

struct Insn {
    Handler exec;
    u64 immediate;          /* sign- or zero-extended as the row says */
    u64 displacement;       /* sign-extended; for ENTER the second immediate */
    u64 address_mask;       /* all ones of the address size */
    Operand operands[INSN_OPERANDS];
    u8 base, index;         /* byte offsets in Cpu.gpr; REG_ZERO's where there is none */
    u8 scale;               /* shift count */
    u8 address_shift;       /* 64 - address size in bits: x << shift >> shift truncates x */
    u8 segment;             /* SegmentRegister of the memory operand, after overrides */
    u8 size;                /* effective operand size in bytes */
    u8 prefixes;
    u8 length;              /* bytes, 1..15 */
    u8 modrm;
    u8 rip_relative;        /* the memory operand's base is the next instruction */
    u16 start;              /* bytes from the start of its block */
    u16 row;                /* in opcodes.def */
    u16 selector;           /* of OPERAND_FAR */
};
_Static_assert(sizeof(Insn) == 64, "an instruction is one cache line");

/* Every instruction of instructions.def. */
typedef enum InsnName {
#define INSN(name, reads, writes, undefined, ends, title) INSN_##name,
#include "cpu/instructions.def"
#undef INSN
    INSN_COUNT
} InsnName;

/* Sets of arithmetic flags as the tables name them. */
enum {
    FLAGS__ = 0, FLAGS_C = 1, FLAGS_P = 4, FLAGS_A = 0x10, FLAGS_Z = 0x40, FLAGS_S = 0x80,
    FLAGS_O = 0x800, FLAGS_D = 0x400,
    FLAGS_OSZAPC = FLAGS_O | FLAGS_S | FLAGS_Z | FLAGS_A | FLAGS_P | FLAGS_C,
    FLAGS_OSZAP = FLAGS_OSZAPC & ~FLAGS_C, FLAGS_SZAPC = FLAGS_OSZAPC & ~FLAGS_O,
    FLAGS_OSZPC = FLAGS_OSZAPC & ~FLAGS_A, FLAGS_OSAPC = FLAGS_OSZAPC & ~FLAGS_Z,
    FLAGS_OSZP = FLAGS_OSZPC & ~FLAGS_C, FLAGS_OSAP = FLAGS_OSAPC & ~FLAGS_C,
    FLAGS_OC = FLAGS_O | FLAGS_C, FLAGS_OAC = FLAGS_OC | FLAGS_A, FLAGS_AC = FLAGS_A | FLAGS_C,
    FLAGS_SZAP = FLAGS_OSZAP & ~FLAGS_O, FLAGS_SZP = FLAGS_SZAP & ~FLAGS_A, FLAGS_OA = FLAGS_O | FLAGS_A,
    FLAGS_AP = FLAGS_A | FLAGS_P, FLAGS_SAP = FLAGS_AP | FLAGS_S, FLAGS_OAC_ = FLAGS_OAC, FLAGS_CZ = FLAGS_C | FLAGS_Z, FLAGS_SO = FLAGS_S | FLAGS_O,
    FLAGS_ZSO = FLAGS_Z | FLAGS_SO, FLAGS_ZPC = FLAGS_Z | FLAGS_P | FLAGS_C,
};

typedef struct InsnInfo {
    const char *name;
    u16 reads, writes, undefined;   /* arithmetic flags */
    u8 ends;                        /* ends a block */
    const char *title;              /* of its page in the manual, SDM Vol. 2 */
    const char *vex_name;           /* with a V before it */
} InsnInfo;
extern const InsnInfo insn_info[INSN_COUNT];

/* Operand letters of opcodes.def; the manual's (SDM Vol. 2, "Opcode Map") where it has them. */
typedef enum OperandCode {
    CODE__,
    CODE_Eb, CODE_Ew, CODE_Ed, CODE_Ev, CODE_Ez, CODE_Ey,    /* ModRM register or memory */
    CODE_Gb, CODE_Gw, CODE_Gd, CODE_Gv, CODE_Gy, CODE_Gq,    /* ModRM reg field */
    CODE_Rd, CODE_Rv,                   /* ModRM r/m field, register whatever mod says (Rd) */
    CODE_M, CODE_Mb, CODE_Mw, CODE_Md, CODE_Mq, CODE_Mdq, CODE_Mv, CODE_Mt, CODE_Ma, CODE_Mp, CODE_Ms, /* memory only */
    CODE_MwRv, CODE_MwRd,               /* SLDT, SMSW, PINSRW ..: a 16-bit memory or a v (y) register */
    CODE_MbRd,                          /* PINSRB, PEXTRB: an 8-bit memory or a y register */
    CODE_Ib, CODE_sIb, CODE_Iw, CODE_Iv, CODE_Iz, CODE_Ib2, CODE_ONE,
    CODE_Jb, CODE_Jz, CODE_Ap,
    CODE_Ob, CODE_Ov,
    CODE_Zb, CODE_Zv,                   /* register in the opcode's low three bits */
    CODE_AL, CODE_CL, CODE_DX, CODE_AX, CODE_rAX,
    CODE_Xb, CODE_Xv, CODE_Yb, CODE_Yv, CODE_Xz, CODE_Yz,
    CODE_Sw, CODE_ES, CODE_CS, CODE_SS, CODE_DS, CODE_FS, CODE_GS,
    CODE_Cd, CODE_Dd,
    CODE_ST0, CODE_STi,
    CODE_Pq, CODE_Qd, CODE_Qq,          /* MMX register: ModRM reg field; register or memory */
    CODE_Vdq, CODE_Wb, CODE_Ww, CODE_Wss, CODE_Wsd, CODE_Wdq, /* XMM register; register or 1 to 16 bytes of memory */
    CODE_By,                            /* VEX.vvvv: general register */
    CODE_Vx, CODE_Hx, CODE_Wx, CODE_Mx, /* 16 or 32 bytes, by VEX.L: ModRM reg field; VEX.vvvv; r/m; memory */
    CODE_Wh, CODE_Wf, CODE_We,          /* XMM register, or a half, fourth, eighth of that in memory */
    CODE_Hdq, CODE_Ldq, CODE_Lx,        /* VEX.vvvv; the immediate's upper four bits */
    CODE_Vqq, CODE_Hqq, CODE_Wqq, CODE_Mqq, /* YMM register, 32 bytes of memory */
    CODE_VM,                            /* memory at a vector of indexes: its register and bytes */
    CODE_COUNT
} OperandCode;

/* CPU features that a row can ask for; `-cpu` decides which a machine has. */
typedef enum Feature {
    FEATURE_NONE, FEATURE_FPU, FEATURE_486, FEATURE_CPUID, FEATURE_TSC, FEATURE_MSR, FEATURE_CX8,
    FEATURE_SEP, FEATURE_CMOV, FEATURE_P6, FEATURE_MMX, FEATURE_FXSR, FEATURE_SSE, FEATURE_SSE2,
    FEATURE_PSE, FEATURE_PAE, FEATURE_PGE, FEATURE_VME, FEATURE_DE, FEATURE_APIC, FEATURE_PSE36,
    FEATURE_LONG, FEATURE_NX, FEATURE_MCE, FEATURE_MCA, FEATURE_MTRR, FEATURE_PAT,
    FEATURE_SYSCALL, FEATURE_PAGE1GB, FEATURE_PCID, FEATURE_INVPCID, FEATURE_SMEP, FEATURE_SMAP,
    FEATURE_UMIP, FEATURE_FSGSBASE,
    FEATURE_SSE3, FEATURE_MONITOR, FEATURE_SSSE3, FEATURE_SSE41, FEATURE_SSE42, FEATURE_POPCNT,
    FEATURE_LZCNT, FEATURE_MOVBE, FEATURE_CX16, FEATURE_AES, FEATURE_PCLMUL, FEATURE_ADX,
    FEATURE_SHA, FEATURE_RDRAND, FEATURE_RDSEED, FEATURE_CLFLUSHOPT, FEATURE_CLWB, FEATURE_RDTSCP,
    FEATURE_RDPID, FEATURE_LAHF64, FEATURE_BMI1, FEATURE_BMI2, FEATURE_XSAVE, FEATURE_XSAVEOPT,
    FEATURE_AVX, FEATURE_AVX2, FEATURE_F16C, FEATURE_FMA, FEATURE_PREFETCHW,
    FEATURE_VAES, FEATURE_VPCLMUL,
    FEATURE_COUNT
} Feature;

/* Bit n: Feature n. */
typedef unsigned __int128 FeatureSet;

/* Attributes of a row: bits, or'ed with the feature moved up by ATTR_FEATURE. */
enum {
    ATTR_NONE = 0,
    LOCK = 1,           /* may carry a LOCK prefix when its destination is memory */
    I64 = 2,            /* invalid in 64-bit mode */
    O64 = 4,            /* only in 64-bit mode */
    D64 = 8,            /* 64-bit operands by default in 64-bit mode */
    F64 = 16,           /* ... whatever the prefixes say */
    PLUS_R = 32,        /* eight codes: the low three bits are a register */
    PM = 64,            /* #UD in real and virtual-8086 mode */
    CPL0 = 128,         /* privileged; the handler checks */
    NO_REX_B = 4096,    /* 90h is NOP, but with REX.B it is XCHG */
    NO_REPEAT = 8192,   /* #UD after F2h or F3h */
    P66 = 256, PF3 = 512, PF2 = 1024, PNONE = 2048,     /* mandatory prefix */
    ATTR_FEATURE = 16,
    F_FPU = FEATURE_FPU << ATTR_FEATURE, F_486 = FEATURE_486 << ATTR_FEATURE,
    F_CPUID = FEATURE_CPUID << ATTR_FEATURE, F_TSC = FEATURE_TSC << ATTR_FEATURE,
    F_MSR = FEATURE_MSR << ATTR_FEATURE, F_CX8 = FEATURE_CX8 << ATTR_FEATURE,
    F_SEP = FEATURE_SEP << ATTR_FEATURE, F_CMOV = FEATURE_CMOV << ATTR_FEATURE,
    F_P6 = FEATURE_P6 << ATTR_FEATURE, F_FXSR = FEATURE_FXSR << ATTR_FEATURE,
    F_MMX = FEATURE_MMX << ATTR_FEATURE, F_SSE = FEATURE_SSE << ATTR_FEATURE,
    F_SSE2 = FEATURE_SSE2 << ATTR_FEATURE, F_LONG = FEATURE_LONG << ATTR_FEATURE,
    F_SYSCALL = FEATURE_SYSCALL << ATTR_FEATURE, F_SMAP = FEATURE_SMAP << ATTR_FEATURE,
    F_INVPCID = FEATURE_INVPCID << ATTR_FEATURE, F_FSGSBASE = FEATURE_FSGSBASE << ATTR_FEATURE,
    F_SSE3 = FEATURE_SSE3 << ATTR_FEATURE, F_MONITOR = FEATURE_MONITOR << ATTR_FEATURE,
    F_SSSE3 = FEATURE_SSSE3 << ATTR_FEATURE, F_SSE41 = FEATURE_SSE41 << ATTR_FEATURE,
    F_SSE42 = FEATURE_SSE42 << ATTR_FEATURE, F_POPCNT = FEATURE_POPCNT << ATTR_FEATURE,
    F_LZCNT = FEATURE_LZCNT << ATTR_FEATURE, F_MOVBE = FEATURE_MOVBE << ATTR_FEATURE,
    F_CX16 = FEATURE_CX16 << ATTR_FEATURE, F_AES = FEATURE_AES << ATTR_FEATURE,
    F_PCLMUL = FEATURE_PCLMUL << ATTR_FEATURE, F_ADX = FEATURE_ADX << ATTR_FEATURE,
    F_SHA = FEATURE_SHA << ATTR_FEATURE, F_RDRAND = FEATURE_RDRAND << ATTR_FEATURE,
    F_RDSEED = FEATURE_RDSEED << ATTR_FEATURE, F_CLFLUSHOPT = FEATURE_CLFLUSHOPT << ATTR_FEATURE,
    F_CLWB = FEATURE_CLWB << ATTR_FEATURE, F_RDTSCP = FEATURE_RDTSCP << ATTR_FEATURE,
    F_RDPID = FEATURE_RDPID << ATTR_FEATURE, F_LAHF64 = FEATURE_LAHF64 << ATTR_FEATURE,
    F_BMI1 = FEATURE_BMI1 << ATTR_FEATURE, F_BMI2 = FEATURE_BMI2 << ATTR_FEATURE,
    F_XSAVE = FEATURE_XSAVE << ATTR_FEATURE, F_XSAVEOPT = FEATURE_XSAVEOPT << ATTR_FEATURE,
    F_AVX = FEATURE_AVX << ATTR_FEATURE, F_AVX2 = FEATURE_AVX2 << ATTR_FEATURE,
    F_VAES = FEATURE_VAES << ATTR_FEATURE, F_VPCLMUL = FEATURE_VPCLMUL << ATTR_FEATURE,
    F_F16C = FEATURE_F16C << ATTR_FEATURE, F_FMA = FEATURE_FMA << ATTR_FEATURE,
    W1 = 1 << 23,       /* REX.W (VEX.W) set */
    W0 = 1 << 24,       /* clear */
    L0 = 1 << 25, L1 = 1 << 26,     /* VEX.L */
    L1_AVX2 = 1 << 27,  /* with VEX.L set AVX2's */
    VEX_BIT = 1 << 28,      /* opcodes_vex.def */
    VEX_V = 1 << 29,    /* named like the instruction without VEX, with a V before it */
};

/* The /digit column: any ModRM (or none), /0../7, /n with memory or register only, or one ModRM byte. */
enum { ANY = 0x800, MEM = 0x100, REG = 0x200, MODRM = 0x400 };

typedef struct OpcodeRow {
    u32 code;           /* one byte, 0x0Fxx, 0x0F38xx, 0x0F3Axx */
    u16 digit;
    u16 name;           /* InsnName */
    u8 operands[INSN_OPERANDS];     /* OperandCode */
    u32 attributes;
} OpcodeRow;
extern const OpcodeRow opcode_rows[];
extern const unsigned opcode_row_count;

FORCE_INLINE Feature row_feature(const OpcodeRow *row)
{
    return row->attributes >> ATTR_FEATURE & 0x7F;
}

FORCE_INLINE const char *insn_name(const Insn *insn)
{
    const OpcodeRow *row = &opcode_rows[insn->row];
    const InsnInfo *info = &insn_info[row->name];

    return row->attributes & VEX_V ? info->vex_name : info->name;
}

#endif
