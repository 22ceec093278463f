/*
 * A processor with RAM at address 0 and nothing else: for trying single instructions.
 */
#ifndef FRONTEND_BARE_PROCESSOR_H
#define FRONTEND_BARE_PROCESSOR_H

#include "cpu/cpu.h"

typedef struct BareProcessor {
    Cpu cpu;
    AddressSpace memory, ports;
    Memory ram;
    Log log;
} BareProcessor;

/* `model` as in -cpu, `ram` in bytes; ends in the reset state. Do not move it then. False with a
 * sentence in `error`, and nothing to close. */
bool bare_processor_open(BareProcessor *bare, const char *model, u64 ram, char *error,
                         size_t error_size);
void bare_processor_close(BareProcessor *bare);

#endif
