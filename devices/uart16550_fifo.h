/*
 * One of the 16550A's two FIFOs. PC16550D data sheet, "FIFO Interrupt Mode Operation": each byte
 * of the receiver's carries its own error bits.
 */
#ifndef DEVICES_UART16550_FIFO_H
#define DEVICES_UART16550_FIFO_H

#include "mmu/base.h"

enum { UART_FIFO = 16 };

typedef struct UartFifo {
    u8 bytes[UART_FIFO];
    u8 errors[UART_FIFO];   /* LSR bits 2-4 that belong to the byte */
    u8 first, count;
} UartFifo;

/* The caller has looked whether there is room, or a byte. */
FORCE_INLINE void uart_fifo_push(UartFifo *fifo, u8 byte, u8 errors)
{
    unsigned at = (fifo->first + fifo->count) % UART_FIFO;

    fifo->bytes[at] = byte;
    fifo->errors[at] = errors;
    fifo->count++;
}

FORCE_INLINE u8 uart_fifo_pop(UartFifo *fifo)
{
    u8 byte = fifo->bytes[fifo->first];

    fifo->first = (fifo->first + 1) % UART_FIFO;
    fifo->count--;
    return byte;
}

FORCE_INLINE u8 uart_fifo_head_errors(const UartFifo *fifo)
{
    return fifo->count ? fifo->errors[fifo->first] : 0;
}

FORCE_INLINE bool uart_fifo_any_errors(const UartFifo *fifo)
{
    for (unsigned i = 0; i < fifo->count; i++)
        if (fifo->errors[(fifo->first + i) % UART_FIFO])
            return true;
    return false;
}

#endif
