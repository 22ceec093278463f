/*
 * The debugger's panels: what they say, and that they can be drawn of any machine, on SDL's driver
 * without a screen.
 */
#include <SDL2/SDL.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/window/chip_words.h"
#include "frontend/window/code_lines.h"
#include "frontend/window/debugger_window.h"
#include "frontend/window/panels.h"
#include "frontend/window/register_words.h"
#include "mmu/paging.h"
#include "tests/bare_machine.h"

/* ---- texts ---- */

PROGRAM(some_code, 32, "push ebp; mov ebp, esp; mov eax, 0x12345678; call . + 16; jne . - 8; ret");

Test(panels, lines_of_code)
{
    BareMachine *m = bare_in_ring(0);
    CodeLine lines[8];
    u64 target;

    bare_load(m, BARE_CODE, some_code, some_code_end);
    code_lines(&m->cpu, BARE_CODE, lines, COUNT_OF(lines));
    cr_expect_str_eq(lines[1].words, "mov ebp, esp");
    cr_expect_eq(lines[2].linear, BARE_CODE + 3);
    cr_expect_eq(lines[2].length, 5);
    cr_expect(code_target(&m->cpu, &lines[3], &target));
    cr_expect_eq(target, BARE_CODE + 8 + 16);
    cr_expect(code_target(&m->cpu, &lines[4], &target));
    cr_expect_eq(target, BARE_CODE + 13 - 8);
    cr_expect(!code_target(&m->cpu, &lines[5], &target));
    cr_expect_eq(code_before(&m->cpu, BARE_CODE + 13, 3), BARE_CODE + 1);
    code_lines(&m->cpu, BARE_RAM - 2, lines, COUNT_OF(lines));
    cr_expect_eq(lines[3].length, 0);
    bare_destroy(m);
}

Test(panels, lines_of_real_mode_code_know_their_segment)
{
    BareMachine *m = bare_create();
    static const u8 code[] = {0xEB, 0x10, 0xFF, 0xFF, 0x90};
    CodeLine lines[4];
    u64 target;

    bare_load(m, BARE_CODE, code, code + sizeof code);
    code_lines(&m->cpu, BARE_CODE, lines, COUNT_OF(lines));
    cr_expect_str_eq(lines[0].words, "jmp 0x12");
    cr_expect(code_target(&m->cpu, &lines[0], &target));
    cr_expect_eq(target, BARE_CODE + 0x12);
    cr_expect_str_eq(lines[1].words, "(bad)");
    cr_expect_eq(lines[1].length, 1);
    cr_expect_eq(lines[2].linear, BARE_CODE + 3);
    cr_expect(strncmp(lines[2].words, "call", 4) == 0);
    bare_destroy(m);
}

Test(panels, registers_are_explained)
{
    BareMachine *m = bare_in_ring(0);
    RegisterSet before, now;
    char text[256];
    unsigned count;
    const BitWords *bits = register_bits("eflags", &count);

    cr_expect(strstr(register_words("rsp"), "stack pointer"));
    cr_expect_str_eq(register_words("esp"), register_words("sp"));
    cr_expect(strstr(register_words("efer"), "SYSCALL"));
    cr_expect(strstr(register_words("r9"), "64-bit"));
    cr_expect_eq(count, 16);
    bit_words(&bits[3], 0x40, text, sizeof text);
    cr_expect(strstr(text, "ZF = 1 (bit 6)"), "%s", text);
    register_set_read(&before, &m->cpu);
    m->cpu.gpr[RCX]++;
    register_set_read(&now, &m->cpu);
    cr_expect(register_set_differs(&before, &now, "ecx"));
    cr_expect(!register_set_differs(&before, &now, "edx"));
    bare_destroy(m);
}

typedef struct Chip {
    u8 index;
    u16 table[300];
    bool on;
} Chip;

Test(panels, chips_are_told)
{
    static const Field fields[] = {FIELD(Chip, index), FIELD_ARRAY(Chip, table), FIELD(Chip, on)};
    Chip chip = {.index = 0x2A, .table = {1, 2, 0, 0, 0, 0, 0, 7}, .on = true};
    char text[CHIP_VALUE], small[16];

    chip_value(&chip, &fields[0], text, sizeof text);
    cr_expect_str_eq(text, "2A");
    chip_value(&chip, &fields[1], text, sizeof text);
    cr_expect_str_eq(text, "0001 0002 0 (5 times) 0007 0 (292 times)");
    chip_value(&chip, &fields[2], text, sizeof text);
    cr_expect_str_eq(text, "1");
    memset(chip.table, 0xFF, sizeof chip.table);
    chip_value(&chip, &fields[1], text, sizeof text);
    cr_expect(strstr(text, "(300 in all)"), "%s", text);
    chip_value(&chip, &fields[1], small, sizeof small);
    cr_expect_lt(strlen(small), sizeof small);
}

Test(panels, events_are_logged)
{
    static EventLog log;
    static AddressSpace ports;
    BareMachine *m = bare_in_ring(0);
    char text[128];

    cpu_between_instructions(&m->cpu);
    space_init(&ports, "ports", 0xFFFF, NULL);
    cr_expect_null(event_log_at(&log, 0));
    for (unsigned i = 0; i < 3; i++)
        event_log_port(&log, &m->cpu, 100 + i, 0x61, BYTE, false, 0x1234);
    event_log_event(&log, &m->cpu, 200,
                    &(ObservedEvent){.vector = 14, .has_error_code = true, .error_code = 2});
    cr_expect_eq(log.count, 2);
    logged_event_words(event_log_at(&log, 0), &ports, text, sizeof text);
    cr_expect_str_eq(text, "exception 14 Page Fault, error code 0002");
    logged_event_words(event_log_at(&log, 1), &ports, text, sizeof text);
    cr_expect_str_eq(text, "in  port 061 -> 34  nobody");
    cr_expect_eq(event_log_at(&log, 1)->repeats, 2);
    for (unsigned i = 0; i < 2 * LOGGED_EVENTS; i++)
        event_log_port(&log, &m->cpu, i, (u16)i, WORD, true, i);
    cr_expect_eq(event_log_at(&log, 0)->number, (u16)(2 * LOGGED_EVENTS - 1));
    cr_expect_not_null(event_log_at(&log, LOGGED_EVENTS - 1));
    cr_expect_null(event_log_at(&log, LOGGED_EVENTS));
    bare_destroy(m);
}

Test(panels, heat_is_counted)
{
    static Heat heat;

    cr_expect_eq(heat_of(&heat, 5), 0);
    for (unsigned i = 0; i < 1000; i++)
        heat_add(&heat, 0xC0000000);
    heat_add(&heat, 0xC0000001);
    cr_expect_eq(heat_count(&heat, 0xC0000000), 1000);
    cr_expect_eq(heat_of(&heat, 0xC0000000), 1);
    cr_expect(heat_of(&heat, 0xC0000001) > 0 && heat_of(&heat, 0xC0000001) < 0.2f);
    for (u64 i = 0; i < 3 * HEAT_PLACES; i++)
        heat_add(&heat, i << 12);
    cr_expect_eq(heat_count(&heat, 0xC0000001), 1);
}

/* ---- a block beside its translation ---- */

PROGRAM(a_block, 32, "add eax, ebx; mov ecx, [esp + 4]; jz . + 8");

static const BlockRow *row_of(const BlockView *view, int insn)
{
    for (unsigned i = 0; i < view->count; i++)
        if (view->rows[i].insn == insn && *view->rows[i].guest)
            return &view->rows[i];
    return NULL;
}

Test(panels, a_block_beside_its_translation)
{
    static BlockView view;
    BareMachine *m = bare_in_ring(0);
    u64 cycles = m->cpu.cycles;
    const BlockRow *add;

    bare_load(m, BARE_CODE, a_block, a_block_end);
    block_view_make(&view, &m->cpu, BARE_CODE);
    cr_assert_str_eq(view.error, "");
    cr_expect_eq(view.insns, 3);
    add = row_of(&view, 0);
    cr_assert(add && row_of(&view, 1));
    cr_expect_str_eq(add->guest, "add eax, ebx");
    cr_expect(strncmp(add->ir, "add.32", 6) == 0, "%s", add->ir);
    cr_expect(strstr(add->host, "  add ") != NULL, "%s", add->host);
    cr_expect_eq(row_of(&view, 1)->linear, BARE_CODE + 2);
    cr_expect_eq(m->cpu.cycles, cycles);
    cr_expect_eq(m->cpu.mmu.tlb[0][BARE_CODE >> PAGE_SHIFT].tags[ACCESS_EXECUTE], 0);
    block_view_make(&view, &m->cpu, BARE_RAM);
    cr_expect(strstr(view.error, "no memory"), "%s", view.error);
    bare_destroy(m);
}

/* Where the code lies, and in which mode, must not matter. */
Test(panels, blocks_of_every_mode)
{
    static BlockView view;
    BareMachine *m = bare_create();
    static const u8 code[] = {0x01, 0xD8, 0xEB, 0xFE};

    bare_load(m, BARE_CODE, code, code + sizeof code);
    block_view_make(&view, &m->cpu, BARE_CODE);
    cr_expect_str_eq(view.error, "");
    cr_assert(row_of(&view, 0));
    cr_expect_str_eq(row_of(&view, 0)->guest, "add ax, bx");
    bare_destroy(m);
    m = bare_in_ring(3);
    bare_load(m, BARE_CODE, code, code + sizeof code);
    block_view_make(&view, &m->cpu, BARE_CODE + 2);
    cr_expect_eq(view.insns, 1);
    bare_destroy(m);
}

/* Where the processor begins, just below 4 GiB, there is no paging and there are no tables. */
Test(panels, the_first_block_of_all)
{
    static BlockView view;
    BareMachine *m = bare_create();
    static const u8 code[] = {0xEA, 0x5B, 0xE0, 0x00, 0xF0};
    static Memory rom;

    cr_assert(memory_create(&rom, PAGE_SIZE));
    memcpy(rom.bytes + 0xFF0, code, sizeof code);
    space_add_memory(&m->memory, "rom", 0xFFFFF000, PAGE_SIZE, &rom, 0, false);
    segment_set(&m->cpu, CS, 0xF000, 0xFFFF0000, 0xFFFF, m->cpu.segments[CS].access);
    block_view_make(&view, &m->cpu, 0xFFFFFFF0);
    cr_expect_str_eq(view.error, "");
    cr_assert(row_of(&view, 0));
    cr_expect_str_eq(row_of(&view, 0)->guest, "ljmp 0xf000:0xe05b");
    bare_destroy(m);
    memory_destroy(&rom);
}

/* ---- drawing ---- */

static SDL_Window *sdl_window;
static SDL_Surface *surface;
static Machine *machine;
static Debugger *debugger;
static u8 bios[64 << 10];

static void open_all(void)
{
    MachineConfig config = {
        .memory = 8 << 20, .cpu = "", .mips = 100, .bios = bios, .bios_length = sizeof bios};
    char error[256];

    setenv("SDL_VIDEODRIVER", "dummy", 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("HOME");
    memset(bios, 0x90, sizeof bios);
    memcpy(bios + 0xFFF0, "\xEA\x00\x00\x00\xF0", 5);
    memcpy(bios + 0xFF00, "\xEB\xFE", 2);
    cr_assert_eq(SDL_Init(SDL_INIT_VIDEO), 0, "%s", SDL_GetError());
    sdl_window = SDL_CreateWindow("", 0, 0, 1280, 800, 0);
    surface = SDL_CreateRGBSurfaceWithFormat(0, 1280, 800, 32, SDL_PIXELFORMAT_RGB888);
    machine = machine_create(&config, error, sizeof error);
    cr_assert(sdl_window && surface && machine, "%s", error);
    debugger = debugger_create(machine);
    cr_assert(debugger);
    debugger_attach(debugger);
}

static void close_all(void)
{
    debugger_destroy(debugger);
    machine_destroy(machine);
    SDL_FreeSurface(surface);
    if (sdl_window)
        SDL_DestroyWindow(sdl_window);
    SDL_Quit();
}

TestSuite(panel_drawing, .init = open_all, .fini = close_all, .timeout = 300);

/* How many pixels are not the background's. */
static unsigned drawn_pixels(void)
{
    const u32 *pixels = surface->pixels;
    u32 background = pixels[surface->h / 2 * surface->pitch / 4 + surface->w - 20];
    unsigned count = 0;

    for (int i = 0; i < surface->h * surface->pitch / 4; i++)
        count += pixels[i] != background;
    return count;
}

/* Each panel alone in the window, for a few frames. */
static void draw_every_panel(void)
{
    const DisplayStatus status = {.mips = 100, .speed = 1};
    static u32 dots[320 * 200];
    const Picture picture = {.pixels = dots, .width = 320, .height = 200};

    for (unsigned i = 0; i < PANEL_COUNT; i++) {
        DebuggerWindow *window = debugger_window_open(sdl_window, debugger);
        Panels *panels;

        cr_assert(window);
        panels = debugger_window_panels(window);
        panels_show(panels, i);
        panels->layout.alone = panels->layout.tiles[i];
        for (unsigned frame = 0; frame < 6; frame++) {
            if (frame == 4)
                layout_move(&panels->layout, i, TILE_FLOATING);
            panels->table_chosen = frame;
            panels->chip_chosen = frame * 7;
            panels->memory.physical = frame & 1;
            panels->memory.size = frame % 4;
            cr_assert(debugger_window_draw(window, surface, &picture, &status));
        }
        cr_expect_gt(drawn_pixels(), 2000, "%s is empty", panel_table[i].name);
        debugger_window_close(window);
    }
}

Test(panel_drawing, every_panel_of_a_machine_that_runs_and_is_stopped)
{
    u64 hash;

    draw_every_panel();
    debugger_run(debugger, 1000);
    hash = machine_hash(machine);
    draw_every_panel();
    debugger_pause(debugger);
    draw_every_panel();
    cr_expect_eq(machine_hash(machine), hash, "looking has changed the machine");
}

/* The whole way: the window is opened, the debugger in it, and closed again. */
Test(panel_drawing, the_debugger_opens_and_closes_over_a_running_machine)
{
    const DisplayStatus status = {.mips = 100, .speed = 1};
    const DisplayOptions options = {.title = "test", .debugger = debugger};
    SDL_Event key = {.key = {.type = SDL_KEYDOWN, .state = SDL_PRESSED}};
    char error[256];
    Display *display = display_sdl_open(&options, error, sizeof error);
    u64 hash;

    cr_assert(display, "%s", error);
    debugger_run(debugger, 1000);
    hash = machine_hash(machine);
    key.key.keysym = (SDL_Keysym){.scancode = SDL_SCANCODE_D, .mod = KMOD_LCTRL | KMOD_LALT};
    for (unsigned times = 0; times < 4; times++) {
        display->draw(display, machine, &status);
        SDL_PushEvent(&key);
        while (display->poll(display, machine) != DISPLAY_NOTHING)
            ;
        for (unsigned frame = 0; frame < 5; frame++)
            display->draw(display, machine, &status);
    }
    cr_expect_eq(machine_hash(machine), hash);
    cr_expect_eq(debugger_stop(debugger)->reason, STOP_NONE);
    SDL_PushEvent(&key);
    while (display->poll(display, machine) != DISPLAY_NOTHING)
        ;
    display->draw(display, machine, &status);
    display->close(display);
    cr_assert_eq(SDL_Init(SDL_INIT_VIDEO), 0);
    sdl_window = NULL;
}

static u64 random_state = 88172645463325252u;

static u64 any(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Registers, tables and page tables full of nonsense, in each of the processor's modes. */
static void spoil(Cpu *cpu, unsigned mode)
{
    for (unsigned i = 0; i < REG_ZERO; i++)
        cpu->gpr[i] = any();
    cpu->rip = mode == 3 ? any() : (u32)any();
    cpu->gdtr = (DescriptorTable){any() >> (mode & 1 ? 44 : 0), 0xFFFF};
    cpu->idtr = (DescriptorTable){any() >> (mode & 1 ? 44 : 0), 0xFFFF};
    cpu->cr0 = mode ? CR0_PE | (mode > 1 ? CR0_PG : 0) : 0;
    cpu->cr4 = mode > 2 ? CR4_PAE : mode == 2 ? CR4_PSE : 0;
    cpu->efer = mode == 3 ? EFER_LMA | EFER_LME : 0;
    cpu->cr3 = any() & 0x7FF000;
    mmu_set_cr3(&cpu->mmu, cpu->cr3);
    mmu_set_control(&cpu->mmu, cpu->cr0, cpu->cr4, cpu->efer);
    for (unsigned i = 0; i < SEGMENT_COUNT; i++)
        segment_set(cpu, i, (u16)any(), any(), (u32)any(), (u16)any());
    cpu_translations_changed(cpu);
}

Test(panel_drawing, every_panel_of_a_machine_full_of_nonsense)
{
    Cpu *cpu = machine_cpu(machine, 0);

    for (u64 address = 0; address < 8 << 20; address += 8)
        space_write(machine_memory(machine), address, QWORD, any());
    debugger_pause(debugger);
    for (unsigned round = 0; round < 4; round++) {
        spoil(cpu, round);
        draw_every_panel();
    }
}
