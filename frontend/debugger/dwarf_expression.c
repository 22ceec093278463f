/*
 * Not implemented: values in pieces, entry values, thread-local variables, branches.
 */
#include "frontend/debugger/dwarf_expression.h"

#include "frontend/debugger/guest_memory.h"

#include <dwarf.h>

enum { STACK = 32 };

typedef struct DwarfStack {
    const DwarfContext *context;
    u64 values[STACK];
    unsigned count;
    bool failed;
} DwarfStack;

void dwarf_context_now(DwarfContext *context, Cpu *cpu)
{
    static const u8 order_64[] = {RAX, RDX, RCX, RBX, RSI, RDI, RBP, RSP,
                                  R8,  R9,  R10, R11, R12, R13, R14, R15};
    bool wide = cpu->code_size == 8;

    *context = (DwarfContext){.cpu = cpu, .word = wide ? QWORD : DWORD};
    for (unsigned i = 0; i < (wide ? 16 : 8); i++)
        context->registers[i] = wide ? cpu->gpr[order_64[i]] : (u32)cpu->gpr[i];
    context->registers[dwarf_return_register(context)] = cpu->rip;
    context->known = wide ? 0x1FFFF : 0x1FF;
}

unsigned dwarf_stack_register(const DwarfContext *context)
{
    return context->word == QWORD ? 7 : 4;
}

unsigned dwarf_frame_register_number(const DwarfContext *context)
{
    return context->word == QWORD ? 6 : 5;
}

unsigned dwarf_return_register(const DwarfContext *context)
{
    return context->word == QWORD ? 16 : 8;
}

static void push(DwarfStack *stack, u64 value)
{
    if (stack->count < STACK)
        stack->values[stack->count++] = value;
    else
        stack->failed = true;
}

static u64 pop(DwarfStack *stack)
{
    if (stack->count)
        return stack->values[--stack->count];
    stack->failed = true;
    return 0;
}

static u64 register_value(DwarfStack *stack, u64 number)
{
    if (number < DWARF_REGISTERS && stack->context->known >> number & 1)
        return stack->context->registers[number];
    stack->failed = true;
    return 0;
}

static u64 loaded(DwarfStack *stack, u64 address, u64 size)
{
    u64 value = 0;

    if (!stack->context->cpu || size > QWORD ||
        guest_read(stack->context->cpu, address, &value, size) != size)
        stack->failed = true;
    return value;
}

static void operate(DwarfStack *stack, u8 operation)
{
    u64 b = pop(stack), a = pop(stack);

    switch (operation) {
    case DW_OP_plus:
        push(stack, a + b);
        break;
    case DW_OP_minus:
        push(stack, a - b);
        break;
    case DW_OP_mul:
        push(stack, a * b);
        break;
    case DW_OP_and:
        push(stack, a & b);
        break;
    case DW_OP_or:
        push(stack, a | b);
        break;
    case DW_OP_xor:
        push(stack, a ^ b);
        break;
    case DW_OP_shl:
        push(stack, b < 64 ? a << b : 0);
        break;
    case DW_OP_shr:
        push(stack, b < 64 ? a >> b : 0);
        break;
    default:
        stack->failed = true;
        break;
    }
}

static void push_known(DwarfStack *stack, bool known, u64 value)
{
    if (!known)
        stack->failed = true;
    push(stack, value);
}

/* clang keeps addresses in a table of their own. */
static u64 indexed_address(DwarfStack *stack, const Dwarf_Op *step)
{
    Dwarf_Attribute *attribute = stack->context->attribute, entry;
    Dwarf_Addr address = 0;

    if (!attribute || dwarf_getlocation_attr(attribute, step, &entry) ||
        dwarf_formaddr(&entry, &address))
        stack->failed = true;
    return address + stack->context->bias;
}

static void run_step(DwarfStack *stack, const Dwarf_Op *step)
{
    const DwarfContext *context = stack->context;
    u64 value;

    switch (step->atom) {
    case DW_OP_addr:
        push(stack, step->number + context->bias);
        break;
    case DW_OP_addrx:
        push(stack, indexed_address(stack, step));
        break;
    case DW_OP_const1u ... DW_OP_consts: /* libdw has extended their signs */
        push(stack, step->number);
        break;
    case DW_OP_lit0 ... DW_OP_lit31:
        push(stack, step->atom - DW_OP_lit0);
        break;
    case DW_OP_breg0 ... DW_OP_breg31:
        push(stack, register_value(stack, step->atom - DW_OP_breg0) + step->number);
        break;
    case DW_OP_bregx:
        push(stack, register_value(stack, step->number) + step->number2);
        break;
    case DW_OP_fbreg:
        push_known(stack, context->has_base, context->base + step->number);
        break;
    case DW_OP_call_frame_cfa:
        push_known(stack, context->has_frame, context->frame);
        break;
    case DW_OP_plus_uconst:
        push(stack, pop(stack) + step->number);
        break;
    case DW_OP_deref:
        push(stack, loaded(stack, pop(stack), context->word));
        break;
    case DW_OP_deref_size:
        push(stack, loaded(stack, pop(stack), step->number));
        break;
    case DW_OP_dup:
        value = pop(stack);
        push(stack, value);
        push(stack, value);
        break;
    case DW_OP_drop:
        pop(stack);
        break;
    case DW_OP_neg:
        push(stack, -pop(stack));
        break;
    case DW_OP_not:
        push(stack, ~pop(stack));
        break;
    case DW_OP_nop:
        break;
    default:
        operate(stack, step->atom);
        break;
    }
}

bool dwarf_evaluate(const DwarfContext *context, const Dwarf_Op *steps, size_t count,
                    DwarfPlace *place)
{
    DwarfStack stack = {.context = context};
    u64 mask = size_mask(context->word);

    if (count == 1 && steps->atom >= DW_OP_reg0 && steps->atom <= DW_OP_reg31) {
        *place = (DwarfPlace){DWARF_IN_REGISTER, steps->atom - DW_OP_reg0};
        return true;
    }
    *place = (DwarfPlace){.kind = DWARF_IN_MEMORY};
    for (size_t i = 0; i < count && !stack.failed; i++) {
        if (steps[i].atom == DW_OP_stack_value && i + 1 == count)
            place->kind = DWARF_AS_VALUE;
        else
            run_step(&stack, &steps[i]);
    }
    place->value = pop(&stack) & mask;
    return !stack.failed;
}
