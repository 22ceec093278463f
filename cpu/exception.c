/*
 * Raising exceptions, and what becomes of those that happen while another is delivered.
 * Manual: Intel SDM Vol. 3, "Interrupt and Exception Handling": "Error Code" and the tables of
 * "Interrupt 8 - Double Fault Exception".
 */
#include "cpu/exception.h"

#include "cpu/interrupt.h"

static const char *const names[] = {
    "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "",
    "#TS", "#NP", "#SS", "#GP", "#PF", "",    "#MF", "#AC", "#MC", "#XM",
};

const char *exception_name(unsigned vector)
{
    return vector < COUNT_OF(names) ? names[vector] : "";
}

static bool has_error_code(unsigned vector)
{
    switch (vector) {
    case EXCEPTION_DF:
    case EXCEPTION_TS:
    case EXCEPTION_NP:
    case EXCEPTION_SS:
    case EXCEPTION_GP:
    case EXCEPTION_PF:
    case EXCEPTION_AC:
        return true;
    default:
        return false;
    }
}

/* Error codes that name a selector, or nothing, carry EXT; that of #PF does not. */
static bool has_ext(unsigned vector)
{
    return vector >= EXCEPTION_TS && vector <= EXCEPTION_GP;
}

void cpu_raise(Cpu *cpu, Exception exception, u32 error_code)
{
    bool external = cpu->delivering >= 0 && !(cpu->delivering & DELIVERING_SOFTWARE);

    cpu->vector = (u8)exception;
    cpu->has_error_code = has_error_code(exception);
    cpu->error_code = error_code | (external && has_ext(exception));
    longjmp(cpu->unwind, UNWIND_RAISED);
}

void cpu_halt_before(Cpu *cpu)
{
    cpu->attention |= ATTEND_HALT;
    longjmp(cpu->unwind, UNWIND_HALTED);
}

void cpu_raise_page_fault(Cpu *cpu, const PageFault *fault)
{
    cpu->cr2 = fault->linear;
    cpu_raise(cpu, EXCEPTION_PF, fault->error_code);
}

void cpu_raise_ud(Cpu *cpu)
{
    cpu_raise(cpu, EXCEPTION_UD, 0);
}

void cpu_raise_gp0(Cpu *cpu)
{
    cpu_raise(cpu, EXCEPTION_GP, 0);
}

/* ---- faults during delivery ---- */

static bool is_contributory(int vector)
{
    return vector == EXCEPTION_DE || (vector >= EXCEPTION_TS && vector <= EXCEPTION_GP);
}

/* SDM: "Conditions for Generating a Double Fault". */
static bool is_double_fault(int first, int second)
{
    if (is_contributory(first))
        return is_contributory(second);
    return first == EXCEPTION_PF && (is_contributory(second) || second == EXCEPTION_PF);
}

static void remember(Cpu *cpu, unsigned vector, u32 error_code)
{
    FaultRecord *record;

    if (cpu->fault_count == COUNT_OF(cpu->faults)) /* keep the first and the latest */
        cpu->fault_count--;
    record = &cpu->faults[cpu->fault_count++];
    *record = (FaultRecord){.vector = (u8)vector,
                            .error_code = error_code,
                            .cs = cpu->segments[CS].selector,
                            .rip = cpu->rip,
                            .cr2 = cpu->cr2};
}

static void shut_down(Cpu *cpu)
{
    for (unsigned i = 0; i < cpu->fault_count; i++) {
        const FaultRecord *record = &cpu->faults[i];

        log_print(cpu->log, LOG_CPU, LOG_ERROR,
                  "%s: %s, error code %04X, at %04X:%08llX, CR2 %08llX",
                  i ? "  while delivering it" : "triple fault", exception_name(record->vector),
                  record->error_code, record->cs, (unsigned long long)record->rip,
                  (unsigned long long)record->cr2);
    }
    log_print(cpu->log, LOG_CPU, LOG_ERROR,
              "  SS:ESP %04X:%08llX CR0 %08llX CR3 %08llX IDT %08llX+%04X GDT %08llX+%04X",
              cpu->segments[SS].selector, (unsigned long long)cpu->gpr[RSP],
              (unsigned long long)cpu->cr0, (unsigned long long)cpu->cr3,
              (unsigned long long)cpu->idtr.base, cpu->idtr.limit,
              (unsigned long long)cpu->gdtr.base, cpu->gdtr.limit);
    cpu_attend(cpu, ATTEND_SHUTDOWN);
}

void cpu_deliver_raised(Cpu *cpu)
{
    int first = cpu->delivering;
    u8 vector = cpu->vector;
    u32 error_code = cpu->error_code;
    bool with_error_code = cpu->has_error_code;

    if (first < 0 || first >= DELIVERING_INTERRUPT)
        cpu->fault_count = 0;
    remember(cpu, vector, error_code);
    cpu->delivering = -1;
    cpu->dr6_pending = 0;
    if (!(cpu->rflags & FLAG_TF))
        cpu->attention &= (u8)~ATTEND_TRAP;
    if (first == EXCEPTION_DF && (is_contributory(vector) || vector == EXCEPTION_PF)) {
        shut_down(cpu);
        return;
    }
    if (is_double_fault(first, vector)) {
        vector = EXCEPTION_DF;
        error_code = 0;
        with_error_code = true;
    }
    cpu_interrupt(cpu, vector, EVENT_EXCEPTION, with_error_code, error_code, cpu->rip);
}
