#include "frontend/gdb/packet.h"

#include <string.h>

enum {
    CTRL_C = 3,
    ESCAPE = '}',
    REPEAT = '*',
    ESCAPE_BIT = 0x20,
    REPEAT_BASE = 29,
    NO_DIGIT = 0x80
};

/* ---- hexadecimal ---- */

static const char digits[] = "0123456789abcdef";

int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool hex_number(const char **text, u64 *number)
{
    const char *at = *text;

    for (*number = 0; hex_digit(*at) >= 0 && at < *text + 16; at++)
        *number = *number << 4 | (u64)hex_digit(*at);
    if (at == *text || hex_digit(*at) >= 0)
        return false;
    *text = at;
    return true;
}

void hex_encode(const void *bytes, size_t length, char *text)
{
    const u8 *from = bytes;

    for (size_t i = 0; i < length; i++) {
        *text++ = digits[from[i] >> 4];
        *text++ = digits[from[i] & 15];
    }
    *text = '\0';
}

bool hex_decode(const char **text, void *bytes, size_t length)
{
    const char *at = *text;
    u8 *to = bytes;

    for (size_t i = 0; i < length; i++, at += 2) {
        if (hex_digit(at[0]) < 0 || hex_digit(at[1]) < 0)
            return false;
        to[i] = (u8)(hex_digit(at[0]) << 4 | hex_digit(at[1]));
    }
    *text = at;
    return true;
}

/* ---- coming in ---- */

static void begin(PacketDecoder *decoder)
{
    decoder->state = PACKET_CONTENT;
    decoder->sum = 0;
    decoder->length = 0;
    decoder->too_long = false;
}

static void keep(PacketDecoder *decoder, char byte)
{
    if (decoder->length < GDB_PACKET_SIZE)
        decoder->content[decoder->length++] = byte;
    else
        decoder->too_long = true;
}

static void repeat(PacketDecoder *decoder, u8 count)
{
    char byte = decoder->length ? decoder->content[decoder->length - 1] : '\0';

    for (; count > REPEAT_BASE && decoder->length; count--)
        keep(decoder, byte);
}

static PacketEvent between(PacketDecoder *decoder, u8 byte)
{
    switch (byte) {
    case '$':
        begin(decoder);
        return PACKET_NOTHING;
    case '+':
        return PACKET_ACK;
    case '-':
        return PACKET_NAK;
    case CTRL_C:
        return PACKET_INTERRUPT;
    default:
        return PACKET_NOTHING;
    }
}

static PacketEvent content(PacketDecoder *decoder, u8 byte)
{
    if (byte == '#') {
        decoder->state = PACKET_CHECK_HIGH;
        return PACKET_NOTHING;
    }
    if (byte == '$') {
        /* Never within a packet: the other end gave the last one up. */
        begin(decoder);
        return PACKET_NOTHING;
    }
    decoder->sum += byte;
    if (decoder->state == PACKET_ESCAPE)
        keep(decoder, (char)(byte ^ ESCAPE_BIT));
    else if (decoder->state == PACKET_REPEAT)
        repeat(decoder, byte);
    else if (byte != ESCAPE && byte != REPEAT)
        keep(decoder, (char)byte);
    decoder->state = decoder->state != PACKET_CONTENT ? PACKET_CONTENT
                     : byte == ESCAPE                 ? PACKET_ESCAPE
                     : byte == REPEAT                 ? PACKET_REPEAT
                                                      : PACKET_CONTENT;
    return PACKET_NOTHING;
}

static PacketEvent finish(PacketDecoder *decoder, u8 byte)
{
    int low = hex_digit((char)byte);

    decoder->state = PACKET_BETWEEN;
    decoder->content[decoder->length] = '\0';
    if (decoder->check == NO_DIGIT || low < 0 || decoder->sum != (decoder->check << 4 | low))
        return PACKET_DAMAGED;
    return decoder->too_long ? PACKET_TOO_LONG : PACKET_READY;
}

PacketEvent packet_decode(PacketDecoder *decoder, u8 byte)
{
    switch (decoder->state) {
    case PACKET_BETWEEN:
        return between(decoder, byte);
    case PACKET_CONTENT:
    case PACKET_ESCAPE:
    case PACKET_REPEAT:
        return content(decoder, byte);
    case PACKET_CHECK_HIGH:
        decoder->check = hex_digit((char)byte) < 0 ? NO_DIGIT : (u8)hex_digit((char)byte);
        decoder->state = PACKET_CHECK_LOW;
        return PACKET_NOTHING;
    case PACKET_CHECK_LOW:
        return finish(decoder, byte);
    }
    return PACKET_NOTHING;
}

/* ---- going out ---- */

static bool must_be_escaped(char byte)
{
    return byte == '$' || byte == '#' || byte == ESCAPE || byte == REPEAT;
}

size_t packet_encode(const char *content_bytes, size_t length, char framed[GDB_FRAMED])
{
    char *to = framed;
    u8 sum = 0;

    *to++ = '$';
    for (size_t i = 0; i < length; i++) {
        if (must_be_escaped(content_bytes[i])) {
            *to++ = ESCAPE;
            *to++ = content_bytes[i] ^ ESCAPE_BIT;
        } else {
            *to++ = content_bytes[i];
        }
    }
    for (const char *at = framed + 1; at < to; at++)
        sum += (u8)*at;
    *to++ = '#';
    *to++ = digits[sum >> 4];
    *to++ = digits[sum & 15];
    return (size_t)(to - framed);
}
