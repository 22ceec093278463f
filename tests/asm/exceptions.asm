; What raises each exception, whether it is a fault or a trap, its error code and saved EIP; then
; exceptions met while delivering another: double and triple faults.
; Manual: Intel SDM Vol. 3, "Interrupt and Exception Handling": "Exception Classifications",
; "Error Code", "Exception and Interrupt Reference", table "Conditions for Generating a Double
; Fault".

%include "case.inc"
%include "paging.inc"

main:

; ---- #DE ----

    case "DIV by zero: #DE, a fault"
        xor ebx, ebx
    .at: div ebx
    gets EXC_DE
    saved_eip .at

    case "DIV, the quotient does not fit: #DE"
        mov edx, 2
        mov ebx, 2
    .at: div ebx
    gets EXC_DE
    saved_eip .at

    case "IDIV of the smallest number by -1: #DE, and the registers stay"
        mov eax, 0x80000000
        mov edx, 0xFFFFFFFF
        mov ebx, 0xFFFFFFFF
    .at: idiv ebx
    gets EXC_DE
    saved_eip .at
    is "EAX", [seen.eax], 0x80000000
    is "EDX", [seen.edx], 0xFFFFFFFF

    case "AAM 0: #DE"
    .at: aam 0
    gets EXC_DE
    saved_eip .at

; ---- #DB, #BP, #OF, #BR ----

    case "INT1: #DB, a trap"
        int1
    .after:
    gets EXC_DB
    saved_eip .after

    case "INT3: #BP, a trap"
        int3
    .after:
    gets EXC_BP
    saved_eip .after

    case "CD 03: #BP as well"
        db 0xCD, 3
    .after:
    gets EXC_BP
    saved_eip .after

    case "INTO with OF: #OF, a trap"
        mov al, 0x7F
        add al, 1
        into
    .after:
    gets EXC_OF
    saved_eip .after

    case "INTO without OF: nothing"
        xor eax, eax
        into
    gets NOTHING

    case "BOUND, the index below the lower bound: #BR, a fault"
        mov dword [DATA], -3
        mov dword [DATA + 4], 5
        mov eax, -4
    .at: bound eax, [DATA]
    gets EXC_BR
    saved_eip .at

    case "BOUND, the index above the upper bound: #BR"
        mov dword [DATA], -3
        mov dword [DATA + 4], 5
        mov eax, 6
    .at: bound eax, [DATA]
    gets EXC_BR
    saved_eip .at

    case "BOUND, the index equal to a bound: nothing"
        mov dword [DATA], -3
        mov dword [DATA + 4], 5
        mov eax, 5
        bound eax, [DATA]
        mov eax, -3
        bound eax, [DATA]
    gets NOTHING

; ---- #UD ----

    case "UD2: #UD, a fault"
    .at: ud2
        nop
        nop
    gets EXC_UD
    saved_eip .at

    case "LOCK with a register destination: #UD"
    .at: db 0xF0, 0x01, 0xC0        ; lock add eax, eax
    gets EXC_UD
    saved_eip .at

    case "LOCK with an instruction that cannot be locked: #UD"
    .at: db 0xF0, 0x8B, 0x05        ; lock mov eax, [DATA]
        dd DATA
    gets EXC_UD
    saved_eip .at

    case "LOCK CMP: #UD"
    .at: db 0xF0, 0x39, 0x05
        dd DATA
    gets EXC_UD
    saved_eip .at

    case "MOV CS, AX: #UD"
    .at: db 0x8E, 0xC8
    gets EXC_UD
    saved_eip .at

    case "MOV to the sixth segment register: #UD"
    .at: db 0x8E, 0xF0
    gets EXC_UD
    saved_eip .at

    case "LEA with a register: #UD"
    .at: db 0x8D, 0xC0
    gets EXC_UD
    saved_eip .at

    case "MOV from CR1: #UD"
    .at: db 0x0F, 0x20, 0xC8
    gets EXC_UD
    saved_eip .at

    case "LLDT in ring 3: #GP(0)"
        to_ring 3
        xor eax, eax
    .at: lldt ax
    gets EXC_GP, 0
    saved_eip .at

; ---- #NM ----

    case "x87 instruction with CR0.TS: #NM, a fault"
        mov eax, cr0
        or eax, CR0_TS
        mov cr0, eax
    .at: fld1
    gets EXC_NM
    saved_eip .at

    case "x87 instruction with CR0.EM: #NM"
        mov eax, cr0
        or eax, CR0_EM
        mov cr0, eax
    .at: fld1
    gets EXC_NM
    saved_eip .at

    case "WAIT with MP and TS: #NM"
        mov eax, cr0
        or eax, CR0_TS | CR0_MP
        mov cr0, eax
    .at: wait
    gets EXC_NM
    saved_eip .at

    case "WAIT with TS, without MP: nothing"
        mov eax, cr0
        or eax, CR0_TS
        and eax, ~CR0_MP
        mov cr0, eax
        wait
    gets NOTHING

    case "WAIT with EM: nothing"
        mov eax, cr0
        or eax, CR0_EM
        mov cr0, eax
        wait
    gets NOTHING

; ---- #SS, #GP ----

    case "a stack access beyond the limit of SS: #SS(0)"
        descriptor FREE, 0, 0x3FFFF, PRESENT | WRITABLE, BIG
        mov eax, FREE
        mov ss, eax
        mov ebp, 0x40000
    .at: mov eax, [ebp]
    gets EXC_SS, 0
    saved_eip .at

    case "PUSH below offset 0 of a small stack: #SS(0), ESP stays"
        descriptor FREE, DATA, 0xFFF, PRESENT | dpl(3) | WRITABLE, BIG
        to_ring 3
        mov eax, FREE + 3
        mov ss, eax
        mov esp, 2
    .at: push eax
    gets EXC_SS, 0
    saved_eip .at
    is "ESP", [seen.esp], 2

    case "a read beyond the limit of DS: #GP(0)"
        descriptor FREE, 0, 0x3FFFF, PRESENT | WRITABLE, BIG
        mov eax, FREE
        mov ds, eax
    .at: mov eax, [0x3FFFD]
    gets EXC_GP, 0
    saved_eip .at

    case "a write to a read-only segment: #GP(0)"
        descriptor FREE, 0, 0xFFFFF, PRESENT | READ_ONLY
        mov eax, FREE
        mov ds, eax
    .at: mov [DATA], eax
    gets EXC_GP, 0
    saved_eip .at

    case "a write to a code segment: #GP(0)"
    .at: mov [cs:DATA], eax
    gets EXC_GP, 0
    saved_eip .at

    case "a read of an execute-only code segment: #GP(0)"
        descriptor FREE, 0, 0xFFFFF, PRESENT | EXECUTE_ONLY
        jmp FREE:.there
    .there:
    .at: mov eax, [cs:DATA]
    gets EXC_GP, 0
    saved_eip .at

    case "an access through a null selector: #GP(0)"
        xor eax, eax
        mov es, eax
    .at: mov eax, [es:DATA]
    gets EXC_GP, 0
    saved_eip .at

    case "a jump beyond the limit of CS: #GP(0), EIP of the jump"
        descriptor FREE, 0, 0x1FFFF, PRESENT | READABLE, BIG
        jmp FREE:.there
    .there:
        mov eax, 0x20000
    .at: jmp eax
    gets EXC_GP, 0
    saved_eip .at

    case "an instruction longer than 15 bytes: #GP(0)"
    .at: times 15 db 0x66
        nop
    gets EXC_GP, 0
    saved_eip .at

    case "a privileged instruction in ring 3: #GP(0)"
        to_ring 3
    .at: hlt
    gets EXC_GP, 0
    saved_eip .at
    is "CS of the frame", [seen.cs], CODE3
    is "SS of the frame", [seen.ss], DATA3
    is "ESP of the frame", [seen.esp], STACK3
    frame_at TSS_STACK - 20

    case "#SS meets a stack with room: error code pushed below the frame"
        to_ring 3
        mov ebp, 0xFFFFFFFD
        descriptor FREE, 0, 0x3FFFF, PRESENT | dpl(3) | WRITABLE, BIG
        mov eax, FREE + 3
        mov ss, eax
    .at: mov eax, [ebp]
    gets EXC_SS, 0
    saved_eip .at
    is "SS of the frame", [seen.ss], FREE + 3

; ---- #PF ----

    case "a page fault: #PF, CR2, a fault"
        paging
        unmap DATA
    .at: mov eax, [DATA + 0x123]
    gets EXC_PF, 0
    saved_eip .at
    is "CR2", [seen.cr2], DATA + 0x123

    case "a page fault in the second page of an access: CR2 is that page's"
        paging
        unmap DATA
    .at: mov eax, [DATA - 2]
    gets EXC_PF, 0
    saved_eip .at
    is "CR2", [seen.cr2], DATA

    case "a page fault at a fetch that crosses into the missing page"
        paging
        unmap DATA
        mov byte [DATA - 1], 0x05   ; add eax, imm32
        mov eax, DATA - 1
        jmp eax
    gets EXC_PF, 0
    saved_eip DATA - 1
    is "CR2", [seen.cr2], DATA

; ---- #AC ----

    case "a misaligned access in ring 3 with AM and AC: #AC(0), a fault"
        mov eax, cr0
        or eax, CR0_AM
        mov cr0, eax
        to_ring 3, FLAG_AC
    .at: mov eax, [DATA + 2]
    gets EXC_AC, 0
    saved_eip .at

    case "the same in ring 0: nothing"
        mov eax, cr0
        or eax, CR0_AM
        mov cr0, eax
        push dword FLAG_AC | 2
        popfd
        mov eax, [DATA + 2]
    gets NOTHING

    case "the same without AM: nothing"
        to_ring 3, FLAG_AC
        mov eax, [DATA + 2]
    gets NOTHING

; ---- #MF ----

    case "an unmasked x87 exception: #MF at the next waiting instruction"
        push dword 0x37B            ; zero divide unmasked
        fldcw [esp]
        fld1
        fldz
        fdivp
    .at: fld1
    gets EXC_MF
    saved_eip .at

    case "an unmasked x87 exception: #MF at WAIT"
        push dword 0x37B
        fldcw [esp]
        fld1
        fldz
        fdivp
    .at: wait
    gets EXC_MF
    saved_eip .at

    case "an unmasked x87 exception: not at FNSTSW, not at MOV"
        push dword 0x37B
        fldcw [esp]
        fld1
        fldz
        fdivp
        fnstsw ax
        mov ebx, eax
        fnclex
    gets NOTHING
    is_masked "status word", [seen.ebx], 0x8084, 0x80FF

; ---- what of RF, and where to ----

    case "a fault pushes RF set"
        xor ebx, ebx
        div ebx
    gets EXC_DE
    is_masked "RF in the frame", [seen.eflags], FLAG_RF, FLAG_RF
    is_masked "RF in the handler", [seen.handler_flags], 0, FLAG_RF

    case "a trap pushes RF clear"
        int3
    gets EXC_BP
    is_masked "RF in the frame", [seen.eflags], 0, FLAG_RF

; ---- contributory exceptions ----

; The IDT, copied to this address.
%macro copy_idt 1
    mov esi, IDT
    mov edi, %1
    mov ecx, 256 * 8 / 4
    rep movsd
    mov dword [spare], (256 * 8 - 1) << 16
    mov dword [spare + 4], %1
    lidt [spare + 2]
%endmacro

; The second exception: the first one's gate is not present, has a wrong type, or lies beyond the
; IDT's limit.

%macro spoil_gate 1                 ; not present: #NP while delivering
    mov dword [vector_gate(%1) + 4], INTERRUPT_GATE << 8
%endmacro
%macro cause_de 0
    xor ebx, ebx
    div ebx
%endmacro
%macro cause_ts 0                   ; IRET to a task that is none
    mov dword [TSS], FREE
    push dword FLAG_NT | 2
    popfd
    iretd
%endmacro
%macro cause_np 0
    descriptor FREE, 0, 0xFFFFF, WRITABLE
    mov eax, FREE
    mov ds, eax
%endmacro
%macro cause_ss 0
    descriptor FREE, 0, 0xFFFFF, WRITABLE
    mov eax, FREE
    mov ss, eax
%endmacro
%macro cause_gp 0
    mov eax, 0xFFF0
    mov ds, eax
%endmacro
%macro cause_pf 0
    mov eax, [0x400000]
%endmacro

%macro contributory_twice 3         ; name, vector, cause
    case %1, " meets #NP: #DF(0)"
        spoil_gate %2
    .at:
        %3
    gets EXC_DF, 0
%endmacro
    contributory_twice "#DE", EXC_DE, cause_de
    contributory_twice "#TS", EXC_TS, cause_ts
    contributory_twice "#SS", EXC_SS, cause_ss
    contributory_twice "#GP", EXC_GP, cause_gp
    contributory_twice "#NP", EXC_NP, cause_np

    case "#GP meets #GP, its gate is a call gate: #DF(0)"
        gate vector_gate(EXC_GP), CODE0, handler(EXC_GP), PRESENT | CALL_GATE32
    .at: cause_gp
    gets EXC_DF, 0

    case "#GP meets #GP, the IDT ends before: #DF(0)"
        mov dword [spare], (EXC_GP * 8 - 1) << 16
        mov dword [spare + 4], IDT
    .load:
        lidt [spare + 2]
        cause_gp
    gets EXC_DF, 0

; The second exception is of the stack: the first one's gate leads from ring 3 to ring 1, whose
; stack is null (#TS) or absent (#SS). #DF itself goes to ring 0.
%macro stack_of_ring_1 2            ; vector of the first exception, how the stack is
    gate vector_gate(%1), CODE1, handler(%1), PRESENT | INTERRUPT_GATE
    %if %2 == EXC_TS
    mov dword [TSS + 16], 0
    %else
    descriptor FREE + 8, 0, 0xFFFFF, dpl(1) | WRITABLE
    mov dword [TSS + 16], FREE + 8 + 1
    %endif
%endmacro
%macro meets_stack 3                ; name, vector, cause
    case %1, " in ring 3 meets #TS: #DF(0)"
        stack_of_ring_1 %2, EXC_TS
        to_ring 3
        %3
    gets EXC_DF, 0
    is "CS", [seen.cs], CODE3
    case %1, " in ring 3 meets #SS: #DF(0)"
        stack_of_ring_1 %2, EXC_SS
        to_ring 3
        %3
    gets EXC_DF, 0
    is "CS", [seen.cs], CODE3
%endmacro
    meets_stack "#DE", EXC_DE, aam 0
    meets_stack "#GP", EXC_GP, hlt

    case "#NP in ring 3 meets #TS: #DF(0)"
        descriptor FREE + 0x10, 0, 0xFFFFF, dpl(3) | WRITABLE
        stack_of_ring_1 EXC_NP, EXC_TS
        to_ring 3
        mov eax, FREE + 0x10 + 3
        mov ds, eax
    gets EXC_DF, 0

    case "#PF in ring 3 meets #TS: #DF(0)"
        paging
        stack_of_ring_1 EXC_PF, EXC_TS
        to_ring 3
        mov eax, [0x400000]
    gets EXC_DF, 0
    is "CR2", [seen.cr2], 0x400000

    case "#PF in ring 3 meets #SS: #DF(0)"
        paging
        stack_of_ring_1 EXC_PF, EXC_SS
        to_ring 3
        mov eax, [0x400000]
    gets EXC_DF, 0

    case "#NM in ring 3, benign, meets #TS: #TS(EXT)"
        stack_of_ring_1 EXC_NM, EXC_TS
        mov eax, cr0
        or eax, CR0_TS
        mov cr0, eax
        to_ring 3
        fld1
    gets EXC_TS, 1

; A contributory exception, and a page fault on the way to its handler: one after the other.
%macro meets_pf 3
    case %1, " meets #PF: #PF"
        paging
        copy_idt DATA + 0x1000 - 14 * 8     ; gates 0 to 13 lie on the page at DATA
        unmap DATA
        %3
    gets EXC_PF, 0
    is "CR2", [seen.cr2], DATA + 0x1000 - 14 * 8 + %2 * 8
%endmacro
    meets_pf "#NP", EXC_NP, cause_np
    meets_pf "#SS", EXC_SS, cause_ss
    meets_pf "#GP", EXC_GP, cause_gp
    meets_pf "#NM, benign,", EXC_NM, call set_ts_and_use_x87
    meets_pf "INT 8, software,", EXC_DF, int 8

    case "#GP in ring 3, and no stack for any handler in ring 0: shutdown"
        mov dword [TSS + 8], 0      ; SS0
        to_ring 3
        hlt
    gets TRIPLE_FAULT

; A benign exception whose gate is missing is followed by the second one, with EXT.

%macro benign_first 4+              ; name, vector, its gate's exception, cause
    case %1, " meets #NP: #NP(vector * 8 + IDT + EXT)"
        spoil_gate %2
        %4
    gets EXC_NP, %2 * 8 + 2 + %3
%endmacro
    benign_first "#UD", EXC_UD, 1, db 0x0F, 0xFF
    benign_first "#NM", EXC_NM, 1, call set_ts_and_use_x87
    benign_first "#BR", EXC_BR, 1, call break_bound
    benign_first "INT1's #DB", EXC_DB, 1, int1
    benign_first "INT3, a software interrupt without EXT,", EXC_BP, 0, int3
    benign_first "INTO, a software interrupt without EXT,", EXC_OF, 0, call overflow
    benign_first "INT 40h, a software interrupt without EXT,", 0x40, 0, int 0x40

    case "#DE meets #PF: both, one after the other"
        paging
        copy_idt DATA + 0x1000 - 8 * 8      ; gates 0 to 7 lie on the page at DATA
        unmap DATA
        cause_de
    gets EXC_PF, 0
    is "CR2", [seen.cr2], DATA + 0x1000 - 8 * 8 + EXC_DE * 8

    case "#PF meets #PF: #DF(0), CR2 of the second"
        paging
        copy_idt DATA - 14 * 8              ; gates 14 and up do
        unmap DATA
        cause_pf
    gets EXC_DF, 0
    is "CR2", [seen.cr2], DATA

    case "#PF meets #NP: #DF(0)"
        paging
        spoil_gate EXC_PF
        cause_pf
    gets EXC_DF, 0
    is "CR2", [seen.cr2], 0x400000

    case "#PF meets #GP: #DF(0)"
        paging
        gate vector_gate(EXC_PF), CODE3, handler(EXC_PF), PRESENT | INTERRUPT_GATE
        cause_pf
    gets EXC_DF, 0

; ---- double and triple faults ----

    case "#DF meets #NP: shutdown"
        spoil_gate EXC_GP
        spoil_gate EXC_DF
        cause_gp
    gets TRIPLE_FAULT

    case "an IDT without any gate: shutdown"
        mov dword [spare], 0
        mov dword [spare + 4], 0
        lidt [spare]
        int3
    gets TRIPLE_FAULT

    case "#DF meets #PF: shutdown"
        paging
        unmap IDT
        cause_pf
    gets TRIPLE_FAULT

    finish

; ---- causes that take more than one instruction ----

set_ts_and_use_x87:
    mov eax, cr0
    or eax, CR0_TS
    mov cr0, eax
    fld1
    ret

break_bound:
    mov dword [DATA], 1
    mov dword [DATA + 4], 2
    xor eax, eax
    bound eax, [DATA]
    ret

overflow:
    mov al, 0x7F
    add al, 1
    into
    ret
