/*
 * The x86-64 backend: the ways out of a translation, and into generated code at all.
 */
#include "translate/emit_x64.h"

static const u8 pinned[PINNED_COUNT] = PINNED;

/* ---- exits ---- */

static void note_exit(Emitter *e, unsigned which, u64 target, u8 *jump)
{
    e->code->exits[which] = (HostExit){.target = target, .jump = jump};
}

/* Where the instruction after the block begins. */
static u64 next_rip(const Emitter *e)
{
    const Block *block = e->ir->block;

    return (block->mode & 15) == QWORD ? e->ir->rip + block->bytes
                                       : (u32)(e->ir->rip + block->bytes);
}

void emit_fall_through(Emitter *e)
{
    emit_save_flags(e);
    note_exit(e, 0, next_rip(e), x64_jump(&e->a));
}

void emit_stub(Emitter *e, unsigned kind)
{
    x64_load_immediate(&e->a, H_R11, e->number << EXIT_SHIFT | kind);
    x64_patch(x64_jump(&e->a), e->backend->exit);
}

void emit_exit_stubs(Emitter *e)
{
    for (unsigned i = 0; i < 2; i++) {
        HostExit *exit = &e->code->exits[i];

        if (!exit->jump)
            continue;
        exit->stub = e->a.at;
        x64_patch(exit->jump, exit->stub);
        emit_stub(e, i);
    }
    x64_patch(e->budget_jump, e->a.at);
    x64_alu_immediate(&e->a, QWORD, 0, host_register(H_BUDGET), e->ir->block->count);
    emit_stub(e, EXIT_BUDGET);
}

static void emit_jump_if(Emitter *e, const IrOp *op)
{
    u8 *taken;

    emit_restore_flags(e);
    emit_save_flags(e);
    taken = x64_jump_if(&e->a, op->condition);
    note_exit(e, 0, op->target, taken);
    note_exit(e, 1, next_rip(e), x64_jump(&e->a));
}

/* On a register being zero, or not: the guest's flags have no part in it. */
static void emit_jump_if_zero(Emitter *e, const IrOp *op)
{
    unsigned reg = emit_value(op->dst);

    emit_save_flags(e);
    x64_op(&e->a, op->size, op->size == BYTE ? 0x84 : 0x85, reg, host_register(reg));
    note_exit(e, 0, op->target, x64_jump_if(&e->a, op->condition));
    note_exit(e, 1, next_rip(e), x64_jump(&e->a));
}

/* Through the table of jumps. An entry is good as long as the mmu's generation is; then the TLB is
 * asked whether the page is still what it was. */
static void emit_jump_through_table(Emitter *e)
{
    Assembler *a = &e->a;
    bool flat = bit(e->ir->assumptions.flat, CS);
    u8 *misses[3], *old;

    x64_op(a, DWORD, 0x8B, H_T1, host_register(H_T0));
    x64_op_immediate(a, DWORD, 0x81, 4, host_register(H_T1), JUMP_ENTRIES - 1);
    x64_op_immediate(a, DWORD, 0xC1, 4, host_register(H_T1), JUMP_ENTRY_SHIFT);
    x64_op(a, QWORD, 0x03, H_T1, CPU_FIELD(native[NATIVE_JUMPS]));
    x64_op(a, QWORD, 0x3B, H_T0, host_memory(H_T1, offsetof(JumpEntry, rip)));
    misses[0] = x64_jump_if(a, 5);
    x64_op_immediate(a, DWORD, 0x81, 7, host_memory(H_T1, offsetof(JumpEntry, variant)),
                     (i32)e->variant);
    misses[1] = x64_jump_if(a, 5);
    if (!flat) {
        x64_op(a, QWORD, 0x8B, H_R11, CPU_FIELD(segments[CS].base));
        x64_op(a, QWORD, 0x3B, H_R11, host_memory(H_T1, offsetof(JumpEntry, base)));
        misses[2] = x64_jump_if(a, 5);
    }
    x64_op(a, DWORD, 0x8B, H_R11, CPU_FIELD(mmu.code_generation));
    x64_op(a, DWORD, 0x3B, H_R11, host_memory(H_T1, offsetof(JumpEntry, generation)));
    old = x64_jump_if(a, 5);
    x64_op(a, DWORD, 0xFF, 4, host_memory(H_T1, offsetof(JumpEntry, code)));
    x64_patch(old, a->at);
    x64_load_immediate(a, H_R11, e->number << EXIT_SHIFT | EXIT_INDIRECT);
    x64_patch(x64_jump(a), e->backend->check_jump[e->ir->assumptions.as == AS_USER]);
    for (unsigned i = 0; i < (flat ? 2 : 3); i++)
        x64_patch(misses[i], a->at);
}

/* The entry is in H_T1, the number of the exit in R11. */
static void generate_check_jump(Assembler *a, bool user, const u8 *exit)
{
    u64 tlb = offsetof(Cpu, mmu.tlb) + user * sizeof(TlbEntry[TLB_ENTRIES]);
    unsigned entry_shift = (unsigned)__builtin_ctz(sizeof(TlbEntry));
    u8 *misses[2];

    x64_op(a, QWORD, 0x03, H_T0, CPU_FIELD(segments[CS].base));
    x64_op(a, QWORD, 0x8B, H_SCRATCH, host_register(H_T0));
    x64_op_immediate(a, QWORD, 0xC1, 5, host_register(H_SCRATCH), (i32)(PAGE_SHIFT - entry_shift));
    x64_op_immediate(a, DWORD, 0x81, 4, host_register(H_SCRATCH), (TLB_ENTRIES - 1) << entry_shift);
    x64_op_immediate(a, QWORD, 0x81, 4, host_register(H_T0), -PAGE_SIZE);
    x64_op(a, QWORD, 0x0B, H_T0, CPU_FIELD(mmu.epoch));
    x64_op(
        a, QWORD, 0x3B, H_T0,
        host_indexed(H_CPU, H_SCRATCH, 0, (i64)(tlb + offsetof(TlbEntry, tags[ACCESS_EXECUTE]))));
    misses[0] = x64_jump_if(a, 5);
    x64_op(a, QWORD, 0x8B, H_T0,
           host_indexed(H_CPU, H_SCRATCH, 0, (i64)(tlb + offsetof(TlbEntry, addend))));
    x64_op(a, QWORD, 0x3B, H_T0, host_memory(H_T1, offsetof(JumpEntry, addend)));
    misses[1] = x64_jump_if(a, 5);
    x64_op(a, DWORD, 0x8B, H_T0, CPU_FIELD(mmu.code_generation));
    x64_op(a, DWORD, 0x89, H_T0, host_memory(H_T1, offsetof(JumpEntry, generation)));
    x64_op(a, DWORD, 0xFF, 4, host_memory(H_T1, offsetof(JumpEntry, code)));
    x64_patch(misses[0], a->at);
    x64_patch(misses[1], a->at);
    x64_op(a, QWORD, 0x8B, H_T0, host_memory(H_T1, offsetof(JumpEntry, rip)));
    x64_op(a, QWORD, 0x89, H_T0, CPU_FIELD(rip));
    x64_patch(x64_jump(a), exit);
}

static void emit_jump_indirect(Emitter *e)
{
    emit_save_flags(e);
    emit_jump_through_table(e);
    x64_op(&e->a, QWORD, 0x89, H_T0, CPU_FIELD(rip));
    emit_stub(e, EXIT_INDIRECT);
}

void emit_jump(Emitter *e, const IrOp *op)
{
    switch (op->opcode) {
    case IR_JUMP_IF:
        emit_jump_if(e, op);
        break;
    case IR_JUMP_IF_ZERO:
        emit_jump_if_zero(e, op);
        break;
    case IR_JUMP_INDIRECT:
        emit_jump_indirect(e);
        break;
    default:
        emit_save_flags(e);
        note_exit(e, 0, op->target, x64_jump(&e->a));
        break;
    }
}

/* ---- chains ---- */

void backend_chain(const HostExit *exit, const u8 *target)
{
    x64_patch(exit->jump, target ? target : exit->stub);
}

u8 *backend_guard(Backend *backend, const HostExit *exit, const JumpEntry *to, bool user,
                  const u8 *target)
{
    CodeMemory *memory = &backend->memory;
    u8 *start = memory->writable + memory->used;
    Assembler a = {start, memory->writable + memory->size, false};
    u64 linear = to->rip + to->base;
    u64 entry = offsetof(Cpu, mmu.tlb) + user * sizeof(TlbEntry[TLB_ENTRIES]) +
                tlb_index(linear) * sizeof(TlbEntry);

    if (!bit(to->variant, CS)) {
        x64_load_immediate(&a, H_R11, to->base);
        x64_op(&a, QWORD, 0x3B, H_R11, CPU_FIELD(segments[CS].base));
        x64_patch(x64_jump_if(&a, 5), exit->stub);
    }
    x64_load_immediate(&a, H_R11, linear & ~(u64)PAGE_MASK);
    x64_op(&a, QWORD, 0x0B, H_R11, CPU_FIELD(mmu.epoch));
    x64_op(&a, QWORD, 0x3B, H_R11,
           host_memory(H_CPU, (i64)(entry + offsetof(TlbEntry, tags[ACCESS_EXECUTE]))));
    x64_patch(x64_jump_if(&a, 5), exit->stub);
    x64_load_immediate(&a, H_R11, to->addend);
    x64_op(&a, QWORD, 0x3B, H_R11, host_memory(H_CPU, (i64)(entry + offsetof(TlbEntry, addend))));
    x64_patch(x64_jump_if(&a, 5), exit->stub);
    x64_patch(x64_jump(&a), target);
    if (a.full)
        return NULL;
    memory->used += (u64)(a.at - start);
    return start;
}

/* ---- in and out ---- */

enum { XMM_PINNED = 16 };

/* MOVUPS of all XMM registers, if the guest's are in the host's. */
static void move_xmm(Assembler *a, u32 opcode)
{
    u8 *elsewhere;

    x64_op_immediate(a, DWORD, 0x83, 7, CPU_FIELD(native[NATIVE_SSE]), 0);
    elsewhere = x64_jump_if(a, 4);
    for (unsigned i = 0; i < XMM_PINNED; i++)
        x64_op(a, DWORD, opcode, i,
               host_memory(H_CPU, (i64)(offsetof(Cpu, xmm) + sizeof(Xmm) * i)));
    x64_patch(elsewhere, a->at);
}

static void spill(Assembler *a)
{
    for (unsigned i = 0; i < PINNED_COUNT; i++)
        x64_op(a, QWORD, 0x89, pinned[i], host_memory(H_CPU, (i64)(offsetof(Cpu, gpr) + 8 * i)));
    x64_op(a, QWORD, 0x89, H_FLAGS, CPU_FIELD(native[NATIVE_FLAGS]));
    x64_op(a, QWORD, 0x89, H_BUDGET, CPU_FIELD(native[NATIVE_BUDGET]));
    move_xmm(a, 0x0F11);
}

static void fill(Assembler *a)
{
    for (unsigned i = 0; i < PINNED_COUNT; i++)
        x64_op(a, QWORD, 0x8B, pinned[i], host_memory(H_CPU, (i64)(offsetof(Cpu, gpr) + 8 * i)));
    x64_op(a, QWORD, 0x8B, H_FLAGS, CPU_FIELD(native[NATIVE_FLAGS]));
    x64_op(a, QWORD, 0x8B, H_BUDGET, CPU_FIELD(native[NATIVE_BUDGET]));
    move_xmm(a, 0x0F10);
}

static const u8 saved[] = {H_RBX, H_RBP, H_R12, H_R13, H_R14, H_R15};

static void push(Assembler *a, unsigned reg)
{
    x64_op(a, DWORD, 0xFF, 6, host_register(reg));
}

/* The result is in EAX. */
static void leave(Assembler *a)
{
    x64_alu_immediate(a, QWORD, 0, host_register(H_RSP), 8);
    for (unsigned i = COUNT_OF(saved); i-- > 0;)
        x64_op(a, DWORD, 0x8F, 0, host_register(saved[i]));
    x64_bytes(a, 0xC3, 1);
}

static void generate_call(Assembler *a, CallFunction call)
{
    u8 *left, *leaves;

    spill(a);
    x64_alu_immediate(a, QWORD, 5, host_register(H_RSP), 8);
    x64_op(a, QWORD, 0x8B, H_RDI, host_register(H_CPU));
    x64_op(a, DWORD, 0x8B, H_RSI, host_register(H_R11));
    x64_load_immediate(a, H_RAX, (u64)(uintptr_t)call);
    x64_op(a, DWORD, 0xFF, 2, host_register(H_RAX));
    x64_alu_immediate(a, QWORD, 0, host_register(H_RSP), 8);
    x64_op(a, QWORD, 0x85, H_RAX, host_register(H_RAX));
    left = x64_jump_if(a, 5);
    fill(a);
    x64_bytes(a, 0xC3, 1);
    x64_patch(left, a->at);
    x64_alu_immediate(a, QWORD, 0, host_register(H_RSP), 8); /* the return address */
    x64_alu_immediate(a, QWORD, 7, host_register(H_RAX), CALL_LEAVES);
    leaves = x64_jump_if(a, 4);
    x64_op(a, QWORD, 0x8B, H_R11, host_register(H_RAX));
    fill(a);
    x64_op(a, DWORD, 0xFF, 4, host_register(H_R11));
    x64_patch(leaves, a->at);
    x64_load_immediate(a, H_RAX, (u32)EXIT_LEFT);
    leave(a);
}

static void generate_enter(Assembler *a)
{
    for (unsigned i = 0; i < COUNT_OF(saved); i++)
        push(a, saved[i]);
    x64_alu_immediate(a, QWORD, 5, host_register(H_RSP), 8);
    x64_op(a, QWORD, 0x8B, H_CPU, host_register(H_RDI));
    x64_op(a, QWORD, 0x8B, H_R11, host_register(H_RSI));
    fill(a);
    x64_op(a, DWORD, 0xFF, 4, host_register(H_R11));
}

/* Where it is, as written. */
static const u8 *begin_routine(Backend *backend, const Assembler *a, const char *name)
{
    assert(backend->routine_count < HOST_ROUTINES);
    backend->routines[backend->routine_count++] =
        (HostRoutine){name, code_executable(&backend->memory, a->at)};
    return a->at;
}

bool backend_create(Backend *backend, u64 size, CallFunction call, CallFunction call_simple)
{
    CodeMemory *memory = &backend->memory;
    Assembler a;

    if (!code_memory_create(memory, size))
        return false;
    a = (Assembler){memory->writable, memory->writable + size, false};
    const u8 *enter = code_executable(memory, begin_routine(backend, &a, "enter"));
    backend->enter = (i32(*)(Cpu *, const u8 *))(uintptr_t)enter;
    generate_enter(&a);
    backend->exit = begin_routine(backend, &a, "exit");
    spill(&a);
    x64_op(&a, DWORD, 0x8B, H_RAX, host_register(H_R11));
    leave(&a);
    backend->call = begin_routine(backend, &a, "interpreter");
    generate_call(&a, call);
    backend->call_simple = begin_routine(backend, &a, "interpreter_simple");
    generate_call(&a, call_simple);
    for (unsigned user = 0; user < 2; user++) {
        backend->check_jump[user] =
            begin_routine(backend, &a, user ? "check_jump_user" : "check_jump_supervisor");
        generate_check_jump(&a, user, backend->exit);
    }
    backend->load_segment = begin_routine(backend, &a, "load_segment");
    emit_segment_loader(&a);
    backend->watch_window = begin_routine(backend, &a, "watch_window");
    emit_watch_window(&a);
    memory->used = backend->first = ((u64)(a.at - memory->writable) + 15) & ~(u64)15;
    return !a.full;
}

void backend_destroy(Backend *backend)
{
    code_memory_destroy(&backend->memory);
}
