#include "frontend/conform/case.h"

#include <string.h>

#include "cpu/cpu.h"

const CaseSegment case_segments[CASE_MODES][6] = {
    [CASE_16] = {[ES] = {CASE_ES16, CASE_DATA, 0x17FF},
                 [CS] = {CASE_CS16, CASE_CODE, CASE_CODE_SIZE - 1},
                 [SS] = {CASE_SS16, CASE_STACK, CASE_STACK_SIZE - 1},
                 [DS] = {CASE_DS16, CASE_DATA, CASE_DATA_SIZE + CASE_READ_ONLY_SIZE - 1},
                 [FS] = {CASE_DOWN, CASE_DATA, 0x7FF},
                 [GS] = {CASE_SHOWN, CASE_DATA + 0x10, 0x1FFF}},
    [CASE_32] = {[ES] = {CASE_FLAT, 0, 0xFFFFFFFF},
                 [CS] = {CASE_CS32, 0, 0xFFFFFFFF},
                 [SS] = {CASE_FLAT, 0, 0xFFFFFFFF},
                 [DS] = {CASE_FLAT, 0, 0xFFFFFFFF},
                 [FS] = {CASE_DOWN, CASE_DATA, 0x7FF},
                 [GS] = {CASE_SHOWN, CASE_DATA + 0x10, 0x1FFF}},
    [CASE_64] = {[ES] = {CASE_FLAT, 0, 0xFFFFFFFF},
                 [CS] = {CASE_CS64, 0, 0xFFFFFFFF},
                 [SS] = {CASE_FLAT, 0, 0xFFFFFFFF},
                 [DS] = {CASE_FLAT, 0, 0xFFFFFFFF},
                 [FS] = {0, CASE_DATA, 0},
                 [GS] = {0, CASE_DATA + 0x10, 0}},
};

static const struct {
    u32 base, size;
    bool writable;
} areas[] = {
    {CASE_DATA, CASE_DATA_SIZE, true},
    {CASE_READ_ONLY, CASE_READ_ONLY_SIZE, false},
    {CASE_STACK, CASE_STACK_SIZE, true},
    {CASE_CODE, CASE_CODE_SIZE, true},
};

unsigned case_code_size(CaseMode mode)
{
    return 2u << mode;
}

const char *case_mode_name(CaseMode mode)
{
    static const char *const names[] = {"16", "32", "64"};

    return names[mode];
}

void case_init(Case *c, CaseMode mode, const u8 *code, unsigned length)
{
    memset(c, 0, sizeof *c);
    c->mode = (u8)mode;
    c->row = CASE_NO_ROW;
    c->length = (u8)(length < INSN_MAX_LENGTH ? length : INSN_MAX_LENGTH);
    memcpy(c->code, code, c->length);
    c->before.rip = CASE_CODE + CASE_START - case_segments[mode][CS].base;
    c->before.gpr[RSP] = CASE_STACK + CASE_STACK_SIZE / 2 - case_segments[mode][SS].base;
    c->before.rflags = FLAGS_ALWAYS;
    c->before.fx.control = 0x37F;
    c->before.fx.mxcsr = 0x1F80;
}

unsigned case_bytes(const Case *c, u8 bytes[CASE_BYTES])
{
    memcpy(bytes, c->ahead.bytes, c->ahead.length);
    memcpy(bytes + c->ahead.length, c->code, c->length);
    memcpy(bytes + c->ahead.length + c->length, c->behind.bytes, c->behind.length);
    return (unsigned)(c->ahead.length + c->length + c->behind.length);
}

/* Areas that follow each other count as one. */
bool case_mapped(u64 address, u64 length, bool write)
{
    for (unsigned i = 0; i < COUNT_OF(areas) && length; i++) {
        u64 end = (u64)areas[i].base + areas[i].size;

        if ((write && !areas[i].writable) || address < areas[i].base || address >= end)
            continue;
        length -= length < end - address ? length : end - address;
        address = end;
    }
    return length == 0;
}

bool case_area(unsigned index, u32 *base, u32 *size)
{
    if (index >= COUNT_OF(areas))
        return false;
    *base = areas[index].base;
    *size = areas[index].size;
    return true;
}

bool case_patch(Case *c, u32 address, const void *bytes, unsigned length)
{
    unsigned count = (length + CASE_PATCH_SIZE - 1) / CASE_PATCH_SIZE;

    if (c->patch_count + count > CASE_PATCHES || !case_mapped(address, length, false) ||
        (u64)address + length > CASE_CODE)
        return false;
    for (unsigned done = 0; done < length; done += CASE_PATCH_SIZE) {
        CasePatch *patch = &c->patches[c->patch_count++];
        unsigned left = length - done;

        patch->address = address + done;
        patch->length = (u16)(left < CASE_PATCH_SIZE ? left : CASE_PATCH_SIZE);
        memcpy(patch->bytes, (const u8 *)bytes + done, patch->length);
    }
    return true;
}
