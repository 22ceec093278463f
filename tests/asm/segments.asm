; Loading segment registers: every register from every type of descriptor, by every instruction
; that can; DPL, RPL and CPL; limits, expand-down and wrap-around; LAR, LSL, VERR, VERW, ARPL; LLDT
; and LTR.
; Manual: Intel SDM Vol. 2, "Move", "Pop a Value From the Stack", "Load Far Pointer", "Load Access
; Rights", "Load Segment Limit", "Verify a Segment for Reading or Writing", "Adjust RPL Field of
; Segment Selector"; Vol. 3, "Limit Checking", "Type Checking", "Privilege Levels".

%include "case.inc"

D equ FREE                          ; the descriptor under test

main:

; ---- types ----

; Data segments (0-7) may be loaded anywhere, but SS takes writable ones only; code (8-15) may be
; loaded into DS, ES, FS and GS when it is readable. System segments never.
;
; load "name", how to load selector AX, S and type, exception or NOTHING
%macro load_type 4
    %assign type_number (%3) & 15
    %defstr type_name type_number
    %if (%3) & 16
    case %1, " from a code or data segment of type ", type_name
    %else
    case %1, " from a system segment of type ", type_name
    %endif
        %if ((%3) & 0x1C) == 0x14   ; expand-down: an empty one would be no stack
        descriptor D, 0, 0, PRESENT | (%3)
        %else
        descriptor D, 0, 0xFFFFF, PRESENT | (%3)
        %endif
        mov eax, D
    .at: %2
    %if %4 == NOTHING
    gets NOTHING
    is_masked "access byte", [GDT + D + 4], (PRESENT | (%3) | ACCESSED) << 8, 0xFF00
    %else
    gets %4, D
    is_masked "access byte", [GDT + D + 4], (PRESENT | (%3)) << 8, 0xFF00
    %endif
%endmacro
%macro load_types 2
    %assign type 0
    %rep 32
        %if (type & 16) && ((type & 8) == 0 || (type & 2))
            load_type %1, {%2}, type, NOTHING
        %else
            load_type %1, {%2}, type, EXC_GP
        %endif
        %assign type type + 1
    %endrep
%endmacro
    load_types "MOV DS", {mov ds, eax}
    load_types "MOV GS", {mov gs, eax}
    load_types "POP ES", {call pop_es}
    load_types "LFS", {call load_fs}
    load_types "LGS", {call load_gs}
    %assign type 0
    %rep 32
        %if (type & 0x1A) == 0x12
            load_type "MOV SS", {mov ss, eax}, type, NOTHING
            load_type "LSS", {call load_ss}, type, NOTHING
            load_type "POP SS", {call pop_ss}, type, NOTHING
        %else
            load_type "MOV SS", {mov ss, eax}, type, EXC_GP
            load_type "LSS", {call load_ss}, type, EXC_GP
            load_type "POP SS", {call pop_ss}, type, EXC_GP
        %endif
        %assign type type + 1
    %endrep

; ---- null, limits, presence ----

; both "what", selector, exception of the data registers, of SS, error codes, preparation
%macro both 7+
    case "MOV DS from ", %1
        %7
        mov eax, %2
    .at: mov ds, eax
    gets %3, %5
    %if %3 == NOTHING
    is_masked "DS", [seen.ds], %2, 0xFFFF
    %else
    saved_eip .at
    %endif
    case "MOV SS from ", %1
        %7
        mov eax, %2
    .at: mov ss, eax
    gets %4, %6
    %if %4 != NOTHING
    saved_eip .at
    %endif
%endmacro
    both "a null selector: SS gets #GP(0)", 0, NOTHING, EXC_GP, 0, 0, nop
    both "a null selector with an RPL", 3, NOTHING, EXC_GP, 0, 0, nop
    both "a selector whose descriptor ends a byte beyond the GDT's limit", 0x80, EXC_GP, EXC_GP, 0x80, 0x80, call shorten_gdt
    both "a selector of the last descriptor in the GDT", 0x78, NOTHING, NOTHING, 0, 0, call shorten_gdt
    both "a selector in an LDT that is not there", 0x14, EXC_GP, EXC_GP, 0x14, 0x14, nop
    both "a selector in the LDT", 0x14, NOTHING, NOTHING, 0, 0, call use_ldt
    both "a selector beyond the LDT's limit", 0x104, EXC_GP, EXC_GP, 0x104, 0x104, call use_ldt
    both "a segment that is not present: #NP, SS #SS", D, EXC_NP, EXC_SS, D, D, descriptor D, 0, 0xFFFFF, WRITABLE
    both "an absent segment of the wrong type: #GP, the type comes first", D, EXC_GP, EXC_GP, D, D, descriptor D, 0, 0xFFFFF, EXECUTE_ONLY

; ---- privilege ----

; A data segment or nonconforming code needs CPL <= DPL and RPL <= DPL; conforming code is for all.
; SS needs CPL = RPL = DPL.
%macro privilege 3                  ; CPL, RPL, DPL
    %defstr cpl_name %1
    %defstr rpl_name %2
    %defstr dpl_name %3
    case "data, CPL ", cpl_name, ", RPL ", rpl_name, ", DPL ", dpl_name
        descriptor D, 0, 0xFFFFF, PRESENT | dpl(%3) | WRITABLE
        %if %1
        to_ring %1
        %endif
        mov eax, D + %2
    .at: mov ds, eax
    %if %1 <= %3 && %2 <= %3
    gets NOTHING
    %else
    gets EXC_GP, D
    saved_eip .at
    %endif
    case "readable code, CPL ", cpl_name, ", RPL ", rpl_name, ", DPL ", dpl_name
        descriptor D, 0, 0xFFFFF, PRESENT | dpl(%3) | READABLE
        %if %1
        to_ring %1
        %endif
        mov eax, D + %2
    .at: mov fs, eax
    %if %1 <= %3 && %2 <= %3
    gets NOTHING
    %else
    gets EXC_GP, D
    saved_eip .at
    %endif
    case "SS, CPL ", cpl_name, ", RPL ", rpl_name, ", DPL ", dpl_name
        descriptor D, 0, 0xFFFFF, PRESENT | dpl(%3) | WRITABLE
        %if %1
        to_ring %1
        %endif
        mov eax, D + %2
    .at: mov ss, eax
    %if %1 == %2 && %1 == %3
    gets NOTHING
    %else
    gets EXC_GP, D
    saved_eip .at
    %endif
    %if %3 == 0
    case "conforming code of DPL 0, CPL ", cpl_name, ", RPL ", rpl_name
        descriptor D, 0, 0xFFFFF, PRESENT | CONFORMING
        %if %1
        to_ring %1
        %endif
        mov eax, D + %2
        mov gs, eax
    gets NOTHING
    %endif
%endmacro
%assign cpl_ 0
%rep 4
    %assign rpl_ 0
    %rep 4
        %assign dpl_ 0
        %rep 4
            %if (cpl_ == 0 || cpl_ == 1 || cpl_ == 3) && (rpl_ != 2 || dpl_ == 2)
            privilege cpl_, rpl_, dpl_
            %endif
            %assign dpl_ dpl_ + 1
        %endrep
        %assign rpl_ rpl_ + 1
    %endrep
    %assign cpl_ cpl_ + 1
%endrep

; ---- limits ----

; access "what", descriptor's limit, access byte, flags, instruction, exception
%macro access 6
    case %1
        descriptor D, DATA, %2, PRESENT | %3, %4
        mov eax, D
        mov fs, eax
    .at: %5
    gets %6, 0
    %if %6 != NOTHING
    saved_eip .at
    %endif
%endmacro
    access "a byte at the limit", 0xFFF, WRITABLE, BIG, {mov al, [fs:0xFFF]}, NOTHING
    access "a byte beyond the limit: #GP(0)", 0xFFF, WRITABLE, BIG, {mov al, [fs:0x1000]}, EXC_GP
    access "a doubleword that ends at the limit", 0xFFF, WRITABLE, BIG, {mov eax, [fs:0xFFC]}, NOTHING
    access "a doubleword of which one byte is beyond: #GP(0)", 0xFFF, WRITABLE, BIG, {mov eax, [fs:0xFFD]}, EXC_GP
    access "a quadword of which one byte is beyond: #GP(0)", 0xFFF, WRITABLE, BIG, {fld qword [fs:0xFF9]}, EXC_GP
    access "a limit of 0 is one byte", 0, WRITABLE, BIG, {mov al, [fs:0]}, NOTHING
    access "a word needs a limit of 1: #GP(0)", 0, WRITABLE, BIG, {mov ax, [fs:0]}, EXC_GP
    access "granularity: limit 0 is 4095", 0, WRITABLE, BIG | GRANULAR, {mov eax, [fs:0xFFC]}, NOTHING
    access "granularity: limit 0 is not 4096", 0, WRITABLE, BIG | GRANULAR, {mov al, [fs:0x1000]}, EXC_GP
    access "a write at the limit", 0xFFF, WRITABLE, BIG, {mov [fs:0xFFC], eax}, NOTHING
    access "a write beyond the limit: #GP(0)", 0xFFF, WRITABLE, BIG, {mov [fs:0xFFD], eax}, EXC_GP
    access "a doubleword that wraps around 4 GiB", 0xFFFFF, WRITABLE, BIG | GRANULAR, {mov eax, [fs:0xFFFFFFFC]}, NOTHING
    access "expand-down: a byte at the limit: #GP(0)", 0xFFF, EXPAND_DOWN, BIG, {mov al, [fs:0xFFF]}, EXC_GP
    access "expand-down: a byte above the limit", 0xFFF, EXPAND_DOWN, BIG, {mov al, [fs:0x1000]}, NOTHING
    access "expand-down: a doubleword that begins at the limit: #GP(0)", 0xFFF, EXPAND_DOWN, BIG, {mov eax, [fs:0xFFF]}, EXC_GP
    access "expand-down, 32 bits: offset 10000h", 0xFFF, EXPAND_DOWN, BIG, {mov al, [fs:0x10000]}, NOTHING
    access "expand-down, 16 bits: offset FFFFh", 0xFFF, EXPAND_DOWN, 0, {mov al, [fs:0xFFFF]}, NOTHING
    access "expand-down, 16 bits: offset 10000h: #GP(0)", 0xFFF, EXPAND_DOWN, 0, {mov al, [fs:0x10000]}, EXC_GP
    access "expand-down, 16 bits: a word at FFFFh: #GP(0)", 0xFFF, EXPAND_DOWN, 0, {mov ax, [fs:0xFFFF]}, EXC_GP
    access "expand-down with the largest limit has no room: #GP(0)", 0xFFFFF, EXPAND_DOWN, BIG | GRANULAR, {mov al, [fs:0xFFFFFFFF]}, EXC_GP
    access "a write to read-only data: #GP(0)", 0xFFF, READ_ONLY, BIG, {mov [fs:0], al}, EXC_GP
    access "read-modify-write of read-only data: #GP(0)", 0xFFF, READ_ONLY, BIG, {add [fs:0], al}, EXC_GP
    access "a write to code: #GP(0)", 0xFFF, READABLE, BIG, {mov [fs:0], al}, EXC_GP
    access "a read of readable code", 0xFFF, READABLE, BIG, {mov al, [fs:0]}, NOTHING
    access "a comparison does not write", 0xFFF, READ_ONLY, BIG, {cmp [fs:0], al}, NOTHING

    case "an instruction whose last byte is beyond the limit of CS: #GP(0)"
        descriptor D, DATA, 0xF, PRESENT | READABLE, BIG
        mov byte [DATA + 0xC], 0xB8     ; MOV EAX, imm32 ends at 10h
        mov word [DATA + 0x11], 0x0B0F  ; UD2, for who goes there
        jmp D:0xC
    gets EXC_GP, 0
    saved_eip 0xC
    is "CS", [seen.cs], D

    case "an instruction that ends at the limit of CS"
        descriptor D, DATA, 0xF, PRESENT | READABLE, BIG
        mov byte [DATA + 0xB], 0xB8
        mov dword [DATA + 0xC], 0x12345678
        mov word [DATA + 0x10], 0x0B0F
        jmp D:0xB
    gets EXC_GP, 0                  ; of the next instruction
    saved_eip 0x10
    is "EAX", [seen.eax], 0x12345678

    case "a short jump in 16-bit code wraps at 64 KiB"
        descriptor D, DATA, 0xFFFF, PRESENT | READABLE, 0
        mov word [DATA + 0xFFF0], 0x0FEB    ; JMP short to FFF2h + 0Fh = 10001h
        mov word [DATA + 1], 0x0B0F
        jmp D:0xFFF0
    gets EXC_UD
    saved_eip 1

    case "16-bit code that runs past FFFFh: #GP(0)"
        descriptor D, DATA, 0xFFFF, PRESENT | READABLE, 0
        mov byte [DATA + 0xFFFF], 0x90
        mov word [DATA + 0x10000], 0x0B0F   ; UD2, for who goes there
        jmp D:0xFFFF
    gets EXC_GP, 0
    saved_eip 0x10000

    case "an expand-down stack grows to its limit: #SS(0)"
        descriptor D, 0, 0x2D, PRESENT | EXPAND_DOWN, BIG | GRANULAR  ; above 2DFFFh
        mov eax, D
        mov ss, eax
        mov esp, 0x2E004
        push eax
        mov dword [GDT + D], descriptor_low(0, 0x2A)    ; room for the handler: 2B000h and up
        mov ss, eax
    gets NOTHING

    case "PUSH in an expand-down stack at its limit: #SS(0)"
        descriptor D, 0, 0x2D, PRESENT | dpl(3) | EXPAND_DOWN, BIG | GRANULAR
        to_ring 3
        mov eax, D + 3
        mov ss, eax
        mov esp, 0x2E002
    .at: push eax
    gets EXC_SS, 0
    saved_eip .at

    case "the base is 32 bits and wraps"
        descriptor D, 0xFFFFF000, 0xFFFFF, PRESENT | WRITABLE
        mov dword [DATA], 0x13131313
        mov eax, D
        mov fs, eax
        mov ebx, [fs:DATA + 0x1000]
    gets NOTHING
    is "memory", [seen.ebx], 0x13131313

    case "the hidden part stays when the descriptor changes"
        descriptor D, DATA, 0xFFF, PRESENT | WRITABLE, BIG
        mov dword [DATA], 0x14141414
        mov eax, D
        mov fs, eax
        mov dword [GDT + D], 0
        mov dword [GDT + D + 4], 0
        mov ebx, [fs:0]
    gets NOTHING
    is "memory", [seen.ebx], 0x14141414

; ---- LAR and LSL ----

; The types that LAR (%1) and LSL (%2) know among the system segments: bit n is type n.
LAR_TYPES equ 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 9 | 1 << 11 | 1 << 12
LSL_TYPES equ 1 << 1 | 1 << 2 | 1 << 3 | 1 << 9 | 1 << 11

%assign type 0
%rep 32
    %defstr type_name type
    case "LAR of S and type ", type_name
        descriptor D, 0x12345678, 0xABCDE, PRESENT | dpl(1) | type, 5
        mov ecx, D
        mov eax, 0x99999999
        lar eax, ecx
        setz bl
    gets NOTHING
    %if type >= 16 || ((LAR_TYPES >> type) & 1)
    ; Bits 19:16 are undefined: AMD's processors load the limit's.
    is_masked "EAX", [seen.eax], 0x00500000 | (PRESENT | dpl(1) | type) << 8, 0xFFF0FFFF
    is_masked "ZF", [seen.ebx], 1, 0xFF
    %else
    is "EAX", [seen.eax], 0x99999999
    is_masked "ZF", [seen.ebx], 0, 0xFF
    %endif
    case "LSL of S and type ", type_name
        descriptor D, 0x12345678, 0xABCDE, PRESENT | dpl(1) | type, GRANULAR
        mov ecx, D
        mov eax, 0x99999999
        lsl eax, ecx
        setz bl
    gets NOTHING
    %if type >= 16 || ((LSL_TYPES >> type) & 1)
    is "EAX", [seen.eax], 0xABCDEFFF
    is_masked "ZF", [seen.ebx], 1, 0xFF
    %else
    is "EAX", [seen.eax], 0x99999999
    is_masked "ZF", [seen.ebx], 0, 0xFF
    %endif
    case "VERR and VERW of S and type ", type_name
        descriptor D, 0, 0xFFFFF, PRESENT | type
        mov ecx, D
        verr cx
        setz bl
        verw cx
        setz bh
    gets NOTHING
    is_masked "readable", [seen.ebx], type >= 16 && ((type & 8) == 0 || (type & 2)), 0xFF
    is_masked "writable", [seen.ebx], (type >= 16 && (type & 10) == 2) << 8, 0xFF00
    is_masked "access byte", [GDT + D + 4], (PRESENT | type) << 8, 0xFF00
    %assign type type + 1
%endrep

; visible "what", selector, 1 or 0 for LAR, LSL, VERR; ring, preparation
%macro visible 5+
    case "LAR, LSL and VERR of ", %1
        %5
        to_ring %4
        mov ecx, %2
        lar eax, ecx
        setz bl
        lsl eax, ecx
        setz bh
        verr cx
        setz dl
    gets NOTHING
    is_masked "LAR", [seen.ebx], %3, 0xFF
    is_masked "LSL", [seen.ebx], (%3) << 8, 0xFF00
    is_masked "VERR", [seen.edx], %3, 0xFF
%endmacro
    visible "a null selector", 0, 0, 3, nop
    visible "a selector beyond the GDT", 0x203, 0, 3, nop
    visible "data of the same ring", DATA3, 1, 3, nop
    visible "data of an inner ring", DATA0, 0, 3, nop
    visible "data, DPL below RPL", DATA1 + 2, 0, 1, nop
    visible "conforming code of an inner ring", D + 3, 1, 3, descriptor D, 0, 0xFFFFF, PRESENT | CONFORMING
    visible "code of an inner ring", CODE0, 0, 3, nop
    visible "an absent segment: P does not matter", D + 3, 1, 3, descriptor D, 0, 0xFFFFF, dpl(3) | WRITABLE

    case "LAR of 16 bits loads the access byte alone"
        mov eax, 0x99999999
        mov ecx, DATA0
        lar ax, cx
    gets NOTHING
    is "EAX", [seen.eax], 0x99999300

    case "LSL of 16 bits loads a word"
        mov eax, 0x99999999
        mov ecx, DATA0
        lsl ax, cx
    gets NOTHING
    is "EAX", [seen.eax], 0x9999FFFF

; ---- ARPL ----

%macro arpl_case 4                  ; destination, source, result, ZF
    %defstr dst_name %1
    %defstr src_name %2
    case "ARPL ", dst_name, ", ", src_name
        mov eax, %1
        mov ecx, %2
        arpl ax, cx
        setz bl
    gets NOTHING
    is "EAX", [seen.eax], %3
    is_masked "ZF", [seen.ebx], %4, 0xFF
%endmacro
    arpl_case 0x10, 0x1B, 0x13, 1
    arpl_case 0x11, 0x22, 0x12, 1
    arpl_case 0x13, 0x20, 0x13, 0
    arpl_case 0x12, 0x22, 0x12, 0

; ---- LLDT and LTR ----

%macro lldt_case 4-5 0              ; what, selector, exception, error code, access byte
    case "LLDT from ", %1
        descriptor D, DATA, 0xFF, %5, 0
        mov eax, %2
    .at: lldt ax
    gets %3, %4
    %if %3 == NOTHING
    is "LDTR", [seen.ldtr], %2
    %else
    saved_eip .at
    %endif
%endmacro
%macro ltr_case 4-5 0
    case "LTR from ", %1
        descriptor D, DATA, 0xFF, %5, 0
        mov eax, %2
    .at: ltr ax
    gets %3, %4
    %if %3 == NOTHING
    is "TR", [seen.tr], %2
    %else
    saved_eip .at
    is "TR", [seen.tr], MAIN_TSS
    %endif
%endmacro
    lldt_case "a null selector", 0, NOTHING, 0
    lldt_case "a null selector with an RPL", 3, NOTHING, 0
    lldt_case "an LDT", D, NOTHING, 0, PRESENT | LDT_TYPE
    lldt_case "a selector in the LDT: #GP(selector)", 0x14, EXC_GP, 0x14
    lldt_case "a selector beyond the GDT: #GP(selector)", 0x200, EXC_GP, 0x200
    lldt_case "a TSS: #GP(selector)", D, EXC_GP, D, PRESENT | TSS32
    lldt_case "data: #GP(selector)", DATA0, EXC_GP, DATA0
    lldt_case "an absent LDT: #NP(selector)", D, EXC_NP, D, LDT_TYPE
    ltr_case "a null selector: #GP(0)", 0, EXC_GP, 0
    ltr_case "a null selector with an RPL: #GP(0)", 3, EXC_GP, 0
    ltr_case "a 386 TSS", D, NOTHING, 0, PRESENT | TSS32
    ltr_case "a 286 TSS", D, NOTHING, 0, PRESENT | TSS16
    ltr_case "a busy 386 TSS: #GP(selector)", D, EXC_GP, D, PRESENT | TSS32_BUSY
    ltr_case "a busy 286 TSS: #GP(selector)", D, EXC_GP, D, PRESENT | TSS16_BUSY
    ltr_case "a selector in the LDT: #GP(selector)", 0x14, EXC_GP, 0x14
    ltr_case "a selector beyond the GDT: #GP(selector)", 0x200, EXC_GP, 0x200
    ltr_case "an LDT: #GP(selector)", D, EXC_GP, D, PRESENT | LDT_TYPE
    ltr_case "an absent TSS: #NP(selector)", D, EXC_NP, D, TSS32

    case "LTR marks the TSS busy, and leaves the old one so"
        descriptor D, DATA, 0xFF, PRESENT | TSS32, 0
        mov eax, D
        ltr ax
    gets NOTHING
    is_masked "new", [GDT + D + 4], (PRESENT | TSS32_BUSY) << 8, 0xFF00
    is_masked "old", [GDT + MAIN_TSS + 4], (PRESENT | TSS32_BUSY) << 8, 0xFF00

    case "LTR in ring 3: #GP(0)"
        to_ring 3
    .at: ltr ax
    gets EXC_GP, 0
    saved_eip .at

    case "STR and SLDT in ring 3"
        to_ring 3
        str ebx
        sldt ecx
    gets NOTHING
    is_masked "TR", [seen.ebx], MAIN_TSS, 0xFFFF
    is_masked "LDTR", [seen.ecx], 0, 0xFFFF

; ---- moving selectors out, and what loads more than one register ----

    case "MOV from a segment register to memory stores a word, whatever the operand size"
        mov dword [DATA], 0xAAAAAAAA
        mov ecx, ds
        db 0x8C, 0x1D               ; mov dword? [DATA], ds
        dd DATA
    gets NOTHING
    is "memory", [DATA], 0xAAAA0000 + DATA0
    is "ECX", [seen.ecx], DATA0

    case "LDS whose selector cannot be loaded leaves its register alone"
        mov dword [DATA], 0x12345678
        mov word [DATA + 4], 0xFFF0
        mov ebx, 0x99
    .at: lds ebx, [DATA]
    gets EXC_GP, 0xFFF0
    saved_eip .at
    is "EBX", [seen.ebx], 0x99

    case "POP DS whose selector cannot be loaded leaves ESP alone"
        to_ring 3
        push dword 0xFFF0
    .at: pop ds
    gets EXC_GP, 0xFFF0
    saved_eip .at
    is "ESP", [seen.esp], STACK3 - 4

    finish

pop_es:
    push eax
    pop es
    ret

load_fs:
    mov dword [DATA], 0x12345678
    mov [DATA + 4], ax
    lfs ebx, [DATA]
    ret

load_gs:
    mov dword [DATA], 0x12345678
    mov [DATA + 4], ax
    lgs ebx, [DATA]
    ret

pop_ss:
    pop ecx
    push eax
    pop ss
    jmp ecx

load_ss:
    pop ecx
    mov [DATA], esp
    mov [DATA + 4], ax
    lss esp, [DATA]
    jmp ecx

; The GDT ends a byte short of FREE's descriptor; the one before is data.
shorten_gdt:
    descriptor FREE - 8, 0, 0xFFFFF, PRESENT | WRITABLE
    mov dword [spare], (FREE + 6) << 16
    mov dword [spare + 4], GDT
    lgdt [spare + 2]
    ret

; An LDT whose second descriptor is data.
use_ldt:
    mov dword [LDT + 0x10], descriptor_low(0, 0xFFFFF)
    mov dword [LDT + 0x14], descriptor_high(0, 0xFFFFF, PRESENT | WRITABLE, GRANULAR | BIG)
    mov eax, MAIN_LDT
    lldt ax
    ret
