#include "frontend/debugger/timeline_inputs.h"

#include <stdlib.h>
#include <string.h>

static bool make_room(TimelineInputs *inputs)
{
    u64 room = inputs->room ? inputs->room * 2 : 256;
    TimelineInput *list;

    if (inputs->count < inputs->room)
        return true;
    list = realloc(inputs->list, room * sizeof *list);
    if (!list)
        return false;
    inputs->list = list;
    inputs->room = room;
    return true;
}

bool inputs_add(TimelineInputs *inputs, const InputEvent *event, const TapeMedium *media)
{
    TapeMedium *copy = NULL;

    if (!make_room(inputs))
        return false;
    if (event->kind == INPUT_MEDIUM_CHANGED) {
        copy = malloc(TAPE_DRIVES * sizeof *copy);
        if (!copy)
            return false;
        memcpy(copy, media, TAPE_DRIVES * sizeof *copy);
    }
    assert(inputs->list);
    inputs->list[inputs->count++] = (TimelineInput){.event = *event, .media = copy};
    return true;
}

bool input_is_edit(const TimelineInput *input)
{
    return input->edit || input->pages;
}

bool inputs_add_edit(TimelineInputs *inputs, u64 cycles, MachineSnapshot *edit, u8 *pages,
                     u64 pages_length)
{
    TimelineInput *last = inputs->count ? &inputs->list[inputs->count - 1] : NULL;

    if (!pages && last && last->edit && last->event.cycles == cycles) {
        snapshot_release(inputs->store, last->edit);
        last->edit = edit;
        return true;
    }
    if (!make_room(inputs)) {
        snapshot_release(inputs->store, edit);
        free(pages);
        return false;
    }
    assert(inputs->list);
    inputs->list[inputs->count++] = (TimelineInput){
        .event = {.cycles = cycles}, .edit = edit, .pages = pages, .pages_length = pages_length};
    return true;
}

void inputs_cut(TimelineInputs *inputs, u64 count)
{
    while (inputs->count > count) {
        TimelineInput *last = &inputs->list[--inputs->count];

        free(last->media);
        free(last->pages);
        snapshot_release(inputs->store, last->edit);
    }
}

void inputs_clear(TimelineInputs *inputs)
{
    inputs_cut(inputs, 0);
    free(inputs->list);
    *inputs = (TimelineInputs){.store = inputs->store};
}
