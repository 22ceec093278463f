/*
 * Into a case and out of it, on an x86-64 host. Copied to ORACLE_CODE; everything is addressed
 * absolutely, because no register is free: the case's own are loaded first and stored last.
 *
 * A case is entered by a far jump, to 64-bit, 32-bit or 16-bit code alike, and followed by a jump
 * to oracle_behind (its branch target, by one to oracle_target): see case_stub().
 */
#include "frontend/conform/oracle_frame.h"

#define F(offset) ds:[ORACLE_FRAME + offset]

    .section .note.GNU-stack, "", @progbits
    .section .rodata
    .intel_syntax noprefix
    .globl oracle_code, oracle_code_end, oracle_signal, oracle_behind, oracle_target
    .hidden oracle_code, oracle_code_end, oracle_signal, oracle_behind, oracle_target

/* void (void) */
oracle_code:
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    mov qword ptr F(FRAME_HOST_RSP), rsp
    movzx eax, word ptr F(FRAME_SELECTORS + 0)
    mov es, eax
    movzx eax, word ptr F(FRAME_SELECTORS + 6)
    mov ds, eax
    movzx eax, word ptr F(FRAME_SELECTORS + 8)
    mov fs, eax
    movzx eax, word ptr F(FRAME_SELECTORS + 10)
    mov gs, eax
    cmp dword ptr F(FRAME_LONG), 0
    je 1f
    mov rax, qword ptr F(FRAME_FS_BASE)
    wrfsbase rax
    mov rax, qword ptr F(FRAME_GS_BASE)
    wrgsbase rax
1:  cmp dword ptr F(FRAME_USES_YMM), 0
    je 1f
    mov eax, XSAVE_YMM
    xor edx, edx
    xrstor F(FRAME_YMM)
1:  fninit          /* clears the x87's pointers, which not every FXRSTOR loads */
    fxrstor F(FRAME_FX)
    mov rsp, ORACLE_FRAME + FRAME_SCRATCH
    push qword ptr F(FRAME_FLAGS)
    movzx eax, word ptr F(FRAME_SELECTORS + 4)
    mov ss, eax
    popfq
    mov rax, qword ptr F(FRAME_GPR + 0)
    mov rcx, qword ptr F(FRAME_GPR + 8)
    mov rdx, qword ptr F(FRAME_GPR + 16)
    mov rbx, qword ptr F(FRAME_GPR + 24)
    mov rsp, qword ptr F(FRAME_GPR + 32)
    mov rbp, qword ptr F(FRAME_GPR + 40)
    mov rsi, qword ptr F(FRAME_GPR + 48)
    mov rdi, qword ptr F(FRAME_GPR + 56)
    mov r8, qword ptr F(FRAME_GPR + 64)
    mov r9, qword ptr F(FRAME_GPR + 72)
    mov r10, qword ptr F(FRAME_GPR + 80)
    mov r11, qword ptr F(FRAME_GPR + 88)
    mov r12, qword ptr F(FRAME_GPR + 96)
    mov r13, qword ptr F(FRAME_GPR + 104)
    mov r14, qword ptr F(FRAME_GPR + 112)
    mov r15, qword ptr F(FRAME_GPR + 120)
    jmp fword ptr F(FRAME_ENTRY)

oracle_target:
    mov dword ptr F(FRAME_ARRIVED), ARRIVED_TARGET
    jmp save
oracle_behind:
    mov dword ptr F(FRAME_ARRIVED), ARRIVED_BEHIND
save:
    mov qword ptr F(FRAME_OUT_GPR + 0), rax
    mov qword ptr F(FRAME_OUT_GPR + 8), rcx
    mov qword ptr F(FRAME_OUT_GPR + 16), rdx
    mov qword ptr F(FRAME_OUT_GPR + 24), rbx
    mov qword ptr F(FRAME_OUT_GPR + 32), rsp
    mov qword ptr F(FRAME_OUT_GPR + 40), rbp
    mov qword ptr F(FRAME_OUT_GPR + 48), rsi
    mov qword ptr F(FRAME_OUT_GPR + 56), rdi
    mov qword ptr F(FRAME_OUT_GPR + 64), r8
    mov qword ptr F(FRAME_OUT_GPR + 72), r9
    mov qword ptr F(FRAME_OUT_GPR + 80), r10
    mov qword ptr F(FRAME_OUT_GPR + 88), r11
    mov qword ptr F(FRAME_OUT_GPR + 96), r12
    mov qword ptr F(FRAME_OUT_GPR + 104), r13
    mov qword ptr F(FRAME_OUT_GPR + 112), r14
    mov qword ptr F(FRAME_OUT_GPR + 120), r15
    mov rsp, ORACLE_FRAME + FRAME_SCRATCH
    pushfq
    pop qword ptr F(FRAME_OUT_FLAGS)
    fxsave F(FRAME_OUT_FX)
    fnstenv F(FRAME_OUT_X87)
    cmp dword ptr F(FRAME_USES_YMM), 0
    je 1f
    mov eax, XSAVE_YMM
    xor edx, edx
    xsave F(FRAME_OUT_YMM)
    vzeroupper
1:
    mov rsp, qword ptr F(FRAME_HOST_RSP)

/* Back into C, which must find its segments, flags and control words. */
return:
    push 0x202
    popfq
    mov eax, 0x2B
    mov ss, eax
    mov ds, eax
    mov es, eax
    xor eax, eax
    mov fs, eax
    mov gs, eax
    mov rax, qword ptr F(FRAME_HOST_FS)
    wrfsbase rax
    fninit
    ldmxcsr dword ptr F(FRAME_MXCSR)
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret

/* The handler of all signals: rdi, rsi, rdx as the kernel sets them. It does not return to where
 * the signal came from. */
oracle_signal:
    mov dword ptr F(FRAME_ARRIVED), ARRIVED_SIGNAL
    xor eax, eax
    mov fs, eax
    mov rax, qword ptr F(FRAME_HOST_FS)
    wrfsbase rax
    sub rsp, 8
    call qword ptr F(FRAME_ON_SIGNAL)
    mov rsp, qword ptr F(FRAME_HOST_RSP)
    jmp return
oracle_code_end:

    .att_syntax prefix
