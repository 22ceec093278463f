/*
 * The decoder is asked what the bytes became: prefixes, opcode and a tail of random bytes go in,
 * and when the row that comes out is the one that was wanted, the tail is cut to length. So nothing
 * here knows the operand letters, and the silicon, which has the last word on lengths, finds what
 * the decoder gets wrong.
 */
#include "frontend/conform/encoding.h"

#include <string.h>

#include "cpu/opcodes.h"

enum { ATTEMPTS = 60 };

/* ---- prefixes ---- */

typedef struct Prefixes {
    u8 bytes[8];
    unsigned count;
    u8 rex; /* 0: none */
} Prefixes;

static void add(Prefixes *prefixes, u8 byte)
{
    prefixes->bytes[prefixes->count++] = byte;
}

static bool has_string_operand(const OpcodeRow *row)
{
    for (unsigned i = 0; i < INSN_OPERANDS; i++)
        switch (row->operands[i]) {
        case CODE_Xb:
        case CODE_Xv:
        case CODE_Xz:
        case CODE_Yb:
        case CODE_Yv:
        case CODE_Yz:
            return true;
        }
    return false;
}

/* In 64-bit mode processors differ on near branches with an operand-size prefix. */
static void choose_size_prefixes(Prefixes *prefixes, const OpcodeRow *row, CaseMode mode,
                                 Random *random)
{
    u32 attributes = row->attributes;
    bool mandatory = attributes & (PNONE | P66 | PF2 | PF3);

    if (attributes & P66)
        add(prefixes, 0x66);
    else if (!mandatory && !(mode == CASE_64 && (attributes & F64)) && random_one_in(random, 3))
        add(prefixes, 0x66);
    if (random_one_in(random, 5))
        add(prefixes, 0x67);
}

/* Where the manual reserves a repeat prefix, new instructions appear and processors differ: some
 * take it for the condition of LOOPE and LOOPNE. */
static bool takes_repeat(const OpcodeRow *row)
{
    return row->code < 0x100 && !(row->attributes & (PNONE | P66 | PF2 | PF3)) &&
           row->name != INSN_LOOPE && row->name != INSN_LOOPNE;
}

/* LOCK before a move to or from CR0 means CR8 on some processors, and some that have learnt a new
 * VERW by an update of their microcode let it pass there. */
static void choose_other_prefixes(Prefixes *prefixes, const OpcodeRow *row, Random *random)
{
    static const u8 segments[] = {0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65};
    u32 attributes = row->attributes;

    if (attributes & PF2)
        add(prefixes, 0xF2);
    else if (attributes & PF3)
        add(prefixes, 0xF3);
    else if (takes_repeat(row) && random_one_in(random, has_string_operand(row) ? 2 : 64))
        add(prefixes, random_one_in(random, 2) ? 0xF2 : 0xF3);
    if (random_one_in(random, 5))
        add(prefixes, segments[random_below(random, COUNT_OF(segments))]);
    if (row->name != INSN_MOVCR && row->name != INSN_VERW &&
        random_one_in(random, attributes & LOCK ? 8 : 80))
        add(prefixes, 0xF0);
}

/* The others would be #UD. */
static void choose_vex_prefixes(Prefixes *prefixes, Random *random)
{
    static const u8 allowed[] = {0x67, 0x64, 0x65, 0x2E, 0x36};

    if (random_one_in(random, 4))
        add(prefixes, allowed[random_below(random, COUNT_OF(allowed))]);
    if (random_one_in(random, 64))
        add(prefixes, (u8) "\x66\xF2\xF3\xF0"[random_below(random, 4)]);
}

static void choose_rex(Prefixes *prefixes, Random *random)
{
    u8 rex = 0x40 | (u8)random_below(random, 16);

    if (random_one_in(random, 2))
        prefixes->rex = rex;
    else if (random_one_in(random, 32)) /* not right before the opcode: it counts for nothing */
        add(prefixes, rex);
}

static void shuffle(Prefixes *prefixes, Random *random)
{
    for (unsigned i = prefixes->count; i > 1; i--) {
        unsigned other = random_below(random, i);
        u8 byte = prefixes->bytes[i - 1];

        prefixes->bytes[i - 1] = prefixes->bytes[other];
        prefixes->bytes[other] = byte;
    }
}

/* ---- where the parts are ---- */

static unsigned modrm_displacement(const Insn *insn, u8 sib)
{
    unsigned mod = insn->modrm >> 6, rm = insn->modrm & 7;
    bool word = insn->address_shift == 48;

    if (mod == 1)
        return 1;
    if (word)
        return mod == 2 || rm == 6 ? 2 : 0;
    return mod == 2 || rm == 5 || (rm == 4 && (sib & 7) == 5) ? 4 : 0;
}

/* `opcode_end`: where the ModRM byte is, if there is one. */
static void find_parts(Encoding *encoding, const OpcodeRow *row, unsigned opcode_end)
{
    const Insn *insn = &encoding->insn;
    bool offset = false;

    encoding->memory = false;
    encoding->immediate_size = encoding->displacement_size = 0;
    for (unsigned i = 0; i < INSN_OPERANDS; i++) {
        u8 kind = insn->operands[i].kind, code = row->operands[i];

        offset |= code == CODE_Ob || code == CODE_Ov;
        encoding->memory |= kind == OPERAND_MEMORY;
        if ((kind == OPERAND_IMMEDIATE && code != CODE_ONE) || kind == OPERAND_RELATIVE)
            encoding->immediate_size += insn->operands[i].size;
        if (kind == OPERAND_FAR)
            encoding->immediate_size += insn->operands[i].size + 2u;
    }
    encoding->immediate_at = encoding->length - encoding->immediate_size;
    if (offset) {
        encoding->displacement_at = opcode_end;
        encoding->displacement_size = encoding->length - opcode_end;
    } else if (encoding->memory) {
        u8 sib = encoding->bytes[opcode_end + 1];

        encoding->displacement_size = modrm_displacement(insn, sib);
        encoding->displacement_at = encoding->immediate_at - encoding->displacement_size;
    }
}

void encoding_set_displacement(Encoding *encoding, u64 value)
{
    unsigned size = encoding->displacement_size;

    if (!size)
        return;
    memcpy(encoding->bytes + encoding->displacement_at, &value, size);
    if (size == 8 || encoding->insn.address_shift != 0)
        encoding->insn.displacement = value & encoding->insn.address_mask;
    else
        encoding->insn.displacement = sign_extend(value, size);
}

void encoding_set_immediate(Encoding *encoding, unsigned at, unsigned size, u64 value)
{
    memcpy(encoding->bytes + encoding->immediate_at + at, &value, size);
}

/* ---- making one ---- */

static unsigned put_opcode(u8 *at, const OpcodeRow *row, Random *random)
{
    u8 plus = row->attributes & PLUS_R ? (u8)random_below(random, 8) : 0;
    unsigned length = 0;

    if (row->code >= 0x10000)
        at[length++] = (u8)(row->code >> 16);
    if (row->code >= 0x100)
        at[length++] = (u8)(row->code >> 8);
    at[length++] = (u8)(row->code + plus);
    return length;
}

/* A VEX prefix and the opcode: of two bytes where that will do, now and then of three even so.
 * Registers are told apart by inverted bits, which outside 64-bit mode must be ones. */
static unsigned put_vex(u8 *at, const OpcodeRow *row, CaseMode mode, Random *random)
{
    u32 attributes = row->attributes;
    u8 pp = attributes & P66 ? 1 : attributes & PF3 ? 2 : attributes & PF2 ? 3 : 0;
    u8 map = row->code < 0x10000 ? 1 : row->code >> 8 == 0x0F38 ? 2 : 3;
    u8 chance = (u8)random_next(random), extensions = 0xE0, vvvv = 0x78;
    bool is_long = attributes & L1 || (!(attributes & L0) && chance & 1);
    bool wide = attributes & W1 || (!(attributes & W0) && chance & 2);

    if (mode == CASE_64)
        extensions = chance & 0xE0;
    if (random_below(random, 4)) /* else: no register */
        vvvv = (u8)(random_below(random, mode == CASE_64 ? 16 : 8) ^ 15) << 3;
    if (map == 1 && !wide && (extensions & 0x60) == 0x60 && chance & 4) {
        at[0] = 0xC5;
        at[1] = (extensions & 0x80) | vvvv | (u8)(is_long << 2) | pp;
        at[2] = (u8)row->code;
        return 3;
    }
    at[0] = 0xC4;
    at[1] = extensions | map;
    at[2] = (u8)(wide << 7) | vvvv | (u8)(is_long << 2) | pp;
    at[3] = (u8)row->code;
    return 4;
}

/* What follows the opcode: a ModRM byte that suits the row, if it has one, and chance. */
static void put_tail(u8 *at, const OpcodeRow *row, Random *random)
{
    u64 chance[2] = {random_next(random), random_next(random)};
    u8 modrm;

    memcpy(at, chance, 16);
    modrm = at[0];
    if (row->digit & MODRM)
        modrm = (u8)row->digit;
    else if (!(row->digit & ANY))
        modrm = (u8)((modrm & 0xC7) | (row->digit & 7) << 3);
    if (row->digit & REG)
        modrm |= 0xC0;
    else if ((row->digit & MEM) && modrm >= 0xC0)
        modrm &= (u8)(0x3F | random_below(random, 3) << 6);
    if (row->digit != ANY)
        at[0] = modrm;
    else if (random_one_in(random, 4)) /* registers more often, in case it is a ModRM byte */
        at[0] |= 0xC0;
}

static bool decode_all(Encoding *encoding, const Cpu *decoder, CaseMode mode, const u8 *bytes,
                       unsigned available)
{
    const DecodeMode decode_mode = {.code_size = (u8)case_code_size(mode), .protected_mode = true};

    memset(&encoding->insn, 0, sizeof encoding->insn);
    if (decode(decoder, decode_mode, bytes, available, &encoding->insn) != DECODE_OK)
        return false;
    encoding->length = encoding->insn.length;
    memset(encoding->bytes, 0, sizeof encoding->bytes);
    memcpy(encoding->bytes, bytes, encoding->length);
    return true;
}

/* May this prefix be what makes the row's instruction #UD? */
static bool is_illegal(u8 byte, const OpcodeRow *row)
{
    bool vex = row->attributes & VEX_BIT;

    return byte == 0xF0 || (vex && (byte == 0x66 || byte == 0xF2 || byte == 0xF3));
}

/* An illegal prefix makes it decode as #UD: then the encoding without it is what counts. */
static bool is_wanted(const Encoding *encoding, const Cpu *decoder, CaseMode mode,
                      const OpcodeRow *row)
{
    u8 bytes[INSN_MAX_LENGTH + 1];
    unsigned length = 0;
    Encoding plain;

    if (&opcode_rows[encoding->insn.row] == row)
        return true;
    for (unsigned i = 0; i < encoding->length; i++)
        if (!is_illegal(encoding->bytes[i], row) || length != i)
            bytes[length++] = encoding->bytes[i];
    return length < encoding->length && decode_all(&plain, decoder, mode, bytes, length) &&
           plain.length == length && &opcode_rows[plain.insn.row] == row;
}

static bool attempt(Encoding *encoding, const Cpu *decoder, const OpcodeRow *row, CaseMode mode,
                    Random *random)
{
    u8 bytes[40];
    Prefixes prefixes = {.count = 0};
    unsigned opcode_end;

    if (row->attributes & VEX_BIT) {
        choose_vex_prefixes(&prefixes, random);
    } else {
        choose_size_prefixes(&prefixes, row, mode, random);
        choose_other_prefixes(&prefixes, row, random);
        if (mode == CASE_64)
            choose_rex(&prefixes, random);
    }
    shuffle(&prefixes, random);
    memcpy(bytes, prefixes.bytes, prefixes.count);
    opcode_end = prefixes.count;
    if (prefixes.rex)
        bytes[opcode_end++] = prefixes.rex;
    opcode_end += row->attributes & VEX_BIT ? put_vex(bytes + opcode_end, row, mode, random)
                                            : put_opcode(bytes + opcode_end, row, random);
    put_tail(bytes + opcode_end, row, random);
    if (!decode_all(encoding, decoder, mode, bytes, INSN_MAX_LENGTH) ||
        !is_wanted(encoding, decoder, mode, row))
        return false;
    find_parts(encoding, &opcode_rows[encoding->insn.row], opcode_end);
    return true;
}

bool encoding_make(Encoding *encoding, const Cpu *decoder, const OpcodeRow *row, CaseMode mode,
                   Random *random)
{
    for (unsigned i = 0; i < ATTEMPTS; i++)
        if (attempt(encoding, decoder, row, mode, random))
            return true;
    return false;
}

/* ---- one that is given ---- */

static bool is_prefix(u8 byte, CaseMode mode)
{
    return (mode == CASE_64 && (byte & 0xF0) == 0x40) || (byte & 0xE7) == 0x26 ||
           (byte >= 0x64 && byte <= 0x67) || byte == 0xF0 || byte == 0xF2 || byte == 0xF3;
}

bool encoding_parse(Encoding *encoding, const Cpu *decoder, CaseMode mode, const u8 *bytes,
                    unsigned length)
{
    unsigned opcode_end = 0;

    if (!decode_all(encoding, decoder, mode, bytes, length) || encoding->length != length)
        return false;
    while (is_prefix(bytes[opcode_end], mode))
        opcode_end++;
    if (opcode_rows[encoding->insn.row].attributes & VEX_BIT)
        opcode_end += bytes[opcode_end] == 0xC5 ? 2 : 3;
    else if (bytes[opcode_end] == 0x0F)
        opcode_end += bytes[opcode_end + 1] == 0x38 || bytes[opcode_end + 1] == 0x3A ? 2 : 1;
    find_parts(encoding, &opcode_rows[encoding->insn.row], opcode_end + 1);
    return true;
}
