/*
 * The translator against the interpreter: programs run on two machines, one per engine, and are
 * compared, all registers, flags and memory, at random instruction counts. `make fuzz` runs more of
 * the random ones.
 */
#include "bare_machine.h"

#include "tests/fuzz/pair.h"
#include "translate/translator.h"

static Pair *pair_for_tests(void)
{
    static Pair pair;
    char error[128];

    cr_assert(pair_open(&pair, error, sizeof error), "%s", error);
    return &pair;
}

/* ---- code that changes itself ---- */

/* The instruction after the store, in the same block. */
PROGRAM(smc_next, 32,
        "mov ecx, 60\n"
        "1: inc dword ptr [smc_next_target - smc_next + 0xE001]\n"
        "smc_next_target: mov eax, 5\n"
        "add ebx, eax\n"
        "dec ecx\n jnz 1b\n hlt");

/* Another block, in the same page and a hot one. */
PROGRAM(smc_other, 32,
        "mov ecx, 200\n"
        "1: call smc_other_function\n"
        "test ecx, 7\n jnz 2f\n"
        "inc byte ptr [smc_other_function - smc_other + 0xE001]\n"
        "2: dec ecx\n jnz 1b\n hlt\n"
        ".align 64\n"
        "smc_other_function: mov eax, 5\n add ebx, eax\n ret");

/* Hot data in the page of the code, but not among it. */
PROGRAM(smc_beside, 32,
        "mov ecx, 300\n"
        "1: add dword ptr [smc_beside_data - smc_beside + 0xE000], ecx\n"
        "push ecx\n pop edx\n add ebx, edx\n"
        "dec ecx\n jnz 1b\n hlt\n"
        ".align 64\n smc_beside_data: .long 0");

/* A function that REP MOVSB puts there anew each time, one of two. */
PROGRAM(smc_movs, 32,
        "mov ebp, 200\n"
        "1: mov esi, offset smc_movs_one - smc_movs + 0xE000\n"
        "test ebp, 16\n jz 2f\n add esi, smc_movs_two - smc_movs_one\n"
        "2: mov edi, offset smc_movs_target - smc_movs + 0xE000\n mov ecx, 6\n"
        "rep movsb\n call smc_movs_target\n"
        "dec ebp\n jnz 1b\n hlt\n"
        "smc_movs_one: add ebx, 3\n nop\n nop\n ret\n"
        "smc_movs_two: sub ebx, 7\n inc eax\n nop\n ret\n"
        ".align 64\n smc_movs_target: nop\n nop\n nop\n nop\n nop\n ret");

/* An instruction across two pages, in a loop: changed in the second page, and in the first. Begins
 * 7 bytes before the end of one. */
PROGRAM(smc_straddler, 32,
        "mov ecx, 300\n"
        "1: mov eax, 5\n add ebx, eax\n"
        "test ecx, 31\n jnz 2f\n inc byte ptr [0xF001]\n"
        "2: test ecx, 63\n jnz 3f\n inc byte ptr [0xEFFF]\n"
        "3: dec ecx\n jnz 1b\n hlt");

static void compare_engines_at(u32 start, const u8 *bytes, const u8 *end, u8 cpl)
{
    const Setting setting = {.mode = ARENA_PROTECTED32, .cpl = cpl, .flat = true, .start = start};
    Program program = {.length = (unsigned)(end - bytes)};
    Pair *pair = pair_for_tests();

    cr_assert_lt(program.length, sizeof program.bytes);
    memcpy(program.bytes, bytes, program.length);
    arena_describe(&setting, &program);
    for (u64 seed = 1; seed <= 8; seed++)
        cr_assert(pair_run(pair, &setting, &program, seed), "%s", pair->difference);
    cr_expect_gt(pair->tally.blocks, 0);
    pair_close(pair);
}

static void compare_engines(const u8 *bytes, const u8 *end, u8 cpl)
{
    compare_engines_at(0, bytes, end, cpl);
}

Test(translate, code_that_changes_itself)
{
    compare_engines_at(PAGE_SIZE - 7, smc_straddler, smc_straddler_end, 0);
    compare_engines(smc_next, smc_next_end, 0);
    compare_engines(smc_other, smc_other_end, 0);
    compare_engines(smc_beside, smc_beside_end, 0);
    compare_engines(smc_movs, smc_movs_end, 0);
}

/* The x87 remembers the selector that its operand was accessed by, not the one that is loaded then.
 */
PROGRAM(x87_selector, 32,
        "mov ecx, 100\n mov eax, ds\n"
        "1: fld dword ptr [0xD000]\n xor eax, 3\n mov ds, eax\n"
        "fnstenv [0xD100]\n fninit\n add ebx, [0xD114]\n rol ebx, 1\n"
        "dec ecx\n jnz 1b\n hlt");

Test(translate, segment_of_the_x87_s_operand)
{
    compare_engines(x87_selector, x87_selector_end, 3);
}

/* JMP 2003h; HLT there. A near jump is not checked against CS's limit where that allows all that it
 * can reach; then the limit becomes less. */
Test(translate, limit_of_cs_that_shrinks)
{
    static const u8 jump[] = {0xE9, 0x00, 0x20}, halt[] = {0xF4};
    BareMachine *m = bare_in_ring(0);
    u32 limits[] = {0xFFFF, 0xFFFF, 0x1FFF};
    char error[128];

    bare_load(m, BARE_CODE, jump, jump + sizeof jump);
    bare_load(m, BARE_CODE + 0x2003, halt, halt + sizeof halt);
    cr_assert(translator_attach(&m->cpu, 1 << 20, error, sizeof error), "%s", error);
    translator_set_threshold(&m->cpu, 1);
    for (unsigned i = 0; i < COUNT_OF(limits); i++) {
        m->cpu.attention = 0;
        segment_set(&m->cpu, CS, BARE_CODE16, BARE_CODE, limits[i], BARE_SMALL | ACCESS_CODE);
        m->cpu.rip = 0;
        bare_run(m, 10);
    }
    cr_expect_gt(translator_counters(&m->cpu)->translations, 0);
    cr_expect_eq(bare_vector(m), EXCEPTION_GP);
    cr_expect_eq(bare_read(m, m->cpu.gpr[RSP] + 4, DWORD), 0, "at the jump");
    translator_detach(&m->cpu);
    bare_destroy(m);
}

/* What an access has found is not good enough for the next, once alignment is checked. */
PROGRAM(alignment_checked, 32,
        "push eax\n pop eax\n mov eax, [esp + 1]\n"
        "pushf\n or dword ptr [esp], 0x40000\n popf\n"
        "mov eax, [esp + 1]\n hlt");

Test(translate, alignment_that_is_checked_from_now_on)
{
    compare_engines(alignment_checked, alignment_checked_end, 3);
}

/* ---- random programs ---- */

static void random_programs_without(ArenaMode mode, unsigned count, u32 left_out)
{
    Pair *pair = pair_for_tests();

    translator_set_passes(&pair->arenas[1].bare.cpu, left_out);
    for (u64 seed = 1; seed <= count; seed++) {
        Setting setting;
        Program program;

        pair_choose(mode, seed, &setting, &program);
        cr_assert(pair_run(pair, &setting, &program, seed),
                  "seed %llu: %s; see it with build/tests/fuzz-engines --once --seed %llu",
                  (unsigned long long)seed, pair->difference, (unsigned long long)seed);
    }
    cr_expect_gt(pair->tally.blocks, count);
    pair_close(pair);
}

static void random_programs(ArenaMode mode, unsigned count)
{
    random_programs_without(mode, count, 0);
}

/* What is left out is needed for speed only. */
Test(translate, random_programs_without_passes, .timeout = 300)
{
    random_programs_without(ARENA_PROTECTED32, 100, 0x1F);
    for (unsigned number = 0; translator_pass_name(number); number++)
        random_programs_without(ARENA_PROTECTED32, 50, 1u << number);
}

Test(translate, random_programs_in_real_mode, .timeout = 300)
{
    random_programs(ARENA_REAL, 300);
}

Test(translate, random_programs_in_virtual_8086_mode, .timeout = 300)
{
    random_programs(ARENA_VM86, 300);
}

Test(translate, random_programs_in_16_bit_mode, .timeout = 300)
{
    random_programs(ARENA_PROTECTED16, 300);
}

Test(translate, random_programs_in_32_bit_mode, .timeout = 300)
{
    random_programs(ARENA_PROTECTED32, 500);
}

Test(translate, random_programs_in_64_bit_mode, .timeout = 300)
{
    random_programs(ARENA_LONG, 500);
}
