#include <stdlib.h>
#include <string.h>

#include "cpu/code_cache.h"
#include "cpu/decode.h"
#include "tests/decoder/compare.h"
#include "tests/reference/reference.h"
#include "translate/ir.h"

/* Assumed is what an operating system gives its programs; in 16-bit code no segment is flat. */
static Assumptions usual(unsigned code_size)
{
    return (Assumptions){.flat = code_size == WORD ? 0 : 0xFF,
                         .as = AS_USER,
                         .small_stack = code_size == WORD,
                         .x87 = true,
                         .sse = true,
                         .floats = true};
}

static const char *mandatory_prefix(const OpcodeRow *row)
{
    return row->attributes & VEX_BIT ? ""
           : row->attributes & P66   ? "\x66"
           : row->attributes & PF3   ? "\xF3"
           : row->attributes & PF2   ? "\xF2"
                                     : "";
}

static bool lifts(const Cpu *cpu, const OpcodeRow *row, u8 modrm, unsigned code_size, bool *valid)
{
    IrBlock *ir = calloc(1, sizeof *ir);
    u8 bytes[ENCODING_BYTES] = {0};
    Insn insn = {0};
    Block block = {.mode = (u8)code_size | MODE_PROTECTED, .count = 1, .insns = &insn};
    bool lifted = true;

    row_encoding(bytes, row, mandatory_prefix(row),
                 row->digit & MODRM ? row->digit & 0xFF
                 : row->digit & ANY ? modrm
                                    : (modrm & 0xC7) | (row->digit & 7) << 3);
    *valid =
        ir &&
        decode(cpu, (DecodeMode){(u8)code_size, true}, bytes, sizeof bytes, &insn) == DECODE_OK &&
        opcode_rows[insn.row].name == row->name;
    if (*valid) {
        block.bytes = insn.length;
        ir->block = &block;
        ir->rip = 0x1000;
        ir->assumptions = usual(code_size);
        ir_lift(ir);
        for (unsigned i = 0; i < ir->count; i++)
            if (ir->ops[i].opcode == IR_CALL)
                lifted = false;
    }
    free(ir);
    return lifted;
}

Translated reference_translated(unsigned row, unsigned code_size)
{
    static const u8 modrms[] = {0xC1, 0x01};
    static Cpu *cpu; /* for all of them */
    unsigned tried = 0, lifted = 0;

    if (!cpu)
        cpu = decoding_cpu();
    for (size_t i = 0; i < COUNT_OF(modrms); i++) {
        bool valid, is_lifted = lifts(cpu, &opcode_rows[row], modrms[i], code_size, &valid);

        tried += valid;
        lifted += valid && is_lifted;
    }
    return lifted == 0      ? TRANSLATED_NEVER
           : lifted < tried ? TRANSLATED_SOMETIMES
                            : TRANSLATED_ALWAYS;
}
