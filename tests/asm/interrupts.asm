; How an interrupt or exception gets through the IDT in protected mode: gates of each type, checks
; in their order, error codes with the IDT and EXT bits, stack switches, flags; interrupts from
; outside.
; Manual: Intel SDM Vol. 2, "Call to Interrupt Procedure"; Vol. 3, "Interrupt and Exception
; Handling": "IDT Descriptors", "Exception- or Interrupt-Handler Procedures", "Error Code".

%include "case.inc"
%include "timer.inc"

V equ 0x40                          ; the vector that INT asks for
V_CODE equ V * 8 + 2                ; its gate as an error code: bit 1 says IDT

; The gate of vector V.
%macro v_gate 3                     ; selector, offset, access byte
    gate vector_gate(V), %1, %2, %3
%endmacro

main:

; ---- gates ----

    case "interrupt gate: IF, TF, NT and RF are clear in the handler, kept in the frame"
        push dword FLAG_IF | FLAG_NT | FLAG_DF | 2
        popfd
        int V
    .after:
    gets V
    saved_eip .after
    is "CS of the frame", [seen.cs], CODE0
    is_masked "EFLAGS of the frame", [seen.eflags], FLAG_IF | FLAG_NT | FLAG_DF, 0x3FFE00
    is_masked "EFLAGS in the handler", [seen.handler_flags], FLAG_DF, 0x3FFF00
    frame_at STACK0 - 12

    case "trap gate: IF stays"
        v_gate CODE0, handler(V), PRESENT | TRAP_GATE
        push dword FLAG_IF | FLAG_NT | 2
        popfd
        int V
    .after:
    gets V
    saved_eip .after
    is_masked "EFLAGS of the frame", [seen.eflags], FLAG_IF | FLAG_NT, 0x3FFF00
    is_masked "EFLAGS in the handler", [seen.handler_flags], FLAG_IF, 0x3FFF00

    case "16-bit interrupt gate: a frame of three words, IF clear"
        v_gate CODE0, handler16(V), PRESENT | INTERRUPT_GATE16
        push dword FLAG_IF | FLAG_NT | 2
        popfd
        int V
    .after:
    gets V
    saved_eip .after
    is "CS of the frame", [seen.cs], CODE0
    is_masked "FLAGS of the frame", [seen.eflags], FLAG_IF | FLAG_NT, 0xFF00
    is_masked "EFLAGS in the handler", [seen.handler_flags], 0, 0x3FFF00
    frame_at STACK0 - 6

    case "16-bit trap gate: IF stays"
        v_gate CODE0, handler16(V), PRESENT | TRAP_GATE16
        push dword FLAG_IF | 2
        popfd
        int V
    gets V
    is_masked "EFLAGS in the handler", [seen.handler_flags], FLAG_IF, 0x3FFF00
    frame_at STACK0 - 6

    case "16-bit gate: the upper half of its offset is ignored"
        mov word [0x100000 + handler16(V)], 0x0B0F  ; UD2, for who goes there
        v_gate CODE0, handler16(V) + 0x100000, PRESENT | INTERRUPT_GATE16
        int V
    gets V

    case "16-bit gate for an exception: its error code is a word"
        gate vector_gate(EXC_GP), CODE0, handler16(EXC_GP), PRESENT | INTERRUPT_GATE16
        mov eax, FREE
    .at: mov ds, eax
    gets EXC_GP, FREE
    saved_eip .at
    frame_at STACK0 - 6

    case "INT 0Dh pushes no error code"
        int EXC_GP
    .after: dd 0
    gets EXC_GP, .after             ; where the error code would be
    is "the next doubleword", [seen.frame], CODE0

    ; The types that an IDT may hold: 5 task gate (tasks.asm), 6, 7, 14, 15.
%assign type 0
%rep 32
    %if type != 5 && type != 6 && type != 7 && type != 14 && type != 15
    %defstr type_name type
    case "INT through a descriptor of S and type ", type_name, ": #GP(vector * 8 + 2)"
        v_gate CODE0, handler(V), PRESENT | type
    .at: int V
    gets EXC_GP, V_CODE
    saved_eip .at
    %endif
    %assign type type + 1
%endrep

; ---- the limit of the IDT ----

%macro idt_limit 1
    mov dword [spare], (%1) << 16
    mov dword [spare + 4], IDT
    lidt [spare + 2]
%endmacro

    case "a gate that ends at the IDT's limit"
        idt_limit V * 8 + 7
        int V
    gets V

    case "a gate that ends a byte beyond: #GP(vector * 8 + 2)"
        idt_limit V * 8 + 6
    .at: int V
    gets EXC_GP, V_CODE
    saved_eip .at

    case "an exception's gate that ends a byte beyond: #GP(vector * 8 + 2 + EXT)"
        idt_limit EXC_XM * 8 + 7
        gate vector_gate(EXC_MF), CODE0, handler(EXC_MF), PRESENT | INTERRUPT_GATE
        idt_limit EXC_MF * 8 + 6
        push dword 0x37B            ; zero divide unmasked
        fldcw [esp]
        fld1
        fldz
        fdivp
    .at: wait
    gets EXC_GP, EXC_MF * 8 + 2 + 1
    saved_eip .at

; ---- DPL of the gate ----

; INT n, INT3 and INTO need CPL <= DPL; nothing else does.
%macro gate_dpl 3                   ; CPL, DPL, vector or EXC_GP
    %defstr cpl_name %1
    %defstr dpl_name %2
    case "INT n in ring ", cpl_name, ", gate of DPL ", dpl_name
        v_gate CODE0, handler(V), PRESENT | dpl(%2) | INTERRUPT_GATE
        to_ring %1
    .at: int V
    .after:
    %if %3 == V
    gets V
    saved_eip .after
    %else
    gets EXC_GP, V_CODE
    saved_eip .at
    %endif
%endmacro
    gate_dpl 1, 0, EXC_GP
    gate_dpl 1, 1, V
    gate_dpl 1, 2, V
    gate_dpl 1, 3, V
    gate_dpl 2, 0, EXC_GP
    gate_dpl 2, 1, EXC_GP
    gate_dpl 2, 2, V
    gate_dpl 2, 3, V
    gate_dpl 3, 0, EXC_GP
    gate_dpl 3, 1, EXC_GP
    gate_dpl 3, 2, EXC_GP
    gate_dpl 3, 3, V

    case "INT3 in ring 3, gate of DPL 0: #GP(3 * 8 + 2)"
        to_ring 3
    .at: int3
    gets EXC_GP, EXC_BP * 8 + 2
    saved_eip .at

    case "INTO in ring 3, gate of DPL 0: #GP(4 * 8 + 2)"
        to_ring 3
        mov al, 0x7F
        add al, 1
    .at: into
    gets EXC_GP, EXC_OF * 8 + 2
    saved_eip .at

    case "INT1 in ring 3, gate of DPL 0: no check"
        to_ring 3
        int1
    .after:
    gets EXC_DB
    saved_eip .after

    case "BOUND in ring 3, gate of DPL 0: no check"
        to_ring 3
        mov dword [DATA], 1
        mov dword [DATA + 4], 1
        xor eax, eax
        bound eax, [DATA]
    gets EXC_BR

    case "DPL is checked before P: #GP"
        v_gate CODE0, handler(V), INTERRUPT_GATE
        to_ring 3
        int V
    gets EXC_GP, V_CODE

    case "a gate that is not present: #NP(vector * 8 + 2)"
        v_gate CODE0, handler(V), INTERRUPT_GATE
    .at: int V
    gets EXC_NP, V_CODE
    saved_eip .at

; ---- the code segment behind the gate ----

; Twice each: by INT, and by an exception (#UD), whose error codes have EXT.
%macro target 4+                    ; what, selector, exception, how to make the segment
    case "the gate's segment is ", %1, ", by INT"
        %4
        v_gate %2, handler(V), PRESENT | INTERRUPT_GATE
    .at: int V
    gets %3, (%2) & ~3
    saved_eip .at
    case "the gate's segment is ", %1, ", by an exception: EXT"
        %4
        gate vector_gate(EXC_NM), %2, handler(EXC_NM), PRESENT | INTERRUPT_GATE
        mov eax, cr0
        or eax, CR0_TS
        mov cr0, eax
    .at: fld1
    gets %3, ((%2) & ~3) + 1
    saved_eip .at
%endmacro
    target "null", 0, EXC_GP, nop
    target "null, with an RPL", 3, EXC_GP, nop
    target "beyond the GDT's limit", 0x200, EXC_GP, nop
    target "in an LDT that is not there", FREE + 4, EXC_GP, nop
    target "a data segment", DATA0, EXC_GP, nop
    target "a TSS", MAIN_TSS, EXC_GP, nop
    target "code of a lower privilege", CODE3, EXC_GP, nop
    target "code of a lower privilege, RPL 0", CODE3 & ~3, EXC_GP, nop
    target "not present", FREE, EXC_NP, descriptor FREE, 0, 0xFFFFF, READABLE

    case "the RPL of the gate's selector is ignored"
        v_gate CODE0 + 3, handler(V), PRESENT | INTERRUPT_GATE
        int V
    gets V
    is "CS in the handler", [seen.cs_handler], CODE0

    case "a code segment in the LDT"
        mov eax, MAIN_LDT
        lldt ax
        descriptor 0x14, 0, 0xFFFFF, PRESENT | READABLE
        v_gate 0x14, handler(V), PRESENT | INTERRUPT_GATE
        int V
    gets V
    is "CS in the handler", [seen.cs_handler], 0x14

    case "the handler's offset is beyond the limit: #GP(0)"
        mov word [0x40000], 0x0B0F  ; UD2, for who goes there
        descriptor FREE, 0, 0x3FFFF, PRESENT | READABLE, BIG
        v_gate FREE, 0x40000, PRESENT | INTERRUPT_GATE
    .at: int V
    gets EXC_GP, 0
    saved_eip .at

    case "the handler of an exception is beyond the limit: #GP(EXT)"
        mov word [0x40000], 0x0B0F
        descriptor FREE, 0, 0x3FFFF, PRESENT | READABLE, BIG
        gate vector_gate(EXC_NM), FREE, 0x40000, PRESENT | INTERRUPT_GATE
        mov eax, cr0
        or eax, CR0_TS
        mov cr0, eax
        fld1
    gets EXC_GP, 1

; ---- privilege ----

%macro inner_ring 2                 ; from, to
    %defstr from_name %1
    %defstr to_name %2
    case "INT from ring ", from_name, " to ring ", to_name, ": that ring's stack, from the TSS"
        v_gate CODE%2, number(.inner), PRESENT | dpl(3) | INTERRUPT_GATE
        to_ring %1
        int V
    .inner:
        mov eax, [esp + 12]         ; ESP and SS of the frame
        mov edx, [esp + 16]
    gets NOTHING
    is "CS", [seen.cs], CODE%2
    is "SS", [seen.ss], DATA%2
    is "ESP", [seen.esp], STACK%2 - 20
    is "the old ESP", [seen.eax], STACK%1
    is "the old SS", [seen.edx], DATA%1
%endmacro
    inner_ring 3, 1
    inner_ring 3, 2
    inner_ring 2, 1

    case "INT to the same ring 3: the stack stays"
        v_gate CODE3, number(.same), PRESENT | dpl(3) | INTERRUPT_GATE
        to_ring 3
        int V
    .same:
    gets NOTHING
    is "CS", [seen.cs], CODE3
    is "ESP", [seen.esp], STACK3 - 12

    case "INT from ring 3 to conforming code of DPL 0: ring 3 stays, and its stack"
        descriptor FREE, 0, 0xFFFFF, PRESENT | CONFORMING
        v_gate FREE, number(.same), PRESENT | dpl(3) | INTERRUPT_GATE
        to_ring 3
        int V
    .same:
    gets NOTHING
    is "CS", [seen.cs], FREE + 3
    is "SS", [seen.ss], DATA3
    is "ESP", [seen.esp], STACK3 - 12

    case "INT from ring 0 to conforming code of DPL 3: #GP(selector)"
        descriptor FREE, 0, 0xFFFFF, PRESENT | dpl(3) | CONFORMING
        v_gate FREE, handler(V), PRESENT | INTERRUPT_GATE
        int V
    gets EXC_GP, FREE

    case "16-bit gate to ring 0: five words, SP of the outer stack"
        v_gate CODE0, handler16(V), PRESENT | dpl(3) | INTERRUPT_GATE16
        to_ring 3
        mov esp, 0x12345678
        int V
    gets V
    is "the old SP", [seen.esp], 0x5678
    is "the old SS", [seen.ss], DATA3
    frame_at TSS_STACK - 10

    case "a 16-bit TSS gives SS0:SP0 in words"
        descriptor FREE, TSS, 0x2B, PRESENT | TSS16, 0
        mov eax, FREE
        mov word [TSS + 2], 0xF00
        mov word [TSS + 4], FREE + 8
        descriptor FREE + 8, STACK0, 0xFFFF, PRESENT | WRITABLE, 0
        ltr ax
        to_ring 3
        ud2
        nop
    gets EXC_UD
    is "SS in the handler", [seen.ss_handler], FREE + 8
    frame_at 0xF00 - 20

    case "a small stack: SP alone moves, within 64 KiB"
        descriptor FREE, 0x20000, 0xFFFF, PRESENT | WRITABLE, 0
        mov eax, FREE
        mov ss, eax
        mov esp, 0x1234E000
        int V
    gets V
    ; The handler's PUSHAD shows ESP as it was after four doublewords more than the frame's three,
    ; and the vector and error code.
    is_masked "upper half of ESP", [seen.esp_handler], 0x12340000, 0xFFFF0000
    frame_at 0xE000 - 12

; ---- the stack segment of the inner ring ----

; By INT, and by #UD with EXT.
%macro inner_stack 4+               ; what, SS0, exception, how to make the segment
    case "SS1 is ", %1, ", by INT"
        %4
        v_gate CODE1, handler(V), PRESENT | dpl(3) | INTERRUPT_GATE
        mov dword [TSS + 16], %2
        to_ring 3
    .at: int V
    gets %3, (%2) & ~3
    saved_eip .at
    case "SS1 is ", %1, ", by an exception: EXT"
        %4
        mov eax, cr0
        or eax, CR0_TS
        mov cr0, eax
        gate vector_gate(EXC_NM), CODE1, handler(EXC_NM), PRESENT | INTERRUPT_GATE
        mov dword [TSS + 16], %2
        to_ring 3
    .at: fld1
    gets %3, ((%2) & ~3) + 1
    saved_eip .at
%endmacro
    inner_stack "null", 0, EXC_TS, nop
    inner_stack "null, with an RPL", 1, EXC_TS, nop
    inner_stack "beyond the GDT's limit", 0x201, EXC_TS, nop
    inner_stack "of another RPL", DATA1 & ~3, EXC_TS, nop
    inner_stack "of another DPL", DATA2 - 1, EXC_TS, nop
    inner_stack "read-only", FREE + 1, EXC_TS, descriptor FREE, 0, 0xFFFFF, PRESENT | dpl(1) | READ_ONLY
    inner_stack "code", CODE1, EXC_TS, nop
    inner_stack "a system segment", MAIN_LDT + 1, EXC_TS, nop
    inner_stack "not present", FREE + 1, EXC_SS, descriptor FREE, 0, 0xFFFFF, dpl(1) | WRITABLE
    inner_stack "too small", FREE + 1, EXC_SS, descriptor FREE, 0, 0x0FFFF, PRESENT | dpl(1) | WRITABLE, BIG

    case "an inner stack with room for 16 of 20 bytes: #SS(selector), nothing written"
        descriptor FREE, DATA, 0xFFF, PRESENT | dpl(1) | WRITABLE, BIG
        v_gate CODE1, handler(V), PRESENT | dpl(3) | INTERRUPT_GATE
        mov dword [TSS + 12], 16
        mov dword [TSS + 16], FREE + 1
        mov dword [DATA], 0
        mov dword [DATA + 12], 0
        to_ring 3
    .at: int V
    gets EXC_SS, FREE
    saved_eip .at
    is "the first doubleword", [DATA], 0
    is "the last doubleword", [DATA + 12], 0

    case "the TSS is too short for SS1:ESP1: #TS(TSS)"
        descriptor FREE, TSS, 16, PRESENT | TSS32, 0
        mov eax, FREE
        ltr ax
        v_gate CODE1, handler(V), PRESENT | dpl(3) | INTERRUPT_GATE
        to_ring 3
    .at: int V
    gets EXC_TS, FREE
    saved_eip .at

    case "no room on the stack of the same ring: #SS(0)"
        v_gate CODE3, handler(V), PRESENT | dpl(3) | INTERRUPT_GATE
        descriptor FREE, DATA, 0xFFF, PRESENT | dpl(3) | WRITABLE, BIG
        to_ring 3
        mov eax, FREE + 3
        mov ss, eax
        mov esp, 8
    .at: int V
    gets EXC_SS, 0
    saved_eip .at
    is "ESP", [seen.esp], 8

    case "no room for the frame of an exception in the same ring: #SS(EXT)"
        mov eax, cr0
        or eax, CR0_TS
        mov cr0, eax
        gate vector_gate(EXC_NM), CODE3, handler(EXC_NM), PRESENT | INTERRUPT_GATE
        descriptor FREE, DATA, 0xFFF, PRESENT | dpl(3) | WRITABLE, BIG
        to_ring 3
        mov eax, FREE + 3
        mov ss, eax
        mov esp, 8
    .at: fld1
    gets EXC_SS, 1
    saved_eip .at

    case "the descriptors of handler and stack become accessed"
        descriptor FREE, 0, 0xFFFFF, PRESENT | dpl(1) | READABLE
        descriptor FREE + 8, 0, 0xFFFFF, PRESENT | dpl(1) | WRITABLE
        v_gate FREE + 1, number(.inner), PRESENT | dpl(3) | INTERRUPT_GATE
        mov dword [TSS + 16], FREE + 8 + 1
        to_ring 3
        int V
    .inner:
    gets NOTHING
    is_masked "code", [GDT + FREE + 4], (PRESENT | dpl(1) | READABLE | ACCESSED) << 8, 0xFF00
    is_masked "stack", [GDT + FREE + 12], (PRESENT | dpl(1) | WRITABLE | ACCESSED) << 8, 0xFF00

; ---- from outside ----

    case "an interrupt from outside: taken where IF is set, EIP of the next instruction"
        timer_pending
        push dword FLAG_IF | 2
        popfd
    .next:
        nop
        nop
    gets TIMER_VECTOR
    saved_eip .next
    is_masked "IF of the frame", [seen.eflags], FLAG_IF, FLAG_IF | FLAG_RF
    is_masked "IF in the handler", [seen.handler_flags], 0, FLAG_IF

    case "an interrupt from outside: not while IF is clear"
        timer_pending
        mov ecx, 1000
    .wait:
        loop .wait
    gets NOTHING

    case "STI holds it back for one instruction"
        timer_pending
        sti
        nop
    .next:
        nop
    gets TIMER_VECTOR
    saved_eip .next

    case "STI, CLI: never"
        timer_pending
        sti
        cli
        mov ecx, 1000
    .wait:
        loop .wait
    gets NOTHING

    case "MOV SS holds it back for one instruction"
        timer_pending
        push dword FLAG_IF | 2
        mov ax, DATA0
        sti
        mov ss, ax                  ; STI's own shadow ends here, and SS's begins
        nop
    .next:
        nop
    gets TIMER_VECTOR
    saved_eip .next

    case "HLT ends with the interrupt, EIP behind it"
        timer_pending
        sti
        hlt
    .next:
    gets TIMER_VECTOR
    saved_eip .next

    case "the gate's DPL does not matter to an interrupt from outside in ring 3"
        timer_pending
        to_ring 3, FLAG_IF | 2
    gets TIMER_VECTOR
    is "CS of the frame", [seen.cs], CODE3
    frame_at TSS_STACK - 20

    case "its gate is not present: #NP(vector * 8 + 2 + EXT)"
        gate vector_gate(TIMER_VECTOR), CODE0, handler(TIMER_VECTOR), INTERRUPT_GATE
        timer_pending
        sti
        nop
    .next:
        nop
    gets EXC_NP, TIMER_VECTOR * 8 + 2 + 1
    saved_eip .next

    case "REP LODSB is interrupted between two iterations: EIP of the instruction"
        call start_timer
        mov esi, 0x100000
        mov ecx, 0x100000
        sti
        nop
    .at: rep lodsb
    gets TIMER_VECTOR
    saved_eip .at
    ; RF of the frame is not looked at: Intel's processors set it, AMD's do not.
    mov eax, [seen.esi]
    add eax, [seen.ecx]
    is "ESI + ECX", eax, 0x200000

; ---- NMI: the local APIC sends it to its own processor ----

    needs features.edx1, 9, "local APIC"
    case "NMI comes with IF clear"
        call send_nmi
        nop
        nop
    gets EXC_NMI
    is_masked "IF of the frame", [seen.eflags], 0, FLAG_IF

    case "NMI in ring 3: the gate's DPL does not matter"
        to_ring 3
        call send_nmi
        nop
        nop
    gets EXC_NMI
    is "CS", [seen.cs], CODE3

    case "a second NMI waits for the IRET of the first"
        gate vector_gate(EXC_NMI), CODE0, number(.handler), PRESENT | INTERRUPT_GATE
        mov dword [spare], 0
        call send_nmi
        nop
        nop
        ud2
    .handler:
        add dword [spare], 1
        cmp dword [spare], 2
        je .second
        call send_nmi
        nop
        nop
        nop
        mov ebx, [spare]
    .at: iretd
    .second:
        mov esi, [esp]
    gets NOTHING
    is "NMIs before IRET", [seen.ebx], 1

    case "an IRET that faults allows NMIs again"
        gate vector_gate(EXC_NMI), CODE0, number(.handler), PRESENT | INTERRUPT_GATE
        gate vector_gate(EXC_GP), CODE0, number(.fault), PRESENT | INTERRUPT_GATE
        mov dword [spare], 0
        mov ebx, 0
        call send_nmi
        nop
        nop
        ud2
    .handler:
        add dword [spare], 1
        cmp dword [spare], 2
        je .second
        mov dword [esp + 4], 0xFFF0 ; CS of the frame
        iretd
    .fault:
        call send_nmi
        nop
        nop
        ud2
    .second:
        mov ebx, 1
    gets NOTHING
    is "the second came", [seen.ebx], 1

    case "the NMI's gate is not present: #NP(2 * 8 + 2 + EXT)"
        mov dword [vector_gate(EXC_NMI) + 4], INTERRUPT_GATE << 8
        call send_nmi
        nop
        nop
    gets EXC_NP, EXC_NMI * 8 + 2 + 1
    end_needs

    finish

; Its own identity becomes the destination.
send_nmi:
    mov dword [0xFEE000F0], 0x1FF
    mov ecx, [0xFEE00020]
    mov [0xFEE00310], ecx
    mov dword [0xFEE00300], 0x4400  ; NMI, assert
    ret
