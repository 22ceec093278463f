/*
 * Page tables, descriptor tables, TSS and handlers, as a program in ring 3 notices them.
 *
 * Handlers are never executed: a case ends when one is entered. Manual: Intel SDM Vol. 3, "Paging",
 * "Segment Descriptors", "IDT Descriptors", "64-Bit Mode IDT", "Task State Segment".
 */
#include "frontend/conform/subject_machine.h"

#include <stdio.h>
#include <string.h>

#include "cpu/task.h"
#include "cpu/xsave.h"
#include "mmu/paging.h"

/* Physical addresses. */
enum {
    RAM_SIZE = 0x20000,
    TABLE_LEVEL4 = 0x1000, /* long mode */
    TABLE_LEVEL3 = 0x2000,
    TABLE_POINTERS = 0x3000, /* PAE */
    TABLE_LEVEL2 = 0x4000,   /* of 40000000h .. 7FFFFFFFh */
    TABLE_CASE = 0x5000,     /* of the areas of case.h */
    TABLE_SYSTEM = 0x6000,   /* of what follows */
    SYSTEM_FIRST = 0x8000,
    PHYSICAL_GDT = 0x8000,
    PHYSICAL_IDT = 0x9000,
    PHYSICAL_TSS = 0xA000,
    PHYSICAL_LDT = 0xB000,
    PHYSICAL_HANDLERS = 0xC000, /* one byte per vector */
    SYSTEM_END = 0xE000,
    PHYSICAL_DATA = 0x10000,
    PHYSICAL_READ_ONLY = 0x12000,
    PHYSICAL_STACK = 0x14000,
    PHYSICAL_CODE = 0x18000,
};

/* Linear addresses, far from whatever a case reaches by accident. */
enum {
    SYSTEM_LINEAR = 0x7FC00000,
    LINEAR_GDT = SYSTEM_LINEAR + PHYSICAL_GDT,
    LINEAR_IDT = SYSTEM_LINEAR + PHYSICAL_IDT,
    LINEAR_TSS = SYSTEM_LINEAR + PHYSICAL_TSS,
    LINEAR_LDT = SYSTEM_LINEAR + PHYSICAL_LDT,
    LINEAR_HANDLERS = SYSTEM_LINEAR + PHYSICAL_HANDLERS,
    LINEAR_STACK0_TOP = SYSTEM_LINEAR + SYSTEM_END,
};

/* The GDT of Linux, by selector; the flat limits have G set. */
enum {
    GDT_CODE0_32 = 0x08,
    GDT_CODE0_64 = 0x10,
    GDT_DATA0 = 0x18,
    GDT_TSS = 0x40,
    GDT_LDT = 0x50,
    GDT_LIMIT = 0x7F,
};

enum {
    USED = ACCESS_P | ACCESS_S | ACCESS_ACCESSED | ACCESS_RW,
    USED_CODE = USED | ACCESS_CODE,
    RING3 = 3 << ACCESS_DPL_SHIFT,
    FLAT = ACCESS_G | ACCESS_DB,
    FLAT_LONG = ACCESS_G | ACCESS_L,
};

static void poke(SubjectMachine *m, u32 physical, u64 value)
{
    memcpy(m->bare.ram.bytes + physical, &value, 8);
}

static u64 peek(const SubjectMachine *m, u64 physical, Size size)
{
    u64 value = 0;

    memcpy(&value, m->bare.ram.bytes + physical, size);
    return value;
}

/* ---- paging ---- */

enum { TABLE_FLAGS = PTE_PRESENT | PTE_WRITABLE | PTE_USER | PTE_ACCESSED };

static void map(SubjectMachine *m, u32 table, u32 linear, u32 physical, u32 size, u64 flags)
{
    for (u32 at = 0; at < size; at += PAGE_SIZE)
        poke(m, table + (linear + at) % 0x200000 / PAGE_SIZE * 8,
             (physical + at) | flags | PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY);
}

static void make_page_tables(SubjectMachine *m)
{
    u64 writable = PTE_USER | PTE_WRITABLE | PTE_NX;

    poke(m, TABLE_LEVEL4, TABLE_LEVEL3 | TABLE_FLAGS);
    poke(m, TABLE_LEVEL3 + 8, TABLE_LEVEL2 | TABLE_FLAGS);
    poke(m, TABLE_POINTERS + 8, TABLE_LEVEL2 | PTE_PRESENT);
    poke(m, TABLE_LEVEL2, TABLE_CASE | TABLE_FLAGS);
    poke(m, TABLE_LEVEL2 + (SYSTEM_LINEAR >> 21) % 512 * 8, TABLE_SYSTEM | TABLE_FLAGS);
    map(m, TABLE_CASE, CASE_DATA, PHYSICAL_DATA, CASE_DATA_SIZE, writable);
    map(m, TABLE_CASE, CASE_READ_ONLY, PHYSICAL_READ_ONLY, CASE_READ_ONLY_SIZE, PTE_USER | PTE_NX);
    map(m, TABLE_CASE, CASE_STACK, PHYSICAL_STACK, CASE_STACK_SIZE, writable);
    map(m, TABLE_CASE, CASE_CODE, PHYSICAL_CODE, CASE_CODE_SIZE, PTE_USER | PTE_WRITABLE);
    map(m, TABLE_SYSTEM, SYSTEM_LINEAR + SYSTEM_FIRST, SYSTEM_FIRST, SYSTEM_END - SYSTEM_FIRST,
        PTE_WRITABLE);
}

/* ---- segments ---- */

/* `limit` as the descriptor has it: 20 bits. */
static u64 descriptor(u32 base, u32 limit, u16 access)
{
    return (limit & 0xFFFF) | (u64)(base & 0xFFFFFF) << 16 | (u64)access << 40 |
           (u64)(limit >> 16 & 15) << 48 | (u64)(base >> 24) << 56;
}

static void make_gdt(SubjectMachine *m)
{
    static const struct {
        u16 selector, access;
    } flat[] = {
        {GDT_CODE0_32, FLAT | USED_CODE},
        {GDT_CODE0_64, FLAT_LONG | USED_CODE},
        {GDT_DATA0, FLAT | USED},
        {CASE_CS32 & ~7, FLAT | RING3 | USED_CODE},
        {CASE_FLAT & ~7, FLAT | RING3 | USED},
        {CASE_CS64 & ~7, FLAT_LONG | RING3 | USED_CODE},
    };

    for (unsigned i = 0; i < COUNT_OF(flat); i++)
        poke(m, PHYSICAL_GDT + flat[i].selector, descriptor(0, 0xFFFFF, flat[i].access));
    poke(m, PHYSICAL_GDT + GDT_TSS, descriptor(LINEAR_TSS, 0x67, ACCESS_P | SYSTEM_TSS32_BUSY));
    poke(m, PHYSICAL_GDT + GDT_LDT,
         descriptor(LINEAR_LDT, CASE_LDT_ENTRIES * 8 - 1, ACCESS_P | SYSTEM_LDT));
}

static void make_ldt(SubjectMachine *m)
{
    static const u16 rights[6] = {
        [ES] = USED,
        [CS] = USED_CODE,
        [SS] = USED,
        [DS] = USED,
        [FS] = USED | ACCESS_EXPAND_DOWN,
        [GS] = USED & ~ACCESS_RW,
    };

    for (unsigned reg = ES; reg <= GS; reg++) {
        const CaseSegment *s = &case_segments[CASE_16][reg];

        poke(m, PHYSICAL_LDT + (s->selector & ~7u),
             descriptor(s->base, s->limit, rights[reg] | RING3));
    }
}

static void make_segments(SubjectMachine *m)
{
    for (unsigned mode = 0; mode < CASE_MODES; mode++)
        for (unsigned reg = ES; reg <= GS; reg++) {
            const CaseSegment *s = &case_segments[mode][reg];
            u32 table = s->selector & 4 ? PHYSICAL_LDT : PHYSICAL_GDT;

            if (s->selector)
                segment_set_descriptor(&m->bare.cpu, reg, s->selector,
                                       peek(m, table + (s->selector & ~7u), QWORD));
            else
                segment_set_null(&m->bare.cpu, reg, 0);
            if (!s->selector)
                segment_set_base(&m->bare.cpu, reg, s->base);
            m->segments[mode][reg] = m->bare.cpu.segments[reg];
        }
}

/* ---- interrupts ---- */

/* A handler is a HLT. INT3 and INTO may be used in ring 3, as under Linux; its INT 80h is never
 * run. */
static void make_idt(SubjectMachine *m)
{
    bool is_long = cpu_has(&m->bare.cpu, FEATURE_LONG);

    memset(m->bare.ram.bytes + PHYSICAL_HANDLERS, CODE_FILLER, 256);
    for (u32 vector = 0; vector < 256; vector++) {
        bool open = vector == EXCEPTION_BP || vector == EXCEPTION_OF;
        u64 access = ACCESS_P | SYSTEM_INTERRUPT_GATE32 | (open ? RING3 : 0);
        u64 selector = is_long ? GDT_CODE0_64 : GDT_CODE0_32;
        u64 offset = LINEAR_HANDLERS + vector;

        poke(m, PHYSICAL_IDT + vector * (is_long ? 16 : 8),
             (offset & 0xFFFF) | selector << 16 | access << 40 | (offset >> 16) << 48);
    }
    if (is_long) {
        poke(m, PHYSICAL_TSS + 4, LINEAR_STACK0_TOP);
    } else {
        u64 stack = LINEAR_STACK0_TOP;

        poke(m, PHYSICAL_TSS + 4, stack | (u64)GDT_DATA0 << 32);
    }
    poke(m, PHYSICAL_TSS + 0x60, (u64)0x68 << 48); /* no I/O permission map */
}

unsigned subject_machine_vector(const SubjectMachine *m)
{
    return (unsigned)(m->bare.cpu.rip - LINEAR_HANDLERS) & 0xFF;
}

/* The stack was empty: the frame's size tells whether there is an error code. */
ExceptionFrame subject_machine_frame(const SubjectMachine *m)
{
    Size size = m->bare.cpu.code_size == 8 ? QWORD : DWORD;
    u64 at = m->bare.cpu.gpr[RSP] - SYSTEM_LINEAR;
    ExceptionFrame frame = {0};

    assert(at == SYSTEM_END - 5 * size || at == SYSTEM_END - 6 * size);
    if (at == SYSTEM_END - 6 * size) {
        frame.error_code = (u32)peek(m, at, size);
        at += size;
    }
    frame.rip = peek(m, at, size);
    frame.rflags = peek(m, at + 2 * size, size);
    frame.rsp = peek(m, at + 3 * size, size);
    return frame;
}

/* ---- as a whole ---- */

static void set_control(SubjectMachine *m)
{
    Cpu *cpu = &m->bare.cpu;
    bool is_long = cpu_has(cpu, FEATURE_LONG);

    cpu->cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG;
    cpu->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT |
               (cpu_has(cpu, FEATURE_FSGSBASE) ? CR4_FSGSBASE : 0) |
               (cpu_has(cpu, FEATURE_XSAVE) ? CR4_OSXSAVE : 0);
    cpu->xcr0 = xsave_supported(cpu);
    cpu->efer = EFER_NXE | (is_long ? EFER_SCE | EFER_LME | EFER_LMA : 0);
    cpu->cr3 = is_long ? TABLE_LEVEL4 : TABLE_POINTERS;
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    if (!is_long)
        mmu_load_pdptes(&cpu->mmu, cpu->cr3);
    mmu_set_cr3(&cpu->mmu, cpu->cr3);
    cpu->gdtr = (DescriptorTable){.base = LINEAR_GDT, .limit = GDT_LIMIT};
    cpu->idtr = (DescriptorTable){.base = LINEAR_IDT, .limit = is_long ? 0xFFF : 0x7FF};
    segment_set(cpu, TR, GDT_TSS, LINEAR_TSS, 0x67, ACCESS_P | SYSTEM_TSS32_BUSY);
    segment_set(cpu, LDTR, GDT_LDT, LINEAR_LDT, CASE_LDT_ENTRIES * 8 - 1, ACCESS_P | SYSTEM_LDT);
    cpu->cpl = 3;
}

bool subject_machine_open(SubjectMachine *m, const char *model, char *error, size_t error_size)
{
    u8 *live[AREA_COUNT];

    memset(m, 0, sizeof *m);
    if (!bare_processor_open(&m->bare, model, RAM_SIZE, error, error_size))
        return false;
    live[AREA_DATA] = m->bare.ram.bytes + PHYSICAL_DATA;
    live[AREA_READ_ONLY] = m->bare.ram.bytes + PHYSICAL_READ_ONLY;
    live[AREA_STACK] = m->bare.ram.bytes + PHYSICAL_STACK;
    live[AREA_CODE] = m->bare.ram.bytes + PHYSICAL_CODE;
    m->code_offset = PHYSICAL_CODE;
    surroundings_init(&m->surroundings, live);
    make_page_tables(m);
    make_gdt(m);
    make_ldt(m);
    make_idt(m);
    set_control(m);
    make_segments(m);
    cpu_translations_changed(&m->bare.cpu);
    return true;
}

void subject_machine_close(SubjectMachine *m)
{
    bare_processor_close(&m->bare);
}
