/*
 * Expressions: every operator, registers and memory in every mode, and what is wrong.
 */
#include "frontend/debugger/expression.h"

#include "tests/bare_machine.h"

#include <inttypes.h>
#include <stdio.h>

static BareMachine *machine;

static void open_real(void)
{
    machine = bare_create();
}

static void open_protected(void)
{
    machine = bare_in_ring(0);
}

static void close_machine(void)
{
    bare_destroy(machine);
}

TestSuite(expression, .init = open_protected, .fini = close_machine);
TestSuite(expression_real, .init = open_real, .fini = close_machine);

static bool no_variable(void *owner, const char *name, size_t length, u64 *value)
{
    *value = 77;
    return length == 3 && !strncmp(name, "foo", 3);
}

static u64 value_of(const char *text)
{
    const ExpressionNames names = {.variable = no_variable};
    char error[128] = "";
    Expression *expression = expression_compile(text, &names, error, sizeof error);
    u64 value = 0;

    cr_assert(expression, "%s: %s", text, error);
    cr_assert(expression_evaluate(expression, &machine->cpu, &value, error, sizeof error), "%s: %s",
              text, error);
    expression_free(expression);
    return value;
}

static void expect_value(const char *text, u64 wanted)
{
    u64 value = value_of(text);

    cr_expect_eq(value, wanted, "%s is %" PRIx64 ", not %" PRIx64, text, value, wanted);
}

/* The error of compiling or of evaluating it. */
static void expect_error(const char *text, const char *words)
{
    char error[128] = "";
    Expression *expression = expression_compile(text, NULL, error, sizeof error);
    u64 value;

    if (expression)
        cr_expect_not(expression_evaluate(expression, &machine->cpu, &value, error, sizeof error),
                      "%s", text);
    cr_expect(strstr(error, words), "%s: \"%s\" does not say \"%s\"", text, error, words);
    expression_free(expression);
}

Test(expression, numbers)
{
    expect_value("17", 17);
    expect_value("0x1F", 31);
    expect_value("021", 17);
    expect_value("11h", 17);
    expect_value("0FFh", 255);
    expect_value("0b1001", 9);
    expect_value("'a'", 'a');
    expect_value("'\\n'", '\n');
    expect_value("0xFFFF_0000", 0xFFFF0000);
    expect_value("0xFFFFFFFFFFFFFFFF", ~(u64)0);
}

Test(expression, precedence_is_that_of_c)
{
    expect_value("1 + 2 * 3", 7);
    expect_value("(1 + 2) * 3", 9);
    expect_value("10 - 4 - 3", 3);
    expect_value("100 / 7 % 4", 2);
    expect_value("1 << 4 + 1", 32);
    expect_value("1 | 2 ^ 3 & 2", 1 | (2 ^ (3 & 2)));
    expect_value("1 < 2 == 1", 1);
    expect_value("6 & 3 == 3", 6 & (3 == 3));
    expect_value("0 && 1 || 1", 1);
    expect_value("1 || 0 && 0", 1);
    expect_value("5 && 7", 1);
    expect_value("0 || 9", 1);
    expect_value("1 ? 2 : 3", 2);
    expect_value("0 ? 2 : 0 ? 4 : 5", 5);
    expect_value("1 ? (0 ? 7 : 8) : 9", 8);
    expect_value("!5 + !0", 1);
    expect_value("~5 & 0xFF", 0xFA);
    expect_value("- - 5", 5);
    expect_value("1 << 64", 0);
    expect_value("1 >> 200", 0);
}

Test(expression, what_is_not_reached_is_not_evaluated)
{
    expect_value("0 && 1 / 0", 0);
    expect_value("1 || 1 / 0", 1);
    expect_value("1 ? 3 : 1 / 0", 3);
    expect_value("0 ? 1 / 0 : 4", 4);
}

Test(expression, registers)
{
    Cpu *cpu = &machine->cpu;

    cpu->gpr[RAX] = 0x1122334455667788;
    cpu_set_flags(cpu, FLAG_ZF | FLAG_DF, FLAG_ZF | FLAG_DF | FLAG_CF);
    expect_value("rax", 0x1122334455667788);
    expect_value("eax", 0x55667788);
    expect_value("$EAX", 0x55667788);
    expect_value("ax", 0x7788);
    expect_value("ah", 0x77);
    expect_value("al", 0x88);
    expect_value("zf && df && !cf", 1);
    expect_value("eip", BARE_CODE);
    expect_value("$pc", BARE_CODE);
    expect_value("cs", BARE_CODE0);
    expect_value("cs.limit", 0xFFFFFFFF);
    expect_value("cpl", 0);
    expect_value("cr0 & 1", 1);
    expect_value("gdtr.base", BARE_GDT);
    expect_value("tr.base", BARE_TSS);
    expect_value("$foo", 77);
}

static u8 task_priority(void *board)
{
    (void)board;
    return 5;
}

Test(expression, control_registers)
{
    Cpu *cpu = &machine->cpu;

    cpu->cr2 = 0x1234;
    cpu->cr3 = 0x5000;
    cpu->cr4 = 0x10;
    expect_value("cr8", 0);
    cpu->board.read_task_priority = task_priority;
    expect_value("cr2", 0x1234);
    expect_value("cr3", 0x5000);
    expect_value("cr4", 0x10);
    expect_value("cr8", 5);
}

Test(expression, signs_are_asked_for)
{
    machine->cpu.gpr[RAX] = 0xFFFFFFF0;
    expect_value("eax < 0", 0);
    expect_value("i32(eax) < 0", 1);
    expect_value("(int)eax < 5", 1);
    expect_value("eax == -16", 1);
    expect_value("-16 == eax", 1);
    expect_value("eax > -17", 1);
    expect_value("ax == -16", 1);
    expect_value("rax == -16", 0);
    expect_value("i32(eax) / 4", (u64)-4);
    expect_value("i32(eax) >> 2", (u64)-4);
    expect_value("eax >> 28", 15);
    expect_value("-7 / 2", (u64)-3);
    expect_value("-7 < 2", 1);
    expect_value("i8(al)", (u64)-16);
    expect_value("(unsigned char)-1", 255);
    expect_value("i64(0x8000000000000000) / i64(-1)", 0x8000000000000000);
    expect_value("i64(0x8000000000000000) % i64(-1)", 0);
}

Test(expression, memory)
{
    bare_write(machine, BARE_DATA, QWORD, 0x8877665544332211);
    machine->cpu.gpr[RSI] = BARE_DATA;
    expect_value("[esi]", 0x44332211);
    expect_value("[esi+4]", 0x88776655);
    expect_value("byte[esi + 7]", 0x88);
    expect_value("word [ esi + 1 ]", 0x3322);
    expect_value("qword[esi]", 0x8877665544332211);
    expect_value("dword ptr [esi]", 0x44332211);
    expect_value("*esi", 0x44332211);
    expect_value("*(unsigned char *)(esi + 7)", 0x88);
    expect_value("*(char *)(esi + 7) < 0", 1);
    expect_value("{short}esi", 0x2211);
    expect_value("phys[0xC000]", 0x44332211);
    expect_value("byte phys[0xC001]", 0x22);
    expect_value("phys word[0xC001]", 0x3322);
    expect_value("ds:[esi]", 0x44332211);
    expect_value("[ds:esi]", 0x44332211);
    expect_value("word ds:[esi]", 0x2211);
    expect_value("ds:esi", BARE_DATA);
    expect_value("0x10:0xC000", BARE_DATA);
    bare_write(machine, BARE_DATA, DWORD, BARE_DATA + 4);
    expect_value("byte[[esi]]", 0x55);
}

Test(expression_real, segments_are_of_sixteen_bytes)
{
    Cpu *cpu = &machine->cpu;

    expect_value("$pc", BARE_CODE);
    expect_value("ip", 0);
    segment_set_real(cpu, DS, 0x1234);
    segment_set_real(cpu, ES, 0xFFFF);
    cpu->gpr[RSI] = 0x10;
    bare_write(machine, 0x12350, WORD, 0xBEEF);
    expect_value("ds:[si]", 0xBEEF);
    expect_value("ds:si", 0x12350);
    expect_value("es:si", 0x100000);
    expect_value("0x1234:0x10", 0x12350);
    expect_value("[0x12350]", 0xBEEF);
    expect_value("cs.base", BARE_CODE);
    expect_value("1 ? ds : 4", 0x1234);
    expect_value("1 ? (ds:si) : 4", 0x12350);
}

Test(expression, places)
{
    static const struct {
        const char *text;
        Place place;
    } rows[] = {
        {"eax", {.kind = PLACE_REGISTER, .size = DWORD}},
        {"word[esi+2]", {.kind = PLACE_LINEAR, .address = BARE_DATA + 2, .size = WORD}},
        {"phys byte[16]", {.kind = PLACE_PHYSICAL, .address = 16, .size = BYTE}},
        {"(eax)", {.kind = PLACE_REGISTER, .size = DWORD}},
        {"eax + 1", {.kind = PLACE_NONE}},
        {"1 ? [esi] : [edi]", {.kind = PLACE_NONE}},
        {"-[esi]", {.kind = PLACE_NONE}},
        {"0xC000", {.kind = PLACE_NONE}},
    };
    char error[128];

    machine->cpu.gpr[RSI] = BARE_DATA;
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        Expression *expression = expression_compile(rows[i].text, NULL, error, sizeof error);
        Place place;

        cr_assert(expression &&
                  expression_place(expression, &machine->cpu, &place, error, sizeof error));
        cr_expect_eq(place.kind, rows[i].place.kind, "%s", rows[i].text);
        cr_expect_eq(place.address, rows[i].place.address, "%s", rows[i].text);
        if (place.kind != PLACE_NONE)
            cr_expect_eq(place.size, rows[i].place.size, "%s", rows[i].text);
        expression_free(expression);
    }
}

Test(expression, what_is_wrong_is_said)
{
    char deep[512];

    expect_error("", "missing");
    expect_error("1 +", "missing");
    expect_error("(1", "')'");
    expect_error("[1", "']'");
    expect_error("1 2", "'2'");
    expect_error("foo + 1", "'foo'");
    expect_error("$bar", "'$bar'");
    expect_error("09", "no number");
    expect_error("12abc", "0x");
    expect_error("0x", "no number");
    expect_error("0x10000000000000000", "64 bits");
    expect_error("1 / 0", "zero");
    expect_error("1 % (eax - eax)", "zero");
    expect_error("[0xF0000000]", "cannot be read");
    expect_error("phys[0xFFFFFFFFFFFFFFFF]", "no memory");
    expect_error("byte", "byte[esp]");
    expect_error("&eax", "symbol");
    expect_error("1 ? 2", "':'");
    expect_error("0xF8F0:0", "selector F8F0");
    memset(deep, '(', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    expect_error(deep, "deeply");
    memset(deep, '-', sizeof deep - 1);
    expect_error(deep, "deeply");
    for (unsigned i = 0; i + 1 < sizeof deep; i++)
        deep[i] = i & 1 ? '+' : '1';
    deep[sizeof deep - 2] = '\0';
    expect_error(deep, "long");
}

/* Whatever is typed: an answer or a sentence, in bounded time. */
Test(expression, random_text_does_no_harm)
{
    static const char *const pieces[] = {"1",  "(", ")", "[",  "]",    "?",       ":",    "eax",
                                         "ds", "*", "&", "&&", "|",    "-",       "byte", "<<",
                                         "==", "{", "}", "'",  "phys", "/",       "$",    "char",
                                         "0x", ".", "~", "cs", "!=",   "unsigned"};
    char text[256], error[64];
    unsigned seed = 1;
    u64 value;

    for (unsigned round = 0; round < 20000; round++) {
        unsigned length = 0;
        Expression *expression;

        for (unsigned i = 0; i < round % 24; i++) {
            seed = seed * 1103515245 + 12345;
            if (seed >> 28 == 0)
                text[length++] = (char)(seed >> 16 | 1);
            else
                length +=
                    (unsigned)sprintf(text + length, "%s", pieces[(seed >> 16) % COUNT_OF(pieces)]);
        }
        text[length] = '\0';
        expression = expression_compile(text, NULL, error, sizeof error);
        if (expression)
            expression_evaluate(expression, &machine->cpu, &value, error, sizeof error);
        expression_free(expression);
    }
}
