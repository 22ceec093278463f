/* The configuration space of PCI devices. */
#pragma once
#include "types.h"

typedef struct PciFunction {
    u32 bus, device, function;
} PciFunction;

enum {                       /* offsets in the configuration space */
       PCI_IDENTITY = 0x00,  /* vendor, device << 16 */
       PCI_CLASS = 0x08,     /* class code in the upper 16 bits */
       PCI_HEADER = 0x0c,    /* header type in bits 16 to 23 */
       PCI_ADDRESSES = 0x10, /* six of them, where the device listens */
       PCI_INTERRUPT = 0x3c, /* line, pin << 8 */
};

u32 pci_read(PciFunction function, u32 offset);
bool pci_present(PciFunction function);

/* Goes on to the next function that is there, on bus 0. False: that was the last one. */
bool pci_next(PciFunction *function);
