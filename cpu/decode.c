/*
 * Decoding proceeds in the order of the bytes: prefixes, opcode, ModRM, SIB, displacement,
 * immediates. The opcode's rows are few; the first that fits the mode, the prefixes and the ModRM
 * byte is taken.
 */
#include "cpu/decode.h"

#include <string.h>

#include "cpu/opcodes.h"

/* ---- operand letters ---- */

/* Where an operand comes from. */
typedef enum Source {
    FROM_NOWHERE,
    FROM_MODRM_RM,
    FROM_MODRM_REG,
    FROM_MODRM_MEMORY,
    FROM_MODRM_REGISTER,
    FROM_IMMEDIATE,
    FROM_ONE,
    FROM_RELATIVE,
    FROM_FAR,
    FROM_OFFSET,
    FROM_OPCODE,
    FROM_REGISTER,
    FROM_STRING_SOURCE,
    FROM_STRING_DESTINATION,
    FROM_SEGMENT_FIELD,
    FROM_SEGMENT,
    FROM_CONTROL,
    FROM_DEBUG,
    FROM_X87_TOP,
    FROM_X87_RM,
    FROM_SECOND_IMMEDIATE,
    FROM_MODRM_WORD_OR_REGISTER,
    FROM_MODRM_BYTE_OR_REGISTER,
    FROM_MMX_REG,
    FROM_MMX_RM,
    FROM_XMM_REG,
    FROM_XMM_RM,
    FROM_XMM_VVVV,
    FROM_XMM_IMMEDIATE,
    FROM_VECTOR_INDEX,
    FROM_VVVV,
} Source;

/* How many bytes: a number, or by the effective operand size. */
enum {
    SIZE_V = 100,
    SIZE_Z,
    SIZE_Y,
    SIZE_NATIVE,
    SIZE_X,
    SIZE_X_HALF,
    SIZE_X_FOURTH,
    SIZE_X_EIGHTH
};

static const struct {
    u8 source, size, number;
} letters[CODE_COUNT] = {
    [CODE__] = {FROM_NOWHERE, 0, 0},
    [CODE_Eb] = {FROM_MODRM_RM, 1, 0},
    [CODE_Ew] = {FROM_MODRM_RM, 2, 0},
    [CODE_Ed] = {FROM_MODRM_RM, 4, 0},
    [CODE_Ev] = {FROM_MODRM_RM, SIZE_V, 0},
    [CODE_Ez] = {FROM_MODRM_RM, SIZE_Z, 0},
    [CODE_Ey] = {FROM_MODRM_RM, SIZE_Y, 0},
    [CODE_Gb] = {FROM_MODRM_REG, 1, 0},
    [CODE_Gw] = {FROM_MODRM_REG, 2, 0},
    [CODE_Gd] = {FROM_MODRM_REG, 4, 0},
    [CODE_Gv] = {FROM_MODRM_REG, SIZE_V, 0},
    [CODE_Gy] = {FROM_MODRM_REG, SIZE_Y, 0},
    [CODE_Gq] = {FROM_MODRM_REG, SIZE_NATIVE, 0},
    [CODE_Rd] = {FROM_MODRM_REGISTER, SIZE_NATIVE, 0},
    [CODE_Rv] = {FROM_MODRM_REGISTER, SIZE_V, 0},
    [CODE_M] = {FROM_MODRM_MEMORY, 0, 0},
    [CODE_Mb] = {FROM_MODRM_MEMORY, 1, 0},
    [CODE_Mw] = {FROM_MODRM_MEMORY, 2, 0},
    [CODE_Md] = {FROM_MODRM_MEMORY, 4, 0},
    [CODE_Mq] = {FROM_MODRM_MEMORY, 8, 0},
    [CODE_Mdq] = {FROM_MODRM_MEMORY, 16, 0},
    [CODE_Mv] = {FROM_MODRM_MEMORY, SIZE_V, 0},
    [CODE_Mt] = {FROM_MODRM_MEMORY, 10, 0},
    [CODE_Ma] = {FROM_MODRM_MEMORY, 0, 0},
    [CODE_Mp] = {FROM_MODRM_MEMORY, 0, 0},
    [CODE_Ms] = {FROM_MODRM_MEMORY, 0, 0},
    [CODE_MwRv] = {FROM_MODRM_WORD_OR_REGISTER, SIZE_V, 0},
    [CODE_MwRd] = {FROM_MODRM_WORD_OR_REGISTER, SIZE_Y, 0},
    [CODE_MbRd] = {FROM_MODRM_BYTE_OR_REGISTER, SIZE_Y, 0},
    [CODE_Ib] = {FROM_IMMEDIATE, 1, 0},
    [CODE_sIb] = {FROM_IMMEDIATE, 1, 1},
    [CODE_Iw] = {FROM_IMMEDIATE, 2, 0},
    [CODE_Iv] = {FROM_IMMEDIATE, SIZE_V, 1},
    [CODE_Iz] = {FROM_IMMEDIATE, SIZE_Z, 1},
    [CODE_Ib2] = {FROM_SECOND_IMMEDIATE, 1, 0},
    [CODE_ONE] = {FROM_ONE, 1, 0},
    [CODE_Jb] = {FROM_RELATIVE, 1, 1},
    [CODE_Jz] = {FROM_RELATIVE, SIZE_Z, 1},
    [CODE_Ap] = {FROM_FAR, SIZE_V, 0},
    [CODE_Ob] = {FROM_OFFSET, 1, 0},
    [CODE_Ov] = {FROM_OFFSET, SIZE_V, 0},
    [CODE_Zb] = {FROM_OPCODE, 1, 0},
    [CODE_Zv] = {FROM_OPCODE, SIZE_V, 0},
    [CODE_AL] = {FROM_REGISTER, 1, RAX},
    [CODE_CL] = {FROM_REGISTER, 1, RCX},
    [CODE_DX] = {FROM_REGISTER, 2, RDX},
    [CODE_AX] = {FROM_REGISTER, 2, RAX},
    [CODE_rAX] = {FROM_REGISTER, SIZE_V, RAX},
    [CODE_Xb] = {FROM_STRING_SOURCE, 1, 0},
    [CODE_Xv] = {FROM_STRING_SOURCE, SIZE_V, 0},
    [CODE_Xz] = {FROM_STRING_SOURCE, SIZE_Z, 0},
    [CODE_Yb] = {FROM_STRING_DESTINATION, 1, 0},
    [CODE_Yv] = {FROM_STRING_DESTINATION, SIZE_V, 0},
    [CODE_Yz] = {FROM_STRING_DESTINATION, SIZE_Z, 0},
    [CODE_Sw] = {FROM_SEGMENT_FIELD, 2, 0},
    [CODE_ES] = {FROM_SEGMENT, 0, ES},
    [CODE_CS] = {FROM_SEGMENT, 0, CS},
    [CODE_SS] = {FROM_SEGMENT, 0, SS},
    [CODE_DS] = {FROM_SEGMENT, 0, DS},
    [CODE_FS] = {FROM_SEGMENT, 0, FS},
    [CODE_GS] = {FROM_SEGMENT, 0, GS},
    [CODE_Cd] = {FROM_CONTROL, SIZE_NATIVE, 0},
    [CODE_Dd] = {FROM_DEBUG, SIZE_NATIVE, 0},
    [CODE_ST0] = {FROM_X87_TOP, 10, 0},
    [CODE_STi] = {FROM_X87_RM, 10, 0},
    [CODE_Pq] = {FROM_MMX_REG, 8, 0},
    [CODE_Qd] = {FROM_MMX_RM, 4, 0},
    [CODE_Qq] = {FROM_MMX_RM, 8, 0},
    [CODE_Vdq] = {FROM_XMM_REG, 16, 0},
    [CODE_Wb] = {FROM_XMM_RM, 1, 0},
    [CODE_Ww] = {FROM_XMM_RM, 2, 0},
    [CODE_Wss] = {FROM_XMM_RM, 4, 0},
    [CODE_Wsd] = {FROM_XMM_RM, 8, 0},
    [CODE_Wdq] = {FROM_XMM_RM, 16, 0},
    [CODE_By] = {FROM_VVVV, SIZE_Y, 0},
    [CODE_Vx] = {FROM_XMM_REG, SIZE_X, 0},
    [CODE_Hx] = {FROM_XMM_VVVV, SIZE_X, 0},
    [CODE_Wx] = {FROM_XMM_RM, SIZE_X, 0},
    [CODE_Mx] = {FROM_MODRM_MEMORY, SIZE_X, 0},
    [CODE_Wh] = {FROM_XMM_RM, SIZE_X_HALF, 0},
    [CODE_Wf] = {FROM_XMM_RM, SIZE_X_FOURTH, 0},
    [CODE_We] = {FROM_XMM_RM, SIZE_X_EIGHTH, 0},
    [CODE_Hdq] = {FROM_XMM_VVVV, 16, 0},
    [CODE_Ldq] = {FROM_XMM_IMMEDIATE, 16, 0},
    [CODE_Lx] = {FROM_XMM_IMMEDIATE, SIZE_X, 0},
    [CODE_Vqq] = {FROM_XMM_REG, 32, 0},
    [CODE_Hqq] = {FROM_XMM_VVVV, 32, 0},
    [CODE_Wqq] = {FROM_XMM_RM, 32, 0},
    [CODE_Mqq] = {FROM_MODRM_MEMORY, 32, 0},
    [CODE_VM] = {FROM_VECTOR_INDEX, SIZE_X, 0},
};

static bool source_is_modrm(u8 code)
{
    switch (letters[code].source) {
    case FROM_MODRM_RM:
    case FROM_MODRM_REG:
    case FROM_MODRM_MEMORY:
    case FROM_MODRM_REGISTER:
    case FROM_SEGMENT_FIELD:
    case FROM_CONTROL:
    case FROM_DEBUG:
    case FROM_X87_RM:
    case FROM_MODRM_WORD_OR_REGISTER:
    case FROM_MODRM_BYTE_OR_REGISTER:
    case FROM_MMX_REG:
    case FROM_MMX_RM:
    case FROM_XMM_REG:
    case FROM_XMM_RM:
    case FROM_VECTOR_INDEX:
        return true;
    default:
        return false;
    }
}

static bool row_has_modrm(const OpcodeRow *row)
{
    return row->digit != ANY || source_is_modrm(row->operands[0]) ||
           source_is_modrm(row->operands[1]) || source_is_modrm(row->operands[2]);
}

/* ---- decoding ---- */

typedef struct Decoder {
    const Cpu *cpu;
    DecodeMode mode;
    const u8 *bytes;
    unsigned at, available;
    Insn *insn;
    DecodeStatus status;
    u8 rex;
    bool operand_prefix, address_prefix;
    i8 segment_override; /* -1: none */
    bool vex, vex_w;
    u8 vvvv;         /* VEX.vvvv, inverted back */
    u8 vector;       /* bytes: 16 or 32, by VEX.L */
    u8 vector_index; /* SIB's index, as a vector register */
    unsigned address_size;
} Decoder;

/* The next `count` bytes, little-endian; 0 and a status when there are none. */
static u64 next_bytes(Decoder *decoder, unsigned count)
{
    u64 value = 0;

    if (decoder->at + count > INSN_MAX_LENGTH)
        decoder->status = DECODE_TOO_LONG;
    else if (decoder->at + count > decoder->available)
        decoder->status = DECODE_SHORT;
    if (decoder->status != DECODE_OK)
        return 0;
    memcpy(&value, decoder->bytes + decoder->at, count);
    decoder->at += count;
    return value;
}

static u8 decode_prefixes(Decoder *decoder)
{
    u8 *prefixes = &decoder->insn->prefixes;

    for (;;) {
        u8 byte = (u8)next_bytes(decoder, 1);

        if (decoder->status != DECODE_OK)
            return 0;
        if (decoder->mode.code_size == 8 && (byte & 0xF0) == 0x40) {
            decoder->rex = byte;
            continue;
        }
        switch (byte) {
        case 0x26:
            decoder->segment_override = ES;
            break;
        case 0x2E:
            decoder->segment_override = CS;
            break;
        case 0x36:
            decoder->segment_override = SS;
            break;
        case 0x3E:
            decoder->segment_override = DS;
            break;
        case 0x64:
            decoder->segment_override = FS;
            break;
        case 0x65:
            decoder->segment_override = GS;
            break;
        case 0x66:
            decoder->operand_prefix = true;
            break;
        case 0x67:
            decoder->address_prefix = true;
            break;
        case 0xF0:
            *prefixes |= PREFIX_LOCK;
            break;
        case 0xF2:
            *prefixes = (u8)((*prefixes & ~PREFIX_REP) | PREFIX_REPNE);
            break;
        case 0xF3:
            *prefixes = (u8)((*prefixes & ~PREFIX_REPNE) | PREFIX_REP);
            break;
        default:
            return byte;
        }
        decoder->rex = 0; /* REX counts only right before the opcode */
    }
}

/* A field that an instruction does not use must be as if it was absent. */
static bool vex_row_fits(const Decoder *decoder, const OpcodeRow *row)
{
    u32 attributes = row->attributes;
    bool is_long = decoder->vector == 32;
    bool uses_vvvv = false;

    for (unsigned i = 0; i < INSN_OPERANDS; i++)
        if (letters[row->operands[i]].source == FROM_XMM_VVVV ||
            letters[row->operands[i]].source == FROM_VVVV)
            uses_vvvv = true;
    if (!uses_vvvv && decoder->vvvv != 0)
        return false;
    if ((attributes & L1_AVX2) && is_long && !cpu_has(decoder->cpu, FEATURE_AVX2))
        return false;
    return !((attributes & W0) && decoder->vex_w) && !((attributes & L0) && is_long) &&
           !((attributes & L1) && !is_long);
}

static bool row_fits(const Decoder *decoder, const OpcodeRow *row, u8 modrm)
{
    u32 attributes = row->attributes;
    bool memory = modrm >> 6 != 3;
    u8 repeat = decoder->insn->prefixes & (PREFIX_REP | PREFIX_REPNE);

    if ((attributes & I64) && decoder->mode.code_size == 8)
        return false;
    if ((attributes & O64) && decoder->mode.code_size != 8)
        return false;
    if ((attributes & PM) && !decoder->mode.protected_mode)
        return false;
    if (row_feature(row) && !cpu_has(decoder->cpu, row_feature(row)))
        return false;
    if ((attributes & W1) && !(decoder->vex ? decoder->vex_w : decoder->rex & 8))
        return false;
    if (decoder->vex && !vex_row_fits(decoder, row))
        return false;
    if ((attributes & NO_REPEAT) && repeat)
        return false;
    if ((attributes & NO_REX_B) && (decoder->rex & 1))
        return false;
    if (((attributes & PNONE) && (repeat || decoder->operand_prefix)) ||
        ((attributes & P66) && (repeat || !decoder->operand_prefix)) ||
        ((attributes & PF3) && repeat != PREFIX_REP) ||
        ((attributes & PF2) && repeat != PREFIX_REPNE))
        return false;
    if (row->digit & MODRM)
        return modrm == (row->digit & 0xFF);
    if (((row->digit & MEM) && !memory) || ((row->digit & REG) && memory))
        return false;
    return (row->digit & ANY) || (modrm >> 3 & 7) == (row->digit & 7);
}

/* The first row of `slot` that fits; fetches the ModRM byte if any of them has one. */
static const OpcodeRow *find_row(Decoder *decoder, unsigned slot, bool *has_modrm)
{
    const Cpu *cpu = decoder->cpu;
    u8 modrm = 0;

    *has_modrm = false;
    for (unsigned i = cpu->opcode_index[slot]; i < cpu->opcode_index[slot + 1]; i++) {
        const OpcodeRow *row = &opcode_rows[cpu->opcode_order[i]];

        if (row_has_modrm(row) && !*has_modrm) {
            modrm = (u8)next_bytes(decoder, 1);
            if (decoder->status != DECODE_OK)
                return NULL;
            decoder->insn->modrm = modrm;
            *has_modrm = true;
        }
        if (row_fits(decoder, row, modrm))
            return row;
    }
    return NULL;
}

/* The bytes after C4h and C5h, where these are VEX prefixes. False: #UD.
 * Manual: SDM Vol. 2, "Intel Advanced Vector Extensions (Intel AVX)" in "Instruction Format". */
static bool decode_vex(Decoder *decoder, bool three_bytes, OpcodeMap *map)
{
    static const u8 repeats[4] = {0, 0, PREFIX_REP, PREFIX_REPNE};
    bool has_prefix = decoder->operand_prefix || decoder->rex ||
                      (decoder->insn->prefixes & (PREFIX_LOCK | PREFIX_REP | PREFIX_REPNE));
    u8 first = (u8)next_bytes(decoder, 1), last = first, maps = 1;

    if (three_bytes) {
        last = (u8)next_bytes(decoder, 1);
        maps = first & 31;
    }
    decoder->vex = true;
    decoder->vex_w = three_bytes && last & 0x80;
    decoder->vvvv = ~last >> 3 & 15;
    decoder->vector = last & 4 ? 32 : 16;
    decoder->operand_prefix = (last & 3) == 1;
    decoder->insn->prefixes |= repeats[last & 3];
    decoder->rex = 0;
    if (decoder->mode.code_size == 8)
        decoder->rex =
            (u8)((decoder->vex_w ? 8 : 0) | (three_bytes ? ~first >> 5 & 7 : ~first >> 5 & 4));
    *map = MAP_VEX_0F + maps - 1;
    return !has_prefix && maps >= 1 && maps <= 3;
}

/* LES and LDS have a memory operand; what would be their register form is VEX. */
static bool is_vex(const Decoder *decoder, u8 opcode)
{
    if ((opcode != 0xC4 && opcode != 0xC5) || !decoder->mode.protected_mode)
        return false;
    return decoder->mode.code_size == 8 ||
           (decoder->at < decoder->available && decoder->bytes[decoder->at] >= 0xC0);
}

static unsigned operand_size(const Decoder *decoder, const OpcodeRow *row)
{
    if (decoder->mode.code_size == 8) {
        if ((decoder->rex & 8) || (row->attributes & F64))
            return QWORD;
        if (decoder->operand_prefix)
            return WORD;
        return row->attributes & D64 ? QWORD : DWORD;
    }
    return (decoder->mode.code_size == DWORD) != decoder->operand_prefix ? DWORD : WORD;
}

static unsigned address_size(const Decoder *decoder)
{
    if (decoder->mode.code_size == 8)
        return decoder->address_prefix ? DWORD : QWORD;
    return (decoder->mode.code_size == DWORD) != decoder->address_prefix ? DWORD : WORD;
}

static void set_base(Insn *insn, unsigned reg)
{
    insn->base = (u8)(reg * 8);
}
static void set_index(Insn *insn, unsigned reg)
{
    insn->index = (u8)(reg * 8);
}

/* SDM Vol. 2, table "16-Bit Addressing Forms with the ModR/M Byte". */
static void decode_address_16(Decoder *decoder)
{
    static const u8 bases[8] = {RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX};
    static const u8 indexes[8] = {RSI, RDI, RSI, RDI, REG_ZERO, REG_ZERO, REG_ZERO, REG_ZERO};
    Insn *insn = decoder->insn;
    unsigned mod = insn->modrm >> 6, rm = insn->modrm & 7;

    set_base(insn, bases[rm]);
    set_index(insn, indexes[rm]);
    if (mod == 0 && rm == 6) {
        set_base(insn, REG_ZERO);
        insn->displacement = next_bytes(decoder, 2);
    } else if (mod == 1) {
        insn->displacement = sign_extend(next_bytes(decoder, 1), BYTE);
    } else if (mod == 2) {
        insn->displacement = sign_extend(next_bytes(decoder, 2), WORD);
    }
    insn->segment = insn->base == RBP * 8 ? SS : DS;
}

/* SDM Vol. 2, tables "32-Bit Addressing Forms with the ModR/M Byte" and "... SIB Byte". */
static void decode_address_32(Decoder *decoder)
{
    Insn *insn = decoder->insn;
    unsigned mod = insn->modrm >> 6, rm = insn->modrm & 7;

    if (rm == 4) {
        u8 sib = (u8)next_bytes(decoder, 1);
        unsigned index = (sib >> 3 & 7) | (decoder->rex & 2) << 2;

        rm = sib & 7;
        decoder->vector_index = (u8)index;
        if (index != RSP)
            set_index(insn, index);
        insn->scale = sib >> 6;
        if (!(mod == 0 && rm == 5))
            set_base(insn, rm | (decoder->rex & 1) << 3);
    } else if (mod == 0 && rm == 5) {
        insn->rip_relative = decoder->mode.code_size == 8;
    } else {
        set_base(insn, rm | (decoder->rex & 1) << 3);
    }
    if (mod == 1)
        insn->displacement = sign_extend(next_bytes(decoder, 1), BYTE);
    else if (mod == 2 || (mod == 0 && rm == 5))
        insn->displacement = sign_extend(next_bytes(decoder, 4), DWORD);
    insn->segment = insn->base == RSP * 8 || insn->base == RBP * 8 ? SS : DS;
}

static void apply_segment_override(Decoder *decoder)
{
    int override = decoder->segment_override;

    if (decoder->mode.code_size == 8 && override != FS && override != GS)
        return;
    if (override >= 0) {
        decoder->insn->segment = (u8) override;
        decoder->insn->prefixes |= PREFIX_SEGMENT;
    }
}

static Operand gpr_operand(const Decoder *decoder, unsigned number, unsigned size)
{
    /* Without REX, byte registers 4..7 are AH, CH, DH, BH: second bytes of 0..3. */
    bool high = size == BYTE && !decoder->rex && number >= 4 && number < 8;

    return (Operand){OPERAND_GPR, (u8)(high ? (number - 4) * 8 + 1 : number * 8), (u8)size};
}

static Operand rm_operand(const Decoder *decoder, unsigned size)
{
    if (decoder->insn->modrm >> 6 != 3)
        return (Operand){OPERAND_MEMORY, 0, (u8)size};
    return gpr_operand(decoder, (decoder->insn->modrm & 7) | (decoder->rex & 1) << 3, size);
}

/* Outside 64-bit mode there are eight registers; the field's top bit counts only where the field
 * must be unused. */
static unsigned vvvv_register(const Decoder *decoder)
{
    return decoder->vvvv & (decoder->mode.code_size == 8 ? 15 : 7);
}

/* MMX registers have no REX bit. */
static Operand vector_operand(Decoder *decoder, u8 code, unsigned reg, unsigned size)
{
    u8 source = letters[code].source;
    bool mmx = source == FROM_MMX_REG || source == FROM_MMX_RM;
    u8 register_size = letters[code].size == SIZE_X ? decoder->vector : size == 32 ? 32 : 16;

    if (source == FROM_MMX_RM || source == FROM_XMM_RM) {
        if (decoder->insn->modrm >> 6 != 3)
            return (Operand){OPERAND_MEMORY, 0, (u8)size};
        reg = (decoder->insn->modrm & 7) | (decoder->rex & 1) << 3;
    }
    if (mmx)
        return (Operand){OPERAND_MMX, reg & 7, QWORD};
    if (source == FROM_XMM_VVVV)
        reg = vvvv_register(decoder);
    if (source == FROM_XMM_IMMEDIATE) {
        u8 immediate = (u8)next_bytes(decoder, 1);

        decoder->insn->immediate = immediate & 15;
        reg = immediate >> 4 & (decoder->mode.code_size == 8 ? 15 : 7);
    }
    return (Operand){OPERAND_XMM, (u8)reg, register_size};
}

static Operand immediate_operand(Decoder *decoder, u8 kind, unsigned size, bool extend)
{
    u64 value = next_bytes(decoder, size);

    decoder->insn->immediate = extend ? sign_extend(value, size) : value;
    return (Operand){kind, 0, (u8)size};
}

static unsigned letter_size(const Decoder *decoder, u8 code)
{
    unsigned size = letters[code].size;

    switch (size) {
    case SIZE_V:
        return decoder->insn->size;
    case SIZE_Z:
        return decoder->insn->size == QWORD ? DWORD : decoder->insn->size;
    case SIZE_Y:
        return decoder->insn->size == QWORD ? QWORD : DWORD;
    case SIZE_X:
        return decoder->vector;
    case SIZE_X_HALF:
        return decoder->vector / 2;
    case SIZE_X_FOURTH:
        return decoder->vector / 4;
    case SIZE_X_EIGHTH:
        return decoder->vector / 8;
    case SIZE_NATIVE:
        return decoder->mode.code_size == 8 ? QWORD : DWORD;
    default:
        return size;
    }
}

static Operand decode_operand(Decoder *decoder, u8 code, u8 opcode)
{
    Insn *insn = decoder->insn;
    unsigned size = letter_size(decoder, code), number = letters[code].number;
    unsigned reg = (insn->modrm >> 3 & 7) | (decoder->rex & 4) << 1;

    switch (letters[code].source) {
    case FROM_MODRM_RM:
    case FROM_MODRM_MEMORY:
        return rm_operand(decoder, size);
    case FROM_MODRM_WORD_OR_REGISTER:
        return rm_operand(decoder, insn->modrm >> 6 != 3 ? WORD : size);
    case FROM_MODRM_BYTE_OR_REGISTER:
        return rm_operand(decoder, insn->modrm >> 6 != 3 ? BYTE : size);
    case FROM_MODRM_REG:
        return gpr_operand(decoder, reg, size);
    case FROM_MODRM_REGISTER:
        return gpr_operand(decoder, (insn->modrm & 7) | (decoder->rex & 1) << 3, size);
    case FROM_IMMEDIATE:
        return immediate_operand(decoder, OPERAND_IMMEDIATE, size, number);
    case FROM_RELATIVE:
        return immediate_operand(decoder, OPERAND_RELATIVE, size, true);
    case FROM_SECOND_IMMEDIATE:
        insn->displacement = next_bytes(decoder, 1);
        return (Operand){OPERAND_IMMEDIATE, 1, BYTE};
    case FROM_ONE:
        insn->immediate = 1;
        return (Operand){OPERAND_IMMEDIATE, 0, BYTE};
    case FROM_FAR: {
        Operand operand = immediate_operand(decoder, OPERAND_FAR, size, false);

        insn->selector = (u16)next_bytes(decoder, 2);
        return operand;
    }
    case FROM_OFFSET:
        insn->displacement = next_bytes(decoder, decoder->address_size);
        return (Operand){OPERAND_MEMORY, 0, (u8)size};
    case FROM_OPCODE:
        return gpr_operand(decoder, (opcode & 7) | (decoder->rex & 1) << 3, size);
    case FROM_REGISTER:
        return (Operand){OPERAND_GPR, (u8)(number * 8), (u8)size};
    case FROM_STRING_SOURCE:
    case FROM_STRING_DESTINATION:
        return (Operand){OPERAND_STRING, 0, (u8)size};
    case FROM_SEGMENT_FIELD:
        return (Operand){OPERAND_SEGMENT, insn->modrm >> 3 & 7, (u8)size};
    case FROM_SEGMENT:
        return (Operand){OPERAND_SEGMENT, (u8)number, 0};
    case FROM_CONTROL:
        return (Operand){OPERAND_CONTROL, (u8)reg, (u8)size};
    case FROM_DEBUG:
        return (Operand){OPERAND_DEBUG, (u8)reg, (u8)size};
    case FROM_X87_TOP:
        return (Operand){OPERAND_X87, 0, (u8)size};
    case FROM_X87_RM:
        return (Operand){OPERAND_X87, insn->modrm & 7, (u8)size};
    case FROM_VVVV:
        return gpr_operand(decoder, vvvv_register(decoder), size);
    case FROM_VECTOR_INDEX:
        return (Operand){OPERAND_MEMORY, decoder->vector_index, (u8)size};
    case FROM_MMX_REG:
    case FROM_MMX_RM:
    case FROM_XMM_REG:
    case FROM_XMM_RM:
    case FROM_XMM_VVVV:
    case FROM_XMM_IMMEDIATE:
        return vector_operand(decoder, code, reg, size);
    default:
        return (Operand){OPERAND_NONE, 0, 0};
    }
}

/* The size in which the body runs: its first operand's that is data, else the operand size. */
static unsigned body_size(const Insn *insn, const OpcodeRow *row)
{
    for (unsigned i = 0; i < INSN_OPERANDS; i++) {
        Operand operand = insn->operands[i];

        if (operand.kind == OPERAND_IMMEDIATE || operand.kind == OPERAND_RELATIVE ||
            operand.kind == OPERAND_FAR || row->operands[i] == CODE_DX)
            continue;
        if (operand.size == 10 || operand.size == 16 ||
            operand.size == 32) /* the first copy is for 80 and 128 bits */
            return BYTE;
        if (operand.size == BYTE || operand.size == WORD || operand.size == DWORD ||
            operand.size == QWORD)
            return operand.size;
        break;
    }
    return insn->size;
}

static Handler choose_handler(const Insn *insn, const OpcodeRow *row)
{
    const Handlers *handlers = insn_handlers[row->name];
    unsigned size = (unsigned)__builtin_ctz(body_size(insn, row));
    u8 dst = insn->operands[0].kind, src = insn->operands[1].kind;
    Handler handler = handlers->fast[size];

    if ((row->attributes & VEX_BIT) && handlers->vex)
        return handlers->vex;

    if (handler)
        return handler;
    if (dst == OPERAND_GPR && src == OPERAND_GPR)
        handler = handlers->reg_reg[size];
    else if (dst == OPERAND_GPR && src == OPERAND_MEMORY)
        handler = handlers->reg_mem[size];
    else if (dst == OPERAND_GPR && src == OPERAND_IMMEDIATE)
        handler = handlers->reg_imm[size];
    else if (dst == OPERAND_MEMORY && src == OPERAND_GPR)
        handler = handlers->mem_reg[size];
    else if (dst == OPERAND_MEMORY && src == OPERAND_IMMEDIATE)
        handler = handlers->mem_imm[size];
    else if (dst == OPERAND_GPR && src == OPERAND_NONE)
        handler = handlers->reg[size];
    else if (dst == OPERAND_MEMORY && src == OPERAND_NONE)
        handler = handlers->mem[size];
    return handler ? handler : handlers->any[size];
}

Handler insn_general_handler(const Insn *insn)
{
    const OpcodeRow *row = &opcode_rows[insn->row];

    if ((row->attributes & VEX_BIT) && insn_handlers[row->name]->vex)
        return insn_handlers[row->name]->vex;
    return insn_handlers[row->name]->any[__builtin_ctz(body_size(insn, row))];
}

static bool has_memory_operand(const OpcodeRow *row, const Insn *insn)
{
    for (unsigned i = 0; i < INSN_OPERANDS; i++)
        if (insn->operands[i].kind == OPERAND_MEMORY &&
            letters[row->operands[i]].source != FROM_OFFSET)
            return true;
    return false;
}

/* A LOCK prefix on anything but a read-modify-write of memory is invalid. */
static bool lock_is_valid(const Insn *insn, const OpcodeRow *row)
{
    return !(insn->prefixes & PREFIX_LOCK) ||
           ((row->attributes & LOCK) && insn->operands[0].kind == OPERAND_MEMORY);
}

/* A gather has a SIB byte, whose index is a vector register. */
static bool decode_vector_index(Decoder *decoder)
{
    Insn *insn = decoder->insn;

    set_index(insn, REG_ZERO);
    return decoder->address_size != WORD && (insn->modrm & 7) == 4;
}

static bool fill_in(Decoder *decoder, const OpcodeRow *row, u8 opcode, bool has_modrm)
{
    Insn *insn = decoder->insn;

    insn->row = (u16)(row - opcode_rows);
    insn->size = (u8)operand_size(decoder, row);
    if (has_modrm && insn->modrm >> 6 != 3) {
        bool register_only = letters[row->operands[0]].source == FROM_MODRM_REGISTER ||
                             letters[row->operands[1]].source == FROM_MODRM_REGISTER;

        if (!register_only && decoder->address_size == WORD)
            decode_address_16(decoder);
        else if (!register_only)
            decode_address_32(decoder);
    }
    if (row->operands[1] == CODE_VM && !decode_vector_index(decoder))
        return false;
    apply_segment_override(decoder);
    for (unsigned i = 0; i < INSN_OPERANDS && row->operands[i] != CODE__; i++)
        insn->operands[i] = decode_operand(decoder, row->operands[i], opcode);
    if (decoder->status != DECODE_OK)
        return true;
    if (row->operands[0] == CODE_M || row->operands[1] == CODE_M)
        if (!has_memory_operand(row, insn))
            return false;
    insn->exec = choose_handler(insn, row);
    return lock_is_valid(insn, row);
}

/* An encoding without a row: raises #UD when it is executed. */
static void decode_as_undefined(Decoder *decoder)
{
    const Cpu *cpu = decoder->cpu;

    decoder->insn->row = cpu->opcode_order[cpu->opcode_index[opcode_slot(MAP_0F, 0x0B)]];
    decoder->insn->exec = exec_UD.any[0];
    memset(decoder->insn->operands, 0, sizeof decoder->insn->operands);
}

/* Prefixes, and the opcode with its map. False: #UD. */
static bool decode_opcode(Decoder *decoder, OpcodeMap *map, u8 *opcode)
{
    bool valid = true;

    *map = MAP_ONE_BYTE;
    *opcode = decode_prefixes(decoder);
    if (decoder->status != DECODE_OK)
        return false;
    if (is_vex(decoder, *opcode)) {
        valid = decode_vex(decoder, *opcode == 0xC4, map);
        *opcode = (u8)next_bytes(decoder, 1);
    } else if (*opcode == 0x0F) {
        *map = MAP_0F;
        *opcode = (u8)next_bytes(decoder, 1);
        if (decoder->status == DECODE_OK && (*opcode == 0x38 || *opcode == 0x3A)) {
            *map = *opcode == 0x38 ? MAP_0F38 : MAP_0F3A;
            *opcode = (u8)next_bytes(decoder, 1);
        }
    }
    return valid;
}

DecodeStatus decode(const Cpu *cpu, DecodeMode mode, const u8 *bytes, unsigned available,
                    Insn *insn)
{
    Decoder decoder = {.cpu = cpu,
                       .mode = mode,
                       .bytes = bytes,
                       .available = available,
                       .insn = insn,
                       .segment_override = -1};
    const OpcodeRow *row = NULL;
    bool has_modrm = false, valid;
    OpcodeMap map;
    u8 opcode;
    u16 start = insn->start;

    *insn = (Insn){.start = start,
                   .base = REG_ZERO * 8,
                   .index = REG_ZERO * 8,
                   .segment = DS,
                   .size = mode.code_size};
    valid = decode_opcode(&decoder, &map, &opcode);
    decoder.address_size = address_size(&decoder);
    insn->address_shift = (u8)(64 - 8 * decoder.address_size);
    insn->address_mask = size_mask(decoder.address_size);
    if (decoder.rex && !decoder.vex)
        insn->prefixes |= PREFIX_REX;
    if (decoder.status == DECODE_OK && valid)
        row = find_row(&decoder, opcode_slot(map, opcode), &has_modrm);
    if (decoder.status == DECODE_OK && (!row || !fill_in(&decoder, row, opcode, has_modrm)))
        decode_as_undefined(&decoder);
    insn->length = (u8)decoder.at;
    return decoder.status;
}

bool insn_ends_block(const Insn *insn)
{
    InsnName name = opcode_rows[insn->row].name;
    bool repeats =
        (insn->prefixes & (PREFIX_REP | PREFIX_REPNE)) &&
        (insn->operands[0].kind == OPERAND_STRING || insn->operands[1].kind == OPERAND_STRING);

    return insn_info[name].ends || repeats;
}
