; Alignment checks: #AC of the data types in ring 3, with CR0.AM and EFLAGS.AC.
; Manual: Intel SDM Vol. 3, "Alignment Check Exception (#AC)", table "Alignment Requirements by Data
; Type".

%include "case.inc"

main:

%macro aligned 3                    ; title, instruction, allowed
    case "alignment: ", %1
        call clear_data
        set_cr0 CR0_AM
        to_ring 3, FLAG_AC
    .at: %2
    %if %3
    gets NOTHING
    %else
    gets EXC_AC, 0
    saved_eip .at
    %endif
%endmacro
    aligned "a byte", {mov al, [DATA + 1]}, 1
    aligned "a word at 2", {mov ax, [DATA + 2]}, 1
    aligned "a word at 1: #AC(0)", {mov ax, [DATA + 1]}, 0
    aligned "a doubleword at 4", {mov eax, [DATA + 4]}, 1
    aligned "a doubleword at 2: #AC(0)", {mov eax, [DATA + 2]}, 0
    aligned "a doubleword stored at 1: #AC(0)", {mov [DATA + 1], eax}, 0
    aligned "a double at 8", {fld qword [DATA + 8]}, 1
    aligned "a double at 4: #AC(0)", {fld qword [DATA + 4]}, 0
    aligned "a float at 4", {fld dword [DATA + 4]}, 1
    aligned "a float at 2: #AC(0)", {fld dword [DATA + 2]}, 0
    aligned "an extended float at 8", {fld tword [DATA + 8]}, 1
    aligned "an extended float at 4: #AC(0)", {fld tword [DATA + 4]}, 0
    aligned "CMPXCHG of a doubleword at 3: #AC(0)", {cmpxchg [DATA + 3], eax}, 0
    aligned "a bit string's doubleword", {bt dword [DATA + 2], eax}, 0
    aligned "BOUND of doublewords at 2: #AC(0)", {bound eax, [DATA + 2]}, 0
    aligned "SGDT: the limit is a word at 2", {sgdt [DATA + 2]}, 1

    case "alignment: PUSH on an odd stack: #AC(0)"
        set_cr0 CR0_AM
        to_ring 3, FLAG_AC
        mov esp, STACK3 - 2
    .at: push eax
    gets EXC_AC, 0
    saved_eip .at
    is "ESP", [seen.esp], STACK3 - 2

    case "alignment: LODSW at 1: #AC(0)"
        set_cr0 CR0_AM
        to_ring 3, FLAG_AC
        mov esi, DATA + 1
    .at: lodsw
    gets EXC_AC, 0
    saved_eip .at
    is "ESI", [seen.esi], DATA + 1

    case "alignment: a descriptor is read without a check"
        mov dword [spare], 0x1FF << 16
        mov dword [spare + 4], DATA + 1
        mov esi, GDT
        mov edi, DATA + 1
        mov ecx, 0x200 / 4
        rep movsd
        set_cr0 CR0_AM
        lgdt [spare + 2]
        to_ring 3, FLAG_AC
        mov eax, DATA3
        mov fs, eax
    gets NOTHING

    case "alignment: not in ring 2"
        set_cr0 CR0_AM
        to_ring 2, FLAG_AC
        mov eax, [DATA + 1]
    gets NOTHING

    case "alignment: not without EFLAGS.AC"
        set_cr0 CR0_AM
        to_ring 3
        mov eax, [DATA + 1]
    gets NOTHING

    finish

clear_data:
    mov edi, DATA
    mov ecx, 0x400 / 4
    xor eax, eax
    rep stosd
    ret
