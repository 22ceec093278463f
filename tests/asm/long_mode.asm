; Long mode: going in and out, 64-bit gates and stacks, IRETQ, SYSCALL, far transfers, canonical
; addresses, compatibility mode, the registers that only it has.
; Manual: Intel SDM Vol. 3, "IA-32e Mode" of "Protected-Mode Memory Management", "Interrupt and
; Exception Handling", "Task Management" and "Processor Management"; Vol. 2, each instruction's page.

%include "case.inc"
%include "long_mode.inc"

%macro enable_pae 0
    mov eax, CR4_PAE
    mov cr4, eax
    mov eax, PML4
    mov cr3, eax
%endmacro

%macro set_lme 0
    mov ecx, MSR_EFER
    rdmsr
    or eax, EFER_LME
    wrmsr
%endmacro

main:
    needs HAS_LONG, "long mode"

; ---- going in and out ----

    case "LME set, CR4.PAE clear, paging turned on: #GP(0)"
        call make_long_tables
        set_lme
        mov eax, cr0
        or eax, CR0_PG
    .at: mov cr0, eax
    gets EXC_GP, 0
    saved_eip .at

    case "LME set and paging turned on: EFER.LMA"
        call make_long_tables
        enable_pae
        set_lme
        mov eax, cr0
        or eax, CR0_PG
        mov cr0, eax
        mov ecx, MSR_EFER
        rdmsr
        mov ebx, eax
        mov eax, cr0
        and eax, ~CR0_PG
        mov cr0, eax
        mov ecx, MSR_EFER
        rdmsr
        mov ecx, eax
    gets NOTHING
    is_masked "EFER with paging", [seen.ebx], EFER_LME | EFER_LMA, EFER_LME | EFER_LMA
    is_masked "EFER without", [seen.ecx], EFER_LME, EFER_LME | EFER_LMA

    case "paging turned on for long mode with a 16-bit TSS: #GP(0)"
        call make_long_tables
        descriptor FREE64, TSS, 0x2B, PRESENT | TSS16, 0
        mov eax, FREE64
        ltr ax
        enable_pae
        set_lme
        mov eax, cr0
        or eax, CR0_PG
    .at: mov cr0, eax
    gets EXC_GP, 0
    saved_eip .at

    case64 "64-bit mode: registers are 64 bits wide"
        mov rax, 0x123456789ABCDEF0
        mov rbx, rax
        shl rbx, 4
        mov r8, rax
        mov ecx, -1
        mov rdx, -1
        mov dx, 1
    gets NOTHING
    is64 "RBX", seen64.rbx, 0x23456789ABCDEF00
    is64 "R8", seen64.r8, 0x123456789ABCDEF0
    is64 "RCX, its upper half cleared by a 32-bit write", seen64.rcx, 0xFFFFFFFF
    is64 "RDX, a 16-bit write keeps the rest", seen64.rdx, 0xFFFFFFFFFFFF0001

    case64 "CR4.PAE cleared in long mode: #GP(0)"
        mov rax, cr4
        and eax, ~CR4_PAE
    .at: mov cr4, rax
    gets EXC_GP, 0
    saved_rip .at

    case64 "EFER.LME changed while paging is on: #GP(0)"
        mov ecx, MSR_EFER
        rdmsr
        and eax, ~EFER_LME
    .at: wrmsr
    gets EXC_GP, 0
    saved_rip .at

    case64 "EFER, a reserved bit: #GP(0)"
        mov ecx, MSR_EFER
        rdmsr
        or eax, 1 << 9
    .at: wrmsr
    gets EXC_GP, 0
    saved_rip .at

    case64 "CR0, bits 63 to 32: #GP(0)"
        mov rax, cr0
        bts rax, 32
    .at: mov cr0, rax
    gets EXC_GP, 0
    saved_rip .at

    case64 "CR4, bits 63 to 32: #GP(0)"
        mov rax, cr4
        bts rax, 40
    .at: mov cr4, rax
    gets EXC_GP, 0
    saved_rip .at

    case64 "CR3, a bit above the physical address: #GP(0)"
        mov rax, cr3
        bts rax, 62
    .at: mov cr3, rax
    gets EXC_GP, 0
    saved_rip .at

    case64 "DR7, bits 63 to 32: #GP(0)"
        mov rax, 1 << 32
    .at: mov dr7, rax
    gets EXC_GP, 0
    saved_rip .at

    case64 "CR8: four bits, read back"
        mov eax, 9
        mov cr8, rax
        xor ecx, ecx
        mov rcx, cr8
        xor eax, eax
        mov cr8, rax
    gets NOTHING
    is64 "RCX", seen64.rcx, 9

    case64 "CR8, a fifth bit: #GP(0)"
        mov eax, 16
    .at: mov cr8, rax
    gets EXC_GP, 0
    saved_rip .at

    case64 "LGDT, a base that is not canonical: #GP(0)"
        mov word [DATA], 0xFF
        mov rax, 0x800000000000
        mov [DATA + 2], rax
    .at: lgdt [DATA]
    gets EXC_GP, 0
    saved_rip .at

    case64 "SIDT stores ten bytes"
        mov qword [DATA + 8], -1
        sidt [DATA]
        mov rbx, [DATA + 2]
        mov cx, [DATA + 10]
    gets NOTHING
    is64 "the base", seen64.rbx, IDT
    is_masked "what follows", [seen64.rcx], 0xFFFF, 0xFFFF

; ---- instructions that are not there ----

%macro undefined64 2+
    case64 %1, ": #UD in 64-bit mode"
    %%at: db %2
    gets EXC_UD
    saved_rip %%at
%endmacro
    undefined64 "PUSH ES", 0x06
    undefined64 "POP DS", 0x1F
    undefined64 "DAA", 0x27
    undefined64 "AAM", 0xD4, 10
    undefined64 "PUSHA", 0x60
    undefined64 "BOUND", 0x62, 0x00
    undefined64 "INTO", 0xCE
    undefined64 "CALL ptr16:32", 0x9A, 0, 0, 0, 0, 8, 0
    undefined64 "JMP ptr16:32", 0xEA, 0, 0, 0, 0, 8, 0
    undefined64 "LDS", 0xC5, 0x00
    undefined64 "ADD by 82h", 0x82, 0xC0, 1

; ---- interrupts: the frame ----

    case64 "INT in ring 0: SS:RSP is pushed too, below a multiple of 16"
        mov esp, STACK0 - 4
        int 0x40
    .after:
    gets 0x40
    saved_rip .after
    frame64_at STACK0 - 16 - 40
    is64 "RSP", seen64.rsp, STACK0 - 4
    is64 "SS", seen64.ss, DATA0
    is64 "CS", seen64.cs, CODE64
    is "SS of the handler", [seen64.ss_handler], DATA0

    case64 "an interrupt gate clears IF, a trap gate does not"
        gate64 0x40, CODE64, handler64(0x40), PRESENT | TRAP_GATE
        sti
        int 0x40
    gets 0x40
    is_masked "IF", [seen64.handler_flags], FLAG_IF, FLAG_IF

    case64 "INT in ring 3: the stack is RSP0, SS is null"
        gate64 0x40, CODE64, handler64(0x40), PRESENT | dpl(3) | INTERRUPT_GATE
        to_ring64 3
        int 0x40
    .after:
    gets 0x40
    saved_rip .after
    frame64_at TSS_STACK - 40
    is64 "RSP", seen64.rsp, STACK3
    is64 "SS", seen64.ss, DATA3
    is64 "CS", seen64.cs, CODE64_3
    is "SS of the handler", [seen64.ss_handler], 0
    is "CS of the handler", [seen64.cs_handler], CODE64

    case64 "INT in ring 3, the gate's DPL is 0: #GP(vector)"
        to_ring64 3
    .at: int 0x40
    gets EXC_GP, 0x40 * 8 + 2
    saved_rip .at

    case64 "IST: its stack whatever the ring"
        gate64 0x40, CODE64, handler64(0x40), PRESENT | INTERRUPT_GATE, 1
        int 0x40
    gets 0x40
    frame64_at IST1_STACK - 40
    is64 "RSP", seen64.rsp, STACK0

    case64 "IST from ring 3: SS is null"
        gate64 0x40, CODE64, handler64(0x40), PRESENT | dpl(3) | INTERRUPT_GATE, 1
        to_ring64 3
        int 0x40
    gets 0x40
    frame64_at IST1_STACK - 40
    is "SS of the handler", [seen64.ss_handler], 0

    case64 "an error code lies below the frame"
        mov eax, FREE64
    .at: mov ds, eax
    gets EXC_GP, FREE64
    saved_rip .at
    frame64_at STACK0 - 40

    case64 "a 286's interrupt gate: #GP(vector)"
        gate64 0x40, CODE64, handler64(0x40), PRESENT | INTERRUPT_GATE16
    .at: int 0x40
    gets EXC_GP, 0x40 * 8 + 2
    saved_rip .at

    case64 "a task gate: #GP(vector)"
        gate64 0x40, TSS64, 0, PRESENT | TASK_GATE
    .at: int 0x40
    gets EXC_GP, 0x40 * 8 + 2

    case64 "a gate that is not present: #NP(vector)"
        gate64 0x40, CODE64, handler64(0x40), INTERRUPT_GATE
    .at: int 0x40
    gets EXC_NP, 0x40 * 8 + 2

    case64 "a gate to a 32-bit code segment: #GP(selector)"
        gate64 0x40, CODE0, handler64(0x40), PRESENT | INTERRUPT_GATE
    .at: int 0x40
    gets EXC_GP, CODE0

    case64 "a gate to a segment with L and D: #GP(selector)"
        descriptor FREE64, 0, 0xFFFFF, PRESENT | READABLE, GRANULAR | BIG | CODE_64
        gate64 0x40, FREE64, handler64(0x40), PRESENT | INTERRUPT_GATE
    .at: int 0x40
    gets EXC_GP, FREE64

    case64 "a gate to an address that is not canonical: #GP(0)"
        gate64 0x40, CODE64, 0x800000000000, PRESENT | INTERRUPT_GATE
    .at: int 0x40
    gets EXC_GP, 0
    saved_rip .at

    case64 "a vector beyond the IDT's limit: #GP(vector)"
        mov word [DATA], 0x40 * 16 + 14
        mov qword [DATA + 2], IDT
        lidt [DATA]
    .at: int 0x40
    gets EXC_GP, 0x40 * 8 + 2

    case64 "RSP0 beyond the limit of the TSS: #TS(TSS)"
        mov dword [GDT + (TSS64 & ~7)], descriptor_low(TSS_64, 10)
        mov dword [GDT + (TSS64 & ~7) + 4], descriptor_high(TSS_64, 0, PRESENT | TSS32, 0)
        mov eax, TSS64
        ltr ax
        gate64 0x40, CODE64, handler64(0x40), PRESENT | INTERRUPT_GATE, 1
    .at: int 0x40
    gets EXC_TS, TSS64
    saved_rip .at

    case64 "an IST pointer that is not canonical: #SS(0)"
        mov rax, 0x800000000100
        mov [TSS_64 + 0x24], rax
        gate64 0x40, CODE64, handler64(0x40), PRESENT | INTERRUPT_GATE, 1
    .at: int 0x40
    gets EXC_SS, 0
    saved_rip .at

    case64 "#UD: RF is set in the pushed flags"
    .at: db 0x0F, 0x0B
    .after:
        nop
    gets EXC_UD
    is_masked "RF", [seen64.rflags], FLAG_RF, FLAG_RF

; ---- IRETQ ----

    case64 "IRETQ in ring 0 pops RSP and SS"
        push 0
        push STACK2
        push 2
        push CODE64
        mov eax, .there
        push rax
        iretq
    .there:
    gets NOTHING
    is64 "RSP", seen64.rsp, STACK2
    is64 "SS, null", seen64.ss, 0

    case64 "IRETQ to ring 3 with a null SS: #GP(0)"
        push 3
        push STACK3
        push 2
        push CODE64_3
        mov eax, .at
        push rax
    .at: iretq
    gets EXC_GP, 0
    saved_rip .at

    case64 "IRETQ to ring 0 with a null SS of RPL 3: #GP(0)"
        push 3
        push STACK3
        push 2
        push CODE64
        mov eax, .at
        push rax
    .at: iretq
    gets EXC_GP, 0
    saved_rip .at

    case64 "IRETQ with NT: #GP(0)"
        pushfq
        or dword [rsp], FLAG_NT
        popfq
    .at: iretq
    gets EXC_GP, 0
    saved_rip .at

    case64 "IRETQ to an address that is not canonical: #GP(0)"
        push DATA0
        push STACK0
        push 2
        push CODE64
        mov rax, 0x7FFFFFFFFFFFFFFF
        push rax
    .at: iretq
    gets EXC_GP, 0
    saved_rip .at

    case64 "IRETQ to a segment with L and D: #GP(selector)"
        descriptor FREE64, 0, 0xFFFFF, PRESENT | READABLE, GRANULAR | BIG | CODE_64
        push DATA0
        push STACK0
        push 2
        push FREE64
        mov eax, .at
        push rax
    .at: iretq
    gets EXC_GP, FREE64
    saved_rip .at

    case64 "IRETQ does not set VM"
        push DATA0
        push STACK0
        push FLAG_VM | 2
        push CODE64
        mov eax, .there
        push rax
        iretq
    .there:
    gets NOTHING
    is_masked "VM", [seen64.rflags], 0, FLAG_VM

    case64 "IRETD pops doublewords"
        sub esp, 20
        mov dword [rsp], .there
        mov dword [rsp + 4], CODE64
        mov dword [rsp + 8], 2
        mov dword [rsp + 12], STACK1
        mov dword [rsp + 16], DATA0
        iretd
    .there:
    gets NOTHING
    is64 "RSP", seen64.rsp, STACK1

; ---- compatibility mode ----

    case64 "compatibility mode: 32-bit code under 64-bit gates"
        to_compatibility 3
        mov eax, -1
        inc eax
        mov ecx, esp
        int3
    .after:
    gets EXC_GP, 3 * 8 + 2          ; the gate's DPL is 0
    is64 "CS", seen64.cs, CODE3
    is64 "SS", seen64.ss, DATA3
    is64 "RCX", seen64.rcx, STACK3
    frame64_at TSS_STACK - 40

    case64 "compatibility mode: limits are checked"
        descriptor FREE64, 0, 0xFFF, PRESENT | dpl(3) | WRITABLE, BIG
        to_compatibility 3
        mov eax, FREE64 | 3
        mov fs, eax
    .at: mov eax, [fs:0xFFD]
    gets EXC_GP, 0
    saved_rip .at

    case64 "compatibility mode: bases count"
        mov dword [DATA + 0x10], 0x1234
        descriptor FREE64, DATA, 0xFFF, PRESENT | dpl(3) | WRITABLE, BIG
        to_compatibility 3
        mov eax, FREE64 | 3
        mov ds, eax
        mov ecx, [0x10]
    gets NOTHING
    is "ECX", [seen64.rcx], 0x1234

    case64 "64-bit mode ignores the base, limit and rights of DS"
        descriptor FREE64, 0x1000, 0xF, PRESENT | READ_ONLY, BIG
        mov eax, FREE64
        mov ds, eax
        mov dword [DATA + 0x20], 0x77
        mov ecx, [DATA + 0x20]
    gets NOTHING
    is "ECX", [seen64.rcx], 0x77

    case64 "64-bit mode heeds the base of FS, not its limit"
        descriptor FREE64, DATA, 0xF, PRESENT | WRITABLE, BIG
        mov eax, FREE64
        mov fs, eax
        mov dword [DATA + 0x20], 0x78
        mov ecx, [fs:abs 0x20]
    gets NOTHING
    is "ECX", [seen64.rcx], 0x78

    case64 "a null SS in ring 0 of 64-bit mode"
        xor eax, eax
        mov ss, eax
        push 5
        pop rcx
    gets NOTHING
    is64 "RCX", seen64.rcx, 5

    case64 "a null SS in ring 3: #GP(0)"
        to_ring64 3
        mov eax, 3
    .at: mov ss, eax
    gets EXC_GP, 0
    saved_rip .at

    case64 "IRETD from compatibility mode to ring 0 of it"
        to_compatibility 0
        mov ebx, esp
        push dword 2
        push dword CODE0
        push dword .inside
        iretd
    .inside:
        sub ebx, esp
    gets NOTHING
    is "what the return left on the stack", [seen64.rbx], 0

; ---- canonical addresses ----

    case64 "a load from an address that is not canonical: #GP(0)"
        mov rbx, 0x800000000000
    .at: mov eax, [rbx]
    gets EXC_GP, 0
    saved_rip .at

    case64 "... through RSP: #SS(0)"
        gate64 EXC_SS, CODE64, handler64(EXC_SS), PRESENT | INTERRUPT_GATE, 1
        mov rsp, 0x800000000000
    .at: mov eax, [rsp + 8]
    gets EXC_SS, 0
    saved_rip .at

    case64 "... PUSH: #SS(0)"
        gate64 EXC_SS, CODE64, handler64(EXC_SS), PRESENT | INTERRUPT_GATE, 1
        mov rsp, 0x800000000008
    .at: push rax
    gets EXC_SS, 0
    saved_rip .at

    case64 "... with no other stack for the handler: a triple fault"
        mov rsp, 0x800000000000
        mov eax, [rsp + 8]
    gets TRIPLE_FAULT

    case64 "... through RBP: #SS(0)"
        mov rbp, 0x800000000000
    .at: mov eax, [rbp]
    gets EXC_SS, 0
    saved_rip .at

    case64 "... through RBP with FS: #GP(0)"
        mov rbp, 0x800000000000
    .at: mov eax, [fs:rbp]
    gets EXC_GP, 0
    saved_rip .at

    case64 "... through R13: #GP(0)"
        mov r13, 0x800000000000
    .at: mov eax, [r13]
    gets EXC_GP, 0
    saved_rip .at

    case64 "an access across the end of the lower half: #GP(0)"
        mov rbx, 0x7FFFFFFFFFFE
    .at: mov eax, [rbx]
    gets EXC_GP, 0
    saved_rip .at

    case64 "the upper half's addresses are translated"
        mov dword [DATA + 0x30], 0x4711
        mov rbx, HIGH + DATA
        mov ecx, [rbx + 0x30]
    gets NOTHING
    is "ECX", [seen64.rcx], 0x4711

    case64 "JMP to an address that is not canonical: #GP(0)"
        mov rbx, 0x8000000000000000
    .at: jmp rbx
    gets EXC_GP, 0
    saved_rip .at

    case64 "CALL to an address that is not canonical: #GP(0), nothing is pushed"
        mov rbx, 0x8000000000000000
    .at: call rbx
    gets EXC_GP, 0
    saved_rip .at
    is64 "RSP", seen64.rsp, STACK0

    case64 "RET to an address that is not canonical: #GP(0), nothing is popped"
        mov rbx, 0x8000000000000000
        push rbx
    .at: ret
    gets EXC_GP, 0
    saved_rip .at
    is64 "RSP", seen64.rsp, STACK0 - 8

    case64 "a page fault of the upper half: CR2 has 64 bits"
        mov rbx, 0xFFFF800000001234
    .at: mov eax, [rbx]
    gets EXC_PF, 0
    is64 "CR2", seen64.cr2, 0xFFFF800000001234

; ---- SYSCALL and SYSRET ----

    case64 "SYSCALL without EFER.SCE: #UD"
        mov ecx, MSR_EFER
        rdmsr
        and eax, ~EFER_SCE
        wrmsr
    .at: syscall
    gets EXC_UD
    saved_rip .at

    case64 "SYSCALL: CS and SS from STAR, RCX, R11, masked flags"
        wrmsr64 MSR_STAR, (DATA3 - 8) << 48 | CODE64 << 32
        wrmsr64 MSR_LSTAR, number(.kernel)
        wrmsr64 MSR_SFMASK, FLAG_IF | FLAG_CF
        to_ring64 3, 0x203
        syscall
    .after:
        nop
    .kernel:
        mov ebx, ecx
        pushfq
        pop rdx
        int 0x40
    gets 0x40
    is64 "CS", seen64.cs, CODE64
    is64 "SS", seen64.ss, CODE64 + 8
    is64 "RSP, the caller's", seen64.rsp, STACK3
    is "RCX", [seen64.rcx], .after
    is64 "R11", seen64.r11, 0x203
    is_masked "CF and IF", [seen64.rdx], 0, FLAG_IF | FLAG_CF

    case64 "SYSRET to 64-bit mode: CS is STAR + 16, SS STAR + 8, both of ring 3"
        wrmsr64 MSR_STAR, (CODE64_3 - 16) << 48
        mov ecx, .user
        mov r11d, 0x202
        o64 sysret
    .user:
        int 0x40
    gets EXC_GP, 0x40 * 8 + 2
    is64 "CS", seen64.cs, CODE64_3
    is64 "SS", seen64.ss, CODE64_3 - 8
    is_masked "flags", [seen64.rflags], FLAG_IF, FLAG_IF

    case64 "SYSRET to compatibility mode: CS is STAR"
        wrmsr64 MSR_STAR, CODE3 << 48
        mov ecx, .user
        mov r11d, 2
        o32 sysret
        bits 32
    .user:
        mov eax, -1
        inc eax
        int 0x40
    gets EXC_GP, 0x40 * 8 + 2
    is64 "CS", seen64.cs, CODE3
    is64 "SS", seen64.ss, CODE3 + 8
    is64 "RAX", seen64.rax, 0

    case64 "SYSRET in ring 3: #GP(0)"
        to_ring64 3
    .at: o64 sysret
    gets EXC_GP, 0
    saved_rip .at

    case64 "LSTAR, an address that is not canonical: #GP(0)"
        mov ecx, MSR_LSTAR
        xor eax, eax
        mov edx, 0x8000
    .at: wrmsr
    gets EXC_GP, 0
    saved_rip .at

; ---- bases ----

    case64 "a GS base that is not canonical: #GP(0)"
        mov ecx, MSR_GS_BASE
        xor eax, eax
        mov edx, 0x11110000
    .at: wrmsr
    gets EXC_GP, 0
    saved_rip .at

    case64 "SWAPGS: the kernel's base becomes GS's"
        wrmsr64 MSR_GS_BASE, 0x111122223333
        wrmsr64 MSR_KERNEL_GS_BASE, DATA
        mov dword [DATA + 0x40], 0x99
        swapgs
        mov ebx, [gs:abs 0x40]
    gets NOTHING
    is "EBX", [seen64.rbx], 0x99
    is64 "GS base", seen64.gs_base, DATA
    is64 "the other", seen64.kernel_gs_base, 0x111122223333

    case64 "SWAPGS in ring 3: #GP(0)"
        to_ring64 3
    .at: swapgs
    gets EXC_GP, 0
    saved_rip .at

; ---- far transfers ----

    case64 "JMP m16:32 to a 32-bit code segment"
        mov dword [DATA], .there
        mov word [DATA + 4], CODE0
        jmp far dword [DATA]
        bits 32
    .there:
        mov eax, -1
        inc eax
    gets NOTHING
    is64 "CS", seen64.cs, CODE0
    is64 "RAX", seen64.rax, 0

    case64 "JMP to a TSS: #GP(selector)"
        descriptor FREE64, TSS, 0x67, PRESENT | TSS32, 0
        mov dword [DATA], 0
        mov word [DATA + 4], FREE64
    .at: jmp far dword [DATA]
    gets EXC_GP, FREE64
    saved_rip .at

    case64 "CALL through a 64-bit gate to the same ring pushes CS and RIP"
        gate GDT + FREE64, CODE64, number(.target), PRESENT | CALL_GATE32
        mov dword [GDT + FREE64 + 8], 0
        mov dword [GDT + FREE64 + 12], 0
        mov dword [DATA], 0x12345678
        mov word [DATA + 4], FREE64
        call far dword [DATA]
    .after:
        nop
    .target:
        pop rbx
        pop rdx
    gets NOTHING
    is "return RIP", [seen64.rbx], .after
    is64 "return CS", seen64.rdx, CODE64

    case64 "CALL through a 64-bit gate to ring 0: RSP0, SS null, four quadwords"
        gate GDT + FREE64, CODE64, number(.target), PRESENT | dpl(3) | CALL_GATE32, 3
        mov dword [GDT + FREE64 + 8], 0
        mov dword [GDT + FREE64 + 12], 0
        mov dword [DATA], 0
        mov word [DATA + 4], FREE64 | 3
        to_ring64 3
        call far dword [DATA]
    .after:
        nop
    .target:
        mov rsi, rsp
        mov edi, ss
        pop rbx
        pop rdx
        pop rcx
        pop rax
        int 0x40
    gets 0x40
    is64 "RSP", seen64.rsi, TSS_STACK - 32
    is64 "SS", seen64.rdi, 0
    is "return RIP", [seen64.rbx], .after
    is64 "return CS", seen64.rdx, CODE64_3
    is64 "return RSP", seen64.rcx, STACK3
    is64 "return SS", seen64.rax, DATA3

    case64 "a call gate to a 32-bit code segment: #GP(its selector)"
        gate GDT + FREE64, CODE0, 0, PRESENT | CALL_GATE32
        mov dword [GDT + FREE64 + 8], 0
        mov dword [GDT + FREE64 + 12], 0
        mov dword [DATA], 0
        mov word [DATA + 4], FREE64
    .at: call far dword [DATA]
    gets EXC_GP, CODE0
    saved_rip .at

    case64 "a call gate whose second half has a type: #GP(gate)"
        gate GDT + FREE64, CODE64, number(.at), PRESENT | CALL_GATE32
        mov dword [GDT + FREE64 + 8], 0
        mov dword [GDT + FREE64 + 12], 0x100
        mov dword [DATA], 0
        mov word [DATA + 4], FREE64
    .at: call far dword [DATA]
    gets EXC_GP, FREE64
    saved_rip .at

    case64 "a 286's call gate: #GP(gate)"
        gate GDT + FREE64, CODE64, number(.at), PRESENT | CALL_GATE16
        mov dword [DATA], 0
        mov word [DATA + 4], FREE64
    .at: call far dword [DATA]
    gets EXC_GP, FREE64
    saved_rip .at

    case64 "RETF with REX.W to ring 3"
        push DATA3
        push STACK3
        push CODE64_3
        mov eax, .there
        push rax
        o64 retf
    .there:
        int 0x40
    gets EXC_GP, 0x40 * 8 + 2
    is64 "CS", seen64.cs, CODE64_3
    is64 "SS", seen64.ss, DATA3
    is64 "RSP", seen64.rsp, STACK3

; ---- system descriptors ----

    case64 "LTR: bits 63 to 32 of the base lie in the second half"
        mov dword [GDT + (TSS64 & ~7) + 4], descriptor_high(TSS_64, 0, PRESENT | TSS32, 0)
        mov dword [GDT + (TSS64 & ~7) + 8], 0xFFFFFF80
        mov eax, TSS64
        ltr ax
        gate64 0x40, CODE64, handler64(0x40), PRESENT | INTERRUPT_GATE, 1
        int 0x40
    gets 0x40
    frame64_at IST1_STACK - 40
    is_masked "the busy bit", [GDT + (TSS64 & ~7) + 4], TSS32_BUSY << 8, 0xF00

    case64 "LTR, a base that is not canonical: #GP(selector)"
        mov dword [GDT + (TSS64 & ~7) + 4], descriptor_high(TSS_64, 0, PRESENT | TSS32, 0)
        mov dword [GDT + (TSS64 & ~7) + 8], 0x8000
        mov eax, TSS64
    .at: ltr ax
    gets EXC_GP, TSS64
    saved_rip .at

    case64 "LTR, a 286's TSS: #GP(selector)"
        descriptor FREE64, TSS, 0x2B, PRESENT | TSS16, 0
        mov eax, FREE64
    .at: ltr ax
    gets EXC_GP, FREE64
    saved_rip .at

    case64 "LAR sees 64-bit call gates, not task gates"
        gate GDT + FREE64, CODE64, 0, PRESENT | CALL_GATE32
        mov dword [GDT + FREE64 + 8], 0
        mov dword [GDT + FREE64 + 12], 0
        gate GDT + FREE64 + 16, TSS64, 0, PRESENT | TASK_GATE
        mov eax, FREE64
        lar ebx, eax
        setz cl
        mov eax, FREE64 + 16
        lar edx, eax
        setz ch
    gets NOTHING
    is "ZF of both", [seen64.rcx], 1
    is "rights", [seen64.rbx], (PRESENT | CALL_GATE32) << 8

    case64 "LSL does not see a 286's TSS"
        descriptor FREE64, TSS, 0x2B, PRESENT | TSS16, 0
        mov eax, FREE64
        lsl ebx, eax
        setz cl
    gets NOTHING
    is "ZF", [seen64.rcx], 0

; ---- the instruction pointer as a base ----

    case64 "RIP-relative: from the next instruction"
        mov ecx, [rel .number]
        jmp .over
    .number: dd 0x31415926
    .over:
    gets NOTHING
    is "ECX", [seen64.rcx], 0x31415926

    case64 "LEA with a 67h prefix: 32 bits"
        mov rbx, -1
        a32 lea rcx, [ebx + 2]
    gets NOTHING
    is64 "RCX", seen64.rcx, 1

    case64 "LOOP counts RCX, with 67h ECX"
        mov rcx, 0x100000001
        a32 loop .away
        mov rbx, rcx
        mov rcx, 0x100000000
        loop .next
    .away:
        xor ebx, ebx
    .next:
    gets NOTHING
    is64 "RBX", seen64.rbx, 0
    is64 "RCX", seen64.rcx, 0xFFFFFFFF
; ---- last, since not every emulator comes back from it ----

    case64 "paging turned off in 64-bit mode: #GP(0)"
        mov rax, cr0
        and eax, ~CR0_PG
    .at: mov cr0, rax
    gets EXC_GP, 0
    saved_rip .at
    end_needs
    finish
