# The classroom guest: $(BUILD)/roms/classroom.img, a disk image (floppy and hard disk alike), and
# $(BUILD)/roms/classroom.elf, the same with symbols and line numbers for the debugger.
# Included by the top Makefile; works alone too: make -f roms/classroom/classroom.mk

BUILD ?= build

CLASSROOM         := roms/classroom
CLASSROOM_OBJECTS := $(BUILD)/roms/classroom
CLASSROOM_CC      ?= $(CC)
CLASSROOM_LD      ?= ld
CLASSROOM_OBJCOPY ?= objcopy
CLASSROOM_NM      ?= nm
NASM              ?= nasm

# A kernel has no C library below it, no stack guard, and keeps its hands off the x87 and SSE
# registers, which the context switch does not save. -Og: what one steps through is what one reads.
CLASSROOM_CFLAGS := -m32 -march=i486 -mgeneral-regs-only -std=gnu11 -Og -g -ffreestanding \
    -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables -fno-omit-frame-pointer \
    -fno-strict-aliasing -fcf-protection=none -fno-common \
    -Wall -Wextra -Wshadow -Wmissing-prototypes -Wwrite-strings -Werror -I$(CLASSROOM)

CLASSROOM_C    := $(sort $(wildcard $(CLASSROOM)/*.c))
CLASSROOM_ASM  := $(sort $(wildcard $(CLASSROOM)/*.asm))
CLASSROOM_USER := $(sort $(wildcard $(CLASSROOM)/user/*.c))
CLASSROOM_OBJ  := $(CLASSROOM_C:$(CLASSROOM)/%.c=$(CLASSROOM_OBJECTS)/%.o) \
                  $(CLASSROOM_ASM:$(CLASSROOM)/%.asm=$(CLASSROOM_OBJECTS)/%.asm.o)
CLASSROOM_USER_OBJ := $(CLASSROOM_USER:$(CLASSROOM)/%.c=$(CLASSROOM_OBJECTS)/%.o)

.PHONY: classroom
classroom: $(BUILD)/roms/classroom.img

# 1.44 MB: the size by which emulators know a floppy.
$(BUILD)/roms/classroom.img: $(BUILD)/roms/classroom.elf
	$(CLASSROOM_OBJCOPY) -O binary $< $@.part
	truncate -s 1474560 $@.part
	mv $@.part $@

$(BUILD)/roms/classroom.elf: $(CLASSROOM_OBJ) $(CLASSROOM_OBJECTS)/user.o $(CLASSROOM)/kernel.ld
	$(CLASSROOM_LD) -m elf_i386 -nostdlib -z noexecstack -T $(CLASSROOM)/kernel.ld -o $@ \
	    $(filter %.o,$^)

# The user programs are linked among themselves first: they must not lean on kernel functions.
$(CLASSROOM_OBJECTS)/user.o: $(CLASSROOM_USER_OBJ)
	$(CLASSROOM_LD) -m elf_i386 -r -o $@ $^
	@if $(CLASSROOM_NM) -u $@ | grep .; then echo "user programs need the above"; rm $@; exit 1; fi

$(CLASSROOM_OBJECTS)/%.o: $(CLASSROOM)/%.c
	@mkdir -p $(@D)
	$(CLASSROOM_CC) $(CLASSROOM_CFLAGS) -MMD -MP -c -o $@ $<

$(CLASSROOM_OBJECTS)/%.asm.o: $(CLASSROOM)/%.asm
	@mkdir -p $(@D)
	$(NASM) -f elf32 -g -F dwarf -o $@ $<

-include $(wildcard $(CLASSROOM_OBJECTS)/*.d $(CLASSROOM_OBJECTS)/user/*.d)
