#include "devices/mc146818.h"
#include "devices/mc146818_date.h"

/* Register A. */
enum {
    A_UIP = 0x80,
    A_DIVIDER = 0x70,
    A_DIVIDER_32768 = 0x20,
    A_DIVIDER_RESET = 0x60,
    A_RATE = 0x0F
};
/* Register B; register C has PF, AF and UF in the same places as B their enables. */
enum { B_SET = 0x80, B_PIE = 0x40, B_AIE = 0x20, B_UIE = 0x10, B_SQWE = 0x08 };
enum { C_IRQF = 0x80, FLAGS = B_PIE | B_AIE | B_UIE };
enum { D_VRT = 0x80 };
enum { INDEX_NMI_MASK = 0x80, INDEX = 0x7F, SECOND_BANK = 0x80 };

/* An update takes 1,984 microseconds and is announced 244 before: data sheet, "Update Cycle". */
enum { UPDATE_TICKS = 73 };

static void restored(void *chip)
{
    Mc146818 *rtc = chip;

    clock_restore_event(rtc->clock, &rtc->due);
}

const StateTable mc146818_state = {
    .chip = "mc146818",
    .fields = (const Field[]){FIELD(Mc146818, index), FIELD(Mc146818, extended_index),
                              FIELD_ARRAY(Mc146818, cmos), FIELD(Mc146818, divider_start),
                              FIELD(Mc146818, seconds_seen), FIELD(Mc146818, ticks_seen),
                              FIELD_EVENT(Mc146818, due)},
    .count = 7,
    .restored = restored,
};

/* ---- the divider chain ---- */

static bool divider_runs(const Mc146818 *rtc)
{
    return (rtc->cmos[RTC_A] & A_DIVIDER) == A_DIVIDER_32768;
}

static bool date_runs(const Mc146818 *rtc)
{
    return divider_runs(rtc) && !(rtc->cmos[RTC_B] & B_SET);
}

/* Ticks of 32,768 Hz that the chain has counted. Half a second is missing after it was restarted.
 */
static u64 divider_ticks(const Mc146818 *rtc)
{
    i64 past = (i64)clock_ticks(rtc->clock, RTC_HZ) - rtc->divider_start;

    return past < 0 ? 0 : past;
}

/* Ticks between periodic interrupts, 0: none. Rates 1 and 2 repeat 8 and 9. */
static u64 period(const Mc146818 *rtc)
{
    unsigned rate = rtc->cmos[RTC_A] & A_RATE;

    if (rate == 0 || !divider_runs(rtc))
        return 0;
    return (u64)1 << (rate <= 2 ? rate + 6 : rate - 1);
}

/* ---- flags and the interrupt ---- */

/* The tick at which `flag` rises next, counted from `ticks_seen`; 0: never. */
static u64 next_rise(const Mc146818 *rtc, u8 flag)
{
    u64 each = flag == B_PIE ? period(rtc) : RTC_HZ;
    u64 next;

    if (!each || (flag != B_PIE && !date_runs(rtc)))
        return 0;
    next = (rtc->ticks_seen / each + 1) * each;
    if (flag == B_AIE) {
        /* The date, and so the alarm, is as of `seconds_seen`, which is where ticks_seen is. */
        u32 wait = date_seconds_to_alarm(rtc->cmos);

        return wait ? (rtc->seconds_seen + wait) * RTC_HZ : 0;
    }
    return next;
}

/* Brings the date and register C up to the present. */
static void catch_up(Mc146818 *rtc)
{
    u64 now = divider_ticks(rtc), seconds = now / RTC_HZ;

    for (unsigned flag = B_UIE; flag <= B_PIE; flag <<= 1) {
        u64 rise = next_rise(rtc, flag);

        if (rise && rise <= now)
            rtc->cmos[RTC_C] |= flag;
    }
    if (seconds > rtc->seconds_seen && date_runs(rtc))
        date_advance(rtc->cmos, seconds - rtc->seconds_seen);
    rtc->seconds_seen = seconds;
    rtc->ticks_seen = now;
}

/* Drives IRQ8 and schedules the next time that it can rise. While it is high nothing can happen
 * that a program could not find out by reading. */
static void update_irq(Mc146818 *rtc)
{
    u8 enables = rtc->cmos[RTC_B] & FLAGS;
    bool raised = rtc->cmos[RTC_C] & enables;
    u64 first = 0;

    rtc->cmos[RTC_C] = (rtc->cmos[RTC_C] & FLAGS) | (raised ? C_IRQF : 0);
    irq_line_set(rtc->irq, raised);
    for (unsigned flag = B_UIE; flag <= B_PIE && !raised; flag <<= 1) {
        u64 rise = enables & flag ? next_rise(rtc, flag) : 0;

        if (rise && (!first || rise < first))
            first = rise;
    }
    clock_schedule(rtc->clock, &rtc->due,
                   first ? clock_when(rtc->clock, rtc->divider_start + first, RTC_HZ)
                         : EVENT_NEVER);
}

static void flag_due(void *owner)
{
    catch_up(owner);
    update_irq(owner);
}

/* ---- registers ---- */

static u8 read_register(Mc146818 *rtc, u8 index)
{
    u8 value;

    if (index <= RTC_D || index == RTC_CENTURY)
        catch_up(rtc);
    value = rtc->cmos[index];
    if (index == RTC_A && date_runs(rtc) && RTC_HZ - rtc->ticks_seen % RTC_HZ <= UPDATE_TICKS)
        value |= A_UIP;
    if (index == RTC_C) {
        update_irq(rtc);
        value = rtc->cmos[RTC_C];
        rtc->cmos[RTC_C] = 0;
        update_irq(rtc);
    }
    return value;
}

static void write_a(Mc146818 *rtc, u8 value)
{
    bool ran = divider_runs(rtc);

    rtc->cmos[RTC_A] = value & ~A_UIP;
    if (divider_runs(rtc) == ran)
        return;
    if (!ran) {
        /* The first update comes half a second after the chain was let go. */
        rtc->divider_start = (i64)clock_ticks(rtc->clock, RTC_HZ) - RTC_HZ / 2;
        rtc->ticks_seen = divider_ticks(rtc);
        rtc->seconds_seen = 0;
    } else if ((value & A_DIVIDER) < A_DIVIDER_RESET) {
        log_once(rtc->log, LOG_RTC, "only a time base of 32,768 Hz is implemented");
    }
}

static void write_register(Mc146818 *rtc, u8 index, u8 value)
{
    catch_up(rtc);
    switch (index) {
    case RTC_A:
        write_a(rtc, value);
        break;
    case RTC_B:
        if (value & B_SET)
            value &= ~B_UIE;
        rtc->cmos[RTC_B] = value;
        break;
    case RTC_C:
    case RTC_D:
        return;
    default:
        rtc->cmos[index] = value;
    }
    if (index <= RTC_B)
        update_irq(rtc);
}

void mc146818_set(Mc146818 *rtc, u8 index, u8 value)
{
    rtc->cmos[index] = value;
}

u8 mc146818_get(const Mc146818 *rtc, u8 index)
{
    return rtc->cmos[index];
}

/* ---- ports ---- */

/* The index ports cannot be read. */
static u64 port_read(void *device, u32 offset, Size size)
{
    Mc146818 *rtc = device;

    (void)size;
    if (!(offset & 1))
        return 0xFF;
    if (offset & 2)
        return rtc->cmos[SECOND_BANK | (rtc->extended_index & INDEX)];
    return read_register(rtc, rtc->index & INDEX);
}

static void port_write(void *device, u32 offset, Size size, u64 value)
{
    Mc146818 *rtc = device;

    (void)size;
    switch (offset & 3) {
    case 0:
        rtc->index = value;
        irq_line_set(rtc->nmi_mask, value & INDEX_NMI_MASK);
        break;
    case 1:
        LOG(rtc->log, LOG_RTC, "write %02X to register %02X", (u8)value, rtc->index & INDEX);
        write_register(rtc, rtc->index & INDEX, value);
        break;
    case 2:
        rtc->extended_index = value;
        break;
    default:
        rtc->cmos[SECOND_BANK | (rtc->extended_index & INDEX)] = value;
    }
}

static const IoOps rtc_io = {BYTE, port_read, port_write};

void mc146818_init(Mc146818 *rtc, AddressSpace *ports, Clock *clock, Log *log, IrqLine irq8,
                   IrqLine nmi_mask, i64 start_time)
{
    *rtc = (Mc146818){.clock = clock, .irq = irq8, .nmi_mask = nmi_mask, .log = log};
    event_init(clock, &rtc->due, "rtc", flag_due, rtc);
    space_add_io(ports, "rtc", 0x70, 4, &rtc_io, rtc);
    /* As a BIOS leaves them: 32,768 Hz, 1,024 Hz periodic, 24 hours, BCD. */
    rtc->cmos[RTC_A] = A_DIVIDER_32768 | 6;
    rtc->cmos[RTC_B] = RTC_B_24H;
    rtc->cmos[RTC_D] = D_VRT;
    rtc->divider_start = clock_ticks(clock, RTC_HZ);
    date_store(rtc->cmos, start_time);
}

void mc146818_reset(Mc146818 *rtc)
{
    catch_up(rtc);
    rtc->index = rtc->extended_index = 0;
    rtc->cmos[RTC_B] &= ~(FLAGS | B_SQWE);
    rtc->cmos[RTC_C] = 0;
    update_irq(rtc);
    irq_line_set(rtc->nmi_mask, false);
}
