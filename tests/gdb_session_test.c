/*
 * The distribution's gdb against the program itself: what a student types, in 16-, 32- and 64-bit
 * code, and what he reads then. Skipped where there is no gdb.
 */
#include "tests/debugger_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_BYTES = 65536, SECTOR_BYTES = 512, FLOPPY_BYTES = 1474560 };

static char image_path[64], socket_path[64];
static pid_t vitrine;
static char output[OUTPUT_BYTES];

static void begin(void)
{
    if (system("command -v gdb >/dev/null 2>&1"))
        cr_skip_test("there is no gdb here: install the package gdb");
    snprintf(image_path, sizeof image_path, "/tmp/vitrine-image-%d", (int)getpid());
    snprintf(socket_path, sizeof socket_path, "/tmp/vitrine-gdb-%d", (int)getpid());
}

static void end(void)
{
    if (vitrine > 0) {
        kill(vitrine, SIGTERM);
        waitpid(vitrine, NULL, 0);
    }
    unlink(image_path);
    unlink(socket_path);
}

TestSuite(gdb_session, .init = begin, .fini = end, .timeout = 180);

static void write_image(const u8 *bytes, size_t length)
{
    int fd = open(image_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    cr_assert_eq(write(fd, bytes, length), (ssize_t)length);
    close(fd);
}

/* A floppy disk that begins with these instructions. */
static void write_floppy(const u8 *code, const u8 *code_end)
{
    static u8 floppy[FLOPPY_BYTES];

    cr_assert_leq(code_end - code, SECTOR_BYTES - 2);
    memcpy(floppy, code, (size_t)(code_end - code));
    floppy[SECTOR_BYTES - 2] = 0x55;
    floppy[SECTOR_BYTES - 1] = 0xAA;
    write_image(floppy, sizeof floppy);
}

/* A firmware that begins with these instructions. */
static void write_rom(const u8 *code, const u8 *code_end)
{
    static const u8 jump[] = {0xEA, 0x00, 0x00, 0x00, 0xF0};
    static u8 rom[ROM_BYTES];

    memset(rom, 0xF4, sizeof rom);
    memcpy(rom, code, (size_t)(code_end - code));
    memcpy(rom + RESET_VECTOR, jump, sizeof jump);
    write_image(rom, sizeof rom);
}

/* Words separated by blanks; IMAGE is the image that was written, GDB the socket. */
static void start_vitrine(const char *line)
{
    char text[512], gdb[128], *argv[32] = {(char *)BUILD "/vitrine"}, *word, *rest = text;
    int argc = 1;

    snprintf(text, sizeof text, "-display none -serial none %s", line);
    while ((word = strsep(&rest, " ")) && argc < 31) {
        if (!strncmp(word, "GDB", 3)) {
            snprintf(gdb, sizeof gdb, "unix:%s%s", socket_path, word + 3);
            word = gdb;
        }
        argv[argc++] = strcmp(word, "IMAGE") ? word : image_path;
    }
    vitrine = fork();
    if (!vitrine) {
        execv(argv[0], argv);
        _exit(127);
    }
    for (unsigned i = 0; i < 1000 && access(socket_path, F_OK); i++)
        usleep(10000);
    cr_assert(!access(socket_path, F_OK), "vitrine does not listen");
}

/* A gdb that has connected and obeys these lines; `program`: with symbols, or "". */
static void run_gdb(const char *program, const char *lines)
{
    char script[64], command[512];
    FILE *file;
    size_t length;

    snprintf(script, sizeof script, "/tmp/vitrine-script-%d", (int)getpid());
    file = fopen(script, "w");
    fprintf(file, "set confirm off\nset width 0\ntarget remote %s\n%s", socket_path, lines);
    fclose(file);
    snprintf(command, sizeof command, "timeout 60 gdb -nx -batch -x %s %s 2>&1 </dev/null", script,
             program);
    file = popen(command, "r");
    cr_assert_not_null(file);
    length = fread(output, 1, sizeof output - 1, file);
    output[length] = '\0';
    pclose(file);
    unlink(script);
}

/* All of `words`, separated by '|', in this order. */
static void expect(const char *words)
{
    char copy[1024], *word, *rest = copy;
    const char *at = output;

    snprintf(copy, sizeof copy, "%s", words);
    while ((word = strsep(&rest, "|"))) {
        at = strstr(at, word);
        cr_assert(at, "no \"%s\" (in this place) in:\n%s", word, output);
        at += strlen(word);
    }
}

static int wait_for_end(void)
{
    int status = 0;

    waitpid(vitrine, &status, 0);
    vitrine = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* ---- 16-bit code ---- */

FIRMWARE(boot_sector, "mov ax, 0x1234\n"
                      "mov bx, 0x1000\n"
                      "mov es, bx\n"
                      "mov byte ptr es:[0], 0x90\n"
                      "mov word ptr es:[1], 0xFEEB\n" /* jmp to itself */
                      "push bx\n"
                      "xor cx, cx\n"
                      "push cx\n"
                      "retf");

Test(gdb_session, a_boot_sector_from_its_first_instruction)
{
    write_floppy(boot_sector, boot_sector_end);
    start_vitrine("-S -gdb GDB -fda IMAGE -boot a");
    run_gdb("", "break *0x7c00\n"
                "continue\n"
                "x/3i $pc\n"
                "stepi\n"
                "print/x $ax\n"
                "stepi 2\n"
                "print/x $es_base\n"
                "info registers eip cs\n");
    expect("0x0000fff0 in ?? ()|Breakpoint 1, 0x00007c00|"
           "=> 0x7c00:\tmov    $0x1234,%ax|0x7c03:\tmov    $0x1000,%bx|0x00007c03|= 0x1234|"
           "0x00007c08|= 0x10000|eip            0x7c08|cs             0x0");
}

Test(gdb_session, code_far_from_its_segments_first_byte)
{
    write_floppy(boot_sector, boot_sector_end);
    start_vitrine("-S -gdb GDB -fda IMAGE -boot a");
    run_gdb("", "hbreak *0x10001\n"
                "continue\n"
                "info registers eip cs cs_base\n"
                "x/i $cs_base + $eip\n"
                "stepi\n"
                "print/x $cs * 16 + $eip\n");
    expect("eip            0x1 |cs             0x1000 |cs_base        0x10000|"
           "0x10001:\tjmp    0x10001|= 0x10001");
}

Test(gdb_session, linear_program_counters)
{
    write_floppy(boot_sector, boot_sector_end);
    start_vitrine("-S -gdb GDB,pc=linear -fda IMAGE -boot a");
    run_gdb("", "x/i $pc\n"
                "break *0x10001\n"
                "continue\n"
                "x/i $pc\n"
                "stepi\n"
                "info registers cs eip\n");
    expect("0xfffffff0 in|=> 0xfffffff0:\tljmp   $0xf000,$0xe05b|Breakpoint 1, 0x00010001 in|"
           "=> 0x10001:\tjmp    0x10001|cs             0x1000|eip            0x10001");
}

Test(gdb_session, the_first_instruction_of_all)
{
    write_floppy(boot_sector, boot_sector_end);
    start_vitrine("-S -s -gdb GDB -fda IMAGE");
    run_gdb("", "x/i $cs_base + $eip\n"
                "info registers cs cr0\n"
                "monitor info registers\n"
                "kill\n");
    expect("0xfffffff0:\tljmp   $0xf000,$0xe05b|cs             0xf000|[ ET NW CD ]|"
           "CR0=60000010|killed");
    cr_assert_eq(wait_for_end(), 0);
}

Test(gdb_session, a_second_gdb_reads_why_it_must_go)
{
    char line[256];

    write_floppy(boot_sector, boot_sector_end);
    start_vitrine("-S -gdb GDB -fda IMAGE");
    snprintf(line, sizeof line, "shell gdb -nx -batch -ex 'target remote %s' 2>&1\nstepi\n",
             socket_path);
    run_gdb("", line);
    expect("another gdb is connected to this machine|0x0000e05b in");
}

/* ---- 32-bit code in C ---- */

#define CLASSROOM BUILD "/roms/classroom.elf"

Test(gdb_session, a_kernel_in_c)
{
    start_vitrine("-S -gdb GDB");
    run_gdb(CLASSROOM, "break kernel_main\n"
                       "continue\n"
                       "backtrace\n"
                       "next\n"
                       "step\n"
                       "finish\n"
                       "delete\n"
                       "break timer_interrupt\n"
                       "continue\n"
                       "backtrace 2\n"
                       "print ticks\n"
                       "info locals\n"
                       "up\n"
                       "print line\n");
    expect("Breakpoint 1, kernel_main () at roms/classroom/kernel.c|"
           "#0  kernel_main () at|#1 |in high_start () at roms/classroom/high_start.asm|"
           "    descriptors_init();|descriptors_init () at|" /* next, step */
           "kernel_main () at roms/classroom/kernel.c:24|"   /* finish */
           "Breakpoint 2, timer_interrupt () at roms/classroom/timer.c|"
           "#0  timer_interrupt|#1 |in interrupt_line (line=0) at roms/classroom/interrupts.c|"
           "$1 = 0|$2 = 0");
}

Test(gdb_session, watchpoints_and_the_way_back)
{
    start_vitrine("-S -gdb GDB");
    run_gdb(CLASSROOM, "break timer_interrupt\n"
                       "continue\n"
                       "delete\n"
                       "watch ticks\n"
                       "continue\n"
                       "continue\n"
                       "print ticks\n"
                       "reverse-continue\n"
                       "print ticks\n"
                       "x/i $pc\n"
                       "reverse-continue\n"
                       "print ticks\n"
                       "reverse-stepi\n"
                       "continue\n"
                       "print ticks\n"
                       "continue\n");
    expect("Hardware watchpoint 2: ticks|Old value = 0|New value = 1|Old value = 1|New value = 2|"
           "= 2|"
           "Old value = 2|New value = 1|= 1|<timer_interrupt+|" /* undone */
           "Old value = 1|New value = 0|= 0|"
           "Old value = 0|New value = 1|= 1|" /* in the past still */
           "Old value = 1|New value = 2");
}

/* ---- 64-bit code ---- */

FIRMWARE(long_mode, "cli\n"
                    "xor ax, ax\n"
                    "mov ds, ax\n"
                    "mov es, ax\n"
                    "mov di, 0x1000\n" /* PML4, PDPT and PD, empty */
                    "mov cx, 0x3000\n"
                    "rep stosb\n"
                    "mov dword ptr [0x1000], 0x2003\n"
                    "mov dword ptr [0x1FF8], 0x2003\n"
                    "mov dword ptr [0x2000], 0x3003\n"
                    "mov dword ptr [0x2FF0], 0x3003\n"
                    "mov dword ptr [0x3000], 0x83\n" /* 2 MiB, at 0 and at FFFFFFFF80000000h */
                    "lgdt cs:[long_mode_gdtr - long_mode]\n"
                    "mov eax, 0x1000\n"
                    "mov cr3, eax\n"
                    "mov eax, 0x20\n" /* PAE */
                    "mov cr4, eax\n"
                    "mov ecx, 0xC0000080\n" /* EFER.LME */
                    "mov eax, 0x100\n"
                    "xor edx, edx\n"
                    "wrmsr\n"
                    "mov eax, 0x80000011\n" /* PG, PE */
                    "mov cr0, eax\n"
                    "push 8\n"
                    "push 0\n"
                    ".byte 0x66, 0xEA\n" /* jmp 8:... */
                    ".long long_mode_low - long_mode + 0xF0000\n"
                    ".word 8\n"
                    ".code64\n"
                    "long_mode_low: mov rax, 0xFFFFFFFF800F0000 + (long_mode_high - long_mode)\n"
                    "jmp rax\n"
                    "long_mode_high: movabs rbx, 0x1122334455667788\n"
                    "mov r15, rbx\n"
                    "long_mode_loop: inc r15\n"
                    "mov [0x600], r15\n"
                    "jmp long_mode_loop\n"
                    ".code16\n"
                    "long_mode_gdtr: .word 15\n"
                    ".long long_mode_gdt - long_mode + 0xF0000\n"
                    "long_mode_gdt: .quad 0\n"
                    ".quad 0x00209A0000000000");
extern const u8 long_mode_high[], long_mode_loop[];

/* Connects until the guest has got there. */
static void wait_for_64_bit_code(void)
{
    for (unsigned i = 0; i < 30; i++) {
        run_gdb("", "info registers rip\ndetach\n");
        if (strstr(output, "rip            0xffffffff"))
            return;
    }
    cr_assert_fail("the guest does not enter long mode:\n%s", output);
}

#define HIGH(label) (0xFFFFFFFF800F0000ULL + (u64)((label)-long_mode))

Test(gdb_session, a_machine_that_runs_64_bit_code)
{
    char lines[512];

    write_rom(long_mode, long_mode_end);
    start_vitrine("-gdb GDB -bios IMAGE");
    wait_for_64_bit_code();
    snprintf(lines, sizeof lines,
             "break *0x%llx\n"
             "continue\n"
             "print/x $rbx\n"
             "info registers rip efer\n"
             "x/2i $pc\n"
             "watch *(long *)0x600\n"
             "continue\n"
             "print $r15 == *(long *)0x600\n"
             "detach\n",
             (unsigned long long)HIGH(long_mode_loop));
    run_gdb("", lines);
    expect("Breakpoint 1, 0xffffffff800f|= 0x1122334455667788|0xffffffff800f|[ LME LMA ]|"
           "inc    %r15|Hardware watchpoint 2|New value = |= 1|detached]");
    run_gdb("", "print/x $rbx\nkill\n");
    expect("= 0x1122334455667788|killed");
    cr_assert_eq(wait_for_end(), 0);
}

Test(gdb_session, from_reset_to_64_bit_code)
{
    char lines[512];

    write_rom(long_mode, long_mode_end);
    start_vitrine("-S -gdb GDB,arch=x86-64 -bios IMAGE");
    snprintf(lines, sizeof lines,
             "hbreak *0x%llx\n"
             "continue\n"
             "stepi\n"
             "print/x $rbx\n",
             (unsigned long long)HIGH(long_mode_high));
    run_gdb("", lines);
    expect("0x000000000000fff0|Breakpoint 1, 0xffffffff800f|= 0x1122334455667788");
}

Test(gdb_session, symbols_tell_of_64_bit_code_to_come)
{
    static const char map[] = "ffffffff80000000 T start\n";

    write_image((const u8 *)map, strlen(map));
    start_vitrine("-S -gdb GDB -symbols IMAGE");
    run_gdb("", "info registers rip\n");
    expect("rip            0xfff0");
}

Test(gdb_session, who_was_told_of_32_bits_learns_of_64)
{
    write_rom(long_mode, long_mode_end);
    start_vitrine("-S -gdb GDB -bios IMAGE");
    run_gdb("", "watch *(int *)0x600\n"
                "continue\n"
                "disconnect\n");
    expect("Hardware watchpoint 1|long mode now|disconnect");
    run_gdb("", "print/x $rbx\n");
    expect("= 0x1122334455667788");
}
