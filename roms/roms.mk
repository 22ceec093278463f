# Included by the top Makefile, which sets BUILD and CC. Everything that is linked into the program
# from here is in ROM_OBJECTS: the firmware's DSDT and the option ROM of -kernel, as read-only bytes.
# Link $(ROM_OBJECTS) into build/vitrine and into the test binary. Needs nasm and iasl (Debian:
# nasm, acpica-tools).

ROM_OBJECTS := $(BUILD)/roms/dsdt.o $(BUILD)/roms/kernel_loader.o

$(BUILD)/roms/dsdt.bin: roms/acpi/dsdt.asl
	@mkdir -p $(@D)
	iasl -va -p $(@D)/dsdt $< >$(@D)/dsdt.log 2>&1 || { cat $(@D)/dsdt.log; exit 1; }
	mv $(@D)/dsdt.aml $@

$(BUILD)/roms/kernel_loader.bin: roms/kernel_loader.asm
	@mkdir -p $(@D)
	nasm -f bin -o $@ $<

# NAME.bin becomes the bytes from rom_NAME up to rom_NAME_end.
$(BUILD)/roms/dsdt.o $(BUILD)/roms/kernel_loader.o: %.o: %.bin
	printf '%s\n' '.section .rodata' '.global rom_$(*F), rom_$(*F)_end' '.balign 16' \
	    'rom_$(*F): .incbin "$<"' 'rom_$(*F)_end: .byte 0' \
	    '.section .note.GNU-stack,"",@progbits' | $(CC) -c -x assembler -o $@ -
