/*
 * x87 control: control and status words, environment, and the whole state.
 *
 * The environment has four layouts, by operand size and by mode. Real and virtual-8086 mode store
 * linear addresses of the last instruction and operand, protected mode selectors and offsets.
 *
 * Manual: Intel SDM Vol. 1, "Saving the x87 FPU's State with FSTENV/FNSTENV and FSAVE/FNSAVE",
 * "x87 FPU Control Instructions"; Vol. 2.
 */
#include "cpu/x87.h"
#include "cpu/x87_tags.h"

static void set_control(Cpu *cpu, u16 value)
{
    cpu->x87.control = (value & X87_CONTROL_BITS) | X87_CONTROL_ALWAYS;
    x87_update_summary(cpu);
}

static void set_status(Cpu *cpu, u16 value)
{
    X87 *x87 = &cpu->x87;

    x87->status = value & (X87_EXCEPTIONS | X87_SF | X87_UNORDERED | X87_C1);
    x87->top = value >> 11 & 7;
    x87_update_summary(cpu);
}

static void FNINIT(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    x87_begin_no_wait(cpu);
    x87_init(cpu);
}
PLAIN(FNINIT)

static void FNCLEX(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    x87_begin_no_wait(cpu);
    cpu->x87.status &= (u16) ~(X87_EXCEPTIONS | X87_SF);
    x87_update_summary(cpu);
}
PLAIN(FNCLEX)

static void FLDCW(Cpu *cpu, const Insn *insn)
{
    x87_begin(cpu);
    set_control(cpu, (u16)x87_read_memory(cpu, insn, 0, WORD));
}
PLAIN(FLDCW)

static void FNSTCW(Cpu *cpu, const Insn *insn)
{
    x87_begin_no_wait(cpu);
    x87_write_memory(cpu, insn, 0, WORD, cpu->x87.control);
}
PLAIN(FNSTCW)

static void FNSTSW(Cpu *cpu, const Insn *insn)
{
    x87_begin_no_wait(cpu);
    operand_write(cpu, insn, insn->operands[0], OPERAND_NONE, WORD, x87_status(&cpu->x87));
}
PLAIN(FNSTSW)

/* FENI, FDISI (8087) and FSETPM (80287): later processors ignore them. */
static void FNENI(Cpu *cpu, const Insn *insn)
{
    (void)insn;
    x87_begin_no_wait(cpu);
}
PLAIN(FNENI)

static void FNDISI(Cpu *cpu, const Insn *insn)
{
    FNENI(cpu, insn);
}
PLAIN(FNDISI)

static void FNSETPM(Cpu *cpu, const Insn *insn)
{
    FNENI(cpu, insn);
}
PLAIN(FNSETPM)

/* ---- tags ---- */

enum { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

static unsigned tag(const X87 *x87, unsigned physical)
{
    const X87Register *value = &x87->r[physical];
    unsigned exponent = value->sign_exponent & 0x7FFF;

    if (bit(x87->empty, physical))
        return TAG_EMPTY;
    if (exponent == 0 && value->significand == 0)
        return TAG_ZERO;
    if (exponent == 0 || exponent == 0x7FFF || !(value->significand >> 63))
        return TAG_SPECIAL;
    return TAG_VALID;
}

u16 x87_tag_word(const X87 *x87)
{
    unsigned word = 0;

    for (unsigned i = 0; i < 8; i++)
        word |= tag(x87, i) << (2 * i);
    return (u16)word;
}

void x87_set_tag_word(X87 *x87, u16 word)
{
    x87->empty = 0;
    for (unsigned i = 0; i < 8; i++)
        if ((word >> (2 * i) & 3) == TAG_EMPTY)
            x87->empty |= (u8)(1 << i);
}

/* ---- the environment ---- */

/* Its seven fields, each a word or a doubleword. */
enum { CONTROL, STATUS, TAGS, IP, CODE, DP, DATA, ENVIRONMENT_FIELDS };

/* SDM Vol. 1, figures "Protected Mode x87 FPU State Image in Memory, 32-Bit Format" ... */
static void environment_pack(const Cpu *cpu, Size size, u32 fields[ENVIRONMENT_FIELDS])
{
    const X87 *x87 = &cpu->x87;
    u32 unused = size == DWORD ? 0xFFFF0000 : 0;
    u32 ip = (u32)x87->ip, dp = (u32)x87->dp;

    fields[CONTROL] = x87->control | unused;
    fields[STATUS] = x87_status(x87) | unused;
    fields[TAGS] = x87_tag_word(x87) | unused;
    if (cpu_protected(cpu)) {
        fields[IP] = ip;
        fields[CODE] = x87->cs | (size == DWORD ? (u32)x87->opcode << 16 : 0);
        fields[DP] = dp;
        fields[DATA] = x87->ds | unused;
        return;
    }
    ip += (u32)x87->cs << 4;
    dp += (u32)x87->ds << 4;
    fields[IP] = (ip & 0xFFFF) | unused;
    fields[CODE] = x87->opcode | ip >> 16 << 12;
    fields[DP] = (dp & 0xFFFF) | unused;
    fields[DATA] = dp >> 16 << 12;
}

static void environment_unpack(Cpu *cpu, Size size, const u32 fields[ENVIRONMENT_FIELDS])
{
    X87 *x87 = &cpu->x87;

    if (cpu_protected(cpu)) {
        x87->ip = fields[IP];
        x87->cs = (u16)fields[CODE];
        x87->opcode = size == DWORD ? fields[CODE] >> 16 & 0x7FF : 0;
        x87->dp = fields[DP];
        x87->ds = (u16)fields[DATA];
    } else {
        x87->ip = (fields[IP] & 0xFFFF) | (fields[CODE] >> 12 & 0xFFFF) << 16;
        x87->opcode = fields[CODE] & 0x7FF;
        x87->dp = (fields[DP] & 0xFFFF) | (fields[DATA] >> 12 & 0xFFFF) << 16;
        x87->cs = x87->ds = 0;
    }
    x87_set_tag_word(x87, (u16)fields[TAGS]);
    x87->control = ((u16)fields[CONTROL] & X87_CONTROL_BITS) | X87_CONTROL_ALWAYS;
    set_status(cpu, (u16)fields[STATUS]);
}

static Size field_size(const Insn *insn)
{
    return insn->size == WORD ? WORD : DWORD;
}

static void environment_store(Cpu *cpu, const Insn *insn)
{
    Size size = field_size(insn);
    u32 fields[ENVIRONMENT_FIELDS];

    environment_pack(cpu, size, fields);
    for (unsigned i = 0; i < ENVIRONMENT_FIELDS; i++)
        x87_write_memory(cpu, insn, i * size, size, fields[i]);
}

static void environment_read(Cpu *cpu, const Insn *insn, u32 fields[ENVIRONMENT_FIELDS])
{
    Size size = field_size(insn);

    for (unsigned i = 0; i < ENVIRONMENT_FIELDS; i++)
        fields[i] = (u32)x87_read_memory(cpu, insn, i * size, size);
}

static void FNSTENV(Cpu *cpu, const Insn *insn)
{
    x87_begin_no_wait(cpu);
    x87_probe_image(cpu, insn, ENVIRONMENT_FIELDS * field_size(insn), field_size(insn), true);
    environment_store(cpu, insn);
    set_control(cpu, cpu->x87.control | X87_EXCEPTIONS);
}
PLAIN(FNSTENV)

static void FLDENV(Cpu *cpu, const Insn *insn)
{
    u32 fields[ENVIRONMENT_FIELDS];

    x87_begin(cpu);
    x87_probe_image(cpu, insn, ENVIRONMENT_FIELDS * field_size(insn), field_size(insn), false);
    environment_read(cpu, insn, fields);
    environment_unpack(cpu, field_size(insn), fields);
}
PLAIN(FLDENV)

/* ---- the whole state: environment, then ST(0) .. ST(7) ---- */

enum { REGISTER_BYTES = 10 };

/* Word by word: the image as a whole need not be aligned to more (SDM Vol. 3, "Alignment Check
 * Exception (#AC)"). */
static void image_store(Cpu *cpu, const Insn *insn, unsigned offset, const X87Register *value)
{
    for (unsigned i = 0; i < 4; i++)
        x87_write_memory(cpu, insn, offset + 2 * i, WORD, value->significand >> (16 * i) & 0xFFFF);
    x87_write_memory(cpu, insn, offset + 8, WORD, value->sign_exponent);
}

static X87Register image_read(Cpu *cpu, const Insn *insn, unsigned offset)
{
    X87Register value = {0};

    for (unsigned i = 0; i < 4; i++)
        value.significand |= x87_read_memory(cpu, insn, offset + 2 * i, WORD) << (16 * i);
    value.sign_exponent = (u16)x87_read_memory(cpu, insn, offset + 8, WORD);
    return value;
}

static void FNSAVE(Cpu *cpu, const Insn *insn)
{
    unsigned offset = ENVIRONMENT_FIELDS * field_size(insn);

    x87_begin_no_wait(cpu);
    x87_probe_image(cpu, insn, offset + 8 * REGISTER_BYTES, field_size(insn), true);
    environment_store(cpu, insn);
    for (unsigned i = 0; i < 8; i++)
        image_store(cpu, insn, offset + i * REGISTER_BYTES, x87_st(&cpu->x87, i));
    x87_init(cpu);
}
PLAIN(FNSAVE)

static void FRSTOR(Cpu *cpu, const Insn *insn)
{
    unsigned offset = ENVIRONMENT_FIELDS * field_size(insn);
    u32 fields[ENVIRONMENT_FIELDS];
    X87Register stack[8];

    x87_begin(cpu);
    x87_probe_image(cpu, insn, offset + 8 * REGISTER_BYTES, field_size(insn), false);
    environment_read(cpu, insn, fields);
    for (unsigned i = 0; i < 8; i++)
        stack[i] = image_read(cpu, insn, offset + i * REGISTER_BYTES);
    environment_unpack(cpu, field_size(insn), fields);
    for (unsigned i = 0; i < 8; i++)
        *x87_st(&cpu->x87, i) = stack[i];
}
PLAIN(FRSTOR)
