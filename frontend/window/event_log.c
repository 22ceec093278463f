#include "frontend/window/event_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "frontend/debugger/descriptor_words.h"

static bool is_repeated(const LoggedEvent *last, const LoggedEvent *event)
{
    return last->kind == event->kind && last->number == event->number &&
           last->write == event->write && last->size == event->size &&
           last->value == event->value && last->linear == event->linear;
}

static void add(EventLog *log, const LoggedEvent *event)
{
    LoggedEvent *last = &log->events[(log->count - 1) % LOGGED_EVENTS];

    if (log->count && is_repeated(last, event)) {
        last->repeats++;
        last->cycles = event->cycles;
        return;
    }
    log->events[log->count++ % LOGGED_EVENTS] = *event;
}

void event_log_port(EventLog *log, const Cpu *cpu, u64 cycles, u16 port, Size size, bool write,
                    u64 value)
{
    add(log, &(LoggedEvent){.cycles = cycles,
                            .kind = LOGGED_PORT,
                            .number = port,
                            .size = (u8)size,
                            .write = write,
                            .value = value & size_mask(size),
                            .linear = (cpu->segments[CS].base + cpu_rip(cpu)) & cpu->linear_mask});
}

void event_log_event(EventLog *log, const Cpu *cpu, u64 cycles, const ObservedEvent *event)
{
    (void)cpu;
    add(log, &(LoggedEvent){.cycles = cycles,
                            .kind = event->external   ? LOGGED_INTERRUPT
                                    : event->software ? LOGGED_SOFTWARE
                                                      : LOGGED_EXCEPTION,
                            .number = event->vector,
                            .has_error_code = event->has_error_code,
                            .value = event->has_error_code ? event->error_code : 0,
                            .linear = event->return_rip});
}

const LoggedEvent *event_log_at(const EventLog *log, u64 age)
{
    u64 kept = log->count < LOGGED_EVENTS ? log->count : LOGGED_EVENTS;

    return age < kept ? &log->events[(log->count - 1 - age) % LOGGED_EVENTS] : NULL;
}

static void port_words(const LoggedEvent *event, AddressSpace *ports, char *text, size_t size)
{
    const Section *section = space_find(ports, event->number);
    const Region *region = event->write ? section->writer : section->reader;

    snprintf(text, size, "%s port %03X %s %0*" PRIX64 "  %s", event->write ? "out" : "in ",
             event->number, event->write ? "<-" : "->", event->size * 2, event->value,
             region ? region->name : "nobody");
}

void logged_event_words(const LoggedEvent *event, AddressSpace *ports, char *text, size_t size)
{
    char code[32] = "";

    if (event->has_error_code)
        snprintf(code, sizeof code, ", error code %04" PRIX64, event->value);
    switch (event->kind) {
    case LOGGED_PORT:
        port_words(event, ports, text, size);
        break;
    case LOGGED_INTERRUPT:
        snprintf(text, size, "interrupt, vector %02X", event->number);
        break;
    case LOGGED_SOFTWARE:
        snprintf(text, size, "int %02X", event->number);
        break;
    default:
        snprintf(text, size, "exception %u %s%s", event->number, vector_words(event->number), code);
    }
}
