/*
 * Watchpoints and what devices write.
 */
#include "tests/debugger_rig.h"

FIRMWARE(idle_loop, "idle_loop_again: inc ax\n"
                    "jmp idle_loop_again");

/* Also what was written while the machine idled, where the page is mapped. */
Test(point_devices, writes_are_seen)
{
    static const u8 bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, idle_loop);
        AddressSpace *memory = machine_memory(rig->machine);
        const Stop *stop = debugger_stop(rig->debugger);
        const Point *point = add(rig, (PointSpec){.kind = POINT_WRITE,
                                                  .address_kind = ADDRESS_PHYSICAL,
                                                  .address = 0x9004,
                                                  .length = 2});

        add(rig, (PointSpec){.kind = POINT_READ, .address = 0x9000, .length = 16});
        debugger_run(rig->debugger, 10);
        space_write_by_device(memory, "a disk", 0x8FF8, bytes, 9);
        cr_assert_eq(run(rig, 10), STOP_NONE, "it is not watched there");
        space_write_by_device(memory, "a disk", 0x9003, bytes, sizeof bytes);
        cr_assert_eq(run(rig, 10), STOP_POINT);
        cr_assert_eq(stop->point, point);
        cr_assert_str_eq(stop->device, "a disk");
        cr_assert_eq(stop->address, 0x9004);
        cr_assert_eq(stop->new_value, 0x0302);
        debugger_remove_point(rig->debugger, point->number);
        point = add(rig, (PointSpec){.kind = POINT_ACCESS, .address = 0x9FFE, .length = 4});
        debugger_continue(rig->debugger);
        debugger_run(rig->debugger, machine_cycles(rig->machine) + 1);
        space_write_by_device(memory, "a disk", 0xA001, bytes, 1);
        debugger_remove_point(rig->debugger, point->number);
        cr_assert_eq(run(rig, 10), STOP_NONE, "the point has gone");
        finish(rig);
    }
}
