#include "devices/local_apic_registers.h"
#include "devices/local_apic_timer.h"

/* Registers, by offset / 16. */
enum {
    REG_ID = 0x02,
    REG_VERSION = 0x03,
    REG_TPR = 0x08,
    REG_APR = 0x09,
    REG_PPR = 0x0A,
    REG_EOI = 0x0B,
    REG_RRD = 0x0C,
    REG_LDR = 0x0D,
    REG_DFR = 0x0E,
    REG_SVR = 0x0F,
    REG_ISR = 0x10,
    REG_TMR = 0x18,
    REG_IRR = 0x20,
    REG_ESR = 0x28,
    REG_ICR_LOW = 0x30,
    REG_ICR_HIGH = 0x31,
    REG_LVT = 0x32,
    REG_INITIAL_COUNT = 0x38,
    REG_CURRENT_COUNT = 0x39,
    REG_DIVIDE = 0x3E,
};

enum { VERSION = 0x14 | (APIC_LVT_COUNT - 1) << 16 };
enum { SPURIOUS_ENABLE = 1 << 8, SPURIOUS_WRITABLE = 0x3FF };
enum { FIRST_VECTOR = 16, ICR_WRITABLE = 0xCCFFF };

#define LDR_WRITABLE 0xFF000000u
#define DFR_ONES     0x0FFFFFFFu

static const u32 lvt_writable[APIC_LVT_COUNT] = {
    [APIC_LVT_TIMER] = 0x300FF, [APIC_LVT_THERMAL] = 0x107FF, [APIC_LVT_PERFORMANCE] = 0x107FF,
    [APIC_LVT_LINT0] = 0x1A7FF, [APIC_LVT_LINT1] = 0x1A7FF,   [APIC_LVT_ERROR] = 0x100FF,
};

static void send_command(LocalApic *apic)
{
    u32 low = apic->icr_low;
    ApicMessage message = {
        .vector = low & 0xFF,
        .delivery = low >> 8 & 7,
        .destination = apic->icr_high >> 24,
        .logical = bit(low, 11),
        .level = bit(low, 14),
        .trigger_level = bit(low, 15),
        .shorthand = low >> 18 & 3,
    };

    LOG(apic->log, LOG_APIC, "APIC %u sends: ICR %08X%08X", apic->id, apic->icr_high, low);
    if (message.delivery <= APIC_LOWEST_PRIORITY) {
        message.trigger_level = false; /* messages between processors are edges */
        if (message.vector < FIRST_VECTOR) {
            local_apic_report_error(apic, ERROR_SEND_VECTOR);
            return;
        }
    }
    if (apic->wires.send)
        apic->wires.send(apic->wires.owner, apic, &message);
}

static void write_lvt(LocalApic *apic, ApicLvt index, u32 value)
{
    u32 *entry = &apic->lvt[index];

    local_apic_timer_settle(apic);
    *entry = (*entry & LVT_REMOTE_IRR) | (value & lvt_writable[index]);
    if (!local_apic_software_enabled(apic))
        *entry |= LVT_MASKED;
    if (index == APIC_LVT_TIMER)
        local_apic_timer_schedule(apic);
    if (!(*entry & LVT_LEVEL))
        *entry &= ~LVT_REMOTE_IRR;
    else if (index == APIC_LVT_LINT0 && apic->lint_levels[0])
        local_apic_lint_raised(apic, 0);
}

static void write_spurious(LocalApic *apic, u32 value)
{
    apic->spurious = value & SPURIOUS_WRITABLE;
    if (apic->spurious & SPURIOUS_ENABLE)
        return;
    for (unsigned n = 0; n < APIC_LVT_COUNT; n++)
        apic->lvt[n] |= LVT_MASKED;
    local_apic_timer_schedule(apic);
}

static u32 read_register(LocalApic *apic, unsigned reg)
{
    switch (reg) {
    case REG_ID:
        return (u32)apic->id << 24;
    case REG_VERSION:
        return VERSION;
    case REG_TPR:
        return apic->task_priority;
    case REG_APR: /* arbitration, and remote read: the Pentium's; nothing to show */
    case REG_RRD:
    case REG_EOI:
        return 0;
    case REG_PPR:
        return local_apic_processor_priority(apic);
    case REG_LDR:
        return apic->logical_destination;
    case REG_DFR:
        return apic->destination_format;
    case REG_SVR:
        return apic->spurious;
    case REG_ESR:
        return apic->error_seen;
    case REG_ICR_LOW:
        return apic->icr_low;
    case REG_ICR_HIGH:
        return apic->icr_high;
    case REG_INITIAL_COUNT:
        return apic->initial_count;
    case REG_CURRENT_COUNT:
        return local_apic_timer_count(apic);
    case REG_DIVIDE:
        return apic->divide;
    }
    if (reg >= REG_ISR && reg < REG_ESR)
        return (reg < REG_TMR   ? apic->in_service
                : reg < REG_IRR ? apic->trigger
                                : apic->request)[reg & 7];
    if (reg >= REG_LVT && reg < REG_LVT + APIC_LVT_COUNT)
        return apic->lvt[reg - REG_LVT];
    local_apic_report_error(apic, ERROR_REGISTER);
    return 0;
}

static void write_register(LocalApic *apic, unsigned reg, u32 value)
{
    switch (reg) {
    case REG_ID:
        apic->id = value >> 24;
        return;
    case REG_TPR:
        apic->task_priority = value;
        return;
    case REG_EOI:
        local_apic_end_of_interrupt(apic);
        return;
    case REG_LDR:
        apic->logical_destination = value & LDR_WRITABLE;
        return;
    case REG_DFR:
        apic->destination_format = value | DFR_ONES;
        return;
    case REG_SVR:
        write_spurious(apic, value);
        return;
    case REG_ESR:
        apic->error_seen = apic->error;
        apic->error = 0;
        return;
    case REG_ICR_LOW:
        apic->icr_low = value & ICR_WRITABLE;
        send_command(apic);
        return;
    case REG_ICR_HIGH:
        apic->icr_high = value & 0xFF000000;
        return;
    case REG_INITIAL_COUNT:
        local_apic_timer_start(apic, value);
        return;
    case REG_DIVIDE:
        local_apic_timer_divide(apic, value & 0x0B);
        return;
    }
    if (reg >= REG_LVT && reg < REG_LVT + APIC_LVT_COUNT)
        write_lvt(apic, reg - REG_LVT, value);
    else if (reg < REG_ID || reg > REG_DIVIDE)
        local_apic_report_error(apic, ERROR_REGISTER);
}

/* Registers lie 16 bytes apart; what is between them reads 0. */
u32 local_apic_read(LocalApic *apic, u32 offset)
{
    return offset & 0xC ? 0 : read_register(apic, offset >> 4 & 0xFF);
}

void local_apic_write(LocalApic *apic, u32 offset, u32 value)
{
    if (offset & 0xF)
        return;
    write_register(apic, offset >> 4 & 0xFF, value);
    local_apic_update(apic);
}
