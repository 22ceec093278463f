# Included by the top Makefile. Conformance programs for what cannot run as an ordinary program:
# each is a ROM in the firmware's place. Needs nasm.
#
# make asm-test runs all of them on vitrine and, for a second opinion, on QEMU and Bochs where
# these are installed. make asm-test ASM='paging' runs some.

ASM_PROGRAMS = $(basename $(notdir $(wildcard tests/asm/*.asm)))
ASM_ROMS     = $(ASM_PROGRAMS:%=$(BUILD)/asm/%.rom)
ASM          = $(ASM_PROGRAMS)

$(BUILD)/asm/%.rom: tests/asm/%.asm $(wildcard tests/asm/*.inc)
	@mkdir -p $(@D)
	nasm -w+all -f bin -I tests/asm/ -o $@ $<

asm-test: $(BUILD)/vitrine $(ASM_ROMS)
	tests/asm/compare $(BUILD) $(ASM)

$(BUILD)/tests/asm_test.o: $(ASM_ROMS)
.PHONY: asm-test
