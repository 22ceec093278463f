/* Port instructions. SDM Vol. 1, "Input/Output". */
#include "cpu/debug_registers.h"
#include "cpu/task.h"
#include "tests/bare_machine.h"

enum { PORT = 0x300, MAP = 0x100 };

/* A device that counts its reads and remembers its writes. */
typedef struct Probe {
    u64 reads, writes, last_write, cycles;
    Size last_size;
    Cpu *cpu;
} Probe;

static u64 probe_read(void *device, u32 offset, Size size)
{
    Probe *probe = device;

    probe->last_size = size;
    probe->cycles = probe->cpu->cycles;
    return 0x11111111 * ++probe->reads + offset;
}

static void probe_write(void *device, u32 offset, Size size, u64 value)
{
    Probe *probe = device;

    probe->writes++;
    probe->last_size = size;
    probe->last_write = value + ((u64)offset << 32);
}

static const IoOps probe_io = {DWORD, probe_read, probe_write};

static BareMachine *with_probe(Probe *probe, int ring)
{
    BareMachine *m = bare_create();

    *probe = (Probe){.cpu = &m->cpu};
    space_add_io(&m->ports, "probe", PORT, 8, &probe_io, probe);
    if (ring >= 0)
        bare_protected(m, (unsigned)ring);
    m->cpu.gpr[RDX] = PORT;
    return m;
}

PROGRAM(in_sizes, 16, "in al, dx\n mov cl, al\n in ax, dx\n mov bx, ax\n in eax, dx\n hlt");
PROGRAM(out_sizes, 16, "mov eax, 0x12345678\n out dx, eax\n hlt");
PROGRAM(out_imm, 16, "mov al, 0x5A\n out 0x80, al\n out 0x84, ax\n hlt");

Test(port, sizes)
{
    Probe probe;
    BareMachine *m = with_probe(&probe, -1);

    m->cpu.gpr[RAX] = 0xAAAAAAAA;
    cr_assert(BARE_RUN(m, in_sizes));
    cr_expect_eq(m->cpu.gpr[RCX] & 0xFF, 0x11);
    cr_expect_eq(m->cpu.gpr[RBX], 0x2222);
    cr_expect_eq(m->cpu.gpr[RAX], 0x33333333);
    bare_destroy(m);

    m = with_probe(&probe, -1);
    cr_assert(BARE_RUN(m, out_sizes));
    cr_expect_eq(probe.last_write, 0x12345678);
    cr_expect_eq(probe.last_size, DWORD);
    bare_destroy(m);
}

Test(port, immediate_ports)
{
    Probe probe;
    BareMachine *m = with_probe(&probe, -1);

    space_add_io(&m->ports, "post", 0x80, 8, &probe_io, &probe);
    cr_assert(BARE_RUN(m, out_imm));
    cr_expect_eq(probe.writes, 2);
    cr_expect_eq(probe.last_size, WORD);
    cr_expect_eq(probe.last_write >> 32, 4);
    bare_destroy(m);
}

PROGRAM(nops_and_in, 16, "nop\n nop\n nop\n in al, dx\n hlt");

Test(port, devices_see_the_clock)
{
    Probe probe;
    BareMachine *m = with_probe(&probe, -1);
    u64 start = m->cpu.cycles;

    cr_assert(BARE_RUN(m, nops_and_in));
    cr_expect_eq(probe.cycles - start, 3);
    cr_expect_eq(m->cpu.cycles - start, 5);
    bare_destroy(m);
}

/* ---- permission ---- */

PROGRAM(in_byte, 32, "in al, dx\n hlt");
PROGRAM(in_dword, 32, "in eax, dx\n hlt");

/* EIP of the #GP(0) that ends it: of IN when it was refused, else of HLT. */
static bool is_allowed(u16 map, u32 limit, const u8 *bits, const u8 *program, u64 iopl)
{
    Probe probe;
    BareMachine *m = with_probe(&probe, 3);
    bool allowed;

    cpu_set_flags(&m->cpu, iopl << 12, FLAG_IOPL);
    segment_set(&m->cpu, TR, BARE_TR, BARE_TSS, limit, ACCESS_P | SYSTEM_TSS32_BUSY);
    bare_write(m, BARE_TSS + TSS_IO_MAP_BASE, WORD, map);
    memset(m->ram.bytes + BARE_TSS + MAP, 0xFF, 0x100);
    memcpy(m->ram.bytes + BARE_TSS + MAP + PORT / 8, bits, 2);
    bare_load(m, BARE_CODE, program, program + 2);
    cr_assert(bare_run_to_halt(m));
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    cr_expect_eq(bare_stack(m, 0), 0);
    allowed = bare_stack(m, 1) == BARE_CODE + 1;
    cr_expect_eq(probe.reads, allowed);
    bare_destroy(m);
    return allowed;
}

Test(port, bitmap)
{
    static const u8 byte[] = {0xFE, 0xFF}, three[] = {0xF8, 0xFF}, four[] = {0xF0, 0xFF};

    cr_expect(is_allowed(MAP, 0xFFF, byte, in_byte, 0));
    cr_expect_not(is_allowed(MAP, 0xFFF, byte, in_dword, 0));
    cr_expect_not(is_allowed(MAP, 0xFFF, three, in_dword, 2));
    cr_expect(is_allowed(MAP, 0xFFF, four, in_dword, 0));
    cr_expect(is_allowed(MAP, 0xFFF, (const u8[]){0xFF, 0xFF}, in_dword, 3));
    /* Both bytes of the word must be within the TSS. */
    cr_expect(is_allowed(MAP, MAP + PORT / 8 + 1, byte, in_byte, 0));
    cr_expect_not(is_allowed(MAP, MAP + PORT / 8, byte, in_byte, 0));
    cr_expect_not(is_allowed(0xFFFF, 0xFFFF, byte, in_byte, 0));
}

/* ---- strings ---- */

PROGRAM(rep_insb, 32, "rep insb\n hlt");
PROGRAM(rep_insd, 32, "rep insd\n hlt");
PROGRAM(rep_outsw, 32, "rep outsw\n hlt");
PROGRAM(rep_outsb_fs, 16, "rep outs dx, byte ptr fs:[si]\n hlt");
PROGRAM(std_insb, 16, "std\n insb\n hlt");

Test(port, rep_ins)
{
    Probe probe;
    BareMachine *m = with_probe(&probe, 0);
    u64 start = m->cpu.cycles;

    m->cpu.gpr[RCX] = 3;
    m->cpu.gpr[RDI] = BARE_DATA;
    cr_assert(BARE_RUN(m, rep_insd));
    cr_expect_eq(probe.reads, 3);
    cr_expect_eq(bare_read(m, BARE_DATA + 4, DWORD), 0x22222222);
    cr_expect_eq(bare_read(m, BARE_DATA + 8, DWORD), 0x33333333);
    cr_expect_eq(m->cpu.gpr[RCX], 0);
    cr_expect_eq(m->cpu.gpr[RDI], BARE_DATA + 12);
    cr_expect_eq(m->cpu.rip, BARE_CODE + (u64)(rep_insd_end - rep_insd));
    cr_expect_eq(m->cpu.cycles - start, 4); /* three iterations, HLT */
    bare_destroy(m);
}

Test(port, rep_with_zero_count)
{
    Probe probe;
    BareMachine *m = with_probe(&probe, 0);

    m->cpu.gpr[RCX] = 0;
    cr_assert(BARE_RUN(m, rep_insb));
    cr_expect_eq(probe.reads, 0);
    cr_expect_eq(bare_vector(m), -1);
    bare_destroy(m);
}

Test(port, rep_outs)
{
    Probe probe;
    BareMachine *m = with_probe(&probe, 0);

    m->cpu.gpr[RCX] = 2;
    m->cpu.gpr[RSI] = BARE_DATA;
    bare_write(m, BARE_DATA, DWORD, 0x12345678);
    cr_assert(BARE_RUN(m, rep_outsw));
    cr_expect_eq(probe.writes, 2);
    cr_expect_eq(probe.last_write, 0x1234);
    cr_expect_eq(probe.last_size, WORD);
    cr_expect_eq(m->cpu.gpr[RSI], BARE_DATA + 4);
    bare_destroy(m);
}

Test(port, sixteen_bit_addresses_and_overrides)
{
    Probe probe;
    BareMachine *m = with_probe(&probe, -1);

    segment_set_real(&m->cpu, FS, BARE_DATA >> 4);
    m->cpu.gpr[RCX] = 0xABCD0001;
    m->cpu.gpr[RSI] = 0x1234FFFF;
    bare_write(m, BARE_DATA + 0xFFFF, BYTE, 0x99);
    cr_assert(BARE_RUN(m, rep_outsb_fs));
    cr_expect_eq(probe.last_write, 0x99);
    cr_expect_eq(m->cpu.gpr[RSI], 0x12340000);
    cr_expect_eq(m->cpu.gpr[RCX], 0xABCD0000);
    bare_destroy(m);

    m = with_probe(&probe, -1);
    m->cpu.gpr[RDI] = 0xC000;
    cr_assert(BARE_RUN(m, std_insb));
    cr_expect_eq(m->cpu.gpr[RDI], 0xBFFF);
    bare_destroy(m);
}

/* The port must not be read when its value has nowhere to go. */
Test(port, ins_to_a_bad_address_reads_nothing)
{
    Probe probe;
    BareMachine *m = with_probe(&probe, 0);

    segment_set_null(&m->cpu, ES, 0);
    m->cpu.gpr[RCX] = 2;
    cr_assert(BARE_RUN(m, rep_insb));
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    cr_expect_eq(probe.reads, 0);
    cr_expect_eq(m->cpu.gpr[RCX], 2);
    bare_destroy(m);
}

static u8 acknowledge(void *board)
{
    cpu_set_intr(board, false);
    return 0x40;
}

static void raise_intr(void *device, u32 offset, Size size, u64 value)
{
    (void)offset, (void)size, (void)value;
    cpu_set_intr(((Probe *)device)->cpu, true);
}

static const IoOps intr_io = {DWORD, probe_read, raise_intr};

/* An interrupt between two iterations comes back to the instruction. */
Test(port, rep_is_interruptible)
{
    Probe probe;
    BareMachine *m = with_probe(&probe, 0);

    space_add_io(&m->ports, "interrupter", 0x400, 4, &intr_io, &probe);
    m->cpu.board = (CpuBoard){.board = &m->cpu, .acknowledge = acknowledge};
    cpu_set_flags(&m->cpu, FLAG_IF, FLAG_IF);
    m->cpu.gpr[RDX] = 0x400;
    m->cpu.gpr[RCX] = 5;
    m->cpu.gpr[RSI] = BARE_DATA;
    cr_assert(BARE_RUN(m, rep_outsw));
    cr_expect_eq(bare_vector(m), 0x40);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE);
    cr_expect_eq(m->cpu.gpr[RCX], 4);
    bare_destroy(m);
}

/* ---- breakpoints ---- */

Test(port, breakpoints_need_cr4_de)
{
    Probe probe;
    BareMachine *m = with_probe(&probe, 0);

    m->cpu.dr[0] = PORT + 2;
    debug_set_dr7(&m->cpu, 2 << 16 | 1);
    cr_assert(BARE_RUN(m, in_dword));
    cr_expect_eq(bare_vector(m), -1);
    bare_destroy(m);

    m = with_probe(&probe, 0);
    m->cpu.cr4 = CR4_DE;
    m->cpu.dr[0] = PORT + 2;
    debug_set_dr7(&m->cpu, 2 << 16 | 1);
    cr_assert(BARE_RUN(m, in_dword));
    cr_expect_eq(bare_vector(m), EXCEPTION_DB);
    cr_expect_eq(bare_stack(m, 0), BARE_CODE + 1);
    cr_expect_eq(m->cpu.dr[6], DR6_ALWAYS | 1);
    cr_expect_eq(probe.reads, 1);
    bare_destroy(m);
}
