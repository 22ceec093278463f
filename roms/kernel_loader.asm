; The option ROM behind -kernel. The firmware starts it like a boot device (its boot entry vector);
; it fetches the kernel from fw_cfg and starts it: a Linux bzImage by the 16-bit boot protocol, or a
; multiboot program in protected mode. frontend/kernel.c has split the files into fw_cfg items and
; put the checksum into the last byte.
;
; Plug and Play BIOS Specification 1.0A, "Option ROM"; QEMU documentation, "fw_cfg"; The Linux/x86
; Boot Protocol, "Running the kernel"; Multiboot Specification 0.6.96, "Machine state".
;
; Memory it uses: 7C00h downwards is the stack, 7C00h-7C3Fh the variables below.

        bits 16
        org 0

; fw_cfg items. A missing one reads as zeros.
KERNEL_ADDR     equ 0x07
KERNEL_SIZE     equ 0x08
INITRD_ADDR     equ 0x0A        ; multiboot: of the boot information
INITRD_SIZE     equ 0x0B
KERNEL_ENTRY    equ 0x10        ; multiboot only: not 0
KERNEL_DATA     equ 0x11
INITRD_DATA     equ 0x12
CMDLINE_ADDR    equ 0x13
CMDLINE_SIZE    equ 0x14
CMDLINE_DATA    equ 0x15
SETUP_ADDR      equ 0x16
SETUP_SIZE      equ 0x17
SETUP_DATA      equ 0x18

DMA_PORT        equ 0x514
DMA_ERROR       equ 0x01
DMA_READ        equ 0x02
DMA_SELECT      equ 0x08

; Variables, in segment 0.
request         equ 0x7C00      ; the DMA request: control, length, address, all big-endian
number          equ 0x7C10
gdt_pointer     equ 0x7C18
far_pointer     equ 0x7C20
entry_point     equ 0x7C28
boot_info       equ 0x7C2C

; The multiboot information's fields.
MEM_LOWER       equ 4
MEM_UPPER       equ 8
MMAP_LENGTH     equ 44
MMAP_ADDR       equ 48
MMAP_MOST       equ 50 * 24     ; bytes of entries

rom:    db 0x55, 0xAA
        db (rom_end - rom) / 512
        retf                    ; called once, at POST: nothing to do
        times 0x1A - ($ - rom) db 0
        dw pnp_header

        align 16, db 0
pnp_header:
        db "$PnP", 1, 2         ; revision, length in 16 bytes
        dw 0                    ; no other header
        db 0, 0                 ; reserved, checksum (nobody checks it)
        dd 0                    ; device identifier
        dw maker, product
        db 0, 0, 0              ; device type
        db 0                    ; indicators
        dw 0, 0                 ; no boot connection, no disconnect vector
        dw boot                 ; boot entry vector
        dw 0, 0
maker:   db "vitrine", 0
product: db "-kernel", 0

boot:   cli
        cld
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, request
        mov dx, DMA_PORT        ; "QEMU": the DMA interface is there
        in eax, dx
        cmp eax, 0x554D4551
        jne failed

        mov ax, KERNEL_ADDR
        mov bx, KERNEL_DATA
        call load
        mov ax, INITRD_ADDR
        mov bx, INITRD_DATA
        call load
        mov ax, KERNEL_ENTRY
        call read_number
        test eax, eax
        jnz multiboot

; Linux: jump to the setup code, 200h into its segment, with all segments there and the stack
; below the command line.
linux:  mov ax, CMDLINE_ADDR
        mov bx, CMDLINE_DATA
        call load
        mov ax, SETUP_ADDR
        mov bx, SETUP_DATA
        call load
        mov ax, CMDLINE_ADDR
        call read_number
        mov ecx, eax
        mov ax, SETUP_ADDR
        call read_number
        sub ecx, eax
        sub ecx, 16
        shr eax, 4
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, ecx
        add ax, 0x20
        push ax
        push word 0
        xor eax, eax
        xor ebx, ebx
        xor ecx, ecx
        xor edx, edx
        xor esi, esi
        xor edi, edi
        xor ebp, ebp
        retf

; ax: the item with the load address, followed by the one with the size; bx: the data.
load:   push ax
        call read_number
        mov edi, eax
        pop ax
        inc ax
        call read_number
        mov ecx, eax
        mov ax, bx
        ; fall through

; Reads ecx bytes of item ax to physical address edi.
read_item:
        test ecx, ecx
        jz .done
        shl eax, 16
        mov ax, DMA_SELECT | DMA_READ
        bswap eax
        mov [request], eax
        bswap ecx
        mov [request + 4], ecx
        mov dword [request + 8], 0
        bswap edi
        mov [request + 12], edi
        xor eax, eax
        mov dx, DMA_PORT
        out dx, eax
        mov eax, request
        bswap eax
        add dx, 4
        out dx, eax             ; starts the transfer
.wait:  mov eax, [request]
        bswap eax
        test eax, DMA_ERROR
        jnz failed
        test eax, eax
        jnz .wait
.done:  ret

; eax := the number in item ax.
read_number:
        push ecx
        push edi
        push bx
        mov edi, number
        mov ecx, 4
        call read_item
        pop bx
        pop edi
        pop ecx
        mov eax, [number]
        ret

failed: push cs
        pop ds
        mov si, message
.next:  lodsb
        test al, al
        jz .end
        mov ah, 0x0E
        mov bx, 7
        int 0x10
        jmp .next
.end:   sti
        int 0x18                ; on to the next boot device
        jmp $
message: db "The kernel cannot be read from fw_cfg.", 13, 10, 0

; Multiboot: complete the boot information with the memory map, then enter protected mode.
multiboot:
        mov [entry_point], eax
        mov ax, INITRD_ADDR
        call read_number
        mov [boot_info], eax
        mov bp, ax              ; it lies in segment 0
        sti
        mov ax, 0x2401          ; open the A20 gate
        int 0x15
        int 0x12
        movzx eax, ax
        mov [bp + MEM_LOWER], eax
        call memory_map
        cli

        mov ax, cs
        movzx eax, ax
        shl eax, 4
        lea ecx, [eax + gdt]
        mov word [gdt_pointer], gdt_end - gdt - 1
        mov [gdt_pointer + 2], ecx
        lea ecx, [eax + protected]
        mov [far_pointer], ecx
        mov word [far_pointer + 4], 8
        o32 lgdt [gdt_pointer]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword far [far_pointer]

; INT 15h, AX = E820h: every range, each preceded by its length, to where MMAP_ADDR says.
memory_map:
        mov di, [bp + MMAP_ADDR]
        xor ebx, ebx
.next:  mov eax, 0xE820
        mov edx, 0x534D4150     ; "SMAP"
        mov ecx, 20
        mov dword [di], 20
        add di, 4
        int 0x15
        jc .end
        cmp eax, 0x534D4150
        jne .end
        call above_1m
        add di, 20
        mov ax, di
        sub ax, [bp + MMAP_ADDR]
        mov [bp + MMAP_LENGTH], ax
        cmp ax, MMAP_MOST
        jae .end
        test ebx, ebx
        jnz .next
.end:   ret

; If the range at di is RAM that holds 100000h, MEM_UPPER is what it has from there, in KiB.
above_1m:
        cmp dword [di + 16], 1
        jne .no
        cmp dword [di + 4], 0
        jne .no
        mov eax, 0x100000
        sub eax, [di]
        jb .no
        mov ecx, [di + 8]
        sub ecx, eax
        jbe .no
        shr ecx, 10
        mov [bp + MEM_UPPER], ecx
.no:    ret

        bits 32
protected:
        mov ax, 16
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, request
        mov ebx, [boot_info]
        mov ecx, [entry_point]
        mov eax, 0x2BADB002
        jmp ecx

; Flat segments, already marked as accessed: the ROM is write-protected.
        align 8, db 0
gdt:    dq 0
        dq 0x00CF9B000000FFFF
        dq 0x00CF93000000FFFF
gdt_end:

        times 511 - ($ - rom) % 512 db 0
checksum: db 0                  ; frontend/kernel.c: all bytes add up to 0
rom_end:
