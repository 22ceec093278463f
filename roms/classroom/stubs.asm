; The doors between the hardware's way of calling and C's.
;
; An interrupt pushes EFLAGS, CS and EIP (and before them SS and ESP when it comes from ring 3),
; for some exceptions also an error code, and jumps through the IDT. Nothing tells the handler
; which vector it was: therefore one tiny stub for each, which pushes the number.
; The picture of the stack that results is struct InterruptFrame in interrupts.h.
; Source: Intel SDM Volume 3, "Exception- or Interrupt-Handler Procedures".

extern interrupt_dispatch

KERNEL_DATA equ 10h

section .text
bits 32

%macro STUB 1
stub_%1:
%if %1 != 8 && (%1 < 10 || %1 > 14) && %1 != 17
        push    dword 0         ; these push no error code: keep the frame uniform
%endif
        push    dword %1
        jmp     enter_kernel
%endmacro

%assign vector 0
%rep 48                         ; 32 exceptions, 16 interrupt lines
        STUB    vector
%assign vector vector + 1
%endrep

global system_call_stub
system_call_stub:
        push    dword 0
        push    dword 80h

enter_kernel:
        pushad
        push    ds
        push    es
        push    fs
        push    gs
        mov     ax, KERNEL_DATA
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        cld
        push    esp             ; argument: the InterruptFrame
        call    interrupt_dispatch
        add     esp, 4
        pop     gs
        pop     fs
        pop     es
        pop     ds
        popad
        add     esp, 8          ; vector and error code
        iretd

; void switch_stack(u32 *old_stack_pointer, u32 new_stack_pointer)
; The whole of a context switch: the registers that C expects to survive a call go to the old
; stack, the stack pointer changes, and "return" happens on the other task's stack.
global switch_stack
switch_stack:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     eax, [esp + 20]
        mov     edx, [esp + 24]
        mov     [eax], esp
        mov     esp, edx
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

; void enter_ring3(u32 instruction_pointer, u32 stack_pointer)
; There is no instruction "go to ring 3". One returns to it, as if ring 3 had once called.
global enter_ring3
enter_ring3:
        mov     ecx, [esp + 4]
        mov     edx, [esp + 8]
        mov     ax, 23h         ; user data, requested privilege 3
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        push    dword 23h       ; SS
        push    edx             ; ESP
        push    dword 202h      ; EFLAGS: interrupts on, IOPL 0
        push    dword 1Bh       ; CS: user code, requested privilege 3
        push    ecx             ; EIP
        xor     eax, eax        ; no kernel value leaks out
        xor     ebx, ebx
        xor     ecx, ecx
        xor     edx, edx
        xor     esi, esi
        xor     edi, edi
        xor     ebp, ebp
        iretd

section .rodata
global interrupt_stubs          ; u32 interrupt_stubs[48]
interrupt_stubs:
%assign vector 0
%rep 48
        dd      stub_%+vector
%assign vector vector + 1
%endrep
