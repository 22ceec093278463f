; 32-bit paging: every combination of U/S, R/W, WP, ring and access, for 4 KiB and 4 MiB pages and
; for both levels of tables; accessed and dirty flags; reserved bits; what is invalidated; accesses
; that the processor makes for itself.
; Manual: Intel SDM Vol. 3, "32-Bit Paging", "Access Rights", "Page-Fault Exceptions", "Accessed
; and Dirty Flags", "Caching Translation Information".

%include "case.inc"
%include "paging.inc"

WINDOW   equ 0x800000               ; the linear address under test
WINDOW_PDE equ PAGE_DIRECTORY + (WINDOW >> 22) * 4
WINDOW_TABLE equ TABLES + 0x2000
LARGE    equ 0x400000               ; what a 4 MiB page shows; else DATA is shown

%macro window 2                     ; bits of the PDE and of the PTE
    mov dword [WINDOW_PDE], WINDOW_TABLE + (%1)
    mov dword [WINDOW_TABLE], DATA + (%2)
%endmacro
%macro large_window 1               ; bits of the PDE
    mov dword [WINDOW_PDE], LARGE + (PAGE_PS | (%1))
%endmacro

; Code in the window: UD2, so that a fetch that is allowed ends there.
FETCHED equ WINDOW + 0x123
%macro put_code 1
    mov word [%1 + 0x123], 0x0B0F
%endmacro

; Of an access: fault is 1 when it is not allowed. User accesses need U and, to write, W, at every
; level; the supervisor's need W only with CR0.WP.
; rights CPL, WP, U, W: sets may_read and may_write
%macro rights 4
    %if %1 == 3
        %assign may_read %3
        %assign may_write %3 & %4
    %else
        %assign may_read 1
        %assign may_write %4 | (1 - %2)
    %endif
%endmacro

; try CPL, access, allowed: the access and its result
%macro try 3
    %if %1 == 3
        %assign by_user PF_U
        to_ring 3
    %else
        %assign by_user 0
    %endif
    %ifidn %2, read
        .at: mov eax, [WINDOW + 0x456]
        %assign by_access 0
        %assign fault_address WINDOW + 0x456
    %elifidn %2, write
        .at: mov [WINDOW + 0x456], eax
        %assign by_access PF_W
        %assign fault_address WINDOW + 0x456
    %elifidn %2, modify
        .at: add dword [WINDOW + 0x456], 1
        %assign by_access PF_W
        %assign fault_address WINDOW + 0x456
    %else
        mov eax, FETCHED
        jmp eax
        %assign by_access 0
        %assign fault_address FETCHED
    %endif
    %if %3
        %ifidn %2, fetch
        gets EXC_UD
        %else
        gets NOTHING
        %endif
    %else
        gets EXC_PF, PF_P | by_user | by_access
        is "CR2", [seen.cr2], fault_address
    %endif
    %ifidn %2, fetch
        saved_eip FETCHED
    %endif
%endmacro

; Both levels: PDE's and PTE's U and W. The title spells the bits.
%macro two_levels 7                 ; CPL, WP, U of PDE, W, U of PTE, W, access
    %defstr bits_name %1%2%3%4%5%6
    %defstr access_name %7
    rights %1, %2, %3 & %5, %4 & %6
    case access_name, " with CPL, WP, PDE.U, PDE.W, PTE.U, PTE.W = ", bits_name
        call make_page_tables
        put_code DATA
        window PAGE_P | (%3) * PAGE_U | (%4) * PAGE_W, PAGE_P | (%5) * PAGE_U | (%6) * PAGE_W
        paging_on (%2) * CR0_WP
        %ifidn %7, write
        try %1, %7, may_write
        %assign dirty may_write
        %elifidn %7, modify
        try %1, %7, may_write
        %assign dirty may_write
        %else
        try %1, %7, may_read
        %assign dirty 0
        %endif
    %if dirty || (may_read && by_access == 0)
    is_masked "PDE", [WINDOW_PDE], PAGE_A, PAGE_A | PAGE_D
    is_masked "PTE", [WINDOW_TABLE], PAGE_A | dirty * PAGE_D, PAGE_A | PAGE_D
    %else
    is_masked "dirty", [WINDOW_TABLE], 0, PAGE_D
    %endif
%endmacro

%macro one_level 5                  ; CPL, WP, U, W, access: a 4 MiB page
    %defstr bits_name %1%2%3%4
    %defstr access_name %5
    rights %1, %2, %3, %4
    case access_name, " a 4 MiB page with CPL, WP, U, W = ", bits_name
        call make_page_tables
        put_code LARGE
        large_window PAGE_P | (%3) * PAGE_U | (%4) * PAGE_W
        mov eax, CR4_PSE
        mov cr4, eax
        paging_on (%2) * CR0_WP
        %ifidn %5, write
        try %1, %5, may_write
        %assign dirty may_write
        %else
        try %1, %5, may_read
        %assign dirty 0
        %endif
    %if dirty || (may_read && by_access == 0)
    is_masked "PDE", [WINDOW_PDE], PAGE_A | dirty * PAGE_D, PAGE_A | PAGE_D
    %else
    is_masked "dirty", [WINDOW_PDE], 0, PAGE_D
    %endif
%endmacro

%macro paging_on 1
    mov eax, cr0
    or eax, CR0_PG | (%1)
    mov cr0, eax
%endmacro

main:

; ---- rights ----

%assign bits_ 0
%rep 64
    %assign cpl_ (bits_ >> 5) * 3
    %assign wp_ (bits_ >> 4) & 1
    %assign u1_ (bits_ >> 3) & 1
    %assign w1_ (bits_ >> 2) & 1
    %assign u2_ (bits_ >> 1) & 1
    %assign w2_ bits_ & 1
    two_levels cpl_, wp_, u1_, w1_, u2_, w2_, read
    two_levels cpl_, wp_, u1_, w1_, u2_, w2_, write
    two_levels cpl_, wp_, u1_, w1_, u2_, w2_, fetch
    %assign bits_ bits_ + 1
%endrep
    two_levels 3, 0, 1, 1, 1, 0, modify
    two_levels 3, 0, 1, 1, 1, 1, modify
    two_levels 0, 1, 1, 1, 1, 0, modify

    needs HAS_PSE, "4 MiB pages"
%assign bits_ 0
%rep 16
    %assign cpl_ (bits_ >> 3) * 3
    %assign wp_ (bits_ >> 2) & 1
    %assign u1_ (bits_ >> 1) & 1
    %assign w1_ bits_ & 1
    one_level cpl_, wp_, u1_, w1_, read
    one_level cpl_, wp_, u1_, w1_, write
    one_level cpl_, wp_, u1_, w1_, fetch
    %assign bits_ bits_ + 1
%endrep
    end_needs

    case "rings 1 and 2 are the supervisor's"
        call make_page_tables
        window PAGE_P | PAGE_W, PAGE_P | PAGE_W
        paging_on CR0_WP
        to_ring 2
        mov [WINDOW], eax
    gets NOTHING

; ---- not present ----

%macro not_present 4                ; "title", PDE, PTE, CPL
    %defstr cpl_name %4
    case "a read in ring ", cpl_name, " through ", %1
        call make_page_tables
        window %2, %3
        paging_on 0
        %if %4
        to_ring 3
        %endif
    .at: mov eax, [WINDOW + 0x789]
    gets EXC_PF, PF_U * (%4 == 3)
    saved_eip .at
    is "CR2", [seen.cr2], WINDOW + 0x789
    case "a write in ring ", cpl_name, " through ", %1
        call make_page_tables
        window %2, %3
        paging_on CR0_WP
        %if %4
        to_ring 3
        %endif
    .at: mov [WINDOW + 0x789], eax
    gets EXC_PF, PF_W + PF_U * (%4 == 3)
    saved_eip .at
    is "CR2", [seen.cr2], WINDOW + 0x789
    case "a fetch in ring ", cpl_name, " through ", %1
        call make_page_tables
        window %2, %3
        paging_on 0
        %if %4
        to_ring 3
        %endif
        mov eax, FETCHED
        jmp eax
    gets EXC_PF, PF_U * (%4 == 3)
    saved_eip FETCHED
    is "CR2", [seen.cr2], FETCHED
%endmacro
    not_present "an absent PDE", PAGE_W | PAGE_U, PAGE_P | PAGE_W | PAGE_U, 0
    not_present "an absent PDE", PAGE_W | PAGE_U, PAGE_P | PAGE_W | PAGE_U, 3
    not_present "an absent PTE", PAGE_P | PAGE_W | PAGE_U, PAGE_W | PAGE_U, 0
    not_present "an absent PTE", PAGE_P | PAGE_W | PAGE_U, PAGE_W | PAGE_U, 3
    not_present "an absent PTE of a supervisor's PDE: P is what counts", PAGE_P, 0, 3
    not_present "an absent PTE with all other bits set", PAGE_P | PAGE_W | PAGE_U, 0xFFE, 3

; ---- large pages ----

    needs HAS_PSE, "4 MiB pages"
    case "a 4 MiB page maps all of its 4 MiB"
        call make_page_tables
        mov dword [LARGE + 0x3FFFFC], 0x21212121
        large_window PAGE_P | PAGE_W
        mov eax, CR4_PSE
        mov cr4, eax
        paging_on 0
        mov ebx, [WINDOW + 0x3FFFFC]
    gets NOTHING
    is "memory", [seen.ebx], 0x21212121

    case "PS without CR4.PSE is ignored: the PDE names a table"
        call make_page_tables
        window PAGE_P | PAGE_W | PAGE_PS, PAGE_P | PAGE_W
        mov dword [DATA], 0x22222222
        paging_on 0
        mov ebx, [WINDOW]
    gets NOTHING
    is "memory", [seen.ebx], 0x22222222

    case "a 4 MiB page with reserved bit 21: #PF with RSVD"
        call make_page_tables
        mov dword [WINDOW_PDE], LARGE + (1 << 21 | PAGE_PS | PAGE_P | PAGE_W)
        mov eax, CR4_PSE
        mov cr4, eax
        paging_on 0
    .at: mov eax, [WINDOW]
    gets EXC_PF, PF_P | PF_RSVD
    saved_eip .at

    case "a write in ring 3 to a page with a reserved bit: RSVD, U and W"
        call make_page_tables
        mov dword [WINDOW_PDE], LARGE + (1 << 21 | PAGE_PS | PAGE_P | PAGE_W | PAGE_U)
        mov eax, CR4_PSE
        mov cr4, eax
        paging_on 0
        to_ring 3
    .at: mov [WINDOW], eax
    gets EXC_PF, PF_P | PF_RSVD | PF_U | PF_W
    saved_eip .at

    case "reserved bits of an absent entry do not matter"
        call make_page_tables
        mov dword [WINDOW_PDE], LARGE + (1 << 21 | PAGE_PS)
        mov eax, CR4_PSE
        mov cr4, eax
        paging_on 0
    .at: mov eax, [WINDOW]
    gets EXC_PF, 0
    end_needs

    needs HAS_PSE36, "PSE-36"
    case "PSE-36: bits 20 to 13 of a 4 MiB page's PDE are bits 39 to 32 of its address"
        call make_page_tables
        mov dword [LARGE], 0x40404040
        large_window PAGE_P | 1 << 13   ; 4 GiB above, where there is no memory
        mov eax, CR4_PSE
        mov cr4, eax
        paging_on 0
        xor ecx, ecx
        cmp dword [WINDOW], 0x40404040
        sete cl
    gets NOTHING
    is "the page below 4 GiB was read", [seen.ecx], 0
    end_needs

; ---- what is kept, and until when ----

    case "INVLPG lets go of a page"
        call make_page_tables
        window PAGE_P | PAGE_W, PAGE_P | PAGE_W
        paging_on 0
        mov dword [DATA], 1
        mov dword [DATA + 0x1000], 2
        mov ebx, [WINDOW]
        mov dword [WINDOW_TABLE], DATA + 0x1000 + PAGE_P
        invlpg [WINDOW + 0xFFF]
        mov ecx, [WINDOW]
    gets NOTHING
    is "before", [seen.ebx], 1
    is "after", [seen.ecx], 2

    case "a load of CR3 lets go of all"
        call make_page_tables
        window PAGE_P | PAGE_W, PAGE_P | PAGE_W
        paging_on 0
        mov dword [DATA], 1
        mov dword [DATA + 0x1000], 2
        mov ebx, [WINDOW]
        mov dword [WINDOW_TABLE], DATA + 0x1000 + PAGE_P
        mov eax, cr3
        mov cr3, eax
        mov ecx, [WINDOW]
    gets NOTHING
    is "after", [seen.ecx], 2

    case "an entry that becomes present needs no invalidation"
        call make_page_tables
        window PAGE_P | PAGE_W, 0
        paging_on 0
        mov dword [DATA], 1
        mov dword [vector_gate(EXC_PF)], (CODE0 << 16) + number(.handler)
        mov ebx, [WINDOW]
        jmp .end
    .handler:
        mov dword [WINDOW_TABLE], DATA + PAGE_P
        add esp, 4
        iretd
    .end:
    gets NOTHING
    is "memory", [seen.ebx], 1

    case "INVLPG in ring 3: #GP(0)"
        to_ring 3
    .at: invlpg [DATA]
    gets EXC_GP, 0
    saved_eip .at

    case "INVLPG looks at no limit and raises no #PF"
        paging
        invlpg [0xFFFFF000]
        xor eax, eax
        mov fs, eax
        invlpg [fs:DATA]
    gets NOTHING

    needs HAS_PGE, "global pages"
    case "a global page goes when CR4.PGE is cleared"
        call make_page_tables
        window PAGE_P | PAGE_W, PAGE_P | PAGE_W | PAGE_G
        mov eax, CR4_PGE
        mov cr4, eax
        paging_on 0
        mov dword [DATA], 1
        mov dword [DATA + 0x1000], 2
        mov ebx, [WINDOW]
        mov dword [WINDOW_TABLE], DATA + 0x1000 + PAGE_P
        xor eax, eax
        mov cr4, eax
        mov ecx, [WINDOW]
    gets NOTHING
    is "before", [seen.ebx], 1
    is "after", [seen.ecx], 2

    case "INVLPG lets go of a global page"
        call make_page_tables
        window PAGE_P | PAGE_W, PAGE_P | PAGE_W | PAGE_G
        mov eax, CR4_PGE
        mov cr4, eax
        paging_on 0
        mov dword [DATA], 1
        mov dword [DATA + 0x1000], 2
        mov ebx, [WINDOW]
        mov dword [WINDOW_TABLE], DATA + 0x1000 + PAGE_P
        invlpg [WINDOW]
        mov ecx, [WINDOW]
    gets NOTHING
    is "after", [seen.ecx], 2
    end_needs

    case "a change of CR0.WP takes effect at once"
        call make_page_tables
        window PAGE_P | PAGE_W, PAGE_P
        paging_on 0
        mov [WINDOW], eax
        mov eax, cr0
        or eax, CR0_WP
        mov cr0, eax
    .at: mov [WINDOW], eax
    gets EXC_PF, PF_P | PF_W
    saved_eip .at

; ---- accesses that cross pages ----

    case "a write that crosses into a read-only page changes nothing"
        call make_page_tables
        window PAGE_P | PAGE_W, PAGE_P | PAGE_W
        mov dword [WINDOW_TABLE + 4], DATA + 0x1000 + PAGE_P
        mov dword [DATA + 0xFFC], 0x55555555
        paging_on CR0_WP
        mov eax, -1
    .at: mov [WINDOW + 0xFFE], eax
    gets EXC_PF, PF_P | PF_W
    saved_eip .at
    is "CR2", [seen.cr2], WINDOW + 0x1000
    is "the first page", [DATA + 0xFFC], 0x55555555

    case "a write that crosses pages lands in both frames"
        call make_page_tables
        window PAGE_P | PAGE_W, PAGE_P | PAGE_W
        mov dword [WINDOW_TABLE + 4], DATA + 0x5000 + (PAGE_P | PAGE_W)
        mov dword [DATA + 0xFFC], 0
        mov dword [DATA + 0x5000], 0
        paging_on 0
        mov dword [WINDOW + 0xFFE], 0x44332211
    gets NOTHING
    is "the first page", [DATA + 0xFFC], 0x22110000
    is "the second page", [DATA + 0x5000], 0x00004433
    is_masked "dirty", [WINDOW_TABLE], PAGE_A | PAGE_D, PAGE_A | PAGE_D
    is_masked "dirty too", [WINDOW_TABLE + 4], PAGE_A | PAGE_D, PAGE_A | PAGE_D

    case "a PUSH that faults leaves ESP alone"
        call make_page_tables
        window PAGE_P | PAGE_W | PAGE_U, PAGE_P | PAGE_U
        paging_on 0
        to_ring 3
        mov esp, WINDOW + 0x100
    .at: push eax
    gets EXC_PF, PF_P | PF_W | PF_U
    saved_eip .at
    is "CR2", [seen.cr2], WINDOW + 0xFC
    is "ESP", [seen.esp], WINDOW + 0x100

    case "REP STOSD that faults has done what lies before"
        call make_page_tables
        window PAGE_P | PAGE_W, PAGE_P | PAGE_W
        mov dword [WINDOW_TABLE + 4], 0
        paging_on 0
        mov edi, WINDOW + 0xFF0
        mov ecx, 8
    .at: rep stosd
    gets EXC_PF, PF_W
    saved_eip .at
    is "ECX", [seen.ecx], 4
    is "EDI", [seen.edi], WINDOW + 0x1000
    is "CR2", [seen.cr2], WINDOW + 0x1000

; ---- the processor's own accesses are the supervisor's ----

    case "a ring 3 program uses a GDT on a supervisor page"
        paging
        mov dword [pte(GDT)], GDT + (PAGE_P | PAGE_W)
        to_ring 3
        mov eax, DATA3
        mov fs, eax
    gets NOTHING

    case "a selector load whose descriptor is absent: #PF as the supervisor"
        paging
        ; The GDT is shown across two pages; FREE's descriptor begins the second.
        mov dword [spare], 0x1FF << 16
        mov dword [spare + 4], WINDOW - 0x80
        mov dword [pde(WINDOW - 0x80)], TABLES + 0x3000 + (PAGE_P | PAGE_W)
        mov dword [TABLES + 0x3FFC], DATA + (PAGE_P | PAGE_W)
        mov esi, GDT
        mov edi, DATA + 0xF80
        mov ecx, 0x80 / 4
        rep movsd
        window PAGE_P | PAGE_W, 0
        lgdt [spare + 2]
        to_ring 3
        mov eax, FREE + 3
    .at: mov fs, eax
    gets EXC_PF, 0
    saved_eip .at
    is "CR2", [seen.cr2], WINDOW

    case "the accessed bit of a descriptor on a read-only page, WP set: #PF"
        descriptor FREE, 0, 0xFFFFF, PRESENT | WRITABLE
        paging CR0_WP
        mov dword [pte(GDT)], GDT + PAGE_P
        invlpg [GDT]
        mov eax, FREE
    .at: mov fs, eax
    gets EXC_PF, PF_P | PF_W
    saved_eip .at

    case "an accessed descriptor on a read-only page is not written"
        paging CR0_WP
        mov dword [pte(GDT)], GDT + PAGE_P
        invlpg [GDT]
        mov eax, DATA0
        mov fs, eax
    gets NOTHING

    case "LTR with the GDT on a read-only page, WP set: #PF, TR stays"
        descriptor FREE, TSS, 0x67, PRESENT | TSS32, 0
        paging CR0_WP
        mov dword [pte(GDT)], GDT + PAGE_P
        invlpg [GDT]
        mov eax, FREE
    .at: ltr ax
    gets EXC_PF, PF_P | PF_W
    saved_eip .at
    is "TR", [seen.tr], MAIN_TSS

    case "a frame pushed on an absent inner stack: #PF, then #DF, then shutdown"
        paging
        mov dword [TSS + 4], WINDOW
        mov dword [vector_gate(EXC_DF) + 4], 0
        to_ring 3
        ud2
        nop
    gets TRIPLE_FAULT

    case "the I/O permission map on an absent page: #PF as the supervisor"
        paging
        mov dword [pte(TSS + 0x1000)], 0
        invlpg [TSS + 0x1000]
        mov word [TSS + 102], 0x1000
        descriptor FREE, TSS, 0x1FFF, PRESENT | TSS32, 0
        mov eax, FREE
        ltr ax
        to_ring 3
        mov dx, 8
    .at: in al, dx
    gets EXC_PF, 0
    saved_eip .at
    is "CR2", [seen.cr2], TSS + 0x1001

; ---- CR0 ----

    case "PG without PE: #GP(0)"
        call make_page_tables
        mov eax, CR0_PG
    .at: mov cr0, eax
    gets EXC_GP, 0
    saved_eip .at

    case "CR2 is a register like another"
        mov eax, 0x12345678
        mov cr2, eax
        mov ebx, cr2
    gets NOTHING
    is "CR2", [seen.ebx], 0x12345678

    finish
