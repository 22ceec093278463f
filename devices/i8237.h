/*
 * The two 8237A DMA controllers of the PC/AT: channels 0-3 move bytes, 5-7 move words, channel 4
 * is the cascade. Intel 8237A data sheet, "DMA Operation" and "Software Commands"; PIIX3 data
 * sheet, "DMA Controller" and "DMA Page Register".
 *
 * A device asserts its request, and moves as much as it has got whenever the channel is ready: see
 * i8237_request(), i8237_to_memory(), i8237_from_memory(). Transfers take no guest time of their
 * own; the device paces them.
 *
 * Not implemented: memory-to-memory transfers (the PC cannot use them: channel 0 refreshes),
 * compressed timing and extended write (they would only change bus cycles), PIIX3's F-type DMA.
 */
#ifndef DEVICES_I8237_H
#define DEVICES_I8237_H

#include "mmu/bus.h"
#include "mmu/field.h"

enum { I8237_CHANNELS = 8 };

typedef struct I8237Channel {
    u16 base_address, base_count; /* as programmed; auto-initialization reloads from them */
    u16 address, count;           /* bytes or words; `count` is one less than what is left */
    u8 mode;                      /* mode register: transfer type, auto-init, down, mode */
    bool masked, requested, software_request, terminal_count;
    void (*ready)(void *owner);
    void *owner;
} I8237Channel;

typedef struct I8237Controller {
    u8 command;
    bool high_byte; /* the byte pointer flip-flop */
    struct I8237 *dma;
    u8 first; /* its first channel: 0 or 4 */
} I8237Controller;

typedef struct I8237 {
    I8237Channel channels[I8237_CHANNELS];
    I8237Controller controllers[2]; /* [0]: channels 0-3, ports 00h; [1]: 4-7, ports C0h */
    u8 pages[16];                   /* ports 80h-8Fh: address bits 16-23 (port 80h: not used) */
    AddressSpace *memory;
    Log *log;
} I8237;

extern const StateTable i8237_state;

void i8237_init(I8237 *dma, AddressSpace *ports, AddressSpace *memory, Log *log);
void i8237_reset(I8237 *dma);

/* Who sits on a channel. `ready` is called when the channel, whose request was already asserted,
 * becomes able to transfer (the guest has unmasked it or enabled the controller). */
void i8237_attach(I8237 *dma, unsigned channel, void (*ready)(void *owner), void *owner);

/* The device's DREQ wire. It shows in the status register; it moves nothing by itself. */
void i8237_request(I8237 *dma, unsigned channel, bool level);

/* True when a transfer would move data now: enabled, not masked, not past a terminal count. */
bool i8237_ready(const I8237 *dma, unsigned channel);

/* Move up to `length` bytes (even for channels 5-7) between the device and memory, honouring mode,
 * direction, count and auto-initialization; the number of bytes that were moved: 0 while the
 * channel is not ready or programmed for the other direction. A channel in verify mode counts but
 * leaves memory alone, and the device gets zeroes. `*terminal_count` (may be NULL) tells whether
 * TC was pulsed with the last byte: no more is moved then until the next call. In single mode as
 * in block and demand mode the whole length is moved. */
u32 i8237_to_memory(I8237 *dma, unsigned channel, const u8 *bytes, u32 length,
                    bool *terminal_count);
u32 i8237_from_memory(I8237 *dma, unsigned channel, u8 *bytes, u32 length, bool *terminal_count);

#endif
