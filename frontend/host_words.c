#include "frontend/host_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translate/backend.h"

/* A member of Cpu: `count` elements, each `size` bytes, with names of their own or numbers. */
typedef struct Member {
    const char *name;
    u64 offset;
    u64 size;
    unsigned count;
    const char *const *names;
} Member;

static const char *const registers[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
static const char *const segments[] = {"es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"};
static const char *const privileges[] = {"supervisor", "user", "supervisor_ac"};

#define MEMBER(name, member)                                                                       \
    {                                                                                              \
        name, offsetof(Cpu, member), sizeof(((Cpu *)0)->member), 1, NULL                           \
    }
#define NATIVE(name, number)                                                                       \
    {                                                                                              \
        name, offsetof(Cpu, native[number]), sizeof(u64), 1, NULL                                  \
    }
#define SLOT(name, first)                                                                          \
    {                                                                                              \
        name, offsetof(Cpu, native[first]), sizeof(u64), SLOTS, NULL                               \
    }

static const Member members[] = {
    {"", offsetof(Cpu, gpr), sizeof(u64), COUNT_OF(registers), registers},
    MEMBER("rip", rip),
    MEMBER("rflags", rflags),
    {"", offsetof(Cpu, segments), sizeof(Segment), COUNT_OF(segments), segments},
    MEMBER("gdtr.base", gdtr.base),
    MEMBER("cr0", cr0),
    MEMBER("cr4", cr4),
    MEMBER("x87", x87),
    {"xmm", offsetof(Cpu, xmm), sizeof(Xmm), 16, NULL},
    MEMBER("mxcsr", mxcsr),
    MEMBER("tsc_offset", tsc_offset),
    MEMBER("cpl", cpl),
    MEMBER("attention", attention),
    MEMBER("cycles", cycles),
    MEMBER("tlb_epoch", tlb_epoch),
    MEMBER("mmu.epoch", mmu.epoch),
    MEMBER("mmu.code_generation", mmu.code_generation),
    {"tlb.", offsetof(Cpu, mmu.tlb), sizeof(TlbEntry[TLB_ENTRIES]), COUNT_OF(privileges),
     privileges},
    NATIVE("flags", NATIVE_FLAGS),
    NATIVE("budget", NATIVE_BUDGET),
    NATIVE("jumps", NATIVE_JUMPS),
    NATIVE("end", NATIVE_END),
    NATIVE("scratch", NATIVE_SCRATCH),
    NATIVE("sse_is_native", NATIVE_SSE),
    NATIVE("x87_is_native", NATIVE_X87),
    SLOT("slot_page", NATIVE_SLOT_PAGES),
    SLOT("slot_addend", NATIVE_SLOT_ADDENDS),
    SLOT("slot_room", NATIVE_SLOT_ROOMS),
};

/* What lies at `offset` within a segment register or a TLB entry. */
static const char *inner_name(const Member *member, u64 offset)
{
    static const struct {
        u64 offset;
        const char *name;
    } of_segment[] = {{offsetof(Segment, selector), ".selector"},
                      {offsetof(Segment, access), ".access"},
                      {offsetof(Segment, limit), ".limit"},
                      {offsetof(Segment, loaded_base), ".loaded_base"},
                      {offsetof(Segment, base), ".base"},
                      {offsetof(Segment, read_end), ".read_end"},
                      {offsetof(Segment, write_end), ".write_end"}};
    static const char *const of_entry[] = {".read", ".write", ".execute", ".addend"};

    if (member->names == segments)
        for (unsigned i = 0; i < COUNT_OF(of_segment); i++)
            if (of_segment[i].offset == offset)
                return of_segment[i].name;
    if (member->names == privileges && offset % sizeof(TlbEntry) / sizeof(u64) < COUNT_OF(of_entry))
        return of_entry[offset % sizeof(TlbEntry) / sizeof(u64)];
    return NULL;
}

/* Appends the member at `offset`; false: there is none with a name. */
static bool name_member(u64 offset, char *text, size_t size)
{
    for (unsigned i = 0; i < COUNT_OF(members); i++) {
        const Member *member = &members[i];
        u64 index = (offset - member->offset) / member->size;
        u64 within = (offset - member->offset) % member->size;
        const char *inner = inner_name(member, within);
        int length;

        if (offset < member->offset || index >= member->count)
            continue;
        if (member->names)
            length = snprintf(text, size, "%s%s", member->name, member->names[index]);
        else if (member->count > 1)
            length = snprintf(text, size, "%s%" PRIu64, member->name, index);
        else
            length = snprintf(text, size, "%s", member->name);
        if (inner)
            snprintf(text + length, size - (size_t)length, "%s", inner);
        else if (within)
            snprintf(text + length, size - (size_t)length, "+%" PRIu64, within);
        return true;
    }
    return false;
}

/* "[rbp + r13 + 0x740]": the displacement becomes a name, RBP goes. */
static void name_operand(const char *words, char *text, size_t size)
{
    const char *open = strstr(words, "[rbp"), *close = open ? strchr(open, ']') : NULL;
    const char *number = NULL;
    char name[64], index[32] = "";

    for (const char *at = open; at && at < close; at++)
        if (strncmp(at, "+ 0x", 4) == 0)
            number = at + 2;
    if (!open || !close || (!number && close != open + 4) ||
        !name_member(number ? strtoull(number, NULL, 16) : 0, name, sizeof name)) {
        snprintf(text, size, "%s", words);
        return;
    }
    if (number && number - 2 > open + 5)
        snprintf(index, sizeof index, " %.*s", (int)(number - 3 - (open + 5)), open + 5);
    snprintf(text, size, "%.*s[cpu.%s%s%s", (int)(open - words), words, name, index, close);
}

/* "jne 0x20", "call 0xffff...": within the translation, or one of the routines. */
static bool name_target(const TranslatorListing *listing, const char *words, char *text,
                        size_t size)
{
    const char *space = strchr(words, ' ');
    i64 target;

    if ((words[0] != 'j' && strncmp(words, "call ", 5) != 0) || !space ||
        strncmp(space, " 0x", 3) != 0)
        return false;
    target = (i64)strtoull(space + 1, NULL, 16);
    for (unsigned i = 0; i < listing->routine_count; i++)
        if (listing->routines[i].code == listing->host + target) {
            snprintf(text, size, "%.*s %s", (int)(space - words), words, listing->routines[i].name);
            return true;
        }
    if (target < 0 || (u64)target > listing->length)
        return false;
    snprintf(text, size, "%.*s +%" PRIx64, (int)(space - words), words, (u64)target);
    return true;
}

void host_words(const TranslatorListing *listing, const char *words, char *text, size_t size)
{
    if (!name_target(listing, words, text, size))
        name_operand(words, text, size);
}
