/*
 * The debugger as a window full of panels: what the SDL window needs of it. It is made when it is
 * opened, and gone when it is closed; only its layout stays, in a file of the user's.
 */
#ifndef FRONTEND_WINDOW_DEBUGGER_WINDOW_H
#define FRONTEND_WINDOW_DEBUGGER_WINDOW_H

#include "devices/vga_draw.h"
#include "frontend/debugger/debugger.h"
#include "frontend/display.h"

struct SDL_Window;
struct SDL_Surface;
union SDL_Event;

typedef struct DebuggerWindow DebuggerWindow;

/* NULL: out of memory. */
DebuggerWindow *debugger_window_open(struct SDL_Window *window, Debugger *debugger);
void debugger_window_close(DebuggerWindow *window);

void debugger_window_event(DebuggerWindow *window, const union SDL_Event *event);
void debugger_window_release_input(DebuggerWindow *window);
/* The guest's screen was clicked last. */
bool debugger_window_wants_no_keys(const DebuggerWindow *window);
/* Something moves: draw as often as you can. */
bool debugger_window_is_busy(const DebuggerWindow *window);
/* Its menu's last item was chosen. */
bool debugger_window_wants_closing(const DebuggerWindow *window);
/* A sentence in the toolbar, until something else is done. */
void debugger_window_say(DebuggerWindow *window, const char *sentence);
void debugger_window_change_font(DebuggerWindow *window, bool larger);

/* False: there is nothing to show. */
bool debugger_window_draw(DebuggerWindow *window, struct SDL_Surface *surface,
                          const Picture *picture, const DisplayStatus *status);
/* What a panel wants of the loop around the machine, once. */
DisplayRequest debugger_window_request(DebuggerWindow *window);

/* For tests. */
struct Panels *debugger_window_panels(DebuggerWindow *window);

#endif
