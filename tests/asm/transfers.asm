; Far JMP, CALL, RET and IRET in protected mode: code segments named directly, call gates of both
; sizes with and without parameters, inner, same and outer rings, and every check on the way.
; Manual: Intel SDM Vol. 2, "Jump", "Call Procedure", "Return From Procedure", "Interrupt Return";
; Vol. 3, "Privilege Level Checking When Transferring Program Control Between Code Segments".

%include "case.inc"

G equ FREE                          ; the gate
C equ FREE + 0x10                   ; a code segment
S equ FREE + 0x20                   ; a stack segment

; A descriptor made ready for a case, in words: code, conforming ...
%define code(n) descriptor C, 0, 0xFFFFF, PRESENT | dpl(n) | READABLE
%define conforming(n) descriptor C, 0, 0xFFFFF, PRESENT | dpl(n) | CONFORMING
%define absent(access) descriptor C, 0, 0xFFFFF, access
%define call_gate(selector, offset, access) gate GDT + G, selector, offset, PRESENT | access

main:

; ---- JMP and CALL to a code segment ----

; direct "what", ring, selector, exception or NOTHING, error code, how to make the segment.
; On success the new CS has the old CPL as its RPL.
%macro direct 6+
    case "JMP to ", %1
        %6
        to_ring %2
    .at: jmp (%3):.there
    .there:
    gets %4, %5
    %if %4 == NOTHING
    is "CS", [seen.cs], ((%3) & ~3) + %2
    is "ESP", [seen.esp], STACK%2
    %else
    saved_eip .at
    %endif
    case "CALL to ", %1
        %6
        to_ring %2
    .at: call (%3):.there
    .there:
    gets %4, %5
    %if %4 == NOTHING
    is "CS", [seen.cs], ((%3) & ~3) + %2
    is "ESP", [seen.esp], STACK%2 - 8
    is "the return address", [STACK%2 - 8], .there
    is_masked "the return selector", [STACK%2 - 4], CODE%2, 0xFFFF
    %else
    saved_eip .at
    is "ESP", [seen.esp], STACK%2
    %endif
%endmacro
    direct "code of the same ring", 3, C + 3, NOTHING, 0, code(3)
    direct "code of the same ring, a lower RPL", 3, C, NOTHING, 0, code(3)
    direct "code of the same ring, ring 1, RPL above CPL: #GP(selector)", 1, C + 2, EXC_GP, C, code(1)
    direct "code of ring 2 from ring 1: #GP(selector)", 1, C + 2, EXC_GP, C, code(2)
    direct "code of ring 1 from ring 2: #GP(selector)", 2, C + 1, EXC_GP, C, code(1)
    direct "code of ring 0 from ring 3: #GP(selector)", 3, CODE0, EXC_GP, CODE0, nop
    direct "conforming code of ring 0 from ring 3: CPL stays", 3, C, NOTHING, 0, conforming(0)
    direct "conforming code of ring 1 from ring 2, RPL 3: CPL stays", 2, C + 3, NOTHING, 0, conforming(1)
    direct "conforming code of ring 3 from ring 2: #GP(selector)", 2, C + 2, EXC_GP, C, conforming(3)
    direct "a null selector: #GP(0)", 3, 0, EXC_GP, 0, nop
    direct "a null selector with RPL 3: #GP(0)", 3, 3, EXC_GP, 0, nop
    direct "a selector beyond the GDT: #GP(selector)", 3, 0x203, EXC_GP, 0x200, nop
    direct "a selector in an LDT that is not there: #GP(selector)", 3, 0x17, EXC_GP, 0x14, nop
    direct "a data segment: #GP(selector)", 3, DATA3, EXC_GP, DATA3 & ~3, nop
    direct "code that is not present: #NP(selector)", 3, C + 3, EXC_NP, C, absent(dpl(3) | READABLE)
    direct "absent code of another ring: #GP, DPL before P", 3, C + 3, EXC_GP, C, absent(dpl(0) | READABLE)
    direct "an offset beyond the limit: #GP(0)", 3, C + 3, EXC_GP, 0, descriptor C, 0, 0xFFF, PRESENT | dpl(3) | READABLE, BIG

    ; Only code, call gates (4, 12), task gates (5) and available TSSs (1, 9) are destinations.
%assign type 0
%rep 16
    %if type != 1 && type != 4 && type != 5 && type != 9 && type != 12
    %defstr type_name type
    direct {"a system descriptor of type ", type_name, ": #GP(selector)"}, 2, C + 2, EXC_GP, C, descriptor C, 0, 0xFFF, PRESENT | dpl(3) | type, 0
    %endif
    %assign type type + 1
%endrep

    case "JMP to code in the LDT"
        mov eax, MAIN_LDT
        lldt ax
        descriptor 0x14, 0, 0xFFFFF, PRESENT | dpl(3) | READABLE
        to_ring 3
        jmp 0x17:.there
    .there:
    gets NOTHING
    is "CS", [seen.cs], 0x17
    is_masked "accessed", [LDT + 0x14], (PRESENT | dpl(3) | READABLE | ACCESSED) << 8, 0xFF00

    case "JMP with a 16-bit offset: EIP gets no more"
        mov word [DATA], .there - 0x1000
        mov word [DATA + 2], C
        descriptor C, 0x1000, 0xFFFFF, PRESENT | READABLE
        o16 jmp far [DATA]
    .there:
    gets NOTHING
    saved_eip ..@end_%[case_number] - 0x1000
    is "CS", [seen.cs], C

    case "CALL with a 16-bit offset pushes words"
        mov word [DATA], .there - 0x1000
        mov word [DATA + 2], C
        descriptor C, 0x1000, 0xFFFFF, PRESENT | READABLE
        o16 call far [DATA]
    .there:
        mov ebx, esp
        mov ecx, [esp]
    gets NOTHING
    is "ESP", [seen.ebx], STACK0 - 4
    is "CS:IP", [seen.ecx], (CODE0 << 16) + number(.there)

    case "the descriptor becomes accessed"
        code(0)
        jmp C:.there
    .there:
    gets NOTHING
    is_masked "access byte", [GDT + C + 4], (PRESENT | READABLE | ACCESSED) << 8, 0xFF00

    case "CALL without room for the return address: #SS(0), ESP stays"
        code(3)
        descriptor S, DATA, 0xFFF, PRESENT | dpl(3) | WRITABLE, BIG
        to_ring 3
        mov eax, S + 3
        mov ss, eax
        mov esp, 4
    .at: call C + 3:.there
    .there:
    gets EXC_SS, 0
    saved_eip .at
    is "ESP", [seen.esp], 4

; ---- call gates ----

; through "what", JMP or CALL, ring, gate selector, exception or NOTHING, error code, preparation
%macro through 7+
    %defstr how %2
    case how, " through ", %1
        %7
        to_ring %3
    .at: %2 (%4):0x12345678         ; the offset does not matter
    .there:
    gets %5, %6
    %if %5 == NOTHING
    is "CS", [seen.cs], C + %3
    %else
    saved_eip .at
    %endif
%endmacro
%macro jump_or_call_through 6+
    through %1, jmp, %2, %3, %4, %5, %6
    through %1, call, %2, %3, %4, %5, %6
%endmacro

%macro gate_beyond_c 0
    call_gate(C, 0x10000, dpl(3) | CALL_GATE32)
    descriptor C, 0, 0xFFFF, PRESENT | dpl(3) | READABLE, BIG
%endmacro
%macro gate16_to_c 0                ; the upper half of its offset is ignored
    call_gate(C + 3, 0x100000 + number(.there), dpl(3) | CALL_GATE16)
    mov word [0x100000 + number(.there)], 0x0B0F    ; UD2, for who goes there
    descriptor C, 0, 0xFFFFF, PRESENT | dpl(3) | READABLE
%endmacro
; A gate of type %1 to %2, a selector of C, which gets access byte %3.
%macro gate_to_c 3
    call_gate(%2, number(.there), dpl(3) | %1)
    descriptor C, 0, 0xFFFFF, %3
%endmacro

    jump_or_call_through "a call gate, DPL below CPL: #GP(gate)", 3, G + 3, EXC_GP, G, call_gate(CODE3, number(.there), dpl(2) | CALL_GATE32)
    jump_or_call_through "a call gate, DPL below RPL: #GP(gate)", 1, G + 3, EXC_GP, G, call_gate(CODE1, number(.there), dpl(2) | CALL_GATE32)
    jump_or_call_through "a call gate that is not present: #NP(gate)", 3, G + 3, EXC_NP, G, gate GDT + G, CODE3, number(.there), dpl(3) | CALL_GATE32
    jump_or_call_through "an absent call gate, DPL below CPL: #GP", 3, G + 3, EXC_GP, G, gate GDT + G, CODE3, number(.there), CALL_GATE32
    jump_or_call_through "a call gate to a null selector: #GP(0)", 3, G + 3, EXC_GP, 0, call_gate(3, number(.there), dpl(3) | CALL_GATE32)
    jump_or_call_through "a call gate to a selector beyond the GDT: #GP(selector)", 3, G + 3, EXC_GP, 0x200, call_gate(0x203, number(.there), dpl(3) | CALL_GATE32)
    jump_or_call_through "a call gate to data: #GP(selector)", 3, G + 3, EXC_GP, DATA3 & ~3, call_gate(DATA3, number(.there), dpl(3) | CALL_GATE32)
    jump_or_call_through "a call gate to a TSS: #GP(selector)", 3, G + 3, EXC_GP, MAIN_TSS, call_gate(MAIN_TSS, number(.there), dpl(3) | CALL_GATE32)
    jump_or_call_through "a call gate to an outer ring: #GP(selector)", 1, G + 1, EXC_GP, CODE2 & ~3, call_gate(CODE2, number(.there), dpl(3) | CALL_GATE32)
    jump_or_call_through "a call gate to an outer ring's conforming code: #GP(selector)", 1, G + 1, EXC_GP, C, gate_to_c CALL_GATE32, C, PRESENT | dpl(2) | CONFORMING
    jump_or_call_through "a call gate to absent code: #NP(selector)", 3, G + 3, EXC_NP, C, gate_to_c CALL_GATE32, C, dpl(3) | READABLE
    jump_or_call_through "a call gate to an offset beyond the limit: #GP(0)", 3, G + 3, EXC_GP, 0, gate_beyond_c
    jump_or_call_through "a call gate to the same ring", 3, G + 3, NOTHING, 0, gate_to_c CALL_GATE32, C + 3, PRESENT | dpl(3) | READABLE
    jump_or_call_through "a call gate whose selector has RPL 3, in ring 1", 1, G + 1, NOTHING, 0, gate_to_c CALL_GATE32, C + 3, PRESENT | dpl(1) | READABLE
    jump_or_call_through "a call gate to an inner ring's conforming code: CPL stays", 3, G + 3, NOTHING, 0, gate_to_c CALL_GATE32, C, PRESENT | CONFORMING
    jump_or_call_through "a 16-bit call gate to the same ring", 3, G + 3, NOTHING, 0, gate16_to_c
    through "a call gate to an inner ring: #GP(selector)", jmp, 3, G + 3, EXC_GP, CODE0, call_gate(CODE0, number(.there), dpl(3) | CALL_GATE32)

    case "CALL through a 32-bit gate in the same ring pushes doublewords, whatever the operand size"
        call_gate(CODE0, number(.there), CALL_GATE32)
        mov dword [DATA], 0
        mov word [DATA + 2], G
        o16 call far [DATA]
    .after:
        ud2
    .there:
        mov ebx, esp
        mov ecx, [esp]
        mov edx, [esp + 4]
    gets NOTHING
    is "ESP", [seen.ebx], STACK0 - 8
    is "EIP", [seen.ecx], .after
    is_masked "CS", [seen.edx], CODE0, 0xFFFF

    case "CALL through a 16-bit gate in the same ring pushes words"
        call_gate(CODE0, number(.there), CALL_GATE16)
        call G:0
    .after:
        ud2
    .there:
        mov ebx, esp
        mov ecx, [esp]
    gets NOTHING
    is "ESP", [seen.ebx], STACK0 - 4
    is "CS:IP", [seen.ecx], (CODE0 << 16) + number(.after)

; ---- call gates to an inner ring ----

%macro call_inner 2                 ; from, to
    %defstr from_name %1
    %defstr to_name %2
    case "CALL through a 32-bit gate from ring ", from_name, " to ring ", to_name
        call_gate(CODE%2, number(.there), dpl(3) | CALL_GATE32)
        to_ring %1
        push dword 0x1111
        call G:0
    .after:
        ud2
    .there:
        mov ebx, esp
    gets NOTHING
    is "CS", [seen.cs], CODE%2
    is "SS", [seen.ss], DATA%2
    is "ESP", [seen.ebx], STACK%2 - 16
    is "the return EIP", [STACK%2 - 16], .after
    is_masked "the return CS", [STACK%2 - 12], CODE%1, 0xFFFF
    is "the old ESP", [STACK%2 - 8], STACK%1 - 4
    is_masked "the old SS", [STACK%2 - 4], DATA%1, 0xFFFF
%endmacro
    call_inner 3, 2
    call_inner 3, 1
    call_inner 2, 1

    case "CALL to ring 0 through a 32-bit gate with 3 parameters"
        gate GDT + G, CODE0, number(.there), PRESENT | dpl(3) | CALL_GATE32, 3
        to_ring 3
        push dword 0x33333333
        push dword 0x22222222
        push dword 0x11111111
        call G:0
    .after:
        ud2
    .there:
        mov ebx, esp
        mov ecx, ss
    gets NOTHING
    is "ESP", [seen.ebx], TSS_STACK - 28
    is "SS", [seen.ecx], DATA0
    is "the return EIP", [TSS_STACK - 28], .after
    is_masked "the return CS", [TSS_STACK - 24], CODE3, 0xFFFF
    is "the last parameter pushed", [TSS_STACK - 20], 0x11111111
    is "the second", [TSS_STACK - 16], 0x22222222
    is "the first", [TSS_STACK - 12], 0x33333333
    is "the old ESP", [TSS_STACK - 8], STACK3 - 12
    is_masked "the old SS", [TSS_STACK - 4], DATA3, 0xFFFF

    case "CALL to ring 0 through a 16-bit gate with 3 parameters: words"
        gate GDT + G, CODE0, number(.there), PRESENT | dpl(3) | CALL_GATE16, 3
        to_ring 3
        push word 0x3333
        push word 0x2222
        push word 0x1111
        call G:0
    .after:
        ud2
    .there:
        mov ebx, esp
    gets NOTHING
    is "ESP", [seen.ebx], TSS_STACK - 14
    is "CS:IP", [TSS_STACK - 14], ((CODE3) << 16) + number(.after)
    is "parameters", [TSS_STACK - 10], 0x22221111
    is "the first, and SP", [TSS_STACK - 6], (((STACK3 - 6) & 0xFFFF) << 16) + 0x3333
    is_masked "the old SS", [TSS_STACK - 2], DATA3, 0xFFFF

    case "31 parameters"
        gate GDT + G, CODE0, number(.there), PRESENT | dpl(3) | CALL_GATE32, 31
        to_ring 3
        push dword 0xFFFF
        sub esp, 29 * 4
        push dword 0xEEEE
        call G:0
        ud2
    .there:
        mov ebx, esp
    gets NOTHING
    is "ESP", [seen.ebx], TSS_STACK - 35 * 4
    is "the first parameter", [TSS_STACK - 12], 0xFFFF
    is "the last", [TSS_STACK - 33 * 4], 0xEEEE

    case "a gate's parameter count has five bits"
        gate GDT + G, CODE0, number(.there), PRESENT | dpl(3) | CALL_GATE32, 0xE1
        to_ring 3
        push dword 0x1111
        call G:0
        ud2
    .there:
        mov ebx, esp
    gets NOTHING
    is "ESP", [seen.ebx], TSS_STACK - 20

; The inner stack's segment: all but "not present" are #TS.
%macro call_stack 4+                ; what, SS1, exception, preparation
    case "CALL to ring 1, SS1 is ", %1
        %4
        call_gate(CODE1, number(.there), dpl(3) | CALL_GATE32)
        mov dword [TSS + 16], %2
        to_ring 3
    .at: call G:0
    .there:
    gets %3, (%2) & ~3
    saved_eip .at
    is "ESP", [seen.esp], STACK3
%endmacro
    call_stack "null", 0, EXC_TS, nop
    call_stack "beyond the GDT", 0x201, EXC_TS, nop
    call_stack "of another RPL", DATA1 & ~3, EXC_TS, nop
    call_stack "of another DPL", DATA2 - 1, EXC_TS, nop
    call_stack "read-only", S + 1, EXC_TS, descriptor S, 0, 0xFFFFF, PRESENT | dpl(1) | READ_ONLY
    call_stack "code", CODE1, EXC_TS, nop
    call_stack "not present: #SS(selector)", S + 1, EXC_SS, descriptor S, 0, 0xFFFFF, dpl(1) | WRITABLE
    call_stack "without room: #SS(selector)", S + 1, EXC_SS, descriptor S, 0, 0xFFFF, PRESENT | dpl(1) | WRITABLE, BIG

    case "CALL to ring 1, the TSS is too short: #TS(TSS)"
        descriptor FREE + 0x40, TSS, 16, PRESENT | TSS32, 0
        mov eax, FREE + 0x40
        ltr ax
        call_gate(CODE1, number(.there), dpl(3) | CALL_GATE32)
        to_ring 3
    .at: call G:0
    .there:
    gets EXC_TS, FREE + 0x40
    saved_eip .at

    case "CALL to ring 1, the offset is beyond the limit: #GP(0)"
        descriptor C, 0, 0xFFFF, PRESENT | dpl(1) | READABLE, BIG
        call_gate(C, 0x10000, dpl(3) | CALL_GATE32)
        to_ring 3
    .at: call G:0
    gets EXC_GP, 0
    saved_eip .at

    case "the parameters lie beyond the outer stack's limit: #SS(0)"
        gate GDT + G, CODE1, number(.there), PRESENT | dpl(3) | CALL_GATE32, 2
        descriptor S, DATA, 0xFFF, PRESENT | dpl(3) | WRITABLE, BIG
        to_ring 3
        mov eax, S + 3
        mov ss, eax
        mov esp, 0xFFC
    .at: call G:0
    .there:
    gets EXC_SS, 0
    saved_eip .at

; ---- RET ----

; ret_case "what", ring, selector, exception or NOTHING, error code, preparation
; In ring %2 with a far return address on the stack; on success CS is the selector.
%macro ret_case 6+
    case "RETF to ", %1
        %6
        to_ring %2
        push dword DATA3
        push dword STACK3
        push dword %3
        push dword .there
    .at: retf
    .there:
    gets %4, %5
    %if %4 == NOTHING
    is "CS", [seen.cs], %3
    %else
    saved_eip .at
    is "ESP", [seen.esp], STACK%2 - 16
    %endif
    case "IRET to ", %1
        %6
        to_ring %2
        push dword DATA3
        push dword STACK3
        pushfd
        push dword %3
        push dword .there
    .at: iretd
    .there:
    gets %4, %5
    %if %4 == NOTHING
    is "CS", [seen.cs], %3
    %else
    saved_eip .at
    is "ESP", [seen.esp], STACK%2 - 20
    %endif
%endmacro
    ret_case "the same ring", 2, C + 2, NOTHING, 0, code(2)
    ret_case "an outer ring", 1, C + 3, NOTHING, 0, code(3)
    ret_case "an inner ring: #GP(selector)", 2, C + 1, EXC_GP, C, code(1)
    ret_case "a null selector: #GP(0)", 2, 0, EXC_GP, 0, nop
    ret_case "a null selector with RPL 3: #GP(0)", 2, 3, EXC_GP, 0, nop
    ret_case "a selector beyond the GDT: #GP(selector)", 2, 0x202, EXC_GP, 0x200, nop
    ret_case "data: #GP(selector)", 2, DATA2, EXC_GP, DATA2 & ~3, nop
    ret_case "a call gate: #GP(selector)", 2, G + 2, EXC_GP, G, call_gate(CODE2, number(.there), dpl(3) | CALL_GATE32)
    ret_case "code whose DPL is not RPL: #GP(selector)", 1, C + 3, EXC_GP, C, code(2)
    ret_case "conforming code of an inner ring", 2, C + 2, NOTHING, 0, conforming(0)
    ret_case "conforming code of an inner ring, an outer RPL", 2, C + 3, NOTHING, 0, conforming(0)
    ret_case "conforming code with a DPL above RPL: #GP(selector)", 1, C + 2, EXC_GP, C, conforming(3)
    ret_case "absent code: #NP(selector)", 2, C + 2, EXC_NP, C, absent(dpl(2) | READABLE)
    ret_case "an offset beyond the limit: #GP(0)", 2, C + 2, EXC_GP, 0, descriptor C, 0, 0xFFF, PRESENT | dpl(2) | READABLE, BIG
    ret_case "an offset beyond the outer ring's limit: #GP(0)", 2, C + 3, EXC_GP, 0, descriptor C, 0, 0xFFF, PRESENT | dpl(3) | READABLE, BIG

; The outer stack's segment.
%macro ret_stack 5+                 ; what, SS, exception, error code, preparation
    case "RETF to ring 3, SS is ", %1
        %5
        to_ring 1
        push dword %2
        push dword STACK3
        push dword CODE3
        push dword .there
    .at: retf
    .there:
    gets %3, %4
    saved_eip .at
    case "IRET to ring 3, SS is ", %1
        %5
        to_ring 1
        push dword %2
        push dword STACK3
        pushfd
        push dword CODE3
        push dword .there
    .at: iretd
    .there:
    gets %3, %4
    saved_eip .at
%endmacro
    ret_stack "null: #GP(0)", 0, EXC_GP, 0, nop
    ret_stack "null with RPL 3: #GP(0)", 3, EXC_GP, 0, nop
    ret_stack "beyond the GDT: #GP(selector)", 0x203, EXC_GP, 0x200, nop
    ret_stack "of another RPL: #GP(selector)", DATA3 - 1, EXC_GP, DATA3 & ~3, nop
    ret_stack "of another DPL: #GP(selector)", DATA2 + 1, EXC_GP, DATA2 & ~3, nop
    ret_stack "read-only: #GP(selector)", S + 3, EXC_GP, S, descriptor S, 0, 0xFFFFF, PRESENT | dpl(3) | READ_ONLY
    ret_stack "code: #GP(selector)", CODE3, EXC_GP, CODE3 & ~3, nop
    ret_stack "not present: #SS(selector)", S + 3, EXC_SS, S, descriptor S, 0, 0xFFFFF, dpl(3) | WRITABLE

    case "RETF 8 to an outer ring releases parameters of both stacks"
        to_ring 1
        push dword DATA3
        push dword STACK3 - 0x40
        push dword 0x2222
        push dword 0x1111
        push dword CODE3
        push dword .there
        retf 8
    .there:
    gets NOTHING
    is "CS", [seen.cs], CODE3
    is "SS", [seen.ss], DATA3
    is "ESP", [seen.esp], STACK3 - 0x40 + 8

    case "RETF 8 in the same ring"
        to_ring 3
        push dword 0x2222
        push dword 0x1111
        push dword CODE3
        push dword .there
        retf 8
    .there:
    gets NOTHING
    is "ESP", [seen.esp], STACK3

    case "RETF of 16 bits pops words"
        push word CODE0
        push word number(.there)
        o16 retf
    .there:
        mov ebx, esp
    gets NOTHING
    is "ESP", [seen.ebx], STACK0

    case "data segments that the outer ring may not use become null; the others stay"
        descriptor C, 0, 0xFFFFF, PRESENT | CONFORMING
        descriptor S, 0, 0xFFFFF, PRESENT | dpl(3) | WRITABLE
        descriptor S + 8, 0, 0xFFFFF, PRESENT | dpl(2) | WRITABLE
        push dword DATA3
        push dword STACK3
        push dword CODE3
        push dword .there
        mov eax, DATA0
        mov ds, eax
        mov eax, S
        mov es, eax
        mov eax, C
        mov fs, eax
        mov eax, S + 8
        mov gs, eax
        retf
    .there:
    gets NOTHING
    is_masked "DS, of DPL 0", [seen.ds], 0, 0xFFFF
    is_masked "ES, of DPL 3", [seen.es], S, 0xFFFF
    is_masked "FS, conforming code", [seen.fs], C, 0xFFFF
    is_masked "GS, of DPL 2", [seen.gs], 0, 0xFFFF

    case "the return address lies beyond the stack's limit: #SS(0)"
        descriptor S, DATA, 0xFFF, PRESENT | dpl(3) | WRITABLE, BIG
        to_ring 3
        mov eax, S + 3
        mov ss, eax
        mov esp, 0xFFC
    .at: retf
    gets EXC_SS, 0
    saved_eip .at

    case "RETF to an outer ring with a 16-bit stack keeps the upper half of ESP"
        descriptor S, 0, 0xFFFFF, PRESENT | dpl(3) | WRITABLE, GRANULAR
        to_ring 1
        push dword S + 3
        push dword 0x12345678
        push dword CODE3
        push dword .there
        retf
    .there:
    gets NOTHING
    is_masked "SP", [seen.esp], 0x5678, 0xFFFF

; ---- what IRET does to the flags ----

; iret_flags ring, IOPL, bits that change (of IF, IOPL, NT, DF, AC, ID and VM)
ASKED equ FLAG_IF | FLAG_DF | FLAG_NT | FLAG_AC | 1 << 21 | FLAG_CF | iopl(3)
%macro iret_flags 3
    %defstr ring_name %1
    %defstr iopl_name %2
    case "IRETD in ring ", ring_name, " with IOPL ", iopl_name, " loads the flags that it may"
        to_ring %1, iopl(%2)
        push dword ASKED
        push dword CODE%1
        push dword .there
        iretd
    .there:
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], %3, ASKED
%endmacro
    iret_flags 1, 0, ASKED & ~FLAG_IF & ~iopl(3)
    iret_flags 1, 1, ASKED & ~iopl(3) | iopl(1)
    iret_flags 3, 0, ASKED & ~FLAG_IF & ~iopl(3)
    iret_flags 3, 2, ASKED & ~FLAG_IF & ~iopl(3) | iopl(2)
    iret_flags 3, 3, ASKED | iopl(3)

    case "IRETD in ring 0 loads all of them"
        push dword ASKED & ~FLAG_IF
        push dword CODE0
        push dword .there
        iretd
    .there:
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], ASKED & ~FLAG_IF, ASKED

    case "IRET of 16 bits leaves the upper flags alone"
        push dword FLAG_AC | 1 << 21
        popfd
        push word FLAG_NT | iopl(2)
        push word CODE0
        push word number(.there)
        o16 iret
    .there:
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], FLAG_NT | iopl(2) | FLAG_AC | 1 << 21, ASKED

    case "IRETD in ring 1 ignores VM"
        ; The segment's base is what the selector means in virtual-8086 mode.
        descriptor C, (C + 1) * 16, 0xFFFFF, PRESENT | dpl(1) | READABLE
        to_ring 1
        push dword FLAG_VM | 2
        push dword C + 1
        push dword .there - (C + 1) * 16
        iretd
    .there:
    gets EXC_UD                     ; at `gets` itself, in a segment with a base
    saved_eip .there - (C + 1) * 16
    is_masked "VM", [seen.eflags], 0, FLAG_VM
    is "CS", [seen.cs], C + 1

    case "IRETD in ring 0 with VM: virtual-8086 mode, all segments from the stack"
        push dword 0x6666
        push dword 0x5555
        push dword 0x4444
        push dword 0x3333
        push dword 0x100
        push dword 0x12340100
        push dword FLAG_VM | iopl(1) | 2
        push dword 0x100
        push dword number(.there) - 0x1000
        iretd
    .there:
    gets NOTHING
    is_masked "VM and IOPL", [seen.eflags], FLAG_VM | iopl(1), FLAG_VM | iopl(3)
    is "CS", [seen.cs], 0x100
    is "SS", [seen.ss], 0x100
    is "ESP", [seen.esp], 0x12340100
    is "ES", [seen.frame + 20], 0x3333
    is "DS", [seen.frame + 24], 0x4444
    is "FS", [seen.frame + 28], 0x5555
    is "GS", [seen.frame + 32], 0x6666

    case "IRETD to virtual-8086 mode with EIP above FFFFh: #GP(0)"
        mov word [DATA], 0x0B0F     ; UD2, for who goes there
        mov word [0], 0x0B0F        ; or to the lower half of EIP
        times 6 push dword 0
        push dword FLAG_VM | 2
        push dword 0
        push dword DATA
    .at: iretd
    gets EXC_GP, 0
    is_masked "VM", [seen.eflags], 0, FLAG_VM

    finish
