#include "devices/isa_debug_exit.h"

const StateTable isa_debug_exit_state = {
    .chip = "isa-debug-exit",
    .fields = (const Field[]){FIELD(IsaDebugExit, value)},
    .count = 1,
};

static u64 exit_read(void *device, u32 offset, Size size)
{
    (void)device, (void)offset, (void)size;
    return 0;
}

static void exit_write(void *device, u32 offset, Size size, u64 value)
{
    IsaDebugExit *exit = device;

    (void)offset, (void)size;
    exit->value = value;
    if (exit->written)
        exit->written(exit->owner, value);
}

static const IoOps exit_io = {DWORD, exit_read, exit_write};

void isa_debug_exit_init(IsaDebugExit *device, AddressSpace *ports, u16 base, u16 size,
                         void (*written)(void *owner, u32 value), void *owner)
{
    *device = (IsaDebugExit){.written = written, .owner = owner};
    space_add_io(ports, "isa-debug-exit", base, size, &exit_io, device);
}

void isa_debug_exit_reset(IsaDebugExit *device)
{
    device->value = 0;
}
