/* Segment loads and the checks of accesses. SDM Vol. 3, "Protection". */
#include "tests/bare_machine.h"

enum { SELECTOR = BARE_FREE, DATA = BARE_DATA };

/* Loads DS from AX, then reads and writes [EBX]. */
PROGRAM(load_ds, 32, "mov ds, eax\n hlt");
PROGRAM(load_ss, 32, "mov ss, eax\n hlt");
PROGRAM(read_dword, 32, "mov ds, eax\n mov ecx, [ebx]\n hlt");
PROGRAM(write_dword, 32, "mov ds, eax\n mov [ebx], ecx\n hlt");
PROGRAM(push_dword, 32, "mov ss, eax\n mov esp, ebx\n push ecx\n hlt");

typedef struct Outcome {
    int vector; /* -1: none */
    u32 error_code;
} Outcome;

static Outcome run(BareMachine *m, const u8 *program, const u8 *end, u64 eax, u64 ebx)
{
    m->cpu.gpr[RAX] = eax;
    m->cpu.gpr[RBX] = ebx;
    bare_load(m, BARE_CODE, program, end);
    cr_assert(bare_run_to_halt(m));
    return (Outcome){bare_vector(m), bare_vector(m) < 0 ? 0 : bare_stack(m, 0)};
}

/* In ring 3 HLT ends the program with #GP(0): no fault in it, then. */
static void expect(BareMachine *m, const u8 *program, const u8 *end, u64 eax, u64 ebx, int vector,
                   u32 error_code)
{
    Outcome got = run(m, program, end, eax, ebx);

    cr_expect_eq(got.vector, vector, "vector %d, not %d", got.vector, vector);
    cr_expect_eq(got.error_code, error_code, "error code %04X, not %04X", got.error_code,
                 error_code);
    bare_destroy(m);
}

#define EXPECT(m, program, eax, ebx, vector, error_code)                                           \
    expect(m, program, program##_end, eax, ebx, vector, error_code)

static BareMachine *with_descriptor(unsigned cpl, u32 limit, u16 access)
{
    BareMachine *m = bare_in_ring(cpl);

    bare_descriptor(m, SELECTOR, DATA, limit, access);
    return m;
}

Test(segment, load_sets_the_accessed_bit_in_memory)
{
    BareMachine *m = with_descriptor(0, 0xFFF, BARE_SMALL);

    EXPECT(m, load_ds, SELECTOR, 0, -1, 0);
    m = with_descriptor(0, 0xFFF, BARE_SMALL);
    run(m, load_ds, load_ds_end, SELECTOR, 0);
    cr_expect(bare_read(m, BARE_GDT + SELECTOR + 5, BYTE) & ACCESS_ACCESSED);
    cr_expect_eq(m->cpu.segments[DS].base, DATA);
    cr_expect_eq(m->cpu.segments[DS].limit, 0xFFF);
    cr_expect_eq(m->cpu.segments[DS].selector, SELECTOR);
    bare_destroy(m);
}

Test(segment, granularity_scales_the_limit)
{
    BareMachine *m = with_descriptor(0, 0x12, BARE_SMALL | ACCESS_G);

    run(m, load_ds, load_ds_end, SELECTOR, 0);
    cr_expect_eq(m->cpu.segments[DS].limit, 0x12FFF);
    bare_destroy(m);
}

Test(segment, selector_outside_its_table)
{
    EXPECT(bare_in_ring(0), load_ds, 0x803, 0, EXCEPTION_GP, 0x800);
    EXPECT(bare_in_ring(0), load_ds, 0x107, 0, EXCEPTION_GP, 0x104); /* LDT: limit FFh */
    EXPECT(bare_in_ring(0), load_ss, 0x800, 0, EXCEPTION_GP, 0x800);
}

Test(segment, local_descriptors)
{
    BareMachine *m = bare_in_ring(0);

    bare_descriptor(m, 0x0C, DATA, 0xFF, BARE_SMALL);
    EXPECT(m, load_ds, 0x0C, 0, -1, 0);

    m = bare_in_ring(0);
    bare_descriptor(m, 0x0C, DATA, 0xFF, BARE_SMALL);
    segment_set_null(&m->cpu, LDTR, 0);
    EXPECT(m, load_ds, 0x0C, 0, EXCEPTION_GP, 0x0C);
}

Test(segment, null_selectors)
{
    EXPECT(bare_in_ring(0), load_ds, 3, 0, -1, 0);
    EXPECT(bare_in_ring(0), load_ss, 0, 0, EXCEPTION_GP, 0);
    EXPECT(bare_in_ring(0), read_dword, 0, DATA, EXCEPTION_GP, 0);
    EXPECT(bare_in_ring(0), write_dword, 2, DATA, EXCEPTION_GP, 0);
}

Test(segment, not_present)
{
    EXPECT(with_descriptor(0, 0xFF, BARE_SMALL & ~ACCESS_P), load_ds, SELECTOR, 0, EXCEPTION_NP,
           SELECTOR);
    EXPECT(with_descriptor(0, 0xFF, BARE_SMALL & ~ACCESS_P), load_ss, SELECTOR, 0, EXCEPTION_SS,
           SELECTOR);
}

Test(segment, rights_of_data_loads)
{
    u16 execute_only = ACCESS_P | ACCESS_S | ACCESS_CODE;

    EXPECT(with_descriptor(0, 0xFF, execute_only), load_ds, SELECTOR, 0, EXCEPTION_GP, SELECTOR);
    EXPECT(with_descriptor(0, 0xFF, ACCESS_P | 2), load_ds, SELECTOR, 0, EXCEPTION_GP, SELECTOR);
    EXPECT(with_descriptor(0, 0xFF, execute_only | ACCESS_RW), load_ds, SELECTOR, 0, -1, 0);
    /* RPL 3 asks for less than CPL 0 has. */
    EXPECT(with_descriptor(0, 0xFF, BARE_SMALL), load_ds, SELECTOR | 3, 0, EXCEPTION_GP, SELECTOR);
}

Test(segment, privilege_of_data_loads_in_ring_3)
{
    u16 conforming = BARE_SMALL | ACCESS_CODE | ACCESS_CONFORMING;

    EXPECT(with_descriptor(3, 0xFF, BARE_SMALL), load_ds, SELECTOR, 0, EXCEPTION_GP, SELECTOR);
    EXPECT(with_descriptor(3, 0xFF, conforming), load_ds, SELECTOR | 3, 0, EXCEPTION_GP, 0);
    EXPECT(with_descriptor(3, 0xFF, BARE_SMALL | BARE_RING3), load_ds, SELECTOR, 0, EXCEPTION_GP,
           0);
}

Test(segment, stack_loads_want_writable_data_of_this_ring)
{
    u16 read_only = ACCESS_P | ACCESS_S;

    EXPECT(with_descriptor(0, 0xFF, read_only), load_ss, SELECTOR, 0, EXCEPTION_GP, SELECTOR);
    EXPECT(with_descriptor(0, 0xFF, BARE_SMALL | ACCESS_CODE), load_ss, SELECTOR, 0, EXCEPTION_GP,
           SELECTOR);
    EXPECT(with_descriptor(0, 0xFF, BARE_SMALL | BARE_RING3), load_ss, SELECTOR, 0, EXCEPTION_GP,
           SELECTOR);
    EXPECT(with_descriptor(0, 0xFF, BARE_SMALL), load_ss, SELECTOR | 1, 0, EXCEPTION_GP, SELECTOR);
    EXPECT(with_descriptor(0, 0xFF, BARE_SMALL), load_ss, SELECTOR, 0, -1, 0);
}

Test(segment, limit_is_the_last_valid_byte)
{
    EXPECT(with_descriptor(0, 0x103, BARE_SMALL), read_dword, SELECTOR, 0x100, -1, 0);
    EXPECT(with_descriptor(0, 0x102, BARE_SMALL), read_dword, SELECTOR, 0x100, EXCEPTION_GP, 0);
    EXPECT(with_descriptor(0, 0x102, BARE_SMALL), write_dword, SELECTOR, 0x100, EXCEPTION_GP, 0);
    EXPECT(with_descriptor(0, 0xFFFFF, BARE_FLAT), read_dword, SELECTOR, 0xFFFFFFFE, EXCEPTION_GP,
           0);
}

Test(segment, expand_down)
{
    u16 small = BARE_SMALL | ACCESS_EXPAND_DOWN, big = small | ACCESS_DB;

    EXPECT(with_descriptor(0, 0xFFF, small), read_dword, SELECTOR, 0xFFF, EXCEPTION_GP, 0);
    EXPECT(with_descriptor(0, 0xFFF, small), read_dword, SELECTOR, 0x1000, -1, 0);
    EXPECT(with_descriptor(0, 0xFFF, small), write_dword, SELECTOR, 0xFFFC, -1, 0);
    EXPECT(with_descriptor(0, 0xFFF, small), write_dword, SELECTOR, 0xFFFD, EXCEPTION_GP, 0);
    EXPECT(with_descriptor(0, 0xFFF, big), write_dword, SELECTOR, 0xFFFD, -1, 0);
    EXPECT(with_descriptor(0, 0xFFF, big), read_dword, SELECTOR, 0xFFC, EXCEPTION_GP, 0);
}

Test(segment, rights_of_accesses)
{
    u16 read_only = ACCESS_P | ACCESS_S;

    EXPECT(with_descriptor(0, 0xFFF, read_only), read_dword, SELECTOR, 0, -1, 0);
    EXPECT(with_descriptor(0, 0xFFF, read_only), write_dword, SELECTOR, 0, EXCEPTION_GP, 0);
    EXPECT(with_descriptor(0, 0xFFF, BARE_SMALL | ACCESS_CODE), read_dword, SELECTOR, 0, -1, 0);
    EXPECT(with_descriptor(0, 0xFFF, BARE_SMALL | ACCESS_CODE), write_dword, SELECTOR, 0,
           EXCEPTION_GP, 0);
}

/* The stack that faults is too small for the handler's frame too: #DF, and a shutdown. */
Test(segment, stack_limit)
{
    BareMachine *m = with_descriptor(0, 0xFF, BARE_SMALL | ACCESS_DB);

    m->cpu.gpr[RAX] = SELECTOR;
    m->cpu.gpr[RBX] = 0x102;
    bare_load(m, BARE_CODE, push_dword, push_dword_end);
    bare_run(m, 100);
    cr_expect(m->cpu.attention & ATTEND_SHUTDOWN);
    cr_expect_eq(m->cpu.faults[0].vector, EXCEPTION_SS);
    cr_expect_eq(m->cpu.gpr[RSP], 0x102);
    bare_destroy(m);
}

/* ---- real mode ---- */

PROGRAM(real_wrap, 16, "mov ax, 0x2000\n mov ds, ax\n mov bx, 0xFFFF\n mov ax, [bx]\n hlt");
PROGRAM(real_stack_wrap, 16,
        "mov ax, 0x2000\n mov ss, ax\n mov bp, 0xFFFF\n mov sp, 0x100\n"
        "mov ax, [bp]\n hlt");
PROGRAM(real_push_wrap, 16, "mov sp, 1\n push ax\n hlt");

Test(segment, real_mode_has_limits)
{
    BareMachine *m = bare_create();

    cr_assert(BARE_RUN(m, real_wrap));
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    bare_destroy(m);

    m = bare_create();
    cr_assert(BARE_RUN(m, real_stack_wrap));
    cr_expect_eq(bare_vector(m), EXCEPTION_SS);
    bare_destroy(m);
}

/* SP = 1: the word would lie across the end of the segment. */
Test(segment, real_mode_push_across_the_end_shuts_down)
{
    BareMachine *m = bare_create();

    BARE_RUN(m, real_push_wrap);
    cr_expect(m->cpu.attention & ATTEND_SHUTDOWN);
    bare_destroy(m);
}

/* Protected mode's limit stays in the hidden part: 4 GiB in real mode. */
PROGRAM(unreal, 16,
        "cli\n lgdt cs:[table - unreal]\n mov eax, cr0\n or al, 1\n mov cr0, eax\n"
        "mov bx, 0x10\n mov ds, bx\n and al, 0xFE\n mov cr0, eax\n"
        "xor ax, ax\n mov ds, ax\n"
        "mov ebx, 0x200000\n mov dword ptr [ebx], 0x12345678\n hlt\n"
        "table: .word 0x7FF\n .long 0x4000");

Test(segment, unreal_mode)
{
    BareMachine *m = bare_create();

    bare_descriptor(m, BARE_DATA0, 0, 0xFFFFF, BARE_FLAT);
    cr_assert(BARE_RUN(m, unreal));
    cr_expect_eq(bare_vector(m), -1);
    cr_expect_eq(bare_read(m, 0x200000, DWORD), 0x12345678);
    bare_destroy(m);
}

/* ---- instructions that inspect ---- */

PROGRAM(lar, 32, "xor ecx, ecx\n lar ecx, eax\n setz dl\n hlt");
PROGRAM(lsl, 32, "xor ecx, ecx\n lsl ecx, eax\n setz dl\n hlt");
PROGRAM(verr, 32, "verr ax\n setz dl\n hlt");
PROGRAM(verw, 32, "verw ax\n setz dl\n hlt");
PROGRAM(arpl, 32, "arpl ax, bx\n setz dl\n hlt");

static bool inspect(const u8 *program, const u8 *end, u16 access, u16 selector, u32 *ecx)
{
    BareMachine *m = with_descriptor(0, 0x12345, access);
    bool zero;

    run(m, program, end, selector, 0);
    zero = m->cpu.gpr[RDX] & 0xFF;
    *ecx = (u32)m->cpu.gpr[RCX];
    bare_destroy(m);
    return zero;
}

Test(segment, lar_and_lsl)
{
    u32 result;

    cr_expect(inspect(lar, lar_end, BARE_FLAT, SELECTOR, &result));
    cr_expect_eq(result, 0x00C19200);
    cr_expect(inspect(lsl, lsl_end, BARE_FLAT, SELECTOR, &result));
    cr_expect_eq(result, 0x12345FFF);
    cr_expect_not(inspect(lar, lar_end, BARE_FLAT, 0, &result));
    cr_expect_not(inspect(lar, lar_end, BARE_FLAT, SELECTOR | 3, &result));
    cr_expect_not(inspect(lar, lar_end, BARE_FLAT, 0xFFF8, &result));
    cr_expect_eq(result, 0);
    /* Which system types have rights, which have limits. */
    for (unsigned type = 0; type < 16; type++) {
        bool rights = 0x1A3E >> type & 1, limit = 0x0A0E >> type & 1;

        cr_expect_eq(inspect(lar, lar_end, (u16)(ACCESS_P | type), SELECTOR, &result), rights,
                     "LAR, type %u", type);
        cr_expect_eq(inspect(lsl, lsl_end, (u16)(ACCESS_P | type), SELECTOR, &result), limit,
                     "LSL, type %u", type);
    }
}

Test(segment, verr_and_verw)
{
    u32 ignored;
    u16 data = BARE_SMALL, read_only = ACCESS_P | ACCESS_S, code = BARE_SMALL | ACCESS_CODE;

    cr_expect(inspect(verr, verr_end, data, SELECTOR, &ignored));
    cr_expect(inspect(verw, verw_end, data, SELECTOR, &ignored));
    cr_expect(inspect(verr, verr_end, read_only, SELECTOR, &ignored));
    cr_expect_not(inspect(verw, verw_end, read_only, SELECTOR, &ignored));
    cr_expect(inspect(verr, verr_end, code, SELECTOR, &ignored));
    cr_expect_not(inspect(verw, verw_end, code, SELECTOR, &ignored));
    cr_expect_not(inspect(verr, verr_end, code & ~ACCESS_RW, SELECTOR, &ignored));
    cr_expect_not(inspect(verr, verr_end, ACCESS_P | 2, SELECTOR, &ignored));
    cr_expect_not(inspect(verw, verw_end, data, SELECTOR | 2, &ignored));
    cr_expect(inspect(verr, verr_end, code | ACCESS_CONFORMING, SELECTOR | 2, &ignored));
}

Test(segment, arpl_raises_rpl)
{
    BareMachine *m = bare_in_ring(0);

    run(m, arpl, arpl_end, 0x50, 3);
    cr_expect_eq(m->cpu.gpr[RAX], 0x53);
    cr_expect_eq(m->cpu.gpr[RDX] & 0xFF, 1);
    bare_destroy(m);

    m = bare_in_ring(0);
    run(m, arpl, arpl_end, 0x53, 2);
    cr_expect_eq(m->cpu.gpr[RAX], 0x53);
    cr_expect_eq(m->cpu.gpr[RDX] & 0xFF, 0);
    bare_destroy(m);
}

/* ---- moves ---- */

PROGRAM(pop_ss, 32, "push eax\n push eax\n pop ss\n mov ecx, esp\n hlt");
PROGRAM(lss_esp, 32, "lss esp, [ebx]\n hlt");

/* POP SS to a 16-bit stack: ESP moved by the old width. */
Test(segment, pop_ss_moves_esp_by_the_old_width)
{
    BareMachine *m = with_descriptor(0, 0xFFFF, BARE_SMALL);

    m->cpu.gpr[RSP] = 0x20000;
    run(m, pop_ss, pop_ss_end, SELECTOR, 0);
    cr_expect_eq(m->cpu.gpr[RCX], 0x1FFFC);
    bare_destroy(m);
}

Test(segment, lss_is_all_or_nothing)
{
    BareMachine *m = bare_in_ring(0);

    bare_write(m, DATA, DWORD, 0x8000);
    bare_write(m, DATA + 4, WORD, BARE_DATA3);
    EXPECT(m, lss_esp, 0, DATA, EXCEPTION_GP, BARE_DATA3 & ~3u);

    m = bare_in_ring(0);
    bare_write(m, DATA, DWORD, 0x8000);
    bare_write(m, DATA + 4, WORD, BARE_DATA0);
    run(m, lss_esp, lss_esp_end, 0, DATA);
    cr_expect_eq(m->cpu.gpr[RSP], 0x8000);
    bare_destroy(m);
}

PROGRAM(les_real, 16, "les bx, [0x10]\n lfs cx, [0x10]\n lgs dx, [0x10]\n lds si, [0x10]\n hlt");

Test(segment, far_pointers_in_real_mode)
{
    static const SegmentRegister loaded[] = {ES, FS, GS, DS};
    BareMachine *m = bare_create();

    bare_write(m, 0x10, DWORD, 0x12345678);
    cr_assert(BARE_RUN(m, les_real));
    for (unsigned i = 0; i < COUNT_OF(loaded); i++)
        cr_expect_eq(m->cpu.segments[loaded[i]].base, 0x12340);
    cr_expect_eq(m->cpu.gpr[RBX], 0x5678);
    cr_expect_eq(m->cpu.gpr[RSI], 0x5678);
    bare_destroy(m);
}

/* ---- LDTR and TR ---- */

PROGRAM(lldt, 32, "lldt ax\n sldt ecx\n mov word ptr [0xC002], 0x5555\n sldt [0xC000]\n hlt");
PROGRAM(ltr, 32, "ltr ax\n str ecx\n hlt");

static void expect_load(unsigned cpl, bool task, u16 access, u16 selector, int vector, u32 error)
{
    BareMachine *m = with_descriptor(cpl, 0x67, access);

    if (task)
        EXPECT(m, ltr, selector, 0, vector, error);
    else
        EXPECT(m, lldt, selector, 0, vector, error);
}

Test(segment, lldt_checks)
{
    u16 ldt = ACCESS_P | 2;

    expect_load(0, false, ldt, SELECTOR, -1, 0);
    expect_load(0, false, ldt, 0, -1, 0);
    expect_load(0, false, ldt & ~ACCESS_P, SELECTOR, EXCEPTION_NP, SELECTOR);
    expect_load(0, false, ACCESS_P | 9, SELECTOR, EXCEPTION_GP, SELECTOR);
    expect_load(0, false, BARE_SMALL, SELECTOR, EXCEPTION_GP, SELECTOR);
    expect_load(0, false, ldt, SELECTOR | 4, EXCEPTION_GP, SELECTOR | 4);
    expect_load(0, false, ldt, 0x1000, EXCEPTION_GP, 0x1000);
    expect_load(3, false, ldt, SELECTOR, EXCEPTION_GP, 0);
}

Test(segment, ltr_checks_and_marks_busy)
{
    BareMachine *m = with_descriptor(0, 0x67, ACCESS_P | 9);

    run(m, ltr, ltr_end, SELECTOR, 0);
    cr_expect_eq(m->cpu.segments[TR].base, DATA);
    cr_expect_eq(m->cpu.segments[TR].access & ACCESS_TYPE, 11);
    cr_expect_eq(bare_read(m, BARE_GDT + SELECTOR + 5, BYTE), ACCESS_P | 11);
    cr_expect_eq(m->cpu.gpr[RCX], SELECTOR);
    bare_destroy(m);
    expect_load(0, true, ACCESS_P | 1, SELECTOR, -1, 0);
    expect_load(0, true, ACCESS_P | 11, SELECTOR, EXCEPTION_GP, SELECTOR);
    expect_load(0, true, 9, SELECTOR, EXCEPTION_NP, SELECTOR);
    expect_load(0, true, ACCESS_P | 2, SELECTOR, EXCEPTION_GP, SELECTOR);
    expect_load(0, true, ACCESS_P | 9, 0, EXCEPTION_GP, 0);
    expect_load(0, true, ACCESS_P | 9, SELECTOR | 4, EXCEPTION_GP, SELECTOR | 4);
    expect_load(3, true, ACCESS_P | 9, SELECTOR, EXCEPTION_GP, 0);
}

/* To memory always 16 bits; to a register as many as the operand size says. */
Test(segment, sldt_sizes)
{
    BareMachine *m = bare_in_ring(0);

    m->cpu.gpr[RCX] = 0xFFFFFFFF;
    run(m, lldt, lldt_end, BARE_LDTR, 0);
    cr_expect_eq(m->cpu.gpr[RCX], BARE_LDTR);
    cr_expect_eq(bare_read(m, DATA, DWORD), 0x55550000 | BARE_LDTR);
    bare_destroy(m);
}
