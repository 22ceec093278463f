/*
 * Dear ImGui as far as the panels need it, for C. Its one implementation, gui.cpp, is the only file
 * that knows ImGui.
 *
 * Everything is drawn by software into the window's own surface, so no graphics card, no OpenGL and
 * no second copy of the window is needed; with the debugger closed nothing of this runs.
 *
 * Between gui_begin() and gui_end() the functions below describe the frame, top to bottom. Widths are
 * in characters of the (fixed-width) font. Texts are taken as they are, never as formats or ids.
 */
#ifndef FRONTEND_WINDOW_GUI_H
#define FRONTEND_WINDOW_GUI_H

#include "mmu/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct SDL_Window;
struct SDL_Surface;
union SDL_Event;

typedef struct Gui Gui;

/* A section of our own in ImGui's settings file. */
typedef struct GuiSettings {
    void (*load)(void *owner, const char *line);
    void (*save)(void *owner, char *text, size_t size);     /* lines, each with its '\n' */
    void *owner;
} GuiSettings;

/* `path`: of the settings file; NULL: nothing is kept. NULL: out of memory. */
Gui *gui_create(struct SDL_Window *window, const char *path, const GuiSettings *settings);
void gui_destroy(Gui *gui);

void gui_event(Gui *gui, const union SDL_Event *event);
void gui_release_input(Gui *gui);       /* as if every key and button was let go */
void gui_settings_changed(void);        /* write them soon */
bool gui_is_typing(const Gui *gui);     /* a text field has the keyboard */
bool gui_is_busy(const Gui *gui);       /* something is held, or was a moment ago: keep drawing */

typedef struct GuiLook {
    unsigned font_pixels;
    bool light;             /* dark on light, for projectors in bright rooms */
} GuiLook;

/* A frame; the surface is the window's, and is shown by the caller. gui_end() draws. */
bool gui_begin(Gui *gui, struct SDL_Surface *surface, const GuiLook *look);
void gui_end(Gui *gui);
/* Was a font found? Else the built-in one is used, which knows no sizes. */
bool gui_has_font(const Gui *gui);

typedef enum GuiColour {
    GUI_TEXT, GUI_DIM, GUI_HEADING, GUI_ADDRESS, GUI_CHANGED, GUI_GOOD, GUI_BAD,
    GUI_GUEST, GUI_IR, GUI_HOST,
    GUI_ROW_CURRENT, GUI_ROW_LINKED, GUI_ROW_MARKED,    /* backgrounds of rows */
    GUI_COLOURS
} GuiColour;

typedef enum GuiKey { GUI_F5, GUI_F6, GUI_F7, GUI_F8, GUI_F9, GUI_F10, GUI_F11, GUI_F12, GUI_UP,
                      GUI_DOWN, GUI_TAB, GUI_ENTER, GUI_KEYS } GuiKey;
/* Pressed now, outside text fields? */
bool gui_key(GuiKey key, bool shift);

/* ---- places ---- */

typedef struct GuiBox {
    float x, y, width, height;  /* pixels */
} GuiBox;

void gui_screen_size(float *width, float *height);
float gui_character_width(void);
float gui_line_height(void);
GuiBox gui_room(void);                  /* what is left of the current place */

/* A fixed place; true when it has the keyboard. `title` is what ImGui knows it by. */
bool gui_place_begin(const char *title, GuiBox box);
void gui_place_end(void);
void gui_focus_place(const char *title);
/* A window above the places, to be moved and sized by the mouse: it begins in `box`, which follows it, and
 * is put there again if `moved`. Returns true when it has the keyboard; *open becomes false when it is
 * closed. End with gui_place_end(). */
bool gui_float_begin(const char *title, GuiBox *box, bool moved, bool *open);
/* The bar between two places: how far it is being dragged, in pixels. */
float gui_splitter(const char *title, GuiBox box, bool vertical);

void gui_tabs_begin(const char *id);
/* True: its content follows, then gui_tab_end(). `select`: bring it to the front. */
bool gui_tab_begin(const char *name, bool select);
void gui_tab_end(void);
void gui_tabs_end(void);

/* A part that scrolls by itself; height in pixels, 0: the rest. */
void gui_scroll_begin(const char *id, float height);
void gui_scroll_to_end(void);           /* keeps a log at its last line, unless scrolled up */
void gui_scroll_end(void);
int gui_wheel(void);                    /* lines turned over the current place */

/* ---- texts ---- */

void gui_text(GuiColour colour, const char *text);   /* where it is cut off, the mouse shows all of it */
void gui_print(GuiColour colour, const char *format, ...) PRINTF_LIKE(2, 3);
void gui_wrapped(GuiColour colour, const char *text);
void gui_heading(const char *text);
void gui_same_line(void);
void gui_column(float characters);      /* goes on in the same line, there */
void gui_new_line(void);
void gui_gap(void);
void gui_band(GuiColour colour);        /* behind the line that begins here */
void gui_band_heat(float heat);         /* likewise, 0 .. 1 */
void gui_line(void);                    /* across */
/* Explains what was drawn last while the mouse rests on it; the rest likewise is about that. */
void gui_tooltip(const char *text);
bool gui_hovered(void);
bool gui_double_clicked(void);

/* ---- tables ---- */

enum { GUI_TABLE_LINES = 1, GUI_TABLE_SCROLL = 2, GUI_TABLE_RESIZE = 4 };

bool gui_table_begin(const char *id, unsigned columns, unsigned flags);
/* Width in characters; 0: a share of the rest; -n: n shares. */
void gui_table_column(const char *name, float width);
void gui_table_head(void);
void gui_row(void);
void gui_row_colour(GuiColour colour);
void gui_row_heat(float heat);
/* Right after gui_row() and gui_cell(): is the mouse anywhere in the row? */
bool gui_row_hovered(void);
void gui_cell(void);
void gui_table_end(void);
/* Long tables: only rows first .. last-1 need be drawn, until it returns false. */
void gui_list_begin(unsigned rows);
bool gui_list_next(unsigned *first, unsigned *last);
void gui_scroll_here(void);             /* brings the current row into view */

/* ---- things to press ---- */

void gui_id(u64 number);                /* tells equal labels apart; until: */
void gui_id_end(void);
bool gui_button(const char *label, bool enabled);
bool gui_checkbox(const char *label, bool *value);
/* Text that can be clicked. */
bool gui_link(GuiColour colour, const char *text);
/* One of several, side by side. */
bool gui_choice(const char *id, const char *const *names, unsigned count, unsigned *chosen);
/* True when Enter was pressed. */
bool gui_input(const char *id, const char *hint, char *text, size_t size, float width);
/* The same for a command line: Tab completes, the arrows recall. Each replaces the whole text. */
typedef struct GuiLineHelp {
    void (*complete)(void *owner, char *text, size_t size);
    void (*recall)(void *owner, bool older, char *text, size_t size);
    void *owner;
} GuiLineHelp;
bool gui_command_line(const char *id, const char *hint, char *text, size_t size,
                      const GuiLineHelp *help);
void gui_focus_next(void);              /* the keyboard to the next input */
bool gui_escape(void);                  /* the last input was left: Esc, or a click elsewhere */
void gui_disabled_begin(bool disabled);
void gui_disabled_end(void);
/* The menu behind the right mouse button of what was drawn last. */
bool gui_context_begin(const char *id);
bool gui_menu_begin(const char *label);
bool gui_menu_item(const char *label, const char *keys, bool checked, bool enabled);
void gui_menu_end(void);
void gui_context_end(void);
void gui_copy(const char *text);        /* to the clipboard */

/* ---- pictures ---- */

/* 00RRGGBBh pixels, in the middle of the room that is left. */
void gui_picture(const u32 *pixels, unsigned width, unsigned height);

/* The margin of a line of code; true when it was clicked. */
enum { GUI_MARK_POINT = 1, GUI_MARK_DISABLED = 2, GUI_MARK_CURRENT = 4 };
bool gui_margin(unsigned marks);

/* A bar of the room's width from 0 to 1 with ticks; true while it is dragged, to `*position`. */
typedef struct GuiTick {
    float position;
    GuiColour colour;
} GuiTick;
bool gui_track(const char *id, float *position, const GuiTick *ticks, unsigned count);

#ifdef __cplusplus
}
#endif

#endif
