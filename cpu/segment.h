/*
 * Segment registers: loading with the checks of each mode, and the slow checks of accesses.
 * Manual: Intel SDM Vol. 3, "Protected-Mode Memory Management" and "Protection".
 */
#ifndef CPU_SEGMENT_H
#define CPU_SEGMENT_H

#include "cpu/cpu.h"

/* A descriptor as it lies in the GDT, LDT or IDT. */
typedef u64 Descriptor;

FORCE_INLINE u64 descriptor_base(Descriptor d) { return bits(d, 39, 16) | bits(d, 63, 56) << 24; }
FORCE_INLINE u16 descriptor_access(Descriptor d) { return (u16)(d >> 40 & 0xF0FF); }
FORCE_INLINE u32 descriptor_limit(Descriptor d)
{
    u32 limit = (u32)(bits(d, 15, 0) | bits(d, 51, 48) << 16);
    return d >> 55 & 1 ? limit << 12 | 0xFFF : limit;
}
FORCE_INLINE unsigned access_dpl(u16 access) { return access >> ACCESS_DPL_SHIFT & 3; }
FORCE_INLINE unsigned access_type(u16 access) { return access & ACCESS_TYPE; }

/* In long mode a code segment is of 64 bits or has the D bit, not both. */
FORCE_INLINE bool access_is_code64(const Cpu *cpu, u16 access) { return cpu_long(cpu) && (access & ACCESS_L); }

FORCE_INLINE bool selector_is_null(u16 selector) { return !(selector & ~3u); }
bool access_is_readable(u16 access);
bool access_is_conforming(u16 access);

/* Sets a register and what is derived from it, without checks. */
void segment_set(Cpu *cpu, SegmentRegister reg, u16 selector, u64 base, u32 limit, u16 access);
/* The same, but after CS or SS the caller calls cpu_update_mode(). */
void segment_replace(Cpu *cpu, SegmentRegister reg, u16 selector, u64 base, u32 limit, u16 access);

/* FS and GS in 64-bit mode: the base alone, through its MSR. */
/* The GDT, or who looks on, has changed: what Cpu.segment_memos says is void. */
void segment_forget_loads(Cpu *cpu);
void segment_set_base(Cpu *cpu, SegmentRegister reg, u64 base);

void segment_set_descriptor(Cpu *cpu, SegmentRegister reg, u16 selector, Descriptor descriptor);
void segment_set_null(Cpu *cpu, SegmentRegister reg, u16 selector);

/* Real-mode and VM86 load: base = selector << 4; in real mode limit and rights stay. */
void segment_set_real(Cpu *cpu, SegmentRegister reg, u16 selector);

/* Recomputes the derived members of all segments (after a mode change or a snapshot). */
void segment_update_all(Cpu *cpu);

/* MOV/POP/LxS to ES, SS, DS, FS, GS in the current mode, with all checks: raises #GP, #SS, #NP. */
void segment_load(Cpu *cpu, SegmentRegister reg, u16 selector);

/* Fetches the descriptor of `selector`; raises `exception`(selector) when outside its table. */
Descriptor descriptor_fetch(Cpu *cpu, u16 selector, Exception exception);
/* The same without raising (page faults still do): false when outside its table. */
bool descriptor_try_fetch(Cpu *cpu, u16 selector, Descriptor *descriptor);

/* The second half of a 16-byte system descriptor of long mode: raises `exception`(selector) when it
 * lies outside the table or has a type. */
Descriptor descriptor_fetch_upper(Cpu *cpu, u16 selector, Exception exception);

/* The linear address of the descriptor of `selector`; false when outside its table. */
bool descriptor_locate(const Cpu *cpu, u16 selector, u64 *linear);
/* Sets and clears bits of the access byte in memory (accessed, busy); returns the new value. */
Descriptor descriptor_mark(Cpu *cpu, u16 selector, Descriptor descriptor, u16 set, u16 clear);

/* Is `access` that of a code segment that far transfers may name, in this mode? */
bool access_is_code(const Cpu *cpu, u16 access);

/* Raises #GP(0) when `rip` is outside the code segment it is about to be used in. */
void code_segment_check_rip(Cpu *cpu, Descriptor code, u64 rip);

/* CS and CPL of a far transfer whose checks have passed. */
void code_segment_enter(Cpu *cpu, u16 selector, Descriptor descriptor, unsigned cpl);

/* After a return to an outer ring: data segments that it may not use become null. */
void segment_drop_privileged(Cpu *cpu);

/* May `size` bytes at `offset` be read (written)? Exact, for any segment, loaded or not. */
bool segment_allows(const Cpu *cpu, const Segment *segment, u64 offset, unsigned size, bool write);

/* The check that a fast compare with read_end/write_end could not decide: raises #GP(0) or #SS(0)
 * when `size` bytes at `offset` may not be read (written). */
void segment_check(Cpu *cpu, SegmentRegister reg, u64 offset, unsigned size, bool write);

#endif
