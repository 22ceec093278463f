/*
 * Runs cases on the processor under us: lays one out, enters it through oracle_x64.S, and records
 * what came of it. A case that ends behind its instruction costs no system call; one that faults,
 * one signal.
 *
 * While a case runs FS belongs to it, and with it goes what the C library and the compiler keep in
 * thread-local storage; the assembly puts it back before any C code runs.
 *
 * Not implemented: hosts whose kernel keeps WRFSBASE from programs (before Linux 5.9).
 */
#if defined(__x86_64__)

#include "frontend/conform/oracle_child.h"

#include <asm/ldt.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "cpu/cpu.h"
#include "frontend/conform/host_cpuid.h"
#include "frontend/conform/oracle_frame.h"
#include "frontend/conform/surroundings.h"

_Static_assert(offsetof(OracleFrame, flags) == FRAME_FLAGS, "see oracle_x64.S");
_Static_assert(offsetof(OracleFrame, host_rsp) == FRAME_HOST_RSP, "see oracle_x64.S");
_Static_assert(offsetof(OracleFrame, entry) == FRAME_ENTRY, "see oracle_x64.S");
_Static_assert(offsetof(OracleFrame, selectors) == FRAME_SELECTORS, "see oracle_x64.S");
_Static_assert(offsetof(OracleFrame, arrived) == FRAME_ARRIVED, "see oracle_x64.S");
_Static_assert(offsetof(OracleFrame, is_long) == FRAME_LONG, "see oracle_x64.S");
_Static_assert(offsetof(OracleFrame, out_gpr) == FRAME_OUT_GPR, "see oracle_x64.S");
_Static_assert(offsetof(OracleFrame, out_x87) == FRAME_OUT_X87, "see oracle_x64.S");
_Static_assert(offsetof(OracleFrame, fx) == FRAME_FX, "see oracle_x64.S");
_Static_assert(offsetof(OracleFrame, out_fx) == FRAME_OUT_FX, "see oracle_x64.S");
_Static_assert(offsetof(OracleFrame, scratch) < FRAME_SCRATCH, "see oracle_x64.S");
_Static_assert(offsetof(OracleFrame, uses_ymm) == FRAME_USES_YMM, "see oracle_x64.S");
_Static_assert(offsetof(OracleFrame, ymm) == FRAME_YMM, "see oracle_x64.S");
_Static_assert(offsetof(OracleFrame, out_ymm) == FRAME_OUT_YMM, "see oracle_x64.S");
_Static_assert(offsetof(XsaveImage, ymm_high) == 576, "where processors have it");
_Static_assert(sizeof(OracleFrame) <= PAGE_SIZE, "a page is mapped for it");

/* At a fixed address, for oracle_x64.S. */
static OracleFrame *const frame = (OracleFrame *)ORACLE_FRAME;

/* ---- preparations ---- */

typedef enum Step {
    STEP_NONE,
    STEP_FSGSBASE,
    STEP_MEMORY,
    STEP_DESCRIPTORS,
    STEP_SIGNALS,
    STEP_ISOLATION,
} Step;

const char *oracle_child_step(u32 step)
{
    static const char *const names[] = {
        [STEP_FSGSBASE] = "use WRFSBASE (Linux 5.9 or later is needed)",
        [STEP_MEMORY] = "map memory at a fixed address below 2 GiB",
        [STEP_DESCRIPTORS] = "make 16-bit segments (modify_ldt)",
        [STEP_SIGNALS] = "handle signals",
        [STEP_ISOLATION] = "give up its right to system calls (seccomp)",
    };

    return step < COUNT_OF(names) ? names[step] : NULL;
}

static u8 *map_at(u32 address, size_t size, int protection, int fd)
{
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *memory = mmap((void *)(uintptr_t)address, size, protection,
                        flags | (address ? MAP_FIXED_NOREPLACE : 0), fd, 0);

    if (memory == MAP_FAILED || (address && memory != (void *)(uintptr_t)address))
        return NULL;
    return memory;
}

/* The read-only area has a second mapping that can be written. */
static bool map_surroundings(Surroundings *s)
{
    int fd = memfd_create("vitrine-conform", MFD_CLOEXEC), all = PROT_READ | PROT_WRITE;
    u8 *live[AREA_COUNT];

    if (fd < 0 || ftruncate(fd, CASE_READ_ONLY_SIZE) < 0)
        return false;
    live[AREA_DATA] = map_at(CASE_DATA, CASE_DATA_SIZE, all, -1);
    live[AREA_READ_ONLY] = map_at(0, CASE_READ_ONLY_SIZE, all, fd);
    live[AREA_STACK] = map_at(CASE_STACK, CASE_STACK_SIZE, all, -1);
    live[AREA_CODE] = map_at(CASE_CODE, CASE_CODE_SIZE, all | PROT_EXEC, -1);
    for (unsigned i = 0; i < AREA_COUNT; i++)
        if (!live[i])
            return false;
    if (!map_at(CASE_READ_ONLY, CASE_READ_ONLY_SIZE, PROT_READ, fd))
        return false;
    (void)*(const volatile u8 *)CASE_READ_ONLY; /* a page fault's error code shall say: present */
    close(fd);
    surroundings_init(s, live);
    return true;
}

static bool map_frame(void)
{
    u8 *code = map_at(ORACLE_CODE, PAGE_SIZE, PROT_READ | PROT_WRITE, -1);

    if (!code || !map_at(ORACLE_FRAME, PAGE_SIZE, PROT_READ | PROT_WRITE, -1))
        return false;
    memcpy(code, oracle_code, (size_t)(oracle_code_end - oracle_code));
    return mprotect(code, PAGE_SIZE, PROT_READ | PROT_EXEC) == 0;
}

/* `contents`: 0 data, 1 expand-down data, 2 code. */
static bool make_descriptor(u16 selector, u32 base, u32 limit, unsigned contents, bool writable)
{
    struct user_desc descriptor = {.entry_number = selector >> 3,
                                   .base_addr = base,
                                   .limit = limit,
                                   .contents = contents & 3,
                                   .read_exec_only = !writable};

    return syscall(SYS_modify_ldt, 1, &descriptor, sizeof descriptor) == 0;
}

static bool make_descriptors(void)
{
    const CaseSegment *s = case_segments[CASE_16];

    return make_descriptor(CASE_CS16, s[CS].base, s[CS].limit, 2, true) &&
           make_descriptor(CASE_SS16, s[SS].base, s[SS].limit, 0, true) &&
           make_descriptor(CASE_DS16, s[DS].base, s[DS].limit, 0, true) &&
           make_descriptor(CASE_ES16, s[ES].base, s[ES].limit, 0, true) &&
           make_descriptor(CASE_DOWN, s[FS].base, s[FS].limit, 1, true) &&
           make_descriptor(CASE_SHOWN, s[GS].base, s[GS].limit, 0, false);
}

static void on_signal(int number, siginfo_t *info, void *context);

static const int caught[] = {SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGBUS};

static bool catch_signals(void)
{
    static const size_t size = 64 << 10;
    stack_t stack = {.ss_size = size};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    uintptr_t handler = ORACLE_CODE + (uintptr_t)(oracle_signal - oracle_code);

    stack.ss_sp = map_at(0, size, PROT_READ | PROT_WRITE, -1);
    if (!stack.ss_sp || sigaltstack(&stack, NULL) < 0)
        return false;
    frame->on_signal = (u64)(uintptr_t)on_signal;
    action.sa_sigaction = (void (*)(int, siginfo_t *, void *))handler;
    for (unsigned i = 0; i < COUNT_OF(caught); i++)
        if (sigaction(caught[i], &action, NULL) < 0)
            return false;
    return true;
}

/* Only what the loop below needs; a 32-bit system call, by INT 80h, is none of them. */
static bool give_up_system_calls(void)
{
    static const struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = COUNT_OF(rules),
                                 .filter = (struct sock_filter *)(uintptr_t)rules};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static u64 read_fs_base(void)
{
    u64 base;

    __asm__("rdfsbase %0" : "=r"(base));
    return base;
}

/* Not on every host: processor and kernel must have it. Such a case then runs without. */
static bool ymm_is_here;

static bool find_ymm(void)
{
    enum { OSXSAVE = 1 << 27, AVX = 1 << 28, STATES = 6 };
    u32 registers[4], low, high;

    host_cpuid(1, registers);
    if ((registers[2] & (OSXSAVE | AVX)) != (OSXSAVE | AVX))
        return false;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & STATES) == STATES;
}

static Step set_up(Surroundings *s)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!(getauxval(AT_HWCAP2) & 2))
        return STEP_FSGSBASE;
    if (!map_surroundings(s) || !map_frame())
        return STEP_MEMORY;
    frame->host_fs = read_fs_base();
    frame->mxcsr = frame->ymm.legacy.mxcsr = 0x1F80;
    frame->ymm.components = XSAVE_YMM;
    ymm_is_here = find_ymm();
    if (!make_descriptors())
        return STEP_DESCRIPTORS;
    if (!catch_signals())
        return STEP_SIGNALS;
    return give_up_system_calls() ? STEP_NONE : STEP_ISOLATION;
}

/* ---- a case ---- */

/* Of the case being run: where the signal handler puts what it finds. */
static Outcome *current_outcome;

static const u8 gpr_places[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                  REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                  REG_R12, REG_R13, REG_R14, REG_R15};

/* The signal frame holds the image in its 64-bit format. */
static void copy_fx(FxImage *to, const struct _libc_fpstate *from)
{
    memcpy(to, from, sizeof *to);
    to->cs = to->ds = 0;
}

/* Behind that image there may be an XSAVE area; what is not in it is zero. */
static void copy_ymm(CaseState *to, const struct _libc_fpstate *from)
{
    const XsaveImage *image = (const void *)from;

    if (image->components & XSAVE_YMM)
        memcpy(to->ymm_high, image->ymm_high, sizeof to->ymm_high);
    else
        memset(to->ymm_high, 0, sizeof to->ymm_high);
}

/* The state at the exception is in the frame that the kernel made. FS is ours again. */
static void on_signal(int number, siginfo_t *info, void *context)
{
    const ucontext_t *interrupted = context;
    const greg_t *registers = interrupted->uc_mcontext.gregs;
    Outcome *outcome = current_outcome;

    (void)number;
    (void)info;
    for (unsigned i = 0; i < 16; i++)
        outcome->state.gpr[i] = (u64)registers[gpr_places[i]];
    outcome->state.rip = (u64)registers[REG_RIP];
    outcome->state.rflags = (u64)registers[REG_EFL];
    outcome->vector = (i16)registers[REG_TRAPNO];
    outcome->error_code = (u32)registers[REG_ERR];
    outcome->address = outcome->vector == EXCEPTION_PF ? (u64)registers[REG_CR2] : 0;
    copy_fx(&outcome->state.fx, interrupted->uc_mcontext.fpregs);
    if (frame->uses_ymm)
        copy_ymm(&outcome->state, interrupted->uc_mcontext.fpregs);
}

enum { LOADABLE_FLAGS = FLAGS_ARITHMETIC | FLAG_DF | FLAG_ID | FLAG_NT };

static void load_case(const Case *c)
{
    const CaseSegment *segments = case_segments[c->mode];

    memcpy(frame->gpr, c->before.gpr, sizeof frame->gpr);
    frame->flags = (c->before.rflags & LOADABLE_FLAGS) | FLAGS_ALWAYS | FLAG_IF;
    frame->fx = c->before.fx;
    frame->uses_ymm = ymm_is_here && (c->flags & CASE_USES_YMM);
    if (frame->uses_ymm)
        memcpy(frame->ymm.ymm_high, c->before.ymm_high, sizeof c->before.ymm_high);
    frame->is_long = c->mode == CASE_64;
    frame->fs_base = segments[FS].base;
    frame->gs_base = segments[GS].base;
    for (unsigned i = 0; i < 6; i++)
        frame->selectors[i] = segments[i].selector;
    frame->entry.selector = segments[CS].selector;
    frame->entry.offset = (u32)c->before.rip;
}

/* The pointers of FNSTENV in its 32-bit format. FXSAVE keeps them back on some processors. */
static void store_x87_pointers(FxImage *fx)
{
    memcpy(&fx->ip, frame->out_x87 + 12, 4);
    memcpy(&fx->cs, frame->out_x87 + 16, 2);
    memcpy(&fx->opcode, frame->out_x87 + 18, 2);
    memcpy(&fx->dp, frame->out_x87 + 20, 4);
    memcpy(&fx->ds, frame->out_x87 + 24, 2);
    fx->opcode &= 0x7FF;
}

static void store_case(const Case *c, Outcome *outcome)
{
    memcpy(outcome->state.gpr, frame->out_gpr, sizeof frame->out_gpr);
    outcome->state.rflags = frame->out_flags;
    outcome->state.rip = frame->arrived == ARRIVED_TARGET ? c->target : case_end(c);
    outcome->state.fx = frame->out_fx;
    store_x87_pointers(&outcome->state.fx);
    if (frame->uses_ymm)
        memcpy(outcome->state.ymm_high, frame->out_ymm.ymm_high, sizeof frame->out_ymm.ymm_high);
    else
        memcpy(outcome->state.ymm_high, c->before.ymm_high, sizeof c->before.ymm_high);
    outcome->vector = -1;
    outcome->error_code = 0;
    outcome->address = 0;
}

static void run_case(Surroundings *s, const Case *c, Outcome *outcome)
{
    void (*enter)(void) = (void (*)(void))(uintptr_t)ORACLE_CODE;

    current_outcome = outcome;
    outcome->status = OUTCOME_DONE;
    surroundings_prepare(s, c);
    load_case(c);
    enter();
    if (frame->arrived != ARRIVED_SIGNAL)
        store_case(c, outcome);
    surroundings_collect(s, c, outcome);
}

_Noreturn void oracle_child(OracleShared *shared, int commands, int answers)
{
    static Surroundings surroundings;
    OracleCommand command;
    Step failed = set_up(&surroundings);

    shared->setup_errno = failed ? errno : 0;
    shared->setup_failed = failed;
    if (failed)
        _exit(1);
    while (read(commands, &command, sizeof command) == sizeof command) {
        u32 end = command.first + command.count;

        for (u32 i = command.first; i < end && i < ORACLE_SLOTS; i++) {
            __atomic_store_n(&shared->current, i, __ATOMIC_RELEASE);
            if (!shared->skip[i])
                run_case(&surroundings, &shared->cases[i], &shared->outcomes[i]);
        }
        if (write(answers, "", 1) != 1)
            break;
    }
    _exit(0);
}

#endif
