#include "frontend/debugger/descriptor_rules.h"

#include "cpu/task.h"
#include "frontend/debugger/descriptor_words.h"

typedef struct ReservedBits {
    u64 mask, upper; /* of the second half, where there is one */
    const char *words;
} ReservedBits;

/* Rows of one kind; the first that applies is told. */
static const ReservedBits of_data[] = {
    {(u64)1 << 53, 0, "bit 53 (L), which only 64-bit code has"},
    {0},
};
static const ReservedBits of_tss[] = {
    {(u64)1 << 53, 0, "bit 53"},
    {(u64)1 << 54, 0, "bit 54"},
    {0, 0x1F00ull << 32, "bits 8 to 12 of the last doubleword, where a type would be"},
    {0, 0xFFFFE0FFull << 32, "the last doubleword"},
    {0},
};
static const ReservedBits of_ldt[] = {
    {(u64)1 << 53, 0, "bit 53"},
    {0, 0x1F00ull << 32, "bits 8 to 12 of the last doubleword, where a type would be"},
    {0, 0xFFFFE0FFull << 32, "the last doubleword"},
    {0},
};
static const ReservedBits of_gate16[] = {
    {0xFFFFull << 48, 0, "the upper 16 bits, which a 16-bit gate does not have"},
    {0xE0ull << 32, 0, "bits 37 to 39"},
    {0},
};
static const ReservedBits of_task_gate[] = {
    {0xFFFF, 0, "bits 0 to 15, of which a task gate makes no use"},
    {0xFFull << 32, 0, "bits 32 to 39"},
    {0xFFFFull << 48, 0, "bits 48 to 63"},
    {0},
};
static const ReservedBits of_call_gate[] = {
    {0xE0ull << 32, 0, "bits 37 to 39"},
    {0},
};
static const ReservedBits of_interrupt_gate[] = {
    {0xFFull << 32, 0, "bits 32 to 39"},
    {0},
};
static const ReservedBits of_call_gate64[] = {
    {0xFFull << 32, 0, "bits 32 to 39"},
    {0, 0x1F00ull << 32, "bits 8 to 12 of the last doubleword, where a type would be"},
    {0, 0xFFFFE0FFull << 32, "the last doubleword"},
    {0},
};
static const ReservedBits of_interrupt_gate64[] = {
    {0xF8ull << 32, 0, "bits 35 to 39, above the number of the interrupt stack"},
    {0, 0xFFFFFFFFull << 32, "the last doubleword"},
    {0},
};

static const ReservedBits *rows_of_system(unsigned type, bool long_mode)
{
    switch (type) {
    case SYSTEM_LDT:
        return of_ldt;
    case SYSTEM_TSS32:
    case SYSTEM_TSS32_BUSY:
        return of_tss;
    case SYSTEM_CALL_GATE32:
        return long_mode ? of_call_gate64 : of_call_gate;
    case SYSTEM_INTERRUPT_GATE32:
    case SYSTEM_TRAP_GATE32:
        return long_mode ? of_interrupt_gate64 : of_interrupt_gate;
    default:
        break;
    }
    if (long_mode)
        return NULL;
    switch (type) {
    case SYSTEM_TSS16:
    case SYSTEM_TSS16_BUSY:
        return of_tss;
    case SYSTEM_TASK_GATE:
        return of_task_gate;
    case SYSTEM_CALL_GATE16:
    case SYSTEM_INTERRUPT_GATE16:
    case SYSTEM_TRAP_GATE16:
        return of_gate16;
    default:
        return NULL;
    }
}

static const char *first_set(const ReservedBits *rows, Descriptor descriptor, u64 upper)
{
    for (; rows->words; rows++)
        if ((descriptor & rows->mask) || (upper & rows->upper))
            return rows->words;
    return NULL;
}

const char *descriptor_reserved(Descriptor descriptor, u64 upper, bool long_mode, bool idt)
{
    u16 access = descriptor_access(descriptor);
    const ReservedBits *rows;

    if (!(access & ACCESS_P))
        return NULL;
    if (!(access & ACCESS_S)) {
        rows = rows_of_system(access_type(access), long_mode);
        if (!rows)
            return "its type, which is a reserved one";
        return first_set(rows, descriptor,
                         descriptor_is_wide(descriptor, long_mode, idt) ? upper : 0);
    }
    if (idt || !(access & ACCESS_L))
        return NULL;
    if (!(access & ACCESS_CODE) || !long_mode)
        return first_set(of_data, descriptor, 0);
    return access & ACCESS_DB ? "bit 54 (D) together with bit 53 (L)" : NULL;
}
