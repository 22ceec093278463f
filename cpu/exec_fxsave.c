/*
 * FXSAVE and FXRSTOR: x87 and XMM registers together.
 *
 * Not implemented: fast FXSAVE (EFER.FFXSR).
 *
 * Manual: Intel SDM Vol. 1, "FXSAVE and FXRSTOR Instructions"; Vol. 2, "Save x87 FPU, MMX
 * Technology, and SSE State".
 */
#include "cpu/fxsave.h"

static bool saves_xmm(const Cpu *cpu)
{
    return cpu_has(cpu, FEATURE_SSE) && (cpu->cr4 & CR4_OSFXSR);
}

/* #NM, a limit that cuts the first doubleword, and #GP(0) unless the image lies on 16 bytes; then its
 * last byte is the first to be touched, which a page fault's address shows. */
static void image_check(Cpu *cpu, const Insn *insn)
{
    u64 first = operand_offset(cpu, insn);
    u64 last = (first + IMAGE_SIZE - 1) & insn->address_mask;
    bool write = opcode_rows[insn->row].name == INSN_FXSAVE;

    x87_begin_no_wait(cpu);
    if (memory_linear(cpu, insn->segment, first, DWORD, write) & 15)
        cpu_raise_gp0(cpu);
    u64 linear = memory_linear(cpu, insn->segment, last, BYTE, write);
    if (write)
        memory_probe_write(cpu, linear, BYTE, cpu->as);
    else
        memory_read(cpu, insn->segment, last, BYTE);
}

static void save_pointers(Cpu *cpu, const Insn *insn)
{
    const X87 *x87 = &cpu->x87;

    if (insn->size == QWORD) {
        x87_write_memory(cpu, insn, IMAGE_IP, QWORD, x87->ip);
        x87_write_memory(cpu, insn, IMAGE_DP, QWORD, x87->dp);
        return;
    }
    x87_write_memory(cpu, insn, IMAGE_IP, DWORD, (u32)x87->ip);
    x87_write_memory(cpu, insn, IMAGE_CS, DWORD, x87->cs);
    x87_write_memory(cpu, insn, IMAGE_DP, DWORD, (u32)x87->dp);
    x87_write_memory(cpu, insn, IMAGE_DS, DWORD, x87->ds);
}

void image_save_x87(Cpu *cpu, const Insn *insn)
{
    X87 *x87 = &cpu->x87;

    x87_write_memory(cpu, insn, IMAGE_CONTROL, WORD, x87->control);
    x87_write_memory(cpu, insn, IMAGE_STATUS, WORD, x87_status(x87));
    x87_write_memory(cpu, insn, IMAGE_TAGS, WORD, (u8)~x87->empty);
    x87_write_memory(cpu, insn, IMAGE_OPCODE, WORD, x87->opcode);
    save_pointers(cpu, insn);
    for (unsigned i = 0; i < 8; i++) {
        const X87Register *value = x87_st(x87, i);

        x87_write_memory(cpu, insn, IMAGE_ST + 16 * i, QWORD, value->significand);
        x87_write_memory(cpu, insn, IMAGE_ST + 16 * i + 8, QWORD, value->sign_exponent);
    }
}

void image_save_mxcsr(Cpu *cpu, const Insn *insn)
{
    x87_write_memory(cpu, insn, IMAGE_MXCSR, DWORD, cpu->mxcsr);
    x87_write_memory(cpu, insn, IMAGE_MXCSR_MASK, DWORD, MXCSR_BITS);
}

void image_save_xmm(Cpu *cpu, const Insn *insn)
{
    for (unsigned i = 0; i < 2 * xmm_count(cpu); i++)
        x87_write_memory(cpu, insn, IMAGE_XMM + 8 * i, QWORD, cpu->xmm[i / 2].qwords[i % 2]);
}

static void FXSAVE(Cpu *cpu, const Insn *insn)
{
    image_check(cpu, insn);
    x87_probe_store(cpu, insn, IMAGE_SIZE, QWORD);
    image_save_x87(cpu, insn);
    if (cpu_has(cpu, FEATURE_SSE))
        image_save_mxcsr(cpu, insn);
    if (saves_xmm(cpu))
        image_save_xmm(cpu, insn);
}
PLAIN(FXSAVE)

static u16 image_word(const Image *image, unsigned offset)
{
    return (u16)(image->qwords[offset / 8] >> (offset % 8 * 8));
}

void image_restore_x87(Cpu *cpu, const Image *image, bool wide)
{
    X87 *x87 = &cpu->x87;
    u16 status = image_word(image, IMAGE_STATUS);

    x87->control = (image_word(image, IMAGE_CONTROL) & X87_CONTROL_BITS) | X87_CONTROL_ALWAYS;
    x87->status = status & (X87_EXCEPTIONS | X87_SF | X87_UNORDERED | X87_C1);
    x87->top = status >> 11 & 7;
    x87->empty = (u8)~image_word(image, IMAGE_TAGS);
    x87->opcode = image_word(image, IMAGE_OPCODE) & 0x7FF;
    x87->ip = wide ? image->qwords[IMAGE_IP / 8] : (u32)image->qwords[IMAGE_IP / 8];
    x87->dp = wide ? image->qwords[IMAGE_DP / 8] : (u32)image->qwords[IMAGE_DP / 8];
    x87->cs = wide ? 0 : image_word(image, IMAGE_CS);
    x87->ds = wide ? 0 : image_word(image, IMAGE_DS);
    for (unsigned i = 0; i < 8; i++) {
        x87_st(x87, i)->significand = image->qwords[(IMAGE_ST + 16 * i) / 8];
        x87_st(x87, i)->sign_exponent = image_word(image, IMAGE_ST + 16 * i + 8);
    }
    x87_update_summary(cpu);
}

void image_restore_xmm(Cpu *cpu, const Image *image)
{
    for (unsigned i = 0; i < 2 * xmm_count(cpu); i++)
        cpu->xmm[i / 2].qwords[i % 2] = image->qwords[IMAGE_XMM / 8 + i];
}

void image_read(Cpu *cpu, const Insn *insn, Image *image)
{
    for (unsigned i = 0; i < IMAGE_END / 8; i++)
        image->qwords[i] = x87_read_memory(cpu, insn, 8 * i, QWORD);
}

static void FXRSTOR(Cpu *cpu, const Insn *insn)
{
    Image image;
    u32 mxcsr;

    image_check(cpu, insn);
    image_read(cpu, insn, &image);
    mxcsr = (u32)image.qwords[IMAGE_MXCSR / 8];
    if (cpu_has(cpu, FEATURE_SSE) && (mxcsr & ~(u32)MXCSR_BITS))
        cpu_raise_gp0(cpu);
    image_restore_x87(cpu, &image, insn->size == QWORD);
    if (cpu_has(cpu, FEATURE_SSE))
        cpu->mxcsr = mxcsr;
    if (saves_xmm(cpu))
        image_restore_xmm(cpu, &image);
}
PLAIN(FXRSTOR)
