/* A hard disk's DMA against the Bus Master IDE specification. */
#include "tests/ide_rig.h"

#include <criterion/criterion.h>

TestSuite(bus_master_ide, .init = ide_rig_open, .fini = ide_rig_close);

Test(bus_master_ide, dma_read_scatters)
{
    u8 got[2048];

    ide_descriptor(0, DMA_BUFFER, 700, false);
    ide_descriptor(1, DMA_BUFFER + 0x1000, 2048 - 700, true);
    address(0x20, 4);
    out(R_STATUS, 0xC8);
    ide_start_master(MASTER0, true);
    cr_assert_eq(ide_in(MASTER0 + 2) & 7, 1);
    wait_ns(A_WHILE);
    cr_assert_eq(ide_in(MASTER0 + 2) & 7, 4, "done, and no longer active");
    cr_assert(rig.irqs[0].level);
    cr_assert_eq(in(R_STATUS), 0x50);
    space_read_bytes(&rig.chip.memory, DMA_BUFFER, got, 700);
    space_read_bytes(&rig.chip.memory, DMA_BUFFER + 0x1000, got + 700, 2048 - 700);
    for (unsigned i = 0; i < 2048; i++)
        cr_assert_eq(got[i], 0x20 + i / 512);
    ide_out(MASTER0 + 2, 4);
    cr_assert_eq(ide_in(MASTER0 + 2), 0);
    ide_out(MASTER0, 0);
}

Test(bus_master_ide, dma_waits_for_the_engine)
{
    ide_descriptor(0, DMA_BUFFER, 512, true);
    address(3, 1);
    command(0xC8);
    wait_ns(A_WHILE);
    cr_assert_eq(in(R_STATUS)&0x80, 0x80);
    ide_start_master(MASTER0, true);
    wait_ns(A_LITTLE);
    cr_assert_eq(in(R_STATUS), 0x50);
    cr_assert_eq(rig.chip.ram.bytes[DMA_BUFFER], 3);
}

Test(bus_master_ide, dma_needs_the_master_enable)
{
    ide_descriptor(0, DMA_BUFFER, 512, true);
    pci_config_set(&rig.ide.pci, PCI_COMMAND, WORD, PCI_COMMAND_IO);
    address(3, 1);
    command(0xC8);
    ide_start_master(MASTER0, true);
    wait_ns(A_WHILE);
    cr_assert_eq(rig.chip.ram.bytes[DMA_BUFFER], 0);
    cr_assert_eq(in(R_STATUS)&0x80, 0x80);
}

Test(bus_master_ide, dma_write_of_many_sectors)
{
    enum { COUNT = 100, BYTES = COUNT * 512 };

    for (unsigned i = 0; i < BYTES; i++)
        rig.chip.ram.bytes[DMA_BUFFER + i] = (u8)(i * 7 + i / 512);
    ide_descriptor(0, DMA_BUFFER, BYTES, true);
    address(200, COUNT);
    command(0xCA);
    ide_start_master(MASTER0, false);
    wait_ns(A_WHILE);
    cr_assert_eq(in(R_STATUS), 0x50);
    cr_assert_arr_eq(rig.disk.bytes + 200 * 512, rig.chip.ram.bytes + DMA_BUFFER, BYTES);
    cr_assert_eq(in(R_LOW), (200 + COUNT - 1) & 0xFF);
}

Test(bus_master_ide, short_descriptors_leave_the_drive_waiting)
{
    ide_descriptor(0, DMA_BUFFER, 512, true);
    address(0, 2);
    command(0xC8);
    ide_start_master(MASTER0, true);
    wait_ns(A_WHILE);
    cr_assert_eq(ide_in(MASTER0 + 2) & 5, 0, "neither active nor interrupting");
    cr_assert_eq(in(R_STATUS)&0x80, 0x80);
    ide_out(IDE0_CONTROL, 4);
    ide_out(IDE0_CONTROL, 0);
    wait_ns(A_WHILE);
    cr_assert_eq(in(R_STATUS), 0x50);
}

Test(bus_master_ide, long_descriptors_leave_the_engine_active)
{
    ide_descriptor(0, DMA_BUFFER, 0, true); /* 64 KiB */
    address(0, 1);
    command(0xC8);
    ide_start_master(MASTER0, true);
    wait_ns(A_WHILE);
    cr_assert_eq(ide_in(MASTER0 + 2) & 5, 5);
    ide_out(MASTER0, 0);
    cr_assert_eq(ide_in(MASTER0 + 2) & 5, 4);
}
