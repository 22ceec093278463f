/*
 * How fast the translator translates, and to how much: translation-speed [-16|-32|-64] FILE. The
 * file is code, from its first byte to its last; it is cut into blocks where execution would cut
 * it, and translated again and again for a second of processor time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpu/code_cache.h"
#include "tests/fuzz/arena.h"
#include "translate/translator.h"

enum { CHUNK = 8192 }; /* what an arena has room for */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* The block at cpu->rip, decoded before, as it is when it becomes hot: its bytes, and how long that
 * takes; false: there is none. */
static bool translate_here(Cpu *cpu, unsigned *bytes, double *seconds)
{
    double begun;

    if (_setjmp(cpu->unwind))
        return false;
    *bytes = code_cache_find(cpu)->bytes;
    begun = now();
    translator_translate(cpu);
    *seconds += now() - begun;
    return true;
}

/* All blocks of the code at ARENA_CODE, up to `length`. */
static void translate_chunk(Arena *arena, unsigned length, double *seconds)
{
    Cpu *cpu = &arena->bare.cpu;
    unsigned bytes = 0;

    for (unsigned at = 0; at < length; at += bytes) {
        cpu->rip = ARENA_CODE + at;
        if (!translate_here(cpu, &bytes, seconds))
            break;
    }
}

static unsigned load_chunk(Arena *arena, FILE *file)
{
    unsigned length = (unsigned)fread(arena->bare.ram.bytes + ARENA_CODE, 1, CHUNK, file);

    code_cache_flush(&arena->bare.cpu);
    arena_restart(arena);
    return length;
}

static void translate_file(Arena *arena, FILE *file, double *seconds)
{
    unsigned length;

    rewind(file);
    while ((length = load_chunk(arena, file)) > 0)
        translate_chunk(arena, length, seconds);
}

int main(int argc, char **argv)
{
    Setting setting = {.mode = ARENA_PROTECTED32, .flat = true};
    const TranslatorCounters *counters;
    Program nothing = {.length = 0};
    double seconds = 0;
    char error[128];
    Arena arena;
    FILE *file;

    if (argc == 3 && strcmp(argv[1], "-16") == 0)
        setting.mode = ARENA_REAL;
    if (argc == 3 && strcmp(argv[1], "-64") == 0)
        setting = (Setting){.mode = ARENA_LONG, .flat = true, .paging = true};
    file = argc > 1 ? fopen(argv[argc - 1], "rb") : NULL;
    if (!file || !arena_open(&arena, true, error, sizeof error)) {
        fprintf(stderr, "usage: translation-speed [-16|-32|-64] FILE\n");
        return 2;
    }
    arena_describe(&setting, &nothing);
    arena_prepare(&arena, &setting, &nothing, 1);
    counters = translator_counters(&arena.bare.cpu);
    for (double end = now() + 1; now() < end;)
        translate_file(&arena, file, &seconds);
    printf("%" PRIu64 " blocks, %.1f guest bytes in each; %.1f bytes of host code per guest byte; "
           "%.2f microseconds per block\n",
           counters->translations, (double)counters->guest_bytes / (double)counters->translations,
           (double)counters->host_bytes / (double)counters->guest_bytes,
           seconds * 1e6 / (double)counters->translations);
    arena_close(&arena);
    fclose(file);
    return 0;
}
