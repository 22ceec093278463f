#include "frontend/conform/values.h"

#include <string.h>

static u64 pick(Random *random, const u64 *list, unsigned count)
{
    return list[random_below(random, count)];
}

u64 value_integer(Random *random)
{
    static const u64 edges[] = {
        0,
        1,
        2,
        3,
        7,
        8,
        0x0F,
        0x10,
        0x7F,
        0x80,
        0xFF,
        0x100,
        0x7FFF,
        0x8000,
        0xFFFF,
        0x10000,
        0x7FFFFFFF,
        0x80000000,
        0xFFFFFFFF,
        0xFFFFFFFE,
        0x100000000,
        (u64)1 << 63,
        ~(u64)0,
        ~(u64)0 >> 1,
        ~(u64)1,
        0xFFFFFFFF80000000,
        0xFFFFFFFFFFFF8000,
        0xFFFFFFFFFFFFFF80,
        0x5555555555555555,
        0xAAAAAAAAAAAAAAAA,
    };

    switch (random_below(random, 8)) {
    case 0:
    case 1:
        return pick(random, edges, COUNT_OF(edges));
    case 2:
        return pick(random, edges, COUNT_OF(edges)) + random_below(random, 5) - 2;
    case 3:
        return random_below(random, 72);
    case 4:
        return (u64)1 << random_below(random, 64);
    case 5:
        return (u64)(i64)(i32)random_next(random);
    default:
        return random_next(random);
    }
}

u32 value_single(Random *random)
{
    static const u64 edges[] = {
        0,          0x80000000, 1,          0x80000001, 0x807FFFFF, 0x007FFFFF, 0x00800000,
        0x80800000, 0x7F800000, 0xFF800000, 0x7F800001, 0xFFBFFFFF, 0x7FC00000, 0xFFC00000,
        0xFFFFFFFF, 0x3F800000, 0xBF800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x40490FDB, 0x4F000000,
        0xCF000000, 0x4EFFFFFF, 0x5F000000, 0xDF000000, 0x3F000000, 0xBF000000, 0x34000000,
        0x00FFFFFF, 0x3FC00000, 0x4B000000, 0x4B7FFFFF,
    };

    switch (random_below(random, 4)) {
    case 0:
    case 1:
        return (u32)pick(random, edges, COUNT_OF(edges));
    case 2: /* of moderate size */
        return ((u32)random_next(random) & 0x807FFFFF) | (112 + random_below(random, 32)) << 23;
    default:
        return (u32)random_next(random);
    }
}

u64 value_double(Random *random)
{
    static const u64 edges[] = {
        0,
        0x8000000000000000,
        1,
        0x800FFFFFFFFFFFFF,
        0x000FFFFFFFFFFFFF,
        0x0010000000000000,
        0x8010000000000000,
        0x7FF0000000000000,
        0xFFF0000000000000,
        0x7FF0000000000001,
        0xFFF7FFFFFFFFFFFF,
        0x7FF8000000000000,
        0xFFF8000000000000,
        0xFFFFFFFFFFFFFFFF,
        0x3FF0000000000000,
        0xBFF0000000000000,
        0x7FEFFFFFFFFFFFFF,
        0xBFF8000000000000,
        0x41DFFFFFFFC00000, /* the ends of integers: 2^31 - 1, -2^31, 2^63, -2^63 */
        0xC1E0000000000000,
        0x41E0000000000000,
        0x43E0000000000000,
        0xC3E0000000000000,
        0x47EFFFFFE0000000, /* ... of singles */
        0x47EFFFFFF0000000,
        0x3690000000000000,
        0x380FFFFFFFFFFFFF,
        0x3810000000000000,
        0x3FE0000000000000,
    };

    switch (random_below(random, 4)) {
    case 0:
    case 1:
        return pick(random, edges, COUNT_OF(edges));
    case 2:
        return (random_next(random) & 0x800FFFFFFFFFFFFF) | (u64)(1008 + random_below(random, 32))
                                                                << 52;
    default:
        return random_next(random);
    }
}

void value_extended(Random *random, u8 bytes[10])
{
    static const u16 exponents[] = {0,      1,      2,      0x3FFE, 0x3FFF, 0x4000, 0x3FBF,
                                    0x403E, 0x403F, 0x401E, 0x7FFE, 0x7FFF, 0x7FFF, 0x3C01,
                                    0x43FE, 0x3F81, 0x407E, 0x3FFD, 0x0010, 0x7FE0};
    static const u64 significands[] = {0,
                                       1,
                                       0x8000000000000000,
                                       0x8000000000000001,
                                       0xC000000000000000,
                                       0xC000000000000001,
                                       0xA000000000000000,
                                       0x4000000000000000,
                                       0x7FFFFFFFFFFFFFFF,
                                       0xFFFFFFFFFFFFFFFF,
                                       0xFFFFFFFFFFFFF800,
                                       0xFFFFFF0000000000,
                                       0xC90FDAA22168C235};
    u64 significand = random_next(random);
    u16 exponent = (u16)random_next(random);

    switch (random_below(random, 8)) {
    case 0:
    case 1: /* of moderate size */
    case 2:
        significand |= (u64)1 << 63;
        exponent = (u16)((exponent & 0x8000) | (0x3FFF - 40 + random_below(random, 80)));
        break;
    case 3: /* an integer */
        exponent = (u16)((exponent & 0x8000) | (0x3FFF + random_below(random, 66)));
        significand = (significand | (u64)1 << 63) & ~(u64)0 << random_below(random, 64);
        break;
    case 4:
    case 5:
        exponent =
            (u16)((exponent & 0x8000) | exponents[random_below(random, COUNT_OF(exponents))]);
        significand = pick(random, significands, COUNT_OF(significands));
        break;
    case 6:
        significand |= (u64)1 << 63;
        exponent =
            (u16)((exponent & 0x8000) | exponents[random_below(random, COUNT_OF(exponents))]);
        break;
    default:
        break;
    }
    memcpy(bytes, &significand, 8);
    memcpy(bytes + 8, &exponent, 2);
}

void value_decimal(Random *random, u8 bytes[10])
{
    for (unsigned i = 0; i < 9; i++)
        bytes[i] = (u8)(random_below(random, 10) << 4 | random_below(random, 10));
    bytes[9] = random_one_in(random, 2) ? 0x80 : 0;
    if (random_one_in(random, 8)) /* digits that are none */
        bytes[random_below(random, 10)] = (u8)random_next(random);
}

void value_vector(Random *random, u8 bytes[16])
{
    u64 words[2];
    u32 singles[4];

    switch (random_below(random, 8)) {
    case 0:
    case 1:
        for (unsigned i = 0; i < 4; i++)
            singles[i] = value_single(random);
        memcpy(bytes, singles, 16);
        return;
    case 2:
    case 3:
        words[0] = value_double(random);
        words[1] = value_double(random);
        break;
    case 4:
        words[0] = value_integer(random);
        words[1] = value_integer(random);
        break;
    case 5: /* a shift count */
        words[0] = random_below(random, 72);
        words[1] = random_one_in(random, 4);
        break;
    case 6: /* bytes that are often equal */
        for (unsigned i = 0; i < 16; i++)
            bytes[i] = (u8) "\x00\x01\x7F\x80\xFF\x41\x41\x61"[random_below(random, 8)];
        return;
    default:
        words[0] = random_next(random);
        words[1] = random_next(random);
        break;
    }
    memcpy(bytes, words, 16);
}

u16 value_x87_control(Random *random)
{
    u16 masks = random_below(random, 4) ? 0x3F : (u16)(random_next(random) & 0x3F);
    u16 rest = random_one_in(random, 2) ? 0x300 : (u16)(random_next(random) & 0xF00);

    return masks | rest | 0x40;
}

u16 value_x87_status(Random *random, u16 control)
{
    u16 status = (u16)(random_next(random) & 0x7F00);
    u64 some = random_next(random);
    u16 flags = (u16)(some & random_next(random) & 0x7F);

    if (!random_one_in(random, 32)) /* mostly no exception is pending */
        flags &= control | 0x40;
    status |= flags;
    return flags & ~control & 0x3F ? status | 0x8080 : status;
}

void value_x87(Random *random, FxImage *fx)
{
    bool mmx = random_one_in(random, 4);

    fx->control = value_x87_control(random);
    fx->status = value_x87_status(random, fx->control);
    fx->tags = random_below(random, 4) ? 0xFF : (u8)random_next(random);
    for (unsigned i = 0; i < 8; i++) {
        u8 vector[16];

        if (mmx) {
            value_vector(random, vector);
            memcpy(fx->st[i], vector, 8);
            fx->st[i][8] = fx->st[i][9] = 0xFF;
        } else {
            value_extended(random, fx->st[i]);
        }
    }
}

u32 value_mxcsr(Random *random)
{
    u32 masks = random_below(random, 4) ? 0x3F : random_next(random) & 0x3F;
    u64 some = random_next(random);
    u32 flags = (u32)(some & random_next(random)) & masks;
    u32 rest = random_one_in(random, 2) ? 0 : (u32)random_next(random) & 0xE040;

    return masks << 7 | flags | rest;
}

void value_xmm(Random *random, FxImage *fx)
{
    fx->mxcsr = value_mxcsr(random);
    for (unsigned i = 0; i < 16; i++)
        value_vector(random, fx->xmm[i]);
}
