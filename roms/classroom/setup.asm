; Setup: the last code that runs in real mode.
;
; Here the BIOS can still be asked, for the last time: once the processor is in protected mode
; its 16-bit routines are out of reach. So: set the text mode, ask for the map of the memory,
; open address line 20, and switch.
; Sources: ACPI Specification, "System Address Map Interfaces" (INT 15h E820h);
; Intel SDM Volume 3, "Switching to Protected Mode".

extern protected_start

MEMORY_RANGES equ 32            ; as many as BootInformation holds (frames.h)
RANGE_BYTES   equ 20

section .setup progbits alloc exec write
bits 16
global setup_start
setup_start:
        mov     [boot_information.drive], dl
        mov     ax, 0003h       ; 80 x 25 characters, 16 colours
        int     10h

; The memory map: the BIOS hands out one range for each call, EBX says where to go on.
        xor     ebx, ebx
        mov     es, bx
        mov     di, boot_information.ranges
.next_range:
        mov     eax, 0E820h
        mov     edx, 'PAMS'     ; "SMAP" backwards, the interface's signature
        mov     ecx, RANGE_BYTES
        int     15h
        jc      .map_done       ; also the way some BIOSes end the list
        cmp     eax, 'PAMS'
        jne     .map_done
        inc     dword [boot_information.range_count]
        add     di, RANGE_BYTES
        cmp     dword [boot_information.range_count], MEMORY_RANGES
        je      .map_done
        test    ebx, ebx
        jnz     .next_range
.map_done:
        cmp     dword [boot_information.range_count], 0
        jne     open_a20

; An old BIOS: it only knows the conventional memory and how many KB lie above 1 MB.
        int     12h             ; AX = KB below 1 MB
        movzx   eax, ax
        shl     eax, 10
        mov     [boot_information.ranges + 8], eax
        mov     byte [boot_information.ranges + 16], 1
        mov     ah, 88h         ; AX = KB above 1 MB
        int     15h
        movzx   eax, ax
        shl     eax, 10
        mov     dword [boot_information.ranges + RANGE_BYTES], 100000h
        mov     [boot_information.ranges + RANGE_BYTES + 8], eax
        mov     byte [boot_information.ranges + RANGE_BYTES + 16], 1
        mov     byte [boot_information.range_count], 2

; Address line 20 is forced to 0 after reset on a PC, so that addresses wrap at 1 MB as on an
; 8086. Three ways to open it: ask the BIOS, port 92h, the keyboard controller.
open_a20:
        call    a20_is_open
        jne     enter_protected_mode
        mov     ax, 2401h
        int     15h
        call    a20_is_open
        jne     enter_protected_mode
        in      al, 92h
        or      al, 2
        and     al, 0FEh        ; bit 0 would reset the machine
        out     92h, al
        call    a20_is_open
        jne     enter_protected_mode
        call    keyboard_ready
        mov     al, 0D1h        ; "write the output port"
        out     64h, al
        call    keyboard_ready
        mov     al, 0DFh        ; bit 1: A20
        out     60h, al
        call    keyboard_ready
        call    a20_is_open
        jne     enter_protected_mode
        mov     si, a20_message
.say:   lodsb
        test    al, al
        jz      .halt
        mov     ah, 0Eh
        mov     bx, 7
        int     10h
        jmp     .say
.halt:  hlt
        jmp     .halt

; Not equal (ZF clear) when FFFF:0510 (100500h) is a different byte from 0000:0500.
a20_is_open:
        push    ds
        mov     ax, 0FFFFh
        mov     ds, ax
        mov     byte [es:0500h], 0
        mov     byte [0510h], 1
        cmp     byte [es:0500h], 1
        pop     ds
        ret

keyboard_ready:
        in      al, 64h
        test    al, 2           ; input buffer still full
        jnz     keyboard_ready
        ret

; The switch. Interrupts stay off until the kernel has an interrupt table of its own: the one at
; address 0 holds real-mode vectors.
enter_protected_mode:
        cli
        lgdt    [boot_gdt_register]
        mov     eax, cr0
        or      al, 1           ; CR0.PE
        mov     cr0, eax
        jmp     dword 08h:protected_start

a20_message: db 'Address line 20 cannot be opened.', 0

align 8, db 0
boot_gdt:
        dq 0                    ; selector 0 is never valid
        dq 00CF9A000000FFFFh    ; 08h: code, base 0, limit 4 GB
        dq 00CF92000000FFFFh    ; 10h: data, the same
boot_gdt_register:
        dw 3 * 8 - 1
        dd boot_gdt

align 4, db 0
global boot_information         ; struct BootInformation in frames.h
boot_information:
.drive:       dd 0
.range_count: dd 0
.ranges:      times MEMORY_RANGES * RANGE_BYTES db 0
