/*
 * PCI configuration space, by "mechanism #1": an address goes to port CF8h, the data is at CFCh.
 * Source: PCI Local Bus Specification, "Configuration Space", "Software Generation of
 * Configuration Transactions".
 *
 * Not implemented: buses behind bridges.
 */
#include "pci.h"
#include "processor.h"

enum {
    ADDRESS = 0xcf8,
    DATA = 0xcfc,
    DEVICES = 32,
    FUNCTIONS = 8,
    NOBODY = 0xffff,
};

u32 pci_read(PciFunction function, u32 offset)
{
    u32 flags = interrupts_disable(); /* two steps that belong together */
    out32(ADDRESS, 0x80000000 | function.bus << 16 | function.device << 11 |
                       function.function << 8 | (offset & 0xfc));
    u32 value = in32(DATA);
    interrupts_restore(flags);
    return value;
}

bool pci_present(PciFunction function)
{
    return (pci_read(function, PCI_IDENTITY) & 0xffff) != NOBODY;
}

/* Only a device that says so in its header has functions beyond 0. */
static bool has_functions(PciFunction function)
{
    function.function = 0;
    return pci_present(function) && pci_read(function, PCI_HEADER) & 0x00800000;
}

bool pci_next(PciFunction *function)
{
    do {
        if (++function->function == FUNCTIONS || !has_functions(*function)) {
            function->function = 0;
            if (++function->device == DEVICES)
                return false;
        }
    } while (!pci_present(*function));
    return true;
}
