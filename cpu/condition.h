/*
 * The sixteen conditions of Jcc, SETcc and CMOVcc.
 * Manual: Intel SDM Vol. 1, "EFLAGS Condition Codes".
 */
#ifndef CPU_CONDITION_H
#define CPU_CONDITION_H

#include "cpu/flags.h"

/* X(suffix, the condition over `const Flags *f`) */
#define CONDITIONS(X)                          \
    X(O, flag_o(f))                            \
    X(NO, !flag_o(f))                          \
    X(B, flag_c(f))                            \
    X(NB, !flag_c(f))                          \
    X(Z, flag_z(f))                            \
    X(NZ, !flag_z(f))                          \
    X(BE, flag_c(f) || flag_z(f))              \
    X(NBE, !flag_c(f) && !flag_z(f))           \
    X(S, flag_s(f))                            \
    X(NS, !flag_s(f))                          \
    X(P, flag_p(f))                            \
    X(NP, !flag_p(f))                          \
    X(L, flag_s(f) != flag_o(f))               \
    X(NL, flag_s(f) == flag_o(f))              \
    X(LE, flag_z(f) || flag_s(f) != flag_o(f)) \
    X(NLE, !flag_z(f) && flag_s(f) == flag_o(f))

#define CONDITION_FUNCTION(suffix, expression) \
    FORCE_INLINE bool condition_##suffix(const Flags *f) { return expression; }
CONDITIONS(CONDITION_FUNCTION)
#undef CONDITION_FUNCTION

#endif
