# Included by the top Makefile. What the program brings along for its guests: the ACPI code that
# the firmware installs (devices/acpi_dsdt.S) and the option ROM behind -kernel
# (frontend/kernel_rom.S). Needs iasl and nasm (Debian: acpica-tools, nasm).

# The C preprocessor expands the macros, iasl's own cannot. 3168: Processor() is ACPI 1.0's word.
$(BUILD)/roms/dsdt.bin: roms/acpi/dsdt.asl
	@mkdir -p $(@D)
	$(CC) -E -P -x c -o $(@D)/dsdt.asl $<
	iasl -we -vr -vw 3168 -p $(@D)/dsdt $(@D)/dsdt.asl >$(@D)/dsdt.log 2>&1 || \
	    { cat $(@D)/dsdt.log; exit 1; }
	mv $(@D)/dsdt.aml $@

$(BUILD)/roms/kernel_loader.bin: roms/kernel_loader.asm
	@mkdir -p $(@D)
	nasm -f bin -o $@ $<

$(BUILD)/devices/acpi_dsdt.o: $(BUILD)/roms/dsdt.bin
$(BUILD)/frontend/kernel_rom.o: $(BUILD)/roms/kernel_loader.bin

# Guests of tests/kernel_boot_test.c.
$(BUILD)/tests/guests/%.bin: tests/guests/%.asm
	@mkdir -p $(@D)
	nasm -f bin -o $@ $<
$(BUILD)/tests/kernel_boot_test.o: $(BUILD)/tests/guests/multiboot.bin
$(BUILD)/tests/kernel_boot_test.o: $(BUILD)/tests/guests/linux.bin

# A program with DWARF of tests/values_test.c.
$(BUILD)/tests/programs/%.elf: tests/programs/%.c
	@mkdir -p $(@D)
	$(CC) -m32 -march=i486 -mgeneral-regs-only -std=gnu11 -O0 -g -ffreestanding -fno-pic -fno-pie \
	    -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none -c -o $@.o $<
	ld -m elf_i386 -nostdlib -z noexecstack -Ttext 0x20000 -e begin -o $@ $@.o
$(BUILD)/tests/values_test.o: $(BUILD)/tests/programs/records.elf
