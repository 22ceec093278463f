/*
 * The debugger's engine on machines with a firmware of a few instructions: every kind of point and
 * of step, on both engines, and that none of it changes what the guest does.
 */
#include "cpu/observer.h"
#include "tests/debugger_rig.h"

#include <criterion/parameterized.h>

FIRMWARE(counting, "mov cx, 1000\n"
                   "counting_loop: inc ax\n"
                   "counting_middle: add bx, ax\n"
                   "loop counting_loop\n"
                   "counting_out: hlt");
extern const u8 counting_loop[], counting_middle[], counting_out[];

FIRMWARE(for_ever, "for_ever_loop: inc ax\n"
                   "jmp for_ever_loop");

Test(debugger, a_long_step_comes_back_to_who_may_stop_it)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, for_ever);
        const u64 far = (u64)1 << 40;

        debugger_step_range(rig->debugger, 0, ~(u64)0);
        cr_assert_eq(debugger_run(rig->debugger, far), RUN_BUDGET);
        cr_assert_lt(machine_cycles(rig->machine), far);
        cr_assert_eq(debugger_stop(rig->debugger)->reason, STOP_NONE);
        debugger_pause(rig->debugger);
        cr_assert_eq(debugger_stop(rig->debugger)->reason, STOP_ASKED);
        finish(rig);
    }
}

Test(debugger, steps_in_a_range_end_outside_of_it_or_at_a_breakpoint)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, counting);
        const PointSpec spec = {.kind = POINT_EXECUTE, .address = AT(counting, counting_middle)};
        const Point *point;

        debugger_run_to(rig->debugger, AT(counting, counting_loop));
        run(rig, 1000);
        debugger_step_range(rig->debugger, AT(counting, counting_loop), AT(counting, counting_out));
        cr_assert_eq(run(rig, 10000), STOP_STEP);
        cr_assert_eq(here(rig), AT(counting, counting_out));
        cr_assert_eq(rig->cpu->gpr[RCX] & 0xFFFF, 0);
        debugger_write_register(rig->debugger, "cx", 3);
        debugger_write_register(rig->debugger, "ip", (u64)(counting_loop - counting));
        point = add(rig, spec);
        debugger_step_range(rig->debugger, AT(counting, counting_loop), AT(counting, counting_out));
        cr_assert_eq(run(rig, 10000), STOP_POINT);
        cr_assert_eq(debugger_stop(rig->debugger)->point, point);
        finish(rig);
    }
}

Test(debugger, breakpoints_stop_before_the_instruction_each_time)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, counting);
        const Point *point =
            add(rig, (PointSpec){.kind = POINT_EXECUTE, .address = AT(counting, counting_middle)});

        for (unsigned i = 1; i <= 20; i++) {
            cr_assert_eq(go_on(rig), STOP_POINT);
            cr_assert_eq(here(rig), AT(counting, counting_middle));
            cr_assert_eq(rig->cpu->gpr[RAX] & 0xFFFF, i);
            cr_assert_eq(machine_cycles(rig->machine), 3 + (i - 1) * 3);
            cr_assert_eq(debugger_stop(rig->debugger)->point, point);
            cr_assert_eq(point->hits, i);
        }
        cr_assert(debugger_remove_point(rig->debugger, point->number));
        cr_assert_eq(go_on(rig), STOP_NONE);
        cr_assert_eq(here(rig), AT(counting, counting_out) + 1);
        finish(rig);
    }
}

Test(debugger, ignored_and_single_shot_points)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, counting);

        add(rig, (PointSpec){.kind = POINT_EXECUTE,
                             .address = AT(counting, counting_middle),
                             .ignore = 99,
                             .one_shot = true});
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(rig->cpu->gpr[RAX] & 0xFFFF, 100);
        cr_assert_eq(go_on(rig), STOP_NONE);
        finish(rig);
    }
}

Test(debugger, points_set_late_reach_translated_code)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, counting);

        add(rig, (PointSpec){.kind = POINT_COUNT, .address = 1502});
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(machine_cycles(rig->machine), 1502);
        add(rig, (PointSpec){.kind = POINT_EXECUTE, .address = AT(counting, counting_middle)});
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(here(rig), AT(counting, counting_middle));
        cr_assert_leq(machine_cycles(rig->machine), 1505);
        finish(rig);
    }
}

FIRMWARE(calling, "xor ax, ax\nmov ss, ax\nmov sp, 0x1000\n"
                  "calling_call: call calling_f\n"
                  "calling_after: mov cx, 5\nmov di, 0x2000\nmov es, ax\n"
                  "calling_rep: rep stosb\n"
                  "calling_halt: hlt\n"
                  "calling_f: inc ax\ncall calling_g\n"
                  "calling_f_rest: inc ax\nret\n"
                  "calling_g: inc ax\nret");
extern const u8 calling_call[], calling_after[], calling_rep[], calling_halt[], calling_f[],
    calling_f_rest[], calling_g[];

Test(debugger, steps_go_into_over_and_out_of_calls)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, calling);

        debugger_run_to(rig->debugger, AT(calling, calling_call));
        cr_assert_eq(run(rig, 100), STOP_STEP);
        cr_assert_eq(step(rig, STEP_INSTRUCTION), STOP_STEP);
        cr_assert_eq(here(rig), AT(calling, calling_f));
        step(rig, STEP_INSTRUCTION);
        step(rig, STEP_OVER);
        cr_assert_eq(here(rig), AT(calling, calling_f_rest));
        cr_assert_eq(step(rig, STEP_OUT), STOP_STEP);
        cr_assert_eq(here(rig), AT(calling, calling_after));
        debugger_step(rig->debugger, STEP_OVER, 3);
        cr_assert_eq(run(rig, 100), STOP_STEP);
        cr_assert_eq(here(rig), AT(calling, calling_rep));
        step(rig, STEP_INSTRUCTION);
        cr_assert_eq(here(rig), AT(calling, calling_rep));
        cr_assert_eq(rig->cpu->gpr[RCX], 4);
        step(rig, STEP_OVER);
        cr_assert_eq(here(rig), AT(calling, calling_halt));
        finish(rig);
    }
}

Test(debugger, registers_and_memory_are_read_and_written)
{
    Rig *rig = START(ENGINE_INTERPRETER, counting);
    u8 bytes[4] = {1, 2, 3, 4}, back[4] = {0};
    u64 value;

    cr_assert(debugger_write_register(rig->debugger, "eax", 0x12345678));
    cr_assert(debugger_write_register(rig->debugger, "ah", 0xAB));
    cr_assert(debugger_read_register(rig->debugger, "rax", &value));
    cr_assert_eq(value, 0x1234AB78);
    cr_assert(debugger_read_register(rig->debugger, "cs", &value));
    cr_assert_eq(value, 0xF000);
    cr_assert_not(debugger_read_register(rig->debugger, "eas", &value));
    cr_assert_eq(debugger_write_memory(rig->debugger, 0x1000, bytes, 4), 4);
    cr_assert_eq(debugger_read_physical(rig->debugger, 0x1000, back, 4), 4);
    cr_assert_arr_eq(bytes, back, 4);
    cr_assert_eq(debugger_read_memory(rig->debugger, 2 * MIB - 2, back, 4), 2);
    finish(rig);
}

Test(debugger, a_pause_is_a_stop)
{
    Rig *rig = START(ENGINE_INTERPRETER, counting);

    debugger_pause(rig->debugger);
    cr_assert_eq(debugger_stop(rig->debugger)->reason, STOP_ASKED);
    cr_assert_eq(debugger_stop_count(rig->debugger), 1);
    cr_assert_eq(go_on(rig), STOP_NONE);
    finish(rig);
}

Test(debugger, conditions_decide_which_hits_count)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, counting);
        const Point *point = add(rig, (PointSpec){.kind = POINT_EXECUTE,
                                                  .address = AT(counting, counting_middle),
                                                  .condition = "ax % 100 == 0",
                                                  .ignore = 1});
        const PointSpec nonsense = {.kind = POINT_EXECUTE, .condition = "ax ==="};
        char error[256] = "";

        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(rig->cpu->gpr[RAX] & 0xFFFF, 200);
        cr_assert_eq(point->hits, 2);
        cr_assert(
            debugger_set_condition(rig->debugger, point->number, "cx == 1", error, sizeof error));
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(rig->cpu->gpr[RAX] & 0xFFFF, 1000);
        cr_assert_null(debugger_add_point(rig->debugger, &nonsense, error, sizeof error));
        cr_assert_neq(*error, 0);
        finish(rig);
    }
}

FIRMWARE(storing, "xor ax, ax\nmov ds, ax\nmov es, ax\nmov cx, 100\n"
                  "storing_loop: mov [0x3000], cx\n"
                  "storing_second: mov ax, [0x3004]\n"
                  "storing_third: mov dword ptr [0x3FFE], 0x12345678\n"
                  "storing_next: loop storing_loop\n"
                  "mov di, 0x5000\nmov cx, 64\n"
                  "storing_rep: rep stosb\n"
                  "storing_out: hlt");
extern const u8 storing_second[], storing_third[], storing_next[], storing_rep[], storing_out[];

Test(debugger, watchpoints_stop_after_the_instruction)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, storing);
        const Stop *stop = debugger_stop(rig->debugger);
        const Point *point = add(rig, (PointSpec){.kind = POINT_WRITE, .address = 0x3001});

        for (unsigned i = 100; i > 50; i--) {
            cr_assert_eq(go_on(rig), STOP_POINT);
            cr_assert_eq(here(rig), AT(storing, storing_second));
            cr_assert_eq(stop->point, point);
            cr_assert(stop->write);
            cr_assert_eq(stop->new_value, i);
            cr_assert_eq(stop->old_value, i == 100 ? 0 : i + 1);
            cr_assert_eq(stop->address, 0x3000);
            cr_assert_eq(stop->size, 2);
        }
        debugger_remove_point(rig->debugger, point->number);
        add(rig, (PointSpec){.kind = POINT_READ, .address = 0x3000, .length = 8});
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(here(rig), AT(storing, storing_third));
        cr_assert_eq(rig->cpu->gpr[RCX], 51);
        finish(rig);
    }
}

FIRMWARE(changing, "changing_first: inc word ptr [0x9000]\n"
                   "changing_next: hlt");
extern const u8 changing_next[];

/* What an instruction changes it has read. */
Test(debugger, reads_of_what_is_changed_are_reads)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, changing);

        add(rig, (PointSpec){.kind = POINT_READ, .address = 0x9000, .length = 2});
        cr_assert_eq(run(rig, 100), STOP_POINT);
        cr_assert_not(debugger_stop(rig->debugger)->write);
        cr_assert_eq(here(rig), AT(changing, changing_next));
        finish(rig);
    }
}

Test(debugger, watchpoints_see_accesses_across_pages)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, storing);
        const Point *point = add(rig, (PointSpec){.kind = POINT_ACCESS, .address = 0x4001});

        for (unsigned i = 1; i <= 30; i++) {
            cr_assert_eq(go_on(rig), STOP_POINT);
            cr_assert_eq(here(rig), AT(storing, storing_next));
            cr_assert_eq(debugger_stop(rig->debugger)->new_value, 0x12345678);
        }
        debugger_remove_point(rig->debugger, point->number);
        add(rig,
            (PointSpec){.kind = POINT_ACCESS, .address_kind = ADDRESS_PHYSICAL, .address = 0x3FFF});
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(here(rig), AT(storing, storing_next));
        finish(rig);
    }
}

Test(debugger, repeated_strings_stop_after_the_iteration)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, storing);
        const Point *code;

        add(rig, (PointSpec){.kind = POINT_WRITE, .address = 0x5020});
        code = add(rig, (PointSpec){.kind = POINT_EXECUTE, .address = AT(storing, storing_rep)});
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(code->hits, 1);
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(here(rig), AT(storing, storing_rep));
        cr_assert_eq(rig->cpu->gpr[RDI], 0x5021);
        cr_assert_eq(rig->cpu->gpr[RCX], 31);
        cr_assert_eq(go_on(rig), STOP_NONE, "it goes on repeating, it does not begin again");
        cr_assert_eq(code->hits, 1);
        cr_assert_eq(here(rig), AT(storing, storing_out) + 1);
        finish(rig);
    }
}

FIRMWARE(eventful, "xor ax, ax\nmov ds, ax\nmov ss, ax\nmov sp, 0x1000\n"
                   "mov word ptr [0x200], offset eventful_handler - eventful\n"
                   "mov word ptr [0x202], 0xF000\n"
                   "mov word ptr [0x18], offset eventful_handler - eventful\n"
                   "mov word ptr [0x1A], 0xF000\n"
                   "in al, 0x61\n"
                   "eventful_in: mov al, 0x55\nout 0x80, al\n"
                   "eventful_out: int 0x80\n"
                   "eventful_bad: ud2\n"
                   "eventful_handler: add ax, 1\niret");
extern const u8 eventful_in[], eventful_out[], eventful_handler[];

Test(debugger, ports_exceptions_and_interrupts)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, eventful);
        const Stop *stop = debugger_stop(rig->debugger);

        add(rig, (PointSpec){.kind = POINT_PORT, .address = 0x60, .length = 0x30});
        add(rig, (PointSpec){.kind = POINT_EXCEPTION, .address = EXCEPTION_UD});
        add(rig, (PointSpec){.kind = POINT_INTERRUPT, .address = ANY_VECTOR});
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(here(rig), AT(eventful, eventful_in));
        cr_assert_eq(stop->address, 0x61);
        cr_assert_not(stop->write);
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(here(rig), AT(eventful, eventful_out));
        cr_assert_eq(stop->new_value, 0x55);
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(here(rig), AT(eventful, eventful_handler));
        cr_assert_eq(stop->address, 0x80);
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(here(rig), AT(eventful, eventful_handler));
        cr_assert_eq(stop->address, EXCEPTION_UD);
        finish(rig);
    }
}

FIRMWARE(protecting, "cli\nxor ax, ax\nmov ds, ax\n"
                     ".byte 0x2E, 0x0F, 0x01, 0x16\n.word protecting_gdtr - protecting\n"
                     "mov eax, cr0\nor al, 1\nmov cr0, eax\n"
                     "protecting_on: mov eax, 0x1000\nmov cr3, eax\n"
                     "protecting_cr3: hlt\n"
                     "protecting_gdtr: .word 7\n.long 0");
extern const u8 protecting_on[], protecting_cr3[];

Test(debugger, changes_of_mode_and_cr3)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, protecting);

        add(rig, (PointSpec){.kind = POINT_MODE});
        add(rig, (PointSpec){.kind = POINT_CR3});
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(here(rig), AT(protecting, protecting_on), "%s",
                     debugger_stop(rig->debugger)->text);
        cr_assert_eq(go_on(rig), STOP_POINT);
        cr_assert_eq(here(rig), AT(protecting, protecting_cr3));
        cr_assert_eq(go_on(rig), STOP_NONE);
        finish(rig);
    }
}

Test(debugger, a_triple_fault_stops_where_somebody_is_there)
{
    /* LIDT of a limit of 0, then UD2. */
    FIRMWARE(faulting, ".byte 0x2E, 0x0F, 0x01, 0x1E\n.word faulting_idtr - faulting\n"
                       "faulting_ud: ud2\nfaulting_idtr: .word 0\n.long 0");
    extern const u8 faulting_ud[];

    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, faulting);

        cr_assert_eq(debugger_run(rig->debugger, 100), RUN_TRIPLE_FAULT);
        cr_assert_eq(debugger_stop(rig->debugger)->reason, STOP_NONE);
        machine_reset(rig->machine);
        debugger_attach(rig->debugger);
        cr_assert_eq(run(rig, 100), STOP_TRIPLE_FAULT);
        cr_assert_eq(here(rig), AT(faulting, faulting_ud));
        debugger_detach(rig->debugger);
        cr_assert_eq(debugger_stop(rig->debugger)->reason, STOP_NONE);
        finish(rig);
    }
}

Test(debugger, scans_find_the_last_stop_and_count_nothing)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, counting);
        const Point *point = add(rig, (PointSpec){.kind = POINT_EXECUTE,
                                                  .address = AT(counting, counting_middle),
                                                  .condition = "ax < 100"});
        Stop last;

        debugger_pause(rig->debugger);
        cr_assert(debugger_scan(rig->debugger, 1000, false, &last));
        cr_assert_eq(machine_cycles(rig->machine), 1000);
        cr_assert_eq(last.cycles, 3 + 98 * 3);
        cr_assert_eq(point->hits, 0);
        cr_assert_eq(debugger_stop(rig->debugger)->reason, STOP_ASKED);
        cr_assert_not(debugger_scan(rig->debugger, 1500, false, &last));
        finish(rig);
    }
}

/* What a listener has heard. */
typedef struct Heard {
    unsigned ports, events, executed;
    u64 port_cycles, event_cycles;
    u8 vector;
} Heard;

static void hear_port(void *owner, u64 cycles, u16 port, Size size, bool write, u64 value)
{
    Heard *heard = owner;

    heard->ports++;
    heard->port_cycles = cycles;
}

static void hear_event(void *owner, u64 cycles, const ObservedEvent *event)
{
    Heard *heard = owner;

    heard->events++;
    heard->event_cycles = cycles;
    heard->vector = event->vector;
}

static void hear_execution(void *owner, u64 linear)
{
    ((Heard *)owner)->executed++;
}

Test(debugger, a_listener_hears_without_a_stop)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, eventful);
        Heard heard = {0};
        const DebuggerListener listener = {
            &heard, hear_port, hear_event, hear_execution, AT(eventful, eventful_out), 1};
        u64 cycles;

        debugger_listen(rig->debugger, &listener);
        add(rig, (PointSpec){.kind = POINT_EXCEPTION, .address = EXCEPTION_UD});
        cr_assert_eq(go_on(rig), STOP_POINT);
        cycles = debugger_stop(rig->debugger)->cycles;
        cr_expect_eq(heard.ports, 2);
        cr_expect_eq(heard.events, 2);
        cr_expect_eq(heard.vector, EXCEPTION_UD);
        cr_expect_eq(heard.executed, 1);
        cr_expect(heard.port_cycles < heard.event_cycles && heard.event_cycles <= cycles);
        finish(rig);
    }
}

FIRMWARE(magical, "mov cx, 40\n"
                  "magical_loop: inc ax\nnop\n"
                  "magical_stop: xchg bx, bx\n"
                  "loop magical_loop\nhlt");
extern const u8 magical_stop[];

Test(debugger, magic_instructions_stop_if_wanted)
{
    EACH_ENGINE(engine)
    {
        Rig *rig = START(engine, magical);

        debugger_set_magic(rig->debugger, true);
        for (unsigned i = 1; i <= 20; i++) {
            cr_assert_eq(go_on(rig), STOP_MAGIC);
            cr_assert_eq(here(rig), AT(magical, magical_stop));
            cr_assert_eq(rig->cpu->gpr[RAX], i);
        }
        debugger_set_magic(rig->debugger, false);
        cr_assert_eq(go_on(rig), STOP_NONE);
        finish(rig);
    }
}
