/*
 * AVX and AVX2: masked loads and stores, gathers.
 *
 * An element whose mask is clear never faults. A masked store writes nothing when any element of it
 * faults; a gather keeps the elements that it has, their masks cleared, and can be done again.
 *
 * Manual: Intel SDM Vol. 2, "Conditional SIMD Packed Loads and Stores", "Gather Packed ...".
 */
#include "cpu/avx.h"

/* ---- masked moves ---- */

static u64 element_get(const Wide *wide, unsigned number, Size size)
{
    return bytes_load((const u8 *)wide + number * size, size);
}

static void element_set(Wide *wide, unsigned number, Size size, u64 value)
{
    bytes_store((u8 *)wide + number * size, size, value);
}

static bool is_selected(const Wide *mask, unsigned number, Size size)
{
    return element_get(mask, number, size) & size_sign(size);
}

static u64 element_offset(Cpu *cpu, const Insn *insn, unsigned number, Size size)
{
    return (operand_offset(cpu, insn) + number * size) & insn->address_mask;
}

static void load_selected(Cpu *cpu, const Insn *insn, Size size)
{
    Operand dst = insn->operands[0];
    Wide mask = avx_get(cpu, insn->operands[1]), value = {{{0}, {0}}};

    for (unsigned i = 0; i < dst.size / size; i++)
        if (is_selected(&mask, i, size))
            element_set(&value, i, size,
                        memory_read(cpu, insn->segment, element_offset(cpu, insn, i, size), size));
    avx_set(cpu, dst, value);
}

static void store_selected(Cpu *cpu, const Insn *insn, Size size)
{
    unsigned count = insn->operands[0].size / size;
    Wide mask = avx_get(cpu, insn->operands[1]), value = avx_get(cpu, insn->operands[2]);

    for (unsigned i = 0; i < count; i++)
        if (is_selected(&mask, i, size)) {
            u64 offset = element_offset(cpu, insn, i, size);

            memory_probe_write(cpu, memory_linear(cpu, insn->segment, offset, size, true), size,
                               cpu->as);
        }
    for (unsigned i = 0; i < count; i++)
        if (is_selected(&mask, i, size))
            memory_write(cpu, insn->segment, element_offset(cpu, insn, i, size), size,
                         element_get(&value, i, size));
}

static void move_selected(Cpu *cpu, const Insn *insn, Size size)
{
    avx_begin(cpu);
    if (insn->operands[0].kind == OPERAND_MEMORY)
        store_selected(cpu, insn, size);
    else
        load_selected(cpu, insn, size);
}

#define MASKED(name, size)                                                                         \
    static void name(Cpu *cpu, const Insn *insn)                                                   \
    {                                                                                              \
        move_selected(cpu, insn, size);                                                            \
    }                                                                                              \
    PLAIN(name)

MASKED(VMASKMOVPS, DWORD)
MASKED(VMASKMOVPD, QWORD)
MASKED(VPMASKMOVD, DWORD)
MASKED(VPMASKMOVQ, QWORD)

/* ---- gathers ---- */

/* All registers are YMM registers here: what is above the operands is cleared at the end. */
static Wide whole(const Cpu *cpu, unsigned number)
{
    return avx_get(cpu, (Operand){OPERAND_XMM, (u8)number, 32});
}

static void whole_set(Cpu *cpu, unsigned number, Wide value)
{
    avx_set(cpu, (Operand){OPERAND_XMM, (u8)number, 32}, value);
}

/* Elements and indexes, of their sizes; there are as many as the shorter of the two vectors has. */
static void gather(Cpu *cpu, const Insn *insn, Size size, Size index_size)
{
    unsigned dst = insn->operands[0].number, masks = insn->operands[2].number;
    unsigned indexes = insn->operands[1].number, vector = insn->operands[1].size;
    unsigned count = vector / (size > index_size ? size : index_size);
    u64 base = *(const u64 *)((const u8 *)cpu->gpr + insn->base) + insn->displacement;
    Wide index, mask, value;

    avx_begin(cpu);
    if (dst == masks || dst == indexes || masks == indexes)
        cpu_raise_ud(cpu);
    index = whole(cpu, indexes);
    mask = whole(cpu, masks);
    value = whole(cpu, dst);
    for (unsigned i = 0; i < count; i++) {
        u64 offset = sign_extend(element_get(&index, i, index_size), index_size);

        if (!is_selected(&mask, i, size)) {
            element_set(&mask, i, size, 0);
            whole_set(cpu, masks, mask);
            continue;
        }
        offset = (base + (offset << insn->scale)) & insn->address_mask;
        element_set(&value, i, size, memory_read(cpu, insn->segment, offset, size));
        whole_set(cpu, dst, value);
        element_set(&mask, i, size, 0);
        whole_set(cpu, masks, mask);
    }
    for (unsigned i = count * size; i < sizeof value; i += size)
        element_set(&value, i / size, size, 0);
    whole_set(cpu, dst, value);
    whole_set(cpu, masks, (Wide){{{0}, {0}}});
}

#define GATHER(name, size, index_size)                                                             \
    static void name(Cpu *cpu, const Insn *insn)                                                   \
    {                                                                                              \
        gather(cpu, insn, size, index_size);                                                       \
    }                                                                                              \
    PLAIN(name)

GATHER(VPGATHERDD, DWORD, DWORD)
GATHER(VPGATHERDQ, QWORD, DWORD)
GATHER(VPGATHERQD, DWORD, QWORD)
GATHER(VPGATHERQQ, QWORD, QWORD)
GATHER(VGATHERDPS, DWORD, DWORD)
GATHER(VGATHERDPD, QWORD, DWORD)
GATHER(VGATHERQPS, DWORD, QWORD)
GATHER(VGATHERQPD, QWORD, QWORD)
