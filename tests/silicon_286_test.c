/* Single instructions in real mode against what a Harris 80C286 did: captures by Daniel Balsom
 * (SingleStepTests/80286). They are not part of the project: VECTORS names the directory that has
 * 286-real-mode.x86v.xz; without it this test skips.
 *
 * Where later processors differ from the 286, a rule below says so. */
#include <stdio.h>

#include "tests/bare_machine.h"

enum { REGISTERS = 14, SS_VALUE = 5, SP_VALUE = 8, IP = 12, FLAGS = 13, MAX_STEPS = 70000 };

static const char *const register_names[REGISTERS] = {
    "ax", "bx", "cx", "dx", "cs", "ss", "ds", "es", "sp", "bp", "si", "di", "ip", "flags",
};

typedef struct Reader {
    const u8 *at, *end;
} Reader;

typedef struct Case {
    const char *group; /* the opcode, as the file names it */
    u16 flag_mask;
    unsigned number, length;
    const u8 *bytes;
    u16 before[REGISTERS], after[REGISTERS];
    Reader initial, final; /* memory */
    bool raises;
    u8 vector;
} Case;

typedef struct Tally {
    unsigned cases, filtered, failed;
} Tally;

static u64 take(Reader *reader, unsigned size)
{
    u64 value = 0;

    cr_assert_leq(size, (size_t)(reader->end - reader->at), "the vectors end early");
    memcpy(&value, reader->at, size);
    reader->at += size;
    return value;
}

/* ---- memory runs ---- */

typedef void (*RunFunction)(BareMachine *m, u32 address, u8 byte, void *context);

static void each_byte(BareMachine *m, Reader runs, RunFunction function, void *context)
{
    unsigned count = (unsigned)take(&runs, 2);

    while (count--) {
        u32 address = (u32)take(&runs, 3);
        unsigned length = (unsigned)take(&runs, 1);

        while (length--)
            function(m, address++, (u8)take(&runs, 1), context);
    }
}

static Reader take_runs(Reader *reader)
{
    Reader runs = *reader;
    unsigned count = (unsigned)take(reader, 2);

    while (count--) {
        take(reader, 3);
        reader->at += take(reader, 1);
    }
    return runs;
}

static void put(BareMachine *m, u32 address, u8 byte, void *context)
{
    (void)context;
    bare_write(m, address, BYTE, byte);
}

static void clear(BareMachine *m, u32 address, u8 byte, void *context)
{
    (void)byte;
    put(m, address, 0, context);
}

typedef struct Mismatch {
    const Case *c;
    u32 address;
    u8 expected, found;
    bool any;
} Mismatch;

/* The pushed flags are compared under the mask, as FLAGS is. They are above IP and CS; the address
 * that the file gives is theirs only when it is even. */
static void compare(BareMachine *m, u32 address, u8 byte, void *context)
{
    Mismatch *mismatch = context;
    const Case *c = mismatch->c;
    u32 flags_address = (u32)(c->after[SS_VALUE] << 4) + (u16)(c->after[SP_VALUE] + 4);
    u8 found = (u8)bare_read(m, address, BYTE), mask = 0xFF;

    if (c->raises && address == flags_address)
        mask = (u8)c->flag_mask;
    else if (c->raises && address == flags_address + 1)
        mask = (u8)(c->flag_mask >> 8 & 0x0F);
    if (((found ^ byte) & mask) && !mismatch->any)
        *mismatch = (Mismatch){c, address, byte, found, true};
}

/* ---- one case ---- */

static Case take_case(Reader *reader)
{
    Case c = {0};
    u16 changed;

    c.length = (unsigned)take(reader, 1);
    c.bytes = reader->at;
    reader->at += c.length;
    for (unsigned i = 0; i < REGISTERS; i++)
        c.after[i] = c.before[i] = (u16)take(reader, 2);
    changed = (u16)take(reader, 2);
    for (unsigned i = 0; i < REGISTERS; i++)
        if (bit(changed, i))
            c.after[i] = (u16)take(reader, 2);
    c.initial = take_runs(reader);
    c.final = take_runs(reader);
    c.raises = take(reader, 1);
    if (c.raises) {
        c.vector = (u8)take(reader, 1);
        take(reader, 3);
    }
    return c;
}

static void load(BareMachine *m, const Case *c)
{
    static const struct {
        u8 from, to;
    } general[] = {{0, RAX}, {1, RBX}, {2, RCX},  {3, RDX},
                   {8, RSP}, {9, RBP}, {10, RSI}, {11, RDI}};
    static const struct {
        u8 from, to;
    } segments[] = {{4, CS}, {5, SS}, {6, DS}, {7, ES}};
    Cpu *cpu = &m->cpu;

    each_byte(m, c->initial, put, NULL);
    for (unsigned i = 0; i < COUNT_OF(general); i++)
        cpu->gpr[general[i].to] = c->before[general[i].from];
    for (unsigned i = 0; i < COUNT_OF(segments); i++)
        segment_set_real(cpu, segments[i].to, c->before[segments[i].from]);
    cpu_set_flags(cpu, c->before[FLAGS] & 0x0FFF, 0xFFFF); /* no IOPL or NT */
    cpu->rip = c->before[IP];
    cpu->attention = 0;
    cpu->dr6_pending = 0;
    cpu->fault_count = 0;
}

static void store(const BareMachine *m, u16 *registers)
{
    const Cpu *cpu = &m->cpu;
    const u16 values[REGISTERS] = {
        (u16)cpu->gpr[RAX],
        (u16)cpu->gpr[RBX],
        (u16)cpu->gpr[RCX],
        (u16)cpu->gpr[RDX],
        cpu->segments[CS].selector,
        cpu->segments[SS].selector,
        cpu->segments[DS].selector,
        cpu->segments[ES].selector,
        (u16)cpu->gpr[RSP],
        (u16)cpu->gpr[RBP],
        (u16)cpu->gpr[RSI],
        (u16)cpu->gpr[RDI],
        (u16)cpu->rip,
        (u16)cpu_get_flags(cpu),
    };

    memcpy(registers, values, sizeof values);
}

/* ---- where a 386 or later is not a 286 ---- */

static bool has_prefix(const Case *c, u8 first, u8 last)
{
    for (unsigned i = 0; i < c->length; i++) {
        u8 byte = c->bytes[i];

        if (byte >= first && byte <= last)
            return true;
        if (byte != 0xF0 && byte != 0xF2 && byte != 0xF3 && (byte & 0xE7) != 0x26)
            return false; /* the opcode */
    }
    return false;
}

static bool is_string_instruction(const Case *c)
{
    unsigned long code = strtoul(c->group, NULL, 16);

    return (code >= 0x6C && code <= 0x6F) || (code >= 0xA4 && code <= 0xA7) ||
           (code >= 0xAA && code <= 0xAF);
}

static bool differs_by_rule(const Case *c, int first_fault)
{
    return strcmp(c->group, "D8") == 0 ||                                /* it had no 287 */
           has_prefix(c, 0x64, 0x67) ||                                  /* FS, GS, sizes */
           (has_prefix(c, 0xF0, 0xF0) && first_fault == EXCEPTION_UD) || /* not lockable */
           (first_fault == EXCEPTION_SS && c->raises && c->vector == EXCEPTION_GP) ||
           /* The 286 has moved SI, DI and CX when a string instruction faults. */
           (is_string_instruction(c) && first_fault == EXCEPTION_GP && c->raises) ||
           c->length > 10 ||                            /* the limit is 15 */
           (first_fault == EXCEPTION_DE && !c->raises); /* a quotient of -128 */
}

/* Runs to the HLT; what the instruction itself raised, or -1. */
static int run_to_halt(BareMachine *m)
{
    u64 rip = m->cpu.rip;
    unsigned steps = MAX_STEPS;
    int first_fault;

    do
        bare_run(m, 1);
    while (m->cpu.rip == rip && !m->cpu.fault_count && --steps); /* REP comes back */
    if (!m->cpu.fault_count && !(m->cpu.attention & ATTEND_HALT))
        bare_run(m, 1); /* the delivery counts as one */
    first_fault = m->cpu.fault_count ? m->cpu.faults[0].vector : -1;
    bare_run(m, 100);
    return first_fault;
}

static void run_case(BareMachine *m, const Case *c, Tally *tally)
{
    u16 mask = c->flag_mask & 0x0FFF, found[REGISTERS];
    Mismatch mismatch = {.c = c};
    const char *bad = NULL;
    int first_fault;

    load(m, c);
    first_fault = run_to_halt(m);
    store(m, found);
    for (unsigned i = 0; i < REGISTERS && !bad; i++)
        if ((found[i] ^ c->after[i]) & (i == FLAGS ? mask : 0xFFFF))
            bad = register_names[i];
    each_byte(m, c->final, compare, &mismatch);
    tally->cases++;
    if (bad || mismatch.any) {
        if (differs_by_rule(c, first_fault))
            tally->filtered++;
        else if (tally->failed++ < 20)
            cr_log_warn("%s, case %u (%02X %02X %02X %02X): %s; flags %04X for %04X, ip %04X for "
                        "%04X; [%06X] %02X for %02X",
                        c->group, c->number, c->bytes[0], c->bytes[1], c->bytes[2], c->bytes[3],
                        bad ? bad : "memory", found[FLAGS], c->after[FLAGS], found[IP],
                        c->after[IP], mismatch.address, mismatch.found, mismatch.expected);
    }
    each_byte(m, c->initial, clear, NULL);
    each_byte(m, c->final, clear, NULL);
}

static void run_group(BareMachine *m, Reader *reader, Tally *tally)
{
    char name[17] = "";
    u16 flag_mask;
    unsigned count;

    cr_assert_eq(take(reader, 4), 0x56363858, "not a file of vectors");
    take(reader, 2);
    flag_mask = (u16)take(reader, 2);
    count = (unsigned)take(reader, 4);
    memcpy(name, reader->at, 16);
    reader->at += 16;
    for (unsigned i = 0; i < count; i++) {
        unsigned length = (unsigned)take(reader, 2);
        Reader record = {reader->at, reader->at + length};
        Case c = take_case(&record);

        c.group = name;
        c.number = i;
        c.flag_mask = flag_mask;
        if (c.raises && c.vector == EXCEPTION_DE) /* undefined, AAM's too */
            c.flag_mask &= (u16)~FLAGS_ARITHMETIC;
        run_case(m, &c, tally);
        reader->at += length;
    }
}

static u8 *read_vectors(const char *directory, size_t *length)
{
    enum { CHUNK = 1 << 20 };
    char command[600];
    u8 *bytes = NULL;
    size_t got;
    FILE *pipe;

    snprintf(command, sizeof command, "xz -dc '%s/286-real-mode.x86v.xz'", directory);
    pipe = popen(command, "r");
    *length = 0;
    if (!pipe)
        return NULL;
    do {
        bytes = realloc(bytes, *length + CHUNK);
        cr_assert(bytes);
        got = fread(bytes + *length, 1, CHUNK, pipe);
        *length += got;
    } while (got);
    pclose(pipe);
    return bytes;
}

Test(silicon_286, real_mode)
{
    const char *directory = getenv("VECTORS");
    Tally tally = {0};
    BareMachine *m;
    size_t length;
    u8 *bytes;

    if (!directory)
        cr_skip_test("VECTORS does not name a directory with 286-real-mode.x86v.xz");
    bytes = read_vectors(directory, &length);
    cr_assert_gt(length, 0, "cannot read %s/286-real-mode.x86v.xz", directory);
    m = bare_create();
    memset(m->ram.bytes, 0, BARE_RAM);
    for (Reader reader = {bytes, bytes + length}; reader.at < reader.end;)
        run_group(m, &reader, &tally);
    cr_expect_eq(tally.failed, 0, "%u of %u cases differ (%u more by rule)", tally.failed,
                 tally.cases, tally.filtered);
    cr_expect_gt(tally.cases, 30000);
    cr_log_info("%u cases, %u differ by rule", tally.cases, tally.filtered);
    bare_destroy(m);
    free(bytes);
}
