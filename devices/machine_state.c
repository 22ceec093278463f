/*
 * The machine as a value: which chips are on the board, and a hash over all there is.
 */
#include "devices/machine_board.h"

#include <xxhash.h>

static const Field machine_fields[] = {
    FIELD_ARRAY(Machine, interrupt_sources),
    FIELD(Machine, a20_sources),
    FIELD(Machine, stop.wanted),
    FIELD(Machine, stop.reason),
    FIELD(Machine, stop.processor_only),
};

/* A snapshot may have been made by anybody. */
static void restored(void *board)
{
    Machine *machine = board;

    if ((unsigned)machine->stop.reason > RUN_TRIPLE_FAULT)
        machine->stop = (Stop){0};
}

const StateTable machine_state = {
    .chip = "board",
    .fields = machine_fields,
    .count = COUNT_OF(machine_fields),
    .restored = restored,
};

static void list_chip(Machine *machine, const StateTable *table, void *chip)
{
    assert(machine->chip_count < MACHINE_CHIPS);
    machine->chips[machine->chip_count++] = (ChipState){table, chip};
}

void machine_list_chips(Machine *machine)
{
    const MachineConfig *config = &machine->config;
    unsigned i;

    list_chip(machine, &cpu_state, &machine->cpu);
    list_chip(machine, &machine_state, machine);
    list_chip(machine, &local_apic_state, &machine->local_apic);
    list_chip(machine, &apic_bus_state, &machine->apic_bus);
    list_chip(machine, &io_apic_state, &machine->io_apic);
    list_chip(machine, &i8259_state, &machine->pics);
    list_chip(machine, &i8254_state, &machine->pit);
    list_chip(machine, &speaker_state, &machine->speaker);
    list_chip(machine, &hpet_state, &machine->hpet);
    list_chip(machine, &i8237_state, &machine->dma);
    list_chip(machine, &mc146818_state, &machine->rtc);
    list_chip(machine, &ps2_keyboard_state, &machine->keyboard);
    list_chip(machine, &ps2_mouse_state, &machine->mouse);
    list_chip(machine, &i8042_state, &machine->keyboard_controller);
    list_chip(machine, &port92_state, &machine->port92);
    list_chip(machine, &pci_bus_state, &machine->pci);
    list_chip(machine, &i440fx_state, &machine->host_bridge);
    list_chip(machine, &piix3_state, &machine->isa_bridge);
    list_chip(machine, &piix4_pm_state, &machine->power);
    list_chip(machine, &ide_state, &machine->ide);
    list_chip(machine, &vga_state, &machine->vga);
    list_chip(machine, &pci_device_state, &machine->vga.pci);
    list_chip(machine, &fdc82077_state, &machine->floppy);
    list_chip(machine, &debug_port_state, &machine->debug_port);
    list_chip(machine, &fw_cfg_state, &machine->fw_cfg);
    if (config->debug_exit_port)
        list_chip(machine, &isa_debug_exit_state, &machine->debug_exit);
    for (i = 0; i < MACHINE_SERIAL_PORTS; i++)
        if (config->serial_present[i])
            list_chip(machine, &uart16550_state, &machine->serial[i]);
    for (i = 0; i < MACHINE_PARALLEL_PORTS; i++)
        if (config->parallel_present[i])
            list_chip(machine, &parallel_state, &machine->parallel[i]);
}

const ChipState *machine_chips(const Machine *machine, unsigned *count)
{
    *count = machine->chip_count;
    return machine->chips;
}

u64 machine_hash(Machine *machine)
{
    XXH3_state_t *hash = XXH3_createState();
    unsigned i, j;
    u64 result;

    XXH3_64bits_reset(hash);
    for (i = 0; i < machine->chip_count; i++) {
        const ChipState *state = &machine->chips[i];
        for (j = 0; j < state->table->count; j++) {
            const Field *field = &state->table->fields[j];
            XXH3_64bits_update(hash, (const u8 *)state->chip + field->offset,
                               (size_t)field->width * field->count);
        }
    }
    XXH3_64bits_update(hash, machine->ram.bytes, machine->ram.length);
    XXH3_64bits_update(hash, machine->vga.memory.bytes, machine->vga.memory.length);
    result = XXH3_64bits_digest(hash);
    XXH3_freeState(hash);
    return result;
}
