/*
 * Every chip's state, from the table that describes it (mmu/field.h). The processor is a chip, too,
 * but has panels of its own.
 */
#include "frontend/window/panels.h"

#include <stdio.h>

#include "frontend/window/chip_words.h"

enum { PROCESSOR = 0 /* has panels of its own */ };

/* The n-th of its kind: "16550 2". */
static void chip_name(const ChipState *chips, unsigned index, char *text, size_t size)
{
    unsigned before = 0, all = 0;

    for (unsigned i = 0; chips[index].table != chips[i].table || i <= index; i++) {
        if (chips[i].table == chips[index].table) {
            before += i < index;
            all++;
        }
        if (i == index)
            break;
    }
    if (before || all > 1)
        snprintf(text, size, "%s %u", chips[index].table->chip, before + 1);
    else
        snprintf(text, size, "%s", chips[index].table->chip);
}

static void draw_list(Panels *panels, const ChipState *chips, unsigned count)
{
    char name[48];

    for (unsigned i = PROCESSOR + 1; i < count; i++) {
        chip_name(chips, i, name, sizeof name);
        gui_id(i);
        if (gui_link(i == panels->chip_chosen ? GUI_HEADING : GUI_ADDRESS, name))
            panels->chip_chosen = i;
        gui_id_end();
    }
}

static void draw_fields(const ChipState *chip)
{
    char value[CHIP_VALUE];

    if (!gui_table_begin("fields", 2, GUI_TABLE_SCROLL))
        return;
    gui_table_column("", 20);
    gui_table_column("", 0);
    for (unsigned i = 0; i < chip->table->count; i++) {
        const Field *field = &chip->table->fields[i];

        gui_row();
        gui_cell();
        gui_text(GUI_DIM, field->name);
        gui_cell();
        chip_value(chip->chip, field, value, sizeof value);
        gui_wrapped(GUI_TEXT, value);
    }
    gui_table_end();
}

void panel_devices(Panels *panels)
{
    unsigned count;
    const ChipState *chips = machine_chips(panels->machine, &count);

    if (!gui_table_begin("devices", 2, GUI_TABLE_LINES))
        return;
    gui_table_column("", 13);
    gui_table_column("", 0);
    gui_row();
    gui_cell();
    gui_scroll_begin("chips", gui_room().height);
    draw_list(panels, chips, count);
    gui_scroll_end();
    gui_cell();
    if (panels->chip_chosen == PROCESSOR)
        gui_text(GUI_DIM, "choose a chip");
    else if (panels->chip_chosen < count)
        draw_fields(&chips[panels->chip_chosen]);
    gui_table_end();
}
