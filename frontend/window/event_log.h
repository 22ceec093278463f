/*
 * What the guest did at its edges: ports, exceptions, interrupts; the last few thousand.
 */
#ifndef FRONTEND_WINDOW_EVENT_LOG_H
#define FRONTEND_WINDOW_EVENT_LOG_H

#include "cpu/observer.h"
#include "mmu/bus.h"

enum { LOGGED_EVENTS = 4096 };

typedef enum LoggedKind { LOGGED_PORT, LOGGED_EXCEPTION, LOGGED_INTERRUPT, LOGGED_SOFTWARE,
                          LOGGED_KINDS } LoggedKind;

typedef struct LoggedEvent {
    u64 cycles;
    LoggedKind kind;
    u16 number;             /* port, or vector */
    u8 size;                /* of a port access: bytes */
    bool write, has_error_code;
    u64 value;              /* read or written; error code */
    u64 linear;             /* of the instruction; of an event, of the one it returns to */
    u64 repeats;            /* the same again, at the same place */
} LoggedEvent;

typedef struct EventLog {
    LoggedEvent events[LOGGED_EVENTS];      /* a ring */
    u64 count;                              /* ever */
} EventLog;

void event_log_port(EventLog *log, const Cpu *cpu, u64 cycles, u16 port, Size size, bool write,
                    u64 value);
void event_log_event(EventLog *log, const Cpu *cpu, u64 cycles, const ObservedEvent *event);

/* The newest is 0; NULL past the oldest. */
const LoggedEvent *event_log_at(const EventLog *log, u64 age);

/* One line: what it was. `ports` tells whose port it is. */
void logged_event_words(const LoggedEvent *event, AddressSpace *ports, char *text, size_t size);

#endif
