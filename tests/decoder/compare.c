#include "tests/decoder/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/opcodes.h"
#include "tests/decoder/names.h"

Cpu *decoding_cpu(void)
{
    Cpu *cpu = calloc(1, sizeof *cpu);

    memset(&cpu->features, 0xFF, sizeof cpu->features);
    opcodes_index(cpu);
    return cpu;
}

bool comparison_open(Comparison *comparison, const Cpu *cpu, unsigned code_size)
{
    cs_mode mode = code_size == 2 ? CS_MODE_16 : code_size == 4 ? CS_MODE_32 : CS_MODE_64;

    *comparison = (Comparison){.cpu = cpu, .code_size = code_size};
    if (cs_open(CS_ARCH_X86, mode, &comparison->handle) != CS_ERR_OK ||
        cs_open(CS_ARCH_X86, CS_MODE_32, &comparison->handle_32) != CS_ERR_OK)
        return false;
    cs_option(comparison->handle, CS_OPT_DETAIL, CS_OPT_ON);
    cs_option(comparison->handle_32, CS_OPT_DETAIL, CS_OPT_ON);
    comparison->theirs = cs_malloc(comparison->handle);
    return comparison->theirs != NULL;
}

void comparison_close(Comparison *comparison)
{
    cs_free(comparison->theirs, 1);
    cs_close(&comparison->handle);
    cs_close(&comparison->handle_32);
}

static void scan_prefixes(Comparison *comparison)
{
    const u8 *bytes = comparison->bytes;
    unsigned at;

    comparison->operand_prefix = comparison->repeat_prefix = comparison->lock_prefix = false;
    comparison->address_prefix = false;
    comparison->rex = 0;
    for (at = 0; at < INSN_MAX_LENGTH; at++) {
        if (comparison->code_size == 8 && (bytes[at] & 0xF0) == 0x40) {
            comparison->rex = bytes[at];
            continue;
        }
        if (bytes[at] == 0x66)
            comparison->operand_prefix = true;
        else if (bytes[at] == 0x67)
            comparison->address_prefix = true;
        else if (bytes[at] == 0xF2 || bytes[at] == 0xF3)
            comparison->repeat_prefix = true;
        else if (bytes[at] == 0xF0)
            comparison->lock_prefix = true;
        else if ((bytes[at] & 0xE7) != 0x26 && bytes[at] != 0x64 && bytes[at] != 0x65)
            break;
        comparison->rex = 0;
    }
    comparison->opcode_at = at;
}

static bool ask_capstone(Comparison *comparison, csh handle, const u8 *bytes, size_t available)
{
    u64 address = DECODE_ADDRESS;

    return cs_disasm_iter(handle, &bytes, &available, &address, comparison->theirs);
}

static bool is_vector_row(const Insn *insn)
{
    return opcode_rows[insn->row].attributes & (P66 | PF3 | PF2 | PNONE);
}

/* TZCNT and its like: their size is the operand size. */
static bool has_v_operand(const Insn *insn)
{
    const u8 *codes = opcode_rows[insn->row].operands;

    return codes[0] == CODE_Gv || codes[0] == CODE_Ev || codes[1] == CODE_Gv || codes[1] == CODE_Ev;
}

/* The same instruction with its prefixes in the order that capstone reads best: segment, address
 * size, LOCK, operand size, repeat, REX, each once. Returns how many bytes were removed. */
static int reorder_prefixes(const Comparison *comparison, bool toggle_67, bool toggle_66, u8 *bytes)
{
    const u8 *from = comparison->bytes;
    u8 segment = 0, repeat = 0;
    unsigned at = 0;

    for (unsigned i = 0; i < comparison->opcode_at; i++) {
        if (from[i] == 0xF2 || from[i] == 0xF3)
            repeat = from[i];
        else if ((from[i] & 0xE7) == 0x26 || from[i] == 0x64 || from[i] == 0x65)
            segment = from[i];
    }
    if (segment)
        bytes[at++] = segment;
    if (comparison->address_prefix != toggle_67)
        bytes[at++] = 0x67;
    if (comparison->lock_prefix)
        bytes[at++] = 0xF0;
    if (comparison->operand_prefix != toggle_66)
        bytes[at++] = 0x66;
    if (repeat)
        bytes[at++] = repeat;
    if (comparison->rex)
        bytes[at++] = comparison->rex;
    memcpy(bytes + at, from + comparison->opcode_at, ENCODING_BYTES - comparison->opcode_at);
    return (int)comparison->opcode_at - (int)at;
}

/* capstone overlooks the prefix that chooses a vector instruction when another one stands behind
 * it, and always in 16-bit code. So it is asked again about the same instruction in other words;
 * 16-bit code is, but for the size prefixes, the same in 32-bit mode. */
static bool ask_again(Comparison *comparison)
{
    bool in_32 = comparison->code_size == 2 && is_vector_row(&comparison->ours);
    u8 bytes[ENCODING_BYTES + 8] = {0};
    int removed =
        reorder_prefixes(comparison, in_32, in_32 && has_v_operand(&comparison->ours), bytes);

    if (!ask_capstone(comparison, in_32 ? comparison->handle_32 : comparison->handle, bytes,
                      (size_t)(ENCODING_BYTES - removed)))
        return false;
    comparison->theirs->size = (u16)(comparison->theirs->size + removed);
    return true;
}

/* What the decoder takes and the instruction itself refuses: MOV to CS and of segment registers 6
 * and 7. */
static bool body_refuses(const Insn *insn)
{
    const Operand *operands = insn->operands;

    if (strcmp(insn_name(insn), "MOVSEG") != 0)
        return false;
    return operands[0].kind == OPERAND_SEGMENT ? operands[0].number == CS || operands[0].number > GS
                                               : operands[1].number > GS;
}

static Disagreement find_disagreement(Comparison *comparison)
{
    const Insn *ours = &comparison->ours;
    const cs_insn *theirs = comparison->theirs;
    const char *name = bare_mnemonic(theirs->mnemonic);
    SpelledList our_list, their_list;

    /* Its ud2, ud1, ud0 are what we call an undefined encoding. */
    if (comparison->they_know && !strncmp(theirs->mnemonic, "ud", 2))
        comparison->they_know = false;
    if (!comparison->we_know || !comparison->they_know)
        return comparison->they_know ? WE_REFUSE : comparison->we_know ? THEY_REFUSE : AGREED;
    if (theirs->size != ours->length)
        return OTHER_LENGTH;
    if (!names_agree(insn_name(ours), name))
        return OTHER_NAME;
    spell_ours(&our_list, ours, comparison->code_size, DECODE_ADDRESS);
    spell_theirs(&their_list, comparison->handle, theirs, comparison->code_size);
    return operands_agree(insn_name(ours), name, &our_list, &their_list) ? AGREED : OTHER_OPERANDS;
}

Disagreement compare(Comparison *comparison, const u8 bytes[ENCODING_BYTES])
{
    DecodeMode mode = {(u8)comparison->code_size, true};
    Insn *ours = &comparison->ours;

    comparison->bytes = bytes;
    scan_prefixes(comparison);
    ours->start = 0;
    comparison->we_know = decode(comparison->cpu, mode, bytes, ENCODING_BYTES, ours) == DECODE_OK &&
                          strcmp(insn_name(ours), "UD") != 0 && !body_refuses(ours);
    comparison->they_know = ask_capstone(comparison, comparison->handle, bytes, ENCODING_BYTES);
    comparison->disagreement = find_disagreement(comparison);
    if (comparison->disagreement != AGREED && comparison->we_know && comparison->opcode_at) {
        comparison->they_know = ask_again(comparison);
        comparison->disagreement = find_disagreement(comparison);
    }
    return comparison->disagreement;
}

int comparison_rule(const Comparison *comparison)
{
    for (unsigned i = 0; i < decoder_rule_count; i++)
        if (decoder_rules[i].holds(comparison))
            return (int)i;
    return -1;
}

void comparison_line(char line[COMPARISON_LINE], const Comparison *comparison)
{
    char hex[3 * INSN_MAX_LENGTH + 1], ours[SPELLED_LINE] = "#UD", theirs[SPELLED_LINE] = "refused";
    unsigned our_length = comparison->we_know ? comparison->ours.length : 0;
    unsigned their_length = comparison->they_know ? comparison->theirs->size : 0;
    unsigned shown = our_length > their_length ? our_length : their_length;
    SpelledList list;

    for (unsigned i = 0; i < INSN_MAX_LENGTH; i++)
        snprintf(hex + 3 * i, 4, "%02x ", comparison->bytes[i]);
    hex[3 * (shown && shown <= INSN_MAX_LENGTH ? shown : INSN_MAX_LENGTH) - 1] = 0;
    if (comparison->we_know) {
        spell_ours(&list, &comparison->ours, comparison->code_size, DECODE_ADDRESS);
        spell_line(ours, insn_name(&comparison->ours), &list);
    }
    if (comparison->they_know) {
        spell_theirs(&list, comparison->handle, comparison->theirs, comparison->code_size);
        spell_line(theirs, comparison->theirs->mnemonic, &list);
    }
    snprintf(line, COMPARISON_LINE, "%u-bit %s: %s (%u bytes); capstone: %s (%u bytes)",
             8 * comparison->code_size, hex, ours, our_length, theirs, their_length);
}

u64 decoder_random(u64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Half of them are taken as they come. */
void random_encoding(u8 bytes[ENCODING_BYTES], u64 *state)
{
    static const u8 prefixes[] = {0x66, 0xF2, 0xF3, 0x67, 0x26, 0x2E, 0x36, 0x3E,
                                  0x64, 0x65, 0xF0, 0x48, 0x41, 0x44, 0x4F, 0x40};
    u64 choice = decoder_random(state);
    unsigned at = 0;

    for (unsigned i = 0; i < ENCODING_BYTES; i += 8) {
        u64 value = decoder_random(state);

        memcpy(bytes + i, &value, 8);
    }
    if (choice & 1)
        return;
    for (choice >>= 1; choice & 1; choice >>= 5)
        bytes[at++] = prefixes[choice >> 1 & 15];
    if (choice & 2)
        bytes[at++] = 0x0F;
    if ((choice & 6) == 6)
        bytes[at++] = choice & 8 ? 0x38 : 0x3A;
    else if ((choice & 0xFA) == 0xF0)
        bytes[at++] = choice & 0x100 ? 0xC4 : 0xC5;
}

/* What the row leaves open stays random. */
static unsigned vex_prefix(u8 *bytes, const OpcodeRow *row)
{
    u8 map = row->code >> 8 == 0x0F38 ? 2 : row->code >> 8 == 0x0F3A ? 3 : 1;
    u8 pp = row->attributes & P66 ? 1 : row->attributes & PF3 ? 2 : row->attributes & PF2 ? 3 : 0;

    bytes[0] = 0xC4;
    bytes[1] = (u8)(map | (bytes[1] & 0xE0));
    bytes[2] = (u8)(pp | (bytes[2] & 0xFC));
    if (bytes[3] & 3) /* else, most rows would never see the vvvv that they demand */
        bytes[2] |= 0x78;
    if (row->attributes & W1)
        bytes[2] |= 0x80;
    if (row->attributes & L1)
        bytes[2] |= 4;
    return 3;
}

void row_encoding(u8 bytes[ENCODING_BYTES], const OpcodeRow *row, const char *prefixes,
                  unsigned modrm)
{
    unsigned at = 0;

    while (*prefixes)
        bytes[at++] = (u8)*prefixes++;
    if (row->attributes & VEX_BIT) {
        at += vex_prefix(bytes + at, row);
        bytes[at++] = (u8)row->code;
        bytes[at] = (u8)modrm;
        return;
    }
    for (int shift = 16; shift >= 0; shift -= 8)
        if (row->code >> shift || shift == 0)
            if (shift == 0 || (row->code >> shift & 0xFF))
                bytes[at++] = (u8)(row->code >> shift);
    bytes[at] = (u8)modrm;
}
