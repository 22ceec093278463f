; A multiboot program that sends what it was given to port E9h and leaves through port 501h: the
; magic number, 52 bytes of boot information, the command line with its zero, the first module,
; the memory map. See tests/kernel_boot_test.c.

        bits 32
        org 0x100000

MAGIC   equ 0x1BADB002
FLAGS   equ 0x10003

header: dd MAGIC, FLAGS, -(MAGIC + FLAGS)
        dd header, header, 0, stack + 256, entry

entry:  mov esp, stack + 256
        cld
        push eax
        mov edx, 0xE9
        mov esi, esp
        mov ecx, 4
        rep outsb
        mov esi, ebx
        mov ecx, 52
        rep outsb
        mov esi, [ebx + 16]
.text:  mov al, [esi]
        outsb
        test al, al
        jnz .text
        mov eax, [ebx + 24]
        mov esi, [eax]
        mov ecx, [eax + 4]
        sub ecx, esi
        rep outsb
        mov esi, [ebx + 48]
        mov ecx, [ebx + 44]
        rep outsb
        ; The zero-initialized data must be zero.
        mov esi, stack
        mov ecx, 16
        rep outsb
        mov dx, 0x501
        mov al, 0x21
        out dx, al
        jmp $

        times 4096 - ($ - $$) db 0
stack:  ; not in the file
