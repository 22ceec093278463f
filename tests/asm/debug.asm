; Debug exceptions: single-stepping, the four breakpoints on fetches, writes, accesses and ports,
; with their lengths; RF; general detect; what MOV SS holds back.
; Manual: Intel SDM Vol. 3, "Debug Registers", "Debug Exceptions", table "Breakpoint Examples",
; "Masking Exceptions and Interrupts When Switching Stacks".

%include "case.inc"
%include "timer.inc"

DR6_B0 equ 1
DR6_B1 equ 2
DR6_B2 equ 4
DR6_B3 equ 8
DR6_BD equ 1 << 13
DR6_BS equ 1 << 14
DR6_BT equ 1 << 15
DR6_CAUSES equ 0xE00F

; DR7 for breakpoint n: local enable, and what it watches; add these up.
ON_FETCH  equ 0
ON_WRITE  equ 1
ON_PORT   equ 2
ON_ACCESS equ 3
%define local(n) (1 << ((n) * 2))
%define global(n) (2 << ((n) * 2))
%define on(n, what, length) (((what) | (((length) - 1) << 2)) << (16 + (n) * 4))
%define watch(n, what, length) (local(n) | on(n, what, length))
DR7_GD equ 1 << 13

; breakpoint n, address
%macro breakpoint 2
    mov eax, %2
    mov dr%1, eax
%endmacro
%macro enable 1
    mov eax, %1
    mov dr7, eax
%endmacro
%macro cause 1
    is_masked "DR6", [seen.dr6], %1, DR6_CAUSES
%endmacro

; The code that follows is single-stepped from its first instruction on.
%macro single_step 0-1 0
    push dword FLAG_TF | 2 | (%1)
    push dword CODE0
    push dword %%there
    iretd
%%there:
%endmacro

main:

; ---- single-step ----

    case "TF: #DB behind the instruction, BS, TF kept in the frame and clear in the handler"
        single_step
        mov ebx, 1
    .after:
        mov ebx, 2
    gets EXC_DB
    saved_eip .after
    cause DR6_BS
    is "EBX", [seen.ebx], 1
    is_masked "TF of the frame", [seen.eflags], FLAG_TF, FLAG_TF
    is_masked "TF in the handler", [seen.handler_flags], 0, FLAG_TF

    case "POPF that sets TF: #DB behind the instruction after it"
        push dword FLAG_TF | 2
        popfd
        mov ebx, 1
    .after:
        mov ebx, 2
    gets EXC_DB
    saved_eip .after
    is "EBX", [seen.ebx], 1

    case "POPF that clears TF is stepped itself"
        push dword 2
        single_step
        popfd
    .after:
        nop
    gets EXC_DB
    saved_eip .after
    is_masked "TF of the frame", [seen.eflags], 0, FLAG_TF

    case "a jump: EIP of its target"
        single_step
        jmp .target
        nop
    .target:
        nop
    gets EXC_DB
    saved_eip .target

    case "INT n clears TF: the handler is not stepped"
        gate vector_gate(0x40), CODE0, number(.handler), PRESENT | INTERRUPT_GATE
        single_step
        int 0x40
        nop
    .handler:
        nop
        nop
    gets NOTHING

    case "INTO that does nothing is stepped"
        single_step
        into
    .after:
        nop
    gets EXC_DB
    saved_eip .after

    case "a fault comes instead of the trap"
        xor ebx, ebx
        single_step
    .at: div ebx
    gets EXC_DE
    saved_eip .at
    is_masked "TF of the frame", [seen.eflags], FLAG_TF, FLAG_TF
    cause 0

    case "MOV SS, then another: one trap, behind the second"
        mov ecx, DATA0
        single_step
        mov ss, ecx
        nop
    .after:
        nop
    gets EXC_DB
    saved_eip .after
    cause DR6_BS

    case "POP SS, then another: one trap, behind the second"
        push ss
        single_step
        pop ss
        nop
    .after:
        nop
    gets EXC_DB
    saved_eip .after

    case "MOV DS holds nothing back"
        mov ecx, DATA0
        single_step
        mov ds, ecx
    .after:
        nop
    gets EXC_DB
    saved_eip .after

    case "LSS holds nothing back"
        mov [DATA], esp
        mov word [DATA + 4], DATA0
        sub dword [DATA], 12
        single_step
        lss esp, [DATA]
    .after:
        nop
    gets EXC_DB
    saved_eip .after

    case "STI holds nothing back"
        single_step
        sti
    .after:
        cli
    gets EXC_DB
    saved_eip .after

    case "REP MOVSB is stepped by iterations"
        mov esi, DATA
        mov edi, DATA + 0x100
        mov ecx, 3
        single_step
    .at: rep movsb
        nop
    gets EXC_DB
    saved_eip .at
    is "ECX", [seen.ecx], 2
    is "EDI", [seen.edi], DATA + 0x101
    cause DR6_BS

    case "REP MOVSB: the last iteration's trap lies behind it"
        mov esi, DATA
        mov edi, DATA + 0x100
        mov ecx, 1
        single_step
        rep movsb
    .after:
        nop
    gets EXC_DB
    saved_eip .after
    is "ECX", [seen.ecx], 0

    case "REP with ECX = 0 is one step"
        xor ecx, ecx
        single_step
        rep movsb
    .after:
        nop
    gets EXC_DB
    saved_eip .after

    case "IRET to TF in ring 3: #DB there"
        to_ring 3, FLAG_TF | 2
    ; to_ring's own first instruction is what is stepped.
    gets EXC_DB
    is "CS", [seen.cs], CODE3
    cause DR6_BS

    case "INT1: #DB, no bit of DR6"
        int1
    .after:
    gets EXC_DB
    saved_eip .after
    cause 0

; ---- breakpoints on instructions ----

    case "a breakpoint on an instruction: a fault, but RF is not set in the frame"
        breakpoint 0, .at
        enable watch(0, ON_FETCH, 1)
        xor ebx, ebx
    .at: mov ebx, 1
    gets EXC_DB
    saved_eip .at
    cause DR6_B0
    is "EBX", [seen.ebx], 0
    is_masked "RF", [seen.eflags], 0, FLAG_RF

%macro each_register 1
    %defstr register_name %1
    case "DR", register_name, ", enabled globally"
        breakpoint %1, .at
        enable global(%1) | on(%1, ON_FETCH, 1)
    .at: nop
    gets EXC_DB
    saved_eip .at
    cause DR6_B%1
%endmacro
    each_register 0
    each_register 1
    each_register 2
    each_register 3

    case "a breakpoint that is not enabled"
        breakpoint 0, .at
        enable on(0, ON_FETCH, 1)
    .at: nop
    gets NOTHING

    case "a breakpoint within an instruction, not on its first byte"
        breakpoint 0, .at + 1
        enable watch(0, ON_FETCH, 1)
    .at: mov ebx, 1
    gets NOTHING

    case "a breakpoint on a prefix"
        breakpoint 0, .at
        enable watch(0, ON_FETCH, 1)
    .at: db 0x3E, 0x90
    gets EXC_DB
    saved_eip .at

    case "IRET with RF passes the breakpoint once"
        breakpoint 0, .at
        enable watch(0, ON_FETCH, 1)
        push dword FLAG_RF | 2
        push dword CODE0
        push dword .at
        mov ecx, 0
        iretd
    .at: add ecx, 1
        cmp ecx, 2
        jb .at
    gets EXC_DB
    saved_eip .at
    is "ECX", [seen.ecx], 1

    case "RF is clear again behind the instruction"
        breakpoint 0, .at
        enable watch(0, ON_FETCH, 1)
        push dword FLAG_RF | 2
        push dword CODE0
        push dword .at
        iretd
    .at: nop
        pushfd
        pop ebx
    gets NOTHING
    is_masked "RF", [seen.ebx], 0, FLAG_RF

    case "POPF cannot set RF"
        breakpoint 0, .at
        enable watch(0, ON_FETCH, 1)
        push dword FLAG_RF | 2
        popfd
    .at: nop
    gets EXC_DB
    saved_eip .at

    case "the breakpoint comes before the fault of its instruction"
        breakpoint 0, .at
        enable watch(0, ON_FETCH, 1)
        xor ebx, ebx
    .at: div ebx
    gets EXC_DB
    saved_eip .at
    cause DR6_B0

    case "two breakpoints on one instruction"
        breakpoint 0, .at
        breakpoint 2, .at
        enable watch(0, ON_FETCH, 1) | watch(2, ON_FETCH, 1)
    .at: nop
    gets EXC_DB
    cause DR6_B0 | DR6_B2

    case "the breakpoint's address is linear"
        descriptor FREE, 0x1000, 0xFFFFF, PRESENT | READABLE
        breakpoint 0, .at
        enable watch(0, ON_FETCH, 1)
        jmp FREE:.at - 0x1000
    .at: nop
    gets EXC_DB
    saved_eip .at - 0x1000

; ---- breakpoints on data ----

    case "a breakpoint on a write: a trap behind it, the write done"
        mov dword [DATA], 0
        breakpoint 1, DATA
        enable watch(1, ON_WRITE, 4)
        mov dword [DATA], 0x99
    .after:
        nop
    gets EXC_DB
    saved_eip .after
    cause DR6_B1
    is "memory", [DATA], 0x99
    is_masked "RF", [seen.eflags], 0, FLAG_RF

    case "a breakpoint on a write is not for reads"
        breakpoint 0, DATA
        enable watch(0, ON_WRITE, 4)
        mov eax, [DATA]
    gets NOTHING

    case "a breakpoint on accesses is for reads"
        breakpoint 0, DATA
        enable watch(0, ON_ACCESS, 4)
        mov eax, [DATA]
    .after:
        nop
    gets EXC_DB
    saved_eip .after
    cause DR6_B0

    case "a breakpoint on accesses is for writes"
        breakpoint 0, DATA
        enable watch(0, ON_ACCESS, 4)
        mov [DATA], eax
    .after:
        nop
    gets EXC_DB
    saved_eip .after

    case "a breakpoint on accesses is not for fetches"
        breakpoint 0, .at
        enable watch(0, ON_ACCESS, 1)
    .at: nop
    gets NOTHING

    case "one byte of an access is enough: its last"
        breakpoint 0, DATA + 3
        enable watch(0, ON_WRITE, 1)
        mov [DATA], eax
    .after:
        nop
    gets EXC_DB
    saved_eip .after

    case "the byte behind an access is not"
        breakpoint 0, DATA + 4
        enable watch(0, ON_WRITE, 1)
        mov [DATA], eax
    gets NOTHING

; The manual's examples: DR0 watches 1 byte at A0001h, DR1 1 byte at A0002h, DR2 2 bytes at B0002h,
; DR3 4 bytes at C0000h; here A = DATA, B = DATA + 1000h, C = DATA + 2000h.
%macro example 4                    ; "title", address, size, causes
    case "breakpoint example: ", %1
        breakpoint 0, DATA + 1
        breakpoint 1, DATA + 2
        breakpoint 2, DATA + 0x1002
        breakpoint 3, DATA + 0x2000
        enable watch(0, ON_ACCESS, 1) | watch(1, ON_WRITE, 1) | watch(2, ON_ACCESS, 2) | watch(3, ON_WRITE, 4)
        mov %3 [%2], 0x55
    %if %4
    gets EXC_DB
    cause %4
    %else
    gets NOTHING
    %endif
%endmacro
    example "a byte at 1", DATA + 1, byte, DR6_B0
    example "two bytes at 1", DATA + 1, word, DR6_B0 | DR6_B1
    example "two bytes at 2", DATA + 2, word, DR6_B1
    example "four bytes at 0", DATA, dword, DR6_B0 | DR6_B1
    example "a byte at 1002h", DATA + 0x1002, byte, DR6_B2
    example "two bytes at 1001h", DATA + 0x1001, word, DR6_B2
    example "four bytes at 1001h", DATA + 0x1001, dword, DR6_B2
    example "a byte at 2000h", DATA + 0x2000, byte, DR6_B3
    example "two bytes at 2003h", DATA + 0x2003, word, DR6_B3
    example "four bytes at 1FFDh", DATA + 0x1FFD, dword, DR6_B3
    example "two bytes at 0", DATA, word, DR6_B0
    example "a byte at 0: none", DATA, byte, 0
    example "four bytes at 3: none", DATA + 3, dword, 0
    example "two bytes at 1000h: none", DATA + 0x1000, word, 0
    example "four bytes at 1004h: none", DATA + 0x1004, dword, 0
    example "a byte at 2004h: none", DATA + 0x2004, byte, 0

    case "a breakpoint's address is aligned by its length"
        breakpoint 0, DATA + 2      ; of 4 bytes: DATA
        enable watch(0, ON_WRITE, 4)
        mov byte [DATA], 1
    gets EXC_DB
    cause DR6_B0

    case "a PUSH is a write"
        breakpoint 0, STACK0 - 4
        enable watch(0, ON_WRITE, 4)
        push eax
    .after:
        pop eax
    gets EXC_DB
    saved_eip .after

    case "a read-modify-write is one trap"
        breakpoint 0, DATA
        enable watch(0, ON_ACCESS, 4)
        add dword [DATA], 1
    .after:
        nop
    gets EXC_DB
    saved_eip .after

    case "REP STOSD: a trap behind the iteration that hits"
        breakpoint 0, DATA + 8
        enable watch(0, ON_WRITE, 4)
        mov edi, DATA
        mov ecx, 6
    .at: rep stosd
        nop
    gets EXC_DB
    saved_eip .at
    is "ECX", [seen.ecx], 3
    is "EDI", [seen.edi], DATA + 12

    case "a write and a single step: both bits"
        breakpoint 0, DATA
        enable watch(0, ON_WRITE, 4)
        single_step
        mov [DATA], eax
    .after:
        nop
    gets EXC_DB
    saved_eip .after
    cause DR6_B0 | DR6_BS

    case "MOV SS from a watched word: the trap waits for the next instruction"
        mov word [DATA], DATA0
        breakpoint 0, DATA
        enable watch(0, ON_ACCESS, 2)
        mov ss, [DATA]
        nop
    .after:
        nop
    gets EXC_DB
    saved_eip .after
    cause DR6_B0

    case "a write that faults is no hit"
        descriptor FREE, DATA, 0, PRESENT | READ_ONLY, BIG
        mov eax, FREE
        mov fs, eax
        breakpoint 0, DATA
        enable watch(0, ON_WRITE, 1)
    .at: mov [fs:0], al
    gets EXC_GP, 0
    saved_eip .at
    cause 0

; ---- ports ----

    needs HAS_DE, "debugging extensions"
    case "a breakpoint on a port: IN"
        mov eax, CR4_DE
        mov cr4, eax
        breakpoint 0, 0x61
        enable watch(0, ON_PORT, 1)
        in al, 0x61
    .after:
        nop
    gets EXC_DB
    saved_eip .after
    cause DR6_B0

    case "a breakpoint on a port: OUT of a word that covers it"
        mov eax, CR4_DE
        mov cr4, eax
        breakpoint 0, 0x81
        enable watch(0, ON_PORT, 1)
        mov ax, 0
        out 0x80, ax
    .after:
        nop
    gets EXC_DB
    saved_eip .after

    case "a breakpoint on a port does not watch memory"
        mov eax, CR4_DE
        mov cr4, eax
        breakpoint 0, DATA
        enable watch(0, ON_PORT, 4)
        mov [DATA], eax
        mov eax, [DATA]
    gets NOTHING

    case "a breakpoint on a port: another port"
        mov eax, CR4_DE
        mov cr4, eax
        breakpoint 0, 0x62
        enable watch(0, ON_PORT, 1)
        in al, 0x61
    gets NOTHING

    case "DR4 with CR4.DE: #UD"
        mov eax, CR4_DE
        mov cr4, eax
    .at: db 0x0F, 0x21, 0xE0        ; MOV EAX, DR4
    gets EXC_UD
    saved_eip .at

    case "DR5 with CR4.DE: #UD"
        mov eax, CR4_DE
        mov cr4, eax
    .at: db 0x0F, 0x23, 0xE8        ; MOV DR5, EAX
    gets EXC_UD
    saved_eip .at
    end_needs

; ---- the registers themselves ----

    case "DR4 and DR5 are DR6 and DR7 without CR4.DE"
        mov eax, local(1)
        db 0x0F, 0x23, 0xE8         ; MOV DR5, EAX
        db 0x0F, 0x21, 0xEB         ; MOV EBX, DR5
        mov ecx, dr7
    gets NOTHING
    is "DR5", [seen.ebx], 0x400 | local(1)
    is "DR7", [seen.ecx], 0x400 | local(1)

    case "fixed bits of DR6 and DR7"
        xor eax, eax
        mov dr6, eax
        mov dr7, eax
        mov ebx, dr6
        mov ecx, dr7
    gets NOTHING
    is "DR6", [seen.ebx], 0xFFFF0FF0
    is "DR7", [seen.ecx], 0x400

    case "bits 14, 15 and 12 of DR7 stay clear"
        mov eax, 0xD000
        mov dr7, eax
        mov ecx, dr7
    gets NOTHING
    is_masked "DR7", [seen.ecx], 0x400, 0xF400 & ~0x2000

    case "DR6 is not cleared by the processor: causes add up"
        mov eax, DR6_B3
        mov dr6, eax
        breakpoint 0, DATA
        enable watch(0, ON_WRITE, 4)
        mov [DATA], eax
    gets EXC_DB
    is_masked "B0", [seen.dr6], DR6_B0, DR6_B0

    case "GD: MOV from a debug register is #DB, a fault, with BD; GD is cleared"
        enable DR7_GD
    .at: mov eax, dr0
    gets EXC_DB
    saved_eip .at
    cause DR6_BD
    is_masked "GD", [seen.dr7], 0, DR7_GD

    case "GD: MOV to a debug register is"
        enable DR7_GD
    .at: mov dr3, eax
    gets EXC_DB
    saved_eip .at
    cause DR6_BD

    case "GD in ring 3: #GP(0) comes first"
        mov dword [vector_gate(EXC_GP)], (CODE0 << 16) + number(.handler)
        enable DR7_GD
        to_ring 3
        mov eax, dr0
    .handler:
        mov eax, dr0                ; #DB here, which clears GD
    gets EXC_DB
    saved_eip .handler
    is "CS", [seen.cs], CODE0
    cause DR6_BD

    case "MOV to a debug register in ring 3: #GP(0)"
        to_ring 3
    .at: mov dr0, eax
    gets EXC_GP, 0
    saved_eip .at

    case "a task switch clears the local enables only"
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
        breakpoint 0, DATA
        enable local(0) | global(1) | on(0, ON_WRITE, 4) | on(1, ON_WRITE, 4)
        jmp FREE:0
        ud2
    .task:
    gets NOTHING
    is_masked "enables", [seen.dr7], global(1), 0xFF

    case "HLT is stepped and does not wait"
        call start_timer            ; for who waits
        single_step FLAG_IF
        hlt
    .after:
        nop
    gets EXC_DB
    saved_eip .after

    finish
