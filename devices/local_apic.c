#include "devices/local_apic_registers.h"
#include "devices/local_apic_timer.h"

enum { BASE_BOOT_PROCESSOR = 1 << 8, BASE_ENABLE = 1 << 11 };
enum { SPURIOUS_ENABLE = 1 << 8 };
enum { FIRST_VECTOR = 16, BROADCAST = 0xFF };

#define BASE_ADDRESS 0xFFFFFFF000ull /* 40 bits of physical address */
#define DEFAULT_BASE 0xFEE00000ull

static void restored(void *chip)
{
    LocalApic *apic = chip;

    clock_restore_event(apic->clock, &apic->timer);
}

const StateTable local_apic_state = {
    .chip = "local-apic",
    .fields =
        (const Field[]){
            FIELD(LocalApic, base),
            FIELD(LocalApic, id),
            FIELD(LocalApic, task_priority),
            FIELD(LocalApic, logical_destination),
            FIELD(LocalApic, destination_format),
            FIELD(LocalApic, spurious),
            FIELD_ARRAY(LocalApic, request),
            FIELD_ARRAY(LocalApic, in_service),
            FIELD_ARRAY(LocalApic, trigger),
            FIELD(LocalApic, error),
            FIELD(LocalApic, error_seen),
            FIELD(LocalApic, icr_low),
            FIELD(LocalApic, icr_high),
            FIELD_ARRAY(LocalApic, lvt),
            FIELD(LocalApic, divide),
            FIELD(LocalApic, initial_count),
            FIELD(LocalApic, timer_start),
            FIELD(LocalApic, timer_running),
            FIELD_ARRAY(LocalApic, lint_levels),
            FIELD(LocalApic, external_pending),
            FIELD(LocalApic, waits_for_startup),
            FIELD(LocalApic, output),
            FIELD_EVENT(LocalApic, timer),
        },
    .count = 23,
    .restored = restored,
};

/* ---- 256-bit registers ---- */

static void set_bit(u32 *words, u8 vector)
{
    words[vector >> 5] |= 1u << (vector & 31);
}

static void clear_bit(u32 *words, u8 vector)
{
    words[vector >> 5] &= ~(1u << (vector & 31));
}

static bool test_bit(const u32 *words, u8 vector)
{
    return words[vector >> 5] >> (vector & 31) & 1;
}

/* The highest vector in the set, 0 for none (vectors below 16 never get in). */
static u8 highest(const u32 *words)
{
    for (int n = 7; n >= 0; n--)
        if (words[n])
            return 32 * n + 31 - __builtin_clz(words[n]);
    return 0;
}

/* ---- priorities ---- */

bool local_apic_enabled(const LocalApic *apic)
{
    return apic->base & BASE_ENABLE;
}

bool local_apic_software_enabled(const LocalApic *apic)
{
    return local_apic_enabled(apic) && (apic->spurious & SPURIOUS_ENABLE);
}

u8 local_apic_processor_priority(const LocalApic *apic)
{
    u8 in_service = highest(apic->in_service) & 0xF0;

    return (apic->task_priority & 0xF0) >= in_service ? apic->task_priority : in_service;
}

/* The vector that may interrupt the processor now; 0: none. */
static u8 deliverable(const LocalApic *apic)
{
    u8 vector = highest(apic->request);

    if (!local_apic_software_enabled(apic))
        return 0;
    return (vector & 0xF0) > (local_apic_processor_priority(apic) & 0xF0) ? vector : 0;
}

/* Whether the 8259 pair asks for the processor through this APIC. */
static bool external_request(const LocalApic *apic)
{
    u32 lint0 = apic->lvt[APIC_LVT_LINT0];

    if (!local_apic_enabled(apic))
        return apic->lint_levels[0];
    return apic->external_pending ||
           (apic->lint_levels[0] && !(lint0 & LVT_MASKED) && (lint0 >> 8 & 7) == APIC_EXTINT);
}

void local_apic_update(LocalApic *apic)
{
    bool level = external_request(apic) || deliverable(apic);

    if (level == apic->output)
        return;
    apic->output = level;
    if (apic->wires.interrupt)
        apic->wires.interrupt(apic->wires.owner, level);
}

u8 local_apic_acknowledge(LocalApic *apic)
{
    u8 vector = deliverable(apic);

    if (vector) {
        clear_bit(apic->request, vector);
        set_bit(apic->in_service, vector);
    } else if (external_request(apic) && apic->wires.external_acknowledge) {
        apic->external_pending = false;
        vector = apic->wires.external_acknowledge(apic->wires.owner);
    } else {
        vector = apic->spurious & 0xFF;
        LOG(apic->log, LOG_APIC, "spurious interrupt");
    }
    local_apic_update(apic);
    return vector;
}

/* ---- accepting interrupts ---- */

static void accept(LocalApic *apic, u8 vector, bool level)
{
    if (vector < FIRST_VECTOR) {
        local_apic_report_error(apic, ERROR_RECEIVED_VECTOR);
        return;
    }
    if (!local_apic_software_enabled(apic))
        return;
    set_bit(apic->request, vector);
    if (level)
        set_bit(apic->trigger, vector);
    else
        clear_bit(apic->trigger, vector);
    local_apic_update(apic);
}

/* An error whose own vector is illegal is only recorded. */
void local_apic_report_error(LocalApic *apic, u32 error)
{
    u32 entry = apic->lvt[APIC_LVT_ERROR];

    apic->error |= error;
    LOG(apic->log, LOG_APIC, "error %02X", error);
    if (!(entry & LVT_MASKED) && (entry & 0xFF) >= FIRST_VECTOR)
        accept(apic, entry & 0xFF, false);
}

static void receive_init(LocalApic *apic)
{
    local_apic_init_reset(apic);
    apic->waits_for_startup = !(apic->base & BASE_BOOT_PROCESSOR);
    if (apic->wires.init)
        apic->wires.init(apic->wires.owner);
}

static void receive_startup(LocalApic *apic, u8 vector)
{
    if (!apic->waits_for_startup)
        return;
    apic->waits_for_startup = false;
    if (apic->wires.startup)
        apic->wires.startup(apic->wires.owner, vector);
}

void local_apic_deliver(LocalApic *apic, const ApicMessage *message)
{
    switch (message->delivery) {
    case APIC_FIXED:
    case APIC_LOWEST_PRIORITY:
        accept(apic, message->vector, message->trigger_level);
        break;
    case APIC_SMI:
        if (apic->wires.smi)
            apic->wires.smi(apic->wires.owner);
        break;
    case APIC_NMI:
        if (apic->wires.nmi)
            apic->wires.nmi(apic->wires.owner);
        break;
    case APIC_INIT:
        if (message->level || !message->trigger_level) /* the de-assertion does nothing */
            receive_init(apic);
        break;
    case APIC_STARTUP:
        receive_startup(apic, message->vector);
        break;
    case APIC_EXTINT:
        apic->external_pending = true;
        local_apic_update(apic);
        break;
    default:
        LOG(apic->log, LOG_APIC, "message with reserved delivery mode %u", message->delivery);
    }
}

bool local_apic_matches(const LocalApic *apic, const ApicMessage *message)
{
    u8 destination = message->destination, logical = apic->logical_destination >> 24;

    if (!local_apic_enabled(apic))
        return false;
    if (destination == BROADCAST)
        return true;
    if (!message->logical)
        return destination == apic->id;
    if (apic->destination_format >> 28 == 0xF) /* flat model */
        return destination & logical;
    return destination >> 4 == logical >> 4 && (destination & logical & 0x0F);
}

/* ---- the pins ---- */

/* What an unmasked LINT pin does when it goes up, but for ExtINT, which is looked at as a level. */
void local_apic_lint_raised(LocalApic *apic, unsigned pin)
{
    u32 *entry = &apic->lvt[APIC_LVT_LINT0 + pin];
    bool level = (*entry & LVT_LEVEL) && pin == 0; /* LINT1 is edge-triggered whatever it says */
    ApicMessage message = {.vector = *entry & 0xFF, .delivery = *entry >> 8 & 7, .level = true};

    if (message.delivery == APIC_EXTINT || (*entry & LVT_MASKED))
        return;
    if (message.delivery == APIC_FIXED && level) {
        if (*entry & LVT_REMOTE_IRR)
            return;
        *entry |= LVT_REMOTE_IRR;
        message.trigger_level = true;
    }
    local_apic_deliver(apic, &message);
}

static void lint_set(void *target, unsigned pin, bool level)
{
    LocalApic *apic = target;
    bool rises = level && !apic->lint_levels[pin & 1];

    apic->lint_levels[pin & 1] = level;
    if (rises && local_apic_enabled(apic))
        local_apic_lint_raised(apic, pin & 1);
    else if (rises && pin == 1 && apic->wires.nmi)
        apic->wires.nmi(apic->wires.owner);
    local_apic_update(apic);
}

IrqLine local_apic_line(LocalApic *apic, unsigned pin)
{
    return (IrqLine){lint_set, apic, pin & 1};
}

void local_apic_end_of_interrupt(LocalApic *apic)
{
    u8 vector = highest(apic->in_service);
    u32 *lint0 = &apic->lvt[APIC_LVT_LINT0];

    if (!vector)
        return;
    clear_bit(apic->in_service, vector);
    if (test_bit(apic->trigger, vector)) {
        if ((*lint0 & LVT_REMOTE_IRR) && (*lint0 & 0xFF) == vector) {
            *lint0 &= ~LVT_REMOTE_IRR;
            if (apic->lint_levels[0])
                local_apic_lint_raised(apic, 0);
        }
        if (apic->wires.end_of_interrupt)
            apic->wires.end_of_interrupt(apic->wires.owner, vector);
    }
    local_apic_update(apic);
}

u8 local_apic_get_cr8(const LocalApic *apic)
{
    return apic->task_priority >> 4;
}

void local_apic_set_cr8(LocalApic *apic, u8 value)
{
    apic->task_priority = value << 4;
    local_apic_update(apic);
}

u64 local_apic_get_base(const LocalApic *apic)
{
    return apic->base;
}

bool local_apic_set_base(LocalApic *apic, u64 value)
{
    bool was_enabled = local_apic_enabled(apic);

    if (value & ~(BASE_ADDRESS | BASE_ENABLE | BASE_BOOT_PROCESSOR))
        return false;
    apic->base = value;
    if (was_enabled && !local_apic_enabled(apic))
        local_apic_init_reset(apic); /* it loses its state with the enable bit */
    local_apic_update(apic);
    return true;
}

static void timer_expired(void *owner)
{
    LocalApic *apic = owner;
    u32 entry = apic->lvt[APIC_LVT_TIMER];

    if (!(entry & LVT_MASKED))
        accept(apic, entry & 0xFF, false);
    local_apic_timer_settle(apic);
    local_apic_timer_schedule(apic);
}

void local_apic_init(LocalApic *apic, Clock *clock, Log *log, const LocalApicWires *wires, u8 id)
{
    *apic = (LocalApic){.clock = clock, .log = log, .wires = *wires, .initial_id = id};
    event_init(clock, &apic->timer, "apic-timer", timer_expired, apic);
    local_apic_reset(apic);
}

void local_apic_reset(LocalApic *apic)
{
    apic->id = apic->initial_id;
    apic->base = DEFAULT_BASE | BASE_ENABLE | (apic->id == 0 ? BASE_BOOT_PROCESSOR : 0);
    local_apic_init_reset(apic);
    apic->waits_for_startup = apic->id != 0;
}

void local_apic_init_reset(LocalApic *apic)
{
    apic->task_priority = 0;
    apic->logical_destination = 0;
    apic->destination_format = ~0u;
    apic->spurious = 0xFF;
    for (unsigned n = 0; n < 8; n++)
        apic->request[n] = apic->in_service[n] = apic->trigger[n] = 0;
    apic->error = apic->error_seen = 0;
    apic->icr_low = apic->icr_high = 0;
    for (unsigned n = 0; n < APIC_LVT_COUNT; n++)
        apic->lvt[n] = LVT_MASKED;
    if (apic->base & BASE_BOOT_PROCESSOR)
        apic->lvt[APIC_LVT_LINT0] = APIC_EXTINT << 8;
    apic->divide = 0;
    apic->external_pending = apic->waits_for_startup = false;
    local_apic_timer_start(apic, 0);
    local_apic_update(apic);
}
