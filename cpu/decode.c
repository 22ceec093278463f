/*
 * Decoding proceeds in the order of the bytes: prefixes, opcode, ModRM, SIB, displacement,
 * immediates. The opcode's rows are few; the first that fits the mode, the prefixes and the ModRM
 * byte is taken.
 */
#include <string.h>

#include "cpu/decoder.h"

u64 decoder_next_bytes(Decoder *decoder, unsigned count)
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
        u8 byte = (u8)decoder_next_bytes(decoder, 1);

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
        if (operand_letters[row->operands[i]].source == FROM_XMM_VVVV ||
            operand_letters[row->operands[i]].source == FROM_VVVV)
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
            modrm = (u8)decoder_next_bytes(decoder, 1);
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
    u8 first = (u8)decoder_next_bytes(decoder, 1), last = first, maps = 1;

    if (three_bytes) {
        last = (u8)decoder_next_bytes(decoder, 1);
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

static bool has_memory_operand(const OpcodeRow *row, const Insn *insn)
{
    for (unsigned i = 0; i < INSN_OPERANDS; i++)
        if (insn->operands[i].kind == OPERAND_MEMORY &&
            operand_letters[row->operands[i]].source != FROM_OFFSET)
            return true;
    return false;
}

/* A LOCK prefix on anything but a read-modify-write of memory is invalid. */
static bool lock_is_valid(const Insn *insn, const OpcodeRow *row)
{
    return !(insn->prefixes & PREFIX_LOCK) ||
           ((row->attributes & LOCK) && insn->operands[0].kind == OPERAND_MEMORY);
}

static bool fill_in(Decoder *decoder, const OpcodeRow *row, u8 opcode, bool has_modrm)
{
    Insn *insn = decoder->insn;

    insn->row = (u16)(row - opcode_rows);
    insn->size = (u8)operand_size(decoder, row);
    if (has_modrm && insn->modrm >> 6 != 3) {
        bool register_only = operand_letters[row->operands[0]].source == FROM_MODRM_REGISTER ||
                             operand_letters[row->operands[1]].source == FROM_MODRM_REGISTER;

        if (!register_only)
            decode_address(decoder);
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
        *opcode = (u8)decoder_next_bytes(decoder, 1);
    } else if (*opcode == 0x0F) {
        *map = MAP_0F;
        *opcode = (u8)decoder_next_bytes(decoder, 1);
        if (decoder->status == DECODE_OK && (*opcode == 0x38 || *opcode == 0x3A)) {
            *map = *opcode == 0x38 ? MAP_0F38 : MAP_0F3A;
            *opcode = (u8)decoder_next_bytes(decoder, 1);
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
