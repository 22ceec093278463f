/*
 * What IDENTIFY DEVICE and IDENTIFY PACKET DEVICE say, and the transfer modes. ATA/ATAPI-6
 * (T13/1410D), "IDENTIFY DEVICE", "IDENTIFY PACKET DEVICE" and "SET FEATURES".
 *
 * Modes are kept and reported but change no timing.
 */
#include "devices/ata_disk.h"
#include "devices/ide_drive.h"

#include <string.h>

/* SET FEATURES 03h: the mode's kind in bits 3-7, its number in bits 0-2 */
enum { MODE_PIO_DEFAULT = 0, MODE_PIO = 0x08, MODE_MULTIWORD = 0x20, MODE_ULTRA = 0x40 };
enum { PIO_MODES = 5, MULTIWORD_MODES = 3, ULTRA_MODES = 6 };

static void set_word(IdeDrive *drive, unsigned word, u32 value)
{
    drive->buffer[2 * word] = (u8)value;
    drive->buffer[2 * word + 1] = (u8)(value >> 8);
}

static void set_double(IdeDrive *drive, unsigned word, u32 value)
{
    set_word(drive, word, value & 0xFFFF);
    set_word(drive, word + 1, value >> 16);
}

/* Texts have the first character in each word's high byte, and are padded with blanks. */
static void set_text(IdeDrive *drive, unsigned word, unsigned words, const char *text)
{
    for (unsigned i = 0; i < 2 * words; i++)
        drive->buffer[2 * word + (i ^ 1)] = *text ? (u8)*text++ : ' ';
}

static void set_serial(IdeDrive *drive)
{
    char serial[] = "VT00000";
    unsigned channel = drive->channel == &drive->channel->ide->channels[1];

    serial[6] = (char)('1' + 2 * channel + drive->index);
    set_text(drive, 10, 10, serial);
}

/* Words 63 and 88: which modes there are (low byte) and which is selected (high byte). */
static void set_dma_modes(IdeDrive *drive)
{
    u8 mode = drive->transfer_mode, number = mode & 7;
    u32 multiword = (1 << MULTIWORD_MODES) - 1, ultra = (1 << ULTRA_MODES) - 1;

    if ((mode & 0xF8) == MODE_MULTIWORD)
        multiword |= 0x100u << number;
    if ((mode & 0xF8) == MODE_ULTRA)
        ultra |= 0x100u << number;
    set_word(drive, 63, multiword);
    set_word(drive, 64, 3); /* PIO modes 3 and 4 */
    for (unsigned word = 65; word <= 68; word++)
        set_word(drive, word, 120); /* ns per cycle */
    set_word(drive, 88, ultra);
}

bool ata_set_transfer_mode(IdeDrive *drive, u8 mode)
{
    u8 number = mode & 7;
    bool known = mode <= 1 || ((mode & 0xF8) == MODE_PIO && number < PIO_MODES) ||
                 ((mode & 0xF8) == MODE_MULTIWORD && number < MULTIWORD_MODES) ||
                 ((mode & 0xF8) == MODE_ULTRA && number < ULTRA_MODES);

    /* A PIO mode leaves the DMA mode as it is. */
    if (known && mode >= MODE_MULTIWORD)
        drive->transfer_mode = mode;
    return known;
}

static void set_geometry(IdeDrive *drive)
{
    u64 sectors = drive->medium->sectors;
    const IdeGeometry *own = &drive->geometry, *current = &drive->translation;

    set_word(drive, 1, own->cylinders);
    set_word(drive, 3, own->heads);
    set_word(drive, 6, own->sectors);
    set_word(drive, 54, current->cylinders);
    set_word(drive, 55, current->heads);
    set_word(drive, 56, current->sectors);
    set_double(drive, 57, (u32)current->cylinders * current->heads * current->sectors);
    set_double(drive, 60, sectors > 0x0FFFFFFF ? 0x0FFFFFFF : (u32)sectors);
    set_double(drive, 100, (u32)sectors);
    set_double(drive, 102, (u32)(sectors >> 32));
}

static void set_disk_features(IdeDrive *drive)
{
    /* Word 82: power management (3), write cache (5), look-ahead (6), WRITE BUFFER (12),
     * READ BUFFER (13), NOP (14). Word 83: 48-bit addresses (10), FLUSH CACHE (12) and
     * FLUSH CACHE EXT (13). Words 85 and 86: which of them are on. Bit 14 of 83, 84 and 87 is 1. */
    u32 always = 1 << 3 | 1 << 12 | 1 << 13 | 1 << 14;

    set_word(drive, 82, always | 1 << 5 | 1 << 6);
    set_word(drive, 83, 1 << 14 | 1 << 13 | 1 << 12 | 1 << 10);
    set_word(drive, 84, 1 << 14);
    set_word(drive, 85, always | (u32)drive->write_cache << 5 | (u32)drive->look_ahead << 6);
    set_word(drive, 86, 1 << 13 | 1 << 12 | 1 << 10);
    set_word(drive, 87, 1 << 14);
    /* Word 93, hardware reset result: an 80-conductor cable, and each device found its number
     * by a jumper. */
    set_word(drive, 93, drive->index ? 1 << 14 | 1 << 13 | 3 << 8 : 1 << 14 | 1 << 13 | 3);
}

void ata_identify_disk(IdeDrive *drive)
{
    memset(drive->buffer, 0, SECTOR_SIZE);
    set_word(drive, 0, 0x0040); /* an ATA device that is not removable */
    set_serial(drive);
    set_word(drive, 20, 3); /* a dual-ported buffer with look-ahead, */
    set_word(drive, 21, IDE_BUFFER / SECTOR_SIZE);
    set_word(drive, 22, 4); /* and four bytes of ECC */
    set_text(drive, 23, 4, "1.0");
    set_text(drive, 27, 20, "VITRINE HARDDISK");
    set_word(drive, 47, 0x8000 | ATA_MULTIPLE_MOST);
    set_word(drive, 48, 1);      /* 32-bit PIO works */
    set_word(drive, 49, 0x0F00); /* IORDY, which can be disabled; LBA; DMA */
    set_word(drive, 50, 0x4000);
    set_word(drive, 51, 0x0200);
    set_word(drive, 52, 0x0200);
    set_word(drive, 53, 7); /* words 54-58, 64-70 and 88 are valid */
    set_word(drive, 59, drive->multiple ? 0x100u | drive->multiple : 0);
    set_geometry(drive);
    set_dma_modes(drive);
    set_word(drive, 80, 0x7E); /* ATA-1 to ATA/ATAPI-6 */
    set_disk_features(drive);
}

void ata_identify_cdrom(IdeDrive *drive)
{
    memset(drive->buffer, 0, SECTOR_SIZE);
    set_word(drive, 0, 0x85C0); /* ATAPI, CD-ROM, removable, DRQ within 50 us, 12-byte packets */
    set_serial(drive);
    set_text(drive, 23, 4, "1.0");
    set_text(drive, 27, 20, "VITRINE CD-ROM");
    set_word(drive, 48, 1);
    set_word(drive, 49, 0x0F00);
    set_word(drive, 53, 7);
    set_dma_modes(drive);
    set_word(drive, 71, 30); /* us from PACKET to bus release, */
    set_word(drive, 72, 30); /* and from SERVICE to BSY clear */
    set_word(drive, 80, 0x7E);
    /* NOP, DEVICE RESET, PACKET */
    set_word(drive, 82, 1 << 14 | 1 << 9 | 1 << 4);
    set_word(drive, 83, 1 << 14);
    set_word(drive, 84, 1 << 14);
    set_word(drive, 85, 1 << 14 | 1 << 9 | 1 << 4);
    set_word(drive, 87, 1 << 14);
    set_word(drive, 93, drive->index ? 1 << 14 | 1 << 13 | 3 << 8 : 1 << 14 | 1 << 13 | 3);
}
