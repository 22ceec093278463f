#include "frontend/conform/vectors_286.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu/code_cache.h"
#include "cpu/decode.h"
#include "cpu/exec.h"
#include "cpu/segment.h"
#include "frontend/bare_processor.h"

/* What a later processor does otherwise is told by rule: see rule_of_difference(). */
enum { VECTOR_RAM = 16 << 20, REGISTERS = 14, MAX_INSNS = 70000, SHOWN = 25, NO_VECTOR = 0xFF };

/* The order of the file's registers. */
enum { V_AX, V_BX, V_CX, V_DX, V_CS, V_SS, V_DS, V_ES, V_SP, V_BP, V_SI, V_DI, V_IP, V_FLAGS };
static const u8 gprs[REGISTERS] = {[V_AX] = RAX, [V_BX] = RBX, [V_CX] = RCX, [V_DX] = RDX,
                                   [V_SP] = RSP, [V_BP] = RBP, [V_SI] = RSI, [V_DI] = RDI};
static const char *const register_names[REGISTERS] = {"ax", "bx", "cx", "dx", "cs", "ss", "ds",
                                                      "es", "sp", "bp", "si", "di", "ip", "flags"};

typedef struct VectorCase {
    u8 length;
    const u8 *bytes;
    u16 initial[REGISTERS], final[REGISTERS];
    const u8 *initial_memory, *final_memory;
    bool exception;
    u8 vector;
    u32 flags_address;
} VectorCase;

/* ---- the file ---- */

typedef struct Reader {
    const u8 *at, *end;
    bool damaged; /* it asked for more than there is */
} Reader;

static const u8 *take(Reader *reader, size_t count)
{
    static const u8 nothing[256];
    const u8 *at = reader->at;

    if ((size_t)(reader->end - at) < count) {
        reader->damaged = true;
        return nothing;
    }
    reader->at += count;
    return at;
}

static u32 number(Reader *reader, unsigned bytes)
{
    const u8 *at = take(reader, bytes);
    u32 value = 0;

    memcpy(&value, at, bytes);
    return value;
}

static u32 address_of(const u8 *run)
{
    return (u32)(run[0] | run[1] << 8 | run[2] << 16);
}

typedef void ApplyRun(void *owner, u32 address, const u8 *bytes, unsigned count);

/* Applies `apply` to each run of a memory image that parse() has found to be whole. */
static void each_run(const u8 *at, ApplyRun *apply, void *owner)
{
    unsigned runs = at[0] | at[1] << 8;

    for (at += 2; runs; runs--) {
        apply(owner, address_of(at), at + 4, at[3]);
        at += 4 + at[3];
    }
}

static const u8 *take_image(Reader *reader)
{
    const u8 *image = reader->at;

    for (u32 runs = number(reader, 2); runs && !reader->damaged; runs--) {
        take(reader, 3);
        take(reader, number(reader, 1));
    }
    return image;
}

static void parse(Reader *reader, VectorCase *c)
{
    u32 changed;

    number(reader, 2); /* the length of the rest */
    *c = (VectorCase){.length = (u8)number(reader, 1)};
    c->bytes = take(reader, c->length);
    for (unsigned i = 0; i < REGISTERS; i++)
        c->initial[i] = c->final[i] = (u16)number(reader, 2);
    changed = number(reader, 2);
    for (unsigned i = 0; i < REGISTERS; i++)
        if (changed >> i & 1)
            c->final[i] = (u16)number(reader, 2);
    c->initial_memory = take_image(reader);
    c->final_memory = take_image(reader);
    c->exception = number(reader, 1);
    if (c->exception) {
        c->vector = (u8)number(reader, 1);
        c->flags_address = number(reader, 3);
    }
}

/* ---- running ---- */

static void store_run(void *owner, u32 address, const u8 *bytes, unsigned count)
{
    BareProcessor *m = owner;

    space_write_bytes(&m->memory, address, bytes, count);
}

static void clear_run(void *owner, u32 address, const u8 *bytes, unsigned count)
{
    static const u8 zeros[256];

    (void)bytes;
    store_run(owner, address, zeros, count);
}

static void start(BareProcessor *m, const VectorCase *c)
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
    BareProcessor *machine;
    const VectorCase *c;
    u16 flag_mask;
    bool equal;
    char text[200];
} Comparison;

static void compare_run(void *owner, u32 address, const u8 *bytes, unsigned count)
{
    Comparison *comparison = owner;
    const VectorCase *c = comparison->c;

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

static bool compare(BareProcessor *m, const VectorCase *c, u16 flag_mask, char *text)
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
    memcpy(text, comparison.text, sizeof comparison.text);
    return comparison.equal;
}

/* What separates later processors from the 286; NULL: nothing that is known. */
static const char *rule_of_difference(const VectorCase *c, const Insn *insn, u8 vector)
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
static u8 run_to_halt(BareProcessor *m)
{
    u8 first = NO_VECTOR;

    m->cpu.vector = NO_VECTOR;
    for (unsigned i = 0; i < MAX_INSNS && !(m->cpu.attention & ATTEND_HALT); i++) {
        cpu_step(&m->cpu);
        if (first == NO_VECTOR)
            first = m->cpu.vector;
    }
    return first;
}

/* By which rule may it differ? */
static const char *excuse(BareProcessor *m, const VectorCase *c, u8 vector, Insn *insn)
{
    u8 padded[INSN_MAX_LENGTH] = {0};

    memcpy(padded, c->bytes, c->length < INSN_MAX_LENGTH ? c->length : INSN_MAX_LENGTH);
    decode(&m->cpu, (DecodeMode){WORD, false}, padded, INSN_MAX_LENGTH, insn);
    return rule_of_difference(c, insn, vector);
}

static void tell(FILE *report, const char *name, const VectorCase *c, const Insn *insn,
                 const char *text)
{
    fprintf(report, "%s: ", name);
    for (unsigned i = 0; i < c->length; i++)
        fprintf(report, "%02X ", c->bytes[i]);
    fprintf(report, "(%s): %s\n", insn_name(insn), text);
}

/* One file of those that the whole is made of: the cases of one form. */
typedef struct Form {
    char name[17];
    u16 flag_mask; /* the flags that are defined */
    u32 count;
} Form;

static void run_case(BareProcessor *m, const Form *form, const VectorCase *c, FILE *report,
                     VectorTally *tally)
{
    Insn insn = {0};
    char text[200];
    u8 vector;

    start(m, c);
    vector = run_to_halt(m);
    tally->cases++;
    if (compare(m, c, form->flag_mask, text))
        tally->equal++;
    else if (excuse(m, c, vector, &insn))
        tally->by_rule++;
    else if (tally->wrong++ < SHOWN)
        tell(report, form->name, c, &insn, text);
    each_run(c->initial_memory, clear_run, m);
    each_run(c->final_memory, clear_run, m);
}

static bool parse_form(Reader *reader, Form *form)
{
    const u8 *magic = take(reader, 4);
    u32 version = number(reader, 1);

    *form = (Form){0};
    number(reader, 1);
    form->flag_mask = (u16)number(reader, 2);
    form->count = number(reader, 4);
    memcpy(form->name, take(reader, 16), 16);
    return !reader->damaged && !memcmp(magic, "X86V", 4) && version == 1;
}

static bool run_all(BareProcessor *m, Reader *reader, FILE *report, VectorTally *tally)
{
    Form form;
    VectorCase c;

    while (reader->at < reader->end) {
        if (!parse_form(reader, &form))
            return false;
        for (; form.count; form.count--) {
            parse(reader, &c);
            if (reader->damaged)
                return false;
            run_case(m, &form, &c, report, tally);
        }
    }
    return true;
}

/* ---- reading ---- */

static u8 *read_all(FILE *file, size_t *length)
{
    size_t room = 1 << 20;
    u8 *bytes = malloc(room), *larger;

    for (*length = 0; bytes;) {
        size_t count = fread(bytes + *length, 1, room - *length, file);

        if (count == 0)
            break;
        *length += count;
        if (*length < room)
            continue;
        larger = realloc(bytes, room *= 2);
        if (!larger)
            free(bytes);
        bytes = larger;
    }
    return bytes;
}

/* What xz makes of the open file; 0 bytes where it fails. */
static u8 *unpack(FILE *file, size_t *length)
{
    int ends[2];
    u8 *bytes = NULL;
    FILE *output;
    pid_t child;

    *length = 0;
    if (pipe(ends))
        return NULL;
    child = fork();
    if (child == 0) {
        lseek(fileno(file), 0, SEEK_SET);
        dup2(fileno(file), STDIN_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execlp("xz", "xz", "-dc", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    output = fdopen(ends[0], "r");
    if (output) {
        bytes = read_all(output, length);
        fclose(output);
    }
    if (child > 0)
        waitpid(child, NULL, 0);
    return bytes;
}

bool vectors_286_run(const char *path, FILE *report, VectorTally *tally, char *error,
                     size_t error_size)
{
    FILE *file = fopen(path, "rb");
    BareProcessor *m = calloc(1, sizeof *m);
    size_t length = 0;
    u8 *bytes;
    bool whole = false;

    *tally = (VectorTally){0};
    if (!file) {
        snprintf(error, error_size, "%s cannot be read: %s", path, strerror(errno));
        free(m);
        return false;
    }
    bytes = read_all(file, &length);
    if (bytes && length > 6 &&
        !memcmp(bytes,
                "\xFD"
                "7zXZ",
                6)) {
        free(bytes);
        bytes = unpack(file, &length);
    }
    fclose(file);
    snprintf(error, error_size, "%s holds no vectors, or is damaged (is xz installed?)", path);
    if (bytes && length && m && bare_processor_open(m, "486", VECTOR_RAM, error, error_size)) {
        Reader reader = {bytes, bytes + length, false};

        whole = run_all(m, &reader, report, tally);
        bare_processor_close(m);
    }
    free(m);
    free(bytes);
    return whole;
}
