/*
 * The decoder against capstone: validity, length, mnemonic and operands of random encodings, and of
 * every row. `make decoder-test` does the same with a hundred million (tests/decoder/).
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "cpu/opcodes.h"
#include "tests/decoder/compare.h"

enum { ENCODINGS = 150000, ROW_ENCODINGS = 40, SHOWN = 20 };

static void check(Comparison *comparison, const u8 bytes[ENCODING_BYTES], unsigned *differences)
{
    char line[COMPARISON_LINE];

    if (compare(comparison, bytes) == AGREED || comparison_rule(comparison) >= 0)
        return;
    if ((*differences)++ < SHOWN) {
        comparison_line(line, comparison);
        cr_log_warn("%s", line);
    }
}

static void compare_all(unsigned code_size)
{
    static const char *const prefixes[] = {"", "\x66", "\xF2", "\xF3", "\x4D"};
    u64 random = 0x123456789ABCDEF0 + code_size;
    Cpu *cpu = decoding_cpu();
    Comparison comparison;
    unsigned differences = 0;
    u8 bytes[ENCODING_BYTES];

    cr_assert(comparison_open(&comparison, cpu, code_size));
    for (unsigned n = 0; n < ENCODINGS; n++) {
        random_encoding(bytes, &random);
        check(&comparison, bytes, &differences);
    }
    for (unsigned n = 0; n < opcode_row_count * ROW_ENCODINGS; n++) {
        random_encoding(bytes, &random);
        row_encoding(bytes, &opcode_rows[n / ROW_ENCODINGS], prefixes[n % COUNT_OF(prefixes)],
                     (unsigned)(random >> 20 & 0xFF));
        check(&comparison, bytes, &differences);
    }
    comparison_close(&comparison);
    free(cpu);
    cr_expect_eq(differences, 0, "%u differ", differences);
}

Test(decode, as_capstone_in_16_bit_mode)
{
    compare_all(2);
}
Test(decode, as_capstone_in_32_bit_mode)
{
    compare_all(4);
}
Test(decode, as_capstone_in_64_bit_mode)
{
    compare_all(8);
}

/* VCOMISS names no register in VEX.vvvv; VADDPS does, and there are eight. */
Test(decode, unused_vvvv_must_be_1111b)
{
    static const u8 unused[] = {0xC4, 0xE1, 0x38, 0x2F, 0xC0},
                    used[] = {0xC4, 0xE1, 0x38, 0x58, 0xC0};
    Cpu *cpu = decoding_cpu();
    Insn insn = {0};

    cr_expect_eq(decode(cpu, (DecodeMode){DWORD, true}, unused, sizeof unused, &insn), DECODE_OK);
    cr_expect_str_eq(insn_name(&insn), "UD");
    cr_expect_eq(decode(cpu, (DecodeMode){DWORD, true}, used, sizeof used, &insn), DECODE_OK);
    cr_expect_str_eq(insn_name(&insn), "VADDPS");
    cr_expect_eq(insn.operands[1].number, 0);
    free(cpu);
}
