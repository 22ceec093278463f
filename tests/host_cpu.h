/*
 * One instruction on the processor under us: the oracle for user-mode instructions whose encoding
 * means the same in 32-bit and 64-bit code.
 */
#ifndef TESTS_HOST_CPU_H
#define TESTS_HOST_CPU_H

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "mmu/base.h"

#if defined(__x86_64__)

/* RAX, RCX, RDX, RBX, RSI, RDI may be used by the instruction; RSP, RBP, R15 may not. */
typedef struct HostState {
    u64 gpr[8]; /* in encoding order; [4] and [5] (RSP, RBP) are not loaded */
    u64 rflags;
} HostState;

static u8 *host_code;
static sigjmp_buf host_fault;

static inline void host_on_signal(int number)
{
    siglongjmp(host_fault, number);
}

static inline u8 *host_emit(u8 *at, const char *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

/* Runs `insn` and stores what it leaves in `state`; 0, or the signal it ended in. */
static inline int host_execute(HostState *state, const u8 *insn, size_t length)
{
    /* push rbx, rbp, r15; r15 = state; flags; registers */
    static const char before[] = "\x53\x55\x41\x57\x49\x89\xff\x41\xff\x77\x40\x9d"
                                 "\x49\x8b\x07\x49\x8b\x4f\x08\x49\x8b\x57\x10\x49\x8b\x5f\x18"
                                 "\x49\x8b\x77\x30\x49\x8b\x7f\x38";
    /* registers; flags; cld; pop r15, rbp, rbx; ret */
    static const char after[] = "\x49\x89\x07\x49\x89\x4f\x08\x49\x89\x57\x10\x49\x89\x5f\x18"
                                "\x49\x89\x77\x30\x49\x89\x7f\x38\x9c\x41\x8f\x47\x40\xfc"
                                "\x41\x5f\x5d\x5b\xc3";
    struct sigaction action = {.sa_handler = host_on_signal, .sa_flags = SA_NODEFER}, old;
    u8 *at;
    int ended;

    if (!host_code)
        host_code = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    at = host_emit(host_code, before, sizeof before - 1);
    at = host_emit(at, (const char *)insn, length);
    host_emit(at, after, sizeof after - 1);
    sigaction(SIGFPE, &action, &old);
    ended = sigsetjmp(host_fault, 0);
    if (!ended)
        ((void (*)(HostState *))(uintptr_t)host_code)(state);
    sigaction(SIGFPE, &old, NULL);
    return ended;
}

#endif
#endif
