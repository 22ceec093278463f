/*
 * The board's wires. Interrupts: IBM PC AT Technical Reference, "System Interrupts"; Intel
 * MultiProcessor Specification 1.4, "Interrupt Modes"; Intel 82371SB (PIIX3) data sheet,
 * "Interrupt Controller".
 *
 * A system interrupt goes to the 8259 pair and to the I/O APIC input of the same number, but for
 * the timer's, which is input 2 there. The 8259 pair's INTR goes through the local APIC's LINT0.
 *
 * Not implemented: sources of NMI.
 */
#include "devices/machine_board.h"

static void drive_system_interrupt(Machine *machine, unsigned number)
{
    bool level = machine->interrupt_sources[number] != 0;

    if (number < 16 && number != 2)
        irq_line_set(i8259_line(&machine->pics, number), level);
    irq_line_set(io_apic_line(&machine->io_apic, number ? number : 2), level);
}

/* `pin`: the source in the upper half, the interrupt's number in the lower. */
static void interrupt_set(void *board, unsigned pin, bool level)
{
    Machine *machine = board;
    unsigned number = pin & 0xFF, source = pin >> 8;

    if (level)
        machine->interrupt_sources[number] |= 1u << source;
    else
        machine->interrupt_sources[number] &= ~(1u << source);
    drive_system_interrupt(machine, number);
}

IrqLine machine_interrupt(Machine *machine, unsigned number, InterruptSource source)
{
    return (IrqLine){interrupt_set, machine, (unsigned)source << 8 | number};
}

/* The HPET names inputs of the I/O APIC: input 2 is what system interrupt 0 reaches. */
static void hpet_route_set(void *board, unsigned pin, bool level)
{
    Machine *machine = board;

    if (pin < MACHINE_INTERRUPTS)
        interrupt_set(machine, (unsigned)FROM_HPET << 8 | (pin == 2 ? 0 : pin), level);
}

static void intr_set(void *board, bool level)
{
    cpu_set_intr(&((Machine *)board)->cpu, level);
}

static void nmi(void *board)
{
    cpu_raise_nmi(&((Machine *)board)->cpu);
}

static void init(void *board)
{
    cpu_init_signal(&((Machine *)board)->cpu);
}

static u8 external_acknowledge(void *board)
{
    return i8259_acknowledge(&((Machine *)board)->pics);
}

static void apic_send(void *board, LocalApic *from, const ApicMessage *message)
{
    apic_bus_send_from(&((Machine *)board)->apic_bus, from, message);
}

static void apic_end_of_interrupt(void *board, u8 vector)
{
    apic_bus_end_of_interrupt(&((Machine *)board)->apic_bus, vector);
}

static u8 acknowledge(void *board)
{
    return local_apic_acknowledge(&((Machine *)board)->local_apic);
}

/* The coprocessor's error keeps IRQ 13 up until the handler writes to port F0h, which also lets
 * the processor ignore the error for as long as it lasts: SDM Vol. 1, "Handling x87 FPU Exceptions
 * in Software", "MS-DOS Compatibility Sub-mode". */
static void ferr_set(void *board, bool level)
{
    if (level)
        interrupt_set(board, (unsigned)FROM_FPU << 8 | 13, true);
}

static void port_f0_write(void *board, u32 offset, Size size, u64 value)
{
    (void)offset, (void)size, (void)value;
    interrupt_set(board, (unsigned)FROM_FPU << 8 | 13, false);
    cpu_set_ignne(&((Machine *)board)->cpu, true);
}

static u64 port_f0_read(void *board, u32 offset, Size size)
{
    (void)board, (void)offset;
    return size_mask(size);
}

static const IoOps port_f0_io = {BYTE, port_f0_read, port_f0_write};

enum { IA32_APIC_BASE = 0x1B };

static bool read_msr(void *board, u32 index, u64 *value)
{
    if (index != IA32_APIC_BASE)
        return false;
    *value = local_apic_get_base(&((Machine *)board)->local_apic);
    return true;
}

static bool write_msr(void *board, u32 index, u64 value)
{
    return index == IA32_APIC_BASE && apic_bus_set_base(&((Machine *)board)->apic_bus, 0, value);
}

static u8 read_task_priority(void *board)
{
    return local_apic_get_cr8(&((Machine *)board)->local_apic);
}

static void write_task_priority(void *board, u8 value)
{
    local_apic_set_cr8(&((Machine *)board)->local_apic, value);
}

static const CpuBoard processor_socket = {
    .acknowledge = acknowledge,
    .ferr = ferr_set,
    .read_msr = read_msr,
    .write_msr = write_msr,
    .read_task_priority = read_task_priority,
    .write_task_priority = write_task_priority,
};

static void a20_set(void *board, unsigned source, bool level)
{
    Machine *machine = board;

    machine->a20_sources = (machine->a20_sources & ~(1u << source)) | (unsigned)level << source;
    cpu_set_a20(&machine->cpu, machine->a20_sources != 0);
}

void machine_stop(Machine *machine, RunResult reason, bool processor_only)
{
    if (!machine->stop.wanted)
        machine->stop = (Stop){true, reason, processor_only};
    cpu_stop(&machine->cpu);
}

/* The 8042 and port 92h reset the processor only: programs for the 286 return to real mode so. */
static void processor_reset_set(void *board, unsigned pin, bool level)
{
    (void)pin;
    if (level)
        machine_stop(board, RUN_RESET, true);
}

static void board_reset_set(void *board, unsigned pin, bool level)
{
    (void)pin;
    if (level)
        machine_stop(board, RUN_RESET, false);
}

static void power_off_set(void *board, unsigned pin, bool level)
{
    (void)pin;
    if (level)
        machine_stop(board, RUN_POWER_OFF, false);
}

static void debug_exit_written(void *board, u32 value)
{
    (void)value;
    machine_stop(board, RUN_DEBUG_EXIT, false);
}

static void connect_interrupt_controllers(Machine *machine)
{
    const LocalApicWires wires = {
        .owner = machine,
        .interrupt = intr_set,
        .nmi = nmi,
        .init = init,
        .external_acknowledge = external_acknowledge,
        .send = apic_send,
        .end_of_interrupt = apic_end_of_interrupt,
    };
    const HpetWires hpet_wires = {
        .route = {hpet_route_set, machine, 0},
        .irq0 = machine_interrupt(machine, 0, FROM_TIMER),
        .irq8 = machine_interrupt(machine, 8, FROM_RTC),
    };

    apic_bus_init(&machine->apic_bus, &machine->memory, &machine->log);
    local_apic_init(&machine->local_apic, &machine->clock, &machine->log, &wires, 0);
    apic_bus_add(&machine->apic_bus, &machine->local_apic);
    io_apic_init(&machine->io_apic, &machine->memory, &machine->log, apic_bus_send,
                 &machine->apic_bus);
    apic_bus_set_io_apic(&machine->apic_bus, &machine->io_apic);
    i8259_init(&machine->pics, &machine->ports, &machine->log,
               local_apic_line(&machine->local_apic, 0));
    hpet_init(&machine->hpet, &machine->memory, &machine->clock, &machine->log, &hpet_wires);
    space_add_io(&machine->ports, "coprocessor", 0xF0, 2, &port_f0_io, machine);
}

static void connect_isa_chips(Machine *machine)
{
    AddressSpace *ports = &machine->ports;
    Clock *clock = &machine->clock;
    Log *log = &machine->log;
    const IrqLine reset = {processor_reset_set, machine, 0};
    const I8042Wires keyboard_wires = {
        .irq1 = machine_interrupt(machine, 1, FROM_KEYBOARD),
        .irq12 = machine_interrupt(machine, 12, FROM_MOUSE),
        .a20 = {a20_set, machine, A20_FROM_8042},
        .reset = reset,
    };

    i8254_init(&machine->pit, ports, clock, log, hpet_legacy_line(&machine->hpet, 0));
    speaker_init(&machine->speaker, ports, clock, log, &machine->pit);
    i8237_init(&machine->dma, ports, &machine->memory, log);
    mc146818_init(&machine->rtc, ports, clock, log, hpet_legacy_line(&machine->hpet, 1),
                  (IrqLine){0}, machine->config.start_time);
    ps2_keyboard_init(&machine->keyboard, clock, log);
    ps2_mouse_init(&machine->mouse, clock, log);
    i8042_init(&machine->keyboard_controller, ports, clock, log, &keyboard_wires,
               &machine->keyboard, &machine->mouse);
    port92_init(&machine->port92, ports, log, (IrqLine){a20_set, machine, A20_FROM_PORT92}, reset);
    fdc82077_init(&machine->floppy, ports, clock, log, machine_interrupt(machine, 6, FROM_FLOPPY),
                  &machine->dma);
    debug_port_init(&machine->debug_port, ports, log, machine->config.debug_console_port,
                    machine->config.debug_console);
    if (machine->config.debug_exit_port)
        isa_debug_exit_init(&machine->debug_exit, ports, machine->config.debug_exit_port,
                            machine->config.debug_exit_size, debug_exit_written, machine);
}

/* IBM PC AT Technical Reference, "Serial/Parallel Adapter"; COM3, COM4 and LPT3 by custom. */
static void connect_ports(Machine *machine)
{
    static const struct {
        u16 base;
        u8 interrupt;
    } serial[] = {{0x3F8, 4}, {0x2F8, 3}, {0x3E8, 4}, {0x2E8, 3}},
      parallel[] = {{0x378, 7}, {0x278, 5}, {0x3BC, 7}};
    const MachineConfig *config = &machine->config;
    unsigned i;

    for (i = 0; i < MACHINE_SERIAL_PORTS; i++)
        if (config->serial_present[i])
            uart16550_init(
                &machine->serial[i], &machine->ports, serial[i].base, &machine->clock,
                &machine->log,
                machine_interrupt(machine, serial[i].interrupt, (InterruptSource)(FROM_SERIAL + i)),
                config->serial[i]);
    for (i = 0; i < MACHINE_PARALLEL_PORTS; i++)
        if (config->parallel_present[i])
            parallel_init(&machine->parallel[i], &machine->ports, parallel[i].base, &machine->clock,
                          &machine->log,
                          machine_interrupt(machine, parallel[i].interrupt,
                                            (InterruptSource)(FROM_PARALLEL + i)),
                          config->parallel[i]);
}

static void connect_pci(Machine *machine)
{
    const IrqLine ide_irqs[IDE_CHANNELS] = {machine_interrupt(machine, 14, FROM_IDE),
                                            machine_interrupt(machine, 15, FROM_IDE)};
    IrqLine pci_irqs[16];
    unsigned i;

    for (i = 0; i < COUNT_OF(pci_irqs); i++)
        pci_irqs[i] = machine_interrupt(machine, i, FROM_PCI);
    pci_bus_init(&machine->pci, &machine->memory, &machine->ports, &machine->log);
    i440fx_init(&machine->host_bridge, &machine->pci, &machine->ram, machine->config.memory);
    piix3_init(&machine->isa_bridge, &machine->pci, pci_irqs,
               (IrqLine){board_reset_set, machine, 0});
    ide_init(&machine->ide, &machine->ports, &machine->memory, &machine->pci, &machine->clock,
             &machine->log, ide_irqs);
    piix4_pm_init(&machine->power, &machine->pci, &machine->ports, &machine->clock, &machine->log,
                  machine_interrupt(machine, 9, FROM_ACPI), (IrqLine){power_off_set, machine, 0});
    piix4_pm_set_ports(&machine->power, machine->config.serial_present[0],
                       machine->config.serial_present[1], machine->config.parallel_present[0]);
}

void machine_connect(Machine *machine)
{
    connect_interrupt_controllers(machine);
    connect_isa_chips(machine);
    connect_ports(machine);
    connect_pci(machine);
}

bool machine_add_processor(Machine *machine, char *error, size_t error_size)
{
    CpuBoard socket = processor_socket;

    socket.board = machine;
    return cpu_init(&machine->cpu, machine->config.cpu, &machine->memory, &machine->ports, &socket,
                    &machine->log, error, error_size);
}
