#include "frontend/disassembly.h"

#include <capstone/capstone.h>
#include <inttypes.h>

static void print_line(FILE *file, u64 address, const u8 *bytes, u64 length, const char *words)
{
    fprintf(file, "  %08" PRIX64 "  ", address);
    for (u64 i = 0; i < length; i++)
        fprintf(file, "%02x ", bytes[i]);
    fprintf(file, "%*s%s\n", length < 8 ? (int)(8 - length) * 3 : 0, "", words);
}

void disassemble(FILE *file, const u8 *bytes, u64 length, u64 address, unsigned code_size)
{
    cs_mode mode = code_size == 8 ? CS_MODE_64 : code_size == 4 ? CS_MODE_32 : CS_MODE_16;
    size_t left = length;
    cs_insn *insn;
    csh handle;

    if (cs_open(CS_ARCH_X86, mode, &handle) != CS_ERR_OK)
        return;
    insn = cs_malloc(handle);
    while (insn && left && cs_disasm_iter(handle, &bytes, &left, &address, insn)) {
        char words[256];

        snprintf(words, sizeof words, "%s %s", insn->mnemonic, insn->op_str);
        print_line(file, insn->address, insn->bytes, insn->size, words);
    }
    if (left)
        print_line(file, address, bytes, left, "(bad)");
    if (insn)
        cs_free(insn, 1);
    cs_close(&handle);
}
