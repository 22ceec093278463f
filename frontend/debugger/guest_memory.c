#include "frontend/debugger/guest_memory.h"

#include <string.h>

static size_t read_frame(Cpu *cpu, PhysAddr physical, u8 *bytes, size_t length)
{
    const u8 *host = space_host(cpu->memory, physical & cpu->mmu.a20_mask, false);

    if (!host)
        return 0;
    memcpy(bytes, host, length);
    return length;
}

static size_t to_page_end(u64 address, size_t length)
{
    size_t left = PAGE_SIZE - (address & PAGE_MASK);

    return length < left ? length : left;
}

size_t guest_read_physical(Cpu *cpu, u64 physical, void *bytes, size_t length)
{
    size_t done = 0, piece, got;

    do {
        if (done == length || physical + done > cpu->memory->last)
            break;
        piece = to_page_end(physical + done, length - done);
        got = read_frame(cpu, physical + done, (u8 *)bytes + done, piece);
        done += got;
    } while (got);
    return done;
}

size_t guest_read(Cpu *cpu, u64 linear, void *bytes, size_t length)
{
    size_t done = 0, piece, got;
    Translation page;

    do {
        u64 at = cpu_system_linear(cpu, linear + done);

        if (done == length || !mmu_peek(&cpu->mmu, at, &page))
            break;
        piece = to_page_end(at, length - done);
        got = read_frame(cpu, page.physical | (at & PAGE_MASK), (u8 *)bytes + done, piece);
        done += got;
    } while (got);
    return done;
}

bool guest_read_number(Cpu *cpu, u64 linear, Size size, u64 *value)
{
    *value = 0;
    return guest_read(cpu, linear, value, size) == size;
}

bool guest_read_descriptor(Cpu *cpu, u16 selector, Descriptor *descriptor)
{
    u64 linear;

    return !selector_is_null(selector) && descriptor_locate(cpu, selector, &linear) &&
           guest_read_number(cpu, linear, QWORD, descriptor);
}

bool guest_linear(Cpu *cpu, u16 selector, u64 offset, u64 *linear)
{
    Descriptor descriptor;
    u64 base = (u64)selector << 4;

    if (cpu->code_size == 8) {
        base = 0;
    } else if (cpu_protected(cpu)) {
        if (!guest_read_descriptor(cpu, selector, &descriptor))
            return false;
        base = descriptor_base(descriptor);
    }
    *linear = (base + offset) & cpu->linear_mask;
    return true;
}
