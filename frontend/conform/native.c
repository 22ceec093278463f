#include "frontend/conform/native.h"

#include <stdio.h>
#include <string.h>

#include "cpu/decode.h"
#include "cpu/models.h"
#include "cpu/opcodes.h"
#include "frontend/conform/host_cpuid.h"

/* By the name in instructions.def. */
static const struct {
    const char *name, *reason;
} refusals[] = {
    {"CPUID", "its result is the machine's own"},
    {"RDTSC", "its result is the time"},
    {"RDTSCP", "its result is the time"},
    {"RDPMC", "its result is the time"},
    {"RDRAND", "its result is random"},
    {"RDSEED", "its result is random"},
    {"RDPID", "its result is the machine's own"},
    {"XSAVEOPT", "what it leaves out is the processor's choice"},
    {"XGETBV", "its result is the machine's own"},
    {"SLDT", "kernels emulate it, or show their own values"},
    {"STR", "kernels emulate it, or show their own values"},
    {"SMSW", "kernels emulate it, or show their own values"},
    {"SGDT", "kernels emulate it, or show their own values"},
    {"SIDT", "kernels emulate it, or show their own values"},
    {"POPSEG", "it loads a segment register"},
    {"LDS", "it loads a segment register"},
    {"LES", "it loads a segment register"},
    {"LFS", "it loads a segment register"},
    {"LGS", "it loads a segment register"},
    {"LSS", "it loads a segment register"},
    {"WRFSBASE", "it loads a segment's base"},
    {"WRGSBASE", "it loads a segment's base"},
    {"CALLF", "it is a far transfer"},
    {"JMPF", "it is a far transfer"},
    {"RETF", "it is a far transfer"},
    {"IRET", "it is a far transfer"},
    {"SYSENTER", "it would enter the host's kernel"},
    {"SYSEXIT", "processors differ on it"},
    {"SYSCALL", "it would enter the host's kernel"},
    {"SYSRET", "it belongs to SYSCALL"},
    {"INT1", "under hypervisors its trap may show another address"},
    {"VMCALL", "it would enter the host's hypervisor"},
    {"VMMCALL", "it would enter the host's hypervisor"},
    {"MONITOR", "hypervisors hide it"},
    {"MWAIT", "hypervisors hide it"},
};

const char *native_row_refusal(const OpcodeRow *row)
{
    const char *name = insn_info[row->name].name;

    if (row->name == INSN_MOVSEG && row->operands[0] == CODE_Sw)
        return "it loads a segment register";
    for (unsigned i = 0; i < COUNT_OF(refusals); i++)
        if (strcmp(refusals[i].name, name) == 0)
            return refusals[i].reason;
    return NULL;
}

/* SYSCALL and its like, known or not to the decoder. */
static bool enters_kernel(const u8 *code, unsigned length)
{
    for (unsigned i = 0; i + 1 < length; i++) {
        u8 byte = code[i];

        if (byte == 0x0F)
            return code[i + 1] == 0x05 || code[i + 1] == 0x07 || (code[i + 1] & 0xFE) == 0x34;
        if (byte == 0xCD)
            return code[i + 1] == 0x80;
        if ((byte & 0xF0) != 0x40 && (byte & 0xE7) != 0x26 && (byte < 0x64 || byte > 0x67) &&
            byte != 0xF0 && byte != 0xF2 && byte != 0xF3)
            return false;
    }
    return false;
}

/* Is a neighbour what can be run beside the instruction? */
static bool is_harmless(const Cpu *decoder, DecodeMode mode, const CaseNeighbour *neighbour)
{
    Insn insn = {0};

    if (neighbour->length == 0)
        return true;
    return neighbour->length <= CASE_NEIGHBOUR_SIZE &&
           decode(decoder, mode, neighbour->bytes, neighbour->length, &insn) == DECODE_OK &&
           insn.length == neighbour->length &&
           !enters_kernel(neighbour->bytes, neighbour->length) &&
           !native_row_refusal(&opcode_rows[insn.row]);
}

const char *native_refusal(const Cpu *decoder, const Case *c)
{
    const DecodeMode mode = {.code_size = (u8)case_code_size(c->mode % CASE_MODES),
                             .protected_mode = true};
    u64 start = c->before.rip + case_segments[c->mode % CASE_MODES][CS].base;
    const OpcodeRow *row;
    Insn insn = {0};

    if (c->mode >= CASE_MODES || c->length == 0 || c->length > INSN_MAX_LENGTH)
        return "it is no case";
    if (start < CASE_CODE || start >= CASE_CODE + CASE_CODE_SIZE)
        return "its code is not in the area for code";
    if (!is_harmless(decoder, mode, &c->ahead) || !is_harmless(decoder, mode, &c->behind))
        return "a neighbour is not one instruction that can run natively";
    if (decode(decoder, mode, c->code, c->length, &insn) == DECODE_SHORT)
        return "it is not a whole instruction";
    row = &opcode_rows[insn.row];
    if (enters_kernel(c->code, c->length))
        return "it would enter the host's kernel";
    return native_row_refusal(row);
}

bool native_has(const OpcodeRow *row)
{
    Feature feature = row_feature(row);
    unsigned reg, number;
    u32 function, registers[4];

    if (feature == FEATURE_NONE || feature == FEATURE_486 || feature == FEATURE_CPUID ||
        feature == FEATURE_P6)
        return true;
    if (!feature_announcement(feature, &function, &reg, &number))
        return false;
    host_cpuid(function, registers);
    return bit(registers[reg], number);
}

const char *native_name(char *buffer, size_t size)
{
    char brand[49] = "", *start = brand;
    u32 registers[4];

    for (u32 i = 0; i < 3; i++) {
        host_cpuid(0x80000002 + i, registers);
        memcpy(brand + 16 * i, registers, 16);
    }
    while (*start == ' ')
        start++;
    snprintf(buffer, size, "%s", start);
    for (size_t length = strlen(buffer); length && buffer[length - 1] == ' '; length--)
        buffer[length - 1] = '\0';
    return buffer;
}
