#include "devices/i8259.h"

enum { CASCADE = 2, SPURIOUS = 7, NONE = -1 };

/* ICW1, ICW4, OCW3. */
enum { ICW1 = 0x10, ICW1_IC4 = 0x01, ICW1_SNGL = 0x02 };
enum { ICW4_AEOI = 0x02, ICW4_SFNM = 0x10 };
enum {
    OCW3 = 0x08,
    OCW3_RIS = 0x01,
    OCW3_RR = 0x02,
    OCW3_P = 0x04,
    OCW3_SMM = 0x20,
    OCW3_ESMM = 0x40
};

const StateTable i8259_state = {
    .chip = "8259",
#define CHIP_FIELDS(chip)                                                                          \
    FIELD(I8259Pair, chip.irr), FIELD(I8259Pair, chip.isr), FIELD(I8259Pair, chip.imr),            \
        FIELD(I8259Pair, chip.inputs), FIELD(I8259Pair, chip.elcr),                                \
        FIELD(I8259Pair, chip.vector_base), FIELD(I8259Pair, chip.icw3),                           \
        FIELD(I8259Pair, chip.icw4), FIELD(I8259Pair, chip.init_step),                             \
        FIELD(I8259Pair, chip.lowest), FIELD(I8259Pair, chip.expects_icw4),                        \
        FIELD(I8259Pair, chip.single), FIELD(I8259Pair, chip.rotate_on_auto_eoi),                  \
        FIELD(I8259Pair, chip.special_mask), FIELD(I8259Pair, chip.poll),                          \
        FIELD(I8259Pair, chip.read_isr), FIELD(I8259Pair, chip.output)
    .fields = (const Field[]){CHIP_FIELDS(master), CHIP_FIELDS(slave)},
    .count = 2 * 17,
#undef CHIP_FIELDS
};

/* The request that would be acknowledged now, or NONE: the one of highest priority that is not
 * masked and not kept waiting by one in service. */
static int highest_request(const I8259 *chip)
{
    u8 requests = chip->irr & ~chip->imr;
    u8 in_service = chip->special_mask ? chip->isr & ~chip->imr : chip->isr;

    if (chip->init_step)
        return NONE;
    for (unsigned i = 1; i <= 8; i++) {
        unsigned n = (chip->lowest + i) & 7;
        bool nested = (chip->icw4 & ICW4_SFNM) && !chip->is_slave && n == CASCADE;

        if (bit(in_service, n) && !nested)
            return NONE;
        if (bit(requests, n))
            return n;
        if (bit(in_service, n))
            return NONE;
    }
    return NONE;
}

static void set_input(I8259 *chip, unsigned n, bool level);

/* Drives the INT pin: the slave's is the master's input 2, the master's the processor's INTR. */
static void set_output(I8259 *chip, bool level)
{
    if (chip->output == level)
        return;
    chip->output = level;
    if (chip->is_slave)
        set_input(&chip->pair->master, CASCADE, level);
    else
        irq_line_set(chip->pair->intr, level);
}

static void update_output(I8259 *chip)
{
    set_output(chip, highest_request(chip) != NONE);
}

/* In edge mode too the request goes away with the input: it must stay high until it is
 * acknowledged. */
static void set_input(I8259 *chip, unsigned n, bool level)
{
    u8 mask = 1 << n;

    if (!level) {
        chip->inputs &= ~mask;
        chip->irr &= ~mask;
    } else if (!(chip->inputs & mask) || (chip->elcr & mask)) {
        chip->inputs |= mask;
        chip->irr |= mask;
    }
    update_output(chip);
}

static void line_set(void *target, unsigned pin, bool level)
{
    I8259Pair *pair = target;

    LOG(pair->log, LOG_PIC, "IRQ%u %s", pin, level ? "up" : "down");
    set_input(pin < 8 ? &pair->master : &pair->slave, pin & 7, level);
}

IrqLine i8259_line(I8259Pair *pair, unsigned irq)
{
    /* The bus pin IRQ2 of the PC/AT arrives at input 9. */
    return (IrqLine){line_set, pair, irq == CASCADE ? 9 : irq & 15};
}

/* What the first INTA pulse does: request to service. */
static void begin_service(I8259 *chip, unsigned n)
{
    u8 mask = 1 << n;

    if (!(chip->elcr & mask))
        chip->irr &= ~mask;
    if (!(chip->icw4 & ICW4_AEOI))
        chip->isr |= mask;
    else if (chip->rotate_on_auto_eoi)
        chip->lowest = n;
    /* INT falls with every acknowledge, so that the next request is a new edge for the master. */
    set_output(chip, false);
}

u8 i8259_acknowledge(I8259Pair *pair)
{
    I8259 *chip = &pair->master;
    int n = highest_request(chip);
    u8 vector;

    if (n != NONE)
        begin_service(chip, n);
    if (n == CASCADE && !chip->single) {
        chip = &pair->slave;
        n = highest_request(chip);
        if (n != NONE)
            begin_service(chip, n);
    }
    if (n == NONE) {
        n = SPURIOUS;
        LOG(pair->log, LOG_PIC, "spurious interrupt of the %s",
            chip->is_slave ? "slave" : "master");
    }
    vector = chip->vector_base | n;
    update_output(&pair->slave);
    update_output(&pair->master);
    LOG(pair->log, LOG_PIC, "acknowledge: vector %02X", vector);
    return vector;
}

/* Bits of the ISR that a non-specific EOI may clear, highest priority first. */
static int highest_in_service(const I8259 *chip)
{
    u8 in_service = chip->special_mask ? chip->isr & ~chip->imr : chip->isr;

    for (unsigned i = 1; i <= 8; i++)
        if (bit(in_service, (chip->lowest + i) & 7))
            return (chip->lowest + i) & 7;
    return NONE;
}

static void write_icw1(I8259 *chip, u8 value)
{
    chip->expects_icw4 = value & ICW1_IC4;
    chip->single = value & ICW1_SNGL;
    chip->init_step = 2;
    chip->imr = chip->isr = 0;
    chip->lowest = 7;
    chip->special_mask = chip->poll = chip->read_isr = chip->rotate_on_auto_eoi = false;
    chip->icw4 = 0;
    /* The edge sense circuit is reset: an input that is high must fall and rise again. */
    chip->irr &= chip->elcr;
}

static void write_icw(I8259 *chip, u8 value)
{
    switch (chip->init_step) {
    case 2:
        chip->vector_base = value & 0xF8;
        chip->init_step = !chip->single ? 3 : chip->expects_icw4 ? 4 : 0;
        break;
    case 3:
        chip->icw3 = value;
        chip->init_step = chip->expects_icw4 ? 4 : 0;
        break;
    default:
        chip->icw4 = value & 0x1F;
        chip->init_step = 0;
        if (!(value & 1))
            log_once(chip->pair->log, LOG_PIC, "MCS-80/85 mode is not implemented");
        break;
    }
}

static void write_ocw2(I8259 *chip, u8 value)
{
    bool rotate = bit(value, 7), specific = bit(value, 6), eoi = bit(value, 5);
    int n = specific ? value & 7 : highest_in_service(chip);

    if (!specific && !eoi) {
        chip->rotate_on_auto_eoi = rotate;
        return;
    }
    if (n == NONE)
        return;
    if (eoi)
        chip->isr &= ~(1 << n);
    if (rotate)
        chip->lowest = n;
}

static void write_ocw3(I8259 *chip, u8 value)
{
    if (value & OCW3_ESMM)
        chip->special_mask = value & OCW3_SMM;
    if (value & OCW3_RR)
        chip->read_isr = value & OCW3_RIS;
    chip->poll = value & OCW3_P;
}

static void chip_write(void *device, u32 offset, Size size, u64 value)
{
    I8259 *chip = device;

    (void)size;
    if (offset & 1) {
        if (chip->init_step)
            write_icw(chip, value);
        else
            chip->imr = value;
    } else if (value & ICW1) {
        write_icw1(chip, value);
    } else if (value & OCW3) {
        write_ocw3(chip, value);
    } else {
        write_ocw2(chip, value);
    }
    update_output(chip);
}

/* The poll command: the read that follows it acts as an acknowledge. */
static u8 poll(I8259 *chip)
{
    int n = highest_request(chip);

    chip->poll = false;
    if (n == NONE)
        return 0;
    begin_service(chip, n);
    update_output(chip);
    return 0x80 | n;
}

static u64 chip_read(void *device, u32 offset, Size size)
{
    I8259 *chip = device;

    (void)size;
    if (chip->poll)
        return poll(chip);
    if (offset & 1)
        return chip->imr;
    return chip->read_isr ? chip->isr : chip->irr;
}

/* Inputs that the chipset keeps edge-triggered: 0, 1, 2 and 8, 13. */
static u8 elcr_writable(const I8259 *chip)
{
    return chip->is_slave ? 0xDE : 0xF8;
}

static u64 elcr_read(void *device, u32 offset, Size size)
{
    I8259Pair *pair = device;

    (void)size;
    return offset ? pair->slave.elcr : pair->master.elcr;
}

static void elcr_write(void *device, u32 offset, Size size, u64 value)
{
    I8259Pair *pair = device;
    I8259 *chip = offset ? &pair->slave : &pair->master;

    (void)size;
    chip->elcr = value & elcr_writable(chip);
    chip->irr = (chip->irr & ~chip->elcr) | (chip->inputs & chip->elcr);
    update_output(chip);
}

static const IoOps chip_io = {BYTE, chip_read, chip_write};
static const IoOps elcr_io = {BYTE, elcr_read, elcr_write};

void i8259_init(I8259Pair *pair, AddressSpace *ports, Log *log, IrqLine intr)
{
    *pair = (I8259Pair){.intr = intr, .log = log};
    pair->master.pair = pair->slave.pair = pair;
    pair->slave.is_slave = true;
    space_add_io(ports, "pic1", 0x20, 2, &chip_io, &pair->master);
    space_add_io(ports, "pic2", 0xA0, 2, &chip_io, &pair->slave);
    space_add_io(ports, "elcr", 0x4D0, 2, &elcr_io, pair);
    i8259_reset(pair);
}

/* The levels at the inputs are not the chip's to reset. Until ICW1 has come it gives no INT. */
static void chip_reset(I8259 *chip)
{
    chip->elcr = 0;
    write_icw1(chip, ICW1);
    chip->vector_base = chip->icw3 = 0;
    update_output(chip);
}

void i8259_reset(I8259Pair *pair)
{
    chip_reset(&pair->slave);
    chip_reset(&pair->master);
}
