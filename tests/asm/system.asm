; System registers and what they govern: CR0, CR4 and MSRs with their reserved bits, CPUID against
; #UD, SYSENTER, POPF, UMIP, time-stamp counter.
; Manual: Intel SDM Vol. 3, "Control Registers", "CPUID Qualification of Control Register Flags";
; Vol. 2, the pages of the instructions, "CPU Identification".

%include "case.inc"

; What `if_present` expects: nothing when CPUID shows the feature, else this exception.
%macro expected_without 3           ; word, bit, exception
    mov dword [spare], NOTHING
    test dword [%1], 1 << (%2)
    jnz %%present
    mov dword [spare], %3
%%present:
%endmacro
%macro gets_expected 0
    gets ANY
    is "vector", [seen.vector], [spare]
%endmacro

main:

; ---- CR0 ----

    case "NW without CD: #GP(0)"
        mov eax, cr0
        or eax, CR0_NW
        and eax, ~CR0_CD
    .at: mov cr0, eax
    gets EXC_GP, 0
    saved_eip .at

    case "reserved bits of CR0 are ignored, ET is set"
        mov eax, cr0
        mov ebx, eax
        or eax, 0x1FF8FFC0 & ~(CR0_WP | CR0_AM)
        and eax, ~CR0_ET
        mov cr0, eax
        mov ecx, cr0
    gets NOTHING
    mov edx, [seen.ebx]
    is "CR0", [seen.ecx], edx

    case "LMSW sets PE, MP, EM and TS alone"
        mov eax, 0xFFFF
        lmsw ax
        mov ebx, cr0
    gets NOTHING
    is "CR0", [seen.ebx], CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE

    case "LMSW cannot clear PE"
        xor eax, eax
        lmsw ax
        mov ebx, cr0
    gets NOTHING
    is "CR0", [seen.ebx], CR0_PE | CR0_ET | CR0_NE

    case "SMSW in ring 3"
        to_ring 3
        smsw bx
    gets NOTHING
    is_masked "CR0", [seen.ebx], CR0_PE | CR0_ET | CR0_NE, 0xFFFF

%macro privileged 2                 ; title, instruction
    case %1, " in ring 3: #GP(0)"
        to_ring 3
    .at: %2
    gets EXC_GP, 0
    saved_eip .at
    case %1, " in ring 1: #GP(0)"
        to_ring 1
    .at: %2
    gets EXC_GP, 0
    saved_eip .at
%endmacro
    privileged "MOV to CR0", {mov cr0, eax}
    privileged "MOV from CR0", {mov eax, cr0}
    privileged "MOV to CR2", {mov cr2, eax}
    privileged "MOV from CR3", {mov eax, cr3}
    privileged "LMSW", {lmsw ax}
    privileged "CLTS", {clts}
    privileged "LGDT", {lgdt [main_gdtr]}
    privileged "LIDT", {lidt [main_idtr]}
    privileged "LLDT", {lldt ax}
    privileged "HLT", {hlt}
    privileged "INVD", {invd}
    privileged "WBINVD", {wbinvd}

%macro no_such_register 2           ; title, ModRM of MOV EAX, CRn
    case %1, ": #UD"
    .at: db 0x0F, 0x20, %2
    gets EXC_UD
    saved_eip .at
    case %1, " in ring 3: #UD"
        to_ring 3
    .at: db 0x0F, 0x20, %2
    gets EXC_UD
    saved_eip .at
%endmacro
    no_such_register "MOV from CR1", 0xC8
    no_such_register "MOV from CR5", 0xE8
    no_such_register "MOV from CR6", 0xF0
    no_such_register "MOV from CR7", 0xF8

    case "MOV from CR0 ignores the mod of its ModRM: a register always"
        db 0x0F, 0x20, 0x03         ; mod 0, r/m EBX
    gets NOTHING
    is_masked "EBX", [seen.ebx], CR0_PE, CR0_PE

    case "RSM outside system-management mode: #UD"
    .at: rsm
    gets EXC_UD
    saved_eip .at

; ---- CR4 ----

%macro cr4_bit 4                    ; name, bit, CPUID word, bit
    case "CR4.", %1, ": as CPUID says, else #GP(0)"
        expected_without %3, %4, EXC_GP
        mov eax, 1 << (%2)
    .at: mov cr4, eax
        mov ebx, cr4
        xor eax, eax
        mov cr4, eax
    gets_expected
%endmacro
    needs HAS_PSE, "CR4"
    cr4_bit "VME", 0, HAS_VME
    cr4_bit "PVI", 1, HAS_VME
    cr4_bit "TSD", 2, HAS_TSC
    cr4_bit "DE", 3, HAS_DE
    cr4_bit "PSE", 4, HAS_PSE
    cr4_bit "PAE", 5, HAS_PAE
    cr4_bit "MCE", 6, HAS_MCE
    cr4_bit "PGE", 7, HAS_PGE
    cr4_bit "OSFXSR", 9, HAS_FXSR
    cr4_bit "OSXMMEXCPT", 10, HAS_SSE
    cr4_bit "UMIP", 11, HAS_UMIP
    cr4_bit "FSGSBASE", 16, HAS_FSGSBASE
    cr4_bit "OSXSAVE", 18, HAS_XSAVE
    cr4_bit "SMEP", 20, HAS_SMEP
    cr4_bit "SMAP", 21, HAS_SMAP

%assign reserved_bit 24
%rep 8
    %defstr bit_name reserved_bit
    case "CR4, reserved bit ", bit_name, ": #GP(0)"
        mov eax, 1 << reserved_bit
    .at: mov cr4, eax
    gets EXC_GP, 0
    saved_eip .at
    %assign reserved_bit reserved_bit + 1
%endrep

    case "CR4, reserved bit 15: #GP(0)"
        mov eax, 1 << 15
    .at: mov cr4, eax
    gets EXC_GP, 0
    saved_eip .at

    case "CR4.PCIDE outside long mode: #GP(0)"
        mov eax, 1 << 17
    .at: mov cr4, eax
    gets EXC_GP, 0
    saved_eip .at
    end_needs

; ---- CPUID and #UD ----

%macro instruction 4-*              ; name, CPUID word, bit, bytes
    case %1, ": as CPUID says, else #UD"
        expected_without %2, %3, EXC_UD
        call allow_simd
        mov ecx, 0x10
        mov ebx, DATA
        mov edx, 0
        mov eax, 0
    .at: db %{4:-1}
    gets_expected
%endmacro
    instruction "CMOV", HAS_CMOV, 0x0F, 0x44, 0xC1
    instruction "FCMOV", HAS_CMOV, 0xDA, 0xC0
    instruction "FCOMI", HAS_CMOV, 0xDB, 0xF0
    instruction "RDTSC", HAS_TSC, 0x0F, 0x31
    instruction "RDMSR", HAS_MSR, 0x0F, 0x32
    instruction "CMPXCHG8B", HAS_CX8, 0x0F, 0xC7, 0x0B
    instruction "CLFLUSH", HAS_CLFLUSH, 0x0F, 0xAE, 0x3B
    instruction "MMX: PADDB MM", HAS_MMX, 0x0F, 0xFC, 0xC0
    instruction "FXSAVE", HAS_FXSR, 0x0F, 0xAE, 0x03
    instruction "SSE: ADDPS", HAS_SSE, 0x0F, 0x58, 0xC0
    instruction "SSE: LDMXCSR", HAS_SSE, 0x0F, 0xAE, 0x15, 0x00, 0x20, 0x03, 0x00
    instruction "SSE: SFENCE", HAS_SSE, 0x0F, 0xAE, 0xF8
    instruction "SSE2: ADDPD", HAS_SSE2, 0x66, 0x0F, 0x58, 0xC0
    instruction "SSE2: PADDB XMM", HAS_SSE2, 0x66, 0x0F, 0xFC, 0xC0
    instruction "SSE2: MFENCE", HAS_SSE2, 0x0F, 0xAE, 0xF0
    instruction "SSE2: MOVNTI", HAS_SSE2, 0x0F, 0xC3, 0x03
    instruction "SSE3: ADDSUBPD", HAS_SSE3, 0x66, 0x0F, 0xD0, 0xC0
    instruction "SSSE3: PSHUFB", HAS_SSSE3, 0x66, 0x0F, 0x38, 0x00, 0xC0
    instruction "SSSE3: PSHUFB MM", HAS_SSSE3, 0x0F, 0x38, 0x00, 0xC0
    instruction "SSE4.1: PMULLD", HAS_SSE41, 0x66, 0x0F, 0x38, 0x40, 0xC0
    instruction "SSE4.2: PCMPGTQ", HAS_SSE42, 0x66, 0x0F, 0x38, 0x37, 0xC0
    instruction "SSE4.2: CRC32", HAS_SSE42, 0xF2, 0x0F, 0x38, 0xF1, 0xC1
    instruction "PCLMULQDQ", HAS_PCLMUL, 0x66, 0x0F, 0x3A, 0x44, 0xC0, 0x00
    instruction "AESENC", HAS_AES, 0x66, 0x0F, 0x38, 0xDC, 0xC0
    instruction "MOVBE", HAS_MOVBE, 0x0F, 0x38, 0xF0, 0x03
    instruction "POPCNT", HAS_POPCNT, 0xF3, 0x0F, 0xB8, 0xC1
    instruction "RDRAND", HAS_RDRAND, 0x0F, 0xC7, 0xF0
    instruction "RDSEED", HAS_RDSEED, 0x0F, 0xC7, 0xF8
    instruction "ADCX", HAS_ADX, 0x66, 0x0F, 0x38, 0xF6, 0xC1
    instruction "SHA256MSG1", HAS_SHA, 0x0F, 0x38, 0xCC, 0xC0
    instruction "RDTSCP", HAS_RDTSCP, 0x0F, 0x01, 0xF9
    instruction "RDPID", HAS_RDPID, 0xF3, 0x0F, 0xC7, 0xF8
    instruction "CLFLUSHOPT", HAS_CLFLUSHOPT, 0x66, 0x0F, 0xAE, 0x3B
    instruction "CLWB", HAS_CLWB, 0x66, 0x0F, 0xAE, 0x33

    case "INVPCID, a descriptor of zeros: as CPUID says, else #UD"
        expected_without HAS_INVPCID, EXC_UD
        call clear_data
        xor ecx, ecx
        mov ebx, DATA
        db 0x66, 0x0F, 0x38, 0x82, 0x0B
    gets_expected

    case "XGETBV without CR4.OSXSAVE: #UD"
        xor ecx, ecx
    .at: db 0x0F, 0x01, 0xD0
    gets EXC_UD
    saved_eip .at

; ---- MSRs ----

    needs HAS_MSR, "MSRs"
    case "RDMSR of an MSR that is not there: #GP(0)"
        mov ecx, 0x12345678
    .at: rdmsr
    gets EXC_GP, 0
    saved_eip .at

    case "WRMSR of an MSR that is not there: #GP(0)"
        mov ecx, 0x12345678
    .at: wrmsr
    gets EXC_GP, 0
    saved_eip .at

    privileged "RDMSR", rdmsr
    privileged "WRMSR", wrmsr

    case "RDMSR and WRMSR of the time-stamp counter"
        mov ecx, 0x10
        mov eax, 0x1000
        mov edx, 0x77
        wrmsr
        rdmsr
    gets NOTHING
    is "EDX", [seen.edx], 0x77

    needs HAS_NX, "EFER"
    case "EFER, a reserved bit: #GP(0)"
        mov ecx, 0xC0000080
        xor edx, edx
        mov eax, 1 << 1
    .at: wrmsr
    gets EXC_GP, 0
    saved_eip .at

    case "EFER, a reserved bit of the upper half: #GP(0)"
        mov ecx, 0xC0000080
        mov edx, 1
        xor eax, eax
    .at: wrmsr
    gets EXC_GP, 0
    saved_eip .at

    case "EFER.NXE is kept"
        mov ecx, 0xC0000080
        xor edx, edx
        mov eax, 1 << 11
        wrmsr
        xor eax, eax
        rdmsr
        mov ebx, eax
    gets NOTHING
    is "EFER", [seen.ebx], 1 << 11
    end_needs

    case "the APIC's base, a reserved bit: #GP(0)"
        mov ecx, 0x1B
        rdmsr
        or eax, 1
    .at: wrmsr
    gets EXC_GP, 0
    saved_eip .at
    end_needs

    needs features.edx1, 12, "MTRRs"
%macro refused_msr 4                ; title, MSR, EDX, EAX
    case %1, ": #GP(0)"
        mov ecx, %2
        mov edx, %3
        mov eax, %4
    .at: wrmsr
    gets EXC_GP, 0
    saved_eip .at
%endmacro
    refused_msr "MTRRcap is read-only", 0xFE, 0, 0
    refused_msr "MTRRphysBase0 with memory type 2", 0x200, 0, 2
    refused_msr "MTRRphysBase0 with bit 8", 0x200, 0, 0x106
    refused_msr "MTRRphysMask0 with bit 0", 0x201, 0, 1
    refused_msr "MTRRphysMask0 above the physical addresses", 0x201, 0x80000000, 0x800
    refused_msr "MTRRfix64K with memory type 3", 0x250, 0, 0x03000000
    refused_msr "MTRRdefType with memory type 7", 0x2FF, 0, 7
    end_needs
    needs features.edx1, 16, "PAT"
    refused_msr "PAT with memory type 2", 0x277, 0, 2
    refused_msr "PAT with memory type 8", 0x277, 0x08000000, 0

    case "PAT takes UC-"
        mov ecx, 0x277
        mov edx, 0x00070406
        mov eax, 0x00070406
        wrmsr
    gets NOTHING
    end_needs

; ---- MONITOR, INVPCID ----

    needs features.ecx1, 3, "MONITOR"
    case "MONITOR in ring 3: #UD"
        to_ring 3
        mov eax, DATA
        xor ecx, ecx
        xor edx, edx
    .at: db 0x0F, 0x01, 0xC8
    gets EXC_UD
    saved_eip .at

    case "MWAIT in ring 3: #UD"
        to_ring 3
        xor eax, eax
        xor ecx, ecx
    .at: db 0x0F, 0x01, 0xC9
    gets EXC_UD
    saved_eip .at

    case "MONITOR with a reserved extension: #GP(0)"
        mov eax, DATA
        mov ecx, 4
        xor edx, edx
    .at: db 0x0F, 0x01, 0xC8
    gets EXC_GP, 0
    saved_eip .at
    end_needs

    needs HAS_INVPCID, "INVPCID"
%macro invpcid_case 3               ; title, type, the descriptor's second doubleword
    case "INVPCID ", %1, ": #GP(0)"
        call clear_data
        mov dword [DATA + 4], %3
        mov ecx, %2
    .at: invpcid ecx, [DATA]
    gets EXC_GP, 0
    saved_eip .at
%endmacro
    invpcid_case "of type 4", 4, 0
    invpcid_case "with a reserved bit of its descriptor", 0, 1
    invpcid_case "of type 2 with a reserved bit", 2, 1
    privileged "INVPCID", {invpcid ecx, [DATA]}

    case "INVPCID of a PCID other than 0 without CR4.PCIDE: #GP(0)"
        call clear_data
        mov dword [DATA], 1
        xor ecx, ecx
    .at: invpcid ecx, [DATA]
    gets EXC_GP, 0
    saved_eip .at
    end_needs

; ---- SYSENTER and SYSEXIT ----

    needs HAS_SEP, "SYSENTER"
%macro sysenter_msrs 3              ; CS, ESP, EIP
    mov ecx, 0x174
    xor edx, edx
    mov eax, %1
    wrmsr
    mov ecx, 0x175
    mov eax, %2
    wrmsr
    mov ecx, 0x176
    mov eax, %3
    wrmsr
%endmacro

    case "SYSENTER from ring 3: CS, SS, ESP and EIP; IF and VM clear"
        sysenter_msrs CODE0, SPARE_STACK, .there
        to_ring 3, FLAG_IF | FLAG_DF
        sysenter
        ud2
    .there:
        mov edx, ss
    gets NOTHING
    is "CS", [seen.cs], CODE0
    is_masked "SS", [seen.edx], CODE0 + 8, 0xFFFF
    frame_at SPARE_STACK - 12
    is_masked "EFLAGS", [seen.eflags], FLAG_DF, FLAG_IF | FLAG_DF | FLAG_VM

    case "SYSENTER with a null selector in its MSR: #GP(0)"
        sysenter_msrs 3, SPARE_STACK, .there
        to_ring 3
    .at: sysenter
    .there:
    gets EXC_GP, 0
    saved_eip .at

    case "SYSENTER does not look at the GDT: the segments are flat"
        sysenter_msrs FREE, SPARE_STACK, .there
        sysenter
        ud2
    .there:
        mov edx, ss
        mov ecx, cs
        mov ebx, [ss:SEEN]
    gets NOTHING
    is_masked "SS", [seen.edx], FREE + 8, 0xFFFF
    is_masked "CS", [seen.ecx], FREE, 0xFFFF

    case "SYSENTER ignores the RPL of its selector"
        sysenter_msrs CODE0 + 3, SPARE_STACK, .there
        to_ring 3
        sysenter
        ud2
    .there:
    gets NOTHING
    is "CS", [seen.cs], CODE0

    case "SYSEXIT to ring 3: CS + 16, SS + 24, ESP from ECX, EIP from EDX"
        sysenter_msrs CODE0, 0, 0
        mov ecx, STACK3 - 0x100
        mov edx, .there
        sysexit
        ud2
    .there:
    gets NOTHING
    is "CS", [seen.cs], CODE0 + 16 + 3
    is "SS", [seen.ss], CODE0 + 24 + 3
    is "ESP", [seen.esp], STACK3 - 0x100

    case "SYSEXIT with a null selector in its MSR: #GP(0)"
        sysenter_msrs 0, 0, 0
    .at: sysexit
    gets EXC_GP, 0
    saved_eip .at

    case "SYSEXIT in ring 3: #GP(0)"
        sysenter_msrs CODE0, 0, 0
        to_ring 3
    .at: sysexit
    gets EXC_GP, 0
    saved_eip .at

    case "SYSEXIT in ring 1: #GP(0)"
        sysenter_msrs CODE0, 0, 0
        to_ring 1
    .at: sysexit
    gets EXC_GP, 0
    saved_eip .at
    end_needs

    needs HAS_SEP, "SYSENTER"
    case "SYSENTER keeps TF: #DB before the first instruction in ring 0"
        sysenter_msrs CODE0, SPARE_STACK, .there
        push dword DATA3
        push dword STACK3
        push dword FLAG_TF | 2
        push dword CODE3
        push dword .outside
        iretd
    .outside:
        sysenter
        ud2
    .there:
        nop
    gets EXC_DB
    saved_eip .there
    is "CS", [seen.cs], CODE0
    is_masked "BS", [seen.dr6], 1 << 14, 1 << 14
    end_needs

; ---- POPF ----

; Bits that ring %1 can change with IOPL %2: IF when CPL <= IOPL, IOPL in ring 0 only.
POPF_BITS equ FLAG_IF | FLAG_DF | FLAG_NT | FLAG_AC | 1 << 21 | FLAG_CF | iopl(3)
%macro popf_case 3
    %defstr ring_name %1
    %defstr iopl_name %2
    case "POPFD of ones in ring ", ring_name, " with IOPL ", iopl_name
        to_ring %1, iopl(%2)
        push dword POPF_BITS
        popfd
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], %3, POPF_BITS
    case "POPFD of zeros in ring ", ring_name, " with IOPL ", iopl_name
        to_ring %1, iopl(%2) | FLAG_IF
        push dword 0
        popfd
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], (%3) & ~POPF_BITS | iopl(%2) | FLAG_IF * (%1 > %2), POPF_BITS
%endmacro
    popf_case 1, 0, POPF_BITS & ~FLAG_IF & ~iopl(3)
    popf_case 1, 1, POPF_BITS & ~iopl(3) | iopl(1)
    popf_case 2, 1, POPF_BITS & ~FLAG_IF & ~iopl(3) | iopl(1)
    popf_case 3, 2, POPF_BITS & ~FLAG_IF & ~iopl(3) | iopl(2)
    popf_case 3, 3, POPF_BITS

    case "POPFD in ring 0 changes neither VM, VIF nor VIP"
        push dword FLAG_VM | FLAG_VIF | FLAG_VIP | iopl(2)
        popfd
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], iopl(2), FLAG_VM | FLAG_VIF | FLAG_VIP | iopl(3)

    case "POPF of 16 bits leaves AC and ID alone"
        push dword FLAG_AC | 1 << 21
        popfd
        push word 0
        o16 popf
    gets NOTHING
    is_masked "EFLAGS", [seen.eflags], FLAG_AC | 1 << 21, FLAG_AC | 1 << 21

; ---- UMIP ----

    needs HAS_UMIP, "UMIP"
%macro umip 2
    case "UMIP: ", %1, " in ring 3: #GP(0)"
        set_cr4 CR4_UMIP
        to_ring 3
    .at: %2
    gets EXC_GP, 0
    saved_eip .at
    case "UMIP: ", %1, " in ring 0"
        set_cr4 CR4_UMIP
        %2
    gets NOTHING
%endmacro
    umip "SGDT", {sgdt [DATA]}
    umip "SIDT", {sidt [DATA]}
    umip "SLDT", {sldt ax}
    umip "STR", {str ax}
    umip "SMSW", {smsw ax}
    end_needs

; ---- descriptor-table registers ----

    case "LGDT of 16 bits loads 24 bits of base"
        mov dword [DATA], 0x1FF | (GDT & 0xFFFF) << 16
        mov word [DATA + 4], 0xAB00 | GDT >> 16
        o16 lgdt [DATA]
        sgdt [DATA + 8]
    gets NOTHING
    is "base", [DATA + 10], GDT

    case "SGDT of 16 bits stores all of the base"
        mov dword [DATA], 0x1FF
        mov dword [DATA + 2], 0x12345678
        lgdt [DATA]
        o16 sgdt [DATA + 8]
        lgdt [main_gdtr]
    gets NOTHING
    is "base", [DATA + 10], 0x12345678

    case "SIDT stores limit and base"
        sidt [DATA]
    gets NOTHING
    is_masked "limit", [DATA], 256 * 8 - 1, 0xFFFF
    is "base", [DATA + 2], IDT

    case "SGDT in ring 3"
        to_ring 3
        sgdt [DATA]
    gets NOTHING
    is "base", [DATA + 2], GDT

; ---- counters ----

    needs HAS_TSC, "time-stamp counter"
    case "RDTSC with TSD in ring 3: #GP(0)"
        set_cr4 CR4_TSD
        to_ring 3
    .at: rdtsc
    gets EXC_GP, 0
    saved_eip .at

    case "RDTSC with TSD in ring 0"
        set_cr4 CR4_TSD
        rdtsc
    gets NOTHING

    case "RDTSC without TSD in ring 3"
        to_ring 3
        rdtsc
    gets NOTHING

    needs HAS_RDTSCP, "RDTSCP"
    case "RDTSCP with TSD in ring 3: #GP(0)"
        set_cr4 CR4_TSD
        to_ring 3
    .at: rdtscp
    gets EXC_GP, 0
    saved_eip .at

    case "RDTSCP loads ECX with TSC_AUX"
        mov ecx, 0xC0000103
        mov eax, 0x31415926
        xor edx, edx
        wrmsr
        xor ecx, ecx
        rdtscp
    gets NOTHING
    is "ECX", [seen.ecx], 0x31415926
    end_needs

    needs HAS_CMOV, "RDPMC, of the P6"
    case "RDPMC without PCE in ring 3: #GP(0)"
        to_ring 3
        xor ecx, ecx
    .at: rdpmc
    gets EXC_GP, 0
    saved_eip .at

    case "RDPMC with PCE in ring 3"
        set_cr4 CR4_PCE
        to_ring 3
        xor ecx, ecx
        rdpmc
    gets NOTHING

    case "RDPMC of a counter that is not there: #GP(0)"
        mov ecx, 0x12345
    .at: rdpmc
    gets EXC_GP, 0
    saved_eip .at
    end_needs

    case "the time-stamp counter does not go back"
        rdtsc
        mov ebx, eax
        mov esi, edx
        rdtsc
        sub eax, ebx
        sbb edx, esi
        mov ecx, edx
    gets NOTHING
    is "sign", [seen.ecx], 0
    end_needs

    finish

; SSE allowed, MXCSR's default at 32000h.
allow_simd:
    test dword [features.edx1], 1 << 24
    jz .none
    mov eax, CR4_OSFXSR
    mov cr4, eax
.none:
    mov dword [DATA + 0x2000], 0x1F80

clear_data:
    mov edi, DATA
    mov ecx, 0x400 / 4
    xor eax, eax
    rep stosd
    ret
