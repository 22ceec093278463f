/*
 * Not implemented: what devices have written before the firmware is done is known by being not 0;
 * stale translations of code.
 */
#include "frontend/debugger/lint_inside.h"

#include "cpu/exception.h"
#include "frontend/debugger/guest_memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SITES = 2000, IRQS = 16, BOOT_SECTOR = 0x7C00, ROM = 0xC0000, MIB = 1 << 20 };

static I8259Pair *find_pics(Machine *machine)
{
    unsigned count;
    const ChipState *chips = machine_chips(machine, &count);

    for (unsigned i = 0; i < count; i++)
        if (chips[i].table == &i8259_state)
            return chips[i].chip;
    return NULL;
}

Lint *lint_create(Machine *machine, Symbols *symbols, void (*tell)(void *owner, const char *line),
                  void *owner)
{
    Lint *lint = calloc(1, sizeof *lint);

    if (!lint)
        return NULL;
    lint->machine = machine;
    lint->cpu = machine_cpu(machine, 0);
    lint->symbols = symbols;
    lint->pics = find_pics(machine);
    lint->tell = tell;
    lint->owner = owner;
    lint->ram = machine_memory_size(machine);
    lint->written = calloc(lint->ram / 8, 1);
    if (lint->written)
        return lint;
    free(lint);
    return NULL;
}

void lint_destroy(Lint *lint)
{
    if (!lint)
        return;
    free(lint->written);
    free(lint);
}

/* ---- findings ---- */

u64 lint_site(const Lint *lint)
{
    const Cpu *cpu = lint->cpu;

    return (cpu->segments[CS].base + cpu_rip(cpu)) & cpu->linear_mask;
}

bool lint_is_new(Lint *lint, u64 site, Finding finding)
{
    u64 key = (site << 3 | finding) + 1;
    unsigned at = (unsigned)(key * 0x9E3779B97F4A7C15u >> 52);

    for (; lint->sites[at % LINT_SITES]; at++)
        if (lint->sites[at % LINT_SITES] == key)
            return false;
    if (lint->site_count == MOST_SITES)
        return false;
    lint->site_count++;
    lint->sites[at % LINT_SITES] = key;
    return true;
}

static void name(const Lint *lint, u64 linear, char *text, size_t size)
{
    char symbol[96];

    symbols_name_address(lint->symbols, linear, symbol, sizeof symbol);
    snprintf(text, size, "0x%08" PRIx64 "%s%s%s", linear, *symbol ? " <" : "", symbol,
             *symbol ? ">" : "");
}

void lint_report(Lint *lint, u64 site, Finding finding, const char *format, ...)
{
    char what[320], where[160], line[768];
    SourceLine source;
    va_list arguments;

    if (!lint->booted || (site >= ROM && site < MIB) || !lint_is_new(lint, site, finding))
        return;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    name(lint, site, where, sizeof where);
    if (finding == FOUND_UNACKNOWLEDGED) /* of an IRQ, not of a place */
        snprintf(line, sizeof line, "lint: %s", what);
    else if (symbols_line(lint->symbols, site, &source))
        snprintf(line, sizeof line, "lint: %s (%.200s:%u): %s", where, source.file, source.line,
                 what);
    else
        snprintf(line, sizeof line, "lint: %s: %s", where, what);
    lint->tell(lint->owner, line);
    if (lint->site_count == MOST_SITES)
        lint->tell(lint->owner, "lint: that was enough; nothing more is told");
}

/* ---- the end of the firmware ---- */

static bool is_written(const Lint *lint, u64 offset)
{
    return lint->written[offset / 8] >> offset % 8 & 1;
}

/* Devices and firmware are not watched; but where a byte that the processor has not written is not
 * 0, they have been, and the zeros around it may be theirs too. True: then the whole page counts as
 * written. */
static bool was_written_by_others(Lint *lint, u64 page)
{
    u8 bytes[PAGE_SIZE];

    if (guest_read_physical(lint->cpu, page, bytes, PAGE_SIZE) != PAGE_SIZE)
        return false;
    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        if (!bytes[i] || is_written(lint, page + i))
            continue;
        memset(lint->written + page / 8, 0xFF, PAGE_SIZE / 8);
        return true;
    }
    return false;
}

/* Does the boot sector run, or a kernel? Firmware copies itself to the upper half of RAM. */
static void notice_boot(Lint *lint, u64 site)
{
    lint->booted =
        (site >= BOOT_SECTOR && site < BOOT_SECTOR + 512) || (site >= MIB && site < lint->ram / 2);
    if (!lint->booted)
        return;
    for (u64 page = 0; page < lint->ram; page += PAGE_SIZE)
        was_written_by_others(lint, page);
    cpu_stop(lint->cpu); /* the debugger looks then what is of interest */
}

bool lint_wants_memory(const Lint *lint)
{
    return lint->booted;
}

/* ---- interrupts ---- */

/* Inputs of both 8259s, of which the slave's come in at the master's 2. */
static void look_at_interrupts(Lint *lint)
{
    u64 now = lint->cpu->cycles, second = machine_hz(lint->machine);
    unsigned in_service;

    if (!lint->pics)
        return;
    in_service = lint->pics->master.isr | (unsigned)lint->pics->slave.isr << 8;
    if (in_service == lint->in_service && now - lint->changed < second)
        return;
    for (unsigned i = 0; i < IRQS && in_service == lint->in_service; i++)
        if (in_service >> i & 1)
            lint_report(lint, i, FOUND_UNACKNOWLEDGED,
                        "IRQ %u has been in service for a second: its handler must send an end of "
                        "interrupt (out 0x20, 0x20%s)",
                        i, i >= 8 ? "; out 0xa0, 0x20" : "");
    lint->in_service = in_service;
    lint->changed = now;
}

/* ---- memory ---- */

/* Where in RAM an address is; false: it is something else. */
static bool ram_offset(const Lint *lint, const Region *region, PhysAddr physical, u64 *offset)
{
    if (!region || !region->memory || region->memory->length != lint->ram)
        return false;
    *offset = physical - region->base + region->memory_offset;
    return *offset < lint->ram;
}

static void look_at_ram(Lint *lint, const ObservedAccess *access, const Section *section)
{
    const Region *region = access->write ? section->writer : section->reader;
    bool any = access->value != 0;
    char data[160];
    u64 offset = 0;

    for (unsigned i = 0; i < access->size; i++) {
        PhysAddr physical = access->physical[0] + i;

        /* The part in the next page is looked at with its own address. */
        if ((access->linear & PAGE_MASK) + i >= PAGE_SIZE)
            physical = access->physical[1] + i - (PAGE_SIZE - (access->linear & PAGE_MASK));
        if (!ram_offset(lint, region, physical, &offset))
            return;
        if (access->write)
            lint->written[offset / 8] |= (u8)(1 << offset % 8);
        else
            any |= is_written(lint, offset);
    }
    if (access->write || any || was_written_by_others(lint, offset & ~(u64)PAGE_MASK))
        return;
    name(lint, access->linear, data, sizeof data);
    lint_report(lint, lint_site(lint), FOUND_NEVER_WRITTEN,
                "reads %u bytes of RAM at %s that have never been written", access->size, data);
}

void lint_device_write(Lint *lint, PhysAddr physical, u64 length)
{
    AddressSpace *memory = machine_memory(lint->machine);
    u64 offset;

    for (u64 i = 0; i < length; i++)
        if (ram_offset(lint, space_find(memory, physical + i)->writer, physical + i, &offset))
            lint->written[offset / 8] |= (u8)(1 << offset % 8);
}

static void look_at_translation(Lint *lint, const ObservedAccess *access)
{
    Translation page;
    char data[160];

    if (!(lint->cpu->cr0 >> 31 & 1))
        return;
    if (mmu_peek(&lint->cpu->mmu, access->linear, &page) &&
        (page.physical & lint->cpu->mmu.a20_mask) == (access->physical[0] & ~(u64)PAGE_MASK))
        return;
    name(lint, access->linear, data, sizeof data);
    lint_report(
        lint, lint_site(lint), FOUND_STALE,
        "uses a translation of %s that the page tables do not say any more; after a change of "
        "theirs INVLPG or a load of CR3 is due",
        data);
}

void lint_access(Lint *lint, const ObservedAccess *access)
{
    const Section *section = space_find(machine_memory(lint->machine), access->physical[0]);

    look_at_interrupts(lint);
    if (!section->reader && !section->writer)
        lint_report(lint, lint_site(lint), FOUND_UNMAPPED,
                    "%s physical address 0x%" PRIx64 ", where nothing is",
                    access->write ? "writes to" : "reads", access->physical[0]);
    lint_descriptor(lint, access);
    look_at_ram(lint, access, section);
    look_at_translation(lint, access);
}

/* ---- ports and events ---- */

void lint_port(Lint *lint, u16 port, bool write)
{
    const Section *section = space_find(machine_ports(lint->machine), port);

    if (!lint->booted)
        notice_boot(lint, lint_site(lint));
    if (write ? !section->writer : !section->reader)
        lint_report(lint, lint_site(lint), FOUND_PORT, "%s port 0x%x, where nothing is",
                    write ? "writes to" : "reads", port);
}

/* Boot sectors call the BIOS: from where does the stack say? */
static u64 caller(const Lint *lint, u64 return_rip)
{
    Cpu *cpu = lint->cpu;
    u64 selector;

    if (!cpu_real(cpu) ||
        !guest_read_number(cpu, cpu->segments[SS].base + ((cpu->gpr[RSP] + 2) & 0xFFFF), WORD,
                           &selector))
        return return_rip;
    return selector * 16 + return_rip;
}

void lint_event(Lint *lint, const ObservedEvent *event)
{
    if (!lint->booted && event->software)
        notice_boot(lint, caller(lint, event->return_rip));
    if (!event->external && !event->software && event->vector == EXCEPTION_PF &&
        (event->error_code & PF_RESERVED))
        lint_report(lint, event->return_rip, FOUND_RESERVED,
                    "the page tables have reserved bits set in an entry for 0x%" PRIx64,
                    lint->cpu->cr2);
}
