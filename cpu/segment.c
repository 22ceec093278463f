/*
 * Segment registers and descriptors.
 * Manual: Intel SDM Vol. 3, "Protected-Mode Memory Management", "Protection" and "8086 Emulation".
 */
#include "cpu/code_cache.h"
#include "cpu/memory.h"

/* Data that grows down: its valid offsets are those above the limit. */
FORCE_INLINE bool expands_down(u16 access)
{
    return (access & (ACCESS_S | ACCESS_CODE | ACCESS_EXPAND_DOWN)) ==
           (ACCESS_S | ACCESS_EXPAND_DOWN);
}

/* 64-bit mode has neither limits nor rights, and bases for FS and GS only. SDM Vol. 3,
 * "Segmentation in IA-32e Mode". */
static bool is_64bit(const Cpu *cpu)
{
    return cpu->code_size == 8;
}

/* Real and virtual-8086 mode look at limits only, whatever the rights say. */
FORCE_INLINE bool has_right(const Cpu *cpu, const Segment *segment, bool write)
{
    u16 access = segment->access;

    if (!cpu_protected(cpu))
        return true;
    if (!(access & ACCESS_P))
        return false;
    if (access & ACCESS_CODE)
        return !write && (access & ACCESS_RW);
    return !write || (access & ACCESS_RW);
}

FORCE_INLINE void derive(const Cpu *cpu, Segment *segment)
{
    u64 end = expands_down(segment->access) ? 0 : (u64)segment->limit + 1;
    bool is_flat = segment <= &cpu->segments[DS];

    segment->base = segment->loaded_base;
    if (is_64bit(cpu)) {
        if (is_flat)
            segment->base = 0;
        segment->read_end = segment->write_end = ~(u64)0;
        return;
    }
    segment->read_end = has_right(cpu, segment, false) ? end : 0;
    segment->write_end = has_right(cpu, segment, true) ? end : 0;
}

bool segment_allows(const Cpu *cpu, const Segment *segment, u64 offset, unsigned size, bool write)
{
    u64 last = offset + size - 1;

    if (is_64bit(cpu))
        return true;
    if (!has_right(cpu, segment, write))
        return false;
    if (expands_down(segment->access))
        return offset > segment->limit &&
               last <= (segment->access & ACCESS_DB ? 0xFFFFFFFF : 0xFFFF);
    return last <= segment->limit;
}

void segment_check(Cpu *cpu, SegmentRegister reg, u64 offset, unsigned size, bool write)
{
    if (!segment_allows(cpu, &cpu->segments[reg], offset, size, write))
        cpu_raise(cpu, reg == SS ? EXCEPTION_SS : EXCEPTION_GP, 0);
}

void segment_replace(Cpu *cpu, SegmentRegister reg, u16 selector, u64 base, u32 limit, u16 access)
{
    Segment *segment = &cpu->segments[reg];

    if (reg == CS && segment->limit != limit) /* blocks were checked against the old one */
        code_cache_unlink(cpu);
    *segment =
        (Segment){.selector = selector, .loaded_base = base, .limit = limit, .access = access};
    derive(cpu, segment);
}

void segment_set(Cpu *cpu, SegmentRegister reg, u16 selector, u64 base, u32 limit, u16 access)
{
    segment_replace(cpu, reg, selector, base, limit, access);
    if (reg == CS || reg == SS)
        cpu_update_mode(cpu);
}

void segment_set_descriptor(Cpu *cpu, SegmentRegister reg, u16 selector, Descriptor descriptor)
{
    segment_set(cpu, reg, selector, descriptor_base(descriptor), descriptor_limit(descriptor),
                descriptor_access(descriptor));
}

void segment_set_null(Cpu *cpu, SegmentRegister reg, u16 selector)
{
    Segment *segment = &cpu->segments[reg];

    segment_set(cpu, reg, selector, cpu_long(cpu) ? 0 : segment->loaded_base, segment->limit, 0);
}

void segment_set_base(Cpu *cpu, SegmentRegister reg, u64 base)
{
    cpu->segments[reg].loaded_base = base;
    derive(cpu, &cpu->segments[reg]);
}

void segment_set_real(Cpu *cpu, SegmentRegister reg, u16 selector)
{
    Segment *segment = &cpu->segments[reg];
    u64 base = (u64)selector << 4;

    if (cpu_v86(cpu))
        segment_set(cpu, reg, selector, base, 0xFFFF,
                    ACCESS_P | 3 << ACCESS_DPL_SHIFT | ACCESS_S | ACCESS_RW | ACCESS_ACCESSED);
    else /* the limit and the big bit stay: "unreal mode" */
        segment_set(cpu, reg, selector, base, segment->limit,
                    segment->access & ACCESS_P ? segment->access
                                               : ACCESS_P | ACCESS_S | ACCESS_RW | ACCESS_ACCESSED);
}

void segment_update_all(Cpu *cpu)
{
    for (unsigned reg = 0; reg < SEGMENT_COUNT; reg++)
        derive(cpu, &cpu->segments[reg]);
}

/* ---- descriptors ---- */

bool descriptor_locate(const Cpu *cpu, u16 selector, u64 *linear)
{
    const Segment *ldt = &cpu->segments[LDTR];
    u64 base = selector & 4 ? ldt->loaded_base : cpu->gdtr.base;
    u64 limit = selector & 4 ? ldt->limit : cpu->gdtr.limit;

    if ((selector & 4) && !(ldt->access & ACCESS_P))
        return false;
    *linear = cpu_system_linear(cpu, base + (selector & ~7u));
    return (selector | 7u) <= limit;
}

bool descriptor_try_fetch(Cpu *cpu, u16 selector, Descriptor *descriptor)
{
    u64 linear;

    if (!descriptor_locate(cpu, selector, &linear))
        return false;
    *descriptor = system_read(cpu, linear, QWORD);
    return true;
}

Descriptor descriptor_fetch(Cpu *cpu, u16 selector, Exception exception)
{
    Descriptor descriptor;

    if (!descriptor_try_fetch(cpu, selector, &descriptor))
        cpu_raise(cpu, exception, selector & ~3u);
    return descriptor;
}

Descriptor descriptor_fetch_upper(Cpu *cpu, u16 selector, Exception exception)
{
    Descriptor upper;

    if (selector > 0xFFF7 || !descriptor_try_fetch(cpu, selector + 8, &upper) ||
        bits(upper, 44, 40))
        cpu_raise(cpu, exception, selector & ~3u);
    return upper;
}

Descriptor descriptor_mark(Cpu *cpu, u16 selector, Descriptor descriptor, u16 set, u16 clear)
{
    Descriptor marked = (descriptor | (u64)set << 40) & ~((u64)clear << 40);
    u64 linear;

    if (marked != descriptor && descriptor_locate(cpu, selector, &linear))
        system_write(cpu, linear + 5, BYTE, marked >> 40 & 0xFF);
    return marked;
}

/* ---- loading ---- */

/* SDM Vol. 2, "Move", the checks of a load of SS. */
static void check_stack(Cpu *cpu, u16 selector, u16 access)
{
    bool writable = (access & (ACCESS_S | ACCESS_CODE | ACCESS_RW)) == (ACCESS_S | ACCESS_RW);

    if ((selector & 3) != cpu->cpl || !writable || access_dpl(access) != cpu->cpl)
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_SS, selector & ~3u);
}

bool access_is_readable(u16 access)
{
    return (access & ACCESS_S) && (access & (ACCESS_CODE | ACCESS_RW)) != ACCESS_CODE;
}

bool access_is_conforming(u16 access)
{
    u16 conforming = ACCESS_S | ACCESS_CODE | ACCESS_CONFORMING;

    return (access & conforming) == conforming;
}

static void check_data(Cpu *cpu, u16 selector, u16 access)
{
    unsigned dpl = access_dpl(access);

    if (!access_is_readable(access) ||
        (!access_is_conforming(access) && (dpl < cpu->cpl || dpl < (selector & 3))))
        cpu_raise(cpu, EXCEPTION_GP, selector & ~3u);
    if (!(access & ACCESS_P))
        cpu_raise(cpu, EXCEPTION_NP, selector & ~3u);
}

void segment_forget_loads(Cpu *cpu)
{
    for (unsigned i = 0; i < SEGMENT_MEMOS; i++)
        cpu->segment_memos[i].key = 0;
}

/* Not for an observer, who wants to see every access. */
static void remember_load(Cpu *cpu, const Segment *segment, Descriptor descriptor)
{
    SegmentMemo *memo = &cpu->segment_memos[segment->selector / 8 % SEGMENT_MEMOS];
    u64 linear, four_gib = (u64)1 << 32;

    memo->key = 0;
    if (cpu->observer || is_64bit(cpu) || !descriptor_locate(cpu, segment->selector, &linear) ||
        (linear & PAGE_MASK) > PAGE_SIZE - QWORD)
        return;
    *memo = (SegmentMemo){
        .key = segment->selector | (u32)cpu->cpl << 16 | SEGMENT_MEMO_VALID,
        .tlb = (u32)(offsetof(Cpu, mmu.tlb[AS_SUPERVISOR]) + tlb_index(linear) * sizeof(TlbEntry)),
        .table = cpu->gdtr.base,
        .linear = linear,
        .page = linear & ~(u64)PAGE_MASK,
        .descriptor = descriptor,
        .flat =
            segment->base == 0 && segment->read_end == four_gib && segment->write_end == four_gib,
        .segment = *segment};
}

void segment_load(Cpu *cpu, SegmentRegister reg, u16 selector)
{
    Descriptor descriptor;

    if (!cpu_protected(cpu)) {
        segment_set_real(cpu, reg, selector);
        return;
    }
    if (selector_is_null(selector)) {
        if (reg == SS && !(is_64bit(cpu) && cpu->cpl < 3 && (selector & 3) == cpu->cpl))
            cpu_raise_gp0(cpu);
        segment_set_null(cpu, reg, selector);
        return;
    }
    descriptor = descriptor_fetch(cpu, selector, EXCEPTION_GP);
    if (reg == SS)
        check_stack(cpu, selector, descriptor_access(descriptor));
    else
        check_data(cpu, selector, descriptor_access(descriptor));
    descriptor = descriptor_mark(cpu, selector, descriptor, ACCESS_ACCESSED, 0);
    segment_set_descriptor(cpu, reg, selector, descriptor);
    if (reg != SS && !(selector & 4))
        remember_load(cpu, &cpu->segments[reg], descriptor);
}

void segment_drop_privileged(Cpu *cpu)
{
    static const SegmentRegister data[] = {ES, DS, FS, GS};

    for (unsigned i = 0; i < COUNT_OF(data); i++) {
        u16 access = cpu->segments[data[i]].access;

        if (access && access_dpl(access) < cpu->cpl && !access_is_conforming(access))
            segment_set_null(cpu, data[i], 0);
    }
}

bool access_is_code(const Cpu *cpu, u16 access)
{
    if (!(access & ACCESS_S) || !(access & ACCESS_CODE))
        return false;
    return !access_is_code64(cpu, access) || !(access & ACCESS_DB);
}

void code_segment_check_rip(Cpu *cpu, Descriptor code, u64 rip)
{
    bool inside = access_is_code64(cpu, descriptor_access(code)) ? is_canonical(rip)
                                                                 : rip <= descriptor_limit(code);

    if (!inside)
        cpu_raise_gp0(cpu);
}

void code_segment_enter(Cpu *cpu, u16 selector, Descriptor descriptor, unsigned cpl)
{
    cpu->cpl = (u8)cpl;
    segment_set_descriptor(cpu, CS, (u16)((selector & ~3u) | cpl), descriptor);
}
