; A lab: a boot sector with one mistake, to be found with the debugger. docs/debugger.md is the tour.
;
; It enters protected mode, makes an IDT, fills a table of square numbers, and says "ready" by the
; breakpoint handler. It should then halt. Instead the machine resets.
; Source: Intel SDM Volume 3, "Protected-Mode Memory Management", "Interrupt and Exception Handling".

CODE        equ 8
DATA        equ 16
SQUARES     equ 0x7F00          ; 64 numbers of 4 bytes, and right behind them
COUNT       equ 64
IDT         equ 0x8000          ; 32 gates of 8 bytes
GATES       equ 32
SCREEN      equ 0xB8000

section .text
bits 16
global start
start:
        cli
        xor     ax, ax
        mov     ds, ax
        lgdt    [gdt_register]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     CODE:protected

bits 32
global protected
protected:
        mov     ax, DATA
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     esp, 0x7000
        call    make_idt
        call    fill_squares
        int3
global stay
stay:   hlt
        jmp     stay

; Every vector leads to `handler`.
global make_idt
make_idt:
        mov     edi, IDT
        mov     ecx, GATES
        mov     eax, handler                    ; which lies below 10000h
.next:  mov     [edi], ax
        mov     word [edi + 2], CODE
        mov     dword [edi + 4], 0x8E00
        add     edi, 8
        loop    .next
        lidt    [idt_register]
        ret

; SQUARES[i] = i * i
global fill_squares
fill_squares:
        xor     ecx, ecx
.next:  mov     eax, ecx
        mul     ecx
        mov     [SQUARES + ecx * 4], eax
        inc     ecx
        cmp     ecx, COUNT * 4
        jne     .next
        ret

global handler
handler:
        mov     dword [SCREEN], 0x0F6B0F6F      ; "ok" in white
        iret

        align   8
gdt:    dq      0
        dq      0x00CF9A000000FFFF              ; flat code
        dq      0x00CF92000000FFFF              ; flat data
gdt_register:
        dw      $ - gdt - 1
        dd      gdt
idt_register:
        dw      GATES * 8 - 1
        dd      IDT

        times   510 - ($ - start) db 0
        dw      0xAA55
