; Virtual-8086 mode: what is refused and what IOPL decides, interrupts out of it, the virtual
; interrupt flag, redirection of INT n to the 8086 program, ports, limits; also the protected-mode
; virtual interrupts of CR4.PVI.
; Manual: Intel SDM Vol. 3, "8086 Emulation": "Entering Virtual-8086 Mode", "Leaving Virtual-8086
; Mode", "Sensitive Instructions", "Interrupt and Exception Handling in Virtual-8086 Mode", table
; "Software Interrupt Handling Methods", "Protected-Mode Virtual Interrupts".

%include "case.inc"
%include "timer.inc"

V equ 0x40

; A TSS with a redirection map and an I/O permission map: all ports refused, every INT kept from
; the 8086 program.
MAPS equ TSS + 0x68
PORTS_MAP equ MAPS + 32
%macro with_maps 0
    mov edi, MAPS
    mov ecx, (32 + 0x2000 + 1 + 3) / 4
    mov eax, -1
    rep stosd
    mov word [TSS + 102], PORTS_MAP - TSS
    descriptor FREE, TSS, 0x67 + 32 + 0x2000 + 1, PRESENT | TSS32, 0
    mov eax, FREE
    ltr ax
%endmacro

%macro with_vme 0
    with_maps
    mov eax, CR4_VME
    mov cr4, eax
%endmacro

; v86 "title", EFLAGS beside VM; then 16-bit code
%macro v86 2
    case %1
        to_v86 %2
%endmacro
%macro v86_vme 2
    case %1
        with_vme
        to_v86 %2
%endmacro

; The 8086 program's own handler of INT n: an entry of its table, at 0.
%macro ivt 2
    mov dword [(%1) * 4], %2
%endmacro

; One instruction, at .at, and how it ends.
%macro refused 4-5+                 ; title, EFLAGS, exception, error code, instruction
    case %1
        to_v86 %2
    .at: %5
    gets %3, %4
    saved_eip .at
    is_masked "VM of the frame", [seen.eflags], FLAG_VM, FLAG_VM
%endmacro

main:

; ---- out of it ----

    v86 "an exception: nine doublewords on ring 0's stack, from the top: GS FS DS ES SS ESP EFLAGS CS EIP", 2
    .at: ud2
        nop
    gets EXC_UD
    saved_eip .at
    is "CS", [seen.cs], 0
    is "ESP", [seen.esp], V86_STACK
    is "SS", [seen.ss], 0
    is "ES", [seen.frame + 20], 0x4444
    is "DS", [seen.frame + 24], 0
    is "FS", [seen.frame + 28], 0x5555
    is "GS", [seen.frame + 32], 0x6666
    is_masked "EFLAGS", [seen.eflags], FLAG_VM, FLAG_VM | FLAG_IF
    frame_at TSS_STACK - 36

    v86 "in the handler: VM clear, DS, ES, FS and GS null", 2
        ud2
        nop
    gets EXC_UD
    is_masked "VM", [seen.handler_flags], 0, FLAG_VM
    is_masked "DS", [seen.ds], 0, 0xFFFF
    is_masked "ES", [seen.es], 0, 0xFFFF
    is_masked "FS", [seen.fs], 0, 0xFFFF
    is_masked "GS", [seen.gs], 0, 0xFFFF
    is "SS", [seen.ss_handler], DATA0

    case "a handler outside ring 0: #GP(selector)"
        gate vector_gate(V), CODE1, handler(V), PRESENT | dpl(3) | INTERRUPT_GATE
        to_v86 iopl(3)
    .at: int V
    gets EXC_GP, CODE1 & ~3
    saved_eip .at

    case "a handler in conforming code: #GP(selector)"
        descriptor FREE, 0, 0xFFFFF, PRESENT | dpl(3) | CONFORMING
        gate vector_gate(V), FREE, handler(V), PRESENT | dpl(3) | INTERRUPT_GATE
        to_v86 iopl(3)
    .at: int V
    gets EXC_GP, FREE
    saved_eip .at

    case "an interrupt from outside"
        timer_pending
        to_v86 FLAG_IF
        nop
    gets TIMER_VECTOR
    is_masked "EFLAGS", [seen.eflags], FLAG_VM | FLAG_IF, FLAG_VM | FLAG_IF
    frame_at TSS_STACK - 36

    case "through a task gate: VM is saved in the TSS, and IRET comes back"
        descriptor FREE, TASKS, 0x67, PRESENT | TSS32, 0
        mov edi, TASKS
        mov ecx, 0x80 / 4
        xor eax, eax
        rep stosd
        mov dword [TASKS + 0x20], .task
        mov dword [TASKS + 0x24], 2
        mov dword [TASKS + 0x38], SPARE_STACK
        mov dword [TASKS + 0x48], DATA0
        mov dword [TASKS + 0x4C], CODE0
        mov dword [TASKS + 0x50], DATA0
        mov dword [TASKS + 0x54], DATA0
        gate vector_gate(EXC_BP), FREE, 0, PRESENT | dpl(3) | TASK_GATE
        to_v86 2
        int3
        mov bx, 0x77
        jmp .end
    bits 32
    .task:
        mov ecx, [TSS + 0x24]
        mov [spare], ecx
        iretd
    bits 16
    .end:
    gets NOTHING
    is_masked "VM of the TSS", [spare], FLAG_VM, FLAG_VM
    is_masked "VM", [seen.eflags], FLAG_VM, FLAG_VM
    is_masked "BX", [seen.ebx], 0x77, 0xFFFF

; ---- sensitive instructions ----

    refused "CLI with IOPL 2: #GP(0)", iopl(2), EXC_GP, 0, cli
    refused "STI with IOPL 0: #GP(0)", 2, EXC_GP, 0, sti
    refused "PUSHF with IOPL 0: #GP(0)", 2, EXC_GP, 0, pushf
    refused "POPF with IOPL 1: #GP(0)", iopl(1), EXC_GP, 0, popf
    refused "PUSHFD with IOPL 0: #GP(0)", 2, EXC_GP, 0, pushfd
    refused "POPFD with IOPL 0: #GP(0)", 2, EXC_GP, 0, popfd
    refused "IRET with IOPL 2: #GP(0)", iopl(2), EXC_GP, 0, iret
    refused "IRETD with IOPL 2: #GP(0)", iopl(2), EXC_GP, 0, iretd
    refused "INT n with IOPL 2: #GP(0)", iopl(2), EXC_GP, 0, int V
    refused "INT n with IOPL 3: its gate's DPL counts: #GP(vector * 8 + 2)", iopl(3), EXC_GP, V * 8 + 2, int V
    refused "INT3 with IOPL 0 is not sensitive: its gate's DPL counts", 2, EXC_GP, EXC_BP * 8 + 2, int3
    refused "HLT: #GP(0)", iopl(3), EXC_GP, 0, hlt
    refused "CLTS: #GP(0)", iopl(3), EXC_GP, 0, clts
    refused "LGDT: #GP(0)", iopl(3), EXC_GP, 0, lgdt [0]
    refused "LIDT: #GP(0)", iopl(3), EXC_GP, 0, lidt [0]
    refused "LMSW: #GP(0)", iopl(3), EXC_GP, 0, lmsw ax
    refused "MOV from CR0: #GP(0)", iopl(3), EXC_GP, 0, {mov eax, cr0}
    refused "MOV to CR3: #GP(0)", iopl(3), EXC_GP, 0, {mov cr3, eax}
    refused "MOV from DR7: #GP(0)", iopl(3), EXC_GP, 0, {mov eax, dr7}
    refused "INVLPG: #GP(0)", iopl(3), EXC_GP, 0, invlpg [0]
    refused "WBINVD: #GP(0)", iopl(3), EXC_GP, 0, wbinvd
    needs HAS_MSR, "MSRs"
    refused "WRMSR: #GP(0)", iopl(3), EXC_GP, 0, wrmsr
    refused "RDMSR: #GP(0)", iopl(3), EXC_GP, 0, rdmsr
    end_needs
    refused "LLDT: #UD", iopl(3), EXC_UD, 0, lldt ax
    refused "LTR: #UD", iopl(3), EXC_UD, 0, ltr ax
    refused "SLDT: #UD", iopl(3), EXC_UD, 0, sldt ax
    refused "STR: #UD", iopl(3), EXC_UD, 0, str ax
    refused "LAR: #UD", iopl(3), EXC_UD, 0, {lar ax, cx}
    refused "LSL: #UD", iopl(3), EXC_UD, 0, {lsl ax, cx}
    refused "VERR: #UD", iopl(3), EXC_UD, 0, verr ax
    refused "VERW: #UD", iopl(3), EXC_UD, 0, verw ax
    refused "ARPL: #UD", iopl(3), EXC_UD, 0, {arpl ax, cx}

    v86 "SGDT, SIDT and SMSW are allowed", 2
        sgdt [V86_STACK - 16]
        sidt [V86_STACK - 24]
        smsw bx
    gets NOTHING
    is_masked "MSW", [seen.ebx], CR0_PE, CR0_PE

    case "INT n with IOPL 3 and a gate of DPL 3"
        gate vector_gate(V), CODE0, handler(V), PRESENT | dpl(3) | INTERRUPT_GATE
        to_v86 iopl(3)
        int V
    .after:
    gets V
    saved_eip .after

    case "INT3 with IOPL 0 and a gate of DPL 3"
        gate vector_gate(EXC_BP), CODE0, handler(EXC_BP), PRESENT | dpl(3) | INTERRUPT_GATE
        to_v86 2
        int3
    .after:
    gets EXC_BP
    saved_eip .after

    v86 "with IOPL 3 CLI, STI, PUSHF, POPF and IRET are as on the 8086", iopl(3)
        sti
        pushf
        pop bx
        cli
        pushf
        pop cx
        push word FLAG_CF | FLAG_DF
        popf
        pushf
        pop dx
        push word FLAG_IF | FLAG_CF
        push word 0
        push word .there - image + IMAGE
        iret
    .there:
    gets NOTHING
    is_masked "after STI", [seen.ebx], FLAG_IF | iopl(3), FLAG_IF | iopl(3)
    is_masked "after CLI", [seen.ecx], 0, FLAG_IF
    is_masked "after POPF", [seen.edx], FLAG_CF | FLAG_DF | iopl(3), FLAG_CF | FLAG_DF | FLAG_IF | iopl(3)
    is_masked "after IRET", [seen.eflags], FLAG_IF | FLAG_CF | iopl(3) | FLAG_VM, FLAG_IF | FLAG_CF | FLAG_DF | iopl(3) | FLAG_VM

    v86 "POPFD with IOPL 3 changes neither VM nor IOPL", iopl(3)
        push dword FLAG_AC
        popfd
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], FLAG_VM | iopl(3) | FLAG_AC, FLAG_VM | iopl(3) | FLAG_AC

    v86 "PUSHFD pushes VM clear", iopl(3)
        pushfd
        pop ebx
    gets NOTHING
    is_masked "VM and RF", [seen.ebx], 0, FLAG_VM | FLAG_RF

; ---- segments and limits ----

    v86 "a segment register takes any value, base 16 times it", 2
        mov ax, 0x100
        mov es, ax
        mov bx, [es:0]
    gets NOTHING
    movzx ecx, word [0x1000]
    is_masked "BX", [seen.ebx], ecx, 0xFFFF

    refused "a word at offset FFFFh: #GP(0)", 2, EXC_GP, 0, mov ax, [0xFFFF]
    refused "a word at offset FFFFh of SS: #SS(0)", 2, EXC_SS, 0, mov ax, [ss:0xFFFF]
    refused "a 32-bit offset above FFFFh: #GP(0)", 2, EXC_GP, 0, mov al, [dword 0x10000]

    case "a jump above FFFFh: #GP(0)"
        mov word [0x10000], 0x0B0F  ; UD2, for who goes there
        mov word [0], 0x0B0F        ; or to the lower half
        to_v86
    .at: jmp dword 0x10000
    gets EXC_GP, 0
    saved_eip .at

    v86 "code can be written: all segments are writable data", 2
        mov al, [cs:DATA & 0xFFFF]
        mov [cs:V86_STACK - 32], al
    gets NOTHING

; ---- ports: only the permission map counts ----

%macro v86_port 5                   ; title, IOPL, bits cleared at, instruction, allowed
    case %1
        with_maps
        %if %3 != 0
        mov byte [PORTS_MAP + 0x80 / 8], %3
        %endif
        to_v86 iopl(%2)
        mov ax, 0
    .at: %4
    %if %5
    gets NOTHING
    %else
    gets EXC_GP, 0
    saved_eip .at
    %endif
%endmacro
    v86_port "OUT with IOPL 3 and its bit set: #GP(0)", 3, 0xFF, {out 0x80, al}, 0
    v86_port "OUT with IOPL 0 and its bit clear", 0, 0xFE, {out 0x80, al}, 1
    v86_port "IN with IOPL 0 and its bit clear", 0, 0xFE, {in al, 0x80}, 1
    v86_port "OUT of a word with one bit set: #GP(0)", 0, 0xFE, {out 0x80, ax}, 0
    v86_port "OUT of a word with both bits clear", 0, 0xFC, {out 0x80, ax}, 1
    v86_port "OUT of a doubleword with one bit set: #GP(0)", 0, 0xF8, {out 0x80, eax}, 0
    v86_port "OUT of a doubleword with four bits clear", 0, 0xF0, {out 0x80, eax}, 1
    v86_port "OUT of a word across two bytes of the map", 0, 0x7F, {out 0x87, ax}, 0

; ---- virtual interrupts: CR4.VME, IOPL below 3 ----

    needs HAS_VME, "virtual-8086 mode extensions"

    v86_vme "VME: CLI clears VIF, IF stays", FLAG_VIF | FLAG_IF
        cli
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], FLAG_IF, FLAG_VIF | FLAG_IF

    v86_vme "VME: STI sets VIF, IF stays", 2
        sti
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], FLAG_VIF, FLAG_VIF | FLAG_IF

    case "VME: STI with VIP: #GP(0)"
        with_vme
        to_v86 FLAG_VIP
    .at: sti
    gets EXC_GP, 0
    saved_eip .at

    case "VME: CLI with VIP is fine"
        with_vme
        to_v86 FLAG_VIP
        cli
    gets NOTHING

    v86_vme "VME: PUSHF pushes VIF as IF, and IOPL 3", FLAG_VIF
        pushf
        pop bx
    gets NOTHING
    is_masked "FLAGS", [seen.ebx], FLAG_IF | iopl(3), FLAG_IF | iopl(3)

    v86_vme "VME: PUSHF with VIF clear and IF set", FLAG_IF
        pushf
        pop bx
    gets NOTHING
    is_masked "FLAGS", [seen.ebx], iopl(3), FLAG_IF | iopl(3)

    v86_vme "VME: POPF moves IF to VIF; IF and IOPL stay", 2
        push word FLAG_IF | iopl(3) | FLAG_DF
        popf
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], FLAG_VIF | FLAG_DF, FLAG_VIF | FLAG_IF | FLAG_DF | iopl(3)

    case "VME: POPF of IF with VIP: #GP(0)"
        with_vme
        to_v86 FLAG_VIP
        push word FLAG_IF
    .at: popf
    gets EXC_GP, 0
    saved_eip .at
    is "ESP", [seen.esp], V86_STACK - 2

    case "VME: POPF of TF: #GP(0)"
        with_vme
        to_v86 2
        push word FLAG_TF
    .at: popf
    gets EXC_GP, 0
    saved_eip .at

    case "VME: PUSHFD: #GP(0)"
        with_vme
        to_v86 2
    .at: pushfd
    gets EXC_GP, 0
    saved_eip .at

    case "VME: POPFD: #GP(0)"
        with_vme
        to_v86 2
    .at: popfd
    gets EXC_GP, 0
    saved_eip .at

    case "VME: IRETD: #GP(0)"
        with_vme
        to_v86 2
    .at: iretd
    gets EXC_GP, 0
    saved_eip .at

    v86_vme "VME: IRET moves IF to VIF", 2
        push word FLAG_IF | FLAG_CF
        push word 0
        push word .there - image + IMAGE
        iret
    .there:
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], FLAG_VIF | FLAG_CF, FLAG_VIF | FLAG_IF | FLAG_CF | iopl(3)

    case "VME: IRET of IF with VIP: #GP(0)"
        with_vme
        to_v86 FLAG_VIP
        push word FLAG_IF
        push word 0
        push word .there - image + IMAGE
    .at: iret
    .there:
    gets EXC_GP, 0
    saved_eip .at

    case "VME, IOPL 3: CLI, STI and POPF act on IF"
        with_vme
        to_v86 iopl(3) | FLAG_VIF
        sti
        pushf
        pop bx
        cli
    gets NOTHING
    is_masked "after STI", [seen.ebx], FLAG_IF, FLAG_IF
    is_masked "EFLAGS", [seen.eflags], FLAG_VIF, FLAG_VIF | FLAG_IF

; ---- redirection of INT n ----

; redirected "title", EFLAGS: bit V of the redirection map is clear
%macro redirected 2
    case %1
        with_vme
        and byte [MAPS + V / 8], ~(1 << (V % 8))
        ivt V, number(.handler)
        to_v86 %2
        int V
    .after:
        ud2
    .handler:
        mov bp, sp
        mov bx, [bp]
        mov cx, [bp + 2]
        mov dx, [bp + 4]
    gets NOTHING
    is_masked "SP", [seen.ebp], V86_STACK - 6, 0xFFFF
    is_masked "IP", [seen.ebx], number(.after), 0xFFFF
    is_masked "CS", [seen.ecx], 0, 0xFFFF
    is_masked "VM", [seen.eflags], FLAG_VM, FLAG_VM
%endmacro
    redirected "VME: INT n to the 8086 program; VIF is pushed as IF with IOPL 3, then cleared", FLAG_VIF | FLAG_IF
    is_masked "FLAGS", [seen.edx], FLAG_IF | iopl(3), FLAG_IF | iopl(3)
    is_masked "EFLAGS", [seen.eflags], FLAG_IF, FLAG_IF | FLAG_VIF | iopl(3)

    redirected "VME: INT n to the 8086 program, VIF clear", FLAG_IF
    is_masked "FLAGS", [seen.edx], iopl(3), FLAG_IF | iopl(3)
    is_masked "EFLAGS", [seen.eflags], FLAG_IF, FLAG_IF | FLAG_VIF

    redirected "VME, IOPL 3: INT n to the 8086 program pushes and clears IF", iopl(3) | FLAG_IF | FLAG_VIF
    is_masked "FLAGS", [seen.edx], FLAG_IF | iopl(3), FLAG_IF | iopl(3)
    is_masked "EFLAGS", [seen.eflags], FLAG_VIF | iopl(3), FLAG_IF | FLAG_VIF | iopl(3)

    redirected "VME: INT n to the 8086 program keeps NT in the frame and clears it", FLAG_NT | FLAG_VIF
    is_masked "FLAGS", [seen.edx], FLAG_NT, FLAG_NT

    case "VME: INT n whose bit is set, IOPL 0: #GP(0)"
        with_vme
        to_v86 2
    .at: int V
    gets EXC_GP, 0
    saved_eip .at

    case "VME: INT n whose bit is set, IOPL 3: through the IDT"
        with_vme
        gate vector_gate(V), CODE0, handler(V), PRESENT | dpl(3) | INTERRUPT_GATE
        to_v86 iopl(3)
        int V
    .after:
    gets V
    saved_eip .after

    case "VME: INT3 is never redirected"
        with_vme
        and byte [MAPS], ~(1 << EXC_BP)
        gate vector_gate(EXC_BP), CODE0, handler(EXC_BP), PRESENT | dpl(3) | INTERRUPT_GATE
        ivt EXC_BP, number(.handler)
        to_v86 2
        int3
    .after:
        ud2
    .handler:
        nop
    gets EXC_BP
    saved_eip .after

    case "VME: INT 3 in two bytes is redirected"
        with_vme
        and byte [MAPS], ~(1 << EXC_BP)
        ivt EXC_BP, number(.handler)
        to_v86 2
        db 0xCD, 3
        ud2
    .handler:
        nop
    gets NOTHING

    case "VME: an exception is never redirected"
        with_vme
        and byte [MAPS], ~(1 << EXC_DE)
        ivt EXC_DE, number(.handler)
        to_v86 2
    .at: aam 0
        ud2
    .handler:
        nop
    gets EXC_DE
    saved_eip .at

    case "without VME the redirection map does not matter"
        with_maps
        and byte [MAPS + V / 8], ~(1 << (V % 8))
        to_v86 2
    .at: int V
    gets EXC_GP, 0
    saved_eip .at

    case "VME: an interrupt from outside looks at IF, not at VIF"
        with_vme
        timer_pending
        to_v86 FLAG_IF
        nop
    gets TIMER_VECTOR
    is_masked "EFLAGS", [seen.eflags], FLAG_IF, FLAG_IF | FLAG_VIF

; ---- protected mode: CR4.PVI ----

    case "PVI: CLI in ring 3 with IOPL 0 clears VIF"
        mov eax, CR4_PVI
        mov cr4, eax
        to_ring 3, FLAG_VIF | FLAG_IF
        cli
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], FLAG_IF, FLAG_IF | FLAG_VIF

    case "PVI: STI in ring 3 with IOPL 0 sets VIF"
        mov eax, CR4_PVI
        mov cr4, eax
        to_ring 3
        sti
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], FLAG_VIF, FLAG_IF | FLAG_VIF

    case "PVI: STI in ring 3 with VIP: #GP(0)"
        mov eax, CR4_PVI
        mov cr4, eax
        to_ring 3, FLAG_VIP
    .at: sti
    gets EXC_GP, 0
    saved_eip .at

    case "PVI: not in ring 2: CLI is #GP(0)"
        mov eax, CR4_PVI
        mov cr4, eax
        to_ring 2
    .at: cli
    gets EXC_GP, 0
    saved_eip .at

    case "PVI: POPF and PUSHF in ring 3 are as ever"
        mov eax, CR4_PVI
        mov cr4, eax
        to_ring 3, FLAG_VIF
        push dword FLAG_IF
        popfd
        pushfd
        pop ebx
    gets NOTHING
    is_masked "EFLAGS", [seen.ebx], FLAG_VIF, FLAG_IF | FLAG_VIF | iopl(3)

    case "without PVI: CLI in ring 3 with IOPL 0 is #GP(0)"
        to_ring 3
    .at: cli
    gets EXC_GP, 0
    saved_eip .at

    case "without PVI: CLI in ring 3 with IOPL 3"
        to_ring 3, iopl(3) | FLAG_IF
        cli
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], 0, FLAG_IF
    end_needs

    case "STI in ring 2 with IOPL 1: #GP(0)"
        to_ring 2, iopl(1)
    .at: sti
    gets EXC_GP, 0
    saved_eip .at

    case "STI in ring 1 with IOPL 1"
        to_ring 1, iopl(1)
        sti
    gets NOTHING
    is_masked "IF", [seen.eflags], FLAG_IF, FLAG_IF

    finish
