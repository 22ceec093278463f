; Entry: from flat protected mode to paging, and from there to the upper half of the addresses.
;
; The kernel is linked at C0009000h but was loaded at 9000h. Both become true at once when paging
; is turned on: a page table that maps the first 4 MB is entered twice in the page directory, at
; entry 0 (linear 0, so that the next instruction after "paging on" is still there) and at entry
; 768 (linear C0000000h, where the kernel wants to live). The C code drops entry 0 later.
; Source: Intel SDM Volume 3, "Paging" and "32-Bit Paging".

extern bss_start
extern bss_end
extern high_start

KERNEL_BASE equ 0C0000000h
PRESENT     equ 1
WRITABLE    equ 2

section .setup progbits alloc exec write
bits 32
global protected_start
protected_start:
        mov     ax, 10h
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        mov     ss, ax
        mov     esp, 7C00h
        cld

        mov     edi, bss_start - KERNEL_BASE
        mov     ecx, bss_end
        sub     ecx, bss_start
        xor     eax, eax
        rep     stosb           ; C expects its unset variables to be 0

        mov     edi, boot_page_table - KERNEL_BASE
        mov     eax, PRESENT | WRITABLE
        mov     ecx, 1024
.fill:  stosd
        add     eax, 1000h
        loop    .fill

        mov     eax, boot_page_table - KERNEL_BASE
        or      al, PRESENT | WRITABLE
        mov     [kernel_directory - KERNEL_BASE], eax
        mov     [kernel_directory - KERNEL_BASE + 768 * 4], eax

        mov     eax, kernel_directory - KERNEL_BASE
        mov     cr3, eax
        mov     eax, cr0
        or      eax, 80010000h  ; PG: paging on. WP: read-only pages bind the kernel too
        mov     cr0, eax
        mov     eax, high_start
        jmp     eax

section .bss
align 4096
global kernel_directory
kernel_directory: resb 4096
global boot_page_table
boot_page_table:  resb 4096
boot_stack:       resb 4096
global boot_stack_top
boot_stack_top:
