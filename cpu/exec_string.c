/*
 * String instructions. Manual: Intel SDM Vol. 2, each instruction's page, and
 * "REP/REPE/REPZ/REPNE/REPNZ - Repeat String Operation Prefix".
 *
 * A repeated instruction commits registers after each piece of work and can stop between two
 * iterations, each of which counts as one cycle. MOVS and STOS work on as much as lies in one
 * page at a time, where both sides are plain memory.
 */
#include "cpu/alu.h"
#include "cpu/exec.h"
#include "cpu/observer.h"

/* Does at least one and at most `most` iterations; returns how many. */
typedef u64 (*StringBody)(Cpu *cpu, const Insn *insn, Size size, u64 most);

FORCE_INLINE Size address_size(const Insn *insn)
{
    return (64 - insn->address_shift) / 8;
}

FORCE_INLINE u64 string_pointer(const Cpu *cpu, const Insn *insn, unsigned reg)
{
    return cpu->gpr[reg] << insn->address_shift >> insn->address_shift;
}

FORCE_INLINE void string_advance(Cpu *cpu, const Insn *insn, unsigned reg, Size size, u64 count)
{
    u64 bytes = count * size;

    gpr_write(cpu, reg, address_size(insn),
              cpu->rflags & FLAG_DF ? cpu->gpr[reg] - bytes : cpu->gpr[reg] + bytes);
}

/* REP; for CMPS and SCAS (`compares`) REPE and REPNE, which stop on ZF. */
FORCE_INLINE void repeat(Cpu *cpu, const Insn *insn, Size size, StringBody body, bool compares)
{
    u64 count = string_pointer(cpu, insn, RCX);

    if (!(insn->prefixes & (PREFIX_REP | PREFIX_REPNE))) {
        body(cpu, insn, size, 1);
        return;
    }
    if (count == 0)
        return;
    cpu_sync_cycles(cpu);
    for (;;) {
        u64 most = cpu->deadline - cpu->cycles, done;

        if (cpu->rflags & FLAG_TF)
            most = 1;
        done = body(cpu, insn, size, count < most ? count : most);
        count -= done;
        gpr_write(cpu, RCX, address_size(insn), count);
        cpu->cycles += done;
        if (count == 0 || (compares && flag_z(&cpu->flags) != !(insn->prefixes & PREFIX_REPNE)))
            break;
        if (cpu->cycles >= cpu->deadline || !cpu->block_end || (cpu->rflags & FLAG_TF)) {
            cpu->rip = cpu_rip(cpu);
            cpu_leave_block(cpu);
            observer_repeats(cpu, cpu->cycles);
            break;
        }
    }
    cpu->cycles--; /* the run loop counts the instruction itself */
}

/* How many elements from `offset` upwards lie in one page, up to `most`; 0 where the segment, the
 * address size or the direction forbids to treat them as one. */
FORCE_INLINE u64 run_length(const Cpu *cpu, const Insn *insn, unsigned reg, u64 offset, u64 linear,
                            Size size, u64 most, bool write)
{
    const Segment *segment = &cpu->segments[reg];
    u64 count = (PAGE_SIZE - (linear & PAGE_MASK)) / size;
    u64 end;

    if (count > most)
        count = most;
    end = offset + count * size;
    if ((cpu->rflags & FLAG_DF) || end > (write ? segment->write_end : segment->read_end) ||
        end - 1 > ~(u64)0 >> insn->address_shift)
        return 0;
    return count;
}

FORCE_INLINE u64 segment_linear(const Cpu *cpu, unsigned reg, u64 offset)
{
    u64 linear = cpu->segments[reg].base + offset;

    return cpu->code_size == 8 ? linear : (u32)linear;
}

/* ---- MOVS ---- */

/* Overlapping with the destination ahead, elements are copied one by one: the pattern repeats. */
static void copy_forward(u8 *to, const u8 *from, u64 count, Size size)
{
    if (to <= from || to >= from + count * size) {
        memmove(to, from, count * size);
        return;
    }
    for (u64 i = 0; i < count * size; i += size)
        bytes_store(to + i, size, bytes_load(from + i, size));
}

FORCE_INLINE u64 move_body(Cpu *cpu, const Insn *insn, Size size, u64 most)
{
    u64 source = string_pointer(cpu, insn, RSI), destination = string_pointer(cpu, insn, RDI);
    u64 count = 1;

    if (most > 1) {
        u64 from = segment_linear(cpu, insn->segment, source);
        u64 to = segment_linear(cpu, ES, destination);
        const u8 *from_host = mmu_fast(&cpu->mmu, cpu->tlb_epoch, from, ACCESS_READ, cpu->as, size);
        u8 *to_host = mmu_fast(&cpu->mmu, cpu->tlb_epoch, to, ACCESS_WRITE, cpu->as, size);

        count = run_length(cpu, insn, insn->segment, source, from, size, most, false);
        count = run_length(cpu, insn, ES, destination, to, size, count, true);
        if (count > 1 && from_host && to_host) {
            copy_forward(to_host, from_host, count, size);
            string_advance(cpu, insn, RSI, size, count);
            string_advance(cpu, insn, RDI, size, count);
            return count;
        }
    }
    memory_write(cpu, ES, destination, size, memory_read(cpu, insn->segment, source, size));
    string_advance(cpu, insn, RSI, size, 1);
    string_advance(cpu, insn, RDI, size, 1);
    return 1;
}

FORCE_INLINE void MOVS(Cpu *cpu, const Insn *insn, Shape shape)
{
    repeat(cpu, insn, shape.size, move_body, false);
}
SIZED(MOVS)

/* ---- STOS ---- */

FORCE_INLINE u64 store_body(Cpu *cpu, const Insn *insn, Size size, u64 most)
{
    u64 destination = string_pointer(cpu, insn, RDI);
    u64 to = segment_linear(cpu, ES, destination);
    u64 count = run_length(cpu, insn, ES, destination, to, size, most, true);
    u8 *host = mmu_fast(&cpu->mmu, cpu->tlb_epoch, to, ACCESS_WRITE, cpu->as, size);

    if (count > 1 && host) {
        if (size == BYTE)
            memset(host, (int)(u8)cpu->gpr[RAX], count);
        else
            for (u64 i = 0; i < count; i++)
                bytes_store(host + i * size, size, cpu->gpr[RAX]);
    } else {
        count = 1;
        memory_write(cpu, ES, destination, size, gpr_read(cpu, RAX, size));
    }
    string_advance(cpu, insn, RDI, size, count);
    return count;
}

FORCE_INLINE void STOS(Cpu *cpu, const Insn *insn, Shape shape)
{
    repeat(cpu, insn, shape.size, store_body, false);
}
SIZED(STOS)

/* ---- one element at a time ---- */

FORCE_INLINE u64 load_body(Cpu *cpu, const Insn *insn, Size size, u64 most)
{
    (void)most;
    gpr_write(cpu, RAX, size,
              memory_read(cpu, insn->segment, string_pointer(cpu, insn, RSI), size));
    string_advance(cpu, insn, RSI, size, 1);
    return 1;
}

FORCE_INLINE void LODS(Cpu *cpu, const Insn *insn, Shape shape)
{
    repeat(cpu, insn, shape.size, load_body, false);
}
SIZED(LODS)

/* ---- CMPS and SCAS: REPE goes on while the elements are equal, REPNE while they are not ---- */

/* How many of `most` elements are compared until one stops the repetition. */
FORCE_INLINE u64 compared(const Insn *insn, Size size, u64 most, const u8 *a, const u8 *b, u64 step)
{
    bool stop = insn->prefixes & PREFIX_REPNE;
    u64 count = 0;

    do
        count++;
    while (count < most && (bytes_load(a + (count - 1) * step, size) ==
                            bytes_load(b + (count - 1) * size, size)) != stop);
    return count;
}

FORCE_INLINE u64 compare_body(Cpu *cpu, const Insn *insn, Size size, u64 most)
{
    u64 source = string_pointer(cpu, insn, RSI), destination = string_pointer(cpu, insn, RDI);
    u64 from = segment_linear(cpu, insn->segment, source),
        to = segment_linear(cpu, ES, destination);
    u64 count = run_length(cpu, insn, insn->segment, source, from, size, most, false), a, b;

    count = run_length(cpu, insn, ES, destination, to, size, count, false);
    if (count > 1) {
        const u8 *left = mmu_fast(&cpu->mmu, cpu->tlb_epoch, from, ACCESS_READ, cpu->as, size);
        const u8 *right = mmu_fast(&cpu->mmu, cpu->tlb_epoch, to, ACCESS_READ, cpu->as, size);

        if (left && right) {
            count = compared(insn, size, count, left, right, size);
            a = bytes_load(left + (count - 1) * size, size);
            b = bytes_load(right + (count - 1) * size, size);
            alu_subtract(&cpu->flags, size, a, b, false);
            string_advance(cpu, insn, RSI, size, count);
            string_advance(cpu, insn, RDI, size, count);
            return count;
        }
    }
    /* When both would fault, it is ES:(E)DI that does. */
    b = memory_read(cpu, ES, destination, size);
    a = memory_read(cpu, insn->segment, source, size);
    alu_subtract(&cpu->flags, size, a, b, false);
    string_advance(cpu, insn, RSI, size, 1);
    string_advance(cpu, insn, RDI, size, 1);
    return 1;
}

FORCE_INLINE void CMPS(Cpu *cpu, const Insn *insn, Shape shape)
{
    repeat(cpu, insn, shape.size, compare_body, true);
}
SIZED(CMPS)

FORCE_INLINE u64 scan_body(Cpu *cpu, const Insn *insn, Size size, u64 most)
{
    u64 destination = string_pointer(cpu, insn, RDI), wanted = gpr_read(cpu, RAX, size);
    u64 to = segment_linear(cpu, ES, destination), element;
    u64 count = run_length(cpu, insn, ES, destination, to, size, most, false);
    const u8 *host =
        count > 1 ? mmu_fast(&cpu->mmu, cpu->tlb_epoch, to, ACCESS_READ, cpu->as, size) : NULL;

    if (host) {
        count = compared(insn, size, count, (const u8 *)&wanted, host, 0);
        element = bytes_load(host + (count - 1) * size, size);
    } else {
        count = 1;
        element = memory_read(cpu, ES, destination, size);
    }
    alu_subtract(&cpu->flags, size, wanted, element, false);
    string_advance(cpu, insn, RDI, size, count);
    return count;
}

FORCE_INLINE void SCAS(Cpu *cpu, const Insn *insn, Shape shape)
{
    repeat(cpu, insn, shape.size, scan_body, true);
}
SIZED(SCAS)
