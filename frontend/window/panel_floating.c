/*
 * The x87's stack and the XMM registers.
 */
#include "frontend/window/panels.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The host's long double is the x87's format; another host would need a conversion here. */
static void x87_text(const X87Register *reg, char *text, size_t size)
{
    long double value = 0;

    memcpy(&value, &reg->significand, 8);
    memcpy((u8 *)&value + 8, &reg->sign_exponent, 2);
    snprintf(text, size, "%.17Lg", value);
}

static void draw_x87(const Cpu *cpu)
{
    char value[64];

    if (!gui_table_begin("x87", 3, 0))
        return;
    gui_table_column("", 4);
    gui_table_column("", 22);
    gui_table_column("", 0);
    for (unsigned i = 0; i < 8; i++) {
        unsigned number = (cpu->x87.top + i) & 7;
        const X87Register *reg = &cpu->x87.r[number];
        bool empty = bit(cpu->x87.empty, number);

        gui_row();
        gui_cell();
        gui_print(GUI_DIM, "ST%u", i);
        gui_cell();
        gui_print(empty ? GUI_DIM : GUI_TEXT, "%04X %016" PRIX64, reg->sign_exponent,
                  reg->significand);
        gui_cell();
        x87_text(reg, value, sizeof value);
        gui_wrapped(empty ? GUI_DIM : GUI_TEXT, empty ? "empty" : value);
    }
    gui_table_end();
}

static void draw_xmm(const Cpu *cpu)
{
    unsigned count = cpu_long(cpu) ? 16 : 8;
    bool narrow = gui_room().width < (6 + 36) * gui_character_width();
    char value[40];

    if (!gui_table_begin("xmm", 2, 0))
        return;
    gui_table_column("", 6);
    gui_table_column("", 0);
    for (unsigned i = 0; i < count; i++) {
        const Xmm *xmm = &cpu->xmm[i];

        gui_row();
        gui_cell();
        gui_print(GUI_DIM, "XMM%u", i);
        gui_cell();
        snprintf(value, sizeof value, "%08X %08X%s%08X %08X", xmm->dwords[3], xmm->dwords[2],
                 narrow ? "\n" : " ", xmm->dwords[1], xmm->dwords[0]);
        gui_text(GUI_TEXT, value);
    }
    gui_table_end();
}

void panel_floating(Panels *panels)
{
    const Cpu *cpu = panels->cpu;

    gui_scroll_begin("floating", 0);
    draw_x87(cpu);
    gui_print(GUI_TEXT, "control %04X  status %04X  TOP %u", cpu->x87.control, cpu->x87.status,
              cpu->x87.top);
    gui_gap();
    draw_xmm(cpu);
    gui_print(GUI_TEXT, "MXCSR %08X", cpu->mxcsr);
    gui_scroll_end();
}
