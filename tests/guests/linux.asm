; A bzImage that sends what it was given to port E9h and leaves through port 501h: CS, DS, SS, SP,
; the command line with its zero, the first 16 bytes of the kernel proper and of the initial RAM
; disk. See tests/kernel_boot_test.c.

        bits 16
        org 0

        times 0x1F1 - ($ - $$) db 0
        db 1                    ; setup_sects
        dw 0
        dd 1                    ; syssize, in 16 bytes
        dw 0, 0, 0
        dw 0xAA55
        jmp short start
        db "HdrS"
        dw 0x020A               ; protocol
        times 0x211 - ($ - $$) db 0
        db 1                    ; loaded high
        times 0x218 - ($ - $$) db 0
ramdisk_image: dd 0
ramdisk_size:  dd 0
        times 0x228 - ($ - $$) db 0
cmd_line_ptr:  dd 0
        dd 0x7FFFFFFF           ; initrd_addr_max
        times 0x238 - ($ - $$) db 0
        dd 255                  ; cmdline_size
        times 0x268 - ($ - $$) db 0

start:  mov bp, sp
        push cs
        push ds
        push ss
        push bp
        mov cx, 4
.next:  pop ax
        out 0xE9, al
        mov al, ah
        out 0xE9, al
        loop .next
        mov eax, [cmd_line_ptr]
        shr eax, 4
        mov fs, ax
        mov si, [cmd_line_ptr]
        and si, 15
.text:  fs lodsb
        out 0xE9, al
        test al, al
        jnz .text
        mov eax, 0x100000
        call show
        mov eax, [ramdisk_image]
        call show
        mov dx, 0x501
        mov al, 0x22
        out dx, al
        jmp $

; Sends 16 bytes at physical address eax, fetched by the BIOS's block move.
show:   mov [source + 2], ax
        shr eax, 16
        mov [source + 4], al
        mov [source + 7], ah
        mov ax, ds
        movzx eax, ax
        shl eax, 4
        add eax, buffer
        mov [destination + 2], ax
        shr eax, 16
        mov [destination + 4], al
        push ds
        pop es
        mov si, table
        mov cx, 8
        mov ah, 0x87
        int 0x15
        mov si, buffer
        mov cx, 16
.next:  lodsb
        out 0xE9, al
        loop .next
        ret

table:  dq 0, 0
source:      dw 0xFFFF, 0
             db 0, 0x93, 0, 0
destination: dw 0xFFFF, 0
             db 0, 0x93, 0, 0
        dq 0, 0
buffer: times 16 db 0

        times 1024 - ($ - $$) db 0
        db "the kernel's own"
