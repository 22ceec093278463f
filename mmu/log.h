/*
 * The log: channel x level. A line costs one test while its channel is off.
 * There is no global log: whoever speaks holds a pointer to the machine's.
 */
#ifndef MMU_LOG_H
#define MMU_LOG_H

#include "mmu/base.h"

/* One row per channel: enumerator, name for -d, what it tells. */
#define LOG_CHANNELS(X)                                                    \
    X(LOG_CPU, "cpu", "processor: modes, control registers, unusual events") \
    X(LOG_INT, "int", "interrupts and exceptions, as they are delivered")    \
    X(LOG_MMU, "mmu", "page walks and page faults")                          \
    X(LOG_BUS, "bus", "accesses to unmapped memory and ports")               \
    X(LOG_PIC, "pic", "8259 interrupt controllers")                          \
    X(LOG_APIC, "apic", "local APIC and I/O APIC")                           \
    X(LOG_TIMER, "timer", "8254, HPET, ACPI timer")                          \
    X(LOG_RTC, "rtc", "MC146818 clock and CMOS memory")                      \
    X(LOG_DMA, "dma", "8237 DMA controllers")                                \
    X(LOG_KBD, "kbd", "8042, keyboard and mouse")                            \
    X(LOG_SERIAL, "serial", "16550 UARTs and the parallel port")             \
    X(LOG_FDC, "fdc", "82077 floppy controller")                             \
    X(LOG_IDE, "ide", "IDE, ATAPI and bus-master DMA")                       \
    X(LOG_VGA, "vga", "VGA and Bochs VBE")                                   \
    X(LOG_PCI, "pci", "PCI configuration space")                             \
    X(LOG_ACPI, "acpi", "ACPI power management")                             \
    X(LOG_FWCFG, "fwcfg", "fw_cfg, the firmware's configuration device")     \
    X(LOG_SOUND, "sound", "PC speaker")                                      \
    X(LOG_BIOS, "bios", "what the firmware prints on port 402h")             \
    X(LOG_MACHINE, "machine", "power, reset, and the run loop")              \
    X(LOG_IN_ASM, "in_asm", "translator: guest code of each block")          \
    X(LOG_IR, "ir", "... and what it is lifted to")                          \
    X(LOG_IR_OPT, "ir_opt", "... and that after all passes")                 \
    X(LOG_OUT_ASM, "out_asm", "... and its host code")                       \
    X(LOG_JIT, "jit", "translator: its counters, at the end")

typedef enum LogChannel {
#define LOG_ENUMERATOR(enumerator, name, help) enumerator,
    LOG_CHANNELS(LOG_ENUMERATOR)
#undef LOG_ENUMERATOR
    LOG_CHANNEL_COUNT
} LogChannel;

/* Errors and warnings are always written; LOG_DEBUG only where `-d` asks for the channel. */
typedef enum LogLevel { LOG_ERROR, LOG_WARNING, LOG_DEBUG } LogLevel;

typedef struct Log {
    u64 enabled;                                    /* bit n: channel n's debug lines are wanted */
    void (*write)(void *owner, const char *line);   /* receives whole lines without newline; may be NULL */
    void *owner;
    const u64 *cycles;                              /* stamps each debug line; may be NULL */
    const char *once[64];                           /* formats that log_once() has already written */
} Log;

void log_print(Log *log, LogChannel channel, LogLevel level, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* A warning that is written the first time only; one call site is one `format`. */
void log_once(Log *log, LogChannel channel, const char *format, ...) PRINTF_LIKE(3, 4);

/* The name used by `-d`, and its help text. */
const char *log_channel_name(LogChannel channel);
const char *log_channel_help(LogChannel channel);

/* A debug line; its arguments are not evaluated while the channel is off. `log` may be NULL. */
#define LOG(log, channel, ...)                                  \
    do {                                                        \
        if (UNLIKELY((log) && bit((log)->enabled, (channel))))  \
            log_print((log), (channel), LOG_DEBUG, __VA_ARGS__); \
    } while (0)

#endif
