/*
 * The image that FXSAVE writes, which is also the first part of XSAVE's.
 *
 * Manual: Intel SDM Vol. 1, "FXSAVE and FXRSTOR Instructions", "Legacy Region of an XSAVE Area".
 */
#ifndef CPU_FXSAVE_H
#define CPU_FXSAVE_H

#include "cpu/simd.h"

/* Byte offsets in the image. */
enum {
    IMAGE_CONTROL = 0,
    IMAGE_STATUS = 2,
    IMAGE_TAGS = 4,
    IMAGE_OPCODE = 6,
    IMAGE_IP = 8,
    IMAGE_CS = 12,
    IMAGE_DP = 16,
    IMAGE_DS = 20,
    IMAGE_MXCSR = 24,
    IMAGE_MXCSR_MASK = 28,
    IMAGE_ST = 32,
    IMAGE_XMM = 160,
    IMAGE_END = 416,
    IMAGE_SIZE = 512,
};

typedef struct Image {
    u64 qwords[IMAGE_SIZE / 8];
} Image;

/* XMM8 and up exist in 64-bit mode only. */
FORCE_INLINE unsigned xmm_count(const Cpu *cpu)
{
    return cpu->code_size == 8 ? 16 : 8;
}

/* To the memory operand; only after x87_probe_store(). */
void image_save_x87(Cpu *cpu, const Insn *insn);
void image_save_mxcsr(Cpu *cpu, const Insn *insn);
void image_save_xmm(Cpu *cpu, const Insn *insn);

/* The memory operand up to IMAGE_END; raises what reading it raises. */
void image_read(Cpu *cpu, const Insn *insn, Image *image);
void image_restore_x87(Cpu *cpu, const Image *image, bool wide);
void image_restore_xmm(Cpu *cpu, const Image *image);

#endif
