/* The progress bars of the `tasks` lesson, drawn when a worker asks for it. */
#pragma once
#include "tasks.h"

void progress_begin(const Task *task, unsigned row, char color);
void progress_draw(const Task *task, u32 percent, u32 count);
u32 progress_count(const Task *task); /* the last count it reported */
