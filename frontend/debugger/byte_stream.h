/*
 * Numbers and bytes in a row, as files of the timeline hold them. Numbers take as many bytes as they
 * need, seven bits in each. Whoever reads may be given anything: past its end, or where a number is
 * none, a reader gives zeros and says that it has failed.
 */
#ifndef FRONTEND_DEBUGGER_BYTE_STREAM_H
#define FRONTEND_DEBUGGER_BYTE_STREAM_H

#include "mmu/base.h"

typedef struct ByteWriter {
    u8 *bytes;
    u64 length, room;
    bool failed;        /* out of memory */
} ByteWriter;

void put_number(ByteWriter *writer, u64 value);
void put_signed(ByteWriter *writer, i64 value);
void put_bytes(ByteWriter *writer, const void *bytes, u64 length);
void put_blob(ByteWriter *writer, const void *bytes, u64 length);   /* with its length */
void put_text(ByteWriter *writer, const char *text);                /* NULL as "" */
void byte_writer_free(ByteWriter *writer);

typedef struct ByteReader {
    const u8 *bytes;
    u64 length, at;
    bool failed;
} ByteReader;

u64 get_number(ByteReader *reader);
/* At most `most`; more is a failure. */
u64 get_limited(ByteReader *reader, u64 most);
i64 get_signed(ByteReader *reader);
const u8 *get_bytes(ByteReader *reader, u64 length);    /* NULL: there are not so many */
/* A copy for free(), ended by a zero that is not counted; NULL: failed. */
u8 *get_blob(ByteReader *reader, u64 most, u64 *length);

#endif
