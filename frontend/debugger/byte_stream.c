#include "frontend/debugger/byte_stream.h"

#include <stdlib.h>
#include <string.h>

void put_bytes(ByteWriter *writer, const void *bytes, u64 length)
{
    if (writer->length + length > writer->room) {
        u64 room = (writer->length + length) * 2 + 64;
        u8 *grown = realloc(writer->bytes, room);

        if (!grown) {
            writer->failed = true;
            return;
        }
        writer->bytes = grown;
        writer->room = room;
    }
    if (length)
        memcpy(writer->bytes + writer->length, bytes, length);
    writer->length += length;
}

void put_number(ByteWriter *writer, u64 value)
{
    u8 bytes[10];
    unsigned count = 0;

    for (; value >= 0x80; value >>= 7)
        bytes[count++] = (u8)(value | 0x80);
    bytes[count++] = (u8)value;
    put_bytes(writer, bytes, count);
}

/* Small ones of either sign are short. */
void put_signed(ByteWriter *writer, i64 value)
{
    put_number(writer, (u64)value << 1 ^ (value < 0 ? ~(u64)0 : 0));
}

void put_blob(ByteWriter *writer, const void *bytes, u64 length)
{
    put_number(writer, length);
    put_bytes(writer, bytes, length);
}

void put_text(ByteWriter *writer, const char *text)
{
    put_blob(writer, text, text ? strlen(text) : 0);
}

void byte_writer_free(ByteWriter *writer)
{
    free(writer->bytes);
    *writer = (ByteWriter){0};
}

const u8 *get_bytes(ByteReader *reader, u64 length)
{
    const u8 *result = reader->bytes + reader->at;

    if (reader->failed || length > reader->length - reader->at) {
        reader->failed = true;
        return NULL;
    }
    reader->at += length;
    return result;
}

u64 get_number(ByteReader *reader)
{
    u64 value = 0;

    for (unsigned shift = 0; shift < 70; shift += 7) {
        const u8 *byte = get_bytes(reader, 1);

        if (!byte)
            return 0;
        if (shift == 63 && *byte > 1)
            break;
        value |= (u64)(*byte & 0x7F) << shift;
        if (!(*byte & 0x80))
            return value;
    }
    reader->failed = true;
    return 0;
}

u64 get_limited(ByteReader *reader, u64 most)
{
    u64 value = get_number(reader);

    if (value <= most)
        return value;
    reader->failed = true;
    return 0;
}

i64 get_signed(ByteReader *reader)
{
    u64 value = get_number(reader);

    return (i64)(value >> 1 ^ (~(value & 1) + 1));
}

u8 *get_blob(ByteReader *reader, u64 most, u64 *length)
{
    u64 count = get_limited(reader, most);
    const u8 *bytes = get_bytes(reader, count);
    u8 *copy = bytes ? malloc(count + 1) : NULL;

    *length = 0;
    if (!copy) {
        reader->failed = true;
        return NULL;
    }
    memcpy(copy, bytes, count);
    copy[count] = 0;
    *length = count;
    return copy;
}
