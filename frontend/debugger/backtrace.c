/*
 * Not implemented: frames across interrupts and system calls; far calls.
 */
#include "frontend/debugger/backtrace.h"

#include "frontend/debugger/guest_memory.h"
#include "frontend/debugger/symbol_files.h"

#include <stdlib.h>
#include <string.h>

/* ---- by call frame information ---- */

static const SymbolFile *file_with_frame(const Symbols *symbols, u64 linear, Dwarf_Frame **frame)
{
    for (unsigned i = 0; i < symbols->file_count; i++) {
        const SymbolFile *file = &symbols->files[i];
        Dwarf_Addr address = linear - file->bias;

        if (!symbols_count_file(symbols, file))
            continue;
        if ((file->frames && !dwarf_cfi_addrframe(file->frames, address, frame)) ||
            (file->eh_frames && !dwarf_cfi_addrframe(file->eh_frames, address, frame)))
            return file;
    }
    return NULL;
}

/* What register `number` held in the caller. False: nobody knows. */
static bool caller_register(const DwarfContext *context, Dwarf_Frame *frame, unsigned number,
                            u64 *value)
{
    Dwarf_Op room[3], *steps;
    DwarfPlace place;
    size_t count;

    if (dwarf_frame_register(frame, (int)number, room, &steps, &count))
        return false;
    if (!count) {
        *value = context->registers[number];
        return !steps && (context->known >> number & 1);
    }
    if (!dwarf_evaluate(context, steps, count, &place))
        return false;
    *value = place.value;
    if (place.kind == DWARF_IN_REGISTER) {
        if (place.value >= DWARF_REGISTERS || !(context->known >> place.value & 1))
            return false;
        *value = context->registers[place.value];
    }
    return place.kind != DWARF_IN_MEMORY ||
           guest_read_number(context->cpu, place.value, context->word, value);
}

static bool find_frame_address(DwarfContext *context, Dwarf_Frame *frame)
{
    DwarfPlace place;
    Dwarf_Op *steps;
    size_t count;

    if (dwarf_frame_cfa(frame, &steps, &count) || !count ||
        !dwarf_evaluate(context, steps, count, &place))
        return false;
    context->frame = place.value;
    context->has_frame = true;
    return true;
}

/* From a function to its caller, in `context`. */
static bool unwind_by_dwarf(DwarfContext *context, const Symbols *symbols, u64 linear)
{
    DwarfContext caller = *context;
    Dwarf_Frame *frame;
    const SymbolFile *file = file_with_frame(symbols, linear, &frame);
    bool found;

    if (!file)
        return false;
    context->bias = file->bias;
    found = find_frame_address(context, frame);
    caller.known = 0;
    for (unsigned i = 0; found && i <= dwarf_return_register(context); i++)
        if (caller_register(context, frame, i, &caller.registers[i]))
            caller.known |= 1u << i;
    caller.registers[dwarf_stack_register(context)] = context->frame;
    caller.known |= 1u << dwarf_stack_register(context);
    caller.has_frame = false;
    free(frame);
    if (!found || !(caller.known >> dwarf_return_register(context) & 1))
        return false;
    *context = caller;
    return true;
}

/* ---- by frame pointers ---- */

static bool read_stack(const DwarfContext *context, u64 offset, u64 *value)
{
    Cpu *cpu = context->cpu;
    u64 linear = (cpu->segments[SS].base + (offset & cpu->stack_mask)) & cpu->linear_mask;

    return guest_read_number(cpu, linear, (Size)cpu->code_size, value);
}

/* How many words lie above the return address because the frame has not been made yet, or is gone
 * again; -1: it is there. */
static int words_before_frame(const DwarfContext *context, u64 linear)
{
    static const u8 moves[][2] = {{0x89, 0xE5}, {0x8B, 0xEC}};
    u8 code[5] = {0};

    if (guest_read(context->cpu, linear - 1, code, sizeof code) < 4)
        return -1;
    if (code[1] == 0x55 || code[1] == 0xC3 || code[1] == 0xC2)
        return 0;
    for (unsigned i = 0; i < COUNT_OF(moves); i++)
        if (code[0] == 0x55 &&
            (!memcmp(code + 1, moves[i], 2) || (code[1] == 0x48 && !memcmp(code + 2, moves[i], 2))))
            return 1;
    return -1;
}

/* Has the function around `linear` made a frame of its own by there? */
static bool has_frame_pointer(const DwarfContext *context, const Symbols *symbols, u64 linear)
{
    static const u8 pushes[][4] = {
        {0x55, 0x89, 0xE5}, {0x55, 0x8B, 0xEC}, {0x55, 0x48, 0x89, 0xE5}};
    const Symbol *symbol;
    u8 code[4];
    u64 offset;

    symbol = symbols_at(symbols, linear, &offset);
    if (!symbol || symbol->kind != SYMBOL_CODE || offset < sizeof code ||
        guest_read(context->cpu, symbol->address, code, sizeof code) != sizeof code)
        return false;
    for (unsigned i = 0; i < COUNT_OF(pushes); i++)
        if (!memcmp(code, pushes[i], pushes[i][3] ? 4 : 3))
            return true;
    return false;
}

static bool unwind_by_pointer(DwarfContext *context, u64 linear, bool innermost)
{
    unsigned base = dwarf_frame_register_number(context), stack = dwarf_stack_register(context);
    unsigned size = context->cpu->code_size;
    u64 mask = context->cpu->stack_mask, frame = context->registers[base] & mask;
    u64 top = context->registers[stack] & mask, saved, back;
    int words = innermost ? words_before_frame(context, linear) : -1;

    if (words >= 0) {
        if (!read_stack(context, top + (unsigned)words * size, &back))
            return false;
        if (words == 1 && !read_stack(context, top, &context->registers[base]))
            return false;
        context->registers[stack] = top + (unsigned)(words + 1) * size;
    } else {
        if (!(context->known >> base & 1) || frame < top || !read_stack(context, frame, &saved) ||
            !read_stack(context, frame + size, &back))
            return false;
        context->registers[base] = saved;
        context->registers[stack] = frame + 2 * size;
    }
    context->registers[dwarf_return_register(context)] = back;
    context->known = 1u << base | 1u << stack | 1u << dwarf_return_register(context);
    context->has_frame = false;
    return true;
}

/* ---- both ---- */

static u64 code_linear(const DwarfContext *context)
{
    Cpu *cpu = context->cpu;

    return (cpu->segments[CS].base + context->registers[dwarf_return_register(context)]) &
           cpu->linear_mask;
}

unsigned backtrace(Cpu *cpu, Symbols *symbols, BacktraceFrame *frames, unsigned max)
{
    DwarfContext context;
    unsigned count = 0, stack;
    bool sure = true, by_dwarf;
    u64 linear, top, call;
    u8 byte;

    dwarf_context_now(&context, cpu);
    stack = dwarf_stack_register(&context);
    while (count < max) {
        linear = code_linear(&context);
        top = context.registers[stack];
        frames[count++] = (BacktraceFrame){
            .linear = linear,
            .stack = top,
            .frame = context.registers[dwarf_frame_register_number(&context)],
            .sure = sure,
        };
        call = linear - (count > 1);
        sure = sure && (has_frame_pointer(&context, symbols, call) ||
                        (count == 1 && words_before_frame(&context, linear) >= 0));
        by_dwarf = unwind_by_dwarf(&context, symbols, call);
        if (!by_dwarf && !unwind_by_pointer(&context, linear, count == 1))
            break;
        sure = sure || (by_dwarf && frames[count - 1].sure);
        /* A caller's frame is higher up, and its code is somewhere. */
        if (context.registers[stack] <= top ||
            !context.registers[dwarf_return_register(&context)] ||
            !guest_read(cpu, code_linear(&context), &byte, 1))
            break;
    }
    return count;
}

void backtrace_context(Cpu *cpu, Symbols *symbols, DwarfContext *context)
{
    const SymbolFile *file;
    Dwarf_Frame *frame;

    dwarf_context_now(context, cpu);
    file = file_with_frame(symbols, code_linear(context), &frame);
    if (!file)
        return;
    context->bias = file->bias;
    find_frame_address(context, frame);
    free(frame);
}
