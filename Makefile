# vitrine. `make run` boots the classroom guest, `make test` runs every test; both first install
# the Debian packages that are missing (.ci/packages). `make help` lists the other verbs.

VERSION = 0.1
PREFIX  = /usr/local
BUILD   = build

CPPFLAGS = -I. -I$(BUILD) -D_GNU_SOURCE
WARNINGS = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wwrite-strings -Werror
CFLAGS   = -O2 -g
LDLIBS   = -limgui -lstb -lstdc++ -lSDL2 -lpng -lxxhash -lcapstone -ldw -lelf -lzstd -ledit -lutil -lm

# SANITIZE=1: a second build, under AddressSanitizer and UndefinedBehaviorSanitizer.
ifdef SANITIZE
override BUILD := $(BUILD)/sanitize
CFLAGS   = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
endif

# The one file that is C++, because Dear ImGui is.
CXX     = $(patsubst cc,c++,$(patsubst gcc%,g++%,$(patsubst clang%,clang++%,$(CC))))
COMPILE_CXX = $(CXX) -std=gnu++17 -fno-exceptions -fno-rtti $(CPPFLAGS) -isystem /usr/include/imgui \
             $(CFLAGS) -Wall -Wextra -Werror -MMD -MP

COMPILE = $(CC) -std=gnu11 $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -MMD -MP

# One object per source file; the folders are the layers of docs/map.md.
sources  = $(wildcard $(1)/*.c $(1)/*.S $(1)/*.cpp)
objects  = $(patsubst %,$(BUILD)/%.o,$(basename $(call sources,$(1))))
MACHINE  = $(call objects,mmu) $(call objects,cpu) $(call objects,translate) $(call objects,devices)
FRONTEND = $(call objects,frontend) $(foreach folder,conform debugger gdb window,$(call objects,frontend/$(folder)))
TESTS    = $(call objects,tests) $(filter-out %/main.o,$(DECODER) $(REFERENCE) $(FUZZ))
DECODER  = $(call objects,tests/decoder)
REFERENCE = $(call objects,tests/reference)
FUZZ     = $(call objects,tests/fuzz)
POINTS   = $(call objects,tests/points)
GUESTS   = $(call objects,tests/guests)
REPLAY   = $(call objects,tests/replay)
CODE     = $(wildcard $(addsuffix /*.[ch],mmu cpu translate devices frontend frontend/conform \
             frontend/debugger frontend/gdb frontend/window tests tests/guests tests/decoder \
             tests/reference tests/fuzz tests/bench tests/replay \
             tests/points))

all: $(BUILD)/vitrine $(LAB_FILES)

# What runs inside the machine: our option ROMs and ACPI code, and the classroom guest.
include roms/roms.mk roms/classroom/classroom.mk roms/labs/labs.mk tests/asm/asm.mk

# An included file is made before all else, so a fresh system has its packages in time.
VERBS = $(or $(MAKECMDGOALS),all)
ifneq ($(filter-out clean help,$(VERBS)),)
include $(BUILD)/.packages
endif
ifneq ($(filter lint format,$(VERBS)),)
include $(BUILD)/.packages-lint
endif
$(BUILD)/.packages: .ci/packages
	.ci/packages build test
	@mkdir -p $(@D) && touch $@
$(BUILD)/.packages-lint: .ci/packages
	.ci/packages lint
	@mkdir -p $(@D) && touch $@

$(BUILD)/vitrine: $(MACHINE) $(FRONTEND)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(BUILD)/tests/vitrine-tests: $(TESTS) $(MACHINE) $(filter-out %/main.o,$(FRONTEND))
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcriterion -o $@

$(BUILD)/tests/points-bench: $(POINTS) $(BUILD)/frontend/bare_processor.o $(MACHINE)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcriterion -o $@

$(BUILD)/tests/guests-test: $(GUESTS) $(BUILD)/tests/guest_run.o $(MACHINE) \
    $(filter-out %/main.o,$(FRONTEND))
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(BUILD)/tests/replay-test: $(REPLAY) $(BUILD)/tests/timeline_rig.o $(MACHINE) \
    $(filter-out %/main.o,$(FRONTEND))
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcriterion -o $@

$(BUILD)/tests/decoder-test: $(DECODER) $(MACHINE)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcapstone -o $@

$(BUILD)/tests/fuzz-engines: $(FUZZ) $(MACHINE) $(BUILD)/frontend/bare_processor.o
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(BUILD)/tests/translation-speed: $(BUILD)/tests/bench/translation_speed.o \
    $(filter-out %/main.o,$(FUZZ)) $(MACHINE) $(BUILD)/frontend/bare_processor.o
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(BUILD)/tests/reference-pages: $(REFERENCE) $(filter-out %/main.o,$(DECODER)) \
    $(MACHINE) $(filter-out %/main.o,$(FRONTEND))
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcapstone -o $@

# A change of compiler or flags rebuilds everything: the stamp changes only when they do.
FLAGS = $(COMPILE) $(VERSION)
$(BUILD)/.flags: .FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' > $@

$(BUILD)/%.o: %.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(COMPILE) -c $< -o $@

$(BUILD)/%.o: %.cpp $(BUILD)/.flags
	@mkdir -p $(@D)
	$(COMPILE_CXX) -c $< -o $@

$(BUILD)/%.o: %.S $(BUILD)/.flags
	@mkdir -p $(@D)
	$(COMPILE) -Wa,-I$(BUILD) -c $< -o $@

$(BUILD)/frontend/options.o: private CPPFLAGS += -DVITRINE_VERSION='"$(VERSION)"'
$(BUILD)/frontend/classroom_image.o: $(BUILD)/roms/classroom.img
$(TESTS) $(GUESTS) $(REPLAY): private CPPFLAGS += -DBUILD='"$(BUILD)"'
# The tests' guests are written for GNU as, which knows more of Intel's syntax than clang does.
$(TESTS): private CFLAGS += $(if $(findstring clang,$(CC)),-fno-integrated-as)
$(TESTS) $(POINTS): private WARNINGS += -Wno-missing-prototypes -Wno-unused-parameter

run: $(BUILD)/vitrine
	$(BUILD)/vitrine -symbols $(BUILD)/roms/classroom.elf

test: has-proc $(BUILD)/vitrine $(BUILD)/tests/vitrine-tests structure
	@tests/guests/bench-image $(BUILD)/guests
	$(BUILD)/tests/vitrine-tests

# Without it Criterion starts no test at all, and is content.
has-proc:
	@test -e /proc/self/maps || { echo 'make test: there is no /proc, which the tests need;' \
	    'as root: mount -t proc proc /proc' >&2; exit 1; }

# What points cost that are never hit, as a table; half a minute.
points-bench: $(BUILD)/tests/points-bench
	$(BUILD)/tests/points-bench

# Random points and moves against a model; half a minute for every 400 seeds.
SEEDS = 2000
points-fuzz: $(BUILD)/tests/vitrine-tests
	POINT_SEEDS=$(SEEDS) $(BUILD)/tests/vitrine-tests --filter 'random_points/*'

# Real operating systems, for minutes. Some of them only: make guests-test GUEST='invaders memtest'
guests-test: $(BUILD)/tests/guests-test
	.ci/packages guests
	tests/guests/images $(BUILD)/guests
	$(BUILD)/tests/guests-test $(GUEST)

# A thousand replays of recorded runs, for minutes: make replay-test REPLAYS=100
REPLAYS = 1000
replay-test: $(BUILD)/tests/replay-test
	$(BUILD)/tests/replay-test $(REPLAYS)

# The decoder against capstone, for minutes: make decoder-test DECODINGS='--count 1000000 --seed 7'
DECODINGS = --count 100000000
decoder-test: $(BUILD)/tests/decoder-test
	$(BUILD)/tests/decoder-test $(DECODINGS)

# Random programs on both engines: for ten minutes, FUZZ_OPTIONS='--mode 32 --seed 7 --count 1000'
# for some, or a hundred thousand blocks in each mode, for minutes, too. SANITIZE=1 goes with both.
FUZZ_OPTIONS = --seconds 600
fuzz: $(BUILD)/tests/fuzz-engines
	$(BUILD)/tests/fuzz-engines $(FUZZ_OPTIONS)

lockstep-test: $(BUILD)/tests/fuzz-engines
	$(BUILD)/tests/fuzz-engines --seed 1 --blocks 100000

# The benchmark guest on both engines and on what else is installed, for minutes: build/bench.md.
# Some of them, or otherwise: make bench BENCH='--reps 5 native@300 vitrine' (tests/bench/README.md).
BENCH = --reps 3
bench: $(BUILD)/vitrine $(BUILD)/tests/translation-speed
	tests/guests/$(if $(findstring --linux,$(BENCH)),images,bench-image) $(BUILD)/guests
	$(BUILD)/tests/translation-speed $(BUILD)/guests/bench/bench.bin
	tests/bench/run.py --build $(BUILD)/guests/bench --vitrine $(BUILD)/vitrine \
	    --page $(BUILD)/bench.md $(BENCH)

# The instruction reference, from the tables and the results of each engine's last full campaign,
# which RESULTS=report.txt replaces (made by: vitrine conform --engine NAME --report report.txt).
docs: $(BUILD)/tests/reference-pages
	$(if $(RESULTS),cp $(RESULTS) docs/instructions/results$(if \
	    $(shell grep 'engine: translator' $(RESULTS)),-translator).txt)
	$(BUILD)/tests/reference-pages docs/instructions

# Who includes whom, and that no object of a machine has writable data.
structure: $(MACHINE)
	@tests/lint/layers
	@tests/lint/writable-data $(MACHINE)

lint: structure
	@tests/lint/static-analysis '$(CPPFLAGS)' $(filter %.c,$(CODE))

# Headers are mostly tables, which are aligned by hand.
format:
	clang-format -i $(filter %.c,$(CODE))

install: $(BUILD)/vitrine
	install -D -m 755 $(BUILD)/vitrine $(DESTDIR)$(PREFIX)/bin/vitrine
	install -D -m 644 README.md $(DESTDIR)$(PREFIX)/share/doc/vitrine/README.md

clean:
	rm -rf build

help:
	@echo 'make            build build/vitrine'
	@echo 'make run        boot the classroom guest'
	@echo 'make test       run every test'
	@echo 'make decoder-test  the decoder against capstone, for minutes'
	@echo 'make fuzz       random programs on both engines, for ten minutes'
	@echo 'make lockstep-test  100,000 random blocks in each mode on both engines'
	@echo 'make bench      benchmarks beside QEMU, Bochs and native code: build/bench.md'
	@echo 'make replay-test  a thousand replays of recorded runs, for minutes'
	@echo 'make asm-test   conformance programs, on QEMU and Bochs too'
	@echo 'make guests-test   boot real operating systems, for minutes'
	@echo 'make points-bench  what breakpoints and watchpoints cost'
	@echo 'make points-fuzz   random breakpoints and moves against a model, for minutes'
	@echo 'make docs       write the instruction reference, docs/instructions'
	@echo 'make lint       layers, writable data, clang-tidy, cppcheck'
	@echo 'make format     clang-format all of it'
	@echo 'make install    to PREFIX=$(PREFIX)'
	@echo 'make clean      forget what was built'
	@echo 'SANITIZE=1      with AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo 'CC=clang        with another compiler'

.PHONY: all run test has-proc guests-test decoder-test fuzz lockstep-test replay-test bench points-bench points-fuzz docs structure lint format install clean help
.FORCE:

-include $(patsubst %.o,%.d,$(MACHINE) $(FRONTEND) $(TESTS) $(GUESTS) $(DECODER) $(REFERENCE) $(FUZZ) $(REPLAY) $(POINTS)) \
    $(BUILD)/tests/bench/translation_speed.d
