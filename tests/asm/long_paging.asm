; Paging in long mode: every combination of ring, access, R/W, U/S, XD, CR0.WP, SMEP, SMAP and AC,
; for pages of 4 KiB, 2 MiB and 1 GiB, with the restricting bits at each level of the tables; then
; accessed and dirty flags, reserved bits, PCIDs.
; Manual: Intel SDM Vol. 3, "4-Level Paging", "Access Rights", "Page-Fault Exceptions", "Accessed
; and Dirty Flags", "Process-Context Identifiers (PCIDs)".
;
; The combinations are counted through at run time; `expect_combination` is the manual's rule, and
; the title of each case spells its bits.

%include "case.inc"
%include "long_mode.inc"

PAGE_A equ 32
PAGE_D equ 64
PAGE_G equ 256

; The window: its own entry of the PML4, under which every level exists. A page of any size shows
; physical DATA at WINDOW + DATA.
WINDOW     equ 0x8000000000
WINDOW_PML4E equ PML4 + 8
PDPT2      equ PML4 + 0x4000
PD2        equ PML4 + 0x5000
PT2        equ PML4 + 0x6000
WINDOW_PTE equ PT2 + (DATA >> 12) * 8
XD         equ 1 << 31              ; in the upper half of an entry

USER_CODE  equ 0x38000              ; a page for ring 3's code
FETCHED    equ 0x100                ; within DATA: UD2
TOUCHED    equ 0x200                ; what is read or written

; ---- the combination ----

absolute SEEN + 0xA00
combination: resd 1                 ; of the bits below
access:   resd 1                    ; READ, WRITE or FETCH
shape:    resd 1                    ; of `shapes`
expected_vector: resd 1
expected_error:  resd 1
allowed:  resd 1
leaf:     resd 1                    ; address of the entry that maps the page
middle:   resd 1                    ; and of the one that restricts
touched:  resd 1                    ; lower half of the address
name:     resb 128

WITH_W    equ 1
WITH_U    equ 2
WITH_XD   equ 4
RING_3    equ 8
WITH_WP   equ 16
WITH_SMEP equ 32
WITH_SMAP equ 64
WITH_AC   equ 128
READ equ 0
WRITE equ 1
FETCH equ 2

section .text

; ---- from combination to case ----

; Appends the string at ESI to the one that ends at EDI.
append:
    mov al, [esi]
    mov [edi], al
    add esi, 1
    test al, al
    jz .end
    add edi, 1
    jmp append
.end:
    ret

; Appends a word if this bit of the combination is set.
%macro append_if 2
    test dword [combination], %1
    jz %%not
    string %%word, " ", %2
    mov esi, %%word
    call append
%%not:
%endmacro

name_combination:
    mov edi, name
    mov eax, [access]
    mov esi, [access_names + eax * 4]
    call append
    mov eax, [shape]
    mov esi, [eax + 12]
    call append
    append_if WITH_W, "W"
    append_if WITH_U, "U"
    append_if WITH_XD, "XD"
    append_if RING_3, "ring3"
    append_if WITH_WP, "WP"
    append_if WITH_SMEP, "SMEP"
    append_if WITH_SMAP, "SMAP"
    append_if WITH_AC, "AC"
    ret

; Size of the page (0: 4 KiB, 1: 2 MiB, 2: 1 GiB), address of the leaf, of the entry that restricts,
; and a name.
%macro shape_row 4
    [section .rodata]
    dd %1, %2, %3, %%text
    __?SECT?__
%%text: db %4, 0                    ; apart from the rows, among the code
%endmacro
[section .rodata]
align 4
shapes:
__?SECT?__
    shape_row 0, WINDOW_PTE, WINDOW_PTE, " 4 KiB page, PTE:"
    shape_row 0, WINDOW_PTE, PD2, " 4 KiB page, PDE:"
    shape_row 0, WINDOW_PTE, PDPT2, " 4 KiB page, PDPTE:"
    shape_row 0, WINDOW_PTE, WINDOW_PML4E, " 4 KiB page, PML4E:"
    shape_row 1, PD2, PD2, " 2 MiB page, PDE:"
    shape_row 1, PD2, PDPT2, " 2 MiB page, PDPTE:"
    shape_row 1, PD2, WINDOW_PML4E, " 2 MiB page, PML4E:"
[section .rodata]
gib_shapes:
__?SECT?__
    shape_row 2, PDPT2, PDPT2, " 1 GiB page, PDPTE:"
    shape_row 2, PDPT2, WINDOW_PML4E, " 1 GiB page, PML4E:"
[section .rodata]
shapes_end:
access_names: dd read_name, write_name, fetch_name
read_name: db "read", 0
write_name: db "write", 0
fetch_name: db "fetch", 0
__?SECT?__

; "Access Rights": is it allowed?
;   the supervisor's reads and writes: not of user pages with SMAP and AC clear; writes need W if
;   WP is set; its fetches: not from user pages with SMEP, not with XD
;   the user's: user pages only; writes need W; fetches not with XD
expect_combination:
    mov ecx, [combination]
    mov edx, [access]
    mov dword [allowed], 0
    cmp edx, FETCH
    jne .executable
    test ecx, WITH_XD
    jnz .decided
.executable:
    test ecx, RING_3
    jnz .user
    cmp edx, FETCH
    je .supervisor_fetch
    mov eax, ecx
    and eax, WITH_U | WITH_SMAP | WITH_AC
    cmp eax, WITH_U | WITH_SMAP
    je .decided
    cmp edx, WRITE
    jne .yes
    mov eax, ecx
    and eax, WITH_WP | WITH_W
    cmp eax, WITH_WP
    je .decided
    jmp .yes
.supervisor_fetch:
    mov eax, ecx
    and eax, WITH_U | WITH_SMEP
    cmp eax, WITH_U | WITH_SMEP
    je .decided
    jmp .yes
.user:
    test ecx, WITH_U
    jz .decided
    cmp edx, WRITE
    jne .yes
    test ecx, WITH_W
    jz .decided
.yes:
    mov dword [allowed], 1
.decided:
    mov dword [expected_vector], EXC_UD ; the code's own end
    mov dword [expected_error], 0
    cmp dword [allowed], 1
    je .end
    mov dword [expected_vector], EXC_PF
    mov eax, PF_P
    test ecx, RING_3
    jz .not_user
    or eax, PF_U
.not_user:
    cmp edx, WRITE
    jne .not_write
    or eax, PF_W
.not_write:
    cmp edx, FETCH
    jne .not_fetch
    or eax, PF_I
.not_fetch:
    mov [expected_error], eax
.end:
    ret

; ---- the tables ----

; All entries of the window give all rights, but for `middle`. Everything else belongs to the
; supervisor, but for USER_CODE.
make_window:
    mov edi, PDPT2
    mov ecx, 0x3000 / 4
    xor eax, eax
    rep stosd
    mov dword [WINDOW_PML4E], PDPT2 + PAGE_ALL
    mov dword [PDPT2], PD2 + PAGE_ALL
    mov dword [PD2], PT2 + PAGE_ALL
    mov dword [WINDOW_PTE], DATA + PAGE_ALL
    mov ebx, [shape]
    mov eax, [ebx + 4]
    mov [leaf], eax
    mov eax, [ebx + 8]
    mov [middle], eax
    cmp dword [ebx], 1
    jb .sized
    ja .gib
    mov dword [PD2], PAGE_ALL | PAGE_PS
    jmp .sized
.gib:
    mov dword [PDPT2], PAGE_ALL | PAGE_PS
.sized:
    mov ebx, [middle]
    and dword [ebx], ~(PAGE_W | PAGE_U)
    mov ecx, [combination]
    test ecx, WITH_W
    jz .no_w
    or dword [ebx], PAGE_W
.no_w:
    test ecx, WITH_U
    jz .no_u
    or dword [ebx], PAGE_U
.no_u:
    test ecx, WITH_XD
    jz .no_xd
    or dword [ebx + 4], XD
.no_xd:
    ret

supervisor_tables:
    mov edi, PT
    mov ecx, 512
.next:
    and dword [edi], ~PAGE_U
    add edi, 8
    sub ecx, 1
    jnz .next
    or dword [pte64(USER_CODE)], PAGE_U
    ret

; ---- what runs in 64-bit mode ----

bits 64
; RBX: the window's address to touch. Copied to USER_CODE for ring 3.
touch_read:
    mov eax, [rbx]
    ud2
touch_write:
    mov [rbx], eax
    ud2
touch_fetch:
    jmp rbx
touches_end:

; In 64-bit mode, ring 0, as enter_long_mode leaves it.
run_combination:
    mov ecx, [combination]
    mov rax, cr4
    test ecx, WITH_SMEP
    jz .no_smep
    or eax, CR4_SMEP
.no_smep:
    test ecx, WITH_SMAP
    jz .no_smap
    or eax, CR4_SMAP
.no_smap:
    mov cr4, rax
    mov rax, cr0
    test ecx, WITH_WP
    jz .no_wp
    or eax, CR0_WP
.no_wp:
    mov cr0, rax
    mov rbx, WINDOW + DATA + TOUCHED
    mov edx, touch_read
    cmp dword [access], WRITE
    jb .chosen
    mov edx, touch_write
    je .chosen
    mov edx, touch_fetch
    mov rbx, WINDOW + DATA + FETCHED
.chosen:
    mov esi, 2
    test ecx, WITH_AC
    jz .no_ac
    or esi, FLAG_AC
.no_ac:
    test ecx, RING_3
    jz .ring_0
    push DATA3
    push STACK3
    push rsi
    push CODE64_3
    lea eax, [edx - touch_read + USER_CODE]
    push rax
    iretq
.ring_0:
    push rsi
    popfq
    jmp rdx
bits 32

; ---- the loop ----

; All combinations of this access and shape.
count_through:
    pop dword [spare + 8]           ; where to go afterwards: each case has a stack of its own
    mov dword [combination], 0
.next:
    call close_case
    call name_combination
    mov esi, name
    mov edi, .compare
    mov ebx, 0xFFF
    call open_case
    mov word [DATA + FETCHED], 0x0B0F
    mov esi, touch_read
    mov edi, USER_CODE
    mov ecx, (touches_end - touch_read + 3) / 4
    rep movsd
    call expect_combination
    call enter_long_mode
    bits 64
    to_compatibility 0
    bits 32
    call make_window
    call supervisor_tables
    jmp CODE64:.made
    bits 64
.made:
    mov rax, cr3
    mov cr3, rax
    jmp run_combination
    bits 32
.compare:
    is "vector", [seen.vector], [expected_vector]
    is "error code", [seen.error], [expected_error]
    cmp dword [allowed], 0
    je .refused
    mov ebx, [leaf]
    mov ecx, PAGE_A
    cmp dword [access], WRITE
    jne .clean
    or ecx, PAGE_D
.clean:
    mov [expected_error], ecx
    is_masked "leaf's A and D", [ebx], [expected_error], PAGE_A | PAGE_D
    mov ebx, [middle]
    is_masked "A of the restricting entry", [ebx], PAGE_A, PAGE_A
    jmp .again
.refused:
    is "CR2, low half", [seen64.cr2], [touched]
    is "CR2, high half", [seen64.cr2 + 4], WINDOW >> 32
    mov ebx, [leaf]
    is_masked "leaf's D", [ebx], 0, PAGE_D
.again:
    add dword [combination], 1
    cmp dword [combination], 256
    je .done
    call exists
    jz .again
    jmp .next
.done:
    jmp [spare + 8]

; ZF: the combination asks for something that the processor does not have.
exists:
    test dword [combination], WITH_SMEP
    jz .no_smep
    test dword [features.ebx7], 1 << 7
    jz .end
.no_smep:
    test dword [combination], WITH_SMAP
    jz .no_smap
    test dword [features.ebx7], 1 << 20
    jz .end
.no_smap:
    or eax, 1
.end:
    ret

main:
    needs HAS_LONG, "long mode"
    needs HAS_NX, "execute-disable"
    mov dword [shape], shapes
next_shape:
    mov dword [access], READ
next_access:
    mov eax, DATA + TOUCHED
    cmp dword [access], FETCH
    jne .touched
    mov eax, DATA + FETCHED
.touched:
    mov [touched], eax
    call count_through
    add dword [access], 1
    cmp dword [access], FETCH
    jbe next_access
    add dword [shape], 16
    mov eax, [shape]
    cmp eax, shapes_end
    jae all_shapes
    cmp eax, gib_shapes
    jb next_shape
    test dword [features.edx_extended], 1 << 26
    jnz next_shape
all_shapes:
    end_needs

; ---- reserved bits ----

; The window in 64-bit mode: a 4 KiB page, all rights.
%macro window64 0
    mov dword [WINDOW_PML4E], PDPT2 + PAGE_ALL
    mov dword [WINDOW_PML4E + 4], 0
    mov dword [PDPT2], PD2 + PAGE_ALL
    mov dword [PDPT2 + 4], 0
    mov dword [PD2], PT2 + PAGE_ALL
    mov dword [PD2 + 4], 0
    mov dword [WINDOW_PTE], DATA + PAGE_ALL
    mov dword [WINDOW_PTE + 4], 0
    mov rbx, WINDOW + DATA
%endmacro

%macro reserved64 3+                ; title, error code beside P and RSVD, preparation
    case64 "reserved: ", %1
        window64
        %3
    .at: mov eax, [rbx]
    gets EXC_PF, PF_P | PF_RSVD | (%2)
    saved_rip .at
    is64 "CR2", seen64.cr2, WINDOW + DATA
%endmacro
    reserved64 "PS of a PML4E", 0, or dword [WINDOW_PML4E], PAGE_PS
    reserved64 "bit 51 of a PML4E", 0, or dword [WINDOW_PML4E + 4], 1 << 19
    reserved64 "bit 51 of a PDPTE", 0, or dword [PDPT2 + 4], 1 << 19
    reserved64 "bit 51 of a PDE", 0, or dword [PD2 + 4], 1 << 19
    reserved64 "bit 51 of a PTE", 0, or dword [WINDOW_PTE + 4], 1 << 19
    reserved64 "bit 13 of a 2 MiB page", 0, mov dword [PD2], PAGE_ALL | PAGE_PS | 1 << 13
    reserved64 "bit 20 of a 2 MiB page", 0, mov dword [PD2], PAGE_ALL | PAGE_PS | 1 << 20
    reserved64 "an absent PTE below a PDE with a reserved bit", 0, call absent_below_reserved
    needs HAS_GIB_PAGES, "1 GiB pages"
    reserved64 "bit 13 of a 1 GiB page", 0, mov dword [PDPT2], PAGE_ALL | PAGE_PS | 1 << 13
    reserved64 "bit 29 of a 1 GiB page", 0, mov dword [PDPT2], PAGE_ALL | PAGE_PS | 1 << 29
    end_needs

    case64 "bits 62 to 52 of an entry are ignored"
        window64
        or dword [WINDOW_PML4E + 4], 0x7FF << 20
        or dword [PDPT2 + 4], 0x7FF << 20
        or dword [PD2 + 4], 0x7FF << 20
        or dword [WINDOW_PTE + 4], 0x7F << 20   ; bits 62 to 59 are protection keys elsewhere
        mov eax, [rbx]
    gets NOTHING

    needs HAS_NX, "execute-disable"
%macro xd_without_nxe 2
    case64 "reserved: XD of a ", %1, " while EFER.NXE is clear"
        window64
        or dword [%2 + 4], XD
        mov ecx, MSR_EFER
        rdmsr
        and eax, ~EFER_NXE
        wrmsr
        mov rbx, WINDOW + DATA
    .at: mov eax, [rbx]
    gets EXC_PF, PF_P | PF_RSVD
    saved_rip .at
%endmacro
    xd_without_nxe "PML4E", WINDOW_PML4E
    xd_without_nxe "PDPTE", PDPT2
    xd_without_nxe "PDE", PD2
    xd_without_nxe "PTE", WINDOW_PTE
    end_needs

%macro absent64 2
    case64 "absent: the ", %1, ", whatever its other bits say"
        window64
        and dword [%2], ~PAGE_P
        or dword [%2 + 4], 1 << 19
    .at: mov [rbx], eax
    gets EXC_PF, PF_W
    saved_rip .at
    is64 "CR2", seen64.cr2, WINDOW + DATA
%endmacro
    absent64 "PML4E", WINDOW_PML4E
    absent64 "PDPTE", PDPT2
    absent64 "PDE", PD2
    absent64 "PTE", WINDOW_PTE

; ---- what is kept, and until when: by PCID, INVPCID and INVLPG ----

; The window shows DATA and has been read; now it is to show the next page. Then something that
; must let go of the old translation; RCX is what is read in the end.
%macro lets_go 2+                   ; title, instruction(s)
    case64 %1
        window64
        mov dword [DATA], 1
        mov dword [DATA + 0x1000], 2
        mov eax, [rbx]
        mov dword [WINDOW_PTE], DATA + 0x1000 + PAGE_ALL
        mov dword [DATA + 0x800], 0     ; INVPCID's descriptor: PCID 0, the window
        mov dword [DATA + 0x804], 0
        mov [DATA + 0x808], rbx
        %2
        mov rbx, WINDOW + DATA
        mov ecx, [rbx]
    gets NOTHING
    is64 "memory", seen64.rcx, 2
%endmacro
    lets_go "INVLPG of an address above 4 GiB", invlpg [rbx + 0xFFF]
    lets_go "MOV to CR3", call reload_cr3
    needs HAS_INVPCID, "INVPCID"
    lets_go "INVPCID of an address", call invpcid_address
    lets_go "INVPCID of a context", call invpcid_context
    lets_go "INVPCID of all contexts, global pages too", call invpcid_all
    lets_go "INVPCID of all contexts", call invpcid_all_but_global

    case64 "INVPCID of an address that is not canonical: #GP(0)"
        mov dword [DATA + 0x800], 0
        mov dword [DATA + 0x804], 0
        mov rax, 1 << 50
        mov [DATA + 0x808], rax
        xor ecx, ecx
    .at: invpcid rcx, [DATA + 0x800]
    gets EXC_GP, 0
    saved_rip .at
    end_needs

    needs HAS_PCID, "PCIDs"
    case64 "CR4.PCIDE set while bits 11 to 0 of CR3 are not clear: #GP(0)"
        mov rax, cr3
        or eax, 8
        mov cr3, rax
        mov rax, cr4
        or eax, CR4_PCIDE
    .at: mov cr4, rax
    gets EXC_GP, 0
    saved_rip .at

    case64 "CR4.PCIDE set: bits 11 to 0 of CR3 are the PCID, bit 63 is not kept"
        mov rax, cr4
        or eax, CR4_PCIDE
        mov cr4, rax
        mov rax, cr3
        or rax, 0x123
        bts rax, 63
        mov cr3, rax
        mov rbx, cr3
    gets NOTHING
    is64 "CR3", seen64.rbx, PML4 + 0x123

    case64 "bit 63 of CR3 without CR4.PCIDE: #GP(0)"
        mov rax, cr3
        bts rax, 63
    .at: mov cr3, rax
    gets EXC_GP, 0
    saved_rip .at

    case64 "a change of PCID shows other tables"
        window64
        mov dword [DATA], 1
        mov dword [DATA + 0x1000], 2
        mov rax, cr4
        or eax, CR4_PCIDE
        mov cr4, rax
        mov esi, [rbx]
        mov dword [WINDOW_PTE], DATA + 0x1000 + PAGE_ALL
        mov rax, cr3
        or eax, 5
        mov cr3, rax                    ; PCID 5, bit 63 clear: what it had is let go
        mov edi, [rbx]
    gets NOTHING
    is64 "before", seen64.rsi, 1
    is64 "after", seen64.rdi, 2
    end_needs

    end_needs
    finish

bits 64
absent_below_reserved:
    or dword [PD2 + 4], 1 << 19
    mov dword [WINDOW_PTE], 0
    ret
reload_cr3:
    mov rax, cr3
    mov cr3, rax
    ret
invpcid_address:
    xor ecx, ecx
    invpcid rcx, [DATA + 0x800]
    ret
invpcid_context:
    mov ecx, 1
    invpcid rcx, [DATA + 0x800]
    ret
invpcid_all:
    mov ecx, 2
    invpcid rcx, [DATA + 0x800]
    ret
invpcid_all_but_global:
    mov ecx, 3
    invpcid rcx, [DATA + 0x800]
    ret
