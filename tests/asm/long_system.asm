; Long mode: SYSENTER and SYSEXIT, corners of SYSCALL and SYSRET, debug registers of 64 bits, ports,
; UMIP, FS and GS bases by instruction, interrupts held back.
; Manual: Intel SDM Vol. 2, "Fast System Call", "Fast Return from Fast System Call", "Return From
; Fast System Call", "Read FS/GS Segment Base"; Vol. 3, "Debug Registers", "64-Bit TSS".

%include "case.inc"
%include "long_mode.inc"
%include "timer.inc"

DR7_WRITE equ 1 << 16               ; of breakpoint 0
DR7_ACCESS equ 3 << 16
DR7_8_BYTES equ 2 << 18
DR7_LOCAL_0 equ 1

main:
    needs HAS_LONG, "long mode"

; ---- SYSENTER and SYSEXIT ----

%macro sysenter64 1                 ; CS
    wrmsr64 0x174, %1
    wrmsr64 0x175, SPARE_STACK
    wrmsr64 0x176, number(.there)
%endmacro

    case64 "SYSENTER from 64-bit ring 3: 64-bit CS, SS = CS + 8, RSP and RIP of 64 bits"
        sysenter64 CODE64
        to_ring64 3, FLAG_IF | FLAG_DF
        sysenter
        ud2
    .there:
        mov rbx, rsp
        mov ecx, ss
    gets NOTHING
    is64 "CS", seen64.cs, CODE64
    is64 "SS", seen64.rcx, CODE64 + 8
    is64 "RSP", seen64.rbx, SPARE_STACK
    is_masked "EFLAGS", [seen64.rflags], FLAG_DF, FLAG_IF | FLAG_DF

    case64 "SYSENTER from compatibility mode enters 64-bit mode"
        sysenter64 CODE64
        to_compatibility 3
        sysenter
        ud2
    bits 64
    .there:
        mov rbx, 0x123456789
    gets NOTHING
    is64 "CS", seen64.cs, CODE64
    is64 "RBX", seen64.rbx, 0x123456789

    case64 "SYSENTER with a null selector: #GP(0)"
        sysenter64 3
        to_ring64 3
    .at: sysenter
    .there:
    gets EXC_GP, 0
    saved_rip .at

    case64 "the entry point of SYSENTER must be canonical: WRMSR is #GP(0)"
        mov ecx, 0x176
        xor eax, eax
        mov edx, 0x8000
    .at: wrmsr
    gets EXC_GP, 0
    saved_rip .at

    case64 "SYSEXIT to compatibility mode: CS + 16, SS + 24"
        wrmsr64 0x174, CODE64
        mov ecx, STACK3
        mov edx, .there
        sysexit
        ud2
    .there:
    gets NOTHING
    is64 "CS", seen64.cs, CODE64 + 16 + 3
    is64 "SS", seen64.ss, CODE64 + 24 + 3
    is64 "RSP", seen64.rsp, STACK3

    case64 "SYSEXIT with REX.W to 64-bit mode: CS + 32, SS + 40"
        wrmsr64 0x174, CODE64
        mov rcx, 0x123456789AB0
        mov edx, .there
        o64 sysexit
        ud2
    .there:
        mov rbx, 0x123456789
    gets NOTHING
    is64 "CS", seen64.cs, CODE64 + 32 + 3
    is64 "SS", seen64.ss, CODE64 + 40 + 3
    is64 "RSP", seen64.rsp, 0x123456789AB0
    is64 "RBX", seen64.rbx, 0x123456789

    case64 "SYSEXIT with REX.W, RDX is not canonical: #GP(0)"
        wrmsr64 0x174, CODE64
        mov ecx, STACK3
        mov rdx, 1 << 47
    .at: o64 sysexit
    gets EXC_GP, 0
    saved_rip .at

    case64 "SYSEXIT with REX.W, RCX is not canonical: #GP(0)"
        wrmsr64 0x174, CODE64
        mov rcx, 1 << 47
        mov edx, .at
    .at: o64 sysexit
    gets EXC_GP, 0
    saved_rip .at

; ---- SYSCALL and SYSRET ----

    case64 "SYSCALL in compatibility mode: #UD"
        to_compatibility 3
    .at: syscall
    gets EXC_UD
    saved_rip .at

    case64 "SYSRET in compatibility mode: #UD"
        to_compatibility 0
    .at: db 0x0F, 0x07
    gets EXC_UD
    saved_rip .at

    case64 "SYSRET to an address that is not canonical: #GP(0), still in ring 0"
        wrmsr64 MSR_STAR, (CODE64_3 - 16) << 48
        mov rcx, 1 << 47
        mov r11d, 2
    .at: o64 sysret
    gets EXC_GP, 0
    saved_rip .at
    is64 "CS", seen64.cs, CODE64

    case64 "SYSRET without EFER.SCE: #UD"
        mov ecx, MSR_EFER
        rdmsr
        and eax, ~EFER_SCE
        wrmsr
    .at: o64 sysret
    gets EXC_UD
    saved_rip .at

    case64 "SYSRET loads R11's flags but RF and VM"
        wrmsr64 MSR_STAR, (CODE64_3 - 16) << 48
        mov ecx, .user
        mov r11d, FLAG_RF | FLAG_VM | FLAG_DF | FLAG_CF | FLAG_NT | FLAG_AC | iopl(3)
        o64 sysret
    .user:
        pushfq
        pop rbx
    gets NOTHING
    is_masked "RFLAGS", [seen64.rbx], FLAG_DF | FLAG_CF | FLAG_NT | FLAG_AC | iopl(3), 0x3FFE01

    case64 "SYSRET keeps RSP, and RPL 3 whatever STAR says"
        wrmsr64 MSR_STAR, ((CODE64_3 - 16) & ~3) << 48
        mov ecx, .user
        mov r11d, 2
        mov rsp, 0x123456789AB0
        o64 sysret
    .user:
    gets NOTHING
    is64 "CS", seen64.cs, CODE64_3
    is64 "RSP", seen64.rsp, 0x123456789AB0

    case64 "SYSCALL: CS has RPL 0 whatever STAR says"
        wrmsr64 MSR_STAR, (CODE64 + 3) << 32
        wrmsr64 MSR_LSTAR, number(.kernel)
        wrmsr64 MSR_SFMASK, 0
        to_ring64 3
        syscall
    .kernel:
    gets NOTHING
    is64 "CS", seen64.cs, CODE64

; ---- single steps over them: by the TF that they load ----

    case64 "SYSCALL that masks TF is not stepped"
        wrmsr64 MSR_STAR, CODE64 << 32
        wrmsr64 MSR_LSTAR, number(.kernel)
        wrmsr64 MSR_SFMASK, FLAG_TF
        push DATA3
        push STACK3
        push FLAG_TF | 2
        push CODE64_3
        mov eax, .user
        push rax
        iretq
    .user:
        syscall
    .kernel:
        nop
    gets NOTHING
    is64 "CS", seen64.cs, CODE64
    is_masked "TF in R11", [seen64.r11], FLAG_TF, FLAG_TF

    case64 "SYSCALL that keeps TF: #DB before the first instruction in ring 0"
        wrmsr64 MSR_STAR, CODE64 << 32
        wrmsr64 MSR_LSTAR, number(.kernel)
        wrmsr64 MSR_SFMASK, 0
        push DATA3
        push STACK3
        push FLAG_TF | 2
        push CODE64_3
        mov eax, .user
        push rax
        iretq
    .user:
        syscall
        nop
    .kernel:
        nop
    gets EXC_DB
    saved_rip .kernel
    is64 "CS", seen64.cs, CODE64

    case64 "SYSRET that sets TF: #DB before the first instruction in ring 3"
        wrmsr64 MSR_STAR, (CODE64_3 - 16) << 48
        mov ecx, .user
        mov r11d, FLAG_TF | 2
        o64 sysret
    .user:
        nop
        nop
    gets EXC_DB
    saved_rip .user
    is64 "CS", seen64.cs, CODE64_3

; ---- debug registers ----

%macro watch8 2                     ; address, DR7's kind
    mov rax, %1
    mov dr0, rax
    mov eax, DR7_LOCAL_0 | (%2) | DR7_8_BYTES
    mov dr7, rax
%endmacro
    case64 "a breakpoint of 8 bytes: the last byte written"
        watch8 DATA, DR7_WRITE
        mov byte [DATA + 7], 1
    .after:
        nop
    gets EXC_DB
    saved_rip .after

    case64 "a breakpoint of 8 bytes: the byte behind"
        watch8 DATA, DR7_WRITE
        mov byte [DATA + 8], 1
    gets NOTHING

    case64 "a breakpoint of 8 bytes is aligned by 8"
        watch8 DATA + 4, DR7_ACCESS
        mov al, [DATA]
    .after:
        nop
    gets EXC_DB
    saved_rip .after

    case64 "a breakpoint's address has 64 bits"
        watch8 HIGH + DATA, DR7_WRITE
        mov dword [DATA], 1             ; not there
        mov rbx, HIGH + DATA
        mov dword [rbx], 1
    .after:
        nop
    gets EXC_DB
    saved_rip .after

    case64 "DR6, bits 63 to 32: #GP(0)"
        mov rax, 1 << 40
    .at: mov dr6, rax
    gets EXC_GP, 0
    saved_rip .at

    case64 "TF: #DB behind the instruction, in ring 3 of 64-bit mode"
        to_ring64 3, FLAG_TF
        nop
    gets EXC_DB
    is64 "CS", seen64.cs, CODE64_3

; ---- interrupts held back ----

    case64 "STI holds an interrupt back for one instruction"
        to_compatibility 0
        timer_pending
        jmp CODE64:.wide
    bits 64
    .wide:
        sti
        nop
    .next:
        nop
    gets TIMER_VECTOR
    saved_rip .next
    frame64_at STACK0 - 40

    case64 "MOV SS holds it back too"
        to_compatibility 0
        timer_pending
        jmp CODE64:.wide
    bits 64
    .wide:
        mov ecx, DATA0
        sti
        mov ss, ecx
        nop
    .next:
        nop
    gets TIMER_VECTOR
    saved_rip .next

; ---- ports ----

%macro port64 3                     ; title, byte of the map, allowed
    case64 %1
        mov edi, TSS_64 + 0x68
        mov ecx, 0x30
        mov al, 0xFF
        rep stosb
        mov byte [TSS_64 + 0x68 + 0x10], %2
        mov word [GDT + (TSS64 & ~7)], 0x97
        mov dword [GDT + (TSS64 & ~7) + 4], descriptor_high(TSS_64, 0, PRESENT | TSS32, 0)
        mov word [TSS_64 + 0x66], 0x68
        mov eax, TSS64
        ltr ax
        to_ring64 3
    .at: out 0x80, al
    %if %3
    gets NOTHING
    %else
    gets EXC_GP, 0
    saved_rip .at
    %endif
%endmacro
    port64 "a port, its bit clear", 0xFE, 1
    port64 "a port, its bit set: #GP(0)", 0xFF, 0

; ---- UMIP ----

    needs HAS_UMIP, "UMIP"
%macro umip64 2
    case64 "UMIP: ", %1, " in ring 3: #GP(0)"
        mov rax, cr4
        or eax, CR4_UMIP
        mov cr4, rax
        to_ring64 3
    .at: %2
    gets EXC_GP, 0
    saved_rip .at
%endmacro
    umip64 "SGDT", {sgdt [DATA]}
    umip64 "SIDT", {sidt [DATA]}
    umip64 "SLDT", {sldt eax}
    umip64 "STR", {str eax}
    umip64 "SMSW", {smsw eax}
    end_needs

; ---- FS and GS bases ----

    needs HAS_FSGSBASE, "RDFSBASE"
    case64 "RDFSBASE without CR4.FSGSBASE: #UD"
    .at: rdfsbase rax
    gets EXC_UD
    saved_rip .at

    case64 "RDFSBASE in compatibility mode: #UD"
        mov rax, cr4
        or eax, CR4_FSGSBASE
        mov cr4, rax
        to_compatibility 0
    .at: db 0xF3, 0x0F, 0xAE, 0xC0
    gets EXC_UD
    saved_rip .at

    case64 "WRGSBASE and RDGSBASE in ring 3"
        mov rax, cr4
        or eax, CR4_FSGSBASE
        mov cr4, rax
        to_ring64 3
        mov rax, 0x112233445566
        wrgsbase rax
        rdgsbase rbx
        rdgsbase ecx
    gets NOTHING
    is64 "RBX", seen64.rbx, 0x112233445566
    is64 "ECX", seen64.rcx, 0x33445566
    is64 "GS base", seen64.gs_base, 0x112233445566

    case64 "WRFSBASE of 32 bits clears the upper half"
        mov rax, cr4
        or eax, CR4_FSGSBASE
        mov cr4, rax
        mov rax, 0x112233445566
        wrfsbase rax
        wrfsbase eax
        rdfsbase rbx
    gets NOTHING
    is64 "RBX", seen64.rbx, 0x33445566

    case64 "WRFSBASE of an address that is not canonical: #GP(0)"
        mov rax, cr4
        or eax, CR4_FSGSBASE
        mov cr4, rax
        mov rax, 1 << 50
    .at: wrfsbase rax
    gets EXC_GP, 0
    saved_rip .at
    end_needs

    case64 "MOV to FS in 64-bit mode loads 32 bits of base; a null selector too"
        descriptor FREE64, DATA, 0xFFF, PRESENT | WRITABLE, BIG
        mov dword [DATA], 0x99
        mov eax, FREE64
        mov fs, eax
        mov ebx, [fs:abs 0]
    gets NOTHING
    is "EBX", [seen64.rbx], 0x99

; ---- alignment ----

    case64 "alignment: a quadword at 4 in ring 3: #AC(0)"
        mov rax, cr0
        or eax, CR0_AM
        mov cr0, rax
        to_ring64 3, FLAG_AC
    .at: mov rax, [DATA + 4]
    gets EXC_AC, 0
    saved_rip .at

    case64 "alignment: a quadword at 8"
        mov rax, cr0
        or eax, CR0_AM
        mov cr0, rax
        to_ring64 3, FLAG_AC
        mov rax, [DATA + 8]
    gets NOTHING

; ---- CMPXCHG16B ----

    needs features.ecx1, 13, "CMPXCHG16B"
    case64 "CMPXCHG16B at an address that is no multiple of 16: #GP(0)"
    .at: cmpxchg16b [DATA + 8]
    gets EXC_GP, 0
    saved_rip .at
    end_needs

    end_needs
    finish
