/*
 * -lint: says what a guest does that is no fault but hardly meant. Each thing once per place in the code.
 *
 *   - RAM is read that the processor has never written, and that is still 0
 *   - a translation is used that the page tables do not say any more: INVLPG or a load of CR3 is missing
 *   - an entry of the page tables, or a descriptor that is loaded, has reserved bits set
 *   - nothing is at a physical address or port that is used
 *   - an interrupt is in service for a second of guest time: the 8259 got no end of interrupt
 *
 * Every access to memory is looked at, so that the guest runs many times slower; its clock does
 * not notice. Off, it costs nothing. What the firmware does before it boots is not told.
 */
#ifndef FRONTEND_DEBUGGER_LINT_H
#define FRONTEND_DEBUGGER_LINT_H

#include "cpu/observer.h"
#include "devices/machine.h"
#include "frontend/debugger/symbols.h"

typedef struct Lint Lint;

/* `tell` gets each finding as a line. NULL: out of memory. */
Lint *lint_create(Machine *machine, Symbols *symbols, void (*tell)(void *owner, const char *line),
                  void *owner);
void lint_destroy(Lint *lint);

/* Accesses to memory are of interest now: since the firmware is done. */
bool lint_wants_memory(const Lint *lint);

/* What the processor's observer hears. */
void lint_access(Lint *lint, const ObservedAccess *access);
void lint_port(Lint *lint, u16 port, bool write);
void lint_device_write(Lint *lint, PhysAddr physical, u64 length);
void lint_event(Lint *lint, const ObservedEvent *event);

#endif
