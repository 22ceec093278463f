/*
 * Runs cases on a vitrine processor. It is made once; between cases only what a case can have
 * changed is set again, so that a case costs a microsecond or two beside its instruction.
 *
 * The interpreter steps through a case. The translator is given its block at once, and that runs on
 * into the jump behind the instruction, as on the oracle: here it leads to a page fault, which
 * tells where the case came out. All exceptions lead to a HLT.
 */
#include "frontend/conform/subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/decode.h"
#include "cpu/opcodes.h"
#include "cpu/simd.h"
#include "cpu/x87.h"
#include "frontend/conform/subject_machine.h"
#include "translate/translator.h"

/* A repeated string instruction runs into the end of its segment long before this. */
enum { MOST_STEPS = 100000, CODE_BYTES = 8 << 20 };

struct Subject {
    SubjectMachine machine;
    u8 mode; /* CaseMode that is set up; CASE_MODES: none */
    SubjectEngine engine;
    bool translated; /* the last case, all of it */
};

static const char *const engine_names[] = {
    [SUBJECT_INTERPRETER] = "interpreter",
    [SUBJECT_TRANSLATOR] = "translator",
};

const char *subject_engine_name(SubjectEngine engine)
{
    return engine_names[engine];
}

bool subject_engine_parse(const char *name, SubjectEngine *engine)
{
    for (unsigned i = 0; i < COUNT_OF(engine_names); i++)
        if (strcmp(engine_names[i], name) == 0) {
            *engine = i;
            return true;
        }
    return false;
}

Subject *subject_open(const char *model, SubjectEngine engine, char *error, size_t error_size)
{
    Subject *subject;

    subject = calloc(1, sizeof *subject);
    if (!subject) {
        snprintf(error, error_size, "the host is out of memory");
        return NULL;
    }
    if (!subject_machine_open(&subject->machine, model, error, error_size)) {
        free(subject);
        return NULL;
    }
    subject->mode = CASE_MODES;
    subject->engine = engine;
    if (engine == SUBJECT_TRANSLATOR &&
        !translator_attach(&subject->machine.bare.cpu, CODE_BYTES, error, error_size)) {
        subject_close(subject);
        return NULL;
    }
    return subject;
}

void subject_close(Subject *subject)
{
    if (!subject)
        return;
    translator_detach(&subject->machine.bare.cpu);
    subject_machine_close(&subject->machine);
    free(subject);
}

const Cpu *subject_cpu(const Subject *subject)
{
    return &subject->machine.bare.cpu;
}

bool subject_has_mode(const Subject *subject, CaseMode mode)
{
    return mode != CASE_64 || cpu_has(subject_cpu(subject), FEATURE_LONG);
}

bool subject_has_row(const Subject *subject, const OpcodeRow *row, CaseMode mode)
{
    Feature feature = row_feature(row);

    if (row->attributes & (mode == CASE_64 ? I64 : O64))
        return false;
    return feature == FEATURE_NONE || cpu_has(subject_cpu(subject), feature);
}

/* ---- before ---- */

static void load_x87(X87 *x87, const FxImage *fx)
{
    x87->control = fx->control;
    x87->status = fx->status & 0xC7FF;
    x87->top = fx->status >> 11 & 7;
    x87->empty = (u8)~fx->tags;
    x87->opcode = fx->opcode;
    x87->ip = fx->ip;
    x87->cs = fx->cs;
    x87->dp = fx->dp;
    x87->ds = fx->ds;
    for (unsigned i = 0; i < 8; i++) {
        X87Register *st = x87_st(x87, i);

        memcpy(&st->significand, fx->st[i], 8);
        memcpy(&st->sign_exponent, fx->st[i] + 8, 2);
    }
}

static void load_state(Cpu *cpu, const Case *c)
{
    const CaseState *state = &c->before;
    u64 mask = c->mode == CASE_64 ? ~(u64)0 : 0xFFFFFFFF;

    for (unsigned i = 0; i < 16; i++)
        cpu->gpr[i] = state->gpr[i] & mask;
    cpu->rip = state->rip & mask;
    cpu->rflags = FLAG_IF;
    cpu_set_flags(cpu, state->rflags, FLAGS_ARITHMETIC | FLAG_DF | FLAG_ID | FLAG_NT);
    load_x87(&cpu->x87, &state->fx);
    for (unsigned i = 0; i < 16; i++)
        memcpy(cpu->xmm[i].bytes, state->fx.xmm[i], 16);
    cpu->mxcsr = state->fx.mxcsr;
    for (unsigned i = 0; i < 16 && (c->flags & CASE_USES_YMM); i++)
        memcpy(cpu->ymm_high[i].bytes, state->ymm_high[i], 16);
    cpu->cr2 = 0;
    cpu->attention = 0;
    cpu->delivering = -1;
    cpu->dr6_pending = 0;
}

static void set_mode(Subject *subject, const Case *c)
{
    SubjectMachine *m = &subject->machine;

    if (subject->mode == c->mode)
        return;
    memcpy(m->bare.cpu.segments, m->segments[c->mode], sizeof m->segments[c->mode]);
    m->bare.cpu.cpl = 3;
    cpu_update_mode(&m->bare.cpu);
    segment_update_all(&m->bare.cpu);
    subject->mode = c->mode;
}

/* The code's bytes were changed behind the processor's back. */
static void code_changed(SubjectMachine *m, const Case *c)
{
    u32 base = case_segments[c->mode][CS].base - CASE_CODE;
    u32 starts[2] = {base + (u32)c->before.rip, base + c->target};

    for (unsigned i = 0; i < (c->target ? 2 : 1); i++) {
        u32 end = starts[i] + CASE_BYTES + CASE_STUB_SIZE;

        if (starts[i] >= CASE_CODE_SIZE)
            continue;
        if (end > CASE_CODE_SIZE)
            end = CASE_CODE_SIZE;
        space_mark_written(&m->bare.memory, &m->bare.ram, m->code_offset + starts[i],
                           end - starts[i]);
    }
}

/* ---- after ---- */

static void store_x87(const Cpu *cpu, FxImage *fx)
{
    const X87 *x87 = &cpu->x87;

    fx->control = x87->control;
    fx->status = x87_status(x87);
    fx->tags = (u8)~x87->empty;
    fx->opcode = x87->opcode;
    fx->ip = (u32)x87->ip;
    fx->cs = x87->cs;
    fx->dp = (u32)x87->dp;
    fx->ds = x87->ds;
    for (unsigned i = 0; i < 8; i++) {
        const X87Register *st = &x87->r[(x87->top + i) & 7];

        memset(fx->st[i], 0, 16);
        memcpy(fx->st[i], &st->significand, 8);
        memcpy(fx->st[i] + 8, &st->sign_exponent, 2);
    }
}

static void store_state(const Cpu *cpu, const Case *c, CaseState *state)
{
    memcpy(state->gpr, cpu->gpr, sizeof state->gpr);
    state->rip = cpu->rip;
    state->rflags = cpu_get_flags(cpu);
    store_x87(cpu, &state->fx);
    for (unsigned i = 0; i < 16; i++)
        memcpy(state->fx.xmm[i], cpu->xmm[i].bytes, 16);
    for (unsigned i = 0; i < 16 && (c->flags & CASE_USES_YMM); i++)
        memcpy(state->ymm_high[i], cpu->ymm_high[i].bytes, 16);
    state->fx.mxcsr = cpu->mxcsr;
    state->fx.mxcsr_mask = MXCSR_BITS;
}

/* The processor stands before an exception's handler: what it was called with. */
static void store_exception(Subject *subject, Outcome *outcome)
{
    SubjectMachine *m = &subject->machine;
    unsigned vector = subject_machine_vector(m);
    ExceptionFrame frame = subject_machine_frame(m);

    outcome->vector = (i16)vector;
    outcome->error_code = frame.error_code;
    outcome->address = vector == EXCEPTION_PF ? m->bare.cpu.cr2 : 0;
    outcome->state.rip = frame.rip;
    outcome->state.rflags = frame.rflags;
    outcome->state.gpr[RSP] = frame.rsp;
    subject->mode = CASE_MODES; /* its segments are the handler's now */
}

/* ---- a case, on the interpreter ---- */

/* At the instruction behind, or at the target: where the oracle has a jump home. */
static bool has_arrived(const Cpu *cpu, const Case *c)
{
    u64 linear = cpu->rip + case_segments[c->mode][CS].base;

    if (cpu->rip != case_end(c) && !(c->target && cpu->rip == c->target))
        return false;
    return linear + CASE_STUB_SIZE <= CASE_CODE + CASE_CODE_SIZE;
}

static bool has_ended(const Cpu *cpu, const Case *c)
{
    return cpu->cpl != 3 || (cpu->attention & ATTEND_SHUTDOWN) || has_arrived(cpu, c);
}

static void interpret(Cpu *cpu, const Case *c)
{
    u64 start = c->before.rip, length = case_end(c) - start;

    for (unsigned i = 0; i < MOST_STEPS && cpu->rip - start < length && !has_ended(cpu, c); i++)
        cpu_step(cpu);
    if (!has_ended(cpu, c)) /* went elsewhere: fetching there is to fault */
        cpu_step(cpu);
}

/* ---- on the translator ---- */

/* Generated code knows no limit of 16-bit code but 64 KiB; see beyond_limit(). */
static void widen_code(Subject *subject, const Case *c)
{
    if (c->mode == CASE_16)
        subject->machine.bare.cpu.segments[CS].limit = 0xFFFF;
    subject->mode = CASE_MODES;
}

/* What fetching the instruction raises is raised again when it is executed. */
static void translate_at_once(Cpu *cpu)
{
    if (_setjmp(cpu->unwind) == 0)
        translator_translate(cpu);
}

/* Into a handler's HLT. */
static void translate(Subject *subject, const Case *c)
{
    Cpu *cpu = &subject->machine.bare.cpu;
    const TranslatorCounters *counters = translator_counters(cpu);
    InsnName name = c->row < opcode_row_count ? opcode_rows[c->row].name : INSN_UD;
    u64 lifted = counters->lifted[name], called = counters->called[name];

    widen_code(subject, c);
    translate_at_once(cpu);
    lifted = counters->lifted[name] - lifted;
    cpu->deadline = cpu->cycles + MOST_STEPS;
    cpu_run(cpu);
    if (cpu->attention & ATTEND_HALT)
        cpu->rip--;
    subject->translated = lifted != 0 && called == counters->called[name];
}

/* An exception of the jump that leads out is none of the case. */
static void come_out(const Subject *subject, const Case *c, Outcome *outcome)
{
    u64 behind = case_end(c), from = outcome->state.rip;
    /* Models without long mode refuse the far jump itself. */
    bool refused = !subject_has_mode(subject, CASE_64) && outcome->vector == EXCEPTION_GP;

    if (from == case_stub_goal(false) || (refused && from == behind))
        outcome->state.rip = behind;
    else if (from == case_stub_goal(true) || (refused && c->target && from == c->target))
        outcome->state.rip = c->target;
    else
        return;
    outcome->vector = -1;
    outcome->error_code = 0;
    outcome->address = 0;
}

/* Did it use code between the limit that 16-bit code has on the oracle, and 64 KiB? */
static bool beyond_limit(const Case *c, const Outcome *outcome)
{
    return c->mode == CASE_16 && outcome->vector == EXCEPTION_PF &&
           outcome->address - (CASE_CODE + CASE_CODE_SIZE) < 0x10000 - CASE_CODE_SIZE;
}

/* ---- both ---- */

bool subject_was_translated(const Subject *subject)
{
    return subject->translated;
}

static void run(Subject *subject, const Case *c, SubjectEngine engine, Outcome *outcome)
{
    SubjectMachine *m = &subject->machine;
    Cpu *cpu = &m->bare.cpu;

    surroundings_prepare(&m->surroundings, c);
    code_changed(m, c);
    set_mode(subject, c);
    load_state(cpu, c);
    if (engine == SUBJECT_TRANSLATOR)
        translate(subject, c);
    else
        interpret(cpu, c);
    outcome->status = has_ended(cpu, c) ? OUTCOME_DONE : OUTCOME_LOST;
    outcome->vector = -1;
    outcome->error_code = 0;
    outcome->address = 0;
    store_state(cpu, c, &outcome->state);
    if (cpu->attention & ATTEND_SHUTDOWN) {
        outcome->status = OUTCOME_LOST;
        subject->mode = CASE_MODES;
    } else if (cpu->cpl != 3) {
        store_exception(subject, outcome);
        if (engine == SUBJECT_TRANSLATOR)
            come_out(subject, c, outcome);
    }
    surroundings_collect(&m->surroundings, c, outcome);
    code_changed(m, c);
}

void subject_run(Subject *subject, const Case *c, Outcome *outcome)
{
    subject->translated = false;
    run(subject, c, subject->engine, outcome);
    if (subject->engine == SUBJECT_TRANSLATOR && beyond_limit(c, outcome)) {
        subject->translated = false;
        run(subject, c, SUBJECT_INTERPRETER, outcome);
    }
}
