; What governs x87, MMX, SSE, AVX and their state: CR0.TS, EM, MP and NE, CR4.OSFXSR, OSXMMEXCPT and
; OSXSAVE, XCR0.
; Manual: Intel SDM Vol. 3, "System Programming for Instruction Set Extensions and Processor Extended
; States", "x87 FPU Floating-Point Error"; Vol. 2, the exceptions of each instruction's page.

%include "case.inc"

main:

; ---- x87, MMX and SSE under CR0 and CR4 ----

    case "x87 errors with NE clear go out of FERR# and come back as IRQ 13"
        call open_irq_13
        mov eax, cr0
        and eax, ~CR0_NE
        mov cr0, eax
        push dword 0x37B
        fldcw [esp]
        fld1
        fldz
        fdivp
        sti
    .at: wait
        nop
        mov ecx, 1000
    .later:
        loop .later
    gets 0x75

    needs HAS_MMX, "MMX"
    case "MMX with EM: #UD"
        set_cr0 CR0_EM
    .at: paddb mm0, mm0
    gets EXC_UD
    saved_eip .at

    case "MMX with TS: #NM"
        set_cr0 CR0_TS
    .at: paddb mm0, mm0
    gets EXC_NM
    saved_eip .at

    case "MMX with an x87 exception pending: #MF"
        push dword 0x37B
        fldcw [esp]
        fld1
        fldz
        fdivp
    .at: paddb mm0, mm0
    gets EXC_MF
    saved_eip .at
    end_needs

    needs HAS_SSE, "SSE"
    case "SSE without OSFXSR: #UD"
    .at: addps xmm0, xmm0
    gets EXC_UD
    saved_eip .at

    case "SSE with EM: #UD"
        set_cr4 CR4_OSFXSR
        set_cr0 CR0_EM
    .at: addps xmm0, xmm0
    gets EXC_UD
    saved_eip .at

    case "SSE with TS: #NM"
        set_cr4 CR4_OSFXSR
        set_cr0 CR0_TS
    .at: addps xmm0, xmm0
    gets EXC_NM
    saved_eip .at

    case "SSE with EM and TS: #UD"
        set_cr4 CR4_OSFXSR
        set_cr0 CR0_EM | CR0_TS
    .at: addps xmm0, xmm0
    gets EXC_UD
    saved_eip .at

    case "an unmasked SSE exception with OSXMMEXCPT: #XM"
        set_cr4 CR4_OSFXSR | CR4_OSXMMEXCPT
        mov dword [DATA], 0x1D80    ; zero divide unmasked
        ldmxcsr [DATA]
        call one_and_zero
    .at: divss xmm0, xmm1
    gets EXC_XM
    saved_eip .at

    case "an unmasked SSE exception without OSXMMEXCPT: #UD"
        set_cr4 CR4_OSFXSR
        mov dword [DATA], 0x1D80
        ldmxcsr [DATA]
        call one_and_zero
    .at: divss xmm0, xmm1
    gets EXC_UD
    saved_eip .at

    case "LDMXCSR with a reserved bit: #GP(0)"
        set_cr4 CR4_OSFXSR
        mov dword [DATA], 0x11F80
    .at: ldmxcsr [DATA]
    gets EXC_GP, 0
    saved_eip .at

    case "MOVAPS at an address that is no multiple of 16: #GP(0)"
        set_cr4 CR4_OSFXSR
    .at: movaps xmm0, [DATA + 8]
    gets EXC_GP, 0
    saved_eip .at

    case "PREFETCH and SFENCE need neither OSFXSR nor clear TS"
        set_cr0 CR0_EM | CR0_TS
        prefetcht0 [DATA]
        sfence
    gets NOTHING
    end_needs

    needs HAS_FXSR, "FXSAVE"
    case "FXSAVE with TS: #NM"
        set_cr0 CR0_TS
    .at: fxsave [DATA]
    gets EXC_NM
    saved_eip .at

    case "FXSAVE with EM: #NM"
        set_cr0 CR0_EM
    .at: fxsave [DATA]
    gets EXC_NM
    saved_eip .at

    case "FXSAVE at an address that is no multiple of 16: #GP(0)"
    .at: fxsave [DATA + 8]
    gets EXC_GP, 0
    saved_eip .at

    case "FXRSTOR of a reserved bit of MXCSR: #GP(0)"
        set_cr4 CR4_OSFXSR
        fxsave [DATA]
        or dword [DATA + 24], 0x80000000
    .at: fxrstor [DATA]
    gets EXC_GP, 0
    saved_eip .at
    end_needs

; ---- XSAVE ----

    needs HAS_XSAVE, "XSAVE"
    case "CPUID shows CR4.OSXSAVE"
        mov eax, 1
        cpuid
        mov esi, ecx
        set_cr4 CR4_OSXSAVE
        mov eax, 1
        cpuid
        mov edi, ecx
    gets NOTHING
    is_masked "before", [seen.esi], 0, 1 << 27
    is_masked "after", [seen.edi], 1 << 27, 1 << 27

    case "XSETBV in ring 3: #GP(0)"
        set_cr4 CR4_OSXSAVE
        to_ring 3
        xor ecx, ecx
        mov eax, 1
        xor edx, edx
    .at: xsetbv
    gets EXC_GP, 0
    saved_eip .at

%macro xsetbv_case 4                ; title, ECX, EDX, EAX
    case "XSETBV ", %1, ": #GP(0)"
        set_cr4 CR4_OSXSAVE
        mov ecx, %2
        mov edx, %3
        mov eax, %4
    .at: xsetbv
    gets EXC_GP, 0
    saved_eip .at
%endmacro
    xsetbv_case "without x87", 0, 0, 2
    xsetbv_case "of AVX without SSE", 0, 0, 5
    xsetbv_case "of a reserved bit", 0, 0x80000000, 3
    xsetbv_case "of XCR1", 1, 0, 3

    needs features.ecx1, 28, "AVX"
%macro avx_case 4                   ; title, XCR0 (0: OSXSAVE stays clear), bits of CR0, result
    case "VADDPS ", %1
        %if %2
        set_cr4 CR4_OSXSAVE
        xor ecx, ecx
        xor edx, edx
        mov eax, %2
        xsetbv
        %endif
        set_cr0 %3
    .at: vaddps ymm0, ymm1, ymm2
    gets %4
    %if %4 != NOTHING
    saved_eip .at
    %endif
%endmacro
    avx_case "without CR4.OSXSAVE: #UD", 0, 0, EXC_UD
    avx_case "without AVX in XCR0: #UD", 3, 0, EXC_UD
    avx_case "with AVX in XCR0", 7, 0, NOTHING
    avx_case "with TS: #NM", 7, CR0_TS, EXC_NM
    avx_case "with EM, which does not matter", 7, CR0_EM, NOTHING

    case "VADDPS in virtual-8086 mode: #UD"
        set_cr4 CR4_OSXSAVE
        xor ecx, ecx
        xor edx, edx
        mov eax, 7
        xsetbv
        to_v86
    .at: db 0xC5, 0xF4, 0x58, 0xC2
    gets EXC_UD
    saved_eip .at
    end_needs

    case "XSAVE with TS: #NM"
        set_cr4 CR4_OSXSAVE
        set_cr0 CR0_TS
    .at: xsave [DATA]
    gets EXC_NM
    saved_eip .at

    case "XSAVE at an address that is no multiple of 64: #GP(0)"
        set_cr4 CR4_OSXSAVE
    .at: xsave [DATA + 16]
    gets EXC_GP, 0
    saved_eip .at

    case "XRSTOR with a reserved bit of its header: #GP(0)"
        call clear_data
        set_cr4 CR4_OSXSAVE
        mov dword [DATA + 512 + 8], 1
        mov eax, 1
        xor edx, edx
    .at: xrstor [DATA]
    gets EXC_GP, 0
    saved_eip .at
    end_needs

    finish

clear_data:
    mov edi, DATA
    mov ecx, 0x400 / 4
    xor eax, eax
    rep stosd
    ret

one_and_zero:
    mov dword [DATA], 0x3F800000
    movss xmm0, [DATA]
    xorps xmm1, xmm1
    ret

; The 8259s: vectors 70h to 77h for IRQ 8 to 15, of which 13 is let through.
open_irq_13:
    mov al, 0x11
    out 0x20, al
    out 0xA0, al
    mov al, 0x50
    out 0x21, al
    mov al, 0x70
    out 0xA1, al
    mov al, 4
    out 0x21, al
    mov al, 2
    out 0xA1, al
    mov al, 1
    out 0x21, al
    out 0xA1, al
    mov al, 0xFB
    out 0x21, al
    mov al, 0xDF
    out 0xA1, al
    ret
