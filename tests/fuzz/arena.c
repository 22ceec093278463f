#include "tests/fuzz/arena.h"

#include <stdio.h>
#include <string.h>

#include "cpu/code_cache.h"
#include "cpu/task.h"
#include "mmu/paging.h"
#include "translate/translator.h"

enum {
    LEVEL4 = 0x1000,
    LEVEL3 = 0x2000,
    LEVEL2 = 0x3000,
    GDT = 0x5000,
    GDT_LIMIT = 0x57,
    IDT = 0x6000,
    TSS = 0x7000,
    HANDLERS = 0x7800, /* four bytes for each of 64 vectors */
    HANDLER_COUNT = 64,
    CODE_BYTES = 64 << 10,
    FIRST_INTERRUPT = 32,
    VECTOR = 0x41, /* of external interrupts */
    HALT = 0xF4,
    IRET = 0xCF,
    REX_W = 0x48,
};

const char *const arena_mode_names[ARENA_MODES] = {
    [ARENA_REAL] = "real mode",
    [ARENA_VM86] = "virtual-8086 mode",
    [ARENA_PROTECTED16] = "16-bit protected mode",
    [ARENA_PROTECTED32] = "32-bit protected mode",
    [ARENA_LONG] = "64-bit mode",
};

static u8 acknowledge(void *board)
{
    Arena *arena = board;

    cpu_set_intr(&arena->bare.cpu, false);
    return VECTOR;
}

bool arena_open(Arena *arena, bool translated, char *error, size_t error_size)
{
    memset(arena, 0, sizeof *arena);
    if (!bare_processor_open(&arena->bare, "max", ARENA_RAM, error, error_size))
        return false;
    arena->bare.cpu.board = (CpuBoard){.board = arena, .acknowledge = acknowledge};
    if (!translated)
        return true;
    if (!translator_attach(&arena->bare.cpu, CODE_BYTES * 64, error, error_size)) {
        bare_processor_close(&arena->bare);
        return false;
    }
    translator_set_threshold(&arena->bare.cpu, 1);
    return true;
}

void arena_close(Arena *arena)
{
    translator_detach(&arena->bare.cpu);
    bare_processor_close(&arena->bare);
}

/* ---- memory ---- */

static void poke(Arena *arena, u64 address, u64 value)
{
    memcpy(arena->bare.ram.bytes + address, &value, 8);
}

static void map(Arena *arena, u32 linear, u32 physical, u64 flags)
{
    poke(arena, ARENA_TABLE + linear / PAGE_SIZE * 8, physical | flags | PTE_PRESENT);
}

/* The same tables for PAE and long mode. Programs may use but their own pages in ring 3. */
static void make_page_tables(Arena *arena)
{
    u64 all = PTE_USER | PTE_WRITABLE;
    bool is_long = arena->setting.mode == ARENA_LONG;

    poke(arena, LEVEL4, LEVEL3 | all | PTE_PRESENT);
    poke(arena, LEVEL3, is_long ? LEVEL2 | all | PTE_PRESENT : LEVEL2 | PTE_PRESENT);
    poke(arena, LEVEL2, ARENA_TABLE | all | PTE_PRESENT);
    for (u32 at = 0; at < ARENA_CODE_ALIAS; at += PAGE_SIZE)
        map(arena, at, at, at < ARENA_STACK0 ? PTE_WRITABLE : all);
    for (u32 at = 0; at < 2 * PAGE_SIZE; at += PAGE_SIZE)
        map(arena, ARENA_CODE_ALIAS + at, ARENA_CODE + at, all);
    map(arena, ARENA_DATA_ALIAS, ARENA_DATA, all);
    map(arena, ARENA_SHOWN, ARENA_DATA + PAGE_SIZE, PTE_USER);
}

static void make_handlers(Arena *arena)
{
    u8 *handlers = arena->bare.ram.bytes + HANDLERS;
    bool wide = arena->setting.mode == ARENA_LONG;

    memset(handlers, HALT, 4 * HANDLER_COUNT);
    for (unsigned vector = 0; vector < HANDLER_COUNT; vector++)
        if (vector >= FIRST_INTERRUPT || vector == EXCEPTION_NMI) {
            handlers[4 * vector] = wide ? REX_W : IRET;
            handlers[4 * vector + 1] = IRET;
        }
}

static u64 handler_of(unsigned vector)
{
    return HANDLERS + 4 * (vector % HANDLER_COUNT);
}

static void make_idt(Arena *arena)
{
    unsigned size = arena->setting.mode == ARENA_LONG ? 16 : 8;

    for (unsigned vector = 0; vector < 256; vector++) {
        bool open = vector >= FIRST_INTERRUPT || vector == 3 || vector == 4;
        u64 access = ACCESS_P | SYSTEM_INTERRUPT_GATE32 | (open ? 3 << ACCESS_DPL_SHIFT : 0);

        poke(arena, IDT + vector * size,
             handler_of(vector) | (u64)ARENA_HANDLER << 16 | access << 40);
    }
}

static void make_vectors(Arena *arena)
{
    for (unsigned vector = 0; vector < 256; vector++) {
        u32 pointer = (u32)handler_of(vector);

        memcpy(arena->bare.ram.bytes + 4 * vector, &pointer, 4);
    }
}

static u64 descriptor(u32 base, u32 limit, u32 access)
{
    return (limit & 0xFFFF) | (u64)(base & 0xFFFFFF) << 16 | (u64)access << 40 |
           (u64)(limit >> 16 & 15) << 48 | (u64)(base >> 24) << 56;
}

static void make_gdt(Arena *arena)
{
    u32 data = ACCESS_P | ACCESS_S | ACCESS_RW, ring3 = 3 << ACCESS_DPL_SHIFT;
    u32 flat = data | ACCESS_G | ACCESS_DB, code = flat | ACCESS_CODE, handler = code;
    u32 code_limit = 0xFFFFF, data_limit = 0xFFFFF;

    if (arena->setting.mode == ARENA_LONG)
        code = handler = (code & ~(u32)ACCESS_DB) | ACCESS_L;
    if (arena->setting.mode == ARENA_PROTECTED16) {
        code &= ~(u32)(ACCESS_DB | ACCESS_G);
        code_limit = 0xFFFF;
    }
    poke(arena, GDT + ARENA_CODE0, descriptor(0, code_limit, code));
    poke(arena, GDT + ARENA_DATA0, descriptor(0, data_limit, flat));
    poke(arena, GDT + (ARENA_CODE3 & ~7), descriptor(0, code_limit, code | ring3));
    poke(arena, GDT + (ARENA_DATA3 & ~7), descriptor(0, data_limit, flat | ring3));
    poke(arena, GDT + ARENA_TSS, descriptor(TSS, 0x67, ACCESS_P | SYSTEM_TSS32));
    poke(arena, GDT + ARENA_BASED0, descriptor(0x40, 0x17FFF, data));
    poke(arena, GDT + (ARENA_BASED3 & ~7), descriptor(0x40, 0x17FFF, data | ring3));
    poke(arena, GDT + (ARENA_READ_ONLY3 & ~7),
         descriptor(0x40, 0x17FFF, ACCESS_P | ACCESS_S | ring3));
    poke(arena, GDT + ARENA_HANDLER, descriptor(0, 0xFFFFF, handler));
}

static void make_tss(Arena *arena)
{
    if (arena->setting.mode == ARENA_LONG)
        poke(arena, TSS + 4, ARENA_STACK0);
    else
        poke(arena, TSS + 4, ARENA_STACK0 | (u64)ARENA_DATA0 << 32);
    poke(arena, TSS + 0x60, (u64)0x68 << 48); /* no I/O permission map */
}

static void fill_data(Arena *arena, const Program *program, Random *random)
{
    u8 *bytes = arena->bare.ram.bytes;
    u32 counter = 40, control = 0x37F | (random_below(random, 16) << 8);

    for (u32 at = ARENA_DATA; at < ARENA_CODE; at++)
        bytes[at] = (u8)random_next(random);
    memset(bytes + ARENA_CODE, HALT, 2 * PAGE_SIZE);
    memcpy(bytes + ARENA_DATA + 12, &counter, 4);
    memcpy(bytes + ARENA_DATA + 8, &control, 4);
    memcpy(bytes + ARENA_CODE + arena->setting.start, program->bytes, program->length);
}

/* ---- the processor ---- */

static void set_data_segments(Arena *arena, u16 flat, u16 based)
{
    Cpu *cpu = &arena->bare.cpu;
    u16 selector = arena->setting.flat ? flat : based;

    for (unsigned reg = ES; reg <= GS; reg++) {
        u16 loaded = reg == FS ? based : reg == GS ? flat : selector;
        u64 words;

        if (reg == CS)
            continue;
        memcpy(&words, arena->bare.ram.bytes + GDT + (loaded & ~7), 8);
        segment_set_descriptor(cpu, reg, loaded, words);
    }
}

static void set_protected_segments(Arena *arena)
{
    Cpu *cpu = &arena->bare.cpu;
    bool user = arena->setting.cpl == 3;
    u16 code = user ? ARENA_CODE3 : ARENA_CODE0;
    u64 words;

    memcpy(&words, arena->bare.ram.bytes + GDT + (code & ~7), 8);
    segment_set_descriptor(cpu, CS, code, words);
    set_data_segments(arena, user ? ARENA_DATA3 : ARENA_DATA0, user ? ARENA_BASED3 : ARENA_BASED0);
    if (arena->setting.mode == ARENA_LONG)
        segment_set_base(cpu, FS, 0x40);
    cpu->cpl = arena->setting.cpl;
}

/* Real and virtual-8086 mode. */
static void set_small_segments(Arena *arena)
{
    Cpu *cpu = &arena->bare.cpu;
    u16 selector = arena->setting.flat ? 0 : 4;

    for (unsigned reg = ES; reg <= GS; reg++)
        segment_set_real(cpu, reg, reg == CS || reg == GS ? 0 : reg == FS ? 0x12 : selector);
    cpu->cpl = arena->setting.mode == ARENA_VM86 ? 3 : 0;
}

static bool is_small(const Setting *setting)
{
    return setting->mode == ARENA_REAL || setting->mode == ARENA_VM86;
}

static void set_control(Arena *arena)
{
    Cpu *cpu = &arena->bare.cpu;
    bool is_long = arena->setting.mode == ARENA_LONG;

    cpu->cr0 = CR0_ET | CR0_NE | CR0_WP | CR0_AM;
    cpu->cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_PAE;
    cpu->efer = is_long ? EFER_LME | EFER_LMA | EFER_NXE : 0;
    if (arena->setting.mode != ARENA_REAL)
        cpu->cr0 |= CR0_PE;
    if (arena->setting.paging)
        cpu->cr0 |= CR0_PG;
    cpu->cr3 = is_long ? LEVEL4 : LEVEL3;
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    if (arena->setting.paging && !is_long)
        mmu_load_pdptes(&cpu->mmu, cpu->cr3);
    mmu_set_cr3(&cpu->mmu, cpu->cr3);
    mmu_flush_all(&cpu->mmu);
    cpu->gdtr = (DescriptorTable){.base = GDT, .limit = GDT_LIMIT};
    cpu->idtr = (DescriptorTable){.base = arena->setting.mode == ARENA_REAL ? 0 : IDT,
                                  .limit = is_long ? 0xFFF : 0x7FF};
    segment_set(cpu, TR, ARENA_TSS, TSS, 0x67, ACCESS_P | SYSTEM_TSS32_BUSY);
}

void arena_restart(Arena *arena)
{
    Cpu *cpu = &arena->bare.cpu;
    const Setting *setting = &arena->setting;

    cpu->attention = 0;
    cpu->resume = false;
    cpu->nmi_blocked = false;
    cpu->dr6_pending = 0;
    set_control(arena);
    cpu_set_flags(cpu, setting->mode == ARENA_VM86 ? FLAG_VM | FLAG_IF | 3 << 12 : FLAG_IF,
                  ~(u64)(FLAGS_ARITHMETIC | FLAG_DF | FLAG_ID | FLAG_AC));
    if (is_small(setting))
        set_small_segments(arena);
    else
        set_protected_segments(arena);
    segment_update_all(cpu);
    cpu->gpr[RSP] = (cpu->cpl == 3 ? ARENA_STACK3 : ARENA_STACK0) - 0x200;
    cpu->rip = ARENA_CODE + setting->start;
    cpu_translations_changed(cpu);
}

static void fill_registers(Arena *arena, const Program *program, Random *random)
{
    Cpu *cpu = &arena->bare.cpu;
    bool is_long = arena->setting.mode == ARENA_LONG;
    u64 some = random_next(random);

    for (unsigned i = 0; i < (is_long ? 16 : 8); i++)
        cpu->gpr[i] = is_long                   ? random_next(random)
                      : program->code_size == 2 ? random_below(random, 0x10000)
                                                : (u32)random_next(random);
    cpu->gpr[RDI] = program->data + 1000;
    for (unsigned i = 0; i < 16; i++) /* of many sizes, some of them integers */
        for (unsigned part = 0; part < 4; part++)
            cpu->xmm[i].dwords[part] = random_below(random, 3) ? (u32)random_next(random) : part;
    cpu->x87 = (X87){.control = 0x37F, .empty = (u8)(some & random_next(random))};
    cpu_set_flags(cpu, random_next(random), FLAGS_ARITHMETIC);
}

void arena_prepare(Arena *arena, const Setting *setting, const Program *program, u64 seed)
{
    Cpu *cpu = &arena->bare.cpu;
    Random random;

    random_seed(&random, seed);
    arena->setting = *setting;
    memset(arena->bare.ram.bytes, 0, ARENA_RAM);
    cpu_set_intr(cpu, false);
    cpu_reset(cpu);
    cpu->cycles = 0;
    cpu->tsc_offset = cpu->random = 0;
    memset(cpu->gpr, 0, sizeof cpu->gpr);
    memset(cpu->faults, 0, sizeof cpu->faults);
    cpu->fault_count = 0;
    make_page_tables(arena);
    make_gdt(arena);
    make_tss(arena);
    make_handlers(arena);
    if (setting->mode == ARENA_REAL)
        make_vectors(arena);
    else
        make_idt(arena);
    fill_data(arena, program, &random);
    fill_registers(arena, program, &random);
    code_cache_flush(cpu);
    arena_restart(arena);
}

void arena_describe(const Setting *setting, Program *program)
{
    program->code_size = setting->mode == ARENA_LONG          ? 8
                         : setting->mode == ARENA_PROTECTED32 ? 4
                                                              : 2;
    program->paging = setting->paging;
    program->base = setting->flat || setting->mode == ARENA_LONG ? 0 : 0x40;
    program->data = ARENA_DATA + 16 - program->base;
    program->code = ARENA_CODE + setting->start;
}
