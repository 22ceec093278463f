/*
 * gui.h on Dear ImGui 1.86, its SDL 2 input backend, and SDL's software renderer.
 */
#include "frontend/window/gui.h"

#include <SDL2/SDL.h>
#include <backends/imgui_impl_sdl.h>
#include <imgui.h>
#include <imgui_internal.h>

#include <cfloat>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <new>

struct Gui {
    ImGuiContext *context;
    SDL_Window *window;
    SDL_Surface *surface;   /* what the renderer draws into */
    SDL_Renderer *renderer;
    SDL_Texture *font_texture, *picture;
    int picture_width, picture_height;
    unsigned font_pixels;
    bool has_font, light;
    int fresh;              /* frames to draw until things have settled */
    bool pressed[SDL_NUM_SCANCODES], released[SDL_NUM_SCANCODES];   /* since the last frame */
    GuiSettings settings;
    char path[1024];
    ImGuiListClipper *clipper;
    alignas(ImGuiListClipper) unsigned char clipper_room[sizeof(ImGuiListClipper)];
};

static const char *const font_paths[] = {
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
    "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansMono-Regular.ttf",
};

/* Dark, then light for projectors in bright rooms. */
static const ImU32 colours[2][GUI_COLOURS] = {
    {IM_COL32(224, 228, 232, 255), IM_COL32(134, 144, 156, 255), IM_COL32(240, 196, 110, 255),
     IM_COL32(126, 190, 255, 255), IM_COL32(255, 120, 100, 255), IM_COL32(126, 214, 140, 255),
     IM_COL32(255, 110, 110, 255), IM_COL32(224, 228, 232, 255), IM_COL32(200, 170, 255, 255),
     IM_COL32(140, 214, 190, 255), IM_COL32(52, 84, 128, 255), IM_COL32(74, 66, 28, 255),
     IM_COL32(104, 40, 40, 255)},
    {IM_COL32(20, 24, 30, 255), IM_COL32(104, 110, 120, 255), IM_COL32(134, 80, 0, 255),
     IM_COL32(0, 82, 180, 255), IM_COL32(198, 30, 20, 255), IM_COL32(0, 116, 50, 255),
     IM_COL32(198, 20, 20, 255), IM_COL32(20, 24, 30, 255), IM_COL32(106, 40, 170, 255),
     IM_COL32(0, 104, 84, 255), IM_COL32(186, 214, 255, 255), IM_COL32(255, 240, 178, 255),
     IM_COL32(255, 206, 206, 255)},
};

static Gui *current_gui()
{
    return static_cast<Gui *>(ImGui::GetIO().UserData);
}

static ImU32 colour_of(GuiColour colour)
{
    return colours[current_gui()->light][colour];
}

/* ---- settings ---- */

static void *settings_open(ImGuiContext *, ImGuiSettingsHandler *handler, const char *)
{
    return handler;
}

static void settings_line(ImGuiContext *, ImGuiSettingsHandler *handler, void *, const char *line)
{
    const Gui *gui = static_cast<const Gui *>(handler->UserData);

    if (*line)
        gui->settings.load(gui->settings.owner, line);
}

static void settings_write(ImGuiContext *, ImGuiSettingsHandler *handler, ImGuiTextBuffer *out)
{
    const Gui *gui = static_cast<const Gui *>(handler->UserData);
    char text[4096] = "";

    gui->settings.save(gui->settings.owner, text, sizeof text);
    out->appendf("[%s][Layout]\n", handler->TypeName);
    out->append(text);
    out->append("\n");
}

static void add_settings(Gui *gui)
{
    ImGuiSettingsHandler handler;

    handler.TypeName = "vitrine";
    handler.TypeHash = ImHashStr("vitrine");
    handler.ReadOpenFn = settings_open;
    handler.ReadLineFn = settings_line;
    handler.WriteAllFn = settings_write;
    handler.UserData = gui;
    gui->context->SettingsHandlers.push_back(handler);
}

void gui_settings_changed(void)
{
    ImGui::MarkIniSettingsDirty();
}

/* ---- style and font ---- */

static void set_style(bool light)
{
    ImGuiStyle &style = ImGui::GetStyle();

    if (light)
        ImGui::StyleColorsLight();
    else
        ImGui::StyleColorsDark();
    /* Rectangles without smoothed edges are plain fills for the software renderer. */
    style.AntiAliasedLines = style.AntiAliasedLinesUseTex = style.AntiAliasedFill = false;
    style.WindowRounding = style.ChildRounding = style.FrameRounding = style.PopupRounding = 0;
    style.TabRounding = style.ScrollbarRounding = style.GrabRounding = 0;
    style.WindowPadding = ImVec2(6, 4);
    style.FramePadding = ImVec2(6, 2);
    style.ItemSpacing = ImVec2(6, 2);
    style.CellPadding = ImVec2(4, 1);
    style.WindowBorderSize = 0;
    style.FrameBorderSize = light ? 1 : 0;
    style.ScrollbarSize = 12;
    style.Colors[ImGuiCol_WindowBg] = light ? ImVec4(0.97f, 0.97f, 0.98f, 1)
                                            : ImVec4(0.09f, 0.10f, 0.12f, 1);
    style.Colors[ImGuiCol_Text] = ImGui::ColorConvertU32ToFloat4(colours[light][GUI_TEXT]);
    style.Colors[ImGuiCol_TextDisabled] = ImGui::ColorConvertU32ToFloat4(colours[light][GUI_DIM]);
    if (!light) {
        style.Colors[ImGuiCol_FrameBg] = ImVec4(0.17f, 0.19f, 0.23f, 1);
        style.Colors[ImGuiCol_Tab] = ImVec4(0.14f, 0.16f, 0.19f, 1);
        style.Colors[ImGuiCol_TabUnfocused] = style.Colors[ImGuiCol_Tab];
        style.Colors[ImGuiCol_TabActive] = ImVec4(0.22f, 0.34f, 0.50f, 1);
        style.Colors[ImGuiCol_TabUnfocusedActive] = ImVec4(0.20f, 0.25f, 0.32f, 1);
        style.Colors[ImGuiCol_Button] = ImVec4(0.20f, 0.25f, 0.32f, 1);
        style.Colors[ImGuiCol_PopupBg] = ImVec4(0.13f, 0.14f, 0.17f, 1);
        style.Colors[ImGuiCol_Border] = ImVec4(0.30f, 0.33f, 0.38f, 1);
    }
}

static void drop_font_texture(Gui *gui)
{
    if (gui->font_texture)
        SDL_DestroyTexture(gui->font_texture);
    gui->font_texture = NULL;
}

static void load_font(Gui *gui, unsigned pixels)
{
    static const ImWchar ranges[] = {0x20, 0xFF, 0x2010, 0x2026, 0x2190, 0x2195, 0};
    ImFontAtlas *fonts = ImGui::GetIO().Fonts;
    ImFontConfig plain;

    gui->font_pixels = pixels;
    gui->has_font = false;
    fonts->Clear();
    fonts->Flags |= ImFontAtlasFlags_NoBakedLines;
    for (const char *path : font_paths) {
        FILE *file = gui->has_font ? NULL : fopen(path, "rb");

        if (!file)
            continue;
        fclose(file);
        gui->has_font = fonts->AddFontFromFileTTF(path, (float)pixels, NULL, ranges) != NULL;
    }
    /* The built-in font is a bitmap of 13 pixels: whole multiples keep it sharp. */
    plain.SizePixels = (float)(13 * ((pixels + 8) / 13 ? (pixels + 8) / 13 : 1));
    if (!gui->has_font)
        fonts->AddFontDefault(&plain);
    drop_font_texture(gui);
}

static bool upload_font(Gui *gui)
{
    ImFontAtlas *fonts = ImGui::GetIO().Fonts;
    unsigned char *pixels;
    int width, height;

    if (gui->font_texture)
        return true;
    fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
    gui->font_texture = SDL_CreateTexture(gui->renderer, SDL_PIXELFORMAT_RGBA32,
                                          SDL_TEXTUREACCESS_STATIC, width, height);
    if (!gui->font_texture)
        return false;
    SDL_UpdateTexture(gui->font_texture, NULL, pixels, 4 * width);
    SDL_SetTextureBlendMode(gui->font_texture, SDL_BLENDMODE_BLEND);
    fonts->SetTexID(gui->font_texture);
    return true;
}

/* ---- one gui ---- */

Gui *gui_create(SDL_Window *window, const char *path, const GuiSettings *settings)
{
    Gui *gui = new (std::nothrow) Gui();

    if (!gui)
        return NULL;
    gui->window = window;
    gui->settings = *settings;
    gui->context = ImGui::CreateContext();
    ImGui::SetCurrentContext(gui->context);
    ImGui::GetIO().UserData = gui;
    ImGui::GetIO().LogFilename = NULL;
    ImGui::GetIO().MouseDoubleClickTime = 0.5f;
    ImGui::GetIO().IniFilename = NULL;
    if (path) {
        snprintf(gui->path, sizeof gui->path, "%s", path);
        ImGui::GetIO().IniFilename = gui->path;
    }
    add_settings(gui);
    /* Not later: the owner wants to know how it looked before the first frame. */
    if (path)
        ImGui::LoadIniSettingsFromDisk(path);
    ImGui_ImplSDL2_InitForSDLRenderer(window);
    gui->fresh = 3;
    return gui;
}

static void drop_renderer(Gui *gui)
{
    drop_font_texture(gui);
    if (gui->picture)
        SDL_DestroyTexture(gui->picture);
    if (gui->renderer)
        SDL_DestroyRenderer(gui->renderer);
    gui->picture = NULL;
    gui->renderer = NULL;
    gui->surface = NULL;
}

void gui_destroy(Gui *gui)
{
    ImGui::SetCurrentContext(gui->context);
    drop_renderer(gui);
    ImGui_ImplSDL2_Shutdown();
    ImGui::DestroyContext(gui->context);
    delete gui;
}

/* This ImGui asks for a key's state once a frame, so one that came down and up again between two
 * frames stays down for one of them. */
static void key_event(Gui *gui, const SDL_Event *event)
{
    unsigned code = event->key.keysym.scancode;

    if (code >= SDL_NUM_SCANCODES)
        return;
    if (event->type == SDL_KEYDOWN)
        gui->pressed[code] = true;
    if (event->type == SDL_KEYUP && gui->pressed[code])
        gui->released[code] = true;
    else
        ImGui_ImplSDL2_ProcessEvent(event);
}

static void settle_keys(Gui *gui)
{
    for (int i = 0; i < SDL_NUM_SCANCODES; i++) {
        if (gui->released[i])
            gui->context->IO.KeysDown[i] = false;
        gui->pressed[i] = gui->released[i] = false;
    }
}

void gui_event(Gui *gui, const SDL_Event *event)
{
    ImGui::SetCurrentContext(gui->context);
    if (event->type == SDL_KEYDOWN || event->type == SDL_KEYUP)
        key_event(gui, event);
    else
        ImGui_ImplSDL2_ProcessEvent(event);
    gui->fresh = 3;
}

void gui_release_input(Gui *gui)
{
    ImGuiIO &io = gui->context->IO;

    memset(io.KeysDown, 0, sizeof io.KeysDown);
    memset(gui->pressed, 0, sizeof gui->pressed);
    memset(gui->released, 0, sizeof gui->released);
    io.KeyCtrl = io.KeyShift = io.KeyAlt = io.KeySuper = false;
    io.ClearInputCharacters();
}

bool gui_is_typing(const Gui *gui)
{
    return gui->context->IO.WantTextInput;
}

bool gui_is_busy(const Gui *gui)
{
    return gui->fresh > 0 || gui->context->ActiveId != 0;
}

bool gui_has_font(const Gui *gui)
{
    return gui->has_font;
}

static bool use_surface(Gui *gui, SDL_Surface *surface)
{
    if (gui->renderer && gui->surface == surface)
        return true;
    drop_renderer(gui);
    gui->renderer = SDL_CreateSoftwareRenderer(surface);
    gui->surface = surface;
    return gui->renderer != NULL;
}

/* By the window's events, which come whoever has the keyboard, and however the mouse was moved. */
static void place_mouse(const Gui *gui)
{
    ImGuiIO &io = ImGui::GetIO();
    int x, y;
    bool held = SDL_GetMouseState(&x, &y) != 0;

    if (held || SDL_GetMouseFocus() == gui->window)
        io.MousePos = ImVec2((float)x, (float)y);
    else
        io.MousePos = ImVec2(-FLT_MAX, -FLT_MAX);
}

bool gui_begin(Gui *gui, SDL_Surface *surface, const GuiLook *look)
{
    ImGui::SetCurrentContext(gui->context);
    if (!use_surface(gui, surface))
        return false;
    if (gui->font_pixels != look->font_pixels)
        load_font(gui, look->font_pixels);
    gui->light = look->light;
    if (!upload_font(gui))
        return false;
    set_style(look->light);
    ImGui_ImplSDL2_NewFrame();
    place_mouse(gui);
    ImGui::GetIO().DisplaySize = ImVec2((float)surface->w, (float)surface->h);
    ImGui::GetIO().DisplayFramebufferScale = ImVec2(1, 1);
    ImGui::NewFrame();
    return true;
}

static void draw_command(SDL_Renderer *renderer, const ImDrawList *list, const ImDrawCmd *command)
{
    const ImDrawVert *vertices = list->VtxBuffer.Data + command->VtxOffset;
    const ImVec4 &clip = command->ClipRect;
    SDL_Rect box = {(int)clip.x, (int)clip.y, (int)(clip.z - clip.x), (int)(clip.w - clip.y)};

    if (box.w <= 0 || box.h <= 0)
        return;
    SDL_RenderSetClipRect(renderer, &box);
    SDL_RenderGeometryRaw(renderer, static_cast<SDL_Texture *>(command->GetTexID()),
                          &vertices->pos.x, sizeof *vertices,
                          reinterpret_cast<const SDL_Color *>(&vertices->col), sizeof *vertices,
                          &vertices->uv.x, sizeof *vertices,
                          list->VtxBuffer.Size - (int)command->VtxOffset,
                          list->IdxBuffer.Data + command->IdxOffset, (int)command->ElemCount,
                          sizeof(ImDrawIdx));
}

void gui_end(Gui *gui)
{
    const ImDrawData *data;

    ImGui::Render();
    data = ImGui::GetDrawData();
    SDL_RenderSetClipRect(gui->renderer, NULL);
    SDL_SetRenderDrawColor(gui->renderer, 0, 0, 0, 255);
    SDL_RenderClear(gui->renderer);
    for (int i = 0; i < data->CmdListsCount; i++)
        for (const ImDrawCmd &command : data->CmdLists[i]->CmdBuffer)
            if (!command.UserCallback)
                draw_command(gui->renderer, data->CmdLists[i], &command);
    SDL_RenderFlush(gui->renderer);
    settle_keys(gui);
    if (gui->fresh > 0)
        gui->fresh--;
}

/* ---- places ---- */

bool gui_key(GuiKey key, bool shift)
{
    static const int scancodes[GUI_KEYS] = {SDL_SCANCODE_F5,  SDL_SCANCODE_F6,  SDL_SCANCODE_F7,
                                            SDL_SCANCODE_F8,  SDL_SCANCODE_F9,  SDL_SCANCODE_F10,
                                            SDL_SCANCODE_F11, SDL_SCANCODE_F12, SDL_SCANCODE_UP,
                                            SDL_SCANCODE_DOWN, SDL_SCANCODE_TAB,
                                            SDL_SCANCODE_RETURN};
    const ImGuiIO &io = ImGui::GetIO();

    return !io.KeyCtrl && !io.KeyAlt && io.KeyShift == shift &&
           ImGui::IsKeyPressed(scancodes[key]);
}

float gui_character_width(void)
{
    return ImGui::CalcTextSize("0").x;
}

float gui_line_height(void)
{
    return ImGui::GetTextLineHeightWithSpacing();
}

GuiBox gui_room(void)
{
    ImVec2 at = ImGui::GetCursorScreenPos(), size = ImGui::GetContentRegionAvail();

    return GuiBox{at.x, at.y, size.x, size.y};
}

void gui_screen_size(float *width, float *height)
{
    *width = ImGui::GetIO().DisplaySize.x;
    *height = ImGui::GetIO().DisplaySize.y;
}

bool gui_place_begin(const char *title, GuiBox box)
{
    ImGui::SetNextWindowPos(ImVec2(box.x, box.y));
    ImGui::SetNextWindowSize(ImVec2(box.width, box.height));
    ImGui::Begin(title, NULL,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                     ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus |
                     ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoFocusOnAppearing);
    return ImGui::IsWindowFocused(ImGuiFocusedFlags_RootAndChildWindows);
}

bool gui_float_begin(const char *title, GuiBox *box, bool moved, bool *open)
{
    const ImGuiCond when = moved ? ImGuiCond_Always : ImGuiCond_Appearing;

    ImGui::SetNextWindowPos(ImVec2(box->x, box->y), when);
    ImGui::SetNextWindowSize(ImVec2(box->width, box->height), when);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
    ImGui::PushStyleColor(ImGuiCol_TitleBg, ImGui::GetStyleColorVec4(ImGuiCol_FrameBg));
    ImGui::PushStyleColor(ImGuiCol_TitleBgActive, ImGui::GetStyleColorVec4(ImGuiCol_TabActive));
    ImGui::Begin(title, open,
                 ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoFocusOnAppearing);
    ImGui::PopStyleColor(2);
    ImGui::PopStyleVar();
    box->x = ImGui::GetWindowPos().x;
    box->y = ImGui::GetWindowPos().y;
    box->width = ImGui::GetWindowSize().x;
    box->height = ImGui::GetWindowSize().y;
    return ImGui::IsWindowFocused(ImGuiFocusedFlags_RootAndChildWindows);
}

void gui_place_end(void)
{
    ImGui::End();
}

float gui_splitter(const char *title, GuiBox box, bool vertical)
{
    float moved = 0;
    bool lit;

    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, ImVec2(1, 1));
    gui_place_begin(title, box);
    ImGui::InvisibleButton("bar", ImVec2(box.width, box.height));
    lit = ImGui::IsItemHovered() || ImGui::IsItemActive();
    if (lit)
        ImGui::SetMouseCursor(vertical ? ImGuiMouseCursor_ResizeEW : ImGuiMouseCursor_ResizeNS);
    if (ImGui::IsItemActive())
        moved = vertical ? ImGui::GetIO().MouseDelta.x : ImGui::GetIO().MouseDelta.y;
    ImGui::GetWindowDrawList()->AddRectFilled(
        ImVec2(box.x, box.y), ImVec2(box.x + box.width, box.y + box.height),
        ImGui::GetColorU32(lit ? ImGuiCol_SeparatorHovered : ImGuiCol_Border));
    ImGui::End();
    ImGui::PopStyleVar(2);
    return moved;
}

void gui_focus_place(const char *title)
{
    ImGui::SetWindowFocus(title);
}

void gui_tabs_begin(const char *id)
{
    ImGui::BeginTabBar(id, ImGuiTabBarFlags_FittingPolicyScroll |
                               ImGuiTabBarFlags_NoTooltip);
}

bool gui_tab_begin(const char *name, bool select)
{
    return ImGui::BeginTabItem(name, NULL, select ? ImGuiTabItemFlags_SetSelected : 0);
}

void gui_tab_end(void)
{
    ImGui::EndTabItem();
}

void gui_tabs_end(void)
{
    ImGui::EndTabBar();
}

void gui_scroll_begin(const char *id, float height)
{
    ImGui::BeginChild(id, ImVec2(0, height));
}

void gui_scroll_to_end(void)
{
    if (ImGui::GetScrollY() >= ImGui::GetScrollMaxY())
        ImGui::SetScrollHereY(1);
}

void gui_scroll_end(void)
{
    ImGui::EndChild();
}

int gui_wheel(void)
{
    float turned = ImGui::GetIO().MouseWheel;

    return ImGui::IsWindowHovered(ImGuiHoveredFlags_ChildWindows) ? (int)(-3 * turned) : 0;
}

/* ---- texts ---- */

/* Does the last item go on where it cannot be seen? */
static bool is_cut(void)
{
    return ImGui::GetItemRectMax().x > ImGui::GetWindowDrawList()->GetClipRectMax().x + 1;
}

void gui_text(GuiColour colour, const char *text)
{
    ImGui::PushStyleColor(ImGuiCol_Text, colour_of(colour));
    ImGui::TextUnformatted(text);
    ImGui::PopStyleColor();
    if (is_cut())
        gui_tooltip(text);
}

void gui_print(GuiColour colour, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    gui_text(colour, text);
}

void gui_wrapped(GuiColour colour, const char *text)
{
    enum { LEAST = 10 };

    /* Words of one letter a line are worse than none. */
    if (ImGui::GetContentRegionAvail().x < LEAST * gui_character_width()) {
        gui_text(colour, text);
        return;
    }
    ImGui::PushTextWrapPos(0);
    gui_text(colour, text);
    ImGui::PopTextWrapPos();
}

void gui_heading(const char *text)
{
    gui_text(GUI_HEADING, text);
}

void gui_same_line(void)
{
    ImGui::SameLine();
}

void gui_column(float characters)
{
    ImGui::SameLine(ImGui::GetStyle().WindowPadding.x + characters * gui_character_width());
}

void gui_new_line(void)
{
    ImGui::NewLine();
}

void gui_gap(void)
{
    ImGui::Dummy(ImVec2(0, ImGui::GetTextLineHeight() / 3));
}

static void band(ImU32 colour)
{
    ImVec2 at = ImGui::GetCursorScreenPos();

    ImGui::GetWindowDrawList()->AddRectFilled(
        ImVec2(at.x, at.y - 1),
        ImVec2(at.x + ImGui::GetContentRegionAvail().x, at.y + ImGui::GetTextLineHeight() + 1),
        colour);
}

void gui_band(GuiColour colour)
{
    band(colour_of(colour));
}

static ImU32 heat_colour(float heat)
{
    return IM_COL32(255, 96, 24, (int)(ImClamp(heat, 0.0f, 1.0f) * 130));
}

void gui_band_heat(float heat)
{
    if (heat > 0)
        band(heat_colour(heat));
}

void gui_line(void)
{
    ImGui::Separator();
}

void gui_tooltip(const char *text)
{
    if (!*text || !ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled))
        return;
    ImGui::BeginTooltip();
    ImGui::PushTextWrapPos(56 * gui_character_width());
    ImGui::TextUnformatted(text);
    ImGui::PopTextWrapPos();
    ImGui::EndTooltip();
}

bool gui_hovered(void)
{
    return ImGui::IsItemHovered();
}

bool gui_double_clicked(void)
{
    return ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left);
}

/* ---- tables ---- */

bool gui_table_begin(const char *id, unsigned columns, unsigned flags)
{
    ImGuiTableFlags table = ImGuiTableFlags_NoSavedSettings | ImGuiTableFlags_NoPadOuterX;

    if (flags & GUI_TABLE_LINES)
        table |= ImGuiTableFlags_BordersInnerV;
    if (flags & GUI_TABLE_SCROLL)
        table |= ImGuiTableFlags_ScrollY;
    if (flags & GUI_TABLE_RESIZE)
        table |= ImGuiTableFlags_Resizable;
    return ImGui::BeginTable(id, (int)columns, table);
}

void gui_table_column(const char *name, float width)
{
    if (width > 0)
        ImGui::TableSetupColumn(name, ImGuiTableColumnFlags_WidthFixed,
                                width * gui_character_width());
    else
        ImGui::TableSetupColumn(name, ImGuiTableColumnFlags_WidthStretch, width < 0 ? -width : 1);
}

void gui_table_head(void)
{
    ImGui::TableSetupScrollFreeze(0, 1);
    ImGui::PushStyleColor(ImGuiCol_Text, colour_of(GUI_HEADING));
    ImGui::TableHeadersRow();
    ImGui::PopStyleColor();
}

void gui_row(void)
{
    ImGui::TableNextRow();
}

void gui_row_colour(GuiColour colour)
{
    ImGui::TableSetBgColor(ImGuiTableBgTarget_RowBg0, colour_of(colour));
}

void gui_row_heat(float heat)
{
    if (heat > 0)
        ImGui::TableSetBgColor(ImGuiTableBgTarget_RowBg0, heat_colour(heat));
}

bool gui_row_hovered(void)
{
    ImVec2 at = ImGui::GetCursorPos();
    bool hovered;

    for (ImGuiCol colour : {ImGuiCol_Header, ImGuiCol_HeaderHovered, ImGuiCol_HeaderActive})
        ImGui::PushStyleColor(colour, 0);
    ImGui::Selectable("##row", false,
                      ImGuiSelectableFlags_SpanAllColumns | ImGuiSelectableFlags_AllowItemOverlap);
    ImGui::PopStyleColor(3);
    hovered = ImGui::IsItemHovered();
    ImGui::SetItemAllowOverlap();
    ImGui::SetCursorPos(at);
    return hovered;
}

void gui_cell(void)
{
    ImGui::TableNextColumn();
}

void gui_table_end(void)
{
    ImGui::EndTable();
}

void gui_list_begin(unsigned rows)
{
    Gui *gui = current_gui();

    gui->clipper = new (gui->clipper_room) ImGuiListClipper();
    gui->clipper->Begin((int)rows);
}

bool gui_list_next(unsigned *first, unsigned *last)
{
    Gui *gui = current_gui();

    if (!gui->clipper->Step()) {
        gui->clipper->~ImGuiListClipper();
        gui->clipper = NULL;
        return false;
    }
    *first = (unsigned)gui->clipper->DisplayStart;
    *last = (unsigned)gui->clipper->DisplayEnd;
    return true;
}

void gui_scroll_here(void)
{
    ImGui::SetScrollHereY(0.4f);
}

/* ---- things to press ---- */

void gui_id(u64 number)
{
    char text[20];

    snprintf(text, sizeof text, "%llx", (unsigned long long)number);
    ImGui::PushID(text);
}

void gui_id_end(void)
{
    ImGui::PopID();
}

bool gui_button(const char *label, bool enabled)
{
    bool pressed;

    ImGui::BeginDisabled(!enabled);
    pressed = ImGui::Button(label);
    ImGui::EndDisabled();
    return pressed;
}

bool gui_checkbox(const char *label, bool *value)
{
    return ImGui::Checkbox(label, value);
}

bool gui_link(GuiColour colour, const char *text)
{
    gui_text(colour, text);
    if (!ImGui::IsItemHovered())
        return false;
    ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
    ImGui::GetWindowDrawList()->AddLine(ImVec2(low.x, high.y - 1), ImVec2(high.x, high.y - 1),
                                        colour_of(colour));
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    return ImGui::IsMouseClicked(ImGuiMouseButton_Left);
}

bool gui_choice(const char *id, const char *const *names, unsigned count, unsigned *chosen)
{
    bool changed = false;

    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            ImGui::SameLine();
        ImGui::PushID(id);
        ImGui::PushID((int)i);
        ImGui::PushStyleColor(ImGuiCol_Button,
                              ImGui::GetColorU32(*chosen == i ? ImGuiCol_TabActive : ImGuiCol_Tab));
        if (ImGui::Button(names[i])) {
            *chosen = i;
            changed = true;
        }
        ImGui::PopStyleColor();
        ImGui::PopID();
        ImGui::PopID();
    }
    return changed;
}

bool gui_input(const char *id, const char *hint, char *text, size_t size, float width)
{
    bool entered;

    ImGui::SetNextItemWidth(width > 0 ? width * gui_character_width() + 14 : -1);
    ImGui::PushID(id);
    entered = ImGui::InputTextWithHint(
        "##input", hint, text, size,
        ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
    ImGui::PopID();
    return entered;
}

static int line_event(ImGuiInputTextCallbackData *data)
{
    const GuiLineHelp *help = static_cast<const GuiLineHelp *>(data->UserData);
    char text[512];

    if (data->BufTextLen >= (int)sizeof text)
        return 0;
    snprintf(text, sizeof text, "%s", data->Buf);
    if (data->EventFlag == ImGuiInputTextFlags_CallbackCompletion)
        help->complete(help->owner, text, sizeof text);
    else
        help->recall(help->owner, data->EventKey == ImGuiKey_UpArrow, text, sizeof text);
    data->DeleteChars(0, data->BufTextLen);
    data->InsertChars(0, text);
    return 0;
}

bool gui_command_line(const char *id, const char *hint, char *text, size_t size,
                      const GuiLineHelp *help)
{
    bool entered;

    ImGui::SetNextItemWidth(-1);
    ImGui::PushID(id);
    entered = ImGui::InputTextWithHint(
        "##line", hint, text, size,
        ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_CallbackCompletion |
            ImGuiInputTextFlags_CallbackHistory,
        line_event, const_cast<GuiLineHelp *>(help));
    ImGui::PopID();
    /* The next command follows at once. */
    if (entered)
        ImGui::SetKeyboardFocusHere(-1);
    return entered;
}

void gui_focus_next(void)
{
    ImGui::SetKeyboardFocusHere();
}

bool gui_escape(void)
{
    return ImGui::IsKeyPressed(SDL_SCANCODE_ESCAPE) ||
           (ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !ImGui::IsItemHovered());
}

bool gui_context_begin(const char *id)
{
    return ImGui::BeginPopupContextItem(id);
}

void gui_context_end(void)
{
    ImGui::EndPopup();
}

bool gui_menu_begin(const char *label)
{
    ImGui::SetNextWindowSizeConstraints(ImVec2(0, 0), ImVec2(FLT_MAX, FLT_MAX));
    if (ImGui::Button(label))
        ImGui::OpenPopup(label);
    return ImGui::BeginPopup(label);
}

bool gui_menu_item(const char *label, const char *keys, bool checked, bool enabled)
{
    return ImGui::MenuItem(label, keys, checked, enabled);
}

void gui_menu_end(void)
{
    ImGui::EndPopup();
}

void gui_copy(const char *text)
{
    ImGui::SetClipboardText(text);
}

/* ---- pictures ---- */

static bool picture_texture(Gui *gui, unsigned width, unsigned height)
{
    if (gui->picture && gui->picture_width == (int)width && gui->picture_height == (int)height)
        return true;
    if (gui->picture)
        SDL_DestroyTexture(gui->picture);
    gui->picture = SDL_CreateTexture(gui->renderer, SDL_PIXELFORMAT_RGB888,
                                     SDL_TEXTUREACCESS_STREAMING, (int)width, (int)height);
    gui->picture_width = (int)width;
    gui->picture_height = (int)height;
    return gui->picture != NULL;
}

void gui_picture(const u32 *pixels, unsigned width, unsigned height)
{
    Gui *gui = current_gui();
    ImVec2 room = ImGui::GetContentRegionAvail(), at = ImGui::GetCursorPos();

    if (!picture_texture(gui, width, height))
        return;
    SDL_UpdateTexture(gui->picture, NULL, pixels, (int)width * 4);
    ImGui::SetCursorPos(ImVec2(ImFloor(at.x + ImMax(0.0f, room.x - (float)width) / 2),
                               ImFloor(at.y + ImMax(0.0f, room.y - (float)height) / 2)));
    ImGui::Image(gui->picture, ImVec2((float)width, (float)height));
}

bool gui_margin(unsigned marks)
{
    float side = ImGui::GetTextLineHeight(), width = 2 * gui_character_width();
    ImVec2 at = ImGui::GetCursorScreenPos(), centre = ImVec2(at.x + side / 2, at.y + side / 2);
    ImDrawList *list = ImGui::GetWindowDrawList();
    float radius = side * 0.32f;
    bool pressed = ImGui::InvisibleButton("margin", ImVec2(ImMax(width, side + 4), side));

    if (marks & GUI_MARK_POINT)
        list->AddCircleFilled(centre, radius, colour_of(GUI_BAD), 16);
    else if (marks & GUI_MARK_DISABLED)
        list->AddCircle(centre, radius, colour_of(GUI_BAD), 16, 1.5f);
    else if (ImGui::IsItemHovered())
        list->AddCircle(centre, radius, colour_of(GUI_DIM), 16, 1.5f);
    if (marks & GUI_MARK_CURRENT) {
        ImVec2 tip = ImVec2(at.x + side + 3, centre.y);

        list->AddTriangleFilled(ImVec2(tip.x - side * 0.7f, centre.y - side * 0.35f), tip,
                                ImVec2(tip.x - side * 0.7f, centre.y + side * 0.35f),
                                colour_of(GUI_HEADING));
    }
    return pressed;
}

bool gui_track(const char *id, float *position, const GuiTick *ticks, unsigned count)
{
    ImVec2 at = ImGui::GetCursorScreenPos();
    float width = ImMax(ImGui::GetContentRegionAvail().x, 20.0f);
    float height = ImGui::GetTextLineHeight() * 1.6f, here;
    ImDrawList *list = ImGui::GetWindowDrawList();
    bool held;

    ImGui::InvisibleButton(id, ImVec2(width, height));
    held = ImGui::IsItemActive();
    if (held)
        *position = ImClamp((ImGui::GetIO().MousePos.x - at.x) / width, 0.0f, 1.0f);
    list->AddRectFilled(at, ImVec2(at.x + width, at.y + height),
                        ImGui::GetColorU32(ImGuiCol_FrameBg));
    for (unsigned i = 0; i < count; i++) {
        float x = at.x + ticks[i].position * width;

        list->AddRectFilled(ImVec2(x, at.y + height * 0.3f), ImVec2(x + 2, at.y + height * 0.7f),
                            colour_of(ticks[i].colour));
    }
    here = at.x + *position * width;
    list->AddRectFilled(ImVec2(here - 2, at.y), ImVec2(here + 2, at.y + height),
                        colour_of(GUI_HEADING));
    return held;
}
