/*
 * fw_cfg: how the emulator tells the firmware about the machine, an invention of QEMU's which
 * SeaBIOS and Linux know. A selector port, a data port and a DMA interface; items are numbered,
 * files are items listed in a directory.
 *
 * QEMU documentation, "QEMU Firmware Configuration (fw_cfg) Device".
 */
#ifndef DEVICES_FW_CFG_H
#define DEVICES_FW_CFG_H

#include "mmu/bus.h"
#include "mmu/field.h"

/* Numbered items. */
enum {
    FW_CFG_SIGNATURE = 0x00, FW_CFG_ID = 0x01, FW_CFG_UUID = 0x02, FW_CFG_RAM_SIZE = 0x03,
    FW_CFG_NOGRAPHIC = 0x04, FW_CFG_NB_CPUS = 0x05, FW_CFG_MACHINE_ID = 0x06,
    FW_CFG_KERNEL_ADDR = 0x07, FW_CFG_KERNEL_SIZE = 0x08, FW_CFG_INITRD_ADDR = 0x0A,
    FW_CFG_INITRD_SIZE = 0x0B, FW_CFG_BOOT_DEVICE = 0x0C, FW_CFG_NUMA = 0x0D,
    FW_CFG_BOOT_MENU = 0x0E, FW_CFG_MAX_CPUS = 0x0F, FW_CFG_KERNEL_ENTRY = 0x10,
    FW_CFG_KERNEL_DATA = 0x11, FW_CFG_INITRD_DATA = 0x12, FW_CFG_CMDLINE_ADDR = 0x13,
    FW_CFG_CMDLINE_SIZE = 0x14, FW_CFG_CMDLINE_DATA = 0x15, FW_CFG_SETUP_ADDR = 0x16,
    FW_CFG_SETUP_SIZE = 0x17, FW_CFG_SETUP_DATA = 0x18, FW_CFG_FILE_DIR = 0x19,
    FW_CFG_FIRST_FILE = 0x20, FW_CFG_SMBIOS_ENTRIES = 0x8001, FW_CFG_IRQ0_OVERRIDE = 0x8002,
};

enum {
    FW_CFG_ITEMS = 48, FW_CFG_FILES = 32, FW_CFG_NAME = 56, FW_CFG_SMALL = 1024,
    FW_CFG_DIRECTORY_ENTRY = 64,
};

typedef struct FwCfgItem {
    u16 key;
    u32 length;             /* bytes */
    const u8 *bytes;
} FwCfgItem;

typedef struct FwCfgFile {
    char name[FW_CFG_NAME];
    u32 length;
    const u8 *bytes;
} FwCfgFile;

typedef struct FwCfg {
    u16 selected;
    u32 offset;             /* the next byte of the selected item */
    u64 dma_address;        /* as it is being written to 514h */
    FwCfgItem items[FW_CFG_ITEMS];
    unsigned item_count;
    FwCfgFile files[FW_CFG_FILES];                          /* sorted by name: file n is item 20h + n */
    unsigned file_count;
    u8 directory[4 + FW_CFG_FILES * FW_CFG_DIRECTORY_ENTRY];
    u8 small[FW_CFG_SMALL];                                 /* keeps the values of small items */
    unsigned small_used;
    AddressSpace *memory;
    Log *log;
} FwCfg;

/* Ports 510h-51Bh; `memory` is what the DMA interface reads and writes. */
void fw_cfg_init(FwCfg *fw_cfg, AddressSpace *ports, AddressSpace *memory, Log *log);
void fw_cfg_reset(FwCfg *fw_cfg);

/* Before the machine first runs. `bytes` must outlive the device, except in _copy and _number,
 * which keep up to FW_CFG_SMALL bytes in all. False when there is no room, the key or name is
 * there already, or the name is too long. */
bool fw_cfg_add(FwCfg *fw_cfg, u16 key, const void *bytes, u32 length);
bool fw_cfg_add_number(FwCfg *fw_cfg, u16 key, Size size, u64 value);
bool fw_cfg_add_file(FwCfg *fw_cfg, const char *name, const void *bytes, u32 length);
bool fw_cfg_add_file_copy(FwCfg *fw_cfg, const char *name, const void *bytes, u32 length);

extern const StateTable fw_cfg_state;

#endif
