#include "frontend/debugger/timeline_inputs.h"

#include <stdlib.h>
#include <string.h>

bool inputs_add(TimelineInputs *inputs, const InputEvent *event, const TapeMedium *media)
{
    TapeMedium *copy = NULL;

    if (inputs->count == inputs->room) {
        u64 room = inputs->room ? inputs->room * 2 : 256;
        TimelineInput *list = realloc(inputs->list, room * sizeof *list);

        if (!list)
            return false;
        inputs->list = list;
        inputs->room = room;
    }
    if (event->kind == INPUT_MEDIUM_CHANGED) {
        copy = malloc(TAPE_DRIVES * sizeof *copy);
        if (!copy)
            return false;
        memcpy(copy, media, TAPE_DRIVES * sizeof *copy);
    }
    inputs->list[inputs->count++] = (TimelineInput){*event, copy};
    return true;
}

void inputs_cut(TimelineInputs *inputs, u64 count)
{
    while (inputs->count > count)
        free(inputs->list[--inputs->count].media);
}

void inputs_clear(TimelineInputs *inputs)
{
    inputs_cut(inputs, 0);
    free(inputs->list);
    *inputs = (TimelineInputs){0};
}
