/*
 * Somebody who watches a processor: the debugger. Nobody is the rule, and costs nothing.
 *
 * An observer changes nothing of what the guest does. It hears of things while they happen, in the
 * midst of an instruction, and may then ask with cpu_stop() that the processor stops after it. Only
 * of an instruction at an address that it named it hears before, and may have it not begun.
 *
 * Code is looked at by its offset within a page: blocks are split there and entered by way of
 * code_cache_follow(), so that instructions anywhere else run as fast as ever, and an address need
 * not be mapped to be named.
 *
 * Not observed: accesses of the page walk itself, and of devices (for these: mmu/bus.h).
 */
#ifndef CPU_OBSERVER_H
#define CPU_OBSERVER_H

#include "cpu/cpu.h"

/* One access of an instruction, or of a descriptor load, a task switch, an event's delivery. */
typedef struct ObservedAccess {
    u64 linear;
    PhysAddr physical[2];   /* of its first byte, and of the first one in the next page */
    unsigned size;          /* bytes, 1 .. 8 */
    bool write;
    u64 old_value, value;   /* in memory before and after; old_value: of a write */
} ObservedAccess;

/* An exception or interrupt that has reached its handler; CS:RIP is its first instruction. */
typedef struct ObservedEvent {
    u8 vector;
    bool external;          /* INTR or NMI, not the instruction's doing */
    bool software;          /* INT n and the like */
    bool has_error_code;
    u32 error_code;
    u64 return_rip;         /* as pushed */
} ObservedEvent;

typedef struct Observer {
    void *owner;
    /* The instruction at cpu->rip is about to begin. True: it must not, stop. */
    bool (*execute)(void *owner, u64 linear);
    void (*access)(void *owner, const ObservedAccess *access);
    void (*port)(void *owner, u16 port, Size size, bool write, u64 value);
    void (*event)(void *owner, const ObservedEvent *event);
    void (*mode)(void *owner);      /* CPL or mode may have changed */
    void (*cr3)(void *owner);       /* CR3 was loaded */
    u64 offsets[PAGE_SIZE / 64];    /* bit n: execute() wants instructions at this page offset */
    bool magic;                     /* ... and wherever XCHG BX, BX was decoded, as noted here: */
    u64 magic_offsets[PAGE_SIZE / 64];
    u64 looked;                     /* the clock when it was asked last, to ask once; first: ~0 */
    u64 repeats;                    /* the clock at which a string instruction goes on repeating; first: ~0 */
} Observer;

/* Nobody: NULL. Between two instructions. */
void cpu_observe(Cpu *cpu, Observer *observer);

/* Code at `offset` of any page is of interest now, or no longer. */
void cpu_observe_offset(Cpu *cpu, unsigned offset, bool wanted);

/* XCHG BX, BX does nothing: a guest's author puts it where a debugger is to stop. One that crosses into
 * another page is not noted. */
bool insn_is_magic(const Insn *insn);
void cpu_observe_magic(Cpu *cpu, bool wanted);

/* Accesses to these ranges are observed, in the place of all others; they stay the caller's. */
void cpu_watch(Cpu *cpu, const WatchedRange *ranges, unsigned count);

/* Is it to stop before the instruction at cpu->rip? Sets ATTEND_STOP then. */
bool observer_stops(Cpu *cpu);

/* At that clock a string instruction goes on repeating: it does not begin. */
FORCE_INLINE void observer_repeats(Cpu *cpu, u64 cycles)
{
    if (UNLIKELY(cpu->observer))
        cpu->observer->repeats = cycles;
}

FORCE_INLINE void observer_note_magic(Cpu *cpu, u64 address)
{
    cpu->observer->magic_offsets[(address & PAGE_MASK) / 64] |= (u64)1 << address % 64;
}

FORCE_INLINE bool observes_code(const Cpu *cpu, u64 address)
{
    unsigned word = (address & PAGE_MASK) / 64;

    return UNLIKELY(cpu->observer != NULL) &&
           bit(cpu->observer->offsets[word] | cpu->observer->magic_offsets[word], address % 64);
}

#endif
