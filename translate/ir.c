/*
 * The intermediate representation as text.
 */
#include "translate/ir.h"

#include <stdio.h>
#include <string.h>

const char *const ir_names[IR_OPCODE_COUNT] = {
    [IR_NOTHING] = "-",
    [IR_LOOK_UP] = "lookup",
    [IR_LOOK_UP_FOR_WRITE] = "lookup.rw",
    [IR_CALL] = "call",
    [IR_CALL_SIMPLE] = "call.simple",
    [IR_MOVE] = "mov",
    [IR_ZERO_EXTEND] = "zext",
    [IR_SIGN_EXTEND] = "sext",
    [IR_ADDRESS] = "lea",
    [IR_EXCHANGE] = "xchg",
    [IR_SWAP_BYTES] = "bswap",
    [IR_CHECK_CANONICAL] = "canonical",
    [IR_FLAGS] = "eflags",
    [IR_FLAGS_TO_AH] = "lahf",
    [IR_FLAGS_FROM_AH] = "sahf",
    [IR_CARRY] = "carry",
    [IR_DISABLE_INTERRUPTS] = "cli",
    [IR_SELECTOR] = "selector",
    [IR_LOAD_SEGMENT] = "segment",
    [IR_HIGH_GET] = "gethigh",
    [IR_HIGH_PUT] = "puthigh",
    [IR_LOAD] = "load",
    [IR_STORE] = "store",
    [IR_LOAD_FOR_WRITE] = "load.rw",
    [IR_STORE_BACK] = "store.rw",
    [IR_ADD] = "add",
    [IR_OR] = "or",
    [IR_ADC] = "adc",
    [IR_SBB] = "sbb",
    [IR_AND] = "and",
    [IR_SUB] = "sub",
    [IR_XOR] = "xor",
    [IR_CMP] = "cmp",
    [IR_TEST] = "test",
    [IR_INC] = "inc",
    [IR_DEC] = "dec",
    [IR_NEG] = "neg",
    [IR_NOT] = "not",
    [IR_ROL] = "rol",
    [IR_ROR] = "ror",
    [IR_RCL] = "rcl",
    [IR_RCR] = "rcr",
    [IR_SHL] = "shl",
    [IR_SHR] = "shr",
    [IR_SAR] = "sar",
    [IR_SHLD] = "shld",
    [IR_SHRD] = "shrd",
    [IR_BT] = "bt",
    [IR_BTS] = "bts",
    [IR_BTR] = "btr",
    [IR_BTC] = "btc",
    [IR_BSF] = "bsf",
    [IR_BSR] = "bsr",
    [IR_PRODUCT] = "imul",
    [IR_PRODUCT3] = "imul",
    [IR_MUL] = "mul",
    [IR_IMUL] = "imul",
    [IR_DIV] = "div",
    [IR_IDIV] = "idiv",
    [IR_SIGN_TO_DX] = "cwd",
    [IR_TIME] = "time",
    [IR_SET] = "set",
    [IR_MOVE_IF] = "cmov",
    [IR_X87] = "x87",
    [IR_X87_LOAD] = "x87",
    [IR_X87_STORE] = "x87",
    [IR_X87_STATUS] = "x87",
    [IR_X87_CONTROL] = "x87",
    [IR_SIMD] = "simd",
    [IR_SIMD_LOAD] = "simd",
    [IR_SIMD_STORE] = "simd",
    [IR_JUMP] = "jump",
    [IR_JUMP_IF] = "jump",
    [IR_JUMP_IF_ZERO] = "jump.z",
    [IR_JUMP_INDIRECT] = "jump",
};

static const char *const registers[][16] = {
    {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d",
     "r13d", "r14d", "r15d"},
    {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
     "r14", "r15"},
};
static const char *const conditions[] = {"o", "no", "b", "nb", "z", "nz", "be", "nbe",
                                         "s", "ns", "p", "np", "l", "nl", "le", "nle"};
static const char *const segments[] = {"es", "cs", "ss", "ds", "fs", "gs"};

typedef struct Text {
    char *at;
    size_t left;
} Text;

static void put(Text *text, const char *format, ...) PRINTF_LIKE(2, 3);

#include <stdarg.h>

static void put(Text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int count = vsnprintf(text->at, text->left, format, arguments);
    va_end(arguments);
    if (count > 0) {
        size_t used = (size_t)count < text->left ? (size_t)count : text->left - 1;

        text->at += used;
        text->left -= used;
    }
}

static void put_value(Text *text, const IrOp *op, u8 value)
{
    if (value >= VALUE_XMM)
        put(text, " xmm%d", value - VALUE_XMM);
    else if (value == VALUE_MEMORY)
        put(text, " [memory]");
    else if (value == VALUE_IMMEDIATE)
        put(text, " 0x%llx", (unsigned long long)op->immediate);
    else if (value >= VALUE_T0)
        put(text, " t%d", value - VALUE_T0);
    else if (value >= VALUE_GPR)
        put(text, " %s", registers[op->size == QWORD][value - VALUE_GPR]);
}

static const char *address_register(const IrAddress *address, u8 value)
{
    if (value >= VALUE_T0)
        return "t0";
    return registers[address->bits == 64][value - VALUE_GPR];
}

static void put_address(Text *text, const IrAddress *address)
{
    const char *plus = "";

    put(text, " %s:[", address->segment < COUNT_OF(segments) ? segments[address->segment] : "?");
    if (address->base) {
        put(text, "%s", address_register(address, address->base));
        plus = "+";
    }
    if (address->index) {
        put(text, "%s%s*%d", plus, address_register(address, address->index), 1 << address->scale);
        plus = "+";
    }
    if (address->displacement || !*plus)
        put(text, "%s0x%llx", plus, (unsigned long long)(u32)address->displacement);
    put(text, "]");
}

static void put_flags(Text *text, const IrOp *op)
{
    static const char letters[] = "CPAZSO";
    static const u16 flags[] = {FLAGS_C, FLAGS_P, FLAGS_A, FLAGS_Z, FLAGS_S, FLAGS_O};

    if (!op->defines)
        return;
    put(text, "  {");
    for (unsigned i = 0; i < COUNT_OF(flags); i++)
        if (op->defines & flags[i])
            put(text, "%c", op->live & flags[i] ? letters[i] : '-');
    put(text, "}");
}

static bool has_address(const IrOp *op)
{
    switch (op->opcode) {
    case IR_DIV:
    case IR_IDIV:
    case IR_CHECK_CANONICAL:
    case IR_TIME:
    case IR_DISABLE_INTERRUPTS:
    case IR_LOAD_SEGMENT:
        return false;
    default:
        return ir_declines(op) || op->opcode == IR_ADDRESS;
    }
}

void ir_print(const IrOp *op, char *buffer, size_t size)
{
    Text text = {buffer, size};

    put(&text, "%s.%u", ir_names[op->opcode], op->size * 8);
    if (op->opcode == IR_LOAD && op->from)
        put(&text, op->from == 1 ? " zero-extended" : " sign-extended");
    if (op->host)
        put(&text, " %X", op->host);
    if (op->opcode == IR_JUMP_IF || op->opcode == IR_SET || op->opcode == IR_MOVE_IF)
        put(&text, " %s,", conditions[op->condition & 15]);
    put_value(&text, op, op->dst);
    if (has_address(op))
        put_address(&text, &op->address);
    put_value(&text, op, op->src);
    if (op->opcode == IR_JUMP || op->opcode == IR_JUMP_IF || op->opcode == IR_JUMP_IF_ZERO)
        put(&text, " -> 0x%llx", (unsigned long long)op->target);
    put_flags(&text, op);
}
