/*
 * The panels: each a row in a table, a function that draws it, and a little state of its own here.
 * They look at the machine between two of its slices, and change it only while it is stopped.
 */
#ifndef FRONTEND_WINDOW_PANELS_H
#define FRONTEND_WINDOW_PANELS_H

#include "cpu/cpu.h"
#include "devices/vga_draw.h"
#include "frontend/debugger/commands.h"
#include "frontend/debugger/debugger.h"
#include "frontend/debugger/story.h"
#include "frontend/display.h"
#include "frontend/window/block_view.h"
#include "frontend/window/code_lines.h"
#include "frontend/window/event_log.h"
#include "frontend/window/gui.h"
#include "frontend/window/heat.h"
#include "frontend/window/layout.h"
#include "frontend/window/register_words.h"

typedef struct Panels Panels;

typedef struct Panel {
    const char *name, *help;
    u8 first_tile;
    void (*draw)(Panels *panels);
} Panel;

/* In the table's order. */
enum { PANEL_SCREEN, PANEL_MEMORY, PANEL_COMMAND, PANEL_STORY, PANEL_CODE, PANEL_TRANSLATION,
       PANEL_TABLES, PANEL_PAGING, PANEL_DEVICES, PANEL_POINTS, PANEL_LOG, PANEL_TIMELINE,
       PANEL_REGISTERS, PANEL_STACK, PANEL_CALLS, PANEL_FLOATING, PANEL_SEGMENTS, PANEL_COUNT };
extern const Panel panel_table[PANEL_COUNT];

/* A value being edited, in whichever panel. */
typedef struct Editing {
    u64 id;                 /* 0: nothing is */
    bool begun;             /* the field has the keyboard */
    char text[40];
} Editing;

typedef struct ScreenPanel {
    u32 *pixels;            /* the picture as large as the panel has room for */
    u64 capacity;           /* pixels that fit */
} ScreenPanel;

typedef struct CodePanel {
    bool follows;           /* the instruction pointer */
    u64 top, last, cursor;  /* linear; `last` line that was seen */
    unsigned shown_stop;    /* for which `top` was chosen */
    unsigned rows;          /* that were seen last */
    bool counts;            /* how often these are executed: */
    u64 counted_first, counted_length;
    char address[64];
} CodePanel;

enum { MEMORY_SEEN = 4096 };
typedef struct MemoryPanel {
    bool physical;
    u64 address;            /* of the first byte shown */
    bool chosen;            /* by somebody; else it is that of the next instruction */
    char text[64];
    unsigned size;          /* bytes of a group: index into 1, 2, 4, 8 */
    u64 now_at, seen_at;    /* what is shown now, and what was shown at the stop before */
    u8 now[MEMORY_SEEN], seen[MEMORY_SEEN];
    size_t now_length, seen_length;
    bool now_physical, seen_physical;
    unsigned seen_stop;
} MemoryPanel;

typedef struct LogPanel {
    EventLog log;
    bool hidden[LOGGED_KINDS];
} LogPanel;

typedef struct PagingPanel {
    u64 linear;
    char text[64];
    bool follows;           /* the instruction pointer */
} PagingPanel;

typedef struct TranslationPanel {
    BlockView view;
    bool made;
    u64 linear;             /* of which block, */
    unsigned shown_stop;    /* at which stop; */
    unsigned age;           /* frames ago */
    float width;            /* of the panel, in characters */
    int lit_insn, lit_op, next_lit_insn, next_lit_op;   /* what the mouse is over */
} TranslationPanel;

enum { COMMAND_LINES = 512, COMMAND_WIDTH = 200, COMMAND_HISTORY = 64, COMMAND_LENGTH = 256 };
typedef struct CommandPanel {
    Commands *commands;
    char lines[COMMAND_LINES][COMMAND_WIDTH];   /* a ring of what was answered */
    unsigned line_count;                        /* ever */
    unsigned columns;                           /* that the panel has room for */
    char history[COMMAND_HISTORY][COMMAND_LENGTH];
    unsigned history_count, recalled;
    char text[COMMAND_LENGTH];
    unsigned told_stop;
    bool wants_keyboard;
} CommandPanel;

typedef struct StoryPanel {
    char text[STORY];
    bool told;
    unsigned told_stop;     /* about which stop */
} StoryPanel;

typedef struct TimelinePanel {
    char text[32];
    float position;
} TimelinePanel;

typedef struct PointForm {
    unsigned kind;
    char address[64], condition[128];
} PointForm;

struct Panels {
    Debugger *debugger;
    Machine *machine;
    Cpu *cpu;
    const Picture *picture;
    const DisplayStatus *status;
    Layout layout;
    bool layout_changed, select_fronts; /* tabs must follow it: in the next frame, in this one */
    bool screen_has_keyboard;
    unsigned frames;            /* drawn, up to a few */
    bool stopped;
    unsigned stop_count;        /* for which the registers were last remembered */
    RegisterSet registers, registers_before;
    ScreenPanel screen;
    CodePanel code;
    MemoryPanel memory;
    PagingPanel paging;
    TranslationPanel translation;
    CommandPanel command;
    StoryPanel story;
    LogPanel log;
    Heat heat;
    TimelinePanel timeline;
    bool stack_is_narrow;       /* addresses count from its top then */
    PointForm point_form;
    unsigned table_chosen, chip_chosen;
    Editing editing;
    char message[256];          /* what went wrong, until the next thing is done */
    DisplayRequest request;     /* for the loop around the machine */
    bool wants_closing;
};

/* NULL: out of memory. */
Panels *panels_create(Debugger *debugger);
void panels_destroy(Panels *panels);
/* One frame, between gui_begin() and gui_end(). */
void panels_draw(Panels *panels, const Picture *picture, const DisplayStatus *status);

void toolbar_draw(Panels *panels, GuiBox box);
void panels_change_font(Panels *panels, bool larger);

/* A stop for an exception brings its explanation to the front. */
void panels_notice_fault(Panels *panels);
/* Says what the log and the heat want to hear of, from the next slice on. */
void panels_listen(Panels *panels);

/* ---- what the panels share ---- */

void panels_show(Panels *panels, unsigned panel);
void panels_show_code(Panels *panels, u64 linear);
void panels_show_memory(Panels *panels, u64 address, bool physical);
void panels_show_walk(Panels *panels, u64 linear);

/* A linear address that leads to the other panels: left button memory, right button a menu. */
void panels_address(Panels *panels, GuiColour colour, u64 linear);
/* Likewise, in other words; the mouse shows the address. */
void panels_address_as(Panels *panels, GuiColour colour, u64 linear, const char *shown);
void panels_physical(Panels *panels, GuiColour colour, u64 physical);

/* A value that becomes a field when it is double-clicked while stopped; true with the new value once
 * it was entered. `id` is unique in the window. */
bool panels_edit(Panels *panels, u64 id, const char *text, GuiColour colour, u64 *value);

/* A register's name, and after gui_cell() its value, to be edited. `wide`: all 64 bits of it. */
void panels_register(Panels *panels, const char *name, bool wide);
/* May registers and memory be changed now? If not, panels->message says why. */
bool panels_may_change(Panels *panels);
/* Sets a breakpoint, or takes it away. */
void panels_toggle_breakpoint(Panels *panels, u64 linear);

/* What was typed into an address field; false with the reason in panels->message. */
bool panels_read_address(Panels *panels, const char *text, u64 *address);
/* Digits that an address has in the current mode. */
int panels_digits(const Panels *panels);
u64 panels_instruction(const Panels *panels);   /* linear, of the next one */

void panel_screen(Panels *panels);
void panel_memory(Panels *panels);
void panel_command(Panels *panels);
void panel_timeline(Panels *panels);
void panel_story(Panels *panels);
void panel_code(Panels *panels);
void panel_translation(Panels *panels);
void panel_tables(Panels *panels);
void panel_paging(Panels *panels);
void panel_devices(Panels *panels);
void panel_log(Panels *panels);
void panel_points(Panels *panels);
void panel_registers(Panels *panels);
void panel_floating(Panels *panels);
void panel_segments(Panels *panels);
void panel_calls(Panels *panels);
void panel_stack(Panels *panels);

#endif
