; Task switches: by JMP, CALL, IRET and interrupts, directly and through task gates, between 286 and
; 386 TSSs; what is saved, loaded and marked; every check, before the switch and in the new task.
; Manual: Intel SDM Vol. 3, "Task Management": "Task Switching", table "Exception Conditions
; Checked During a Task Switch", table "Effect of a Task Switch on Busy Flag, NT Flag, Previous
; Task Link Field, and TS Flag".

%include "case.inc"
%include "paging.inc"

T   equ FREE                        ; a task with a 386 TSS
T16 equ FREE + 0x08                 ; one with a 286 TSS
G   equ FREE + 0x10                 ; a task gate to T
C   equ FREE + 0x18                 ; segments for the cases
D   equ FREE + 0x20
S   equ FREE + 0x28
L   equ FREE + 0x30                 ; an LDT
OBSERVER equ FREE + 0x40            ; tasks that handle exceptions, one each

T_AT        equ TASKS
T16_AT      equ TASKS + 0x100
OBSERVER_AT equ TASKS + 0x200

; Fields of a 386 TSS, and of a 286 TSS.
struc tss
.link:   resd 1
.stacks: resd 6
.cr3:    resd 1
.eip:    resd 1
.eflags: resd 1
.eax:    resd 1
.ecx:    resd 1
.edx:    resd 1
.ebx:    resd 1
.esp:    resd 1
.ebp:    resd 1
.esi:    resd 1
.edi:    resd 1
.es:     resd 1
.cs:     resd 1
.ss:     resd 1
.ds:     resd 1
.fs:     resd 1
.gs:     resd 1
.ldt:    resd 1
.trap:   resw 1
.map:    resw 1
endstruc
struc tss16
.link:   resw 1
.stacks: resw 6
.ip:     resw 1
.flags:  resw 1
.ax:     resw 1
.cx:     resw 1
.dx:     resw 1
.bx:     resw 1
.sp:     resw 1
.bp:     resw 1
.si:     resw 1
.di:     resw 1
.es:     resw 1
.cs:     resw 1
.ss:     resw 1
.ds:     resw 1
.ldt:    resw 1
endstruc

; A case with tasks T and T16, both to begin at .task, and G.
%macro task_case 1+
    case %1
    mov eax, .task
    call make_tasks
%endmacro

; Exception %1 goes through a task gate: to see what happens in a new task that has no stack.
%macro observe 1
    mov ecx, %1
    call make_observer
%endmacro

%define access_of(selector) [descriptor_address(selector) + 5]
%macro is_busy 1
    is_masked "busy", access_of(%1), PRESENT | TSS32_BUSY, 0xFF
%endmacro
%macro is_available 1
    is_masked "available", access_of(%1), PRESENT | TSS32, 0xFF
%endmacro

main:

; ---- what is saved, loaded and marked ----

    task_case "JMP to a TSS: the old task is saved"
        mov eax, 0x11111111
        mov ecx, 0x22222222
        mov edx, 0x33333333
        mov ebx, 0x44444444
        mov ebp, 0x55555555
        mov esi, 0x66666666
        mov edi, 0x77777777
        push dword FLAG_DF | iopl(2) | 2
        popfd
        jmp T:0
    .after:
        ud2
    .task:
    gets NOTHING
    is "EIP", [TSS + tss.eip], .after
    is_masked "EFLAGS", [TSS + tss.eflags], FLAG_DF | iopl(2) | 2, 0x3FFF02
    is "EAX", [TSS + tss.eax], 0x11111111
    is "ECX", [TSS + tss.ecx], 0x22222222
    is "EDX", [TSS + tss.edx], 0x33333333
    is "EBX", [TSS + tss.ebx], 0x44444444
    is "ESP", [TSS + tss.esp], STACK0
    is "EBP", [TSS + tss.ebp], 0x55555555
    is "ESI", [TSS + tss.esi], 0x66666666
    is "EDI", [TSS + tss.edi], 0x77777777
    is_masked "ES", [TSS + tss.es], DATA0, 0xFFFF
    is_masked "CS", [TSS + tss.cs], CODE0, 0xFFFF
    is_masked "SS", [TSS + tss.ss], DATA0, 0xFFFF
    is_masked "DS", [TSS + tss.ds], DATA0, 0xFFFF
    is_masked "FS", [TSS + tss.fs], DATA0, 0xFFFF
    is_masked "GS", [TSS + tss.gs], DATA0, 0xFFFF
    is "CR3, which is not", [TSS + tss.cr3], 0
    is "ESP0, which is not", [TSS + 4], TSS_STACK

    task_case "JMP to a TSS: the new task is loaded"
        mov word [T_AT + tss.es], DATA1 & ~3
        mov word [T_AT + tss.fs], 0
        mov word [T_AT + tss.gs], CODE0
        mov dword [T_AT + tss.eflags], FLAG_DF | iopl(1) | 2
        jmp T:0
        ud2
    .task:
    gets NOTHING
    is "EAX", [seen.eax], 0xA0A0A0A0
    is "ECX", [seen.ecx], 0xA1A1A1A1
    is "EDX", [seen.edx], 0xA2A2A2A2
    is "EBX", [seen.ebx], 0xA3A3A3A3
    is "EBP", [seen.ebp], 0xA5A5A5A5
    is "ESI", [seen.esi], 0xA6A6A6A6
    is "EDI", [seen.edi], 0xA7A7A7A7
    is_masked "ES", [seen.es], DATA1 & ~3, 0xFFFF
    is_masked "FS", [seen.fs], 0, 0xFFFF
    is_masked "GS", [seen.gs], CODE0, 0xFFFF
    is "TR", [seen.tr], T
    frame_at SPARE_STACK - 12
    is_masked "EFLAGS", [seen.eflags], FLAG_DF | iopl(1) | 2, 0x3EFF02

    task_case "JMP: old task available, new task busy, no link, NT clear, TS set"
        mov word [T_AT + tss.link], 0x1234
        jmp T:0
        ud2
    .task:
    gets NOTHING
    is_available MAIN_TSS
    is_busy T
    is_masked "link", [T_AT + tss.link], 0x1234, 0xFFFF
    is_masked "NT", [seen.eflags], 0, FLAG_NT
    is_masked "TS", [seen.cr0], CR0_TS, CR0_TS

    task_case "JMP: NT of the new task is as its TSS says"
        mov dword [T_AT + tss.eflags], FLAG_NT | 2
        jmp T:0
        ud2
    .task:
    gets NOTHING
    is_masked "NT", [seen.eflags], FLAG_NT, FLAG_NT

    task_case "CALL: old task stays busy, new task busy, linked, NT and TS set"
        call T:0
        ud2
    .task:
    gets NOTHING
    is_busy MAIN_TSS
    is_busy T
    is_masked "link", [T_AT + tss.link], MAIN_TSS, 0xFFFF
    is_masked "NT", [seen.eflags], FLAG_NT, FLAG_NT
    is_masked "NT of the old task", [TSS + tss.eflags], 0, FLAG_NT
    is_masked "TS", [seen.cr0], CR0_TS, CR0_TS
    is "TR", [seen.tr], T

    task_case "IRET: the nested task becomes available, its NT is saved clear; TS set"
        mov esi, 0x66666666
        call T:0
    .after:
        mov ebx, cr0
        jmp .end
    .task:
        clts
        mov esi, 0x99
        iretd
        ud2
    .end:
    gets NOTHING
    is "ESI", [seen.esi], 0x66666666
    is_masked "TS", [seen.ebx], CR0_TS, CR0_TS
    is "TR", [seen.tr], MAIN_TSS
    is_busy MAIN_TSS
    is_available T
    is_masked "NT of the nested task", [T_AT + tss.eflags], 0, FLAG_NT
    is_masked "NT", [seen.eflags], 0, FLAG_NT
    is "ESI of the nested task", [T_AT + tss.esi], 0x99
    is_masked "link of the nested task", [T_AT + tss.link], MAIN_TSS, 0xFFFF

    task_case "a second CALL resumes the task behind its IRET"
        call T:0
        call T:0
        ud2
    .task:
        iretd
    gets NOTHING
    is "TR", [seen.tr], T

    task_case "JMP back to a task: it goes on behind its JMP"
        mov esi, 1
        jmp T:0
        add esi, 4
        jmp .end
    .task:
        jmp MAIN_TSS:0
        ud2
    .end:
    gets NOTHING
    is "ESI", [seen.esi], 5
    is "TR", [seen.tr], MAIN_TSS
    is_available T

; ---- task gates ----

    task_case "JMP through a task gate"
        jmp G:0x12345678
        ud2
    .task:
    gets NOTHING
    is "TR", [seen.tr], T
    is_available MAIN_TSS
    is_busy T

    task_case "CALL through a task gate"
        call G:0
        ud2
    .task:
    gets NOTHING
    is "TR", [seen.tr], T
    is_masked "link", [T_AT + tss.link], MAIN_TSS, 0xFFFF
    is_masked "NT", [seen.eflags], FLAG_NT, FLAG_NT

    task_case "a task gate needs no access to the TSS: DPL 0 is fine from ring 3"
        gate GDT + G, T, 0, PRESENT | dpl(3) | TASK_GATE
        to_ring 3
        call G:0
        ud2
    .task:
    gets NOTHING
    is "TR", [seen.tr], T
    is_masked "CS of the old task", [TSS + tss.cs], CODE3, 0xFFFF
    is "ESP of the old task", [TSS + tss.esp], STACK3

    task_case "INT through a task gate: like CALL, no error code, IF as in the TSS"
        gate vector_gate(0x40), T, 0, PRESENT | TASK_GATE
        int 0x40
    .after:
        ud2
    .task:
        mov ebx, esp
    gets NOTHING
    is "TR", [seen.tr], T
    is "ESP", [seen.ebx], SPARE_STACK
    is "EIP of the old task", [TSS + tss.eip], .after
    is_masked "link", [T_AT + tss.link], MAIN_TSS, 0xFFFF
    is_masked "NT", [seen.eflags], FLAG_NT, FLAG_NT
    is_busy MAIN_TSS

    task_case "an exception through a task gate: error code on the new stack, EIP of the fault"
        gate vector_gate(EXC_GP), T, 0, PRESENT | TASK_GATE
        mov eax, 0xFFF0
    .at: mov ds, eax
        ud2
    .task:
        mov ebx, esp
        mov ecx, [esp]
    gets NOTHING
    is "ESP", [seen.ebx], SPARE_STACK - 4
    is "error code", [seen.ecx], 0xFFF0
    is "EIP of the old task", [TSS + tss.eip], .at

    task_case "an exception through a task gate to a 286 TSS: a word of error code"
        gate vector_gate(EXC_GP), T16, 0, PRESENT | TASK_GATE
        mov eax, 0xFFF0
        mov ds, eax
        ud2
    .task:
        movzx ebx, sp
        mov ecx, [ss:ebx]
    gets NOTHING
    is "SP", [seen.ebx], V86_STACK - 2
    is_masked "error code", [seen.ecx], 0xFFF0, 0xFFFF

    task_case "IRET from a handler task goes back"
        gate vector_gate(0x40), T, 0, PRESENT | TASK_GATE
        int 0x40
        jmp .end
    .task:
        iretd
    .end:
    gets NOTHING
    is "TR", [seen.tr], MAIN_TSS
    is_available T

    task_case "#DF through a task gate: error code 0 on the new stack"
        gate vector_gate(EXC_DF), T, 0, PRESENT | TASK_GATE
        mov dword [vector_gate(EXC_GP) + 4], 0
        mov eax, 0xFFF0
        mov ds, eax
        ud2
    .task:
        mov ebx, esp
        mov ecx, [esp]
    gets NOTHING
    is "ESP", [seen.ebx], SPARE_STACK - 4
    is "error code", [seen.ecx], 0
    is "TR", [seen.tr], T

    task_case "#DF through a task gate saves a task whose stack is gone"
        gate vector_gate(EXC_DF), T, 0, PRESENT | TASK_GATE
        descriptor S, DATA, 0xFFF, PRESENT | WRITABLE, BIG
        mov eax, S
        mov ss, eax
        mov esp, 2
    .at: push eax
        ud2
    .task:
    gets NOTHING
    is "EIP of the old task", [TSS + tss.eip], .at
    is "ESP of the old task", [TSS + tss.esp], 2
    is_masked "SS of the old task", [TSS + tss.ss], S, 0xFFFF

; ---- 286 TSSs ----

    task_case "JMP to a 286 TSS: words are loaded"
        jmp T16:0
        ud2
    .task:
    gets NOTHING
    is "TR", [seen.tr], T16
    is_masked "AX", [seen.eax], 0xB0B0, 0xFFFF
    is_masked "CX", [seen.ecx], 0xB1B1, 0xFFFF
    is_masked "DX", [seen.edx], 0xB2B2, 0xFFFF
    is_masked "BX", [seen.ebx], 0xB3B3, 0xFFFF
    is_masked "BP", [seen.ebp], 0xB5B5, 0xFFFF
    is_masked "SI", [seen.esi], 0xB6B6, 0xFFFF
    is_masked "DI", [seen.edi], 0xB7B7, 0xFFFF
    is_masked "FS", [seen.fs], 0, 0xFFFF
    is_masked "GS", [seen.gs], 0, 0xFFFF
    is_masked "busy", access_of(T16), PRESENT | TSS16_BUSY, 0xFF
    is_available MAIN_TSS

    task_case "CALL from a 286 task to a 386 task saves words, and IRET returns"
        jmp T16:0
        ud2
    .task:
        str cx
        cmp cx, T
        je .nested
        mov si, 0x1234
        call T:0
    .behind:
        mov bx, si
        jmp .end
    .nested:
        mov esi, 0
        iretd
    .end:
    gets NOTHING
    is "TR", [seen.tr], T16
    is_masked "SI", [seen.ebx], 0x1234, 0xFFFF
    is_masked "IP", [T16_AT + tss16.ip], number(.behind), 0xFFFF
    is_masked "link", [T_AT + tss.link], T16, 0xFFFF

    task_case "a 286 TSS of 2Ch bytes is enough"
        descriptor T16, T16_AT, 0x2B, PRESENT | TSS16, 0
        jmp T16:0
        ud2
    .task:
    gets NOTHING

    task_case "a 286 TSS of 2Bh bytes: #TS(TSS)"
        descriptor T16, T16_AT, 0x2A, PRESENT | TSS16, 0
    .at: jmp T16:0
    .task:
    gets EXC_TS, T16
    saved_eip .at

; ---- other state ----

    task_case "T set in the new TSS: #DB with BT before its first instruction"
        mov word [T_AT + tss.trap], 1
        jmp T:0
        ud2
    .task:
        nop
    gets EXC_DB
    saved_eip .task
    is_masked "DR6", [seen.dr6], 0x8000, 0xE00F
    is "TR", [seen.tr], T

    task_case "the LDT of the new task is in force"
        descriptor L, DATA, 0xF, PRESENT | LDT_TYPE, 0
        mov dword [DATA], descriptor_low(DATA + 0x100, 0xFF)
        mov dword [DATA + 4], descriptor_high(DATA + 0x100, 0xFF, PRESENT | WRITABLE, 0)
        mov dword [DATA + 0x100], 0x5A5A5A5A
        mov word [T_AT + tss.ldt], L
        mov word [T_AT + tss.gs], 4
        jmp T:0
        ud2
    .task:
        mov ebx, [gs:0]
    gets NOTHING
    is "LDTR", [seen.ldtr], L
    is "through GS", [seen.ebx], 0x5A5A5A5A

    task_case "with paging, CR3 is that of the new task"
        mov esi, TABLES
        mov edi, TABLES + 0x2000
        paging
        mov esi, TABLES                 ; a second set, in which DATA + 1000h shows DATA
        mov edi, TABLES + 0x4000
        mov ecx, 0x2000 / 4
        rep movsd
        mov dword [TABLES + 0x4000], TABLES + 0x5000 + (PAGE_P | PAGE_W | PAGE_U)
        mov dword [TABLES + 0x5000 + (DATA + 0x1000 >> 12) * 4], DATA + (PAGE_P | PAGE_W)
        mov dword [T_AT + tss.cr3], TABLES + 0x4000
        mov dword [DATA], 0x12121212
        mov dword [DATA + 0x1000], 0x34343434
        mov eax, [DATA + 0x1000]        ; let it be in the TLB
        jmp T:0
        ud2
    .task:
        mov ebx, [DATA + 0x1000]
    gets NOTHING
    is "CR3", [seen.cr3], TABLES + 0x4000
    is "memory", [seen.ebx], 0x12121212

    task_case "to a task in ring 3"
        mov word [T_AT + tss.cs], CODE3
        mov word [T_AT + tss.ss], DATA3
        mov word [T_AT + tss.ds], DATA3
        mov word [T_AT + tss.es], DATA3
        mov word [T_AT + tss.fs], 0
        mov word [T_AT + tss.gs], 0
        mov dword [T_AT + 4], TSS_STACK
        mov word [T_AT + 8], DATA0
        jmp T:0
        ud2
    .task:
    gets NOTHING
    is "CS", [seen.cs], CODE3
    is "SS", [seen.ss], DATA3
    is "ESP", [seen.esp], SPARE_STACK

    task_case "to a task in virtual-8086 mode"
        mov dword [T_AT + tss.eflags], FLAG_VM | 2
        mov word [T_AT + tss.cs], 0x100
        mov dword [T_AT + tss.eip], number(.task) - 0x1000
        mov word [T_AT + tss.ss], 0x300
        mov word [T_AT + tss.ds], 0x400
        mov word [T_AT + tss.es], 0x500
        mov word [T_AT + tss.fs], 0x600
        mov word [T_AT + tss.gs], 0x700
        mov dword [T_AT + 4], TSS_STACK
        mov word [T_AT + 8], DATA0
        jmp T:0
        ud2
    .task:
    gets NOTHING
    is_masked "VM", [seen.eflags], FLAG_VM, FLAG_VM
    is "CS", [seen.cs], 0x100
    is "SS", [seen.ss], 0x300
    is "ES", [seen.frame + 20], 0x500
    is "DS", [seen.frame + 24], 0x400
    is "FS", [seen.frame + 28], 0x600
    is "GS", [seen.frame + 32], 0x700

; ---- page faults of the switch: before anything has changed ----

    task_case "JMP to a TSS on an absent page: #PF in the old task"
        descriptor T, DATA, 0x67, PRESENT | TSS32, 0
        paging
        unmap DATA
    .at: jmp T:0
    .task:
    gets EXC_PF, 0
    saved_eip .at
    is "TR", [seen.tr], MAIN_TSS
    is_busy MAIN_TSS
    is_available T

    task_case "JMP to a TSS whose end is on an absent page: #PF in the old task"
        descriptor T, DATA - 0x40, 0x67, PRESENT | TSS32, 0
        paging
        unmap DATA
    .at: jmp T:0
    .task:
    gets EXC_PF, 0
    saved_eip .at
    is_masked "page in CR2", [seen.cr2], DATA, ~0xFFF
    is "TR", [seen.tr], MAIN_TSS

    task_case "CALL to a TSS on an absent page, from ring 3: the access is the supervisor's"
        descriptor T, DATA, 0x67, PRESENT | dpl(3) | TSS32, 0
        paging
        unmap DATA
        to_ring 3
    .at: call T:0
    .task:
    gets EXC_PF, 0
    saved_eip .at

; ---- checks before the switch: faults of the old task ----

%macro refused 5+                   ; what, selector, exception, error code, preparation
    task_case "JMP to ", %1
        %5
    .at: jmp %2:0
    .task:
    gets %3, %4
    saved_eip .at
    is "TR", [seen.tr], MAIN_TSS
    task_case "CALL to ", %1
        %5
    .at: call %2:0
    .task:
    gets %3, %4
    saved_eip .at
    is "TR", [seen.tr], MAIN_TSS
    is_busy MAIN_TSS
%endmacro
    refused "a TSS, DPL below RPL: #GP(TSS)", T + 3, EXC_GP, T, nop
    refused "a busy TSS: #GP(TSS)", T, EXC_GP, T, descriptor T, T_AT, 0x67, PRESENT | TSS32_BUSY, 0
    refused "the TSS of the task itself: #GP(TSS)", MAIN_TSS, EXC_GP, MAIN_TSS, nop
    refused "a TSS that is not present: #NP(TSS)", T, EXC_NP, T, descriptor T, T_AT, 0x67, TSS32, 0
    refused "a busy TSS that is not present: #GP", T, EXC_GP, T, descriptor T, T_AT, 0x67, TSS32_BUSY, 0
    refused "a TSS of 67h bytes: #TS(TSS)", T, EXC_TS, T, descriptor T, T_AT, 0x66, PRESENT | TSS32, 0
    refused "a task gate, DPL below RPL: #GP(gate)", G + 1, EXC_GP, G, nop
    refused "a task gate that is not present: #NP(gate)", G, EXC_NP, G, gate GDT + G, T, 0, TASK_GATE
    refused "a task gate with a null selector: #GP(0)", G, EXC_GP, 0, gate GDT + G, 0, 0, PRESENT | TASK_GATE
    refused "a task gate to a selector in the LDT: #GP(selector)", G, EXC_GP, T + 4, gate GDT + G, T + 4, 0, PRESENT | TASK_GATE
    refused "a task gate to a selector beyond the GDT: #GP(selector)", G, EXC_GP, 0x200, gate GDT + G, 0x200, 0, PRESENT | TASK_GATE
    refused "a task gate to a code segment: #GP(selector)", G, EXC_GP, CODE0, gate GDT + G, CODE0, 0, PRESENT | TASK_GATE
    refused "a task gate to a busy TSS: #GP(TSS)", G, EXC_GP, MAIN_TSS, gate GDT + G, MAIN_TSS, 0, PRESENT | TASK_GATE
    refused "a task gate to an absent TSS: #NP(TSS)", G, EXC_NP, T, descriptor T, T_AT, 0x67, TSS32, 0

    task_case "JMP to a TSS in ring 3, DPL 0: #GP(TSS)"
        to_ring 3
    .at: jmp T:0
    .task:
    gets EXC_GP, T
    saved_eip .at

    task_case "JMP to a TSS in ring 3, DPL 3"
        descriptor T, T_AT, 0x67, PRESENT | dpl(3) | TSS32, 0
        to_ring 3
        jmp T + 3:0
        ud2
    .task:
    gets NOTHING
    is "TR", [seen.tr], T + 3

    task_case "INT through a task gate in ring 3, DPL 0: #GP(vector * 8 + 2)"
        gate vector_gate(0x40), T, 0, PRESENT | TASK_GATE
        to_ring 3
    .at: int 0x40
    .task:
    gets EXC_GP, 0x40 * 8 + 2
    saved_eip .at

    task_case "INT through a task gate to a busy TSS: #GP(TSS)"
        gate vector_gate(0x40), MAIN_TSS, 0, PRESENT | TASK_GATE
    .at: int 0x40
    .task:
    gets EXC_GP, MAIN_TSS
    saved_eip .at

    task_case "an exception through a task gate to an absent TSS: #NP(TSS + EXT)"
        descriptor T, T_AT, 0x67, TSS32, 0
        gate vector_gate(EXC_NM), T, 0, PRESENT | TASK_GATE
        mov eax, cr0
        or eax, CR0_TS
        mov cr0, eax
    .at: fld1
    .task:
    gets EXC_NP, T + 1
    saved_eip .at

%macro iret_refused 4               ; what, link, exception, error code
    task_case "IRET with NT to ", %1
        mov dword [TSS], %2
        push dword FLAG_NT | 2
        popfd
    .at: iretd
    .task:
    gets %3, %4
    saved_eip .at
    is_masked "NT of the frame", [seen.eflags], FLAG_NT, FLAG_NT
%endmacro
    iret_refused "a null selector: #TS(0)", 0, EXC_TS, 0
    iret_refused "a selector in the LDT: #TS(selector)", T + 4, EXC_TS, T + 4
    iret_refused "a selector beyond the GDT: #TS(selector)", 0x200, EXC_TS, 0x200
    iret_refused "a code segment: #TS(selector)", CODE0, EXC_TS, CODE0
    iret_refused "a TSS that is not busy: #TS(TSS)", T, EXC_TS, T

    task_case "IRET with NT to an absent TSS: #NP(TSS)"
        descriptor T, T_AT, 0x67, TSS32_BUSY, 0
        mov dword [TSS], T
        push dword FLAG_NT | 2
        popfd
    .at: iretd
    .task:
    gets EXC_NP, T
    saved_eip .at

    task_case "IRET with NT to a TSS of 67h bytes: #TS(TSS)"
        descriptor T, T_AT, 0x66, PRESENT | TSS32_BUSY, 0
        mov dword [TSS], T
        push dword FLAG_NT | 2
        popfd
    .at: iretd
    .task:
    gets EXC_TS, T
    saved_eip .at

; ---- checks in the new task: its faults ----

; unfit "what", exception, error code, preparation: the exception is met in task T, and handled in
; a task of its own, since T may have no stack. The EIP that T keeps is its first one.
%macro unfit 4+
    task_case "a task whose ", %1
        observe %2
        %4
        jmp T:0
        ud2
    .task:
    gets %2, %3
    is "the task that faulted", [seen.ebx], T
    is "its EIP", [T_AT + tss.eip], .task
    is_available MAIN_TSS
    is_busy T
%endmacro
%macro field 2
    mov word [T_AT + tss.%1], %2
%endmacro
%macro field_and_segment 5          ; field, selector, limit, access byte, flags
    mov word [T_AT + tss.%1], %2
    descriptor (%2) & ~3, 0, %3, %4, %5
%endmacro
    unfit "LDT is a selector in the LDT: #TS(selector)", EXC_TS, L + 4, field ldt, L + 4
    unfit "LDT is beyond the GDT: #TS(selector)", EXC_TS, 0x200, field ldt, 0x200
    unfit "LDT is no LDT: #TS(selector)", EXC_TS, DATA0, field ldt, DATA0
    unfit "LDT is not present: #TS(selector)", EXC_TS, L, field_and_segment ldt, L, 0xFF, LDT_TYPE, 0
    unfit "CS is null: #TS(0)", EXC_TS, 0, field cs, 0
    unfit "CS is beyond the GDT: #TS(selector)", EXC_TS, 0x200, field cs, 0x200
    unfit "CS is data: #TS(selector)", EXC_TS, DATA0, field cs, DATA0
    unfit "CS is a system segment: #TS(selector)", EXC_TS, MAIN_TSS, field cs, MAIN_TSS
    unfit "CS is not present: #NP(selector)", EXC_NP, C, field_and_segment cs, C, 0xFFFFF, READABLE, GRANULAR | BIG
    unfit "CS has a DPL unlike its RPL: #TS(selector)", EXC_TS, CODE3 & ~3, field cs, CODE3 & ~3
    unfit "CS conforms and has a DPL above its RPL: #TS(selector)", EXC_TS, C, field_and_segment cs, C, 0xFFFFF, PRESENT | dpl(3) | CONFORMING, GRANULAR | BIG
    unfit "SS is null: #TS(0)", EXC_TS, 0, field ss, 0
    unfit "SS is beyond the GDT: #TS(selector)", EXC_TS, 0x200, field ss, 0x200
    unfit "SS is read-only: #TS(selector)", EXC_TS, S, field_and_segment ss, S, 0xFFFFF, PRESENT | READ_ONLY, GRANULAR | BIG
    unfit "SS is code: #TS(selector)", EXC_TS, CODE0, field ss, CODE0
    unfit "SS has another RPL: #TS(selector)", EXC_TS, DATA0, field ss, DATA0 + 1
    unfit "SS has another DPL: #TS(selector)", EXC_TS, DATA3 & ~3, field ss, DATA3 & ~3
    unfit "SS is not present: #SS(selector)", EXC_SS, S, field_and_segment ss, S, 0xFFFFF, WRITABLE, GRANULAR | BIG
    unfit "DS is beyond the GDT: #TS(selector)", EXC_TS, 0x200, field ds, 0x200
    unfit "DS is execute-only code: #TS(selector)", EXC_TS, D, field_and_segment ds, D, 0xFFFFF, PRESENT | EXECUTE_ONLY, GRANULAR | BIG
    unfit "DS is a TSS: #TS(selector)", EXC_TS, MAIN_TSS, field ds, MAIN_TSS
    unfit "DS is not present: #NP(selector)", EXC_NP, D, field_and_segment ds, D, 0xFFFFF, WRITABLE, GRANULAR | BIG
    unfit "ES has a DPL below RPL: #TS(selector)", EXC_TS, DATA0, field es, DATA0 + 3
    unfit "FS is not present: #NP(selector)", EXC_NP, D, field_and_segment fs, D, 0xFFFFF, WRITABLE, GRANULAR | BIG
    unfit "GS is beyond the GDT: #TS(selector)", EXC_TS, 0x200, field gs, 0x200
    unfit "EIP is beyond the limit of CS: #GP(0)", EXC_GP, 0, field_and_segment cs, C, 0xFFF, PRESENT | READABLE, BIG

    task_case "a task called whose CS is data: the link stays"
        observe EXC_TS
        mov word [T_AT + tss.cs], DATA0
        call T:0
        ud2
    .task:
    gets EXC_TS, DATA0
    is "the task that faulted", [seen.ebx], T
    is_masked "its link", [T_AT + tss.link], MAIN_TSS, 0xFFFF
    is_busy MAIN_TSS

    task_case "an exception's task whose CS is data: #TS(selector + EXT)"
        observe EXC_TS
        gate vector_gate(EXC_NM), T, 0, PRESENT | TASK_GATE
        mov word [T_AT + tss.cs], DATA0
        mov eax, cr0
        or eax, CR0_TS
        mov cr0, eax
        fld1
    .task:
    gets EXC_TS, DATA0 + 1
    is "the task that faulted", [seen.ebx], T

    finish

; ---- making tasks ----

; EAX: where they begin. Keeps nothing.
make_tasks:
    descriptor T, T_AT, 0x67, PRESENT | TSS32, 0
    descriptor T16, T16_AT, 0xFF, PRESENT | TSS16, 0
    gate GDT + G, T, 0, PRESENT | TASK_GATE
    mov edi, T_AT
    call make_task
    mov edi, T16_AT
    mov ecx, 0x100 / 4
    push eax
    xor eax, eax
    rep stosd
    pop eax
    mov [T16_AT + tss16.ip], ax
    mov word [T16_AT + tss16.flags], 2
    mov word [T16_AT + tss16.ax], 0xB0B0
    mov word [T16_AT + tss16.cx], 0xB1B1
    mov word [T16_AT + tss16.dx], 0xB2B2
    mov word [T16_AT + tss16.bx], 0xB3B3
    mov word [T16_AT + tss16.sp], V86_STACK
    mov word [T16_AT + tss16.bp], 0xB5B5
    mov word [T16_AT + tss16.si], 0xB6B6
    mov word [T16_AT + tss16.di], 0xB7B7
    mov word [T16_AT + tss16.es], DATA0
    mov word [T16_AT + tss16.cs], CODE0
    mov word [T16_AT + tss16.ss], DATA16
    mov word [T16_AT + tss16.ds], DATA0
    ret

; A 386 TSS at EDI that begins at EAX in ring 0. Keeps EAX.
make_task:
    push eax
    push edi
    xor eax, eax
    mov ecx, 0x100 / 4
    rep stosd
    pop edi
    pop eax
    mov [edi + tss.eip], eax
    mov dword [edi + tss.eflags], 2
    mov dword [edi + tss.eax], 0xA0A0A0A0
    mov dword [edi + tss.ecx], 0xA1A1A1A1
    mov dword [edi + tss.edx], 0xA2A2A2A2
    mov dword [edi + tss.ebx], 0xA3A3A3A3
    mov dword [edi + tss.esp], SPARE_STACK
    mov dword [edi + tss.ebp], 0xA5A5A5A5
    mov dword [edi + tss.esi], 0xA6A6A6A6
    mov dword [edi + tss.edi], 0xA7A7A7A7
    mov word [edi + tss.es], DATA0
    mov word [edi + tss.cs], CODE0
    mov word [edi + tss.ss], DATA0
    mov word [edi + tss.ds], DATA0
    mov word [edi + tss.fs], DATA0
    mov word [edi + tss.gs], DATA0
    mov word [edi + tss.map], 0x68
    ret

; Vector ECX goes through a task gate to `observer`, whose ECX is the vector.
make_observer:
    push ecx
    mov eax, observer
    mov edi, OBSERVER_AT
    call make_task
    pop ecx
    mov [OBSERVER_AT + tss.ecx], ecx
    mov dword [OBSERVER_AT + tss.esp], STACK1
    descriptor OBSERVER, OBSERVER_AT, 0x67, PRESENT | TSS32, 0
    mov dword [IDT + ecx * 8], OBSERVER << 16
    mov dword [IDT + ecx * 8 + 4], (PRESENT | TASK_GATE) << 8
    ret

observer:
    mov [seen.vector], ecx
    pop dword [seen.error]
    movzx eax, word [OBSERVER_AT + tss.link]
    mov [seen.ebx], eax
    jmp resume
