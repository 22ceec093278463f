#include "frontend/bare_processor.h"

#include <stdio.h>
#include <string.h>

static void map_changed(void *owner)
{
    cpu_memory_map_changed(owner);
}

static void code_written(void *owner, u8 *host, u64 length)
{
    cpu_code_written(owner, host, length);
}

bool bare_processor_open(BareProcessor *bare, const char *model, u64 ram, char *error,
                         size_t error_size)
{
    memset(bare, 0, sizeof *bare);
    if (!memory_create(&bare->ram, ram)) {
        snprintf(error, error_size, "the host is out of memory");
        return false;
    }
    space_init(&bare->memory, "memory", ((u64)1 << 40) - 1, &bare->log);
    space_init(&bare->ports, "ports", 0xFFFF, &bare->log);
    space_add_memory(&bare->memory, "ram", 0, ram, &bare->ram, 0, true);
    if (!cpu_init(&bare->cpu, model, &bare->memory, &bare->ports, NULL, &bare->log, error,
                  error_size)) {
        memory_destroy(&bare->ram);
        return false;
    }
    bare->memory.owner = &bare->cpu;
    bare->memory.changed = map_changed;
    bare->memory.code_written = code_written;
    return true;
}

void bare_processor_close(BareProcessor *bare)
{
    cpu_destroy(&bare->cpu);
    memory_destroy(&bare->ram);
}
