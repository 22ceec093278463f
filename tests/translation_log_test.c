/*
 * The translator's channels of -d, and its counters in words.
 */
#include "bare_machine.h"

#include <stdio.h>

#include "frontend/translation_log.h"

enum { TEXT = 1 << 16 };

typedef struct Written {
    char text[TEXT];
    size_t length;
} Written;

static void keep(void *owner, const char *line)
{
    Written *written = owner;

    written->length +=
        (size_t)snprintf(written->text + written->length, TEXT - written->length, "%s\n", line);
    cr_assert_lt(written->length, TEXT);
}

/* ADD EAX, [EBX]; ADD [EBX], ECX; CMP ECX, EDX; RET */
static const u8 code[] = {0x03, 0x03, 0x01, 0x0B, 0x39, 0xD1, 0xC3};

/* What is written when that is translated, and the machine goes. */
static Written *translated_with(u64 channels)
{
    static Written written;
    BareMachine *m = bare_in_ring(0);
    char error[200];

    written = (Written){.length = 0};
    m->log = (Log){.enabled = channels, .write = keep, .owner = &written};
    bare_load(m, BARE_CODE, code, code + sizeof code);
    cr_assert(translator_attach(&m->cpu, 1 << 20, error, sizeof error), "%s", error);
    cr_assert(translation_log_open(&m->cpu, error, sizeof error), "%s", error);
    cr_assert(translator_translate(&m->cpu));
    translation_log_close(&m->cpu);
    translator_detach(&m->cpu);
    bare_destroy(m);
    return &written;
}

#define CHANNEL(name) ((u64)1 << LOG_##name)

static bool tells(u64 channels, const char *what)
{
    return strstr(translated_with(channels)->text, what) != NULL;
}

Test(translation_log, channels_tell_what_they_are_for)
{
    cr_expect_str_empty(translated_with(0)->text);
    cr_expect(tells(CHANNEL(IN_ASM), "add eax, dword ptr [ebx]"));
    cr_expect_not(tells(CHANNEL(IN_ASM), "load.32"));
    cr_expect(tells(CHANNEL(IR), "| load.32 t0 ds:[ebx]\n"));
    cr_expect_not(tells(CHANNEL(IR), "lookup"));
    cr_expect(tells(CHANNEL(IR_OPT), "| lookup.32 ds:[ebx]\n"));
    cr_expect_not(tells(CHANNEL(IR_OPT), "load.32 t0 ds"));
    cr_expect(tells(CHANNEL(OUT_ASM), "sub r15, 4"));
    cr_expect_not(tells(CHANNEL(OUT_ASM), "load.32"));
}

/* Each change of a pass stands below what it changed. */
Test(translation_log, passes_tell_what_they_removed)
{
    u64 both = CHANNEL(IR) | CHANNEL(IR_OPT);

    cr_expect(
        tells(both, "| load.32 t0 ds:[ebx]\n                      |   fuse: lookup.32 ds:[ebx]\n"));
    cr_expect(tells(both, "|   flags: add.32 [memory] ecx  {------}\n"));
    cr_expect(tells(both, "| store.rw.32 t0\n                      |   fuse: removed\n"));
}

Test(translation_log, the_interpreter_has_nothing_to_tell)
{
    BareMachine *m = bare_in_ring(0);
    char error[200] = "";

    cr_expect(translation_log_open(&m->cpu, error, sizeof error));
    m->log.enabled = CHANNEL(IN_ASM);
    cr_expect_not(translation_log_open(&m->cpu, error, sizeof error));
    cr_expect_not_null(strstr(error, "-engine interpreter"));
    bare_destroy(m);
}

Test(translation_log, counters_in_words)
{
    static const u8 calls[] = {0x0F, 0xA2, 0x01, 0xC8, 0xF4}; /* CPUID; ADD EAX, ECX; HLT */
    BareMachine *m = bare_in_ring(0);
    char error[200], *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    bare_load(m, BARE_CODE, calls, calls + sizeof calls);
    cr_assert(translator_attach(&m->cpu, 1 << 20, error, sizeof error), "%s", error);
    translator_set_threshold(&m->cpu, 1);
    bare_run(m, 10);
    translation_report(file, translator_counters(&m->cpu), 5);
    fclose(file);
    cr_expect_not_null(strstr(text, "1 made, 0 dropped"), "%s", text);
    cr_expect_not_null(strstr(text, "5 guest bytes to"), "%s", text);
    cr_expect_not_null(
        strstr(text, "  CPUID                        1             0             1\n"), "%s", text);
    cr_expect_null(strstr(text, "  ADD "), "%s", text);
    free(text);
    translator_detach(&m->cpu);
    bare_destroy(m);
}
