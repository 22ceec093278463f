/*
 * User programs. All of them are linked together at linear 400000h and travel in the disk image
 * behind the kernel (see kernel.ld). To start one: copy this image into fresh frames, map them at
 * 400000h in a new address space, add a stack, and "return" to ring 3.
 */
#include "programs.h"
#include "frames.h"
#include "paging.h"
#include "text.h"

extern const u8 user_image[];      /* where the image lies in the kernel's memory */
extern u8 user_data[], user_end[]; /* linear addresses in the program */
void user_return(void);            /* user/start.c: where a program returns to */
void enter_ring3(u32 instruction_pointer, u32 stack_pointer); /* stubs.asm */

static bool map_new_page(u32 space, u32 linear, u32 flags, const void *contents)
{
    u32 frame = frame_allocate();
    if (!frame)
        return false;
    if (contents)
        memcpy(physical_pointer(frame), contents, FRAME_BYTES);
    else
        memset(physical_pointer(frame), 0, FRAME_BYTES);
    if (page_map(space, linear, frame, flags | PAGE_USER | PAGE_OWNED))
        return true;
    frame_free(frame);
    return false;
}

u32 program_address_space(void)
{
    u32 space = address_space_create();
    if (!space)
        return 0;
    bool complete = true;
    for (u32 page = USER_BASE; page < (u32)user_end; page += PAGE_BYTES) {
        u32 flags = page >= (u32)user_data ? PAGE_WRITABLE : 0; /* code is read-only */
        complete = complete && map_new_page(space, page, flags, user_image + (page - USER_BASE));
    }
    complete = complete && map_new_page(space, USER_STACK_TOP - PAGE_BYTES, PAGE_WRITABLE, NULL);
    if (complete)
        return space;
    address_space_destroy(space);
    return 0;
}

/* The new task's first steps, still in ring 0 but already in its own address space. */
static void start_program(void *program)
{
    u32 *stack = (u32 *)USER_STACK_TOP;
    *--stack = task_current()->program_argument;
    *--stack = (u32)user_return; /* as if user_return had called the program */
    enter_ring3((u32)program, (u32)stack);
}

Task *program_create(const char *name, Program *program, u32 argument)
{
    u32 space = program_address_space();
    if (!space)
        return NULL;
    Task *task = task_create(name, start_program, (void *)program);
    if (!task) {
        address_space_destroy(space);
        return NULL;
    }
    task->address_space = space;
    task->program_argument = argument;
    return task;
}

void program_discard(Task *task)
{
    address_space_destroy(task->address_space);
    task->state = TASK_FREE;
}
