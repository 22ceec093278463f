/*
 * One MMX or SSE instruction on the processor under us, between FXRSTOR and FXSAVE, and on a bare
 * machine in 32-bit protected mode; every row of a feature in register and memory form, on operands
 * that are mostly special, compared in all registers, MXCSR, flags, memory and exception.
 */
#ifndef TESTS_SIMD_RIG_H
#define TESTS_SIMD_RIG_H

#include "tests/bare_machine.h"

#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "cpu/decode.h"
#include "cpu/opcodes.h"

enum { SIMD_MEMORY = 32, SIMD_CR4 = CR4_OSFXSR | CR4_OSXMMEXCPT };

static inline void simd_enable(BareMachine *m)
{
    m->cpu.features = ~(FeatureSet)0;
    m->cpu.cr4 |= SIMD_CR4 | CR4_OSXSAVE;
    m->cpu.xcr0 = XCR0_X87 | XCR0_SSE | XCR0_AVX;
    m->cpu.cr0 |= CR0_NE;
    opcodes_index(&m->cpu);
}

static inline BareMachine *simd_create(unsigned cpl)
{
    BareMachine *m = bare_in_ring(cpl);

    simd_enable(m);
    return m;
}

#if defined(__x86_64__)

static u64 simd_random_state;

static u64 simd_random(void)
{
    simd_random_state ^= simd_random_state << 13;
    simd_random_state ^= simd_random_state >> 7;
    simd_random_state ^= simd_random_state << 17;
    return simd_random_state;
}

typedef struct SimdImage {
    u16 control, status, tags, opcode;
    u64 ip, dp;
    u32 mxcsr, mxcsr_mask;
    u8 st[8][16];
    u8 xmm[16][16];
    u8 unused[96];
    u8 ymm_high[8][16]; /* beyond FXSAVE's image */
} SimdImage;

/* What an instruction works on. */
typedef struct SimdState {
    SimdImage image __attribute__((aligned(16)));
    u8 memory[SIMD_MEMORY] __attribute__((aligned(32)));
    u64 gpr[4]; /* RAX, RCX, RDX, RBX */
    u64 flags;
    int vector; /* -1: none */
} SimdState;

/* ---- operands ---- */

static void random_vector(u8 bytes[16])
{
    static const u32 singles[] = {0,          0x80000000, 1,          0x807FFFFF, 0x00800000,
                                  0x7F800000, 0xFF800000, 0x7F800001, 0x7FC00000, 0xFFFFFFFF,
                                  0x3F800000, 0xBF800000, 0x7F7FFFFF, 0x40490FDB, 0x4F000000,
                                  0xCF000000, 0x4EFFFFFF, 0x3F000000, 0x34000000, 0x00FFFFFF};
    static const u64 doubles[] = {0,
                                  0x8000000000000000,
                                  1,
                                  0x800FFFFFFFFFFFFF,
                                  0x0010000000000000,
                                  0x7FF0000000000000,
                                  0xFFF0000000000000,
                                  0x7FF0000000000001,
                                  0x7FF8000000000000,
                                  0x3FF0000000000000,
                                  0x7FEFFFFFFFFFFFFF,
                                  0xBFF8000000000000,
                                  0x41DFFFFFFFC00000,
                                  0xC1E0000000000000,
                                  0x47EFFFFFE0000000,
                                  0x3690000000000000,
                                  0x380FFFFFFFFFFFFF,
                                  0x3FE0000000000000};
    unsigned kind = simd_random() % 6;

    for (unsigned i = 0; i < 16; i++)
        bytes[i] = (u8)simd_random();
    for (unsigned i = 0; i < 4 && kind < 2; i++)
        if (kind == 0 || simd_random() % 2)
            memcpy(bytes + 4 * i, &singles[simd_random() % COUNT_OF(singles)], 4);
    for (unsigned i = 0; i < 2 && (kind == 2 || kind == 3); i++)
        if (kind == 2 || simd_random() % 2)
            memcpy(bytes + 8 * i, &doubles[simd_random() % COUNT_OF(doubles)], 8);
    if (kind == 4) { /* small numbers, shift counts among them */
        memset(bytes, 0, 16);
        bytes[simd_random() % 2 * 8] = (u8)(simd_random() % 70);
    }
}

static void random_simd(SimdState *state)
{
    SimdImage *image = &state->image;
    u32 masks = simd_random() % 2 ? 0x3F : simd_random() & 0x3F;

    memset(state, 0, sizeof *state);
    image->control = 0x37F;
    image->status = (u16)(simd_random() & 0x7F3F);
    image->tags = (u16)(simd_random() & 0xFF);
    for (unsigned i = 0; i < 8; i++) {
        random_vector(image->st[i]);
        memset(image->st[i] + 10, 0, 6);
        random_vector(image->xmm[i]);
        random_vector(image->ymm_high[i]);
    }
    image->mxcsr = masks << 7 | (u32)(simd_random() & masks & simd_random());
    if (simd_random() % 2)
        image->mxcsr |= (u32)simd_random() & 0xE040;
    for (unsigned i = 0; i < SIMD_MEMORY; i += 16)
        random_vector(state->memory + i);
    for (unsigned i = 0; i < 4; i++)
        state->gpr[i] = simd_random() % 3 ? simd_random() & (simd_random() % 2 ? 0xFFFFFFFF : 0x807F)
                                          : (u32)(simd_random() % 40 - 20);
    state->flags = simd_random() & FLAGS_ARITHMETIC;
    state->vector = -1;
}

/* ---- the host ---- */

/* void simd_before(SimdImage *rdi, u8 *memory rsi, u64 *registers rdx) .. simd_after */
__asm__(".pushsection .rodata\n.intel_syntax noprefix\n"
        "simd_before: push rbx\n push r12\n push r13\n mov r12, rdi\n mov r13, rdx\n"
        "fxrstor [r12]\n"
        "simd_before_mid:\n mov rdi, rsi\n push qword ptr [r13 + 32]\n popf\n"
        "mov rax, [r13]\n mov rcx, [r13 + 8]\n mov rdx, [r13 + 16]\n mov rbx, [r13 + 24]\n"
        "simd_before_end:\n"
        "simd_upper_load:\n"
        "vinsertf128 ymm0, ymm0, [r12 + 512], 1\n vinsertf128 ymm1, ymm1, [r12 + 528], 1\n"
        "vinsertf128 ymm2, ymm2, [r12 + 544], 1\n vinsertf128 ymm3, ymm3, [r12 + 560], 1\n"
        "vinsertf128 ymm4, ymm4, [r12 + 576], 1\n vinsertf128 ymm5, ymm5, [r12 + 592], 1\n"
        "vinsertf128 ymm6, ymm6, [r12 + 608], 1\n vinsertf128 ymm7, ymm7, [r12 + 624], 1\n"
        "simd_upper_load_end:\n"
        "simd_upper_store:\n"
        "vextractf128 [r12 + 512], ymm0, 1\n vextractf128 [r12 + 528], ymm1, 1\n"
        "vextractf128 [r12 + 544], ymm2, 1\n vextractf128 [r12 + 560], ymm3, 1\n"
        "vextractf128 [r12 + 576], ymm4, 1\n vextractf128 [r12 + 592], ymm5, 1\n"
        "vextractf128 [r12 + 608], ymm6, 1\n vextractf128 [r12 + 624], ymm7, 1\n"
        "vzeroupper\n"
        "simd_upper_store_end:\n"
        "simd_after: fxsave [r12]\n"
        "mov [r13], rax\n mov [r13 + 8], rcx\n mov [r13 + 16], rdx\n mov [r13 + 24], rbx\n"
        "pushf\n pop qword ptr [r13 + 32]\n cld\n pop r13\n pop r12\n pop rbx\n ret\n"
        "simd_after_end:\n.att_syntax prefix\n.popsection\n");
extern const u8 simd_before[] __attribute__((visibility("hidden")));
extern const u8 simd_before_mid[] __attribute__((visibility("hidden")));
extern const u8 simd_before_end[] __attribute__((visibility("hidden")));
extern const u8 simd_upper_load[] __attribute__((visibility("hidden")));
extern const u8 simd_upper_load_end[] __attribute__((visibility("hidden")));
extern const u8 simd_upper_store[] __attribute__((visibility("hidden")));
extern const u8 simd_upper_store_end[] __attribute__((visibility("hidden")));
extern const u8 simd_after[] __attribute__((visibility("hidden")));
extern const u8 simd_after_end[] __attribute__((visibility("hidden")));

static u8 *simd_code;
static sigjmp_buf simd_fault;
static SimdImage simd_fault_image;

static void simd_on_signal(int number, siginfo_t *info, void *context)
{
    (void)info;
    const u8 *area = (const u8 *)((ucontext_t *)context)->uc_mcontext.fpregs;

    memset(&simd_fault_image, 0, sizeof simd_fault_image);
    memcpy(&simd_fault_image, area, 512);
    if (__builtin_cpu_supports("avx") && (area[512] & XCR0_AVX)) /* XSAVE's XSTATE_BV */
        memcpy(simd_fault_image.ymm_high, area + 576, sizeof simd_fault_image.ymm_high);
    siglongjmp(simd_fault, number);
}

static u8 *simd_emit(u8 *at, const u8 *bytes, const u8 *end)
{
    memcpy(at, bytes, (size_t)(end - bytes));
    return at + (end - bytes);
}

static void host_assemble_simd(const u8 *insn, unsigned length)
{
    u8 *at;

    if (!simd_code)
        simd_code = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    at = simd_emit(simd_code, simd_before, simd_before_mid);
    if (__builtin_cpu_supports("avx"))
        at = simd_emit(at, simd_upper_load, simd_upper_load_end);
    at = simd_emit(at, simd_before_mid, simd_before_end);
    at = simd_emit(at, insn, insn + length);
    if (__builtin_cpu_supports("avx"))
        at = simd_emit(at, simd_upper_store, simd_upper_store_end);
    simd_emit(at, simd_after, simd_after_end);
}

/* An exception changes MXCSR's flags, and may have made MMX registers valid. */
static void host_run_simd(SimdState *state)
{
    static const u32 init = 0x1F80;
    struct sigaction action = {.sa_sigaction = simd_on_signal, .sa_flags = SA_NODEFER | SA_SIGINFO};
    struct sigaction old[3];
    static const int signals[3] = {SIGFPE, SIGILL, SIGSEGV};
    static const int vectors[3] = {EXCEPTION_XM, EXCEPTION_UD, EXCEPTION_GP};
    SimdState work = *state;
    int ended;

    for (unsigned i = 0; i < 3; i++)
        sigaction(signals[i], &action, &old[i]);
    ended = sigsetjmp(simd_fault, 0);
    if (!ended) {
        work.flags |= FLAGS_ALWAYS;
        ((void (*)(SimdImage *, u8 *, u64 *))(uintptr_t)simd_code)(&work.image, work.memory,
                                                                   work.gpr);
        work.flags &= FLAGS_ARITHMETIC;
        *state = work;
    } else {
        state->image = simd_fault_image;
        for (unsigned i = 0; i < 3; i++)
            if (ended == signals[i])
                state->vector = vectors[i];
    }
    __asm__ volatile("fninit\n\t ldmxcsr %0" : : "m"(init));
    for (unsigned i = 0; i < 3; i++)
        sigaction(signals[i], &old[i], NULL);
}

/* ---- the guest ---- */

static void guest_set_simd(BareMachine *m, const SimdState *state)
{
    Cpu *cpu = &m->cpu;
    X87 *x87 = &cpu->x87;
    static const u8 registers[4] = {RAX, RCX, RDX, RBX};

    x87->control = state->image.control;
    x87->status = state->image.status & 0xC7FF;
    x87->top = state->image.status >> 11 & 7;
    x87->empty = (u8)~state->image.tags;
    for (unsigned i = 0; i < 8; i++) {
        X87Register *st = &x87->r[(x87->top + i) & 7];

        memcpy(&st->significand, state->image.st[i], 8);
        memcpy(&st->sign_exponent, state->image.st[i] + 8, 2);
        memcpy(cpu->xmm[i].bytes, state->image.xmm[i], 16);
        memcpy(cpu->ymm_high[i].bytes, state->image.ymm_high[i], 16);
    }
    cpu->mxcsr = state->image.mxcsr;
    for (unsigned i = 0; i < 4; i++)
        cpu->gpr[registers[i]] = state->gpr[i];
    cpu->gpr[RSI] = cpu->gpr[RDI] = BARE_DATA;
    flags_unpack(&cpu->flags, state->flags);
    space_write_bytes(&m->memory, BARE_DATA, state->memory, SIMD_MEMORY);
}

static void guest_get_simd(BareMachine *m, SimdState *state)
{
    const Cpu *cpu = &m->cpu;
    const X87 *x87 = &cpu->x87;
    static const u8 registers[4] = {RAX, RCX, RDX, RBX};

    state->image.status = (u16)(x87->status | x87->top << 11);
    state->image.tags = (u8)~x87->empty;
    for (unsigned i = 0; i < 8; i++) {
        const X87Register *st = &x87->r[(x87->top + i) & 7];

        memcpy(state->image.st[i], &st->significand, 8);
        memcpy(state->image.st[i] + 8, &st->sign_exponent, 2);
        memcpy(state->image.xmm[i], cpu->xmm[i].bytes, 16);
        memcpy(state->image.ymm_high[i], cpu->ymm_high[i].bytes, 16);
    }
    state->image.mxcsr = cpu->mxcsr;
    for (unsigned i = 0; i < 4; i++)
        state->gpr[i] = cpu->gpr[registers[i]];
    state->flags = flags_pack(&cpu->flags);
    space_read_bytes(&m->memory, BARE_DATA, state->memory, SIMD_MEMORY);
}

static void guest_run_simd(BareMachine *m, SimdState *state, unsigned length)
{
    guest_set_simd(m, state);
    bare_load_segment(m, CS, BARE_CODE0);
    m->cpu.gpr[RSP] = BARE_STACK0;
    m->cpu.rip = BARE_CODE;
    m->cpu.attention = 0;
    cpu_step(&m->cpu);
    guest_get_simd(m, state);
    if (m->cpu.rip == BARE_CODE + length)
        return;
    bare_run(m, 2);
    state->vector = bare_vector(m);
}

/* ---- the comparison ---- */

/* Precision after an unmasked overflow or underflow: see simd.c's list. */
static void forget_precision(const SimdState *start, SimdState *a, SimdState *b)
{
    if (a->vector == EXCEPTION_XM && (a->image.mxcsr & ~(start->image.mxcsr >> 7) & 0x18)) {
        a->image.mxcsr |= 32;
        b->image.mxcsr |= 32;
    }
}

static bool same_simd(const SimdState *a, const SimdState *b)
{
    const SimdImage *x = &a->image, *y = &b->image;

    return a->vector == b->vector && x->mxcsr == y->mxcsr && x->status == y->status &&
           x->tags == y->tags && !memcmp(x->st, y->st, sizeof x->st) &&
           !memcmp(x->xmm, y->xmm, 8 * 16) && !memcmp(x->ymm_high, y->ymm_high, 8 * 16) && !memcmp(a->memory, b->memory, SIMD_MEMORY) &&
           !memcmp(a->gpr, b->gpr, sizeof a->gpr) && a->flags == b->flags;
}

static void print_bytes(const char *title, const u8 *bytes, unsigned count)
{
    fprintf(stderr, " %s ", title);
    for (unsigned i = count; i-- > 0;)
        fprintf(stderr, "%02x", bytes[i]);
}

static void print_simd(const char *title, const SimdState *state)
{
    const SimdImage *image = &state->image;

    fprintf(stderr, "  %-7s #%d mxcsr %04x sw %04x tw %02x fl %03x ax %08x", title, state->vector,
            image->mxcsr, image->status, image->tags, (unsigned)state->flags,
            (unsigned)state->gpr[0]);
    print_bytes("xmm1", image->xmm[1], 16);
    print_bytes("xmm2", image->xmm[2], 16);
    print_bytes("xmm3", image->xmm[3], 16);
    print_bytes("ymm1", image->ymm_high[1], 16);
    print_bytes("ymm2", image->ymm_high[2], 16);
    print_bytes("ymm3", image->ymm_high[3], 16);
    print_bytes("st1", image->st[1], 10);
    print_bytes("st2", image->st[2], 10);
    print_bytes("mem", state->memory, 32);
    fprintf(stderr, "\n");
}

static bool has_variable_size(const OpcodeRow *row)
{
    for (unsigned i = 0; i < INSN_OPERANDS; i++)
        if (row->operands[i] == CODE_Gv || row->operands[i] == CODE_Ev)
            return true;
    return false;
}

static unsigned simd_encode_immediates(const OpcodeRow *row, u8 *bytes)
{
    unsigned length = 0;

    for (unsigned i = 0; i < INSN_OPERANDS; i++)
        if (row->operands[i] == CODE_Ib)
            bytes[length++] = (u8)(simd_random() % 2 ? simd_random() : simd_random() % 20);
        else if (row->operands[i] == CODE_Lx)
            bytes[length++] = (u8)(simd_random() % 8 << 4);
    return length;
}

/* Three bytes; VEX.vvvv is register 3 where the row uses it. */
static unsigned simd_encode_vex(const OpcodeRow *row, u8 *bytes)
{
    static const u32 prefixes[4] = {PNONE, P66, PF3, PF2};
    unsigned map = row->code < 0x10000 ? 1 : row->code >> 8 == 0x0F38 ? 2 : 3, vvvv = 0, pp = 0;
    bool is_long = !(row->attributes & L0) && ((row->attributes & L1) || simd_random() % 2);

    for (unsigned i = 0; i < INSN_OPERANDS; i++)
        if (row->operands[i] == CODE_By || row->operands[i] == CODE_Hx ||
            row->operands[i] == CODE_Hdq || row->operands[i] == CODE_Hqq)
            vvvv = 3;
    while (!(row->attributes & prefixes[pp]))
        pp++;
    bytes[0] = 0xC4;
    bytes[1] = (u8)(0xE0 | map);
    bytes[2] = (u8)((row->attributes & W1 ? 0x80 : 0) | (~vvvv & 15) << 3 | (is_long ? 4 : 0) | pp);
    return 3;
}

/* The bytes of an encoding of `row`: its reg field (or digit) and r/m; 0 when there is no such
 * form. */
static unsigned simd_encode(const OpcodeRow *row, bool memory, u8 bytes[16])
{
    unsigned length = 0;
    u8 modrm = (u8)(memory ? 0x06 : 0xC2);

    if (((row->digit & MEM) && !memory) || ((row->digit & REG) && memory))
        return 0;
    if (!memory && (row->operands[0] == CODE_Md || row->operands[0] == CODE_Mb))
        return 0;
    if ((row->digit & MODRM) || ((row->attributes & W1) && !(row->attributes & VEX_BIT)))
        return 0;
    if (row->attributes & VEX_BIT) {
        length = simd_encode_vex(row, bytes);
        bytes[length++] = row->code & 0xFF;
        if (row->operands[0] == CODE__)
            return memory ? 0 : length;
        if (row->operands[1] == CODE_VM) { /* [esi + xmm2] */
            bytes[length++] = 0x0C;
            bytes[length++] = 0x16;
            return length;
        }
        bytes[length++] = modrm | (u8)((row->digit & ANY ? 1 : row->digit & 7) << 3);
        return length + simd_encode_immediates(row, bytes + length);
    }
    if ((row->attributes & P66) || (has_variable_size(row) && simd_random() % 2))
        bytes[length++] = 0x66;
    if (row->attributes & PF2)
        bytes[length++] = 0xF2;
    if (row->attributes & PF3)
        bytes[length++] = 0xF3;
    if (row->code > 0xFF)
        bytes[length++] = 0x0F;
    if (row->code > 0xFFFF)
        bytes[length++] = row->code >> 8 & 0xFF;
    bytes[length++] = row->code & 0xFF;
    if (row->operands[0] == CODE__ && (row->digit & ANY))
        return memory ? 0 : length;
    bytes[length++] = modrm | (u8)((row->digit & ANY ? 1 : row->digit & 7) << 3);
    return length + simd_encode_immediates(row, bytes + length);
}

/* Register 2 as indexes of a gather, within the memory that there is. */
static void small_indexes(SimdImage *image, Size size)
{
    for (unsigned i = 0; i < 16; i += size) {
        u64 low = simd_random() % (SIMD_MEMORY - 7), high = simd_random() % (SIMD_MEMORY - 7);

        memcpy(image->xmm[2] + i, &low, size);
        memcpy(image->ymm_high[2] + i, &high, size);
    }
}

static unsigned compare_simd_row(BareMachine *m, const OpcodeRow *row, bool memory, unsigned cases)
{
    unsigned differences = 0;

    for (unsigned i = 0; i < cases && differences < 2; i++) {
        u8 bytes[16];
        SimdState start, host, guest;
        unsigned length = simd_encode(row, memory, bytes);

        if (!length)
            return 0;
        random_simd(&start);
        if (row->name == INSN_LDMXCSR && simd_random() % 8)
            memset(start.memory + 2, 0, 2);
        if (row->operands[1] == CODE_VM)
            small_indexes(&start.image, row->code & 1 ? QWORD : DWORD);
        if (row->name == INSN_MASKMOVQ || row->name == INSN_MASKMOVDQU)
            start.image.status &= (u16)~0x3800;
        host = guest = start;
        host_assemble_simd(bytes, length);
        space_write_bytes(&m->memory, BARE_CODE, bytes, length);
        host_run_simd(&host);
        guest_run_simd(m, &guest, length);
        forget_precision(&start, &host, &guest);
        if (same_simd(&host, &guest))
            continue;
        differences++;
        fprintf(stderr, "%s %s %02x %02x %02x %02x\n", insn_info[row->name].name,
                memory ? "memory" : "register", bytes[0], bytes[1], bytes[2], bytes[3]);
        print_simd("before", &start);
        print_simd("host", &host);
        print_simd("vitrine", &guest);
    }
    return differences;
}

/* Does the host have it? MMX to SSE2 every host of 64-bit code has. */
static bool host_has(Feature feature)
{
    static const struct {
        u8 feature, is_ebx, number; /* of function 7's EBX or ECX; else of 1's ECX */
        u32 function;
    } bits[] = {
        {FEATURE_SSE3, 0, 0, 1},    {FEATURE_PCLMUL, 0, 1, 1},    {FEATURE_SSSE3, 0, 9, 1},
        {FEATURE_FMA, 0, 12, 1},    {FEATURE_SSE41, 0, 19, 1},    {FEATURE_SSE42, 0, 20, 1},
        {FEATURE_MOVBE, 0, 22, 1},  {FEATURE_POPCNT, 0, 23, 1},   {FEATURE_AES, 0, 25, 1},
        {FEATURE_AVX, 0, 28, 1},    {FEATURE_F16C, 0, 29, 1},     {FEATURE_BMI1, 1, 3, 7},
        {FEATURE_AVX2, 1, 5, 7},    {FEATURE_BMI2, 1, 8, 7},      {FEATURE_ADX, 1, 19, 7},
        {FEATURE_SHA, 1, 29, 7},    {FEATURE_VAES, 0, 9, 7},      {FEATURE_VPCLMUL, 0, 10, 7},
        {FEATURE_LZCNT, 0, 5, 0x80000001},
    };

    for (unsigned i = 0; i < COUNT_OF(bits); i++) {
        unsigned eax, ebx = 0, ecx = 0, edx;

        if (bits[i].feature != feature)
            continue;
        __get_cpuid_count(bits[i].function, 0, &eax, &ebx, &ecx, &edx);
        return bit(bits[i].is_ebx ? ebx : ecx, bits[i].number);
    }
    return true;
}

/* All rows of a feature; the number of differences. */
static inline unsigned compare_simd_rows(Feature feature, unsigned cases)
{
    if (!host_has(feature))
        cr_skip_test("the processor under us lacks it");
    BareMachine *m = simd_create(0);
    unsigned differences = 0, rows = 0;

    simd_random_state = 0x9E3779B97F4A7C15 + feature;
    for (unsigned i = 0; i < opcode_row_count; i++) {
        const OpcodeRow *row = &opcode_rows[i];

        if (row_feature(row) != feature || row->name == INSN_RDRAND || row->name == INSN_RDSEED)
            continue;
        if (row->attributes & O64) /* vitrine runs 32-bit code here */
            continue;
        rows++;
        differences += compare_simd_row(m, row, false, cases);
        differences += compare_simd_row(m, row, true, cases);
    }
    bare_destroy(m);
    cr_expect_gt(rows, 0);
    return differences;
}

#endif
#endif
