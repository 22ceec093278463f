/*
 * Manual: Intel SDM Vol. 1, "Basic Execution Environment"; Vol. 3, "System Architecture Overview".
 *
 * Not implemented: changes of the mode by writing CR0, CR4.PAE or EFER, and of CPL.
 */
#include "frontend/debugger/registers.h"

#include "cpu/debug_registers.h"
#include "cpu/x87_tags.h"
#include "frontend/debugger/guest_memory.h"
#include "mmu/paging.h"

#include <stdio.h>
#include <string.h>

typedef enum Kind {
    GENERAL, /* which: of Cpu.gpr */
    HIGH_BYTE,
    INSTRUCTION_POINTER,
    PROGRAM_COUNTER, /* its linear address, as in QEMU's monitor */
    FLAGS_REGISTER,
    FLAG, /* which: the bit */
    IO_PRIVILEGE,
    SELECTOR, /* which: SegmentRegister */
    SEGMENT_BASE,
    SEGMENT_LIMIT,
    SEGMENT_ACCESS,
    PLAIN_MEMBER, /* which: the offset in Cpu; nothing is derived from it */
    CONTROL,      /* which: its number */
    EXTENDED_FEATURES,
    DEBUG_CONTROL,
    X87_SIGNIFICAND, /* which: i of ST(i) */
    X87_EXPONENT,
    X87_STATUS,
    X87_TAGS,
    READ_ONLY_MEMBER,
} Kind;

struct Register {
    const char *name;
    Kind kind;
    unsigned which;
    Size size;
};

#define MEMBER(name, member)                                                                       \
    {                                                                                              \
        name, PLAIN_MEMBER, offsetof(Cpu, member), sizeof(((Cpu *)0)->member)                      \
    }
#define FIXED(name, member)                                                                        \
    {                                                                                              \
        name, READ_ONLY_MEMBER, offsetof(Cpu, member), sizeof(((Cpu *)0)->member)                  \
    }
#define XMM(n) MEMBER("xmm" #n, xmm[n].qwords[0]), MEMBER("xmm" #n ".high", xmm[n].qwords[1])
#define YMM(n)                                                                                     \
    MEMBER("ymm" #n "h", ymm_high[n].qwords[0]), MEMBER("ymm" #n "h.high", ymm_high[n].qwords[1])
#define ST(n)                                                                                      \
    {"st" #n, X87_SIGNIFICAND, n, QWORD},                                                          \
    {                                                                                              \
        "st" #n ".exponent", X87_EXPONENT, n, WORD                                                 \
    }

// clang-format off
static const Register table[] = {
    {"rax", GENERAL, RAX, QWORD}, {"rcx", GENERAL, RCX, QWORD}, {"rdx", GENERAL, RDX, QWORD},
    {"rbx", GENERAL, RBX, QWORD}, {"rsp", GENERAL, RSP, QWORD}, {"rbp", GENERAL, RBP, QWORD},
    {"rsi", GENERAL, RSI, QWORD}, {"rdi", GENERAL, RDI, QWORD}, {"r8", GENERAL, R8, QWORD},
    {"r9", GENERAL, R9, QWORD}, {"r10", GENERAL, R10, QWORD}, {"r11", GENERAL, R11, QWORD},
    {"r12", GENERAL, R12, QWORD}, {"r13", GENERAL, R13, QWORD}, {"r14", GENERAL, R14, QWORD},
    {"r15", GENERAL, R15, QWORD}, {"eax", GENERAL, RAX, DWORD}, {"ecx", GENERAL, RCX, DWORD},
    {"edx", GENERAL, RDX, DWORD}, {"ebx", GENERAL, RBX, DWORD}, {"esp", GENERAL, RSP, DWORD},
    {"ebp", GENERAL, RBP, DWORD}, {"esi", GENERAL, RSI, DWORD}, {"edi", GENERAL, RDI, DWORD},
    {"r8d", GENERAL, R8, DWORD}, {"r9d", GENERAL, R9, DWORD}, {"r10d", GENERAL, R10, DWORD},
    {"r11d", GENERAL, R11, DWORD}, {"r12d", GENERAL, R12, DWORD}, {"r13d", GENERAL, R13, DWORD},
    {"r14d", GENERAL, R14, DWORD}, {"r15d", GENERAL, R15, DWORD}, {"ax", GENERAL, RAX, WORD},
    {"cx", GENERAL, RCX, WORD}, {"dx", GENERAL, RDX, WORD}, {"bx", GENERAL, RBX, WORD},
    {"sp", GENERAL, RSP, WORD}, {"bp", GENERAL, RBP, WORD}, {"si", GENERAL, RSI, WORD},
    {"di", GENERAL, RDI, WORD}, {"r8w", GENERAL, R8, WORD}, {"r9w", GENERAL, R9, WORD},
    {"r10w", GENERAL, R10, WORD}, {"r11w", GENERAL, R11, WORD}, {"r12w", GENERAL, R12, WORD},
    {"r13w", GENERAL, R13, WORD}, {"r14w", GENERAL, R14, WORD}, {"r15w", GENERAL, R15, WORD},
    {"al", GENERAL, RAX, BYTE}, {"cl", GENERAL, RCX, BYTE}, {"dl", GENERAL, RDX, BYTE},
    {"bl", GENERAL, RBX, BYTE}, {"spl", GENERAL, RSP, BYTE}, {"bpl", GENERAL, RBP, BYTE},
    {"sil", GENERAL, RSI, BYTE}, {"dil", GENERAL, RDI, BYTE}, {"r8b", GENERAL, R8, BYTE},
    {"r9b", GENERAL, R9, BYTE}, {"r10b", GENERAL, R10, BYTE}, {"r11b", GENERAL, R11, BYTE},
    {"r12b", GENERAL, R12, BYTE}, {"r13b", GENERAL, R13, BYTE}, {"r14b", GENERAL, R14, BYTE},
    {"r15b", GENERAL, R15, BYTE}, {"ah", HIGH_BYTE, RAX, BYTE}, {"ch", HIGH_BYTE, RCX, BYTE},
    {"dh", HIGH_BYTE, RDX, BYTE}, {"bh", HIGH_BYTE, RBX, BYTE}, {"rip", INSTRUCTION_POINTER, 0, QWORD},
    {"eip", INSTRUCTION_POINTER, 0, DWORD}, {"ip", INSTRUCTION_POINTER, 0, WORD},
    {"pc", PROGRAM_COUNTER, 0, QWORD}, {"rflags", FLAGS_REGISTER, 0, QWORD},
    {"eflags", FLAGS_REGISTER, 0, DWORD}, {"flags", FLAGS_REGISTER, 0, WORD}, {"cf", FLAG, 0, BYTE},
    {"pf", FLAG, 2, BYTE}, {"af", FLAG, 4, BYTE}, {"zf", FLAG, 6, BYTE}, {"sf", FLAG, 7, BYTE},
    {"tf", FLAG, 8, BYTE}, {"if", FLAG, 9, BYTE}, {"df", FLAG, 10, BYTE}, {"of", FLAG, 11, BYTE},
    {"nt", FLAG, 14, BYTE}, {"rf", FLAG, 16, BYTE}, {"vm", FLAG, 17, BYTE}, {"ac", FLAG, 18, BYTE},
    {"vif", FLAG, 19, BYTE}, {"vip", FLAG, 20, BYTE}, {"id", FLAG, 21, BYTE},
    {"iopl", IO_PRIVILEGE, 0, BYTE}, {"es", SELECTOR, ES, WORD}, {"cs", SELECTOR, CS, WORD},
    {"ss", SELECTOR, SS, WORD}, {"ds", SELECTOR, DS, WORD}, {"fs", SELECTOR, FS, WORD},
    {"gs", SELECTOR, GS, WORD}, {"ldtr", SELECTOR, LDTR, WORD}, {"tr", SELECTOR, TR, WORD},
    {"es.base", SEGMENT_BASE, ES, QWORD}, {"cs.base", SEGMENT_BASE, CS, QWORD},
    {"ss.base", SEGMENT_BASE, SS, QWORD}, {"ds.base", SEGMENT_BASE, DS, QWORD},
    {"fs.base", SEGMENT_BASE, FS, QWORD}, {"gs.base", SEGMENT_BASE, GS, QWORD},
    {"ldtr.base", SEGMENT_BASE, LDTR, QWORD}, {"tr.base", SEGMENT_BASE, TR, QWORD},
    {"es.limit", SEGMENT_LIMIT, ES, DWORD}, {"cs.limit", SEGMENT_LIMIT, CS, DWORD},
    {"ss.limit", SEGMENT_LIMIT, SS, DWORD}, {"ds.limit", SEGMENT_LIMIT, DS, DWORD},
    {"fs.limit", SEGMENT_LIMIT, FS, DWORD}, {"gs.limit", SEGMENT_LIMIT, GS, DWORD},
    {"ldtr.limit", SEGMENT_LIMIT, LDTR, DWORD}, {"tr.limit", SEGMENT_LIMIT, TR, DWORD},
    {"es.access", SEGMENT_ACCESS, ES, WORD}, {"cs.access", SEGMENT_ACCESS, CS, WORD},
    {"ss.access", SEGMENT_ACCESS, SS, WORD}, {"ds.access", SEGMENT_ACCESS, DS, WORD},
    {"fs.access", SEGMENT_ACCESS, FS, WORD}, {"gs.access", SEGMENT_ACCESS, GS, WORD},
    {"ldtr.access", SEGMENT_ACCESS, LDTR, WORD}, {"tr.access", SEGMENT_ACCESS, TR, WORD},
    {"fs_base", SEGMENT_BASE, FS, QWORD}, {"gs_base", SEGMENT_BASE, GS, QWORD},
    {"cpl", READ_ONLY_MEMBER, offsetof(Cpu, cpl), BYTE},
    {"cr0", CONTROL, 0, QWORD}, {"cr2", CONTROL, 2, QWORD}, {"cr3", CONTROL, 3, QWORD},
    {"cr4", CONTROL, 4, QWORD}, {"cr8", CONTROL, 8, QWORD}, {"efer", EXTENDED_FEATURES, 0, QWORD},
    MEMBER("gdtr.base", gdtr.base), MEMBER("gdtr.limit", gdtr.limit),
    MEMBER("idtr.base", idtr.base), MEMBER("idtr.limit", idtr.limit),
    MEMBER("dr0", dr[0]), MEMBER("dr1", dr[1]), MEMBER("dr2", dr[2]), MEMBER("dr3", dr[3]),
    MEMBER("dr6", dr[6]), {"dr7", DEBUG_CONTROL, 7, QWORD},
    ST(0), ST(1), ST(2), ST(3), ST(4), ST(5), ST(6), ST(7),
    MEMBER("fctrl", x87.control), {"fstat", X87_STATUS, 0, WORD}, {"ftag", X87_TAGS, 0, WORD},
    MEMBER("fiseg", x87.cs), MEMBER("fioff", x87.ip), MEMBER("foseg", x87.ds), MEMBER("fooff", x87.dp),
    MEMBER("fop", x87.opcode),
    XMM(0), XMM(1), XMM(2), XMM(3), XMM(4), XMM(5), XMM(6), XMM(7),
    XMM(8), XMM(9), XMM(10), XMM(11), XMM(12), XMM(13), XMM(14), XMM(15),
    YMM(0), YMM(1), YMM(2), YMM(3), YMM(4), YMM(5), YMM(6), YMM(7),
    YMM(8), YMM(9), YMM(10), YMM(11), YMM(12), YMM(13), YMM(14), YMM(15),
    FIXED("mxcsr", mxcsr), FIXED("xcr0", xcr0),
    MEMBER("sysenter_cs", sysenter_cs), MEMBER("sysenter_esp", sysenter_esp),
    MEMBER("sysenter_eip", sysenter_eip), MEMBER("star", star), MEMBER("lstar", lstar),
    MEMBER("cstar", cstar), MEMBER("sfmask", sfmask), MEMBER("kernel_gs_base", kernel_gs_base),
    MEMBER("k_gs_base", kernel_gs_base),
    FIXED("cycles", cycles),
};
// clang-format on

const Register *register_find(const char *name, size_t length)
{
    if (length && *name == '$') {
        name++;
        length--;
    }
    for (unsigned i = 0; i < COUNT_OF(table); i++)
        if (strlen(table[i].name) == length && !strncasecmp(table[i].name, name, length))
            return &table[i];
    return NULL;
}

const Register *register_at(unsigned index)
{
    return index < COUNT_OF(table) ? &table[index] : NULL;
}

const char *register_name(const Register *reg)
{
    return reg->name;
}

Size register_size(const Register *reg)
{
    return reg->size;
}

/* ---- reading ---- */

static u64 read_member(const Cpu *cpu, unsigned offset, Size size)
{
    u64 value = 0;

    memcpy(&value, (const u8 *)cpu + offset, size);
    return value;
}

static const X87Register *x87_register(const Cpu *cpu, unsigned i)
{
    return &cpu->x87.r[(cpu->x87.top + i) & 7];
}

static u64 read_whole(const Register *reg, const Cpu *cpu)
{
    switch (reg->kind) {
    case GENERAL:
        return cpu->gpr[reg->which];
    case HIGH_BYTE:
        return cpu->gpr[reg->which] >> 8;
    case INSTRUCTION_POINTER:
        return cpu->insn && cpu->insn != &no_insn ? cpu_rip(cpu) : cpu->rip;
    case PROGRAM_COUNTER:
        return (cpu->segments[CS].base + cpu->rip) & cpu->linear_mask;
    case FLAGS_REGISTER:
        return cpu_get_flags(cpu);
    case FLAG:
        return bit(cpu_get_flags(cpu), reg->which);
    case IO_PRIVILEGE:
        return cpu_iopl(cpu);
    case SELECTOR:
        return cpu->segments[reg->which].selector;
    case SEGMENT_BASE:
        return cpu->segments[reg->which].base;
    case SEGMENT_LIMIT:
        return cpu->segments[reg->which].limit;
    case SEGMENT_ACCESS:
        return cpu->segments[reg->which].access;
    case CONTROL:
        return cpu_control(cpu, reg->which);
    case EXTENDED_FEATURES:
        return cpu->efer;
    case DEBUG_CONTROL:
        return cpu->dr[reg->which];
    case X87_SIGNIFICAND:
        return x87_register(cpu, reg->which)->significand;
    case X87_EXPONENT:
        return x87_register(cpu, reg->which)->sign_exponent;
    case X87_STATUS:
        return (cpu->x87.status & ~0x3800u) | (u64)cpu->x87.top << 11;
    case X87_TAGS:
        return x87_tag_word(&cpu->x87);
    case PLAIN_MEMBER:
    case READ_ONLY_MEMBER:
        return read_member(cpu, reg->which, reg->size);
    }
    return 0;
}

u64 register_read(const Register *reg, const Cpu *cpu)
{
    return read_whole(reg, cpu) & size_mask(reg->size);
}

/* ---- writing ---- */

static bool refuse(char *error, size_t error_size, const char *sentence)
{
    snprintf(error, error_size, "%s", sentence);
    return false;
}

/* What a 16- or 8-bit write leaves of the register stays; a 32-bit one clears the high half. */
static void write_general(Cpu *cpu, unsigned number, Size size, u64 value)
{
    u64 kept = size >= DWORD ? 0 : cpu->gpr[number] & ~size_mask(size);

    cpu->gpr[number] = kept | (value & size_mask(size));
}

static bool fits(const Cpu *cpu, SegmentRegister reg, u16 selector, Descriptor descriptor)
{
    u16 access = descriptor_access(descriptor);
    bool code = access & ACCESS_CODE;

    if (!(access & ACCESS_P) || !(access & ACCESS_S))
        return false;
    if (reg == CS)
        return code && (selector & 3) == cpu->cpl;
    if (reg == SS)
        return !code && (access & ACCESS_RW) && (selector & 3) == cpu->cpl;
    return !code || access_is_readable(access);
}

static bool write_selector(Cpu *cpu, SegmentRegister reg, u16 selector, char *error,
                           size_t error_size)
{
    Descriptor descriptor;

    if (reg == LDTR || reg == TR)
        return refuse(error, error_size, "LDTR and TR are loaded by LLDT and LTR only");
    if (!cpu_protected(cpu)) {
        segment_set_real(cpu, reg, selector);
    } else if (selector_is_null(selector) && reg != CS && reg != SS) {
        segment_set_null(cpu, reg, selector);
    } else {
        if (!guest_read_descriptor(cpu, selector, &descriptor) ||
            !fits(cpu, reg, selector, descriptor)) {
            snprintf(error, error_size,
                     "selector %04X names no descriptor that this register could hold at CPL %u",
                     selector, cpu->cpl);
            return false;
        }
        segment_set_descriptor(cpu, reg, selector, descriptor);
    }
    if (reg == CS || reg == SS)
        cpu_translations_changed(cpu);
    return true;
}

static bool write_control(Cpu *cpu, unsigned number, u64 value, char *error, size_t error_size)
{
    u64 mode = (u64)CR0_PE | CR0_PG;

    switch (number) {
    case 0:
        if ((value ^ cpu->cr0) & mode)
            return refuse(error, error_size, "CR0.PE and CR0.PG are changed by guest code only");
        cpu->cr0 = (value & 0xE005003F) | CR0_ET;
        break;
    case 2:
        cpu->cr2 = value;
        return true;
    case 3:
        if ((cpu->cr0 & CR0_PG) && (cpu->cr4 & CR4_PAE) && !cpu_long(cpu) &&
            !mmu_load_pdptes(&cpu->mmu, value))
            return refuse(error, error_size,
                          "there is a page-directory-pointer entry with reserved bits set");
        cpu->cr3 = value;
        mmu_set_cr3(&cpu->mmu, value);
        cpu_translations_changed(cpu);
        return true;
    case 4:
        if ((value ^ cpu->cr4) & CR4_PAE)
            return refuse(error, error_size, "CR4.PAE is changed by guest code only");
        cpu->cr4 = value & 0x3717FF;
        break;
    default:
        return refuse(error, error_size, "CR8 is changed by guest code only");
    }
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    cpu_translations_changed(cpu);
    return true;
}

static bool write_features(Cpu *cpu, u64 value, char *error, size_t error_size)
{
    if ((value ^ cpu->efer) & ~(u64)(EFER_SCE | EFER_NXE))
        return refuse(error, error_size, "of EFER only SCE and NXE can be changed here");
    cpu->efer = value;
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    cpu_translations_changed(cpu);
    return true;
}

/* An address of the code segment's size. */
static bool write_rip(Cpu *cpu, u64 value, char *error, size_t error_size)
{
    if (cpu->code_size == 8 && !is_canonical(value))
        return refuse(error, error_size, "that address is not canonical");
    cpu->rip = cpu->code_size == 8 ? value : (u32)value;
    cpu_between_instructions(cpu);
    return true;
}

/* Registers of which nothing else is derived. */
static bool write_plain(const Register *reg, Cpu *cpu, u64 value)
{
    X87Register *x87 = &cpu->x87.r[(cpu->x87.top + reg->which) & 7];

    switch (reg->kind) {
    case GENERAL:
        write_general(cpu, reg->which, reg->size, value);
        return true;
    case HIGH_BYTE:
        cpu->gpr[reg->which] = (cpu->gpr[reg->which] & ~(u64)0xFF00) | value << 8;
        return true;
    case X87_SIGNIFICAND:
        x87->significand = value;
        return true;
    case X87_EXPONENT:
        x87->sign_exponent = (u16)value;
        return true;
    case X87_TAGS:
        x87_set_tag_word(&cpu->x87, (u16)value);
        return true;
    case PLAIN_MEMBER:
        memcpy((u8 *)cpu + reg->which, &value, reg->size);
        return true;
    default:
        return false;
    }
}

static bool write_flags(Cpu *cpu, u64 value, u64 mask, char *error, size_t error_size)
{
    if (mask == FLAG_VM)
        return refuse(error, error_size, "VM is changed by guest code only");
    cpu_set_flags(cpu, value, mask & ~(u64)FLAG_VM);
    return true;
}

bool register_write(const Register *reg, Cpu *cpu, u64 value, char *error, size_t error_size)
{
    value &= size_mask(reg->size);
    if (write_plain(reg, cpu, value))
        return true;
    switch (reg->kind) {
    case INSTRUCTION_POINTER:
        return write_rip(cpu, value, error, error_size);
    case PROGRAM_COUNTER:
        return write_rip(cpu, (value - cpu->segments[CS].base) & cpu->linear_mask, error,
                         error_size);
    case FLAGS_REGISTER:
        return write_flags(cpu, value, size_mask(reg->size), error, error_size);
    case FLAG:
        return write_flags(cpu, value << reg->which, (u64)1 << reg->which, error, error_size);
    case IO_PRIVILEGE:
        return write_flags(cpu, value << 12, FLAG_IOPL, error, error_size);
    case SELECTOR:
        return write_selector(cpu, (SegmentRegister)reg->which, (u16)value, error, error_size);
    case SEGMENT_BASE:
        if (cpu->code_size != 8 || (reg->which != FS && reg->which != GS))
            break;
        if (!is_canonical(value))
            return refuse(error, error_size, "that address is not canonical");
        segment_set_base(cpu, (SegmentRegister)reg->which, value);
        return true;
    case CONTROL:
        return write_control(cpu, reg->which, value, error, error_size);
    case EXTENDED_FEATURES:
        return write_features(cpu, value, error, error_size);
    case DEBUG_CONTROL:
        debug_set_dr7(cpu, value);
        return true;
    default:
        break;
    }
    snprintf(error, error_size, "%s can only be read here", reg->name);
    return false;
}
