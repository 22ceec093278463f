; The boot sector: the first 512 bytes of the disk, and the first of our code to run.
;
; The BIOS has read this sector to 0000:7C00 and jumped to it in 16-bit real mode, with the
; number of the boot drive in DL. In 446 bytes we must load the rest. The image is a picture of
; memory from 7C00h on: sector 1 belongs at 7E00h, sector 2 at 8000h and so on, which is all
; that the loader has to know (kernel.ld makes it so).
;
; Hard disks are read by block number (INT 13h AH=42h, the "extensions"), floppies by cylinder,
; head and sector (AH=02h), because floppies know no block numbers.
; Sources: IBM PS/2 and PC BIOS Interface Technical Reference, "Interrupt 13h"; Phoenix,
; BIOS Enhanced Disk Drive Specification.

extern setup_start
extern image_sectors            ; from kernel.ld: how many sectors follow this one

LARGEST_READ equ 64             ; sectors in one BIOS call; some BIOSes stop at 127
ATTEMPTS     equ 4              ; a floppy motor may still be spinning up

section .boot progbits alloc exec write
bits 16
global boot_start
boot_start:
        jmp     0:flat          ; some BIOSes come here as 07C0:0000
flat:   xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, boot_start  ; the stack grows down, away from this code
        sti
        cld
        mov     [drive], dl
        mov     si, greeting
        call    say

        mov     ah, 41h         ; "are the extensions there?"
        mov     bx, 55AAh
        int     13h
        jc      .ask_geometry
        cmp     bx, 0AA55h
        jne     .ask_geometry
        test    cl, 1           ; bit 0: packet structure reads
        jz      .ask_geometry
        inc     byte [by_block]
        jmp     load

.ask_geometry:
        mov     ah, 08h
        mov     dl, [drive]
        xor     di, di          ; ES:DI = 0 works around old BIOSes
        mov     es, di
        int     13h
        jc      load            ; keep the values of a 1.44 MB floppy
        and     cx, 3Fh
        mov     [sectors_per_track], cx
        shr     dx, 8
        inc     dx              ; DH was the number of the last head
        mov     [heads], dx

load:   mov     cx, [remaining]
        jcxz    loaded
        mov     ax, [packet.segment]
        and     ax, 0FFFh       ; the floppy's DMA cannot cross a 64 KB line:
        mov     bx, 1000h       ; segments to go until the next one,
        sub     bx, ax
        shr     bx, 5           ; 32 segments (of 16 bytes) to a sector
        cmp     cx, bx
        jbe     .limit
        mov     cx, bx
.limit: cmp     cx, LARGEST_READ
        jbe     .read
        mov     cx, LARGEST_READ
.read:  mov     byte [attempts], ATTEMPTS
.again: call    read            ; CX sectors; may lower CX
        jnc     .advance
        xor     ah, ah          ; reset the drive and try again
        mov     dl, [drive]
        int     13h
        dec     byte [attempts]
        jnz     .again
        mov     si, read_error
        call    say
        jmp     halt
.advance:
        sub     [remaining], cx
        movzx   eax, cx
        add     [packet.block], eax
        shl     ax, 5
        add     [packet.segment], ax
        mov     si, dot
        call    say
        jmp     load

loaded: mov     dl, [drive]
        jmp     0:setup_start

; Reads CX sectors of [packet.block] to [packet.segment]:0. Carry set: failed.
read:   cmp     byte [by_block], 0
        je      read_by_geometry
        push    cx
        mov     [packet.count], cx
        mov     si, packet
        mov     ah, 42h
        mov     dl, [drive]
        int     13h
        pop     cx
        ret

; The same with the block number taken apart: block = (cylinder * heads + head) * sectors + sector.
read_by_geometry:
        mov     ax, [packet.block]
        xor     dx, dx
        div     word [sectors_per_track]
        mov     bx, [sectors_per_track]
        sub     bx, dx          ; sectors left on this track
        cmp     cx, bx
        jbe     .fits
        mov     cx, bx
.fits:  push    cx
        mov     bl, cl          ; BL = sectors to read
        mov     cl, dl
        inc     cl              ; CL = sector, counted from 1
        xor     dx, dx
        div     word [heads]
        mov     ch, al          ; CH = cylinder
        mov     dh, dl          ; DH = head
        mov     al, bl
        mov     es, [packet.segment]
        xor     bx, bx
        mov     ah, 02h
        mov     dl, [drive]
        int     13h
        pop     cx
        ret

; Prints the zero-terminated text at SI by the BIOS's teletype.
say:    lodsb
        test    al, al
        jz      .done
        mov     ah, 0Eh
        mov     bx, 7
        int     10h
        jmp     say
.done:  ret

halt:   hlt
        jmp     halt

greeting:   db 'vitrine classroom: loading ', 0
dot:        db '.', 0
read_error: db ' the disk cannot be read.', 0

drive:      db 0
by_block:   db 0
attempts:   db 0
heads:      dw 2
sectors_per_track: dw 18
remaining:  dw image_sectors

align 4, db 0
packet:     db 16, 0            ; "disk address packet": its size, reserved
.count:     dw 0
            dw 0                ; offset in the segment
.segment:   dw 7E0h             ; 7E00h / 16
.block:     dd 1, 0

        times 1BEh-($-$$) db 0

; The partition table, so that the same image is a proper hard disk: one active partition of
; type 7Fh ("for experiments") over the whole 1.44 MB image. FE FF FF says "see the block number".
        db 80h, 0, 2, 0, 7Fh, 0FEh, 0FFh, 0FFh
        dd 1, 2879
        times 1FEh-($-$$) db 0
        db 55h, 0AAh
