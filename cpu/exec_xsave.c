/*
 * XSAVE, XRSTOR, XSAVEOPT and XCR0: state by components.
 *
 * XSAVEOPT leaves out components in their initial state, and never one for being unmodified.
 *
 * Not implemented: the compacted format (XSAVEC, XSAVES).
 *
 * Manual: Intel SDM Vol. 1, "Managing State Using the XSAVE Feature Set"; Vol. 2, each
 * instruction's page.
 */
#include "cpu/xsave.h"

#include "cpu/fxsave.h"

enum { XSTATE_BV = 512, XCOMP_BV = 520, HEADER_RESERVED = 528, UPPER_HALVES = 576 };

u64 xsave_supported(const Cpu *cpu)
{
    return XCR0_X87 | XCR0_SSE | (cpu_has(cpu, FEATURE_AVX) ? XCR0_AVX : 0);
}

unsigned xsave_size(u64 components)
{
    return components & XCR0_AVX ? UPPER_HALVES + 256 : UPPER_HALVES;
}

static void require_xsave(Cpu *cpu)
{
    if (!(cpu->cr4 & CR4_OSXSAVE))
        cpu_raise_ud(cpu);
}

static u64 edx_eax(const Cpu *cpu)
{
    return (u64)(u32)cpu->gpr[RDX] << 32 | (u32)cpu->gpr[RAX];
}

/* ---- XCR0 ---- */

static void XGETBV(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    require_xsave(cpu);
    if ((u32)cpu->gpr[RCX] != 0)
        cpu_raise_gp0(cpu);
    cpu->gpr[RAX] = (u32)cpu->xcr0;
    cpu->gpr[RDX] = cpu->xcr0 >> 32;
}
PLAIN(XGETBV)

/* x87 cannot be left out, nor SSE when there is AVX. */
static void XSETBV(Cpu *cpu, const Insn *insn)
{
    u64 value = edx_eax(cpu);

    (void)insn;
    require_xsave(cpu);
    if (cpu->cpl != 0 || (u32)cpu->gpr[RCX] != 0 || (value & ~xsave_supported(cpu)) ||
        !(value & XCR0_X87) || ((value & XCR0_AVX) && !(value & XCR0_SSE)))
        cpu_raise_gp0(cpu);
    cpu->xcr0 = value;
}
PLAIN(XSETBV)

/* ---- components ---- */

static bool x87_is_initial(const X87 *x87)
{
    static const X87 initial = {.control = X87_CONTROL_INIT, .empty = 0xFF};
    u64 any = x87->ip | x87->dp | x87->cs | x87->ds | x87->opcode;

    for (unsigned i = 0; i < 8; i++)
        any |= x87->r[i].significand | x87->r[i].sign_exponent;
    return !any && x87->control == initial.control && x87->status == 0 && x87->top == 0 &&
           x87->empty == initial.empty;
}

static bool halves_are_zero(const Xmm *registers, unsigned count)
{
    u64 any = 0;

    for (unsigned i = 0; i < count; i++)
        any |= registers[i].qwords[0] | registers[i].qwords[1];
    return !any;
}

/* The components that are not in their initial state: XINUSE. */
static u64 in_use(const Cpu *cpu)
{
    unsigned count = xmm_count(cpu);

    return (x87_is_initial(&cpu->x87) ? 0 : XCR0_X87) |
           (halves_are_zero(cpu->xmm, count) && cpu->mxcsr == MXCSR_INIT ? 0 : XCR0_SSE) |
           (halves_are_zero(cpu->ymm_high, count) ? 0 : XCR0_AVX);
}

/* ---- saving ---- */

/* Returns the requested components. The area's first byte is touched first, then its header if that
 * is read, then its last byte. */
static u64 area_check(Cpu *cpu, const Insn *insn, bool write)
{
    u64 components;

    require_xsave(cpu);
    if (cpu->cr0 & CR0_TS)
        cpu_raise(cpu, EXCEPTION_NM, 0);
    components = cpu->xcr0 & edx_eax(cpu);
    if ((cpu->segments[insn->segment].base + operand_offset(cpu, insn)) & 63)
        cpu_raise_gp0(cpu);
    if (!write) {
        x87_read_memory(cpu, insn, 0, BYTE);
        x87_read_memory(cpu, insn, XSTATE_BV, BYTE);
    }
    x87_probe_image(cpu, insn, xsave_size(components), BYTE, write);
    return components;
}

static void save(Cpu *cpu, const Insn *insn, bool optimized)
{
    u64 requested = area_check(cpu, insn, true), used = in_use(cpu);
    u64 written = optimized ? requested & used : requested, header;

    x87_probe_store(cpu, insn, xsave_size(requested), QWORD);
    header = x87_read_memory(cpu, insn, XSTATE_BV, QWORD);
    if (written & XCR0_X87)
        image_save_x87(cpu, insn);
    if (requested & (XCR0_SSE | XCR0_AVX))
        image_save_mxcsr(cpu, insn);
    if (written & XCR0_SSE)
        image_save_xmm(cpu, insn);
    for (unsigned i = 0; (written & XCR0_AVX) && i < 2 * xmm_count(cpu); i++)
        x87_write_memory(cpu, insn, UPPER_HALVES + 8 * i, QWORD,
                         cpu->ymm_high[i / 2].qwords[i % 2]);
    x87_write_memory(cpu, insn, XSTATE_BV, QWORD, (header & ~requested) | (requested & used));
}

static void XSAVE(Cpu *cpu, const Insn *insn)
{
    save(cpu, insn, false);
}
PLAIN(XSAVE)

static void XSAVEOPT(Cpu *cpu, const Insn *insn)
{
    save(cpu, insn, true);
}
PLAIN(XSAVEOPT)

/* ---- restoring ---- */

/* #GP(0) for a header that is not the standard format's, or has components that are not enabled. */
static u64 read_header(Cpu *cpu, const Insn *insn)
{
    u64 present = x87_read_memory(cpu, insn, XSTATE_BV, QWORD);
    u64 reserved = x87_read_memory(cpu, insn, XCOMP_BV, QWORD) |
                   x87_read_memory(cpu, insn, HEADER_RESERVED, QWORD);

    if (reserved || (present & ~cpu->xcr0))
        cpu_raise_gp0(cpu);
    return present;
}

static void restore_x87(Cpu *cpu, const Image *image, bool present, bool wide)
{
    if (present) {
        image_restore_x87(cpu, image, wide);
        return;
    }
    memset(cpu->x87.r, 0, sizeof cpu->x87.r);
    x87_init(cpu);
}

static void XRSTOR(Cpu *cpu, const Insn *insn)
{
    static const Image initial;
    u64 requested = area_check(cpu, insn, false), present = read_header(cpu, insn);
    u64 upper[32] = {0};
    Image image;
    u32 mxcsr;

    image_read(cpu, insn, &image);
    for (unsigned i = 0; (requested & present & XCR0_AVX) && i < 2 * xmm_count(cpu); i++)
        upper[i] = x87_read_memory(cpu, insn, UPPER_HALVES + 8 * i, QWORD);
    mxcsr = (u32)image.qwords[IMAGE_MXCSR / 8];
    if (requested & (XCR0_SSE | XCR0_AVX)) {
        if (mxcsr & ~(u32)MXCSR_BITS)
            cpu_raise_gp0(cpu);
        cpu->mxcsr = mxcsr;
    }
    if (requested & XCR0_X87)
        restore_x87(cpu, &image, present & XCR0_X87, insn->size == QWORD);
    if (requested & XCR0_SSE)
        image_restore_xmm(cpu, present & XCR0_SSE ? &image : &initial);
    for (unsigned i = 0; (requested & XCR0_AVX) && i < 2 * xmm_count(cpu); i++)
        cpu->ymm_high[i / 2].qwords[i % 2] = upper[i];
}
PLAIN(XRSTOR)
