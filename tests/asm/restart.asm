; An instruction that faults can be restarted: EIP, ESP, the registers and the flags are as before
; it, whichever of its accesses faults.
; Manual: Intel SDM Vol. 3, "Exception Classifications", "Program or Task Restart".

%include "case.inc"
%include "paging.inc"

; Three pages, for ring 3: one as usual, one read-only, one absent.
USUAL    equ 0x800000
READ     equ 0x801000
ABSENT   equ 0x802000
TABLE    equ TABLES + 0x2000

FLAGS_SET equ 0x8D5                 ; OF, SF, ZF, AF, PF and CF

%macro pages 0
    call make_page_tables
    mov dword [pde(USUAL)], TABLE + (PAGE_P | PAGE_W | PAGE_U)
    mov dword [TABLE], DATA + (PAGE_P | PAGE_W | PAGE_U)
    mov dword [TABLE + 4], DATA + 0x1000 + (PAGE_P | PAGE_U)
    mov dword [TABLE + 8], 0
    mov edi, DATA
    mov ecx, 0x2000 / 4
    xor eax, eax
    rep stosd
    mov eax, cr0
    or eax, CR0_PG
    mov cr0, eax
%endmacro

; restart "title", flags, error code beside U, CR2, ESP, ESI, EDI, instruction
; Other registers have values of their own. All of them must be the same in the frame.
%macro restart_with 8
    case %1
        pages
        to_ring 3
        mov esp, %5
        mov edi, %7
        push_flags %2
        mov eax, 0x11111111
        mov ecx, 0x22222222
        mov edx, 0x33333333
        mov ebx, 0x44444444
        mov ebp, USUAL + 0x200
        mov esi, %6
        mov esp, %5
    .at: %8
    gets EXC_PF, PF_U | (%3)
    saved_eip .at
    is "CR2", [seen.cr2], %4
    is "ESP", [seen.esp], %5
    is "EAX", [seen.eax], 0x11111111
    is "ECX", [seen.ecx], 0x22222222
    is "EDX", [seen.edx], 0x33333333
    is "EBX", [seen.ebx], 0x44444444
    is "EBP", [seen.ebp], USUAL + 0x200
    is "ESI", [seen.esi], %6
    is "EDI", [seen.edi], %7
    is_masked "flags", [seen.eflags], %2, FLAGS_SET
%endmacro
%macro push_flags 1                 ; by way of another stack
    mov esp, STACK3
    push dword (%1) | 2
    popfd
%endmacro

; With all flags set, and again with all clear.
%macro restart 4                    ; "title", error code beside U, CR2, instruction
    restart_with %1, FLAGS_SET, %2, %3, USUAL + 0x800, USUAL, USUAL, {%4}
    restart_with %strcat(%1, ", flags clear"), 0, %2, %3, USUAL + 0x800, USUAL, USUAL, {%4}
%endmacro
%macro with_stack 5                 ; "title", error code beside U, CR2, ESP, instruction
    restart_with %1, FLAGS_SET, %2, %3, %4, USUAL, USUAL, {%5}
%endmacro
%macro with_strings 6               ; "title", error code beside U, CR2, ESI, EDI, instruction
    restart_with %1, FLAGS_SET, %2, %3, USUAL + 0x800, %4, %5, {%6}
%endmacro

WRITES_READ_ONLY equ PF_P | PF_W

main:

; ---- read, modify, write ----

    restart "ADD to a read-only page", WRITES_READ_ONLY, READ + 8, {add [READ + 8], eax}
    restart "ADD to an absent page: the read is for a write", PF_W, ABSENT + 8, {add [ABSENT + 8], eax}
    restart "ADC", WRITES_READ_ONLY, READ, {adc [READ], eax}
    restart "SUB of a byte", WRITES_READ_ONLY, READ, {sub [READ], al}
    restart "NEG", WRITES_READ_ONLY, READ, {neg dword [READ]}
    restart "NOT", WRITES_READ_ONLY, READ, {not dword [READ]}
    restart "INC", WRITES_READ_ONLY, READ, {inc dword [READ]}
    restart "AND", WRITES_READ_ONLY, READ, {and [READ], ax}
    restart "SHL", WRITES_READ_ONLY, READ, {shl dword [READ], 3}
    restart "RCR", WRITES_READ_ONLY, READ, {rcr dword [READ], 3}
    restart "SHLD", WRITES_READ_ONLY, READ, {shld [READ], eax, 5}
    restart "BTS", WRITES_READ_ONLY, READ, {bts dword [READ], 3}
    restart "XCHG", WRITES_READ_ONLY, READ, {xchg [READ], eax}
    restart "XADD", WRITES_READ_ONLY, READ, {xadd [READ], eax}
    restart "CMPXCHG, equal or not", WRITES_READ_ONLY, READ, {cmpxchg [READ], ebx}
    needs features.edx1, 8, "CMPXCHG8B"
    restart "CMPXCHG8B", WRITES_READ_ONLY, READ, {cmpxchg8b [READ]}
    end_needs
    restart "SETcc", WRITES_READ_ONLY, READ, {setc [READ]}
    restart "MOV", WRITES_READ_ONLY, READ, {mov [READ], eax}
    restart "a doubleword across the end of the usual page", WRITES_READ_ONLY, READ, {add [READ - 2], eax}
    restart "a doubleword across the end of the read-only page: the first page's fault comes first", WRITES_READ_ONLY, ABSENT - 2, {mov [ABSENT - 2], eax}

; ---- reads ----

    restart "MUL", 0, ABSENT, {mul dword [ABSENT]}
    restart "IMUL with three operands", 0, ABSENT, {imul edx, [ABSENT], 3}
    restart "DIV", 0, ABSENT, {div dword [ABSENT]}
    restart "CMP", 0, ABSENT, {cmp [ABSENT], eax}
    restart "BSF", 0, ABSENT, {bsf eax, [ABSENT]}
    restart "MOVZX", 0, ABSENT, {movzx eax, byte [ABSENT]}
    restart "a read across two pages, the second absent", 0, ABSENT, {mov eax, [ABSENT - 1]}
    restart "LES: the selector is absent", 0, ABSENT, {les eax, [ABSENT - 4]}
    restart "BOUND: the upper bound is absent", 0, ABSENT, {bound eax, [ABSENT - 4]}
    restart "XLAT", 0, 0x44444455, {xlatb}
    restart "an indirect jump", 0, ABSENT, {jmp [ABSENT]}
    restart "an indirect far jump: the selector is absent", 0, ABSENT, {jmp far [ABSENT - 4]}

; ---- the stack ----

    with_stack "PUSH", PF_W | PF_P, READ + 0xFFC, READ + 0x1000, {push eax}
    with_stack "PUSH of memory: read first, then written", PF_W | PF_P, READ + 0xFFC, READ + 0x1000, {push dword [USUAL]}
    with_stack "PUSH of memory that is absent", 0, ABSENT, READ + 0x1000, {push dword [ABSENT]}
    with_stack "PUSHFD", PF_W | PF_P, READ + 0xFFC, READ + 0x1000, {pushfd}
    with_stack "PUSH DS", PF_W | PF_P, READ + 0xFFC, READ + 0x1000, {push ds}
    with_stack "PUSHAD", PF_W | PF_P, READ + 0xFFC, READ + 0x1000, {pushad}
    with_stack "CALL", PF_W | PF_P, READ + 0xFFC, READ + 0x1000, {call main}
    with_stack "an indirect CALL", PF_W | PF_P, READ + 0xFFC, READ + 0x1000, {call eax}
    with_stack "ENTER", PF_W | PF_P, READ + 0xFFC, READ + 0x1000, {enter 16, 0}
    with_stack "POP", 0, ABSENT, ABSENT, {pop eax}
    with_stack "POP to a read-only page", PF_W | PF_P, READ, USUAL + 0x100, {pop dword [READ]}
    with_stack "POP to memory based on ESP", PF_W, ABSENT, USUAL + 0xFFC, {pop dword [esp + 0x1000]}
    with_stack "POPFD", 0, ABSENT, ABSENT, {popfd}
    with_stack "POPAD", 0, ABSENT, ABSENT, {popad}
    with_stack "RET", 0, ABSENT, ABSENT, {ret}
    with_stack "RET 8", 0, ABSENT, ABSENT, {ret 8}
    with_stack "RETF: the selector is absent", 0, ABSENT, ABSENT - 4, {retf}
    with_stack "IRETD: the flags are absent", 0, ABSENT, ABSENT - 8, {iretd}
    with_stack "POP DS", 0, ABSENT, ABSENT, {pop ds}

    ; The page before USUAL is absent as well.
    case "LEAVE whose frame pointer leads nowhere: ESP stays"
        pages
        to_ring 3
        mov ebp, ABSENT
    .at: leave
    gets EXC_PF, PF_U
    saved_eip .at
    is "ESP", [seen.esp], STACK3
    is "EBP", [seen.ebp], ABSENT

    case "ENTER checks that what it allocates can be written"
        pages
        to_ring 3
        mov ebp, 0x55
        mov esp, USUAL + 0x10
    .at: enter 0x20, 0              ; EBP is pushed; the rest reaches to the page before
    gets EXC_PF, PF_U | PF_W
    saved_eip .at
    is "ESP", [seen.esp], USUAL + 0x10
    is "EBP", [seen.ebp], 0x55

; ---- strings ----

    with_strings "MOVSD from an absent page", 0, ABSENT, ABSENT, USUAL, {movsd}
    with_strings "MOVSD to a read-only page", PF_W | PF_P, READ, USUAL, READ, {movsd}
    with_strings "LODSD", 0, ABSENT, ABSENT, USUAL, {lodsd}
    with_strings "STOSD", PF_W | PF_P, READ, USUAL, READ, {stosd}
    with_strings "SCASD", 0, ABSENT, USUAL, ABSENT, {scasd}
    with_strings "CMPSD, the second is absent", 0, ABSENT, USUAL, ABSENT, {cmpsd}
    with_strings "CMPSD, the first is absent", 0, ABSENT, ABSENT, USUAL, {cmpsd}
    with_strings "REP MOVSD at its first element", PF_W | PF_P, READ, USUAL, READ, {rep movsd}
    with_strings "REPE CMPSB at its first element", 0, ABSENT, ABSENT, USUAL, {repe cmpsb}

    case "REPE CMPSB that faults later: the flags are those of the last comparison"
        pages
        to_ring 3
        mov esi, USUAL
        mov edi, ABSENT - 2
        mov ecx, 10
        stc
    .at: repe cmpsb
    gets EXC_PF, PF_U
    saved_eip .at
    is "ECX", [seen.ecx], 8
    is "ESI", [seen.esi], USUAL + 2
    is "EDI", [seen.edi], ABSENT
    is_masked "ZF, CF", [seen.eflags], FLAG_ZF, FLAG_ZF | FLAG_CF

; ---- x87 ----

%macro x87_restart 3                ; title, instruction, TOP before it
    case %1, ": the register stack stays"
        pages
        to_ring 3
        fninit
        fld1
        fldpi
    .at: %2
    gets EXC_PF, PF_U | PF_P | PF_W
    saved_eip .at
    fnstsw ax
    movzx ecx, ax
    is_masked "TOP", ecx, (%3) << 11, 7 << 11
%endmacro
    x87_restart "FSTP of a double to a read-only page", {fstp qword [READ]}, 6
    x87_restart "FSTP of an extended float", {fstp tword [READ]}, 6
    x87_restart "FISTP", {fistp dword [READ]}, 6
    x87_restart "FBSTP", {fbstp [READ]}, 6
    x87_restart "FNSAVE: nothing is initialized", {fnsave [READ]}, 6
    x87_restart "FST across the end of the usual page", {fst qword [READ - 4]}, 6

    case "FLD from an absent page does not push"
        pages
        to_ring 3
        fninit
        fld1
    .at: fld qword [ABSENT]
    gets EXC_PF, PF_U
    saved_eip .at
    fnstsw ax
    movzx ecx, ax
    is_masked "TOP", ecx, 7 << 11, 7 << 11

    finish
