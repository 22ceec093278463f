; Far JMP, CALL, RET and IRET in 64-bit mode, and gates of its IDT: every check on the way, with
; the rings between and with EXT for exceptions.
; Manual: Intel SDM Vol. 2, "Jump", "Call Procedure", "Return From Procedure", "Interrupt Return",
; "Call to Interrupt Procedure"; Vol. 3, "IA-32e Mode Call Gates", "64-Bit Mode Stack Frame".

%include "case.inc"
%include "long_mode.inc"

; CODE64, CODE64_3 and the rings between.
CODE64_0 equ CODE64
CODE64_1 equ 0x1C1
CODE64_2 equ 0x1CA
G equ FREE64                        ; a gate, of two slots
C equ FREE64 + 0x10                 ; a code segment
S equ FREE64 + 0x20                 ; a stack segment

LONG_CODE equ GRANULAR | CODE_64
V equ 0x40
V_CODE equ V * 8 + 2

%define code64(access) descriptor C, 0, 0xFFFFF, access, LONG_CODE

%macro long_case 1+
    case64 %1
    descriptor CODE64_1, 0, 0xFFFFF, PRESENT | ACCESSED | dpl(1) | READABLE, LONG_CODE
    descriptor CODE64_2, 0, 0xFFFFF, PRESENT | ACCESSED | dpl(2) | READABLE, LONG_CODE
%endmacro

; In ring %1 of 64-bit mode. Changes RAX.
%macro in_ring 1-2 2
    push DATA%1
    push STACK%1
    push %2
    push CODE64_%1
    mov eax, %%there
    push rax
    iretq
%%there:
%endmacro

; A call gate at G: selector, offset (a number), access byte.
%macro gate_at_g 3
    gate GDT + G, %1, %2, %3
    mov dword [GDT + G + 8], 0
    mov dword [GDT + G + 12], 0
%endmacro

main:
    needs HAS_LONG, "long mode"

; ---- JMP and CALL to a code segment ----

; direct "what", ring, selector, exception or NOTHING, error code, how to make the segment
%macro direct 6+
    long_case "JMP to ", %1
        %6
        mov dword [DATA], .there
        mov word [DATA + 4], %3
        in_ring %2
    .at: jmp far dword [DATA]
    .there:
    gets %4, %5
    %if %4 == NOTHING
    is64 "CS", seen64.cs, ((%3) & ~3) + %2
    %else
    saved_rip .at
    %endif
    long_case "CALL to ", %1
        %6
        mov dword [DATA], .there
        mov word [DATA + 4], %3
        in_ring %2
    .at: call far dword [DATA]
    .there:
        mov ebx, [rsp]
        mov ecx, [rsp + 4]
    gets %4, %5
    %if %4 == NOTHING
    is64 "CS", seen64.cs, ((%3) & ~3) + %2
    is64 "RSP: two doublewords", seen64.rsp, STACK%2 - 8
    is "the return address", [seen64.rbx], .there
    is_masked "the return selector", [seen64.rcx], CODE64_%2, 0xFFFF
    %else
    saved_rip .at
    is64 "RSP", seen64.rsp, STACK%2
    %endif
%endmacro
    direct "code of the same ring", 3, C + 3, NOTHING, 0, code64(PRESENT | dpl(3) | READABLE)
    direct "code of an inner ring: #GP(selector)", 3, CODE64, EXC_GP, CODE64, nop
    direct "code of an outer ring: #GP(selector)", 1, C + 2, EXC_GP, C, code64(PRESENT | dpl(2) | READABLE)
    direct "code of the same ring, RPL above CPL: #GP(selector)", 1, C + 2, EXC_GP, C, code64(PRESENT | dpl(1) | READABLE)
    direct "conforming code of an inner ring: CPL stays", 3, C, NOTHING, 0, code64(PRESENT | CONFORMING)
    direct "conforming code of an outer ring: #GP(selector)", 2, C + 2, EXC_GP, C, code64(PRESENT | dpl(3) | CONFORMING)
    direct "a null selector: #GP(0)", 3, 0, EXC_GP, 0, nop
    direct "a selector beyond the GDT: #GP(selector)", 3, 0x203, EXC_GP, 0x200, nop
    direct "a data segment: #GP(selector)", 3, DATA3, EXC_GP, DATA3 & ~3, nop
    direct "absent code: #NP(selector)", 3, C + 3, EXC_NP, C, code64(dpl(3) | READABLE)
    direct "code with L and D: #GP(selector)", 3, C + 3, EXC_GP, C, descriptor C, 0, 0xFFFFF, PRESENT | dpl(3) | READABLE, LONG_CODE | BIG
    direct "64-bit code whatever its limit", 3, C + 3, NOTHING, 0, descriptor C, 0, 0, PRESENT | dpl(3) | READABLE, CODE_64
    direct "64-bit code whatever its base", 3, C + 3, NOTHING, 0, descriptor C, 0x12345678, 0xFFFFF, PRESENT | dpl(3) | READABLE, LONG_CODE

    ; Only code and 64-bit call gates (12) are destinations.
%assign type 0
%rep 16
    %if type != 12
    %defstr type_name type
    direct {"a system descriptor of type ", type_name, ": #GP(selector)"}, 2, C + 2, EXC_GP, C, descriptor C, TASKS, 0xFFF, PRESENT | dpl(3) | type, 0
    %endif
    %assign type type + 1
%endrep

    long_case "JMP m16:64"
        mov dword [DATA], .there
        mov dword [DATA + 4], 0
        mov word [DATA + 8], CODE64
        o64 jmp far [DATA]
    .there:
    gets NOTHING

    long_case "CALL m16:64 pushes quadwords"
        mov dword [DATA], .there
        mov dword [DATA + 4], 0
        mov word [DATA + 8], CODE64
        o64 call far [DATA]
    .there:
        mov rbx, rsp
        mov rcx, [rsp]
        mov rdx, [rsp + 8]
    gets NOTHING
    is64 "RSP", seen64.rbx, STACK0 - 16
    is64 "return address", seen64.rcx, number(.there)
    is_masked "return selector", [seen64.rdx], CODE64, 0xFFFF

    long_case "CALL m16:32 to compatibility mode, beyond the limit: #GP(0)"
        descriptor C, 0, 0xFFF, PRESENT | READABLE, BIG
        mov dword [DATA], 0x1000
        mov word [DATA + 4], C
    .at: call far dword [DATA]
    gets EXC_GP, 0
    saved_rip .at

; ---- call gates ----

; through "what", JMP or CALL, ring, gate selector, exception or NOTHING, error code, preparation
%macro through 7+
    %defstr how %2
    long_case how, " through ", %1
        %7
        mov dword [DATA], 0x12345678
        mov word [DATA + 4], %4
        in_ring %3
    .at: %2 far dword [DATA]
    .there:
    gets %5, %6
    %if %5 == NOTHING
    is64 "CS", seen64.cs, C + %3
    %else
    saved_rip .at
    %endif
%endmacro
%macro jump_or_call_through 6+
    through %1, jmp, %2, %3, %4, %5, %6
    through %1, call, %2, %3, %4, %5, %6
%endmacro
%macro gate_to_c 1-2 C              ; access byte of the segment, selector
    gate_at_g %2, number(.there), PRESENT | dpl(3) | CALL_GATE32
    code64(%1)
%endmacro
    jump_or_call_through "a call gate, DPL below CPL: #GP(gate)", 3, G + 3, EXC_GP, G, gate_at_g CODE64_3, number(.there), PRESENT | dpl(2) | CALL_GATE32
    jump_or_call_through "a call gate, DPL below RPL: #GP(gate)", 1, G + 3, EXC_GP, G, gate_at_g CODE64_1, number(.there), PRESENT | dpl(2) | CALL_GATE32
    jump_or_call_through "an absent call gate: #NP(gate)", 3, G + 3, EXC_NP, G, gate_at_g CODE64_3, number(.there), dpl(3) | CALL_GATE32
    jump_or_call_through "a call gate to a null selector: #GP(0)", 3, G + 3, EXC_GP, 0, gate_at_g 0, number(.there), PRESENT | dpl(3) | CALL_GATE32
    jump_or_call_through "a call gate to a selector beyond the GDT: #GP(selector)", 3, G + 3, EXC_GP, 0x200, gate_at_g 0x203, number(.there), PRESENT | dpl(3) | CALL_GATE32
    jump_or_call_through "a call gate to data: #GP(selector)", 3, G + 3, EXC_GP, DATA3 & ~3, gate_at_g DATA3, number(.there), PRESENT | dpl(3) | CALL_GATE32
    jump_or_call_through "a call gate to an outer ring: #GP(selector)", 1, G + 1, EXC_GP, CODE64_2 & ~3, gate_at_g CODE64_2, number(.there), PRESENT | dpl(3) | CALL_GATE32
    jump_or_call_through "a call gate to absent code: #NP(selector)", 3, G + 3, EXC_NP, C, gate_to_c dpl(3) | READABLE
    jump_or_call_through "a call gate to 32-bit code: #GP(selector)", 3, G + 3, EXC_GP, CODE3 & ~3, gate_at_g CODE3, number(.there), PRESENT | dpl(3) | CALL_GATE32
    jump_or_call_through "a call gate to the same ring", 3, G + 3, NOTHING, 0, gate_to_c PRESENT | dpl(3) | READABLE
    jump_or_call_through "a call gate to an inner ring's conforming code: CPL stays", 3, G + 3, NOTHING, 0, gate_to_c PRESENT | CONFORMING
    through "a call gate to an inner ring: #GP(selector)", jmp, 3, G + 3, EXC_GP, CODE64, gate_at_g CODE64, number(.there), PRESENT | dpl(3) | CALL_GATE32

    long_case "CALL through a gate whose offset is not canonical: #GP(0)"
        gate_at_g CODE64, 0, PRESENT | CALL_GATE32
        mov dword [GDT + G + 8], 0x8000
        mov dword [DATA], 0
        mov word [DATA + 4], G
    .at: call far dword [DATA]
    gets EXC_GP, 0
    saved_rip .at

    long_case "CALL through a gate whose second half is beyond the GDT: #GP(gate)"
        gate GDT + 0x1F8, CODE64, number(.at), PRESENT | CALL_GATE32
        mov dword [DATA], 0
        mov word [DATA + 4], 0x1F8
    .at: call far dword [DATA]
    gets EXC_GP, 0x1F8
    saved_rip .at

%macro call_inner 2                 ; from, to
    %defstr from_name %1
    %defstr to_name %2
    long_case "CALL through a gate from ring ", from_name, " to ring ", to_name, ": RSP", to_name, ", SS null"
        gate_at_g CODE64_%2, number(.there), PRESENT | dpl(3) | CALL_GATE32
        mov dword [DATA], 0
        mov word [DATA + 4], G
        in_ring %1
        call far dword [DATA]
    .after:
        ud2
    .there:
        mov rbx, rsp
        mov rcx, [rsp]
        mov rdx, [rsp + 8]
        mov rsi, [rsp + 16]
        mov rdi, [rsp + 24]
    gets NOTHING
    is64 "CS", seen64.cs, CODE64_%2
    is64 "SS", seen64.ss, %2
    is64 "RSP", seen64.rbx, STACK%2 - 32
    is64 "return RIP", seen64.rcx, number(.after)
    is64 "return CS", seen64.rdx, CODE64_%1
    is64 "the old RSP", seen64.rsi, STACK%1
    is64 "the old SS", seen64.rdi, DATA%1
%endmacro
    call_inner 3, 1
    call_inner 3, 2
    call_inner 2, 1

; ---- RET and IRET ----

; ret_case "what", ring, selector, exception or NOTHING, error code, preparation
%macro ret_case 6+
    long_case "RETF to ", %1
        %6
        in_ring %2
        push DATA3
        push STACK3
        push %3
        mov eax, .there
        push rax
    .at: o64 retf
    .there:
    gets %4, %5
    %if %4 == NOTHING
    is64 "CS", seen64.cs, %3
    %else
    saved_rip .at
    is64 "RSP", seen64.rsp, STACK%2 - 32
    %endif
    long_case "IRETQ to ", %1
        %6
        in_ring %2
        push DATA0 + ((%3) & 3) * 0x11  ; that ring's
        push STACK3
        push 2
        push %3
        mov eax, .there
        push rax
    .at: iretq
    .there:
    gets %4, %5
    %if %4 == NOTHING
    is64 "CS", seen64.cs, %3
    is64 "RSP", seen64.rsp, STACK3
    %else
    saved_rip .at
    is64 "RSP", seen64.rsp, STACK%2 - 40
    %endif
%endmacro
    ret_case "the same ring", 2, C + 2, NOTHING, 0, code64(PRESENT | dpl(2) | READABLE)
    ret_case "an outer ring", 1, C + 3, NOTHING, 0, code64(PRESENT | dpl(3) | READABLE)
    ret_case "an inner ring: #GP(selector)", 2, C + 1, EXC_GP, C, code64(PRESENT | dpl(1) | READABLE)
    ret_case "a null selector: #GP(0)", 2, 0, EXC_GP, 0, nop
    ret_case "a selector beyond the GDT: #GP(selector)", 2, 0x202, EXC_GP, 0x200, nop
    ret_case "data: #GP(selector)", 2, DATA2, EXC_GP, DATA2 & ~3, nop
    ret_case "code whose DPL is not RPL: #GP(selector)", 1, C + 3, EXC_GP, C, code64(PRESENT | dpl(2) | READABLE)
    ret_case "conforming code of an inner ring", 2, C + 2, NOTHING, 0, code64(PRESENT | CONFORMING)
    ret_case "conforming code with a DPL above RPL: #GP(selector)", 1, C + 2, EXC_GP, C, code64(PRESENT | dpl(3) | CONFORMING)
    ret_case "absent code: #NP(selector)", 2, C + 2, EXC_NP, C, code64(dpl(2) | READABLE)
    ret_case "code with L and D: #GP(selector)", 2, C + 2, EXC_GP, C, descriptor C, 0, 0xFFFFF, PRESENT | dpl(2) | READABLE, LONG_CODE | BIG
    ret_case "32-bit code beyond its limit: #GP(0)", 2, C + 2, EXC_GP, 0, descriptor C, 0, 0xFFF, PRESENT | dpl(2) | READABLE, BIG

; The outer stack's segment.
%macro ret_stack 5+                 ; what, SS, exception, error code, preparation
    long_case "RETF to ring 3, SS is ", %1
        %5
        push %2
        push STACK3
        push CODE64_3
        mov eax, .there
        push rax
    .at: o64 retf
    .there:
    gets %3, %4
    saved_rip .at
    long_case "IRETQ to ring 3, SS is ", %1
        %5
        push %2
        push STACK3
        push 2
        push CODE64_3
        mov eax, .there
        push rax
    .at: iretq
    .there:
    gets %3, %4
    saved_rip .at
%endmacro
    ret_stack "null: #GP(0)", 0, EXC_GP, 0, nop
    ret_stack "null with RPL 3: #GP(0)", 3, EXC_GP, 0, nop
    ret_stack "beyond the GDT: #GP(selector)", 0x203, EXC_GP, 0x200, nop
    ret_stack "of another RPL: #GP(selector)", DATA3 - 1, EXC_GP, DATA3 & ~3, nop
    ret_stack "of another DPL: #GP(selector)", DATA2 + 1, EXC_GP, DATA2 & ~3, nop
    ret_stack "read-only: #GP(selector)", S + 3, EXC_GP, S, descriptor S, 0, 0xFFFFF, PRESENT | dpl(3) | READ_ONLY
    ret_stack "code: #GP(selector)", CODE64_3, EXC_GP, CODE64_3 & ~3, nop
    ret_stack "not present: #SS(selector)", S + 3, EXC_SS, S, descriptor S, 0, 0xFFFFF, dpl(3) | WRITABLE

    long_case "RETF to ring 1 of 64-bit mode takes a null SS"
        push 1
        push STACK1
        push CODE64_1
        mov eax, .there
        push rax
        o64 retf
    .there:
    gets NOTHING
    is64 "CS", seen64.cs, CODE64_1
    is64 "SS", seen64.ss, 1

    long_case "RETF to ring 1 with a null SS of another RPL: #GP(0)"
        push 2
        push STACK1
        push CODE64_1
        mov eax, .there
        push rax
    .at: o64 retf
    .there:
    gets EXC_GP, 0
    saved_rip .at

    long_case "RETF to ring 1 of compatibility mode with a null SS: #GP(0)"
        push 1
        push STACK1
        push CODE1
        mov eax, .there
        push rax
    .at: o64 retf
    .there:
    gets EXC_GP, 0
    saved_rip .at

    long_case "RETF to an address that is not canonical: #GP(0)"
        push CODE64
        mov rax, 1 << 47
        push rax
    .at: o64 retf
    gets EXC_GP, 0
    saved_rip .at

    long_case "RETF 16 to an outer ring releases parameters of both stacks"
        push DATA3
        push STACK3 - 0x40
        push 0x2222
        push 0x1111
        push CODE64_3
        mov eax, .there
        push rax
        o64 retf 16
    .there:
    gets NOTHING
    is64 "RSP", seen64.rsp, STACK3 - 0x40 + 16

    long_case "RETF of doublewords"
        sub rsp, 8
        mov dword [rsp], .there
        mov dword [rsp + 4], CODE64
        retf
    .there:
        mov rbx, rsp
    gets NOTHING
    is64 "RSP", seen64.rbx, STACK0

; ---- gates of the IDT ----

%assign type 0
%rep 32
    %if type != 14 && type != 15
    %defstr type_name type
    long_case "INT through a descriptor of S and type ", type_name, ": #GP(vector * 8 + 2)"
        gate64 V, CODE64, handler64(V), PRESENT | type
    .at: int V
    gets EXC_GP, V_CODE
    saved_rip .at
    %endif
    %assign type type + 1
%endrep

%macro gate_dpl 3                   ; CPL, DPL, vector or EXC_GP
    %defstr cpl_name %1
    %defstr dpl_name %2
    long_case "INT n in ring ", cpl_name, ", gate of DPL ", dpl_name
        gate64 V, CODE64, handler64(V), PRESENT | dpl(%2) | INTERRUPT_GATE
        in_ring %1
    .at: int V
    .after:
    %if %3 == V
    gets V
    saved_rip .after
    is64 "CS", seen64.cs, CODE64_%1
    is64 "RSP", seen64.rsp, STACK%1
    %else
    gets EXC_GP, V_CODE
    saved_rip .at
    %endif
%endmacro
    gate_dpl 1, 0, EXC_GP
    gate_dpl 1, 1, V
    gate_dpl 2, 1, EXC_GP
    gate_dpl 2, 2, V
    gate_dpl 3, 2, EXC_GP
    gate_dpl 3, 3, V

; By INT, and by an exception (#NM), whose error codes have EXT.
%macro target 4+                    ; what, selector, exception, preparation
    long_case "the gate's segment is ", %1, ", by INT"
        %4
        gate64 V, %2, handler64(V), PRESENT | INTERRUPT_GATE
    .at: int V
    gets %3, (%2) & ~3
    saved_rip .at
    long_case "the gate's segment is ", %1, ", by an exception: EXT"
        %4
        gate64 EXC_NM, %2, handler64(EXC_NM), PRESENT | INTERRUPT_GATE
        mov rax, cr0
        or eax, CR0_TS
        mov cr0, rax
    .at: fld1
    gets %3, ((%2) & ~3) + 1
    saved_rip .at
%endmacro
    target "null", 0, EXC_GP, nop
    target "beyond the GDT's limit", 0x200, EXC_GP, nop
    target "a data segment", DATA0, EXC_GP, nop
    target "code of a lower privilege", CODE64_3, EXC_GP, nop
    target "32-bit code", CODE0, EXC_GP, nop
    target "code with L and D", C, EXC_GP, descriptor C, 0, 0xFFFFF, PRESENT | READABLE, LONG_CODE | BIG
    target "not present", C, EXC_NP, code64(READABLE)

    long_case "a gate that is not present, by an exception: #NP(vector * 8 + 2 + EXT)"
        gate64 EXC_NM, CODE64, handler64(EXC_NM), INTERRUPT_GATE
        mov rax, cr0
        or eax, CR0_TS
        mov cr0, rax
    .at: fld1
    gets EXC_NP, EXC_NM * 8 + 2 + 1
    saved_rip .at

    long_case "INT from ring 3 to conforming code: ring 3 stays; SS and RSP are pushed all the same"
        code64(PRESENT | CONFORMING)
        gate64 V, C, number(.same), PRESENT | dpl(3) | INTERRUPT_GATE
        in_ring 3
        int V
    .same:
        mov rbx, rsp
        mov rcx, [rsp + 24]
        mov rdx, [rsp + 32]
    gets NOTHING
    is64 "CS", seen64.cs, C + 3
    is64 "RSP", seen64.rbx, STACK3 - 40
    is64 "the old RSP", seen64.rcx, STACK3
    is64 "the old SS", seen64.rdx, DATA3

    long_case "INT from ring 3 to ring 1: RSP1, SS null of RPL 1"
        gate64 V, CODE64_1, number(.inner), PRESENT | dpl(3) | INTERRUPT_GATE
        in_ring 3
        int V
    .inner:
        mov rbx, rsp
    gets NOTHING
    is64 "CS", seen64.cs, CODE64_1
    is64 "SS", seen64.ss, 1
    is64 "RSP", seen64.rbx, STACK1 - 40

    long_case "the frame is aligned downwards to 16 bytes, in the same ring too"
        mov rsp, STACK0 - 0x103
        int V
    gets V
    frame64_at STACK0 - 0x110 - 40
    is64 "RSP of the frame", seen64.rsp, STACK0 - 0x103

    end_needs
    finish
