/*
 * What x87 instructions leave beside numbers: environments in all layouts, #NM, #MF, FERR# and
 * IGNNE#, and memory that a faulting store leaves alone.
 */
#include "tests/bare_machine.h"

enum { ENVIRONMENT = BARE_DATA + 0x100, OPERAND = BARE_DATA + 0x10 };

/* FDIV by the operand: its opcode field is 030h + 5 in the low byte, 0 above (D8 /6, [esi]). */
PROGRAM(x87_environment32, 32,
        "fninit; fld1; mov esi, 0xC010; mov edi, 0xC100\n"
        "divide32: fdiv dword ptr [esi]; fnstenv [edi]; fnstcw [edi + 0x40]; hlt");
PROGRAM(x87_environment16, 32,
        "fninit; fld1; mov esi, 0xC010; mov edi, 0xC100\n"
        "fdiv dword ptr [esi]; .byte 0x66; fnstenv [edi]; hlt");
PROGRAM(x87_environment_real16, 16,
        "fninit; fld1; mov ax, 0xC00; mov ds, ax; mov si, 0x10; mov di, 0x100\n"
        "fdiv dword ptr [si]; .byte 0xD9, 0x35; hlt"); /* FNSTENV [di] */
PROGRAM(x87_environment_real32, 16,
        "fninit; fld1; mov ax, 0xC00; mov ds, ax; mov si, 0x10; mov di, 0x100\n"
        "fdiv dword ptr [si]; .byte 0x66, 0xD9, 0x35; hlt");

enum { THREE = 0x40400000 }; /* as a float; 1/3 is inexact */

/* What the programs above have in common: length of what comes before FDIV. */
enum { FDIV_32 = 2 + 2 + 5 + 5, FDIV_16 = 2 + 2 + 3 + 2 + 3 + 3 };

static BareMachine *protected_machine(void)
{
    BareMachine *m = bare_create();

    bare_protected(m, 0);
    m->cpu.cr0 |= CR0_NE;
    bare_write(m, OPERAND, DWORD, THREE);
    return m;
}

Test(x87_environment, protected_32)
{
    BareMachine *m = protected_machine();

    cr_assert(BARE_RUN(m, x87_environment32));
    cr_assert_eq(bare_read(m, ENVIRONMENT, DWORD), 0xFFFF037F);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 4, DWORD) & ~0x200u, 0xFFFF3820);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 8, DWORD), 0xFFFF3FFF);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 12, DWORD), BARE_CODE + FDIV_32);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 16, DWORD), 0x0036u << 16 | BARE_CODE0);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 20, DWORD), OPERAND);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 24, DWORD), 0xFFFF0000u | BARE_DATA0);
    bare_destroy(m);
}

Test(x87_environment, protected_16)
{
    BareMachine *m = protected_machine();

    cr_assert(BARE_RUN(m, x87_environment16));
    cr_assert_eq(bare_read(m, ENVIRONMENT, WORD), 0x037F);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 4, WORD), 0x3FFF);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 6, WORD), (BARE_CODE + FDIV_32) & 0xFFFF);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 8, WORD), BARE_CODE0);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 10, WORD), OPERAND);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 12, WORD), BARE_DATA0);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 14, WORD), 0);
    bare_destroy(m);
}

/* Linear addresses, 20 bits (16-bit layout) or 32, beside eleven bits of opcode. */
Test(x87_environment, real_16)
{
    BareMachine *m = bare_create();

    bare_write(m, OPERAND, DWORD, THREE);
    cr_assert(BARE_RUN(m, x87_environment_real16));
    cr_assert_eq(bare_read(m, ENVIRONMENT + 6, WORD), (BARE_CODE + FDIV_16) & 0xFFFF);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 8, WORD), (BARE_CODE >> 16 << 12) | 0x034);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 10, WORD), OPERAND);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 12, WORD), 0);
    bare_destroy(m);
}

Test(x87_environment, real_32)
{
    BareMachine *m = bare_create();

    bare_write(m, OPERAND, DWORD, THREE);
    cr_assert(BARE_RUN(m, x87_environment_real32));
    cr_assert_eq(bare_read(m, ENVIRONMENT + 8, DWORD), 0xFFFF3FFF);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 12, DWORD),
                 0xFFFF0000u | ((BARE_CODE + FDIV_16) & 0xFFFF));
    cr_assert_eq(bare_read(m, ENVIRONMENT + 16, DWORD), (BARE_CODE >> 16 << 12) | 0x034);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 20, DWORD), 0xFFFF0000u | OPERAND);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 24, DWORD), 0);
    bare_destroy(m);
}

/* FNSTENV masks all exceptions; FLDENV brings the masks, and a pending exception, back. */
PROGRAM(x87_masks, 32,
        "fninit; mov edi, 0xC100; push 0x360; fldcw [esp]; fldz; fld1; .byte 0xD8, 0xF1\n" /* 1/0 */
        "fnstenv [edi]; fnstcw [edi + 0x20]; fnstsw [edi + 0x22]; fld1\n"
        "fldenv [edi]; fnstsw [edi + 0x24]; masks_here: fld1; hlt");

Test(x87_environment, masks_and_pending_exception)
{
    BareMachine *m = protected_machine();

    cr_assert(BARE_RUN(m, x87_masks));
    cr_assert_eq(bare_vector(m), EXCEPTION_MF);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 4, WORD), 0xB084); /* ES, B, ZE */
    cr_assert_eq(bare_read(m, ENVIRONMENT + 0x20, WORD), 0x37F);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 0x22, WORD), 0x3004);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 0x24, WORD), 0xB084);
    cr_assert_eq(bare_stack(m, 0), BARE_CODE + (u32)(x87_masks_end - x87_masks) - 3);
    bare_destroy(m);
}

/* ---- FNSAVE and FRSTOR ---- */

PROGRAM(x87_save, 32,
        "fninit; fldpi; fld1; fldz; mov edi, 0xC100; fnsave [edi]; fnstcw [edi + 0x80]\n"
        "fnstsw [edi + 0x82]; fnstenv [edi + 0xA0]; frstor [edi]; fstp qword ptr [edi + 0x90]\n"
        "fstp qword ptr [edi + 0x98]; hlt");
PROGRAM(x87_save16, 32,
        "fninit; fldpi; fld1; fldz; mov edi, 0xC100; .byte 0x66; fnsave [edi]\n"
        ".byte 0x66; frstor [edi]; fstp qword ptr [edi + 0x90]; fstp qword ptr [edi + 0x98]; hlt");

Test(x87_environment, save_and_restore)
{
    BareMachine *m = protected_machine();

    cr_assert(BARE_RUN(m, x87_save));
    cr_assert_eq(bare_read(m, ENVIRONMENT + 28, QWORD), 0);                 /* ST(0): 0 */
    cr_assert_eq(bare_read(m, ENVIRONMENT + 28 + 10, QWORD), (u64)1 << 63); /* ST(1): 1 */
    cr_assert_eq(bare_read(m, ENVIRONMENT + 28 + 20, QWORD), 0xC90FDAA22168C235);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 28 + 28, WORD), 0x4000);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 8, WORD), 0x07FF, "tags: zero, valid, valid");
    cr_assert_eq(bare_read(m, ENVIRONMENT + 0x80, DWORD), 0x037F, "FNSAVE initialises");
    cr_assert_eq(bare_read(m, ENVIRONMENT + 0xA8, WORD), 0xFFFF);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 0x90, QWORD), 0);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 0x98, QWORD), 0x3FF0000000000000);
    bare_destroy(m);
}

Test(x87_environment, save_and_restore_16)
{
    BareMachine *m = protected_machine();

    cr_assert(BARE_RUN(m, x87_save16));
    cr_assert_eq(bare_read(m, ENVIRONMENT + 14 + 10, QWORD), (u64)1 << 63);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 14 + 80, DWORD), 0, "94 bytes");
    cr_assert_eq(bare_read(m, ENVIRONMENT + 0x98, QWORD), 0x3FF0000000000000);
    bare_destroy(m);
}

/* Alignment checks ask for no more than a field's size. */
PROGRAM(x87_alignment, 32,
        "fninit; fldpi; fnsave [edi]; frstor [edi]; fnstenv [edi]; fldenv [edi]\n"
        "fstp tbyte ptr [edi]; hlt");

Test(x87_environment, alignment)
{
    BareMachine *m = bare_create();

    bare_protected(m, 3);
    m->cpu.cr0 |= CR0_NE | CR0_AM;
    cpu_set_flags(&m->cpu, FLAG_AC, FLAG_AC);
    cpu_update_mode(&m->cpu);
    m->cpu.gpr[RDI] = BARE_DATA + 4;
    cr_assert(BARE_RUN(m, x87_alignment));
    cr_assert_eq(bare_vector(m), EXCEPTION_AC);
    cr_assert_eq(bare_stack(m, 1), BARE_CODE + (u32)(x87_alignment_end - x87_alignment) - 3,
                 "FSTP m80 wants eight bytes");
    bare_destroy(m);
}

/* ---- FXSAVE and FXRSTOR ---- */

PROGRAM(x87_fxsave, 32,
        "fninit; fldpi; fld1; mov edi, 0xC100; fxsave [edi]; fninit; fxrstor [edi]\n"
        "fstp qword ptr [edi + 0x208]; fstp st; fnstenv [edi + 0x220]; fxsave [edi + 8]; hlt");

Test(x87_environment, fxsave)
{
    BareMachine *m = bare_create_model("max");

    bare_protected(m, 0);
    cr_assert(BARE_RUN(m, x87_fxsave));
    cr_assert_eq(bare_vector(m), EXCEPTION_GP, "the second image is misaligned");
    cr_assert_eq(bare_read(m, ENVIRONMENT, DWORD), 0x3000037F);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 4, WORD), 0xC0, "tags: valid or not");
    cr_assert_eq(bare_read(m, ENVIRONMENT + 32, QWORD), (u64)1 << 63);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 48, QWORD), 0xC90FDAA22168C235);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 0x208, QWORD), 0x3FF0000000000000);
    cr_assert_eq(bare_read(m, ENVIRONMENT + 0x228, WORD), 0xFFFF);
    bare_destroy(m);
}

/* ---- #NM ---- */

PROGRAM(x87_add, 32, "fadd st, st(1); hlt");
PROGRAM(x87_init, 32, "fninit; hlt");
PROGRAM(x87_wait_only, 32, "fwait; hlt");

static int vector_with_cr0(u64 bits, const u8 *program, const u8 *end)
{
    BareMachine *m = protected_machine();
    int vector;

    m->cpu.cr0 |= bits;
    bare_load(m, BARE_CODE, program, end);
    cr_assert(bare_run_to_halt(m));
    vector = bare_vector(m);
    bare_destroy(m);
    return vector;
}

Test(x87_environment, not_available)
{
    cr_assert_eq(vector_with_cr0(0, x87_add, x87_add_end), -1);
    cr_assert_eq(vector_with_cr0(CR0_TS, x87_add, x87_add_end), EXCEPTION_NM);
    cr_assert_eq(vector_with_cr0(CR0_EM, x87_add, x87_add_end), EXCEPTION_NM);
    cr_assert_eq(vector_with_cr0(CR0_TS, x87_init, x87_init_end), EXCEPTION_NM);
    cr_assert_eq(vector_with_cr0(CR0_TS, x87_wait_only, x87_wait_only_end), -1);
    cr_assert_eq(vector_with_cr0(CR0_EM, x87_wait_only, x87_wait_only_end), -1);
    cr_assert_eq(vector_with_cr0(CR0_TS | CR0_MP, x87_wait_only, x87_wait_only_end), EXCEPTION_NM);
}

/* ---- FERR# and IGNNE# ---- */

typedef struct FerrBoard {
    Cpu *cpu;
    bool interrupts; /* FERR# is wired to INTR */
    unsigned raised, lowered;
} FerrBoard;

static void ferr(void *board, bool level)
{
    FerrBoard *b = board;

    b->raised += level;
    b->lowered += !level;
    if (b->interrupts)
        cpu_set_intr(b->cpu, level);
}

static u8 acknowledge(void *board)
{
    (void)board;
    return 0x75;
}

/* 1/0 unmasked; then, with NE clear, FLD1 waits for the interrupt. */
PROGRAM(x87_ferr, 32,
        "fninit; push 0x360; fldcw [esp]; fldz; fld1; .byte 0xD8, 0xF1; sti; nop; fld1; fld1; hlt");
/* The handler lets FLD1 pass once, or clears the exception. */
PROGRAM(x87_ferr_clear, 32, "fnclex; iretd");

Test(x87_environment, ferr_interrupts_the_waiting_instruction)
{
    BareMachine *m = protected_machine();
    FerrBoard board = {.cpu = &m->cpu};

    m->cpu.cr0 &= ~(u64)CR0_NE;
    m->cpu.board = (CpuBoard){.board = &board, .ferr = ferr, .acknowledge = acknowledge};
    cr_assert(BARE_RUN(m, x87_ferr));
    cr_assert_eq(board.raised, 1);
    cr_assert_eq(m->cpu.rip, BARE_CODE + (u64)(x87_ferr_end - x87_ferr) - 5, "stopped before FLD1");
    cpu_set_intr(&m->cpu, true);
    m->cpu.attention &= (u8)~ATTEND_HALT;
    cr_assert(bare_run_to_halt(m));
    cr_assert_eq(bare_vector(m), 0x75);
    cr_assert_eq(bare_stack(m, 0), BARE_CODE + (u32)(x87_ferr_end - x87_ferr) - 5);
    cr_assert_eq(board.lowered, 0);
    bare_destroy(m);
}

Test(x87_environment, ferr_falls_with_fnclex)
{
    BareMachine *m = protected_machine();
    FerrBoard board = {.cpu = &m->cpu, .interrupts = true};

    m->cpu.cr0 &= ~(u64)CR0_NE;
    m->cpu.board = (CpuBoard){.board = &board, .ferr = ferr, .acknowledge = acknowledge};
    bare_idt(m, 0x75, bare_gate(BARE_CODE0, 0x8000, ACCESS_P | 14));
    bare_load(m, 0x8000, x87_ferr_clear, x87_ferr_clear_end);
    bare_load(m, BARE_CODE, x87_ferr, x87_ferr_end);
    for (unsigned i = 0; i < 10 && m->cpu.rip != BARE_CODE + (u64)(x87_ferr_end - x87_ferr); i++) {
        m->cpu.attention &= (u8)~ATTEND_HALT;
        bare_run(m, 100);
    }
    cr_assert_eq(m->cpu.rip, BARE_CODE + (u64)(x87_ferr_end - x87_ferr), "reached the HLT");
    cr_assert_eq(board.raised, 1);
    cr_assert_eq(board.lowered, 1);
    cr_assert_eq(m->cpu.x87.top, 4, "four values on the stack");
    bare_destroy(m);
}

Test(x87_environment, ignne_lets_instructions_pass)
{
    BareMachine *m = protected_machine();
    FerrBoard board = {.cpu = &m->cpu};

    m->cpu.cr0 &= ~(u64)CR0_NE;
    m->cpu.board = (CpuBoard){.board = &board, .ferr = ferr, .acknowledge = acknowledge};
    cr_assert(BARE_RUN(m, x87_ferr));
    cpu_set_ignne(&m->cpu, true);
    m->cpu.attention &= (u8)~ATTEND_HALT;
    bare_run(m, 2);
    cr_assert_eq(m->cpu.x87.top, 4);
    cr_assert(m->cpu.x87.ferr, "still pending");
    bare_destroy(m);
}

/* ---- stores that fault change nothing ---- */

PROGRAM(x87_store80, 32, "fninit; fldpi; fstp tbyte ptr [esi]; hlt");
PROGRAM(x87_store64, 32, "fninit; fldpi; fstp qword ptr [esi]; hlt");
PROGRAM(x87_store_all, 32, "fninit; fldpi; fnsave [esi]; hlt");

static void check_fault(const u8 *program, const u8 *end, u32 size)
{
    enum { LIMIT = 0xFFF };
    BareMachine *m = protected_machine();

    bare_descriptor(m, BARE_FREE, BARE_DATA, LIMIT, BARE_SMALL);
    bare_load_segment(m, DS, BARE_FREE);
    m->cpu.gpr[RSI] = LIMIT + 2 - size; /* one byte too many */
    bare_load(m, BARE_CODE, program, end);
    memset(m->ram.bytes + BARE_DATA, 0xA5, 0x1000);
    cr_assert(bare_run_to_halt(m));
    cr_assert_eq(bare_vector(m), EXCEPTION_GP);
    for (u32 i = 0; i < 0x1000; i++)
        cr_assert_eq(m->ram.bytes[BARE_DATA + i], 0xA5);
    cr_assert_eq(m->cpu.x87.top, 7, "not popped");
    cr_assert_eq(m->cpu.x87.empty, 0x7F);
    cr_assert_eq(m->cpu.x87.dp, 0, "the last operand is FLDPI's: none");
    bare_destroy(m);
}

Test(x87_environment, faulting_stores_change_nothing)
{
    check_fault(x87_store64, x87_store64_end, 8);
    check_fault(x87_store80, x87_store80_end, 10);
    check_fault(x87_store_all, x87_store_all_end, 108);
}
