/*
 * Evaluating what expression_parse.c has made of an expression.
 *
 * Not implemented: computing with floating-point numbers; variables of callers' frames.
 */
#include "frontend/debugger/expression_code.h"

#include "frontend/debugger/guest_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct Evaluation {
    Cpu *cpu;
    Symbols *symbols;
    u64 stack[EXPRESSION_STEPS + 1]; /* the first is below all that is pushed */
    u64 *top;                        /* the last that was pushed */
    char *error;
    size_t error_size;
} Evaluation;

static Size resolve_size(const Cpu *cpu, unsigned size)
{
    switch (size) {
    case SIZE_NONE:
        return QWORD;
    case SIZE_MODE:
        return (Size)cpu->code_size;
    case SIZE_LONG:
        return cpu->code_size == 8 ? QWORD : DWORD;
    default:
        return (Size)size;
    }
}

static bool load(Evaluation *evaluation, const ExpressionStep *step)
{
    Size size = resolve_size(evaluation->cpu, step->size);
    bool physical = step->kind == DO_LOAD_PHYSICAL;
    u64 address = *evaluation->top, value = 0;
    size_t got = physical ? guest_read_physical(evaluation->cpu, address, &value, size)
                          : guest_read(evaluation->cpu, address, &value, size);

    if (got != size) {
        snprintf(evaluation->error, evaluation->error_size, "%s 0x%" PRIx64 " cannot be read%s",
                 physical ? "physical address" : "the memory at", address,
                 physical ? ": no memory is there" : ": its page is not mapped, or a device");
        return false;
    }
    *evaluation->top = step->is_signed ? sign_extend(value, size) : value;
    return true;
}

static bool find_local(const Evaluation *evaluation, const ExpressionStep *step, DwarfPlace *place)
{
    if (evaluation->symbols &&
        variable_place(evaluation->cpu, evaluation->symbols, step->number, place))
        return true;
    snprintf(evaluation->error, evaluation->error_size,
             "a variable is not in scope here, or the compiler has optimized it away");
    return false;
}

static bool push_local(Evaluation *evaluation, const ExpressionStep *step)
{
    DwarfPlace place;
    u64 value;

    if (!find_local(evaluation, step, &place))
        return false;
    if (step->kind == DO_LOCAL_ADDRESS) {
        if (place.kind != DWARF_IN_MEMORY) {
            snprintf(evaluation->error, evaluation->error_size,
                     "a variable that is kept in a register has no address");
            return false;
        }
        *++evaluation->top = place.value;
        return true;
    }
    if (!variable_read(evaluation->cpu, &place, step->size, &value)) {
        snprintf(evaluation->error, evaluation->error_size,
                 "the memory at 0x%" PRIx64 ", where a variable lies, cannot be read", place.value);
        return false;
    }
    *++evaluation->top = step->is_signed ? sign_extend(value, (Size)step->size) : value;
    return true;
}

/* Puts a value onto the stack. */
static bool push(Evaluation *evaluation, const ExpressionStep *step)
{
    switch (step->kind) {
    case DO_NUMBER:
        *++evaluation->top = step->number;
        return true;
    case DO_REGISTER:
        *++evaluation->top = register_read(step->reg, evaluation->cpu);
        return true;
    case DO_SIZE:
        *++evaluation->top = resolve_size(evaluation->cpu, step->size);
        return true;
    default:
        return push_local(evaluation, step);
    }
}

static bool unary(Evaluation *evaluation, const ExpressionStep *step)
{
    Size size = resolve_size(evaluation->cpu, step->size);
    const Cpu *cpu = evaluation->cpu;
    u64 *top = evaluation->top;

    switch (step->kind) {
    case DO_LOAD:
    case DO_LOAD_PHYSICAL:
        return load(evaluation, step);
    case DO_SEGMENT:
        *top = (cpu->segments[step->number].base + *top) & cpu->linear_mask;
        return true;
    case DO_TRUNCATE:
        *top &= size_mask(size);
        return true;
    case DO_EXTEND:
        *top = sign_extend(*top, size);
        return true;
    case DO_NEGATE:
        *top = -*top;
        return true;
    case DO_INVERT:
        *top = ~*top;
        return true;
    case DO_NOT:
        *top = !*top;
        return true;
    default: /* DO_TRUTH */
        *top = *top != 0;
        return true;
    }
}

static u64 shift(u64 value, u64 count, bool left, bool is_signed)
{
    if (left)
        return count < 64 ? value << count : 0;
    if (is_signed)
        return count < 63 ? (u64)((i64)value >> count) : -(value >> 63);
    return count < 64 ? value >> count : 0;
}

static bool divide(Evaluation *evaluation, const ExpressionStep *step, u64 a, u64 b)
{
    bool remainder = step->kind == DO_REMAINDER;

    if (!b) {
        snprintf(evaluation->error, evaluation->error_size, "a number is divided by zero");
        return false;
    }
    if (!step->is_signed)
        *evaluation->top = remainder ? a % b : a / b;
    else if (b == ~(u64)0) /* the quotient of the smallest number would not fit */
        *evaluation->top = remainder ? 0 : -a;
    else
        *evaluation->top = (u64)(remainder ? (i64)a % (i64)b : (i64)a / (i64)b);
    return true;
}

static bool compare(const Evaluation *evaluation, const ExpressionStep *step, u64 a, u64 b)
{
    u64 mask = size_mask(resolve_size(evaluation->cpu, step->size));
    u64 flip = step->is_signed ? size_sign(QWORD) : 0;

    a = (a & mask) ^ flip;
    b = (b & mask) ^ flip;
    switch (step->kind) {
    case DO_LESS:
        return a < b;
    case DO_LESS_EQUAL:
        return a <= b;
    case DO_GREATER:
        return a > b;
    case DO_GREATER_EQUAL:
        return a >= b;
    case DO_EQUAL:
        return a == b;
    default:
        return a != b;
    }
}

static bool selector_linear(Evaluation *evaluation, u64 selector, u64 offset)
{
    if (guest_linear(evaluation->cpu, (u16)selector, offset, evaluation->top))
        return true;
    snprintf(evaluation->error, evaluation->error_size, "selector %04X names no descriptor",
             (unsigned)selector & 0xFFFF);
    return false;
}

static bool binary(Evaluation *evaluation, const ExpressionStep *step)
{
    u64 b = *evaluation->top--, *top = evaluation->top, a = *top;

    switch (step->kind) {
    case DO_SWAP:
        *top = b;
        *++evaluation->top = a;
        return true;
    case DO_SELECTOR:
        return selector_linear(evaluation, a, b);
    case DO_MULTIPLY:
        *top = a * b;
        return true;
    case DO_DIVIDE:
    case DO_REMAINDER:
        return divide(evaluation, step, a, b);
    case DO_ADD:
        *top = a + b;
        return true;
    case DO_SUBTRACT:
        *top = a - b;
        return true;
    case DO_SHIFT_LEFT:
    case DO_SHIFT_RIGHT:
        *top = shift(a, b, step->kind == DO_SHIFT_LEFT, step->is_signed);
        return true;
    case DO_AND:
        *top = a & b;
        return true;
    case DO_XOR:
        *top = a ^ b;
        return true;
    case DO_OR:
        *top = a | b;
        return true;
    default:
        *top = compare(evaluation, step, a, b);
        return true;
    }
}

/* The step to go on with. */
static unsigned jump(Evaluation *evaluation, const ExpressionStep *step, unsigned next)
{
    switch (step->kind) {
    case DO_JUMP:
        return (unsigned)step->number;
    case DO_JUMP_IF_ZERO:
        return *evaluation->top-- ? next : (unsigned)step->number;
    case DO_AND_ALSO:
        if (!*evaluation->top)
            return (unsigned)step->number;
        break;
    default: /* DO_OR_ELSE */
        if (*evaluation->top) {
            *evaluation->top = 1;
            return (unsigned)step->number;
        }
        break;
    }
    evaluation->top--;
    return next;
}

/* All but the last `left_out` steps; the result. */
static bool evaluate(const Expression *expression, Evaluation *evaluation, unsigned left_out,
                     u64 *value)
{
    unsigned count = expression->count - left_out;

    evaluation->top = evaluation->stack;
    for (unsigned i = 0; i < count;) {
        const ExpressionStep *step = &expression->steps[i++];

        if (step->kind <= DO_LOCAL_ADDRESS) {
            if (!push(evaluation, step))
                return false;
        } else if (step->kind >= DO_JUMP)
            i = jump(evaluation, step, i);
        else if (step->kind == DO_SELECTOR || step->kind == DO_SWAP || step->kind >= DO_MULTIPLY) {
            if (!binary(evaluation, step))
                return false;
        } else if (!unary(evaluation, step)) {
            return false;
        }
    }
    *value = *evaluation->top;
    return true;
}

bool expression_evaluate(const Expression *expression, Cpu *cpu, u64 *value, char *error,
                         size_t error_size)
{
    Evaluation evaluation = {
        .cpu = cpu, .symbols = expression->symbols, .error = error, .error_size = error_size};

    return evaluate(expression, &evaluation, 0, value);
}

Size expression_size(const Expression *expression, const Cpu *cpu)
{
    return resolve_size(cpu, expression->type.size);
}

bool expression_is_signed(const Expression *expression)
{
    return expression->type.is_signed || expression->type.is_negative;
}

unsigned expression_pointee(const Expression *expression)
{
    return expression->type.pointee > QWORD ? DWORD : expression->type.pointee;
}

const CType *expression_c_type(const Expression *expression, bool *whole)
{
    *whole = expression->type.is_whole;
    return expression->type.c.known ? &expression->type.c : NULL;
}

/* DWARF's number of a register. */
static const Register *register_of(const Cpu *cpu, u64 number)
{
    static const char names[2][16][4] = {
        {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"},
        {"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12",
         "r13", "r14", "r15"},
    };
    const char *name = number < 16 ? names[cpu->code_size == 8][number] : "";

    return register_find(name, strlen(name));
}

static Place local_place(const Cpu *cpu, const DwarfPlace *found, u64 size)
{
    const Register *reg;

    if (found->kind == DWARF_IN_MEMORY)
        return (Place){PLACE_LINEAR, NULL, found->value, size};
    reg = found->kind == DWARF_IN_REGISTER ? register_of(cpu, found->value) : NULL;
    return (Place){reg ? PLACE_REGISTER : PLACE_NONE, reg, 0, size};
}

bool expression_place(const Expression *expression, Cpu *cpu, Place *place, char *error,
                      size_t error_size)
{
    Evaluation evaluation = {
        .cpu = cpu, .symbols = expression->symbols, .error = error, .error_size = error_size};
    const ExpressionStep *last = &expression->steps[expression->count - 1];
    bool whole = expression->type.is_whole;
    DwarfPlace found;
    u64 address;

    *place = (Place){.kind = PLACE_NONE};
    if (!expression->type.is_place)
        return true;
    if (!whole && last->kind == DO_REGISTER) {
        *place = (Place){PLACE_REGISTER, last->reg, 0, register_size(last->reg)};
        return true;
    }
    if (!whole && last->kind == DO_LOCAL) {
        if (!find_local(&evaluation, last, &found))
            return false;
        *place = local_place(cpu, &found, last->size);
        return true;
    }
    if (!evaluate(expression, &evaluation, !whole, &address))
        return false;
    *place =
        (Place){!whole && last->kind == DO_LOAD_PHYSICAL ? PLACE_PHYSICAL : PLACE_LINEAR, NULL,
                address, whole ? type_size(&expression->type.c) : resolve_size(cpu, last->size)};
    return true;
}
