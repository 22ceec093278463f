/*
 * The motherboard: an i440FX/PIIX3 PC with its processor, memory, chips and wires. This is what
 * the frontend sees of a machine. All state of a machine hangs off one Machine; any number of
 * them can live in one process.
 */
#ifndef DEVICES_MACHINE_H
#define DEVICES_MACHINE_H

#include "devices/backend.h"
#include "devices/keys.h"
#include "mmu/bus.h"
#include "mmu/field.h"

enum { MACHINE_SERIAL_PORTS = 4, MACHINE_PARALLEL_PORTS = 3, MACHINE_IDE_DRIVES = 4,
       MACHINE_FLOPPIES = 2 };

typedef enum DriveKind { DRIVE_NONE, DRIVE_DISK, DRIVE_CDROM } DriveKind;

typedef struct DriveConfig {
    DriveKind kind;
    BlockDevice *medium;        /* outlives the machine; NULL for an empty CD-ROM drive */
} DriveConfig;

/* An image handed to the firmware through fw_cfg for -kernel, already split by the loader. */
typedef struct FwFile {
    const char *name;           /* "genroms/...", or NULL for a numbered item */
    u16 key;                    /* of a numbered item */
    const void *bytes;          /* outlive the machine */
    u32 length;
} FwFile;

enum { MACHINE_FW_FILES = 32 };

typedef enum MachineEngine { ENGINE_INTERPRETER, ENGINE_TRANSLATOR } MachineEngine;

/* What came in through the door, and when: enough to let it come in again. */
typedef enum InputKind {
    INPUT_KEY,          /* values: Key, down */
    INPUT_MOUSE,        /* values: dx, dy, dz, buttons */
    INPUT_SERIAL,       /* values: port, byte */
    INPUT_MEDIUM_CHANGED,
    INPUT_POWER_BUTTON,
    INPUT_RESET,
    INPUT_BOOT_ORDER,   /* text: letters, which outlive the machine */
} InputKind;

typedef struct InputEvent {
    u64 cycles;         /* the clock at which it came; machine_input() ignores it */
    InputKind kind;
    i32 values[4];
    const char *text;
} InputEvent;

/* Hears of every input, before the machine gets it, and may say that it does not get it (false). */
typedef struct InputTap {
    bool (*note)(void *owner, const InputEvent *event);     /* NULL: nobody listens */
    void *owner;
} InputTap;

typedef struct MachineConfig {
    u64 memory;                             /* bytes, a multiple of 1 MiB */
    const char *cpu;                        /* model name, as in -cpu */
    MachineEngine engine;                   /* what executes guest code; changes nothing else */
    u64 translator_memory;                  /* bytes for generated code; 0: as usual */
    u64 mips;                               /* guest instructions per guest microsecond */
    i64 start_time;                         /* seconds since 1970 (UTC) the RTC starts at */
    const u8 *bios;                         /* firmware image; ends at 4 GiB, aliased below 1 MiB */
    u64 bios_length;                        /* bytes: 64 KiB .. 16 MiB, a multiple of 4 KiB */
    const u8 *vga_bios;                     /* option ROM of the VGA, NULL: none */
    u64 vga_bios_length;
    const char *boot_order;                 /* QEMU's letters: a, c, d, n */
    bool boot_menu;
    DriveConfig drives[MACHINE_IDE_DRIVES]; /* primary master, slave, secondary master, slave */
    bool floppy_present[MACHINE_FLOPPIES];
    BlockDevice *floppies[MACHINE_FLOPPIES];/* NULL: drive without medium */
    bool serial_present[MACHINE_SERIAL_PORTS];
    ByteSink serial[MACHINE_SERIAL_PORTS];
    bool parallel_present[MACHINE_PARALLEL_PORTS];
    ByteSink parallel[MACHINE_PARALLEL_PORTS];
    ByteSink debug_console;                 /* port E9h */
    u16 debug_console_port;                 /* 0: E9h */
    u16 debug_exit_port;                    /* isa-debug-exit; 0: not fitted */
    u16 debug_exit_size;                    /* its ports: 1, 2, 4 or 8 */
    FwFile fw_files[MACHINE_FW_FILES];
    unsigned fw_file_count;
    InputTap input_tap;
    Log log;                                /* copied; its `cycles` is filled in */
} MachineConfig;

typedef struct Machine Machine;

/* Why machine_run() came back. */
typedef enum RunResult {
    RUN_BUDGET,         /* it reached `until` */
    RUN_IDLE,           /* the processor is halted; machine_next_event() says until when */
    RUN_POWER_OFF,      /* ACPI S5, or the like */
    RUN_RESET,          /* the guest reset the machine; call machine_reset() to go on */
    RUN_DEBUG_EXIT,     /* isa-debug-exit was written: see machine_exit_code() */
    RUN_TRIPLE_FAULT,   /* the processor shut down */
    RUN_STOPPED,        /* who watches the processor (cpu/observer.h) had it stop */
} RunResult;

/* NULL on failure, with a sentence in `error`. */
Machine *machine_create(const MachineConfig *config, char *error, size_t error_size);
void machine_destroy(Machine *machine);
void machine_reset(Machine *machine);

/* For the boots to come: letters as in MachineConfig, which outlive the machine. */
void machine_set_boot_order(Machine *machine, const char *letters);

/* Runs until the clock reaches `until` or something happens. Returns at the first moment at which
 * nothing is left to do but to wait (RUN_IDLE). Deterministic: depends on nothing but the machine. */
RunResult machine_run(Machine *machine, u64 until);

/* While idle: lets guest time pass to `until`, or to the next event if that comes first. */
void machine_skip_idle(Machine *machine, u64 until);

u64 machine_cycles(const Machine *machine);         /* the clock */
u64 machine_hz(const Machine *machine);             /* cycles per guest second */
u64 machine_next_event(const Machine *machine);     /* EVENT_NEVER: none */
u64 machine_memory_size(const Machine *machine);    /* bytes of RAM */
int machine_exit_code(const Machine *machine);      /* of RUN_DEBUG_EXIT: (value << 1) | 1 */

/* A hash over the whole state: registers, memory, every chip's fields, the clock. */
u64 machine_hash(Machine *machine);

/* The door. Outside input enters the machine only here, between two calls of machine_run(), and
 * is stamped with the clock. machine_input() is the door itself; the others are words for its events,
 * as machine_reset() and machine_set_boot_order() are. */
void machine_input(Machine *machine, const InputEvent *event);
void machine_key(Machine *machine, Key key, bool down);
void machine_mouse(Machine *machine, int dx, int dy, int dz, unsigned buttons); /* bit 0 left, 1 right, 2 middle; dy > 0 is up */
unsigned machine_serial_room(const Machine *machine, unsigned port);/* bytes that it can take now */
void machine_serial_input(Machine *machine, unsigned port, u8 byte);
void machine_medium_changed(Machine *machine);                      /* after a BlockDevice changed */
void machine_power_button(Machine *machine);

/* What the frontend draws from. */
struct Vga;
struct Vga *machine_vga(Machine *machine);
bool machine_speaker_tone(const Machine *machine, unsigned *hz);    /* what the speaker plays now */

/* For the debugger, the tests and the monitor. */
struct Cpu;
struct Cpu *machine_cpu(Machine *machine, unsigned index);
AddressSpace *machine_memory(Machine *machine);
AddressSpace *machine_ports(Machine *machine);
Log *machine_log(Machine *machine);         /* channels may be turned on and off between two runs */

/* One chip on the board and its state table. */
typedef struct ChipState {
    const StateTable *table;
    void *chip;
} ChipState;
const ChipState *machine_chips(const Machine *machine, unsigned *count);

#endif
