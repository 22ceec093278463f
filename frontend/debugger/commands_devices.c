/*
 * Commands about the chips: each one's state table, and some in words of their own.
 */
#include "devices/i8259.h"
#include "devices/io_apic.h"
#include "devices/local_apic.h"
#include "devices/pci.h"
#include "frontend/debugger/commands_inside.h"
#include "frontend/options_parser.h"
#include "frontend/translation_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- any chip, from its table ---- */

static u64 field_value(const void *chip, const Field *field, unsigned index)
{
    u64 value = 0;

    memcpy(&value, (const u8 *)chip + field->offset + (size_t)index * field->width, field->width);
    return value;
}

static void print_field(Commands *commands, const void *chip, const Field *field)
{
    enum { MOST = 64 };
    unsigned per_line = 32 / field->width, shown = field->count < MOST ? field->count : MOST;

    say(commands, "  %-24s", field->name);
    for (unsigned i = 0; i < shown; i++) {
        if (i && i % per_line == 0)
            say(commands, "\n  %-24s", "");
        say(commands, " %0*" PRIx64, (int)field->width * 2, field_value(chip, field, i));
    }
    say(commands, "%s\n", shown < field->count ? " ..." : "");
}

static void print_chip(Commands *commands, const ChipState *chip, unsigned number)
{
    say(commands, "%s, chip %u\n", chip->table->chip, number);
    for (unsigned i = 0; i < chip->table->count; i++)
        print_field(commands, chip->chip, &chip->table->fields[i]);
}

CommandResult command_info_device(Commands *commands, const char *text)
{
    const char *names[64], *nearest;
    unsigned count, found = 0;
    const ChipState *chips = machine_chips(commands->machine, &count);

    for (unsigned i = 0; i < count; i++) {
        if (i < COUNT_OF(names))
            names[i] = chips[i].table->chip;
        if (!*text)
            say(commands, "%-12s %u fields\n", chips[i].table->chip, chips[i].table->count);
        else if (!strcmp(chips[i].table->chip, text)) {
            print_chip(commands, &chips[i], i);
            found++;
        }
    }
    if (!*text || found)
        return COMMAND_DONE;
    nearest = option_nearest(text, names, count < COUNT_OF(names) ? count : COUNT_OF(names));
    say(commands, "There is no chip '%s'%s%s%s; info device lists them.\n", text,
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return COMMAND_DONE;
}

/* ---- interrupt controllers ---- */

static void print_pic(Commands *commands, const char *name, const I8259 *pic)
{
    say(commands,
        "%s: irr=%02x imr=%02x isr=%02x hprio=%u irq_base=%02x rr_sel=%u elcr=%02x fnm=%u\n", name,
        pic->irr, pic->imr, pic->isr, (pic->lowest + 1u) & 7, pic->vector_base, pic->read_isr,
        pic->elcr, (pic->icw4 & 0x10) != 0);
}

CommandResult command_info_pic(Commands *commands, const char *text)
{
    static const char *const deliveries[] = {"fixed", "lowest priority", "SMI",   "reserved", "NMI",
                                             "INIT",  "STARTUP",         "ExtINT"};
    const I8259Pair *pics = find_chip(commands, &i8259_state);
    const IoApic *apic = find_chip(commands, &io_apic_state);

    (void)text;
    if (apic) {
        say(commands, "ioapic0: id=0x%02x sel=0x%02x\n", apic->id, apic->select);
        for (unsigned i = 0; i < IO_APIC_PINS; i++) {
            u64 entry = apic->redirection[i];

            say(commands, "  pin %-2u 0x%016" PRIx64 " vector %02x to %02x, %s, %s%s%s\n", i, entry,
                (u8)entry, (unsigned)(entry >> 56), deliveries[entry >> 8 & 7],
                entry >> 15 & 1 ? "level" : "edge", entry >> 16 & 1 ? ", masked" : "",
                bit(apic->levels, i) ? ", high now" : "");
        }
    }
    if (pics) {
        print_pic(commands, "pic1", &pics->slave);
        print_pic(commands, "pic0", &pics->master);
    }
    return COMMAND_DONE;
}

static void print_vectors(Commands *commands, const char *name, const u32 *words)
{
    say(commands, "%s", name);
    for (unsigned vector = 0; vector < 256; vector++)
        if (words[vector / 32] >> vector % 32 & 1)
            say(commands, " %02x", vector);
    say(commands, "\n");
}

CommandResult command_info_lapic(Commands *commands, const char *text)
{
    static const char *const names[] = {"timer", "thermal", "performance",
                                        "LINT0", "LINT1",   "error"};
    const LocalApic *apic = find_chip(commands, &local_apic_state);

    (void)text;
    if (!apic) {
        say(commands, "This machine has no local APIC.\n");
        return COMMAND_DONE;
    }
    say(commands, "local APIC %u at 0x%" PRIx64 ", %s, spurious vector %02x, TPR %02x\n", apic->id,
        apic->base & ~(u64)0xFFF, local_apic_enabled(apic) ? "enabled" : "disabled",
        apic->spurious & 0xFF, apic->task_priority);
    for (unsigned i = 0; i < APIC_LVT_COUNT; i++)
        say(commands, "  LVT %-12s %08x vector %02x%s%s\n", names[i], apic->lvt[i],
            apic->lvt[i] & 0xFF, apic->lvt[i] >> 16 & 1 ? ", masked" : "",
            i == APIC_LVT_TIMER && apic->lvt[i] >> 17 & 1 ? ", periodic" : "");
    say(commands, "  timer: initial count %u, %s; ICR %08x:%08x; ESR %02x\n", apic->initial_count,
        apic->timer_running ? "running" : "stopped", apic->icr_high, apic->icr_low, apic->error);
    print_vectors(commands, "  requested: ", apic->request);
    print_vectors(commands, "  in service:", apic->in_service);
    return COMMAND_DONE;
}

/* ---- PCI ---- */

static void print_bar(Commands *commands, const PciDevice *device, unsigned index)
{
    const PciBar *bar = &device->bars[index];
    u32 value = pci_config_get(device, (u8)(PCI_BAR0 + 4 * index), DWORD);
    bool io = bar->type & 1;

    if (!bar->size)
        return;
    value &= io ? ~3u : ~15u;
    say(commands, "      BAR%u: %s at 0x%0*x [0x%0*x].\n", index, io ? "I/O" : "32 bit memory",
        io ? 4 : 8, value, io ? 4 : 8, value + bar->size - 1);
}

static const char *class_words(u32 class_code)
{
    static const struct {
        u32 class_code;
        const char *words;
    } rows[] = {
        {0x0600, "Host bridge"},     {0x0601, "ISA bridge"},       {0x0101, "IDE controller"},
        {0x0680, "Bridge"},          {0x0300, "VGA controller"},   {0x0200, "Ethernet controller"},
        {0x0100, "SCSI controller"}, {0x0401, "Audio controller"}, {0x0C03, "USB controller"},
    };

    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].class_code == class_code)
            return rows[i].words;
    return "Device";
}

CommandResult command_info_pci(Commands *commands, const char *text)
{
    const PciBus *bus = find_chip(commands, &pci_bus_state);

    (void)text;
    for (unsigned i = 0; bus && i < PCI_FUNCTIONS; i++) {
        const PciDevice *device = bus->functions[i];

        if (!device)
            continue;
        say(commands, "  Bus  0, device %3u, function %u:\n", i >> 3, i & 7);
        say(commands, "    %s: PCI device %04x:%04x\n",
            class_words(pci_config_get(device, PCI_CLASS + 1, WORD)),
            pci_config_get(device, PCI_VENDOR, WORD), pci_config_get(device, PCI_DEVICE, WORD));
        if (pci_config_get(device, PCI_INTERRUPT_PIN, BYTE))
            say(commands, "      IRQ %u, pin %c\n",
                pci_config_get(device, PCI_INTERRUPT_LINE, BYTE),
                'A' + (char)(pci_config_get(device, PCI_INTERRUPT_PIN, BYTE) - 1) % 4);
        for (unsigned bar = 0; bar < PCI_BARS; bar++)
            print_bar(commands, device, bar);
        say(commands, "      id \"%s\"\n", device->name);
    }
    return COMMAND_DONE;
}

/* ---- the map, and the translator ---- */

static void print_space(Commands *commands, const char *name, AddressSpace *space, int digits)
{
    space_find(space, 0); /* flattens it, if a region has changed */
    say(commands, "address-space: %s\n", name);
    for (unsigned i = 0; i < space->section_count; i++) {
        const Section *section = &space->sections[i];
        const Region *region = section->reader ? section->reader : section->writer;

        if (!region)
            continue;
        say(commands, "  %0*" PRIx64 "-%0*" PRIx64 " (prio %d, %s): %s", digits, section->first,
            digits, section->last, region->priority,
            !region->memory                                ? "i/o"
            : !section->writer || !section->writer->memory ? "rom"
                                                           : "ram",
            region->name);
        if (section->writer && section->reader != section->writer)
            say(commands, ", writes: %s", section->writer->name);
        say(commands, "\n");
    }
}

CommandResult command_info_mtree(Commands *commands, const char *text)
{
    (void)text;
    print_space(commands, "memory", machine_memory(commands->machine), 16);
    print_space(commands, "I/O", machine_ports(commands->machine), 4);
    return COMMAND_DONE;
}

CommandResult command_info_jit(Commands *commands, const char *text)
{
    enum { MOST_CALLED = 20 };
    char *report = NULL, *line;
    size_t size;
    FILE *file;

    (void)text;
    if (!commands->cpu->engine) {
        say(commands, "The guest is interpreted; -engine translator translates it.\n");
        return COMMAND_DONE;
    }
    file = open_memstream(&report, &size);
    if (!file) {
        say(commands, "The host is out of memory.\n");
        return COMMAND_DONE;
    }
    translation_report(file, translator_counters(commands->cpu), MOST_CALLED);
    fclose(file);
    for (char *rest = report; (line = strsep(&rest, "\n")) && *line;)
        say(commands, "%s\n", line);
    free(report);
    return COMMAND_DONE;
}
