/*
 * The motherboard from inside, for the machine*.c files: every chip, and the wires between them.
 */
#ifndef DEVICES_MACHINE_BOARD_H
#define DEVICES_MACHINE_BOARD_H

#include "cpu/cpu.h"
#include "devices/apic_bus.h"
#include "devices/debug_port.h"
#include "devices/fdc82077.h"
#include "devices/firmware_tables.h"
#include "devices/hpet.h"
#include "devices/i440fx.h"
#include "devices/i8042.h"
#include "devices/i8237.h"
#include "devices/i8254.h"
#include "devices/i8259.h"
#include "devices/ide.h"
#include "devices/isa_debug_exit.h"
#include "devices/machine.h"
#include "devices/mc146818.h"
#include "devices/parallel.h"
#include "devices/piix3.h"
#include "devices/piix4_pm.h"
#include "devices/port92.h"
#include "devices/speaker.h"
#include "devices/uart16550.h"
#include "devices/vga.h"

/* Chips that drive interrupts. Several may share a line, which is up while any of them pulls. */
typedef enum InterruptSource {
    FROM_TIMER, FROM_KEYBOARD, FROM_SERIAL, /* four of them */
    FROM_PARALLEL = FROM_SERIAL + MACHINE_SERIAL_PORTS, /* three */
    FROM_FLOPPY = FROM_PARALLEL + MACHINE_PARALLEL_PORTS,
    FROM_RTC, FROM_MOUSE, FROM_FPU, FROM_IDE, FROM_PCI, FROM_ACPI, FROM_HPET,
} InterruptSource;

/* Who can hold address line 20 up. */
enum { A20_FROM_8042, A20_FROM_PORT92 };

enum { MACHINE_INTERRUPTS = 24, MACHINE_CHIPS = 48 };

/* Why the processor was stopped; the guest's doing, served at the end of the instruction. */
typedef struct Stop {
    bool wanted;
    RunResult reason;
    bool processor_only;    /* RUN_RESET: the chips keep their state */
} Stop;

struct Machine {
    MachineConfig config;
    Log log;
    AddressSpace memory, ports;
    Memory ram, bios;
    u64 ram_below_4g, ram_above_4g;     /* bytes */
    Clock clock;
    Event budget;                       /* machine_run() ends here; never pending between runs */
    bool budget_used;
    Stop stop;

    Cpu cpu;
    LocalApic local_apic;
    ApicBus apic_bus;
    IoApic io_apic;
    I8259Pair pics;
    I8254 pit;
    Speaker speaker;
    Hpet hpet;
    I8237 dma;
    Mc146818 rtc;
    Ps2Keyboard keyboard;
    Ps2Mouse mouse;
    I8042 keyboard_controller;
    Port92 port92;
    PciBus pci;
    I440fx host_bridge;
    Piix3 isa_bridge;
    Piix4Pm power;
    Ide ide;
    Vga vga;
    Fdc82077 floppy;
    Uart16550 serial[MACHINE_SERIAL_PORTS];
    Parallel parallel[MACHINE_PARALLEL_PORTS];
    DebugPort debug_port;
    IsaDebugExit debug_exit;
    FwCfg fw_cfg;
    AcpiTables acpi_tables;

    u32 interrupt_sources[MACHINE_INTERRUPTS];  /* bit InterruptSource: it pulls the line */
    u8 a20_sources;

    ChipState chips[MACHINE_CHIPS];
    unsigned chip_count;
};

/* The board's own state: what the wires remember. */
extern const StateTable machine_state;

/* machine_wiring.c: the processor, the chips, and the wires between them. */
bool machine_add_processor(Machine *machine, char *error, size_t error_size);
void machine_connect(Machine *machine);
IrqLine machine_interrupt(Machine *machine, unsigned number, InterruptSource source);
void machine_stop(Machine *machine, RunResult reason, bool processor_only);

/* machine.c and machine_firmware.c: what the inputs of these names do. */
void machine_do_reset(Machine *machine);
void machine_do_boot_order(Machine *machine, const char *letters);

/* machine_memory.c: what answers where. */
bool machine_map_memory(Machine *machine, char *error, size_t error_size);

/* machine_firmware.c: what the firmware finds in CMOS memory and fw_cfg. */
bool machine_inform_firmware(Machine *machine, char *error, size_t error_size);

/* machine_state.c */
void machine_list_chips(Machine *machine);

#endif
