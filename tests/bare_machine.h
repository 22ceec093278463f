/*
 * A processor with RAM and nothing else, for tests of instructions.
 *
 * Whatever vector is delivered, through the IVT or the IDT, lands on a HLT of its own: after a run
 * bare_vector() says which it was, and the handler's stack shows the rest.
 */
#ifndef TESTS_BARE_MACHINE_H
#define TESTS_BARE_MACHINE_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/segment.h"
#include "frontend/bare_processor.h"

/* Guest code, assembled by the host's assembler in Intel syntax: PROGRAM(name, 16, "...").
 * Addresses within it are differences of labels: `label - name + CODE`. */
#define PROGRAM(name, bits, text)                                                                  \
    __asm__(".pushsection .rodata\n.code" #bits "\n.intel_syntax noprefix\n" #name ":\n" text      \
            "\n" #name "_end:\n.att_syntax prefix\n.code64\n.popsection\n");                       \
    extern const u8 name[] __attribute__((visibility("hidden")));                                  \
    extern const u8 name##_end[] __attribute__((visibility("hidden")))

/* Where things are in the bare machine's memory. */
enum {
    BARE_HANDLERS = 0x3000, /* 256 HLTs, one per vector */
    BARE_GDT = 0x4000,
    BARE_IDT = 0x5000,
    BARE_TSS = 0x6000,
    BARE_LDT = 0x7000,
    BARE_STACK0 = 0x9000, /* its top; ring 0 in the TSS */
    BARE_STACK3 = 0xA000,
    BARE_DATA = 0xC000,
    BARE_CODE = 0x10000,
    BARE_RAM = 4 << 20,
};

/* Selectors of bare_protected()'s GDT; 60h and up are the test's. */
enum {
    BARE_CODE0 = 0x08,
    BARE_DATA0 = 0x10,
    BARE_CODE3 = 0x1B,
    BARE_DATA3 = 0x23,
    BARE_TR = 0x28,
    BARE_LDTR = 0x30,
    BARE_CODE16 = 0x38,
    BARE_DATA16 = 0x40,
    BARE_FREE = 0x60,
};

/* Access words as in Segment.access. */
enum {
    BARE_FLAT = ACCESS_G | ACCESS_DB | ACCESS_P | ACCESS_S | ACCESS_RW,
    BARE_SMALL = ACCESS_P | ACCESS_S | ACCESS_RW,
    BARE_RING3 = 3 << ACCESS_DPL_SHIFT,
};

typedef BareProcessor BareMachine;

static inline void bare_write(BareMachine *m, u64 address, Size size, u64 value)
{
    space_write(&m->memory, address, size, value);
}

static inline u64 bare_read(BareMachine *m, u64 address, Size size)
{
    return space_read(&m->memory, address, size);
}

static inline void bare_load(BareMachine *m, u64 address, const u8 *bytes, const u8 *end)
{
    space_write_bytes(&m->memory, address, bytes, (u64)(end - bytes));
}

/* In real mode at 0000:`BARE_CODE & FFFF` would be too far: CS is BARE_CODE >> 4. */
static inline BareMachine *bare_create_model(const char *model)
{
    BareMachine *m = calloc(1, sizeof *m);
    char error[128];

    cr_assert(m && bare_processor_open(m, model, BARE_RAM, error, sizeof error));
    memset(m->ram.bytes + BARE_HANDLERS, 0xF4, 256);
    for (unsigned v = 0; v < 256; v++)
        bare_write(m, v * 4, DWORD, BARE_HANDLERS + v);
    segment_set_real(&m->cpu, CS, BARE_CODE >> 4);
    m->cpu.rip = 0;
    m->cpu.gpr[RSP] = BARE_STACK0;
    return m;
}

static inline BareMachine *bare_create(void)
{
    return bare_create_model("");
}

static inline void bare_destroy(BareMachine *m)
{
    bare_processor_close(m);
    free(m);
}

/* ---- protected mode ---- */

/* `limit` as in the descriptor: 20 bits. */
static inline void bare_descriptor(BareMachine *m, u16 selector, u32 base, u32 limit, u16 access)
{
    u64 descriptor = (limit & 0xFFFF) | (u64)(base & 0xFFFFFF) << 16 | (u64)access << 40 |
                     (u64)(limit >> 16 & 15) << 48 | (u64)(base >> 24) << 56;
    u64 table = selector & 4 ? BARE_LDT : BARE_GDT;

    bare_write(m, table + (selector & ~7u), QWORD, descriptor);
}

/* type: as in cpu/task.h, with DPL and P in `access`. */
static inline u64 bare_gate(u16 selector, u32 offset, u16 access)
{
    return (offset & 0xFFFF) | (u64)selector << 16 | (u64)access << 40 | (u64)(offset >> 16) << 48;
}

static inline void bare_idt(BareMachine *m, u8 vector, u64 gate)
{
    bare_write(m, BARE_IDT + vector * 8u, QWORD, gate);
}

static inline void bare_load_segment(BareMachine *m, SegmentRegister reg, u16 selector)
{
    u64 table = selector & 4 ? BARE_LDT : BARE_GDT;

    segment_set_descriptor(&m->cpu, reg, selector, bare_read(m, table + (selector & ~7u), QWORD));
}

/* Flat 32-bit protected mode in ring `cpl` at BARE_CODE; all vectors have 32-bit interrupt gates
 * of DPL 0 to ring 0. The TSS has SS0:ESP0 and no I/O bitmap. */
static inline void bare_protected(BareMachine *m, unsigned cpl)
{
    Cpu *cpu = &m->cpu;
    u16 ring = (u16)(cpl << ACCESS_DPL_SHIFT);

    bare_descriptor(m, BARE_CODE0, 0, 0xFFFFF, BARE_FLAT | ACCESS_CODE);
    bare_descriptor(m, BARE_DATA0, 0, 0xFFFFF, BARE_FLAT);
    bare_descriptor(m, BARE_CODE3, 0, 0xFFFFF, BARE_FLAT | ACCESS_CODE | BARE_RING3);
    bare_descriptor(m, BARE_DATA3, 0, 0xFFFFF, BARE_FLAT | BARE_RING3);
    bare_descriptor(m, BARE_TR, BARE_TSS, 0x67, ACCESS_P | 11);
    bare_descriptor(m, BARE_LDTR, BARE_LDT, 0xFF, ACCESS_P | 2);
    bare_descriptor(m, BARE_CODE16, 0, 0xFFFF, BARE_SMALL | ACCESS_CODE | ring);
    bare_descriptor(m, BARE_DATA16, 0, 0xFFFF, BARE_SMALL | ring);
    for (unsigned v = 0; v < 256; v++)
        bare_idt(m, (u8)v, bare_gate(BARE_CODE0, BARE_HANDLERS + v, ACCESS_P | 14));
    bare_write(m, BARE_TSS + 4, DWORD, BARE_STACK0);
    bare_write(m, BARE_TSS + 8, WORD, BARE_DATA0);
    bare_write(m, BARE_TSS + 0x66, WORD, 0x68);
    cpu->gdtr = (DescriptorTable){.base = BARE_GDT, .limit = 0x7FF};
    cpu->idtr = (DescriptorTable){.base = BARE_IDT, .limit = 0x7FF};
    cpu->cr0 |= CR0_PE;
    cpu->cpl = (u8)cpl;
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    bare_load_segment(m, CS, cpl ? BARE_CODE3 : BARE_CODE0);
    for (unsigned reg = ES; reg <= GS; reg++)
        if (reg != CS)
            bare_load_segment(m, reg, cpl ? BARE_DATA3 : BARE_DATA0);
    bare_load_segment(m, TR, BARE_TR);
    bare_load_segment(m, LDTR, BARE_LDTR);
    segment_update_all(cpu);
    cpu->gpr[RSP] = cpl ? BARE_STACK3 : BARE_STACK0;
    cpu->rip = BARE_CODE;
    cpu_translations_changed(cpu);
}

static inline BareMachine *bare_in_ring(unsigned cpl)
{
    BareMachine *m = bare_create();

    bare_protected(m, cpl);
    return m;
}

/* Puts doublewords on the stack: values[0] on top. */
static inline void bare_push(BareMachine *m, unsigned count, const u32 *values)
{
    m->cpu.gpr[RSP] -= count * 4;
    for (unsigned i = 0; i < count; i++)
        bare_write(m, m->cpu.gpr[RSP] + i * 4, DWORD, values[i]);
}

/* ---- running ---- */

/* Runs at most `count` instructions; events and exceptions count as one each. */
static inline void bare_run(BareMachine *m, unsigned count)
{
    m->cpu.deadline = m->cpu.cycles + count;
    cpu_run(&m->cpu);
}

/* Runs to a HLT; false when there was none within 10000 instructions. */
static inline bool bare_run_to_halt(BareMachine *m)
{
    bare_run(m, 10000);
    return m->cpu.attention & ATTEND_HALT;
}

/* Loads a program at BARE_CODE and runs it to a HLT. */
#define BARE_RUN(m, program)                                                                       \
    (bare_load((m), BARE_CODE, program, program##_end), bare_run_to_halt(m))

/* The vector whose handler the machine halted in, or -1. */
static inline int bare_vector(const BareMachine *m)
{
    u64 linear = m->cpu.segments[CS].base + m->cpu.rip - 1;

    if (!(m->cpu.attention & ATTEND_HALT) || linear < BARE_HANDLERS ||
        linear >= BARE_HANDLERS + 256)
        return -1;
    return (int)(linear - BARE_HANDLERS);
}

/* The doubleword (word) `number` of the handler's stack: 0 is the error code, or EIP. */
static inline u32 bare_stack(BareMachine *m, unsigned number)
{
    return (u32)bare_read(m, m->cpu.segments[SS].base + m->cpu.gpr[RSP] + number * 4, DWORD);
}

static inline u16 bare_stack16(BareMachine *m, unsigned number)
{
    return (u16)bare_read(m, m->cpu.segments[SS].base + m->cpu.gpr[RSP] + number * 2, WORD);
}

/* Runs a machine whose next instruction, at BARE_CODE, raises `vector`, in 32-bit handlers; ends it. */
static inline void bare_expect_vector(BareMachine *m, int vector, u32 error_code)
{
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), vector, "vector %d, not %d", bare_vector(m), vector);
    cr_expect_eq(bare_stack(m, 0), error_code, "error code %04X, not %04X", bare_stack(m, 0),
                 error_code);
    cr_expect_eq(bare_stack(m, 1), BARE_CODE);
    bare_destroy(m);
}

static inline void bare_expect_fault(BareMachine *m, const u8 *program, const u8 *end, int vector,
                                     u32 error_code)
{
    bare_load(m, BARE_CODE, program, end);
    bare_expect_vector(m, vector, error_code);
}

#endif
