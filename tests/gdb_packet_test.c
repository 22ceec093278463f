/*
 * Packets of gdb's protocol: what is sent arrives, and nothing that comes does harm.
 */
#include "frontend/gdb/packet.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static PacketDecoder decoder;

/* Feeds bytes; the last event that is not PACKET_NOTHING. */
static PacketEvent feed(const char *bytes, size_t length)
{
    PacketEvent last = PACKET_NOTHING, event;

    for (size_t i = 0; i < length; i++) {
        event = packet_decode(&decoder, (u8)bytes[i]);
        if (event != PACKET_NOTHING)
            last = event;
    }
    return last;
}

static PacketEvent feed_text(const char *text)
{
    return feed(text, strlen(text));
}

/* The same numbers in every run. */
static u32 next_random(u32 *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

Test(gdb_packet, content_and_checksum)
{
    cr_assert_eq(feed_text("$m1000,4#8e"), PACKET_READY);
    cr_assert_str_eq(decoder.content, "m1000,4");
    cr_assert_eq(decoder.length, 7);
    cr_assert_eq(feed_text("$#00"), PACKET_READY);
    cr_assert_eq(decoder.length, 0);
    cr_assert_eq(feed_text("$OK#9A"), PACKET_READY);
    cr_assert_str_eq(decoder.content, "OK");
}

Test(gdb_packet, wrong_checksums_are_found)
{
    cr_assert_eq(feed_text("$m1000,4#8f"), PACKET_DAMAGED);
    cr_assert_eq(feed_text("$m1000,4#zz"), PACKET_DAMAGED);
    cr_assert_eq(feed_text("$m1000,4#8z"), PACKET_DAMAGED);
    cr_assert_eq(feed_text("$OK#9a"), PACKET_READY);
}

Test(gdb_packet, what_stands_between_packets)
{
    cr_assert_eq(feed_text("+"), PACKET_ACK);
    cr_assert_eq(feed_text("-"), PACKET_NAK);
    cr_assert_eq(feed_text("\x03"), PACKET_INTERRUPT);
    cr_assert_eq(feed_text("GET / HTTP/1.1\r\n\r\n"), PACKET_NOTHING);
    cr_assert_eq(feed_text("$OK#9a"), PACKET_READY);
}

Test(gdb_packet, a_packet_given_up_is_forgotten)
{
    cr_assert_eq(feed_text("$m10$OK#9a"), PACKET_READY);
    cr_assert_str_eq(decoder.content, "OK");
}

Test(gdb_packet, escapes)
{
    /* } and the byte with bit 5 turned over: $ # } * and Ctrl-C, which needs none. */
    cr_assert_eq(feed("$X}\x04}\x03}]}\n\x03#bd", 14), PACKET_READY);
    cr_assert_eq(decoder.length, 6);
    cr_assert_arr_eq(decoder.content, "X$#}*\x03", 6);
}

Test(gdb_packet, run_lengths)
{
    /* The manual's example: "0* " is 0000. */
    cr_assert_eq(feed_text("$0* #7a"), PACKET_READY);
    cr_assert_str_eq(decoder.content, "0000");
    cr_assert_eq(feed_text("$*~#a8"), PACKET_READY);
    cr_assert_eq(decoder.length, 0, "there is nothing to repeat");
}

Test(gdb_packet, too_long_is_told_and_survived)
{
    u8 sum = 0;
    char end[8];

    cr_assert_eq(feed_text("$"), PACKET_NOTHING);
    for (unsigned i = 0; i < 5 * GDB_PACKET_SIZE; i++, sum += 'a')
        cr_assert_eq(feed_text("a"), PACKET_NOTHING);
    snprintf(end, sizeof end, "#%02x", sum);
    cr_assert_eq(feed_text(end), PACKET_TOO_LONG);
    cr_assert_eq(feed_text("$OK#9a"), PACKET_READY);
}

Test(gdb_packet, what_is_encoded_can_be_decoded)
{
    static char content[GDB_PACKET_SIZE], framed[GDB_FRAMED];
    u32 state = 1;

    for (unsigned length = 0; length <= GDB_PACKET_SIZE; length += 1 + length / 3) {
        for (unsigned i = 0; i < length; i++)
            content[i] = (char)next_random(&state);
        cr_assert_eq(feed(framed, packet_encode(content, length, framed)), PACKET_READY);
        cr_assert_eq(decoder.length, length);
        cr_assert_arr_eq(decoder.content, content, length);
    }
    memset(content, '$', sizeof content);
    cr_assert_eq(packet_encode(content, sizeof content, framed), (size_t)GDB_FRAMED);
    cr_assert_eq(feed(framed, GDB_FRAMED), PACKET_READY);
}

Test(gdb_packet, any_bytes_may_come)
{
    static const char likely[] = "$#}*+-\x03~0a";
    u32 state = 2;

    for (unsigned i = 0; i < 2000000; i++) {
        u32 number = next_random(&state);
        u8 byte = number & 0x100 ? (u8)number : (u8)likely[number % (sizeof likely - 1)];

        packet_decode(&decoder, byte);
        cr_assert_leq(decoder.length, (unsigned)GDB_PACKET_SIZE);
    }
    feed_text("#00");
    cr_assert_eq(feed_text("$OK#9a"), PACKET_READY);
}

Test(gdb_packet, numbers)
{
    const char *text = "7c00,1", *longest = "ffffffffffffffff", *too_long = "1ffffffffffffffff";
    u64 number;

    cr_assert(hex_number(&text, &number));
    cr_assert_eq(number, 0x7C00);
    cr_assert_str_eq(text, ",1");
    cr_assert(!hex_number(&text, &number), "a comma is no number");
    cr_assert(hex_number(&longest, &number));
    cr_assert_eq(number, UINT64_MAX);
    cr_assert(!hex_number(&too_long, &number));
}

Test(gdb_packet, bytes_in_hexadecimal)
{
    const u8 bytes[] = {0x00, 0x7F, 0xC0, 0xFF};
    const char *text = "007fC0FF", *odd = "123";
    char written[9];
    u8 read[4];

    hex_encode(bytes, sizeof bytes, written);
    cr_assert_str_eq(written, "007fc0ff");
    cr_assert(hex_decode(&text, read, sizeof read));
    cr_assert_arr_eq(read, bytes, sizeof bytes);
    cr_assert_str_eq(text, "");
    cr_assert(!hex_decode(&odd, read, 2));
}
