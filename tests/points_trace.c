#include "tests/points_trace.h"

#include "frontend/debugger/reverse_search.h"
#include "tests/debugger_rig.h"

/* Calls, recursion, a software interrupt, a repeated string, ports; and a timer that interrupts all
 * of them. */
FIRMWARE(wanderer, ".globl wanderer, wanderer_end\n"
                   "xor ax, ax\n mov ds, ax\n mov es, ax\n mov ss, ax\n mov sp, 0x7000\n cld\n"
                   "mov word ptr [0x100], offset wanderer_handler - wanderer\n"
                   "mov word ptr [0x102], 0xF000\n"
                   "mov word ptr [0x140], offset wanderer_tick - wanderer\n"
                   "mov word ptr [0x142], 0xF000\n"
                   "mov al, 0x11\n out 0x20, al\n mov al, 0x50\n out 0x21, al\n"
                   "mov al, 4\n out 0x21, al\n mov al, 1\n out 0x21, al\n"
                   "mov al, 0xFE\n out 0x21, al\n mov al, 0x34\n out 0x43, al\n"
                   "mov al, 230\n out 0x40, al\n mov al, 0\n out 0x40, al\n sti\n"
                   "wanderer_again: inc word ptr [0x500]\n"
                   "call wanderer_work\n"
                   "out 0x80, al\n"
                   "mov di, 0x600\n mov cx, 5\n rep stosb\n"
                   "test byte ptr [0x500], 3\n jnz wanderer_skip\n int 0x40\n"
                   "wanderer_skip: add ax, [0x500]\n"
                   "in al, 0x80\n push ax\n pop bx\n"
                   "jmp wanderer_again\n"
                   "wanderer_work: add ax, 3\n mov dx, [0x500]\n and dx, 3\n"
                   "wanderer_deeper: dec dx\n js wanderer_done\n push dx\n"
                   "call wanderer_deeper\n"
                   "pop dx\n mov [0x510], dx\n"
                   "wanderer_done: ret\n"
                   "wanderer_handler: inc byte ptr [0x520]\n iret\n"
                   "wanderer_tick: push ax\n mov al, 0x20\n out 0x20, al\n"
                   "inc word ptr [0x530]\n pop ax\n iret");

TraceMoment trace[TRACE + 2];
static TraceMoment *coming;

static void note(u64 address, unsigned size, bool write, bool port)
{
    cr_assert_lt(coming->access_count, TOUCHES);
    coming->accesses[coming->access_count++] = (Touch){address, (u8)size, write, port};
}

static void on_access(void *owner, const ObservedAccess *access)
{
    note(access->linear, access->size, access->write, false);
}

static void on_port(void *owner, u16 port, Size size, bool write, u64 value)
{
    note(port, size, write, true);
}

static void on_event(void *owner, const ObservedEvent *event)
{
    coming->event = true;
    coming->external = event->external;
}

void make_trace(void)
{
    Rig *rig = START(ENGINE_INTERPRETER, wanderer);
    const WatchedRange all = {.last = ~(u64)0, .accesses = {true, true}};
    Observer observer = search_observer(NULL);

    observer.access = on_access;
    observer.port = on_port;
    observer.event = on_event;
    cpu_observe(rig->cpu, &observer);
    cpu_watch(rig->cpu, &all, 1);
    for (unsigned i = 0; i <= TRACE; i++) {
        TraceMoment *moment = &trace[i];

        moment->pc = (u32)here(rig);
        moment->ax = (u16)rig->cpu->gpr[RAX];
        moment->sp = (u16)rig->cpu->gpr[RSP];
        debugger_read_memory(rig->debugger, moment->pc, &moment->opcode, 1);
        coming = moment + 1;
        if (i < TRACE)
            while (machine_run(rig->machine, i + 1) == RUN_STOPPED)
                ;
        cr_assert_eq(machine_cycles(rig->machine), i < TRACE ? i + 1 : i);
    }
    cpu_observe(rig->cpu, NULL);
    finish(rig);
}
