/*
 * The decoder's second half: addresses and operands, by the operand letters of the row.
 * Manual: Intel SDM Vol. 2, "Instruction Format".
 */
#include "cpu/decoder.h"

/* ---- addresses ---- */

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
        insn->displacement = decoder_next_bytes(decoder, 2);
    } else if (mod == 1) {
        insn->displacement = sign_extend(decoder_next_bytes(decoder, 1), BYTE);
    } else if (mod == 2) {
        insn->displacement = sign_extend(decoder_next_bytes(decoder, 2), WORD);
    }
    insn->segment = insn->base == RBP * 8 ? SS : DS;
}

/* SDM Vol. 2, tables "32-Bit Addressing Forms with the ModR/M Byte" and "... SIB Byte". */
static void decode_address_32(Decoder *decoder)
{
    Insn *insn = decoder->insn;
    unsigned mod = insn->modrm >> 6, rm = insn->modrm & 7;

    if (rm == 4) {
        u8 sib = (u8)decoder_next_bytes(decoder, 1);
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
        insn->displacement = sign_extend(decoder_next_bytes(decoder, 1), BYTE);
    else if (mod == 2 || (mod == 0 && rm == 5))
        insn->displacement = sign_extend(decoder_next_bytes(decoder, 4), DWORD);
    insn->segment = insn->base == RSP * 8 || insn->base == RBP * 8 ? SS : DS;
}

void decode_address(Decoder *decoder)
{
    if (decoder->address_size == WORD)
        decode_address_16(decoder);
    else
        decode_address_32(decoder);
}

void apply_segment_override(Decoder *decoder)
{
    int override = decoder->segment_override;

    if (decoder->mode.code_size == 8 && override != FS && override != GS)
        return;
    if (override >= 0) {
        decoder->insn->segment = (u8) override;
        decoder->insn->prefixes |= PREFIX_SEGMENT;
    }
}

/* A gather has a SIB byte, whose index is a vector register. */
bool decode_vector_index(Decoder *decoder)
{
    Insn *insn = decoder->insn;

    set_index(insn, REG_ZERO);
    return decoder->address_size != WORD && (insn->modrm & 7) == 4;
}

/* ---- operands ---- */

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
    u8 source = operand_letters[code].source;
    bool mmx = source == FROM_MMX_REG || source == FROM_MMX_RM;
    u8 register_size = operand_letters[code].size == SIZE_X ? decoder->vector
                       : size == 32                         ? 32
                                                            : 16;

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
        u8 immediate = (u8)decoder_next_bytes(decoder, 1);

        decoder->insn->immediate = immediate & 15;
        reg = immediate >> 4 & (decoder->mode.code_size == 8 ? 15 : 7);
    }
    return (Operand){OPERAND_XMM, (u8)reg, register_size};
}

static Operand immediate_operand(Decoder *decoder, u8 kind, unsigned size, bool extend)
{
    u64 value = decoder_next_bytes(decoder, size);

    decoder->insn->immediate = extend ? sign_extend(value, size) : value;
    return (Operand){kind, 0, (u8)size};
}

static unsigned letter_size(const Decoder *decoder, u8 code)
{
    unsigned size = operand_letters[code].size;

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

Operand decode_operand(Decoder *decoder, u8 code, u8 opcode)
{
    Insn *insn = decoder->insn;
    unsigned size = letter_size(decoder, code), number = operand_letters[code].number;
    unsigned reg = (insn->modrm >> 3 & 7) | (decoder->rex & 4) << 1;

    switch (operand_letters[code].source) {
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
        insn->displacement = decoder_next_bytes(decoder, 1);
        return (Operand){OPERAND_IMMEDIATE, 1, BYTE};
    case FROM_ONE:
        insn->immediate = 1;
        return (Operand){OPERAND_IMMEDIATE, 0, BYTE};
    case FROM_FAR: {
        Operand operand = immediate_operand(decoder, OPERAND_FAR, size, false);

        insn->selector = (u16)decoder_next_bytes(decoder, 2);
        return operand;
    }
    case FROM_OFFSET:
        insn->displacement = decoder_next_bytes(decoder, decoder->address_size);
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
