/* roms/kernel_loader.asm, assembled (roms/roms.mk). */
        .section .rodata
        .global rom_kernel_loader, rom_kernel_loader_end
rom_kernel_loader:
        .incbin "roms/kernel_loader.bin"
rom_kernel_loader_end:
        .byte 0
        .section .note.GNU-stack, "", @progbits
