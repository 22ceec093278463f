/*
 * The motherboard of an i440FX/PIIX3 PC: creation, reset, and the run loop around the processor.
 *
 *   machine_memory.c    which memory answers where
 *   machine_wiring.c    the chips and the wires between them
 *   machine_firmware.c  what the firmware is told
 *   machine_input.c     input from outside
 *   machine_state.c     list of chips, hash
 */
#include "devices/machine_board.h"

#include "translate/translator.h"

#include <stdio.h>
#include <stdlib.h>

#define PHYSICAL_BITS 40

static void memory_map_changed(void *board)
{
    cpu_memory_map_changed(&((Machine *)board)->cpu);
}

static void tracking_changed(void *board)
{
    mmu_demote_all_writes(&((Machine *)board)->cpu.mmu);
}

static void code_written(void *board, u8 *host, u64 length)
{
    cpu_code_written(&((Machine *)board)->cpu, host, length);
}

static void budget_used_up(void *board)
{
    Machine *machine = board;

    machine->budget_used = true;
}

static void attach_drives(Machine *machine)
{
    const MachineConfig *config = &machine->config;
    unsigned i;

    for (i = 0; i < MACHINE_IDE_DRIVES; i++) {
        const DriveConfig *drive = &config->drives[i];
        if (drive->kind == DRIVE_DISK)
            ide_attach_disk(&machine->ide, i, drive->medium);
        else if (drive->kind == DRIVE_CDROM)
            ide_attach_cdrom(&machine->ide, i, drive->medium);
    }
    for (i = 0; i < MACHINE_FLOPPIES; i++)
        if (config->floppy_present[i])
            fdc82077_attach(&machine->floppy, i, config->floppies[i]);
}

/* Without a translator there is still the interpreter. */
static void choose_engine(Machine *machine)
{
    u64 size = machine->config.translator_memory;
    char error[128];

    if (machine->config.engine == ENGINE_TRANSLATOR &&
        !translator_attach(&machine->cpu, size ? size : TRANSLATOR_DEFAULT_SIZE, error,
                           sizeof error))
        log_print(&machine->log, LOG_CPU, LOG_WARNING, "%s; the guest is interpreted", error);
}

/* Everything that can fail, in the order in which the parts need each other. */
static bool build(Machine *machine, char *error, size_t error_size)
{
    const MachineConfig *config = &machine->config;

    if (!machine_map_memory(machine, error, error_size) ||
        !machine_add_processor(machine, error, error_size))
        return false;
    choose_engine(machine);
    machine->log.cycles = &machine->cpu.cycles;
    clock_init(&machine->clock, &machine->cpu.cycles, &machine->cpu.deadline,
               config->mips * 1000000);
    machine->memory.changed = memory_map_changed;
    machine->memory.tracking_changed = tracking_changed;
    machine->memory.code_written = code_written;
    machine->memory.owner = machine;
    machine_connect(machine);
    if (!vga_init(&machine->vga, &machine->pci, &machine->clock, config->vga_bios,
                  config->vga_bios_length)) {
        snprintf(error, error_size, "the host has not enough memory for the video memory");
        return false;
    }
    attach_drives(machine);
    event_init(&machine->clock, &machine->budget, "budget", budget_used_up, machine);
    return machine_inform_firmware(machine, error, error_size);
}

Machine *machine_create(const MachineConfig *config, char *error, size_t error_size)
{
    Machine *machine = calloc(1, sizeof *machine);

    if (!machine) {
        snprintf(error, error_size, "the host is out of memory");
        return NULL;
    }
    machine->config = *config;
    machine->log = config->log;
    space_init(&machine->memory, "memory", ((u64)1 << PHYSICAL_BITS) - 1, &machine->log);
    space_init(&machine->ports, "ports", 0xFFFF, &machine->log);
    if (!build(machine, error, error_size)) {
        machine_destroy(machine);
        return NULL;
    }
    machine_list_chips(machine);
    machine_do_reset(machine);
    return machine;
}

void machine_destroy(Machine *machine)
{
    if (!machine)
        return;
    vga_destroy(&machine->vga);
    translator_detach(&machine->cpu);
    cpu_destroy(&machine->cpu);
    memory_destroy(&machine->ram);
    memory_destroy(&machine->bios);
    free(machine);
}

static void reset_chips(Machine *machine)
{
    unsigned i;

    i440fx_reset(&machine->host_bridge);
    piix3_reset(&machine->isa_bridge);
    ide_reset(&machine->ide);
    piix4_pm_reset(&machine->power);
    vga_reset(&machine->vga);
    local_apic_reset(&machine->local_apic);
    apic_bus_reset(&machine->apic_bus);
    io_apic_reset(&machine->io_apic);
    i8259_reset(&machine->pics);
    hpet_reset(&machine->hpet);
    i8254_reset(&machine->pit);
    speaker_reset(&machine->speaker);
    i8237_reset(&machine->dma);
    mc146818_reset(&machine->rtc);
    ps2_keyboard_reset(&machine->keyboard);
    ps2_mouse_reset(&machine->mouse);
    i8042_reset(&machine->keyboard_controller);
    port92_reset(&machine->port92);
    fdc82077_reset(&machine->floppy);
    debug_port_reset(&machine->debug_port);
    fw_cfg_reset(&machine->fw_cfg);
    for (i = 0; i < MACHINE_SERIAL_PORTS; i++)
        if (machine->config.serial_present[i])
            uart16550_reset(&machine->serial[i]);
    for (i = 0; i < MACHINE_PARALLEL_PORTS; i++)
        if (machine->config.parallel_present[i])
            parallel_reset(&machine->parallel[i]);
}

/* A request that reached only the processor's RESET pin leaves the chips as they are. */
void machine_do_reset(Machine *machine)
{
    bool processor_only = machine->stop.wanted && machine->stop.processor_only;

    machine->stop = (Stop){0};
    if (!processor_only)
        reset_chips(machine);
    cpu_reset(&machine->cpu);
}

/* The guest's state after cpu_run() as a reason to return; false: run on. */
static bool run_result(Machine *machine, RunResult *result)
{
    u8 attention = machine->cpu.attention;

    machine->cpu.attention &= (u8)~ATTEND_STOP;
    if (machine->stop.wanted)
        *result = machine->stop.reason;
    else if (attention & ATTEND_SHUTDOWN)
        *result = RUN_TRIPLE_FAULT;
    else if (attention & ATTEND_STOP)
        *result = RUN_STOPPED;
    else if (machine->budget_used)
        *result = RUN_BUDGET;
    else if (attention & ATTEND_HALT && machine_next_event(machine) > machine->cpu.cycles)
        *result = RUN_IDLE;
    else
        return false;
    return true;
}

/* Whoever looks from outside finds done what is due: the state at a cycle does not depend on how it
 * was reached. */
RunResult machine_run(Machine *machine, u64 until)
{
    RunResult result = RUN_BUDGET;

    machine->budget_used = false;
    clock_schedule(&machine->clock, &machine->budget, until);
    clock_fire_due(&machine->clock);
    do {
        if (!machine->budget_used && !machine->stop.wanted)
            cpu_run(&machine->cpu);
        clock_fire_due(&machine->clock);
    } while (!run_result(machine, &result));
    clock_cancel(&machine->clock, &machine->budget);
    if (result == RUN_TRIPLE_FAULT)
        machine->stop = (Stop){true, RUN_TRIPLE_FAULT, true};
    return result;
}

void machine_skip_idle(Machine *machine, u64 until)
{
    u64 next = machine_next_event(machine);

    if (until > next)
        until = next;
    if (until > machine->cpu.cycles)
        machine->cpu.cycles = until;
    clock_fire_due(&machine->clock);
}

u64 machine_cycles(const Machine *machine)
{
    return machine->cpu.cycles;
}

u64 machine_memory_size(const Machine *machine)
{
    return machine->config.memory;
}

u64 machine_hz(const Machine *machine)
{
    return machine->clock.hz;
}

u64 machine_next_event(const Machine *machine)
{
    const Event *event = machine->clock.first;

    if (event == &machine->budget)
        event = event->next;
    return event ? event->when : EVENT_NEVER;
}

int machine_exit_code(const Machine *machine)
{
    return (int)(machine->debug_exit.value << 1 | 1);
}

struct Vga *machine_vga(Machine *machine)
{
    return &machine->vga;
}

bool machine_speaker_tone(const Machine *machine, unsigned *hz)
{
    return speaker_tone(&machine->speaker, hz);
}

struct Cpu *machine_cpu(Machine *machine, unsigned index)
{
    return index ? NULL : &machine->cpu;
}

AddressSpace *machine_memory(Machine *machine)
{
    return &machine->memory;
}

Log *machine_log(Machine *machine)
{
    return &machine->log;
}

AddressSpace *machine_ports(Machine *machine)
{
    return &machine->ports;
}
