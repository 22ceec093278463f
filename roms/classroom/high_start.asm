; The first instructions at C0000000h and up: from here to C.
;
; A file of its own, as the assembler's line numbers know but one section of code in each file.

extern boot_stack_top
extern kernel_main

section .text
bits 32
global high_start
high_start:
        mov     esp, boot_stack_top
        xor     ebp, ebp        ; ends the debugger's chain of stack frames
        call    kernel_main
.halt:  hlt
        jmp     .halt
