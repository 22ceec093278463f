#include "frontend/conform/surroundings.h"

#include <string.h>

#include "cpu/cpu.h"
#include "frontend/conform/oracle_frame.h"

/* Where the two labels of oracle_x64.S lie; on another host nothing ever jumps there. */
#if defined(__x86_64__)
#define STUB_BEHIND (ORACLE_CODE + (u32)(oracle_behind - oracle_code))
#define STUB_TARGET (ORACLE_CODE + (u32)(oracle_target - oracle_code))
#else
#define STUB_BEHIND ORACLE_CODE
#define STUB_TARGET ORACLE_CODE
#endif

u32 case_stub_goal(bool target)
{
    return target ? STUB_TARGET : STUB_BEHIND;
}

/* A far jump to 64-bit code, from 16- and 32-bit code; a near one from 64-bit code. */
unsigned case_stub(const Case *c, u32 offset, bool target, u8 bytes[CASE_STUB_SIZE])
{
    u32 to = case_stub_goal(target);
    unsigned length = 0;

    if (c->mode == CASE_64) {
        u32 relative = to - (offset + 5);

        bytes[0] = 0xE9;
        memcpy(bytes + 1, &relative, 4);
        return 5;
    }
    if (c->mode == CASE_16)
        bytes[length++] = 0x66;
    bytes[length] = 0xEA;
    memcpy(bytes + length + 1, &to, 4);
    bytes[length + 5] = CASE_CS64;
    bytes[length + 6] = 0;
    return length + 7;
}

void surroundings_init(Surroundings *s, u8 *const live[AREA_COUNT])
{
    u8 *before = s->before;

    for (unsigned i = 0; i < AREA_COUNT; i++) {
        Area *area = &s->areas[i];

        case_area(i, &area->base, &area->size);
        area->live = live[i];
        area->before = before;
        before += area->size;
        memset(area->live, i == AREA_CODE ? CODE_FILLER : 0, area->size);
        memcpy(area->before, area->live, area->size);
    }
}

/* Writes what fits into the area. */
static void put(Area *area, u32 address, const u8 *bytes, unsigned length)
{
    u32 offset = address - area->base;

    if (offset >= area->size)
        return;
    if (length > area->size - offset)
        length = area->size - offset;
    memcpy(area->live + offset, bytes, length);
    memcpy(area->before + offset, bytes, length);
}

static void fill(Area *area, u32 address, u8 byte, unsigned length)
{
    u32 offset = address - area->base;

    if (offset >= area->size)
        return;
    if (length > area->size - offset)
        length = area->size - offset;
    memset(area->live + offset, byte, length);
    memset(area->before + offset, byte, length);
}

/* Patches may reach from one area into the next. */
static void put_patch(Surroundings *s, const CasePatch *patch, bool undo)
{
    static const u8 zero[CASE_PATCH_SIZE];
    unsigned length = patch->length < CASE_PATCH_SIZE ? patch->length : CASE_PATCH_SIZE;

    for (unsigned i = 0; i < AREA_CODE; i++) {
        Area *area = &s->areas[i];
        u32 end = area->base + area->size;
        u32 skip = patch->address < area->base ? area->base - patch->address : 0;

        if (skip < length && patch->address + skip < end)
            put(area, patch->address + skip, (undo ? zero : patch->bytes) + skip, length - skip);
    }
}

static void put_code(Surroundings *s, const Case *c, bool undo)
{
    Area *area = &s->areas[AREA_CODE];
    u32 base = case_segments[c->mode][CS].base, start = (u32)c->before.rip;
    u8 bytes[CASE_BYTES], stub[CASE_STUB_SIZE];
    unsigned count = case_bytes(c, bytes), length;

    if (undo) {
        fill(area, base + start, CODE_FILLER, count + CASE_STUB_SIZE);
        if (c->target)
            fill(area, base + c->target, CODE_FILLER, CASE_STUB_SIZE);
        return;
    }
    if (c->target) {
        length = case_stub(c, c->target, true, stub);
        put(area, base + c->target, stub, length);
    }
    length = case_stub(c, start + count, false, stub);
    put(area, base + start + count, stub, length);
    put(area, base + start, bytes, count);
}

void surroundings_prepare(Surroundings *s, const Case *c)
{
    for (unsigned i = 0; i < c->patch_count && i < CASE_PATCHES; i++)
        put_patch(s, &c->patches[i], false);
    put_code(s, c, false);
}

static void record_line(Outcome *outcome, u32 address, const u8 *bytes)
{
    u64 hash = outcome->change_hash ^ address;
    u64 word;

    for (unsigned i = 0; i < CASE_LINE; i += 8) {
        memcpy(&word, bytes + i, 8);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15;
        hash ^= hash >> 29;
    }
    outcome->change_hash = hash;
    if (outcome->change_count < CASE_CHANGES) {
        CaseChange *change = &outcome->changes[outcome->change_count];

        change->address = address;
        memcpy(change->bytes, bytes, CASE_LINE);
    }
    outcome->change_count++;
}

static void collect_page(Area *area, u32 offset, Outcome *outcome)
{
    for (u32 line = offset; line < offset + PAGE_SIZE; line += CASE_LINE) {
        u8 *live = area->live + line;
        const u8 *before = area->before + line;

        if (memcmp(live, before, CASE_LINE) == 0)
            continue;
        record_line(outcome, area->base + line, live);
        memcpy(live, before, CASE_LINE);
    }
}

void surroundings_collect(Surroundings *s, const Case *c, Outcome *outcome)
{
    outcome->change_count = 0;
    outcome->change_hash = 0;
    for (unsigned i = 0; i < AREA_COUNT; i++) {
        Area *area = &s->areas[i];

        for (u32 offset = 0; i != AREA_READ_ONLY && offset < area->size; offset += PAGE_SIZE)
            if (memcmp(area->live + offset, area->before + offset, PAGE_SIZE) != 0)
                collect_page(area, offset, outcome);
    }
    put_code(s, c, true);
    for (unsigned i = 0; i < c->patch_count && i < CASE_PATCHES; i++)
        put_patch(s, &c->patches[i], true);
}
