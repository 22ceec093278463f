/*
 * fw_cfg: selector, data port, DMA and the file directory.
 * QEMU documentation, "QEMU Firmware Configuration (fw_cfg) Device".
 *
 * Not implemented: items that the guest may write to (a DMA write ends with the error bit; writes
 * to the data port are ignored, as QEMU does since 2.4).
 */
#include "devices/fw_cfg.h"

#include <string.h>

enum {
    SELECTOR_PORT = 0x510,
    PORTS = 2,
    DMA_PORT = 0x514,
    DMA_PORTS = 8,
    DMA_ERROR = 0x01,
    DMA_READ = 0x02,
    DMA_SKIP = 0x04,
    DMA_SELECT = 0x08,
    DMA_WRITE = 0x10,
    ID_TRADITIONAL = 1,
    ID_DMA = 2,
    /* Beyond an item's end a DMA reads zeros. The firmware never asks for more than a page of
     * them; a bound keeps a hostile length from occupying the host. */
    MOST_PADDING = 1 << 20,
};

/* What a read of the DMA address register gives: "QEMU CFG", big-endian. */
static const u64 dma_signature = 0x51454D5520434647;

static const FwCfgItem *find_item(const FwCfg *fw_cfg, u16 key, FwCfgItem *file)
{
    u16 index = (u16)(key - FW_CFG_FIRST_FILE);

    if (key >= FW_CFG_FIRST_FILE && index < fw_cfg->file_count) {
        *file = (FwCfgItem){key, fw_cfg->files[index].length, fw_cfg->files[index].bytes};
        return file;
    }
    for (unsigned i = 0; i < fw_cfg->item_count; i++)
        if (fw_cfg->items[i].key == key)
            return &fw_cfg->items[i];
    return NULL;
}

/* The bytes of the selected item that were not read yet. */
static u32 bytes_left(const FwCfg *fw_cfg, const u8 **bytes)
{
    FwCfgItem file;
    const FwCfgItem *item = find_item(fw_cfg, fw_cfg->selected, &file);

    if (!item || fw_cfg->offset >= item->length)
        return 0;
    *bytes = item->bytes + fw_cfg->offset;
    return item->length - fw_cfg->offset;
}

static void skip(FwCfg *fw_cfg, u32 length)
{
    u32 offset = fw_cfg->offset + length;

    fw_cfg->offset = offset < length ? UINT32_MAX : offset;
}

static void select_item(FwCfg *fw_cfg, u16 key)
{
    FwCfgItem file;

    fw_cfg->selected = key;
    fw_cfg->offset = 0;
    LOG(fw_cfg->log, LOG_FWCFG, "item %04X%s", key,
        find_item(fw_cfg, key, &file) ? "" : ": not there");
}

/* ---- 510h: selector (little-endian word), 511h: data ---- */

static u64 port_read(void *device, u32 offset, Size size)
{
    FwCfg *fw_cfg = device;
    const u8 *bytes;
    u8 value = 0;

    if (offset == 0)
        return size == WORD ? 0 : size_mask(size);
    if (bytes_left(fw_cfg, &bytes) > 0)
        value = *bytes;
    skip(fw_cfg, 1);
    return value;
}

static void port_write(void *device, u32 offset, Size size, u64 value)
{
    if (offset == 0 && size == WORD)
        select_item(device, (u16)value);
}

static const IoOps selector_ports = {WORD, port_read, port_write};

/* ---- 514h: DMA address, big-endian, upper half first; its lower half starts the transfer ---- */

static u64 dma_port_read(void *device, u32 offset, Size size)
{
    u64 value = 0;

    (void)device;
    for (unsigned i = 0; i < size; i++)
        value |= (u64)(u8)(dma_signature >> (8 * (7 - ((offset + i) & 7)))) << (8 * i);
    return value;
}

/* Copies from the selected item, then zeros. */
static void dma_read(FwCfg *fw_cfg, u64 address, u32 length)
{
    static const u8 zeros[PAGE_SIZE];
    const u8 *bytes = NULL;
    u32 left = bytes_left(fw_cfg, &bytes);
    u32 count = length < left ? length : left;
    u32 padding = length - count;

    if (count > 0)
        space_write_by_device(fw_cfg->memory, "fw_cfg", address, bytes, count);
    address += count;
    for (padding = padding > MOST_PADDING ? MOST_PADDING : padding; padding > 0;) {
        u32 piece = padding < PAGE_SIZE ? padding : PAGE_SIZE;

        space_write_by_device(fw_cfg->memory, "fw_cfg", address, zeros, piece);
        address += piece;
        padding -= piece;
    }
    skip(fw_cfg, length);
}

static void run_dma(FwCfg *fw_cfg)
{
    struct {
        u32 control, length;
        u64 address;
    } request;
    u64 at = fw_cfg->dma_address;
    u32 control;
    u32 result = 0;

    fw_cfg->dma_address = 0;
    space_read_bytes(fw_cfg->memory, at, &request, sizeof request);
    control = __builtin_bswap32(request.control);
    if (control & DMA_SELECT)
        select_item(fw_cfg, (u16)(control >> 16));
    if (control & DMA_READ)
        dma_read(fw_cfg, __builtin_bswap64(request.address), __builtin_bswap32(request.length));
    else if (control & DMA_WRITE)
        result = DMA_ERROR;
    else if (control & DMA_SKIP)
        skip(fw_cfg, __builtin_bswap32(request.length));
    result = __builtin_bswap32(result);
    space_write_by_device(fw_cfg->memory, "fw_cfg", at, &result, sizeof result);
}

static void dma_port_write(void *device, u32 offset, Size size, u64 value)
{
    FwCfg *fw_cfg = device;
    u32 half = __builtin_bswap32((u32)value);

    if (size != DWORD)
        return;
    if (offset == 0) {
        fw_cfg->dma_address = (u64)half << 32;
    } else if (offset == 4) {
        fw_cfg->dma_address |= half;
        run_dma(fw_cfg);
    }
}

static const IoOps dma_ports = {DWORD, dma_port_read, dma_port_write};

/* ---- contents ---- */

bool fw_cfg_add(FwCfg *fw_cfg, u16 key, const void *bytes, u32 length)
{
    FwCfgItem file;

    if (fw_cfg->item_count == FW_CFG_ITEMS || find_item(fw_cfg, key, &file) ||
        (key >= FW_CFG_FIRST_FILE && key < FW_CFG_FIRST_FILE + FW_CFG_FILES))
        return false;
    fw_cfg->items[fw_cfg->item_count++] = (FwCfgItem){key, length, bytes};
    return true;
}

/* A copy of the bytes that lives as long as the device; NULL when there is no room. */
static const u8 *keep(FwCfg *fw_cfg, const void *bytes, u32 length)
{
    u8 *copy = fw_cfg->small + fw_cfg->small_used;

    if (length > FW_CFG_SMALL - fw_cfg->small_used)
        return NULL;
    memcpy(copy, bytes, length);
    fw_cfg->small_used += length;
    return copy;
}

bool fw_cfg_add_number(FwCfg *fw_cfg, u16 key, Size size, u64 value)
{
    const u8 *copy = keep(fw_cfg, &value, size);

    return copy && fw_cfg_add(fw_cfg, key, copy, size);
}

static void put_big_endian(u8 *at, u32 value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (u8)(value >> (8 * (bytes - 1 - i)));
}

/* Item 19h: the count, then per file its length, item number, a reserved word and its name. */
static void write_directory(FwCfg *fw_cfg)
{
    put_big_endian(fw_cfg->directory, fw_cfg->file_count, 4);
    for (unsigned i = 0; i < fw_cfg->file_count; i++) {
        u8 *entry = fw_cfg->directory + 4 + i * FW_CFG_DIRECTORY_ENTRY;

        put_big_endian(entry, fw_cfg->files[i].length, 4);
        put_big_endian(entry + 4, FW_CFG_FIRST_FILE + i, 2);
        put_big_endian(entry + 6, 0, 2);
        memcpy(entry + 8, fw_cfg->files[i].name, FW_CFG_NAME);
    }
    for (unsigned i = 0; i < fw_cfg->item_count; i++)
        if (fw_cfg->items[i].key == FW_CFG_FILE_DIR)
            fw_cfg->items[i].length = 4 + fw_cfg->file_count * FW_CFG_DIRECTORY_ENTRY;
}

bool fw_cfg_add_file(FwCfg *fw_cfg, const char *name, const void *bytes, u32 length)
{
    unsigned place = 0;
    FwCfgFile file = {.length = length, .bytes = bytes};

    if (fw_cfg->file_count == FW_CFG_FILES || strlen(name) >= FW_CFG_NAME)
        return false;
    while (place < fw_cfg->file_count && strcmp(fw_cfg->files[place].name, name) < 0)
        place++;
    if (place < fw_cfg->file_count && strcmp(fw_cfg->files[place].name, name) == 0)
        return false;
    memcpy(file.name, name, strlen(name) + 1);
    memmove(&fw_cfg->files[place + 1], &fw_cfg->files[place],
            (fw_cfg->file_count - place) * sizeof file);
    fw_cfg->files[place] = file;
    fw_cfg->file_count++;
    write_directory(fw_cfg);
    return true;
}

bool fw_cfg_add_file_copy(FwCfg *fw_cfg, const char *name, const void *bytes, u32 length)
{
    const u8 *copy = keep(fw_cfg, bytes, length);

    return copy && fw_cfg_add_file(fw_cfg, name, copy, length);
}

void fw_cfg_init(FwCfg *fw_cfg, AddressSpace *ports, AddressSpace *memory, Log *log)
{
    *fw_cfg = (FwCfg){.memory = memory, .log = log};
    space_add_io(ports, "fw_cfg", SELECTOR_PORT, PORTS, &selector_ports, fw_cfg);
    space_add_io(ports, "fw_cfg dma", DMA_PORT, DMA_PORTS, &dma_ports, fw_cfg);
    fw_cfg_add(fw_cfg, FW_CFG_SIGNATURE, "QEMU", 4);
    fw_cfg_add_number(fw_cfg, FW_CFG_ID, DWORD, ID_TRADITIONAL | ID_DMA);
    fw_cfg_add(fw_cfg, FW_CFG_FILE_DIR, fw_cfg->directory, 4);
    fw_cfg_reset(fw_cfg);
}

void fw_cfg_reset(FwCfg *fw_cfg)
{
    fw_cfg->selected = FW_CFG_SIGNATURE;
    fw_cfg->offset = 0;
    fw_cfg->dma_address = 0;
}

static const Field fields[] = {
    FIELD(FwCfg, selected),
    FIELD(FwCfg, offset),
    FIELD(FwCfg, dma_address),
};
const StateTable fw_cfg_state = {"fw_cfg", fields, COUNT_OF(fields), NULL};
