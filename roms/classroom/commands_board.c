/* `pci` and `segments`: a table in the board, and one for the processor. */
#include "commands.h"
#include "console.h"
#include "descriptors.h"
#include "pci.h"
#include "processor.h"

/* ---- segments ---- */

static const char *const segment_uses[] = {
    "so that 0 can mean 'none'", "the kernel's code",       "the kernel's data, stacks",
    "a program's code",          "a program's data, stack", "TSS, knows ring 0's stack",
};

static void print_descriptor(unsigned index, u64 descriptor)
{
    u32 low = (u32)descriptor, high = (u32)(descriptor >> 32);
    u32 base = low >> 16 | (high & 0xff) << 16 | (high & 0xff000000);
    u32 limit = (low & 0xffff) | (high & 0x000f0000);
    if (high & 1 << 23)
        limit = limit << 12 | 0xfff; /* granularity: the limit counts pages */
    print("  " VALUE "%02x" PLAIN "  %08x %08x  ", index * 8, high, low);
    if (high & 1 << 15)
        print(TITLE "%08x" PLAIN " " TITLE "%08x" PLAIN "  " VALUE "%u" PLAIN "  ", base, limit,
              high >> 13 & 3);
    else
        print(FAINT "not present            ");
    print("%s\n" PLAIN, segment_uses[index]);
}

void command_segments(const char *arguments)
{
    u16 code_segment, data_segment;
    (void)arguments;
    asm("movw %%cs, %0" : "=r"(code_segment));
    asm("movw %%ds, %0" : "=r"(data_segment));
    TableRegister table = segment_table_register();
    const u64 *descriptors = (const u64 *)table.base;
    print_heading("segments: the descriptor table");
    print("  A segment register holds a selector: an index into this table, and in its low\n"
          "  two bits a privilege. The descriptor there has base, limit and rights.\n\n"
          "      its 8 bytes        base     limit  DPL\n");
    for (unsigned i = 0; i < LENGTH(segment_uses) && i * 8 < table.limit; i++)
        print_descriptor(i, descriptors[i]);
    print("\n  Base and limit lie scattered over the 8 bytes: a 286 used only 6 of them, and\n"
          "  the 386 put its higher bits where there was room.\n\n"
          "  At the moment CS=" VALUE "%04x" PLAIN " and DS=" VALUE "%04x" PLAIN
          ", ring 0. In a program: 001B, 0023.\n"
          "  All but the TSS begin at 0 and end at 4 GB: the processor adds 0 and compares\n"
          "  with FFFFFFFF. That leaves memory to paging, and to segments only the rings.\n",
          code_segment, data_segment);
}

/* ---- pci ---- */

enum { ADDRESSES = 6, FUNCTIONS_SHOWN = 8 };

typedef struct ClassName {
    u16 code;
    const char *name;
} ClassName;

static const ClassName class_names[] = {
    {0x0000, "from before there were classes"},
    {0x0100, "SCSI disk controller"},
    {0x0101, "IDE disk controller"},
    {0x0106, "SATA disk controller"},
    {0x0200, "Ethernet card"},
    {0x0300, "VGA graphics"},
    {0x0401, "sound"},
    {0x0600, "host bridge, from the processor to PCI"},
    {0x0601, "ISA bridge, on to the old devices"},
    {0x0604, "bridge to another PCI bus"},
    {0x0680, "bridge, here: power management"},
    {0x0c03, "USB controller"},
    {0x0c05, "SMBus controller"},
};

static const char *class_name(u32 code)
{
    for (unsigned i = 0; i < LENGTH(class_names); i++)
        if (class_names[i].code == code)
            return class_names[i].name;
    return "something else";
}

/* An ordinary device has six base addresses; a bridge uses these bytes otherwise. */
static void print_addresses(PciFunction function)
{
    const char *separator = "                      listens at ";
    if (pci_read(function, PCI_HEADER) & 0x007f0000)
        return;
    print(FAINT);
    for (u32 i = 0; i < ADDRESSES; i++) {
        u32 address = pci_read(function, PCI_ADDRESSES + 4 * i);
        if (!(address & ~15u))
            continue;
        if (address & 1)
            print("%sports %x", separator, address & 0xfffc);
        else
            print("%smemory %08x", separator, address & ~15u);
        separator = ", ";
    }
    print("%s" PLAIN, *separator == ',' ? "\n" : "");
}

static void print_function(PciFunction function)
{
    u32 identity = pci_read(function, PCI_IDENTITY);
    u32 class = pci_read(function, PCI_CLASS) >> 16;
    u32 interrupt = pci_read(function, PCI_INTERRUPT);
    print("  %02x.%u   " VALUE "%04x:%04x" PLAIN "   %04x  %s", function.device, function.function,
          identity & 0xffff, identity >> 16, class, class_name(class));
    if (interrupt & 0xff00 && (interrupt & 0xff) < 16)
        print(", interrupt line %u", interrupt & 0xff);
    print("\n");
    print_addresses(function);
}

void command_pci(const char *arguments)
{
    PciFunction function = {.bus = 0};
    unsigned shown = 0, more = 0;
    (void)arguments;
    print_heading("pci: the board");
    print("  Each chip on the PCI bus has 256 bytes that say who it is and what it needs.\n"
          "  To read them: an address to port CF8h, then look at port CFCh. The BIOS found\n"
          "  them the same way, and chose the addresses at which they listen now.\n\n"
          "  place  vendor:chip class\n");
    if (pci_present(function))
        do {
            if (shown < FUNCTIONS_SHOWN) {
                print_function(function);
                shown++;
            } else {
                more++;
            }
        } while (pci_next(&function));
    if (more)
        print("  and %u more\n", more);
    if (!shown)
        print("  Nobody answers: this machine has no PCI bus.\n");
}
