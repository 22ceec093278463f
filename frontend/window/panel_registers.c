/*
 * Registers and flags: changed ones are marked, each is explained while the mouse rests on it, and
 * can be changed by a double click while the machine is stopped.
 */
#include "frontend/window/panels.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "frontend/debugger/registers.h"

static const char *const general32[] = {"eax", "ebx", "ecx", "edx",    "esi", "edi",
                                        "ebp", "esp", "eip", "eflags", NULL};
static const char *const general64[] = {"rax", "rbx", "rcx", "rdx",    "rsi", "rdi", "rbp",
                                        "rsp", "r8",  "r9",  "r10",    "r11", "r12", "r13",
                                        "r14", "r15", "rip", "rflags", NULL};
static const char *const system32[] = {"cr0", "cr2", "cr3", "cr4", "efer", "cpl", NULL};
static const char *const debug[] = {"dr0", "dr1", "dr2", "dr3", "dr6", "dr7", NULL};

static void value_text(const Register *reg, u64 value, bool wide, char *text, size_t size)
{
    /* A control register has 64 bits, of which 32-bit code cannot see half. */
    unsigned digits = 2 * register_size(reg);

    if (!wide && digits > 8 && value >> 32 == 0)
        digits = 8;
    snprintf(text, size, "%0*" PRIX64, (int)digits, value);
}

void panels_register(Panels *panels, const char *name, bool wide)
{
    const Register *reg = register_find(name, strlen(name));
    bool changed = register_set_differs(&panels->registers, &panels->registers_before, name);
    GuiColour colour = changed ? GUI_CHANGED : panels->stopped ? GUI_TEXT : GUI_DIM;
    u64 value = register_read(reg, panels->cpu);
    char text[24], shown[16];
    unsigned i;

    for (i = 0; i < sizeof shown - 1 && name[i]; i++)
        shown[i] = (char)toupper(name[i]);
    shown[i] = '\0';
    gui_text(GUI_DIM, shown);
    gui_tooltip(register_words(name));
    gui_cell();
    value_text(reg, value, wide, text, sizeof text);
    if (panels_edit(panels, (u64)(uintptr_t)reg, text, colour, &value) &&
        !register_write(reg, panels->cpu, value, panels->message, sizeof panels->message))
        return;
    gui_tooltip(register_words(name));
}

/* Two to a line where there is room for that. */
static void draw_group(Panels *panels, const char *id, const char *const *names, bool wide)
{
    float digits = wide ? 17 : 9;
    unsigned pairs = gui_room().width < 2 * (7 + digits) * gui_character_width() ? 1 : 2;

    if (!gui_table_begin(id, 2 * pairs, 0))
        return;
    for (unsigned i = 0; i < pairs; i++) {
        gui_table_column("", 6);
        gui_table_column("", digits);
    }
    for (unsigned i = 0; names[i]; i++) {
        if (i % pairs == 0)
            gui_row();
        gui_cell();
        panels_register(panels, names[i], wide);
    }
    gui_table_end();
}

/* The names of a register's bits, those that are set in bright letters. Flags can be clicked. */
static void draw_bits(Panels *panels, const char *name, bool can_toggle)
{
    const Register *reg = register_find(name, strlen(name));
    u64 value = register_read(reg, panels->cpu);
    unsigned count;
    const BitWords *bits = register_bits(name, &count);
    float left = gui_room().x, end = left + gui_room().width;
    u64 before = 0;

    for (unsigned i = 0; register_at(i) && i < REGISTER_SET; i++)
        if (register_at(i) == reg)
            before = panels->registers_before.values[i];
    for (unsigned i = 0; i < count; i++) {
        bool set = bit(value, bits[i].number), changed = bit(value ^ before, bits[i].number);
        GuiColour colour = changed ? GUI_CHANGED : set ? GUI_HEADING : GUI_DIM;
        char words[256];
        bool clicked;

        if (i > 0) {
            gui_same_line();
            if (gui_room().x + (float)(strlen(bits[i].name) + 1) * gui_character_width() > end)
                gui_new_line();
        }
        clicked = can_toggle && panels->stopped ? gui_link(colour, bits[i].name)
                                                : (gui_text(colour, bits[i].name), false);
        bit_words(&bits[i], value, words, sizeof words);
        gui_tooltip(words);
        if (clicked && panels_may_change(panels))
            register_write(reg, panels->cpu, value ^ (u64)1 << bits[i].number, panels->message,
                           sizeof panels->message);
    }
}

static void draw_named_bits(Panels *panels, const char *title, const char *name, bool can_toggle)
{
    gui_gap();
    gui_text(GUI_DIM, title);
    draw_bits(panels, name, can_toggle);
}

void panel_registers(Panels *panels)
{
    bool wide = cpu_long(panels->cpu);

    gui_scroll_begin("registers", 0);
    draw_group(panels, "general", wide ? general64 : general32, wide);
    draw_named_bits(panels, "flags", "eflags", true);
    gui_gap();
    draw_group(panels, "system", system32, wide);
    draw_named_bits(panels, "CR0", "cr0", false);
    draw_named_bits(panels, "CR4", "cr4", false);
    draw_named_bits(panels, "EFER", "efer", false);
    gui_gap();
    draw_group(panels, "debug", debug, wide);
    gui_scroll_end();
}
