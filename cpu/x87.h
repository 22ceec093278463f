/*
 * The x87's registers as its instructions see them: the stack, the status and control words.
 * Manual: Intel SDM Vol. 1, "x87 FPU Execution Environment" and "x87 FPU Floating-Point
 * Exception Handling".
 */
#ifndef CPU_X87_H
#define CPU_X87_H

#include "cpu/exec.h"

/* Status word. The low six bits are, in the control word, the masks of these exceptions. */
enum {
    X87_IE = 1,
    X87_DE = 2,
    X87_ZE = 4,
    X87_OE = 8,
    X87_UE = 16,
    X87_PE = 32,
    X87_EXCEPTIONS = 63,
    X87_BEFORE = X87_IE | X87_DE | X87_ZE,       /* found before anything is computed */
    X87_NO_STORE = X87_BEFORE | X87_OE | X87_UE, /* keep a store from happening, unmasked */
    X87_SF = 64,                                 /* stack fault */
    X87_ES = 128,                                /* an unmasked exception is pending */
    X87_C0 = 1 << 8,
    X87_C1 = 1 << 9,
    X87_C2 = 1 << 10,
    X87_C3 = 1 << 14,
    X87_UNORDERED = X87_C0 | X87_C2 | X87_C3,
    X87_BUSY = 1 << 15, /* follows ES */
};

/* Control word. */
enum { X87_CONTROL_INIT = 0x37F, X87_CONTROL_BITS = 0x1F3F, X87_CONTROL_ALWAYS = 0x40,
       X87_TRUNCATE = 3 << 10 };

/* The x87 is there but must not be used now: raises #NM. */
_Noreturn void x87_unavailable(Cpu *cpu);
/* An unmasked exception is pending: raises #MF, or FERR#; returns while IGNNE# is up. */
void x87_wait(Cpu *cpu);
/* ES and B follow from flags and masks; FERR# falls with them. After either changed. */
void x87_update_summary(Cpu *cpu);
void x87_init(Cpu *cpu);
/* Raises what a write of `size` bytes would, in pieces that are to be aligned. */
void x87_probe_store(Cpu *cpu, const Insn *insn, unsigned size, unsigned alignment);
/* Raises what an access to an environment or image raises: processors touch its first field, then
 * its last byte, then the rest, which a page fault's address shows. Reading the rest is left to the
 * caller. */
void x87_probe_image(Cpu *cpu, const Insn *insn, unsigned size, unsigned field, bool write);

/* ---- the stack ---- */

/* QNaN floating-point indefinite: the masked answer to an invalid operation. */
#define X87_INDEFINITE ((X87Register){.significand = (u64)3 << 62, .sign_exponent = 0xFFFF})

FORCE_INLINE X87Register *x87_st(X87 *x87, unsigned number)
{
    return &x87->r[(x87->top + number) & 7];
}

FORCE_INLINE bool x87_is_empty(const X87 *x87, unsigned number)
{
    return bit(x87->empty, (x87->top + number) & 7);
}

FORCE_INLINE void x87_set_empty(X87 *x87, unsigned number, bool empty)
{
    u8 mask = (u8)(1 << ((x87->top + number) & 7));
    x87->empty = empty ? x87->empty | mask : x87->empty & (u8)~mask;
}

/* By members: a 16-byte copy would have to wait for the 10-byte store before it. */
FORCE_INLINE void x87_copy(X87Register *to, const X87Register *from)
{
    u64 significand = from->significand;
    u16 sign_exponent = from->sign_exponent;

    to->significand = significand;
    to->sign_exponent = sign_exponent;
}

FORCE_INLINE void x87_pop(X87 *x87)
{
    x87_set_empty(x87, 0, true);
    x87->top = (x87->top + 1) & 7;
}

FORCE_INLINE void x87_push(X87 *x87, const X87Register *value)
{
    x87->top = (x87->top - 1) & 7;
    x87_set_empty(x87, 0, false);
    x87_copy(&x87->r[x87->top], value);
}

FORCE_INLINE u16 x87_status(const X87 *x87)
{
    return (u16)(x87->status | x87->top << 11);
}

/* ---- exceptions ---- */

FORCE_INLINE bool x87_unmasked(const X87 *x87, u16 status, u16 exceptions)
{
    return status & ~x87->control & exceptions;
}

/* Adds what an operation reported: its exceptions, C1, and the `conditions` among its C0, C2, C3.
 * False: nothing was computed, destination and stack stay as they are. */
FORCE_INLINE bool x87_report(Cpu *cpu, u16 status, u16 conditions)
{
    X87 *x87 = &cpu->x87;
    u16 taken = X87_C1 | conditions;

    x87->status = (u16)((x87->status & ~taken) | (status & (taken | X87_EXCEPTIONS | X87_SF)));
    if (LIKELY(!x87_unmasked(x87, status, X87_EXCEPTIONS)))
        return true;
    x87->status |= X87_ES | X87_BUSY;
    return !x87_unmasked(x87, status, X87_BEFORE);
}

/* An operand is empty, or (C1) the register to be pushed is not. True: masked, carry on with
 * the indefinite. */
FORCE_INLINE bool x87_stack_underflow(Cpu *cpu)
{
    return x87_report(cpu, X87_IE | X87_SF, 0);
}

FORCE_INLINE bool x87_stack_overflow(Cpu *cpu)
{
    return x87_report(cpu, X87_IE | X87_SF | X87_C1, 0);
}

/* ---- the frame of each instruction ---- */

/* First in every instruction but those of the FNxxx kind. */
FORCE_INLINE void x87_begin(Cpu *cpu)
{
    if (UNLIKELY(cpu->cr0 & (CR0_EM | CR0_TS)))
        x87_unavailable(cpu);
    if (UNLIKELY(cpu->x87.status & X87_ES))
        x87_wait(cpu);
}

FORCE_INLINE void x87_begin_no_wait(Cpu *cpu)
{
    if (UNLIKELY(cpu->cr0 & (CR0_EM | CR0_TS)))
        x87_unavailable(cpu);
}

/* After the last access that can fault: instruction pointer and opcode. */
FORCE_INLINE void x87_record(Cpu *cpu, const Insn *insn)
{
    X87 *x87 = &cpu->x87;

    x87->ip = cpu_rip(cpu);
    x87->cs = cpu->segments[CS].selector;
    x87->opcode = (u16)((opcode_rows[insn->row].code & 7) << 8 | insn->modrm);
}

/* ... and the operand pointer. */
FORCE_INLINE void x87_record_operand(Cpu *cpu, const Insn *insn, u64 offset)
{
    x87_record(cpu, insn);
    cpu->x87.dp = offset;
    cpu->x87.ds = cpu->segments[insn->segment].selector;
}

FORCE_INLINE void x87_record_memory(Cpu *cpu, const Insn *insn)
{
    x87_record_operand(cpu, insn, operand_offset(cpu, insn));
}

FORCE_INLINE u64 x87_read_memory(Cpu *cpu, const Insn *insn, unsigned offset, Size size)
{
    return memory_read(cpu, insn->segment, operand_offset(cpu, insn) + offset, size);
}

FORCE_INLINE void x87_write_memory(Cpu *cpu, const Insn *insn, unsigned offset, Size size,
                                   u64 value)
{
    memory_write(cpu, insn->segment, operand_offset(cpu, insn) + offset, size, value);
}

/* An 80-bit operand. */
FORCE_INLINE X87Register x87_read_register(Cpu *cpu, const Insn *insn, unsigned offset)
{
    return (X87Register){.significand = x87_read_memory(cpu, insn, offset, QWORD),
                         .sign_exponent = (u16)x87_read_memory(cpu, insn, offset + 8, WORD)};
}

/* Only after x87_probe_store(). */
FORCE_INLINE void x87_write_register(Cpu *cpu, const Insn *insn, unsigned offset,
                                     const X87Register *value)
{
    x87_write_memory(cpu, insn, offset, QWORD, value->significand);
    x87_write_memory(cpu, insn, offset + 8, WORD, value->sign_exponent);
}

#endif
