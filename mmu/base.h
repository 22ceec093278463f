/*
 * The words everything is written in: integer types, operand sizes, bit tricks.
 */
#ifndef MMU_BASE_H
#define MMU_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;
typedef unsigned __int128 u128;
typedef __int128 i128;

/* A physical address, or a port number in the port space. */
typedef u64 PhysAddr;

/* Operand sizes; the value is the number of bytes. */
typedef enum Size { BYTE = 1, WORD = 2, DWORD = 4, QWORD = 8 } Size;

enum { PAGE_SHIFT = 12, PAGE_SIZE = 1 << PAGE_SHIFT, PAGE_MASK = PAGE_SIZE - 1 };

#define FORCE_INLINE    static inline __attribute__((always_inline))
#define UNLIKELY(x)     __builtin_expect(!!(x), 0)
#define LIKELY(x)       __builtin_expect(!!(x), 1)
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* The lowest `size` bytes, all ones. */
FORCE_INLINE u64 size_mask(Size size)
{
    return ~(u64)0 >> (64 - 8 * size);
}

/* The most significant bit of an operand of `size` bytes. */
FORCE_INLINE u64 size_sign(Size size)
{
    return (u64)1 << (8 * size - 1);
}

/* Sign-extends the lowest `size` bytes of `value` to 64 bits. */
FORCE_INLINE u64 sign_extend(u64 value, Size size)
{
    unsigned shift = 64 - 8 * size;
    return (u64)((i64)(value << shift) >> shift);
}

/* Bits `low` .. `high` of `value`, both included, moved down to bit 0. */
FORCE_INLINE u64 bits(u64 value, unsigned high, unsigned low)
{
    return value >> low & ~(u64)0 >> (63 - (high - low));
}

FORCE_INLINE bool bit(u64 value, unsigned number)
{
    return value >> number & 1;
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "vitrine keeps guest registers and memory in host order: little-endian hosts only"
#endif

#endif
