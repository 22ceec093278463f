#include "frontend/disassembly.h"

#include <capstone/capstone.h>
#include <inttypes.h>

static bool open_mode(csh *handle, unsigned code_size)
{
    cs_mode mode = code_size == 8 ? CS_MODE_64 : code_size == 4 ? CS_MODE_32 : CS_MODE_16;

    return cs_open(CS_ARCH_X86, mode, handle) == CS_ERR_OK;
}

static const char *words_of(const cs_insn *insn, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s", insn->mnemonic, *insn->op_str ? " " : "", insn->op_str);
    return text;
}

unsigned disassemble_one(const u8 *bytes, u64 length, u64 address, unsigned code_size, char *text,
                         size_t text_size)
{
    unsigned found = 0;
    cs_insn *insn;
    csh handle;

    snprintf(text, text_size, "(bad)");
    if (!open_mode(&handle, code_size))
        return 0;
    if (cs_disasm(handle, bytes, length, address, 1, &insn) == 1) {
        found = insn->size;
        words_of(insn, text, text_size);
        cs_free(insn, 1);
    }
    cs_close(&handle);
    return found;
}

void disassemble(const u8 *bytes, u64 length, u64 address, unsigned code_size,
                 DisassembledLine *line, void *owner)
{
    size_t left = length;
    char text[256];
    cs_insn *insn;
    csh handle;

    if (!open_mode(&handle, code_size))
        return;
    insn = cs_malloc(handle);
    while (insn && left && cs_disasm_iter(handle, &bytes, &left, &address, insn))
        line(owner, insn->address, insn->bytes, insn->size, words_of(insn, text, sizeof text));
    if (left)
        line(owner, address, bytes, left, "(bad)");
    if (insn)
        cs_free(insn, 1);
    cs_close(&handle);
}

void disassembly_print(void *owner, u64 address, const u8 *bytes, u64 length, const char *words)
{
    FILE *file = owner;

    fprintf(file, "  %08" PRIX64 "  ", address);
    for (u64 i = 0; i < length; i++)
        fprintf(file, "%02x ", bytes[i]);
    fprintf(file, "%*s%s\n", length < 8 ? (int)(8 - length) * 3 : 0, "", words);
}
