/* roms/acpi/dsdt.asl, compiled (roms/roms.mk). */
        .section .rodata
        .global rom_dsdt, rom_dsdt_end
rom_dsdt:
        .incbin "roms/dsdt.bin"
rom_dsdt_end:
        .byte 0
        .section .note.GNU-stack, "", @progbits
