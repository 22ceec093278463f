/*
 * One encoding, decoded here and by capstone, and whether they agree: about its validity, length,
 * mnemonic and operands. Where they do not, a rule may say why (docs/conformance.md, "Decoder against
 * capstone"); where no rule does, it is a difference.
 */
#ifndef TESTS_DECODER_COMPARE_H
#define TESTS_DECODER_COMPARE_H

#include "cpu/decode.h"
#include "tests/decoder/spell.h"

enum { ENCODING_BYTES = 24, DECODE_ADDRESS = 0x1000 };

typedef enum Disagreement {
    AGREED,
    WE_REFUSE,      /* we raise #UD, capstone knows an instruction */
    THEY_REFUSE,
    OTHER_LENGTH,
    OTHER_NAME,
    OTHER_OPERANDS,
} Disagreement;

typedef struct Comparison {
    const Cpu *cpu;             /* with every feature; read only */
    unsigned code_size;
    csh handle, handle_32;      /* the second for vector instructions in 16-bit code */
    cs_insn *theirs;

    /* Of the last compare(): */
    const u8 *bytes;
    unsigned opcode_at;         /* bytes of prefixes */
    bool operand_prefix, repeat_prefix, lock_prefix, address_prefix;
    u8 rex;
    bool we_know, they_know;
    Insn ours;
    Disagreement disagreement;
} Comparison;

typedef struct Rule {
    const char *title, *reason;
    bool (*holds)(const Comparison *comparison);
} Rule;
extern const Rule decoder_rules[];
extern const unsigned decoder_rule_count;

/* A processor with every feature, good for decoding only; free() it. */
Cpu *decoding_cpu(void);

bool comparison_open(Comparison *comparison, const Cpu *cpu, unsigned code_size);
void comparison_close(Comparison *comparison);

/* What they disagree about. */
Disagreement compare(Comparison *comparison, const u8 bytes[ENCODING_BYTES]);

/* The rule that explains the disagreement of the last compare(); -1: none. */
int comparison_rule(const Comparison *comparison);

/* "0f 1f c0: NOP eax (3 bytes); capstone: nop eax, eax (3 bytes)" */
enum { COMPARISON_LINE = 600 };
void comparison_line(char line[COMPARISON_LINE], const Comparison *comparison);

/* Bytes that are likely to be interesting: random, with prefixes and escapes more often. */
u64 decoder_random(u64 *state);
void random_encoding(u8 bytes[ENCODING_BYTES], u64 *state);

/* Overwrites the beginning with the prefixes, the row's code and a ModRM byte. */
void row_encoding(u8 bytes[ENCODING_BYTES], const OpcodeRow *row, const char *prefixes,
                  unsigned modrm);

#endif
