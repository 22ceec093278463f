#include "tests/decoder/silicon.h"

#include <asm/ldt.h>
#include <asm/prctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    CODE = 0x10000000, /* one page, with nothing behind and nothing near */
    PAGE = 4096,
    CS_64 = 0x33,
    CS_32 = 0x23,
    CS_16 = 0x07, /* entry 0 of the LDT */
    SS_FLAT = 0x2B,
    TRAP_FLAG = 0x100,
    UNDEFINED = 6,
    PAGE_FAULT = 14,
    INSTRUCTION_FETCH = 16, /* in a page fault's error code */
};

typedef struct Question {
    u8 code_size;
    u8 bytes[SILICON_BYTES];
} Question;

/* ---- the child: everything happens in the signal handler, which begins each next step by
 * returning to it. Without the C library, whose thread-local storage the bytes may have moved ----
 */

static struct {
    int questions, answers;
    Question question;
    unsigned length; /* bytes that lie before the page's end */
} child;

static long system_call(long number, long a, const void *b, long c)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

static bool wants_more(const greg_t *registers, u64 start)
{
    return registers[REG_TRAPNO] == PAGE_FAULT && (registers[REG_ERR] & INSTRUCTION_FETCH) &&
           (u64)registers[REG_RIP] == start && registers[REG_CR2] == CODE + PAGE;
}

/* RIP counts from the segment's base, which in 16-bit code is the page. */
static u64 start_of(const Question *question, unsigned length)
{
    return (question->code_size == 2 ? 0 : CODE) + PAGE - length;
}

static void prepare(ucontext_t *context)
{
    static const u16 selectors[9] = {[2] = CS_16, [4] = CS_32, [8] = CS_64};
    greg_t *registers = context->uc_mcontext.gregs;
    const Question *question = &child.question;
    u8 *page = (u8 *)CODE;

    for (unsigned i = 0; i < PAGE; i++)
        page[i] = 0xF4; /* HLT: #GP, wherever it jumps to */
    for (unsigned i = 0; i < child.length; i++)
        page[PAGE - child.length + i] = question->bytes[i];
    for (int i = REG_R8; i <= REG_RSP; i++)
        registers[i] = 0;
    registers[REG_RIP] = (greg_t)start_of(question, child.length);
    registers[REG_EFL] = TRAP_FLAG | 2;
    registers[REG_CSGSFS] = selectors[question->code_size] | (greg_t)SS_FLAT << 48;
}

static void on_signal(int number, siginfo_t *info, void *data)
{
    ucontext_t *context = data;
    greg_t *registers = context->uc_mcontext.gregs;
    u64 start = start_of(&child.question, child.length);

    (void)number;
    (void)info;
    if (child.length && child.length < SILICON_BYTES && wants_more(registers, start)) {
        child.length++;
        prepare(context);
        return;
    }
    if (child.length) {
        SiliconAnswer answer = {.known = true,
                                .undefined = registers[REG_TRAPNO] == UNDEFINED,
                                .vector = (u8)registers[REG_TRAPNO],
                                .length = child.length < SILICON_BYTES ? (u8)child.length : 0};

        system_call(SYS_write, child.answers, &answer, sizeof answer);
    }
    if (system_call(SYS_read, child.questions, &child.question, sizeof child.question) !=
        sizeof child.question)
        system_call(SYS_exit, 0, NULL, 0);
    child.length = 1;
    prepare(context);
}

static bool make_16_bit_segment(void)
{
    struct user_desc segment = {.entry_number = 0,
                                .base_addr = CODE,
                                .limit = 0xFFFF,
                                .contents = MODIFY_LDT_CONTENTS_CODE};

    return syscall(SYS_modify_ldt, 1, &segment, sizeof segment) == 0;
}

_Noreturn static void run_child(int questions, int answers)
{
    static const int signals[] = {SIGSEGV, SIGILL, SIGTRAP, SIGBUS, SIGFPE};
    static u8 stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = on_signal,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    void *page = mmap((void *)CODE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    child.questions = questions;
    child.answers = answers;
    sigaltstack(&alternate, NULL);
    for (unsigned i = 0; i < COUNT_OF(signals); i++)
        sigaction(signals[i], &action, NULL);
    close(0);
    if (page != (void *)CODE || !make_16_bit_segment() ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
        _exit(1);
    __asm__ volatile("int3");
    __builtin_unreachable();
}

/* ---- the parent ---- */

static bool start_child(Silicon *silicon)
{
    int questions[2], answers[2];

    if (pipe(questions) != 0 || pipe(answers) != 0)
        return false;
    silicon->child = fork();
    if (silicon->child == 0) {
        close(questions[1]);
        close(answers[0]);
        run_child(questions[0], answers[1]);
    }
    close(questions[0]);
    close(answers[1]);
    silicon->questions = questions[1];
    silicon->answers = answers[0];
    return silicon->child > 0;
}

void silicon_close(Silicon *silicon)
{
    if (silicon->child > 0) {
        close(silicon->questions);
        close(silicon->answers);
        kill(silicon->child, SIGKILL);
        waitpid(silicon->child, NULL, 0);
    }
    silicon->child = 0;
}

SiliconAnswer silicon_ask(Silicon *silicon, unsigned code_size, const u8 bytes[SILICON_BYTES])
{
    Question question = {.code_size = (u8)code_size};
    SiliconAnswer answer = {0};

    memcpy(question.bytes, bytes, SILICON_BYTES);
    signal(SIGPIPE, SIG_IGN);
    if (silicon->child <= 0 && !start_child(silicon))
        return answer;
    if (write(silicon->questions, &question, sizeof question) != sizeof question ||
        read(silicon->answers, &answer, sizeof answer) != sizeof answer) {
        silicon_close(silicon);
        return (SiliconAnswer){0};
    }
    return answer;
}
