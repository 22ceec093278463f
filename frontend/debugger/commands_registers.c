/*
 * info registers, in QEMU's form, and single registers in gdb's.
 */
#include "frontend/debugger/commands_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_general(Commands *commands, bool wide)
{
    static const u8 order[] = {RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP,
                               R8,  R9,  R10, R11, R12, R13, R14, R15};
    static const char *const names[] = {"AX", "BX", "CX", "DX", "SI", "DI", "BP", "SP"};
    const Cpu *cpu = commands->cpu;

    for (unsigned i = 0; i < (wide ? 16 : 8); i++) {
        char name[8];

        if (i < 8)
            snprintf(name, sizeof name, "%c%s", wide ? 'R' : 'E', names[i]);
        else
            snprintf(name, sizeof name, "R%-2u", i);
        say(commands, "%s=%0*" PRIx64 "%s", name, wide ? 16 : 8,
            wide ? cpu->gpr[order[i]] : (u32)cpu->gpr[order[i]], i % 4 == 3 ? "\n" : " ");
    }
}

static void print_flags(Commands *commands, bool wide)
{
    static const struct {
        u32 flag;
        char letter;
    } letters[] = {{FLAG_DF, 'D'}, {FLAG_OF, 'O'}, {FLAG_SF, 'S'}, {FLAG_ZF, 'Z'},
                   {FLAG_AF, 'A'}, {FLAG_PF, 'P'}, {FLAG_CF, 'C'}};
    const Cpu *cpu = commands->cpu;
    u64 flags = cpu_get_flags(cpu);
    char text[COUNT_OF(letters) + 1] = "";

    for (unsigned i = 0; i < COUNT_OF(letters); i++)
        text[i] = flags & letters[i].flag ? letters[i].letter : '-';
    say(commands, "%cIP=%0*" PRIx64 " %cFL=%08" PRIx64 " [%s] CPL=%u II=%u A20=%u SMM=0 HLT=%u\n",
        wide ? 'R' : 'E', wide ? 16 : 8, cpu->rip, wide ? 'R' : 'E', flags, text, cpu->cpl,
        (cpu->attention & ATTEND_SHADOW) != 0, (cpu->mmu.a20_mask & 1 << 20) != 0,
        (cpu->attention & ATTEND_HALT) != 0);
}

/* The access word where it lies in a descriptor's upper half, as QEMU prints it. */
static void print_segment(Commands *commands, const char *name, SegmentRegister reg, bool wide)
{
    const Segment *segment = &commands->cpu->segments[reg];
    u32 flags = ((u32)segment->access & 0xF0FF) << 8 | (segment->limit >> 16 & 15) << 16;

    say(commands, "%-3s=%04x %0*" PRIx64 " %08x %08x\n", name, segment->selector, wide ? 16 : 8,
        segment->loaded_base, segment->limit, flags);
}

static void print_system(Commands *commands, bool wide)
{
    static const struct {
        const char *name;
        SegmentRegister reg;
    } segments[] = {{"ES ", ES}, {"CS ", CS}, {"SS ", SS},   {"DS ", DS},
                    {"FS ", FS}, {"GS ", GS}, {"LDT", LDTR}, {"TR ", TR}};
    const Cpu *cpu = commands->cpu;
    int digits = wide ? 16 : 8;

    for (unsigned i = 0; i < COUNT_OF(segments); i++)
        print_segment(commands, segments[i].name, segments[i].reg, wide);
    say(commands, "GDT=     %0*" PRIx64 " %08x\n", digits, cpu->gdtr.base, cpu->gdtr.limit);
    say(commands, "IDT=     %0*" PRIx64 " %08x\n", digits, cpu->idtr.base, cpu->idtr.limit);
    say(commands, "CR0=%08" PRIx64 " CR2=%0*" PRIx64 " CR3=%0*" PRIx64 " CR4=%08" PRIx64 "\n",
        cpu->cr0, digits, cpu->cr2, digits, cpu->cr3, cpu->cr4);
    say(commands, "DR0=%0*" PRIx64 " DR1=%0*" PRIx64 " DR2=%0*" PRIx64 " DR3=%0*" PRIx64 " \n",
        digits, cpu->dr[0], digits, cpu->dr[1], digits, cpu->dr[2], digits, cpu->dr[3]);
    say(commands, "DR6=%0*" PRIx64 " DR7=%0*" PRIx64 "\n", digits, cpu->dr[6], digits, cpu->dr[7]);
    say(commands, "EFER=%016" PRIx64 "\n", cpu->efer);
}

static void print_floating(Commands *commands)
{
    const Cpu *cpu = commands->cpu;
    const X87 *x87 = &cpu->x87;

    say(commands, "FCW=%04x FSW=%04x [ST=%u] FTW=%02x MXCSR=%08x\n", x87->control,
        (x87->status & ~0x3800u) | (unsigned)x87->top << 11, x87->top, (u8)~x87->empty, cpu->mxcsr);
    for (unsigned i = 0; i < 8; i++)
        say(commands, "FPR%u=%016" PRIx64 " %04x%s", i, x87->r[i].significand,
            x87->r[i].sign_exponent, i % 2 ? "\n" : " ");
    for (unsigned i = 0; i < (cpu_long(cpu) ? 16 : 8); i++)
        say(commands, "XMM%02u=%016" PRIx64 "%016" PRIx64 "%s", i, cpu->xmm[i].qwords[1],
            cpu->xmm[i].qwords[0], i % 2 ? "\n" : " ");
}

/* gdb's form: name, hexadecimal, decimal. */
static void print_one(Commands *commands, const char *name)
{
    const Register *reg = register_find(name, strlen(name));
    u64 value;

    if (!reg) {
        say(commands, "There is no register '%s'.\n", name);
        return;
    }
    value = register_read(reg, commands->cpu);
    say(commands, "%-14s 0x%-17" PRIx64 " %" PRIu64 "\n", register_name(reg), value, value);
}

CommandResult command_info_registers(Commands *commands, const char *text)
{
    bool wide = cpu_long(commands->cpu);
    char name[64];

    if (*text) {
        while (take_argument(&text, name, sizeof name))
            print_one(commands, name);
        return COMMAND_DONE;
    }
    print_general(commands, wide);
    print_flags(commands, wide);
    print_system(commands, wide);
    print_floating(commands);
    return COMMAND_DONE;
}
