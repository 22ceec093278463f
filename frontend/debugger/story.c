/*
 * What led to a shutdown, in words.
 * Manual: Intel SDM Vol. 3, "Interrupt 8 - Double Fault Exception".
 */
#include "frontend/debugger/commands_inside.h"
#include "frontend/debugger/descriptor_words.h"

#include "cpu/exception.h"

#include <inttypes.h>

void tell_faults(Commands *commands)
{
    const Cpu *cpu = commands->cpu;
    char suffix[128];

    for (unsigned i = 0; i < cpu->fault_count; i++) {
        const FaultRecord *fault = &cpu->faults[i];

        say(commands, "%s%s %s, error code 0x%x, at %04x:%0*" PRIx64 "%s", i ? "  then " : "",
            exception_name(fault->vector), vector_words(fault->vector), fault->error_code,
            fault->cs, address_digits(commands), fault->rip,
            symbol_suffix(commands, fault->rip, suffix, sizeof suffix));
        if (fault->vector == EXCEPTION_PF)
            say(commands, ", CR2 0x%" PRIx64, fault->cr2);
        say(commands, "\n");
    }
}
