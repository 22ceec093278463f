; Real-address mode: interrupts and exceptions through the table at IDTR, what exists only in
; protected mode, limits, and the ways between the modes.
; Manual: Intel SDM Vol. 3, "8086 Emulation": "Real-Address Mode", tables "Real-Address Mode
; Exceptions and Interrupts"; "Mode Switching"; Vol. 2, "Real-Address Mode Exceptions" of each page.

%include "case.inc"

REAL_STACK equ 0xFF0                ; below the image, SS 0
V equ 0x40
VECTORS equ 0x60                    ; that have handlers

; ---- there ----

; The code that follows runs in real-address mode: segments and AX 0, with these FLAGS. It must lie below
; 64 KiB.
%macro to_real 0-1 2
    call fill_vectors
    jmp CODE16:%%small
    bits 16
%%small:
    mov ax, DATA16                  ; the limit is to be FFFFh
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax
    mov eax, cr0
    and al, ~CR0_PE
    mov cr0, eax
    jmp 0:%%real
%%real:
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax
    mov sp, REAL_STACK
    o32 lidt [real_idtr]
    push word %1
    popf
%endmacro

; ---- and back ----

; A handler for each vector: a word on the stack says which.
bits 16
%macro real_stubs 0
    %assign vector 0
    %rep VECTORS
    align 8, nop
    push word vector
    jmp near real_caught
    %assign vector vector + 1
    %endrep
%endmacro
align 8
real_handlers:
    real_stubs

real_caught:
    pushfd
    push ds
    push es
    push fs
    push gs
    pushad
    o32 lgdt [cs:real_gdtr]
    mov eax, cr0
    or al, CR0_PE
    mov cr0, eax
    jmp dword CODE0:real_back

one_to_two:
    dw 1, 2
real_gdtr:
    dw 64 * 8 - 1
    dd GDT
real_idtr:
    dw 256 * 4 - 1
    dd 0

bits 32
; SS is the real mode's still. On the stack: PUSHAD, four words of selectors, EFLAGS, the vector,
; and the frame.
real_back:
    cld
    xor eax, eax
    mov ax, ss
    mov ebx, eax
    shl eax, 4
    movzx ebp, sp
    mov cx, DATA0
    mov ds, cx
    mov es, cx
    mov ss, cx
    mov [seen.ss_handler], ebx
    lea esi, [eax + ebp]
    mov ebp, esi
    mov esp, STACK0
    mov edi, seen.edi
    mov ecx, 8
    rep movsd
    movzx eax, word [esi]
    mov [seen.gs], eax
    movzx eax, word [esi + 2]
    mov [seen.fs], eax
    movzx eax, word [esi + 4]
    mov [seen.es], eax
    movzx eax, word [esi + 6]
    mov [seen.ds], eax
    mov eax, [esi + 8]
    mov [seen.handler_flags], eax
    movzx eax, word [esi + 12]
    mov [seen.vector], eax
    mov dword [seen.error], 0       ; real mode has none
    add esi, 14
    mov [seen.sp], esi
    xor ecx, ecx
.next:
    movzx eax, word [esi + ecx * 2]
    mov [seen.frame + ecx * 4], eax
    add ecx, 1
    cmp ecx, 12
    jne .next
    call recognise_end
    call save_system
    jmp resume

fill_vectors:
    mov eax, real_handlers
    xor ecx, ecx
.next:
    mov [ecx * 4], eax
    add eax, 8
    add ecx, 1
    cmp ecx, VECTORS
    jne .next
    ret

; One instruction in real mode, at .at, and how it ends.
%macro real 3+                      ; title, vector, instruction
    case %1
        to_real
    .at: %3
    gets %2
    %if %2 != NOTHING
    saved_eip .at
    frame_at REAL_STACK - 6
    %endif
%endmacro

main:

; ---- interrupts ----

    case "INT n: FLAGS, CS and IP behind it; IF and TF are clear in the handler"
        to_real FLAG_IF | FLAG_DF
        int V
    .after:
    gets V
    saved_eip .after
    is "CS", [seen.cs], 0
    is_masked "FLAGS", [seen.eflags], FLAG_IF | FLAG_DF, 0xFF00
    is_masked "FLAGS in the handler", [seen.handler_flags], FLAG_DF, 0xFF00
    frame_at REAL_STACK - 6

    case "INT3"
        to_real
        int3
    .after:
    gets EXC_BP
    saved_eip .after

    case "INTO with OF"
        to_real
        mov al, 0x7F
        add al, 1
        into
    .after:
    gets EXC_OF
    saved_eip .after

    case "INT1"
        to_real
        int1
    .after:
    gets EXC_DB
    saved_eip .after

    case "single step"
        to_real FLAG_TF
        nop
    .after:
        nop
    gets EXC_DB
    saved_eip .after
    is_masked "TF of the frame", [seen.eflags], FLAG_TF, FLAG_TF
    is_masked "TF in the handler", [seen.handler_flags], 0, FLAG_TF

    case "LIDT moves the table"
        to_real
        mov dword [0x8000], 0
        mov eax, [V * 4]
        mov [0xF00], eax            ; the entry of vector 1 of a table at EFCh
        mov word [0xE00], 7
        mov dword [0xE02], 0xF00 - 4
        o32 lidt [0xE00]
        int 1
    .after:
    gets V
    saved_eip .after

    case "IRET goes back"
        to_real
        mov word [V * 4], number(.handler)
        int V
        mov bx, 1
        jmp .end
    .handler:
        mov cx, 2
        iret
    .end:
    gets NOTHING
    is_masked "BX", [seen.ebx], 1, 0xFFFF
    is_masked "CX", [seen.ecx], 2, 0xFFFF

    case "IRET loads all flags, IOPL and NT too"
        to_real
        push word FLAG_NT | iopl(3) | FLAG_CF
        push word 0
        push word number(.there)
        iret
    .there:
    gets NOTHING
    is_masked "FLAGS", [seen.eflags], FLAG_NT | iopl(3) | FLAG_CF, 0x7F01

; ---- exceptions: no error codes ----

    real "#DE: IP of the instruction", EXC_DE, aam 0
    real "#BR", EXC_BR, {bound ax, [one_to_two]}
    real "#UD", EXC_UD, {db 0x0F, 0xFF}
    real "a word read at FFFFh: #GP", EXC_GP, {mov ax, [0xFFFF]}
    real "a word written at FFFFh: #GP", EXC_GP, {mov [0xFFFF], ax}
    real "a doubleword at FFFDh: #GP", EXC_GP, {mov eax, [0xFFFD]}
    real "a word at FFFFh of the stack segment: #SS", EXC_SS, {mov ax, [ss:0xFFFF]}
    real "a 32-bit offset above FFFFh: #GP", EXC_GP, {mov al, [dword 0x10000]}
    real "a jump above FFFFh: #GP", EXC_GP, {jmp dword 0x10000}
    real "an instruction of 16 bytes: #GP", EXC_GP, {db 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90}
    real "LOCK NOP: #UD", EXC_UD, {db 0xF0, 0x90}

    case "x87 with TS: #NM"
        to_real
        mov eax, cr0
        or al, CR0_TS
        mov cr0, eax
    .at: fld1
    gets EXC_NM
    saved_eip .at

    case "x87 error with NE: #MF"
        to_real
        push word 0x37B
        mov bp, sp
        fldcw [bp]
        fld1
        fldz
        fdivp
    .at: wait
    gets EXC_MF
    saved_eip .at

    case "a vector beyond the table's limit: #GP"
        to_real
        mov word [0xE00], V * 4 + 2
        mov dword [0xE02], 0
        o32 lidt [0xE00]
    .at: int V
    gets EXC_GP
    saved_eip .at

    case "the table ends with the vector"
        to_real
        mov word [0xE00], V * 4 + 3
        mov dword [0xE02], 0
        o32 lidt [0xE00]
        int V
    .after:
    gets V
    saved_eip .after

    case "neither the vector nor #GP in the table: #DF"
        to_real
        mov word [0xE00], EXC_GP * 4 - 1
        mov dword [0xE02], 0
        o32 lidt [0xE00]
    .at: int V
    gets EXC_DF
    saved_eip .at

    case "nothing in the table: shutdown"
        to_real
        mov word [0xE00], 0
        mov dword [0xE02], 0
        o32 lidt [0xE00]
        int V
    gets TRIPLE_FAULT

; ---- what only protected mode has ----

    real "LLDT: #UD", EXC_UD, lldt ax
    real "LTR: #UD", EXC_UD, ltr ax
    real "SLDT: #UD", EXC_UD, sldt ax
    real "STR: #UD", EXC_UD, str ax
    real "LAR: #UD", EXC_UD, {lar ax, cx}
    real "LSL: #UD", EXC_UD, {lsl ax, cx}
    real "VERR: #UD", EXC_UD, verr ax
    real "VERW: #UD", EXC_UD, verw ax
    real "ARPL: #UD", EXC_UD, {arpl ax, cx}
    needs HAS_SEP, "SYSENTER"
    real "SYSENTER: #GP", EXC_GP, sysenter
    real "SYSEXIT: #GP", EXC_GP, sysexit
    end_needs
    real "CLTS", NOTHING, clts
    real "SMSW", NOTHING, smsw ax
    real "SGDT", NOTHING, sgdt [0xE00]
    real "INVD", NOTHING, wbinvd
    real "MOV from CR0", NOTHING, {mov eax, cr0}
    real "MOV to DR0", NOTHING, {mov dr0, eax}
    real "IN", NOTHING, {in al, 0x61}
    real "CLI", NOTHING, cli

; ---- segments ----

    case "a segment's base is its selector times 16"
        to_real
        mov ax, DATA >> 4
        mov es, ax
        mov word [es:0x10], 0x3535
    gets NOTHING
    is_masked "memory", [DATA + 0x10], 0x3535, 0xFFFF

    case "FFFF:0010 is at 1 MiB"
        mov dword [0x100000], 0x36363636
        to_real
        mov ax, 0xFFFF
        mov es, ax
        mov ebx, [es:0x10]
    gets NOTHING
    is "memory", [seen.ebx], 0x36363636

    case "all segments can be written, CS too"
        to_real
        mov byte [cs:0xE00], 0x37
    gets NOTHING
    is_masked "memory", [0xE00], 0x37, 0xFF

    case "a limit loaded in protected mode stays; a load in real mode changes the base only"
        mov dword [0x200000], 0x38383838
        to_real
        o32 lgdt [real_gdtr]
        mov eax, cr0
        or al, CR0_PE
        mov cr0, eax
        mov bx, DATA0
        mov fs, bx
        and al, ~CR0_PE
        mov cr0, eax
        mov ax, 0x100
        mov fs, ax
        mov ebx, [fs:dword 0x200000 - 0x1000]
    gets NOTHING
    is "memory", [seen.ebx], 0x38383838

    case "PUSH at SP = 0 wraps to FFFEh"
        to_real
        mov ax, (DATA >> 4)
        mov ss, ax
        mov sp, 0
        push word 0x3939
        mov cx, sp
        mov sp, 0x100
    gets NOTHING
    is_masked "SP", [seen.ecx], 0xFFFE, 0xFFFF
    is_masked "memory", [DATA + 0xFFFE], 0x3939, 0xFFFF

    case "code that runs past FFFFh: #GP"
        mov byte [DATA + 0xFFFF], 0x90
        mov word [DATA + 0x10000], 0x0B0F   ; UD2, for who goes there
        mov word [DATA], 0x0B0F             ; or wraps
        to_real
        jmp (DATA >> 4):0xFFFF
    gets EXC_GP
    is "CS", [seen.cs], DATA >> 4
    is "IP, the lower half of 10000h", [seen.eip], 0

    case "far CALL and RETF"
        to_real
        call (IMAGE >> 4):number(.there) - IMAGE
    .after:
        jmp .end
    .there:
        mov bp, sp
        mov ebx, [bp]
        mov cx, cs
        retf
    .end:
    gets NOTHING
    is "CS:IP", [seen.ebx], number(.after)
    is_masked "CS", [seen.ecx], IMAGE >> 4, 0xFFFF

; ---- between the modes ----

    case "LMSW enters protected mode"
        to_real
        o32 lgdt [real_gdtr]
        mov ax, CR0_PE
        lmsw ax
        jmp dword CODE0:.flat
    bits 32
    .flat:
        mov eax, DATA0
        mov ss, eax
        mov ds, eax
        mov esp, STACK0
        lidt [main_idtr]
        mov ebx, cr0
    gets NOTHING
    is_masked "PE", [seen.ebx], CR0_PE, CR0_PE
    is "CS", [seen.cs], CODE0

    case "between MOV to CR0 and the far jump code runs on, 16 bits wide"
        to_real
        o32 lgdt [real_gdtr]
        mov eax, cr0
        or al, CR0_PE
        mov cr0, eax
        mov ebx, 0x3A3A3A3A         ; an operand-size prefix in 16-bit code
        jmp dword CODE0:.flat
    bits 32
    .flat:
        mov eax, DATA0
        mov ss, eax
        mov ds, eax
        mov esp, STACK0
        lidt [main_idtr]
    gets NOTHING
    is "EBX", [seen.ebx], 0x3A3A3A3A

    finish
