/*
 * Single instructions in real mode as a Harris 80C286 executed them: the vectors of
 * SingleStepTests/80286 by Daniel Balsom, in the format of ../shared/conformance/README.md. They
 * are read where $VECTORS or ../shared/conformance has them; otherwise the test says that it skips.
 *
 * What a later processor does otherwise is told by rule; see `rule_of_difference`.
 */
#include <stdio.h>
#include <unistd.h>

#include "cpu/code_cache.h"
#include "cpu/decode.h"
#include "tests/bare_machine.h"

enum { VECTOR_RAM = 16 << 20, REGISTERS = 14, MAX_INSNS = 70000, SHOWN = 25, NO_VECTOR = 0xFF };

/* The order of the file's registers. */
enum { V_AX, V_BX, V_CX, V_DX, V_CS, V_SS, V_DS, V_ES, V_SP, V_BP, V_SI, V_DI, V_IP, V_FLAGS };
static const u8 gprs[REGISTERS] = {[V_AX] = RAX, [V_BX] = RBX, [V_CX] = RCX, [V_DX] = RDX,
                                   [V_SP] = RSP, [V_BP] = RBP, [V_SI] = RSI, [V_DI] = RDI};
static const char *const register_names[REGISTERS] = {"ax", "bx", "cx", "dx", "cs", "ss", "ds",
                                                      "es", "sp", "bp", "si", "di", "ip", "flags"};

typedef struct Case {
    u8 length;
    const u8 *bytes;
    u16 initial[REGISTERS], final[REGISTERS];
    const u8 *initial_memory, *final_memory;
    bool exception;
    u8 vector;
    u32 flags_address;
} Case;

typedef struct Tally {
    unsigned cases, equal, by_rule, wrong;
} Tally;

static u16 get16(const u8 *at)
{
    return (u16)(at[0] | at[1] << 8);
}
static u32 get24(const u8 *at)
{
    return (u32)(at[0] | at[1] << 8 | at[2] << 16);
}

/* Applies `apply` to each run of a memory image; returns what follows it. */
static const u8 *each_run(const u8 *at,
                          void (*apply)(void *owner, u32 address, const u8 *bytes, unsigned count),
                          void *owner)
{
    unsigned runs = get16(at);

    for (at += 2; runs; runs--) {
        unsigned count = at[3];

        if (apply)
            apply(owner, get24(at), at + 4, count);
        at += 4 + count;
    }
    return at;
}

static const u8 *parse(const u8 *at, Case *c)
{
    const u8 *end = at + 2 + get16(at);
    u16 changed;

    at += 2;
    c->length = *at++;
    c->bytes = at;
    at += c->length;
    for (unsigned i = 0; i < REGISTERS; i++, at += 2)
        c->initial[i] = c->final[i] = get16(at);
    changed = get16(at);
    at += 2;
    for (unsigned i = 0; i < REGISTERS; i++)
        if (changed >> i & 1) {
            c->final[i] = get16(at);
            at += 2;
        }
    c->initial_memory = at;
    c->final_memory = each_run(at, NULL, NULL);
    at = each_run(c->final_memory, NULL, NULL);
    c->exception = *at++;
    if (c->exception) {
        c->vector = *at;
        c->flags_address = get24(at + 1);
    }
    return end;
}

/* ---- running ---- */

static void store_run(void *owner, u32 address, const u8 *bytes, unsigned count)
{
    BareMachine *m = owner;

    space_write_bytes(&m->memory, address, bytes, count);
}

static void clear_run(void *owner, u32 address, const u8 *bytes, unsigned count)
{
    static const u8 zeros[256];

    (void)bytes;
    store_run(owner, address, zeros, count);
}

static void start(BareMachine *m, const Case *c)
{
    Cpu *cpu = &m->cpu;

    cpu->attention = 0;
    memset(&cpu->x87, 0, sizeof cpu->x87); /* there was no 80287 */
    cpu->x87.control = 0x37F;
    cpu->x87.empty = 0xFF;
    for (unsigned i = 0; i < REGISTERS; i++)
        if (i < V_CS || (i > V_ES && i < V_IP))
            cpu->gpr[gprs[i]] = c->initial[i];
    segment_set_real(cpu, CS, c->initial[V_CS]);
    segment_set_real(cpu, SS, c->initial[V_SS]);
    segment_set_real(cpu, DS, c->initial[V_DS]);
    segment_set_real(cpu, ES, c->initial[V_ES]);
    cpu->rip = c->initial[V_IP];
    cpu_set_flags(cpu, c->initial[V_FLAGS] & 0x0FFF, ~(u64)0);
    each_run(c->initial_memory, store_run, m);
}

static u16 value_of(const Cpu *cpu, unsigned number)
{
    static const u8 segments[] = {CS, SS, DS, ES};

    if (number == V_IP)
        return (u16)cpu->rip;
    if (number == V_FLAGS)
        return (u16)cpu_get_flags(cpu);
    if (number >= V_CS && number <= V_ES)
        return cpu->segments[segments[number - V_CS]].selector;
    return (u16)cpu->gpr[gprs[number]];
}

/* ---- comparing ---- */

typedef struct Comparison {
    BareMachine *machine;
    const Case *c;
    u16 flag_mask;
    bool equal;
    char text[200];
} Comparison;

static void compare_run(void *owner, u32 address, const u8 *bytes, unsigned count)
{
    Comparison *comparison = owner;
    const Case *c = comparison->c;

    for (unsigned i = 0; i < count; i++) {
        u8 got = (u8)space_read(&comparison->machine->memory, address + i, BYTE), mask = 0xFF;

        if (c->exception && address + i - c->flags_address < 2)
            mask = (u8)((comparison->flag_mask & 0x0FFF) >> (8 * (address + i - c->flags_address)));
        if (((got ^ bytes[i]) & mask) && comparison->equal) {
            comparison->equal = false;
            snprintf(comparison->text, sizeof comparison->text, "[%06X] is %02X, 286: %02X",
                     address + i, got, bytes[i]);
        }
    }
}

static bool compare(BareMachine *m, const Case *c, u16 flag_mask, char *text)
{
    Comparison comparison = {.machine = m, .c = c, .flag_mask = flag_mask, .equal = true};

    for (unsigned i = 0; i < REGISTERS; i++) {
        u16 mask = i == V_FLAGS ? flag_mask & 0x0FFF : 0xFFFF;

        if (((value_of(&m->cpu, i) ^ c->final[i]) & mask) && comparison.equal) {
            comparison.equal = false;
            snprintf(comparison.text, sizeof comparison.text, "%s is %04X, 286: %04X",
                     register_names[i], value_of(&m->cpu, i), c->final[i]);
        }
    }
    each_run(c->final_memory, compare_run, &comparison);
    strcpy(text, comparison.text);
    return comparison.equal;
}

/* What separates later processors from the 286; NULL: nothing that is known. */
static const char *rule_of_difference(const Case *c, const Insn *insn, u8 vector)
{
    for (unsigned i = 0; i < c->length && strchr("\x26\x2E\x36\x3E\xF0\xF2\xF3", c->bytes[i]); i++)
        if (c->bytes[i] == 0xF0 && insn_info[opcode_rows[insn->row].name].name[0] == 'U')
            return "LOCK is refused on this form";
    for (unsigned i = 0; i < c->length; i++)
        if (c->bytes[i] >= 0x64 && c->bytes[i] <= 0x67)
            return "64h .. 67h are prefixes";
        else if (!strchr("\x26\x2E\x36\x3E\xF0\xF2\xF3", c->bytes[i]))
            break;
    if (insn->length > 10)
        return "instructions may be 15 bytes long";
    if (c->exception && c->vector == 13 && vector == EXCEPTION_SS)
        return "an overrun of SS is #SS";
    if (c->exception &&
        (insn->operands[0].kind == OPERAND_STRING || insn->operands[1].kind == OPERAND_STRING))
        return "a string instruction that faults leaves its registers";
    if (c->exception && c->vector == EXCEPTION_DE)
        return "a divide error leaves the flags";
    if (insn->operands[0].size == BYTE && opcode_rows[insn->row].name == INSN_IDIV && !c->exception)
        return "IDIV of a byte raises #DE for more quotients";
    return NULL;
}

/* Returns the vector of the first exception, or NO_VECTOR. */
static u8 run_to_halt(BareMachine *m)
{
    u8 first = NO_VECTOR;

    m->cpu.vector = NO_VECTOR;
    for (unsigned i = 0; i < MAX_INSNS && !(m->cpu.attention & ATTEND_HALT); i++) {
        bare_run(m, 1);
        if (first == NO_VECTOR)
            first = m->cpu.vector;
    }
    return first;
}

static void run_case(BareMachine *m, const char *name, const Case *c, u16 flag_mask, Tally *tally)
{
    Insn insn = {0};
    char text[200], code[64] = "";
    u8 padded[INSN_MAX_LENGTH] = {0};

    start(m, c);
    u8 vector = run_to_halt(m);
    tally->cases++;
    if (compare(m, c, flag_mask, text)) {
        tally->equal++;
    } else {
        memcpy(padded, c->bytes, c->length < INSN_MAX_LENGTH ? c->length : INSN_MAX_LENGTH);
        decode(&m->cpu, (DecodeMode){WORD, false}, padded, INSN_MAX_LENGTH, &insn);
        if (rule_of_difference(c, &insn, vector)) {
            tally->by_rule++;
        } else if (tally->wrong++ < SHOWN) {
            for (unsigned i = 0; i < c->length; i++)
                sprintf(code + 3 * i, "%02X ", c->bytes[i]);
            cr_log_error("%s: %s(%s): %s", name, code, insn_name(&insn), text);
        }
    }
    each_run(c->initial_memory, clear_run, m);
    each_run(c->final_memory, clear_run, m);
}

static u8 *read_all(FILE *file, size_t *length)
{
    size_t room = 1 << 20;
    u8 *bytes = malloc(room);

    for (*length = 0;;) {
        size_t count = fread(bytes + *length, 1, room - *length, file);

        if (count == 0)
            return bytes;
        *length += count;
        if (*length == room)
            bytes = realloc(bytes, room *= 2);
    }
}

static BareMachine *create_machine(void)
{
    BareMachine *m = bare_create();

    memory_destroy(&m->ram);
    cr_assert(memory_create(&m->ram, VECTOR_RAM));
    m->memory.regions[0].length = VECTOR_RAM;
    m->memory.stale = true;
    cpu_memory_map_changed(&m->cpu);
    code_cache_flush(&m->cpu);
    return m;
}

Test(vectors, real_mode_of_the_80286)
{
    const char *folder = getenv("VECTORS") ? getenv("VECTORS") : "../shared/conformance";
    char path[512], command[600];
    Tally tally = {0};
    size_t length;

    snprintf(path, sizeof path, "%s/286-real-mode.x86v.xz", folder);
    if (access(path, R_OK) != 0)
        cr_skip("%s is not there", path);
    snprintf(command, sizeof command, "xz -dc '%s'", path);
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    u8 *bytes = read_all(pipe, &length), *end = bytes + length;
    pclose(pipe);
    cr_assert_gt(length, 28, "xz unpacks nothing from %s", path);
    BareMachine *m = create_machine();
    for (const u8 *at = bytes; at + 28 <= end;) {
        u16 flag_mask = get16(at + 6);
        u32 count = get16(at + 8) | (u32)get16(at + 10) << 16;
        char name[17] = "";

        cr_assert(!memcmp(at, "X86V", 4));
        memcpy(name, at + 12, 16);
        for (at += 28; count; count--) {
            Case c;

            at = parse(at, &c);
            run_case(m, name, &c, flag_mask, &tally);
        }
    }
    cr_log_info("%u cases: %u equal, %u by rule", tally.cases, tally.equal, tally.by_rule);
    cr_expect_eq(tally.cases, 32500);
    cr_expect_eq(tally.wrong, 0, "%u of %u cases differ", tally.wrong, tally.cases);
    cr_expect_lt(tally.by_rule, tally.cases / 25);
    bare_destroy(m);
    free(bytes);
}
