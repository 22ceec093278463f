; PAE paging, in protected mode: rights with execute-disable, SMEP and SMAP, for 4 KiB and 2 MiB
; pages; the four PDPTEs; reserved bits.
; Manual: Intel SDM Vol. 3, "PAE Paging", "Access Rights", "Page-Fault Exceptions"; Vol. 2, "Set AC
; Flag in EFLAGS Register".

%include "case.inc"
%include "paging.inc"

EFER equ 0xC0000080
EFER_NXE equ 1 << 11
CR4_SMEP equ 1 << 20
CR4_SMAP equ 1 << 21

; Tables: entries have 8 bytes. Linear 0 to 4 MiB maps to itself, by 4 KiB pages.
PDPT    equ TABLES
PD      equ TABLES + 0x1000
PT0     equ TABLES + 0x2000         ; two tables of 2 MiB each
WINDOW  equ 0x800000                ; the linear address under test
WINDOW_PDE equ PD + (WINDOW >> 21) * 8
WINDOW_PTE equ TABLES + 0x4000      ; a table of its own
LARGE   equ 0x400000                ; what a 2 MiB page shows; else DATA is shown
NX      equ 1 << 31                 ; in the upper half of an entry
FETCHED equ WINDOW + 0x123          ; where UD2 lies in the window

%macro window 4                     ; PDE: bits, upper half; PTE: bits, upper half
    mov dword [WINDOW_PDE], WINDOW_PTE + (%1)
    mov dword [WINDOW_PDE + 4], %2
    mov dword [WINDOW_PTE], DATA + (%3)
    mov dword [WINDOW_PTE + 4], %4
%endmacro
%macro large_window 2               ; bits, upper half
    mov dword [WINDOW_PDE], LARGE + (PAGE_PS | (%1))
    mov dword [WINDOW_PDE + 4], %2
%endmacro

%macro no_execute 0
    mov ecx, EFER
    xor edx, edx
    mov eax, EFER_NXE
    wrmsr
%endmacro

; PAE paging on; more bits of CR4 and of CR0. Changes EAX.
%macro paging_on 0-2 0, 0
    mov eax, CR4_PAE | (%1)
    mov cr4, eax
    mov eax, PDPT
    mov cr3, eax
    mov eax, cr0
    or eax, CR0_PG | (%2)
    mov cr0, eax
%endmacro

; pae_case "title": the tables are made, UD2 lies where both windows show it.
%macro pae_case 1+
    case %1
    call make_pae_tables
%endmacro

%macro fetch_from_window 0
    mov eax, FETCHED
    jmp eax
%endmacro

; The result of a fetch from the window: allowed (%1 = 1) or not, with these bits.
%macro fetched 2
    %if %1
    gets EXC_UD
    saved_eip FETCHED
    %else
    gets EXC_PF, %2
    saved_eip FETCHED
    is "CR2", [seen.cr2], FETCHED
    %endif
%endmacro

main:

    needs HAS_PAE, "PAE paging"

; ---- the same rights as with 32-bit paging: a row of each ----

    pae_case "reads and writes through a 4 KiB page; accessed and dirty"
        window PAGE_P | PAGE_W | PAGE_U, 0, PAGE_P | PAGE_W | PAGE_U, 0
        paging_on 0, CR0_WP
        to_ring 3
        mov dword [WINDOW], 0x77777777
    gets NOTHING
    is "memory", [DATA], 0x77777777
    is_masked "PDE", [WINDOW_PDE], PAGE_A, PAGE_A | PAGE_D
    is_masked "PTE", [WINDOW_PTE], PAGE_A | PAGE_D, PAGE_A | PAGE_D

%macro pae_write 6                  ; CPL, PDE's bits, PTE's bits, WP, allowed, title
    pae_case "a write: ", %6
        window %2, 0, %3, 0
        paging_on 0, (%4) * CR0_WP
        %if %1 == 3
        to_ring 3
        %endif
    .at: mov [WINDOW + 8], eax
    %if %5
    gets NOTHING
    %else
    gets EXC_PF, PF_P | PF_W | (%1 == 3) * PF_U
    saved_eip .at
    is "CR2", [seen.cr2], WINDOW + 8
    %endif
%endmacro
    pae_write 3, PAGE_P | PAGE_U, PAGE_P | PAGE_W | PAGE_U, 0, 0, "ring 3, the PDE is read-only"
    pae_write 3, PAGE_P | PAGE_W | PAGE_U, PAGE_P | PAGE_U, 0, 0, "ring 3, the PTE is read-only"
    pae_write 3, PAGE_P | PAGE_W, PAGE_P | PAGE_W | PAGE_U, 0, 0, "ring 3, the PDE is the supervisor's"
    pae_write 3, PAGE_P | PAGE_W | PAGE_U, PAGE_P | PAGE_W, 0, 0, "ring 3, the PTE is the supervisor's"
    pae_write 0, PAGE_P, PAGE_P | PAGE_W, 0, 1, "ring 0, the PDE is read-only, WP clear"
    pae_write 0, PAGE_P, PAGE_P | PAGE_W, 1, 0, "ring 0, the PDE is read-only, WP set"
    pae_write 0, PAGE_P | PAGE_W, PAGE_P, 1, 0, "ring 0, the PTE is read-only, WP set"
    pae_write 0, PAGE_P | PAGE_W, PAGE_P | PAGE_W, 1, 1, "ring 0, both writable, WP set"

    pae_case "a 2 MiB page maps all of its 2 MiB, with or without CR4.PSE"
        mov dword [LARGE + 0x1FFFFC], 0x23232323
        large_window PAGE_P | PAGE_W, 0
        paging_on
        mov ebx, [WINDOW + 0x1FFFFC]
        mov [WINDOW], ebx
    gets NOTHING
    is "memory", [seen.ebx], 0x23232323
    is_masked "PDE", [WINDOW_PDE], PAGE_A | PAGE_D, PAGE_A | PAGE_D

    pae_case "bit 32 of a PTE is bit 32 of the address"
        mov dword [DATA], 0x41414141
        window PAGE_P, 0, PAGE_P, 1     ; 4 GiB above DATA, where there is no memory
        paging_on
        xor ecx, ecx
        cmp dword [WINDOW], 0x41414141
        sete cl
    gets NOTHING
    is "the page below 4 GiB was read", [seen.ecx], 0

; ---- PDPTEs ----

    pae_case "MOV to CR3 with a reserved bit in a PDPTE: #GP(0), CR3 stays"
        mov dword [PDPT + 8], PD + (PAGE_P | PAGE_W)
        mov dword [PDPT + 12], 0
        mov eax, CR4_PAE
        mov cr4, eax
        mov eax, PDPT
        mov cr3, eax                ; without paging nothing is read
        mov dword [PDPT + 8], 0
        mov eax, cr0
        or eax, CR0_PG
        mov cr0, eax
        mov dword [PDPT + 8], PD + (PAGE_P | PAGE_U)
        mov eax, PDPT
    .at: mov cr3, eax
    gets EXC_GP, 0
    saved_eip .at

    pae_case "setting PG with a reserved bit in a PDPTE: #GP(0), PG stays clear"
        mov dword [PDPT + 24], PD + (PAGE_P | PAGE_W)
        mov eax, CR4_PAE
        mov cr4, eax
        mov eax, PDPT
        mov cr3, eax
        mov eax, cr0
        or eax, CR0_PG
    .at: mov cr0, eax
    gets EXC_GP, 0
    saved_eip .at
    is_masked "PG", [seen.cr0], 0, CR0_PG

    pae_case "reserved bits of an absent PDPTE do not matter"
        mov dword [PDPT + 24], 0xFFE
        paging_on
    gets NOTHING

    pae_case "an absent PDPTE: #PF, P clear"
        paging_on
    .at: mov [0x40000010], eax
    gets EXC_PF, PF_W
    saved_eip .at
    is "CR2", [seen.cr2], 0x40000010

    pae_case "PDPTEs are read when CR3 is loaded, not when they are used"
        paging_on
        mov dword [PDPT + 8], PD + PAGE_P
    .at: mov eax, [0x40000010]
    gets EXC_PF, 0
    saved_eip .at

    pae_case "after CR3 is loaded the new PDPTE is in force"
        mov dword [DATA + 0x10], 0x24242424
        paging_on
        mov dword [PDPT + 8], PD + PAGE_P
        mov eax, cr3
        mov cr3, eax
        mov ebx, [0x40000000 + DATA + 0x10]
    gets NOTHING
    is "memory", [seen.ebx], 0x24242424

    pae_case "the PDPT may lie at any multiple of 32"
        mov esi, PDPT
        mov edi, DATA + 0x3E0
        mov ecx, 8
        rep movsd
        mov eax, CR4_PAE
        mov cr4, eax
        mov eax, DATA + 0x3E0
        mov cr3, eax
        mov eax, cr0
        or eax, CR0_PG
        mov cr0, eax
        mov ebx, [DATA]
    gets NOTHING

; ---- reserved bits ----

%macro reserved 3+                  ; what, error code, preparation
    pae_case "a read through ", %1, ": #PF with RSVD"
        %3
        paging_on
    .at: mov eax, [WINDOW]
    gets EXC_PF, %2
    saved_eip .at
%endmacro
    reserved "a PTE with bit 62", PF_P | PF_RSVD, window PAGE_P, 0, PAGE_P, 1 << 30
    reserved "a PTE with bit 52", PF_P | PF_RSVD, window PAGE_P, 0, PAGE_P, 1 << 20
    reserved "a PDE with bit 52", PF_P | PF_RSVD, window PAGE_P, 1 << 20, PAGE_P, 0
    reserved "a PDE with bit 62", PF_P | PF_RSVD, window PAGE_P, 1 << 30, PAGE_P, 0
    reserved "a PTE with XD, NXE clear", PF_P | PF_RSVD, window PAGE_P, 0, PAGE_P, NX
    reserved "a PDE with XD, NXE clear", PF_P | PF_RSVD, window PAGE_P, NX, PAGE_P, 0
    reserved "a 2 MiB page with bit 13", PF_P | PF_RSVD, large_window PAGE_P | 1 << 13, 0
    reserved "a 2 MiB page with bit 20", PF_P | PF_RSVD, large_window PAGE_P | 1 << 20, 0
    reserved "a PDE with a reserved bit, whose table says absent", PF_P | PF_RSVD, window PAGE_P, 1 << 20, 0, 0

; ---- execute-disable ----

    needs HAS_NX, "execute-disable"
%macro fetch_nx 3                   ; CPL, XD of the PDE, of the PTE
    %defstr nx_name %1%2%3
    pae_case "a fetch with CPL, PDE.XD, PTE.XD = ", nx_name
        no_execute
        window PAGE_P | PAGE_U, (%2) * NX, PAGE_P | PAGE_U, (%3) * NX
        paging_on
        %if %1 == 3
        to_ring 3
        %endif
        fetch_from_window
    fetched (%2 | %3) == 0, PF_P | PF_I | (%1 == 3) * PF_U
%endmacro
    fetch_nx 0, 0, 0
    fetch_nx 0, 0, 1
    fetch_nx 0, 1, 0
    fetch_nx 0, 1, 1
    fetch_nx 3, 0, 0
    fetch_nx 3, 0, 1
    fetch_nx 3, 1, 0
    fetch_nx 3, 1, 1

    pae_case "a fetch from a 2 MiB page with XD"
        no_execute
        large_window PAGE_P | PAGE_U, NX
        paging_on
        fetch_from_window
    fetched 0, PF_P | PF_I

    pae_case "reads and writes do not look at XD"
        no_execute
        window PAGE_P | PAGE_W, NX, PAGE_P | PAGE_W, NX
        paging_on
        mov eax, [WINDOW]
        mov [WINDOW], eax
    gets NOTHING

    pae_case "with NXE, a fetch from an absent page has I in its error code"
        no_execute
        window PAGE_P, 0, 0, 0
        paging_on
        fetch_from_window
    fetched 0, PF_I

    pae_case "without NXE or SMEP it has not"
        window PAGE_P, 0, 0, 0
        paging_on
        fetch_from_window
    fetched 0, 0

    pae_case "a fetch in ring 3 from a supervisor page with XD"
        no_execute
        window PAGE_P | PAGE_U, 0, PAGE_P, NX
        paging_on
        to_ring 3
        fetch_from_window
    fetched 0, PF_P | PF_I | PF_U

    pae_case "an instruction that crosses into a page with XD: EIP of the instruction, CR2 of the page"
        no_execute
        window PAGE_P, 0, PAGE_P, 0
        mov dword [WINDOW_PTE + 8], DATA + 0x1000 + PAGE_P
        mov dword [WINDOW_PTE + 12], NX
        mov byte [DATA + 0xFFE], 0xB8   ; MOV EAX, imm32
        paging_on
        mov eax, WINDOW + 0xFFE
        jmp eax
    gets EXC_PF, PF_P | PF_I
    saved_eip WINDOW + 0xFFE
    is "CR2", [seen.cr2], WINDOW + 0x1000
    end_needs

; ---- SMEP ----

    needs HAS_SMEP, "SMEP"
    pae_case "with SMEP ring 0 may not fetch from a user page"
        call supervisor_image
        window PAGE_P | PAGE_U, 0, PAGE_P | PAGE_U, 0
        paging_on CR4_SMEP
        fetch_from_window
    fetched 0, PF_P | PF_I

    pae_case "with SMEP ring 0 may fetch where the PTE is the supervisor's"
        call supervisor_image
        window PAGE_P | PAGE_U, 0, PAGE_P, 0
        paging_on CR4_SMEP
        fetch_from_window
    fetched 1, 0

    pae_case "with SMEP ring 0 may fetch where the PDE is the supervisor's"
        call supervisor_image
        window PAGE_P, 0, PAGE_P | PAGE_U, 0
        paging_on CR4_SMEP
        fetch_from_window
    fetched 1, 0

    pae_case "with SMEP ring 0 reads and writes user pages"
        call supervisor_image
        window PAGE_P | PAGE_W | PAGE_U, 0, PAGE_P | PAGE_W | PAGE_U, 0
        paging_on CR4_SMEP
        add dword [WINDOW], 1
    gets NOTHING

    pae_case "with SMEP a fetch from an absent page has I in its error code"
        call supervisor_image
        window PAGE_P, 0, 0, 0
        paging_on CR4_SMEP
        fetch_from_window
    fetched 0, PF_I

    pae_case "with SMEP ring 3 fetches from user pages"
        call supervisor_image
        window PAGE_P | PAGE_U, 0, PAGE_P | PAGE_U, 0
        paging_on CR4_SMEP
        push dword DATA3
        push dword STACK3
        push dword 2
        push dword CODE3
        push dword FETCHED
        iretd
    gets EXC_UD
    saved_eip FETCHED
    is "CS", [seen.cs], CODE3
    end_needs

; ---- SMAP ----

    needs HAS_SMAP, "SMAP"
%macro smap 5                       ; title, AC, U of PTE, access, allowed
    pae_case "SMAP: ", %1
        call supervisor_image
        window PAGE_P | PAGE_W | PAGE_U, 0, PAGE_P | PAGE_W | (%3) * PAGE_U, 0
        paging_on CR4_SMAP
        %if %2
        stac
        %endif
    .at: %4
    %if %5
    gets NOTHING
    %else
    gets EXC_PF, PF_P | (smap_write * PF_W)
    saved_eip .at
    is "CR2", [seen.cr2], WINDOW
    %endif
%endmacro
%assign smap_write 0
    smap "ring 0 may not read a user page", 0, 1, {mov eax, [WINDOW]}, 0
    smap "ring 0 may read it with AC set", 1, 1, {mov eax, [WINDOW]}, 1
    smap "ring 0 may read a supervisor page", 0, 0, {mov eax, [WINDOW]}, 1
%assign smap_write 1
    smap "ring 0 may not write a user page", 0, 1, {mov [WINDOW], eax}, 0
    smap "ring 0 may write it with AC set", 1, 1, {mov [WINDOW], eax}, 1
    smap "ring 0 may write a supervisor page", 0, 0, {mov [WINDOW], eax}, 1

    pae_case "SMAP: CLAC ends what STAC began"
        call supervisor_image
        window PAGE_P | PAGE_W | PAGE_U, 0, PAGE_P | PAGE_W | PAGE_U, 0
        paging_on CR4_SMAP
        stac
        mov eax, [WINDOW]
        clac
    .at: mov eax, [WINDOW]
    gets EXC_PF, PF_P
    saved_eip .at

    pae_case "SMAP: ring 0 fetches from user pages all the same"
        call supervisor_image
        window PAGE_P | PAGE_U, 0, PAGE_P | PAGE_U, 0
        paging_on CR4_SMAP
        fetch_from_window
    fetched 1, 0

; The processor's own accesses to tables are the supervisor's, and AC is not for them.
%macro smap_implicit 3              ; title, CPL, AC
    pae_case "SMAP: an LDT on a user page, ", %1
        call supervisor_image
        window PAGE_P | PAGE_W | PAGE_U, 0, PAGE_P | PAGE_W | PAGE_U, 0
        mov dword [DATA + 8], descriptor_low(0, 0xFFFFF)
        mov dword [DATA + 12], descriptor_high(0, 0xFFFFF, PRESENT | dpl(3) | WRITABLE, GRANULAR)
        mov dword [DATA + 0x800], 0x0B0FE08E    ; MOV FS, EAX; UD2
        descriptor FREE, WINDOW, 0xFF, PRESENT | LDT_TYPE, 0
        mov eax, FREE
        lldt ax
        paging_on CR4_SMAP
        mov eax, 0xF                ; the LDT's second descriptor
        %if %2
        push dword DATA3
        push dword STACK3
        push dword FLAG_AC * %3 | 2
        push dword CODE3
        push dword WINDOW + 0x800
    .at: iretd
        %else
        push dword FLAG_AC * %3 | 2
        popfd
    .at: mov fs, eax
        %endif
    gets EXC_PF, PF_P
    is "CR2", [seen.cr2], WINDOW + 8
%endmacro
    smap_implicit "in ring 0, AC clear", 0, 0
    smap_implicit "in ring 0, AC set", 0, 1
    smap_implicit "in ring 3, AC clear", 3, 0
    smap_implicit "in ring 3, AC set", 3, 1

    case "STAC in ring 3: #UD"
        to_ring 3
    .at: stac
    gets EXC_UD
    saved_eip .at

    case "CLAC in ring 3: #UD"
        to_ring 3
    .at: clac
    gets EXC_UD
    saved_eip .at

    case "STAC sets AC, CLAC clears it"
        stac
        pushfd
        pop ebx
        clac
        pushfd
        pop ecx
    gets NOTHING
    is_masked "set", [seen.ebx], FLAG_AC, FLAG_AC
    is_masked "clear", [seen.ecx], 0, FLAG_AC
    end_needs

    end_needs
    finish

; ---- tables ----

make_pae_tables:
    mov word [DATA + 0x123], 0x0B0F
    mov word [LARGE + 0x123], 0x0B0F
    mov edi, TABLES
    mov ecx, 0x5000 / 4
    xor eax, eax
    rep stosd
    mov dword [PDPT], PD + PAGE_P
    mov dword [PD], PT0 + (PAGE_P | PAGE_W | PAGE_U)
    mov dword [PD + 8], PT0 + 0x1000 + (PAGE_P | PAGE_W | PAGE_U)
    mov edi, PT0
    mov eax, PAGE_P | PAGE_W | PAGE_U
.next:
    mov [edi], eax
    add edi, 8
    add eax, 0x1000
    cmp eax, 0x400000
    jb .next
    ret

; What maps to itself belongs to the supervisor.
supervisor_image:
    and dword [PD], ~PAGE_U
    and dword [PD + 8], ~PAGE_U
    ret
