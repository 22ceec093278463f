#include "frontend/debugger/block_file.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

enum { LEVEL = 1 };

/* Little-endian, as the hosts are. */
typedef struct BlockHeader {
    u32 tag;
    u32 packed; /* bytes that follow */
    u64 length; /* of them unpacked */
    u64 bytes_hash, header_hash;
} BlockHeader;

static u64 header_hash(const BlockHeader *header)
{
    return XXH3_64bits(header, offsetof(BlockHeader, header_hash));
}

bool block_file_begin(FILE *file, const char *magic)
{
    return fputs(magic, file) >= 0;
}

bool block_write(FILE *file, u32 tag, const void *bytes, u64 length)
{
    size_t room = ZSTD_compressBound(length), packed;
    u8 *space = malloc(room);
    BlockHeader header = {.tag = tag, .length = length};
    bool written;

    assert(length <= BLOCK_MOST);
    if (!space)
        return false;
    packed = ZSTD_compress(space, room, bytes, length, LEVEL);
    header.packed = (u32)packed;
    header.bytes_hash = XXH3_64bits(space, ZSTD_isError(packed) ? 0 : packed);
    header.header_hash = header_hash(&header);
    written = !ZSTD_isError(packed) && fwrite(&header, sizeof header, 1, file) == 1 &&
              fwrite(space, 1, packed, file) == packed;
    free(space);
    return written;
}

bool block_file_check(FILE *file, const char *magic, const char *path, char *error,
                      size_t error_size)
{
    char line[32] = "";
    size_t length = strlen(magic), kind = (size_t)(strrchr(magic, ' ') - magic) + 1;
    size_t count = fread(line, 1, length, file);

    if (count == length && memcmp(line, magic, length) == 0)
        return true;
    if (count == length && memcmp(line, magic, kind) == 0)
        snprintf(error, error_size,
                 "%s: made by another version of vitrine, which writes files of "
                 "another kind",
                 path);
    else
        snprintf(error, error_size, "%s: this is no %.*s", path, (int)kind - 1, magic);
    return false;
}

static bool unpack(const u8 *packed, const BlockHeader *header, u8 **bytes)
{
    if (XXH3_64bits(packed, header->packed) != header->bytes_hash)
        return false;
    *bytes = malloc(header->length + 1);
    if (*bytes && ZSTD_decompress(*bytes, header->length, packed, header->packed) == header->length)
        return true;
    free(*bytes);
    return false;
}

BlockResult block_read(FILE *file, u32 *tag, u8 **bytes, u64 *length)
{
    BlockHeader header;
    size_t count = fread(&header, 1, sizeof header, file);
    BlockResult result = BLOCK_READ;
    u8 *packed;

    if (count == 0)
        return BLOCK_NO_MORE;
    if (count < sizeof header)
        return BLOCK_TORN;
    if (header.header_hash != header_hash(&header) || header.length > BLOCK_MOST ||
        header.packed > ZSTD_compressBound(BLOCK_MOST))
        return BLOCK_DAMAGED;
    packed = malloc((size_t)header.packed + 1);
    if (!packed)
        return BLOCK_DAMAGED;
    if (fread(packed, 1, header.packed, file) != header.packed)
        result = BLOCK_TORN;
    else if (!unpack(packed, &header, bytes))
        result = BLOCK_DAMAGED;
    free(packed);
    *tag = header.tag;
    *length = header.length;
    return result;
}
