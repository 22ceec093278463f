# Labs: small programs with a mistake to find. $(BUILD)/roms/labs/NAME.img boots, NAME.elf has its
# symbols and lines for the debugger.

LABS      := $(patsubst roms/labs/%.asm,%,$(wildcard roms/labs/*.asm))
LAB_FILES := $(foreach lab,$(LABS),$(BUILD)/roms/labs/$(lab).img)

$(BUILD)/roms/labs/%.o: roms/labs/%.asm
	@mkdir -p $(@D)
	nasm -f elf32 -g -F dwarf -o $@ $<

$(BUILD)/roms/labs/%.elf: $(BUILD)/roms/labs/%.o
	ld -m elf_i386 -nostdlib -z noexecstack -Ttext 0x7C00 -e start -o $@ $<

$(BUILD)/roms/labs/%.img: $(BUILD)/roms/labs/%.elf
	objcopy -O binary -j .text $< $@

$(BUILD)/tests/debugger_docs_test.o: $(LAB_FILES)

.PRECIOUS: $(BUILD)/roms/labs/%.o $(BUILD)/roms/labs/%.elf
