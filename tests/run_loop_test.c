/*
 * The program itself, with a firmware of a few bytes: exit statuses, signals, ports, pace, and
 * what it says when something is missing.
 */
#include "mmu/base.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROM_BYTES = 64 << 10, OUTPUT_BYTES = 16384 };

/* One run of build/vitrine. */
typedef struct Run {
    pid_t process;
    int input, output, messages; /* pipes to and from it */
    char out[OUTPUT_BYTES], err[OUTPUT_BYTES];
    int status;
} Run;

static char rom_path[] = "/tmp/vitrine-rom-XXXXXX";
static Run run;

static void make_rom(const u8 *code, size_t length)
{
    static const u8 jump[] = {0xEA, 0x00, 0x00, 0x00, 0xF0};
    static u8 rom[ROM_BYTES];
    int fd = mkstemp(rom_path);

    memset(rom, 0xF4, sizeof rom);
    memcpy(rom, code, length);
    memcpy(rom + 0xFFF0, jump, sizeof jump);
    cr_assert_eq(write(fd, rom, sizeof rom), (ssize_t)sizeof rom);
    close(fd);
}

static void finish(void)
{
    unlink(rom_path);
}

TestSuite(run_loop, .fini = finish, .timeout = 60);

/* `line`: arguments separated by blanks; "ROM" is the firmware of make_rom(). */
static void start(const char *line)
{
    char text[512], *argv[32] = {(char *)BUILD "/vitrine"}, *word, *rest = text;
    int in[2], out[2], err[2], argc = 1;

    snprintf(text, sizeof text, "%s", line);
    while ((word = strsep(&rest, " ")) && argc < 31)
        if (*word)
            argv[argc++] = strcmp(word, "ROM") ? word : rom_path;
    cr_assert(!pipe2(in, O_CLOEXEC) && !pipe2(out, O_CLOEXEC) && !pipe2(err, O_CLOEXEC));
    run.process = fork();
    if (!run.process) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        unsetenv("DISPLAY");
        unsetenv("WAYLAND_DISPLAY");
        unsetenv("SDL_VIDEODRIVER");
        execv(argv[0], argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    run.input = in[1];
    run.output = out[0];
    run.messages = err[0];
}

static void read_all(int fd, char *text)
{
    size_t length = 0;
    ssize_t got;

    while ((got = read(fd, text + length, OUTPUT_BYTES - 1 - length)) > 0)
        length += (size_t)got;
    text[length] = '\0';
}

/* Waits for the end; the exit status, or minus the signal that killed it. */
static int end(void)
{
    int status;

    if (run.output >= 0)
        read_all(run.output, run.out);
    read_all(run.messages, run.err);
    waitpid(run.process, &status, 0);
    run.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return run.status;
}

static int run_to_end(const char *line)
{
    start(line);
    close(run.input);
    return end();
}

#define ROM(...) make_rom((const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))

/* mov dx,501h; mov al,5; out dx,al */
#define DEBUG_EXIT 0xBA, 0x01, 0x05, 0xB0, 0x05, 0xEE

// clang-format off

/* Sends back each byte plus one, until 'q'; then leaves with status 11. */
static void make_echo_rom(void)
{
    ROM(0xBA, 0xFB, 0x03, 0xB0, 0x83, 0xEE,     /*      mov dx,3FBh; mov al,83h; out dx,al  */
        0xBA, 0xF8, 0x03, 0xB8, 0x01, 0x00, 0xEF, /*    mov dx,3F8h; mov ax,1; out dx,ax    */
        0xBA, 0xFB, 0x03, 0xB0, 0x03, 0xEE,     /*      mov dx,3FBh; mov al,3; out dx,al    */
        0xBA, 0xFD, 0x03, 0xEC,                 /* 13h: mov dx,3FDh; in al,dx               */
        0xA8, 0x01, 0x74, 0xF8,                 /*      test al,1; jz 13h                   */
        0xBA, 0xF8, 0x03, 0xEC, 0x40, 0xEE,     /*      mov dx,3F8h; in al,dx; inc ax; out  */
        0x3C, 0x72, 0x75, 0xEE,                 /*      cmp al,'r'; jne 13h                 */
        0xBA, 0xFD, 0x03, 0xEC,                 /* 25h: mov dx,3FDh; in al,dx               */
        0xA8, 0x40, 0x74, 0xF8,                 /*      test al,40h; jz 25h                 */
        DEBUG_EXIT);
}

/* Halts for 18 ticks of the timer, a second; then leaves with status 11. */
static void make_sleep_rom(void)
{
    ROM(0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xD0,     /*      xor ax,ax; mov ds,ax; mov ss,ax     */
        0xBC, 0x00, 0x70,                       /*      mov sp,7000h                        */
        0xC7, 0x06, 0x20, 0x00, 0x40, 0x00,     /*      mov word [20h],40h                  */
        0xC7, 0x06, 0x22, 0x00, 0x00, 0xF0,     /*      mov word [22h],0F000h               */
        0xB0, 0x11, 0xE6, 0x20, 0xB0, 0x08, 0xE6, 0x21, /* the 8259: vector 8,              */
        0xB0, 0x04, 0xE6, 0x21, 0xB0, 0x01, 0xE6, 0x21,
        0xB0, 0xFE, 0xE6, 0x21,                 /*      IRQ0 only                           */
        0xB0, 0x34, 0xE6, 0x43, 0x31, 0xC0,     /*      the 8254: 18.2 Hz                   */
        0xE6, 0x40, 0xE6, 0x40,
        0xB9, 0x12, 0x00, 0xFB,                 /*      mov cx,18; sti                      */
        0xF4, 0xE2, 0xFD,                       /* 37h: hlt; loop 37h                       */
        DEBUG_EXIT,
        0xB0, 0x20, 0xE6, 0x20, 0xCF);          /* 40h: mov al,20h; out 20h,al; iret        */
}

// clang-format on

static double seconds_since(const struct timespec *begin)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) + (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

#define EXIT_DEVICE "-bios ROM -display none -device isa-debug-exit "

Test(run_loop, debug_exit_is_the_status)
{
    ROM(DEBUG_EXIT);
    cr_assert_eq(run_to_end(EXIT_DEVICE), 11, "%s", run.err);
    cr_assert_str_eq(run.err, "");
}

Test(run_loop, no_reboot_leaves)
{
    ROM(0xB0, 0xFE, 0xE6, 0x64, 0xF4); /* mov al,0FEh; out 64h,al */
    cr_assert_eq(run_to_end("-bios ROM -display none -no-reboot"), 0, "%s", run.err);
}

Test(run_loop, serial_port_on_standard_streams)
{
    make_echo_rom();
    start(EXIT_DEVICE "-serial stdio");
    cr_assert_eq(write(run.input, "HAL q", 5), 5);
    cr_assert_eq(end(), 11, "%s", run.err);
    cr_assert_str_eq(run.out, "IBM!r");
}

Test(run_loop, control_a_x_leaves)
{
    make_echo_rom();
    start("-bios ROM -nographic");
    cr_assert_eq(write(run.input, "H\1\1\1x", 5), 5);
    cr_assert_eq(end(), 0, "%s", run.err);
    cr_assert(run.out[0] == 0 || run.out[0] == 'I');
}

Test(run_loop, signals_end_it)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    ROM(0xEB, 0xFE); /* jmp $ */
    for (unsigned i = 0; i < COUNT_OF(signals); i++) {
        start("-bios ROM -display none -serial stdio");
        nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
        kill(run.process, signals[i]);
        cr_assert_eq(end(), 128 + signals[i]);
        cr_assert(strstr(run.err, "signal"), "%s", run.err);
    }
}

Test(run_loop, idle_time_follows_the_clock)
{
    struct timespec begin;
    double seconds;

    make_sleep_rom();
    clock_gettime(CLOCK_MONOTONIC, &begin);
    cr_assert_eq(run_to_end(EXIT_DEVICE), 11, "%s", run.err);
    seconds = seconds_since(&begin);
    cr_assert(seconds > 0.9, "%f s", seconds);
}

Test(run_loop, idle_time_is_skipped_at_full_speed)
{
    struct timespec begin;
    double seconds;

    make_sleep_rom();
    clock_gettime(CLOCK_MONOTONIC, &begin);
    cr_assert_eq(run_to_end(EXIT_DEVICE "-speed max"), 11, "%s", run.err);
    seconds = seconds_since(&begin);
    cr_assert(seconds < 0.9, "%f s", seconds);
}

Test(run_loop, the_reader_goes_away)
{
    make_echo_rom();
    start("-bios ROM -display none -serial stdio");
    close(run.output);
    run.output = -1;
    cr_assert_eq(write(run.input, "HAL", 3), 3);
    cr_assert_eq(end(), 1);
    cr_assert(strstr(run.err, "standard output"), "%s", run.err);
}

Test(run_loop, standard_output_is_closed)
{
    char command[256];

    make_echo_rom();
    snprintf(command, sizeof command,
             BUILD "/vitrine -bios %s -display none -serial stdio >&- 2>/dev/null", rom_path);
    cr_assert_eq(WEXITSTATUS(system(command)), 1);
}

Test(run_loop, screendump_is_written)
{
    char path[] = "/tmp/vitrine-dump-XXXXXX", line[256], head[8] = "";
    int fd = mkstemp(path);

    ROM(DEBUG_EXIT);
    snprintf(line, sizeof line, EXIT_DEVICE "-screendump %s", path);
    cr_assert_eq(run_to_end(line), 11, "%s", run.err);
    cr_assert_eq(read(fd, head, sizeof head), (ssize_t)sizeof head);
    cr_assert_arr_eq(head, "\x89PNG\r\n\x1a\n", 8);
    close(fd);
    unlink(path);
}

/* Types `script` at once; what it says. */
static const char *monitor_says(const char *line, const char *script)
{
    start(line);
    cr_assert_eq(write(run.input, script, strlen(script)), (ssize_t)strlen(script));
    close(run.input);
    end();
    return run.out;
}

Test(run_loop, monitor_runs_a_script)
{
    ROM(0xB8, 0x34, 0x12, 0x40, 0x40, 0xEB, 0xFE); /* mov ax,1234h; inc ax; inc ax; jmp $ */
    cr_assert(strstr(monitor_says("-bios ROM -S -monitor stdio -display none",
                                  "break *0xf0004\ncontinue\nprint ax\nsi\nprint ax\nquit\nhelp\n"),
                     "4661  0x1235\n"),
              "%s", run.out);
    cr_expect_eq(run.status, 0);
    cr_expect(strstr(run.out, "4662  0x1236\n"), "%s", run.out);
    cr_expect_null(strstr(run.out, "system_reset"), "nothing is obeyed behind quit");
    cr_expect_str_eq(run.err, "");
}

/* Nobody could let the machine go on at the end of a script: it is over then. */
Test(run_loop, monitor_ends_with_its_script)
{
    ROM(0xEB, 0xFE);
    cr_expect(
        strstr(monitor_says("-bios ROM -S -monitor stdio -display none", "info status"), "paused"));
    cr_expect_eq(run.status, 0);
    monitor_says("-bios ROM -monitor stdio -display none", "stop");
    cr_expect_eq(run.status, 0);
    monitor_says("-bios ROM -S -monitor stdio -display none", "");
    cr_expect_eq(run.status, 0);
}

Test(run_loop, monitor_shares_a_terminal)
{
    make_echo_rom();
    cr_expect(
        strstr(monitor_says("-bios ROM -nographic", "\1cinfo status\nstop\nprint 6 * 7\nquit\n"),
               "42"),
        "%s", run.out);
    cr_expect_eq(run.status, 0);
}

/* The firmware reads the boot sector by the floppy's DMA: forwards, backwards, and asked for. */
Test(run_loop, monitor_tells_of_dma)
{
    static const char dma[] = "DMA (8237 channel 2, the floppy's) wrote 1 bytes at 00007C00: EA";
    const char *found;

    monitor_says("-fda " BUILD "/roms/classroom.img -S -monitor stdio -display none -speed max",
                 "watch byte[0x7c00] if byte[0x7c00]\ncontinue\nprint 1111\n"
                 "catch count cycles + 1000000\ncontinue\ndelete 2\nreverse-continue\n"
                 "delete\ngoto end\nlast-writer byte[0x7c00]\n");
    found = strstr(run.out, dma);
    cr_assert(found, "%s", run.out);
    cr_expect(strstr(found, "1111"), "it stopped there: %s", run.out);
    found = strstr(found + 1, dma);
    cr_assert(found, "going back stops there: %s", run.out);
    cr_expect(strstr(found, "the last write, by DMA (8237 channel 2, the floppy's): 1 bytes"), "%s",
              found);
}

/* The prompt says why the guest has left; the status is the guest's. */
Test(run_loop, monitor_tells_how_the_guest_ends)
{
    ROM(DEBUG_EXIT);
    cr_expect(strstr(monitor_says(EXIT_DEVICE "-S -monitor stdio", "continue\n"),
                     "isa-debug-exit, with status 11"),
              "%s", run.out);
    cr_expect_eq(run.status, 11);
    cr_expect(strstr(monitor_says(EXIT_DEVICE "-S -monitor stdio",
                                  "catch exit\ncontinue\ninfo status\nreverse-stepi\ncontinue\n"
                                  "continue\ncontinue\n"),
                     "paused"),
              "%s", run.out);
    cr_expect_eq(run.status, 11, "%d: %s", run.status, run.out);
}

Test(run_loop, a_reset_can_be_caught)
{
    ROM(0xB0, 0xFE, 0xE6, 0x64, 0xF4); /* mov al,0FEh; out 64h,al */
    cr_expect(strstr(monitor_says("-bios ROM -S -monitor stdio -display none",
                                  "catch reset\ncontinue\nprint al\ncontinue\ncatch reset off\n"),
                     "the guest resets the machine"),
              "%s", run.out);
    cr_expect(strstr(run.out, "254  0xfe"), "%s", run.out);
    cr_expect_eq(run.status, 0);
}

/* A triple fault stops the machine and says what led there. */
Test(run_loop, monitor_tells_of_a_triple_fault)
{
    ROM(0x66, 0x0F, 0x01, 0x1E, 0x20, 0x00, 0xCD, 0x03); /* lidt [20h] (zeros); int 3 */
    cr_expect(strstr(monitor_says("-bios ROM -monitor stdio -display none", "continue\ncontinue\n"),
                     "riple fault"),
              "%s", run.out);
    cr_expect_eq(run.status, 0);
}

/* The classroom kernel, which has DWARF. */
Test(run_loop, monitor_knows_functions_lines_and_variables)
{
    static const char *const words[] = {
        "tasks.c:",        "char * name = 0x", "function * start = 0x", "<shell>",
        "task_create at ", "kernel_main at ",  "Task * task = 0x0",     "\"shell\"",
    };

    monitor_says("-symbols " BUILD "/roms/classroom.elf -S -monitor stdio -display none -speed max",
                 "break task_create\ncontinue\ninfo args\nbt\nnext\ninfo locals\nx/s name\n"
                 "finish\nquit\n");
    for (unsigned i = 0; i < COUNT_OF(words); i++)
        cr_expect(strstr(run.out, words[i]), "\"%s\" does not say \"%s\"", run.out, words[i]);
    cr_expect_eq(run.status, 0);
}

/* What -lint says of a boot sector that stops soon. */
static void lint_sector(const char *drive, const u8 *code, size_t length)
{
    enum { FLOPPY_BYTES = 1474560 };
    char path[] = "/tmp/vitrine-disk-XXXXXX", line[256];
    u8 sector[512] = {[510] = 0x55, [511] = 0xAA};
    int fd = mkstemp(path);

    memcpy(sector, code, length);
    cr_assert_eq(write(fd, sector, sizeof sector), (ssize_t)sizeof sector);
    cr_assert_eq(ftruncate(fd, FLOPPY_BYTES), 0);
    close(fd);
    snprintf(line, sizeof line, "-lint -S -monitor stdio -display none -speed max %s %s", drive,
             path);
    monitor_says(line, "catch count 30000000\ncontinue\nquit\n");
    unlink(path);
    cr_expect_eq(run.status, 0);
}

/* A boot sector that loads a data segment whose descriptor has L set. */
Test(run_loop, lint_tells_of_descriptors)
{
    static const u8 code[] = {0xE4, 0x80,                               /* in al,80h */
                              0xFA, 0x0F, 0x01, 0x16, 0x18, 0x7C,       /* cli; lgdt [7C18h] */
                              0x0F, 0x20, 0xC0, 0x0C, 0x01, 0x0F, 0x22, /* cr0 |= PE */
                              0xC0, 0xB8, 0x10, 0x00,                   /* mov ax,10h */
                              0x8E, 0xD8, 0x8E, 0xC0, 0xF4, /* 13: mov ds,ax; mov es,ax */
                              0x17, 0x00, 0x20, 0x7C, 0x00, 0x00, 0x00, 0x00, /* GDTR */
                              0,    0,    0,    0,    0,    0,    0,    0,    /* null */
                              0xFF, 0xFF, 0,    0,    0,    0x9A, 0xCF, 0,
                              0xFF, 0xFF, 0,    0,    0,    0x92, 0xEF, 0};
    const char *found;

    lint_sector("-hda", code, sizeof code);
    found =
        strstr(run.err, "lint: 0x00007c13: loads entry 2 of the GDT, in which reserved bits are "
                        "set: bit 53 (L), which only 64-bit code has; it is: base 00000000");
    cr_assert(found, "%s", run.err);
    cr_expect_null(strstr(strchr(found, '\n'), "entry 2"), "%s", run.err);
}

/* A boot sector that reads a sector of zeros by DMA, and looks at it, and at what lies behind. */
Test(run_loop, lint_knows_what_devices_write)
{
    static const u8 code[] = {
        0xB8, 0x01, 0x02, 0xBB, 0x00, 0x90,  /* mov ax,0201h; mov bx,9000h */
        0xB9, 0x02, 0x00, 0xBA, 0x00, 0x00,  /* mov cx,2; mov dx,0 */
        0xCD, 0x13, 0xA1, 0x00, 0x90,        /* int 13h; mov ax,[9000h] */
        0xA1, 0x00, 0x92, 0xF4, 0xEB, 0xFD}; /* mov ax,[9200h]; hlt; jmp $-1 */

    lint_sector("-fda", code, sizeof code);
    cr_expect_null(strstr(run.err, "at 0x00009000"), "%s", run.err);
    cr_expect(strstr(run.err, "at 0x00009200"), "%s", run.err);
}

/* A boot sector that reads a port where nothing is, and memory that nobody has written. */
Test(run_loop, lint_tells_each_thing_once)
{
    static const u8 code[] = {0xBA, 0x34, 0x12, 0xEC, /*      mov dx,1234h; in al,dx */
                              0xB9, 0x03, 0x00,       /*      mov cx,3 */
                              0xA1, 0x00, 0x90,       /* 7:   mov ax,[9000h] */
                              0xE2, 0xFB,             /*      loop 7 */
                              0xA3, 0x00, 0x90,       /*      mov [9000h],ax */
                              0x8B, 0x1E, 0x00, 0x90, /*      mov bx,[9000h] */
                              0xF4, 0xEB, 0xFD};      /*      hlt; jmp $-1 */
    const char *found;

    lint_sector("-hda", code, sizeof code);
    cr_expect(strstr(run.err, "lint: 0x00007c03: reads port 0x1234"), "%s", run.err);
    found = strstr(run.err, "lint: 0x00007c07: reads 2 bytes of RAM at 0x00009000");
    cr_assert(found, "%s", run.err);
    cr_expect_null(strstr(strchr(found, '\n'), "0x00009000"), "%s", run.err);
}

/* Each is status 1 and one clear sentence that contains the words. */
Test(run_loop, what_is_wrong_is_said)
{
    static const struct {
        const char *line, *words;
    } wrong[] = {
        {"-cdrm x.iso", "-cdrom"},
        {"-L /nonexistent", "apt-get install seabios"},
        {"-bios /nonexistent.bin", "/nonexistent.bin"},
        {"-bios /dev/null -display none", "64 KiB"},
        {"-hda /nonexistent.img -display none", "/nonexistent.img"},
        {"-hda /tmp -display none", "directory"},
        {"-cpu pentum -display none", "'pentium'"},
        {"-kernel /etc/passwd -display none", "/etc/passwd"},
        {"-serial file:/nonexistent/log -display none", "/nonexistent/log"},
        {"-D /nonexistent/log -display none", "/nonexistent/log"},
        {"-display terminal", "terminal"},
        {"-monitor stdio -serial stdio", "mon:stdio"},
        {"-symbols /nonexistent -display none", "/nonexistent"},
        {"-source /nonexistent -display none", "no folder"},
        {"-display sdl", "$DISPLAY"},
        {"-display none -screendump /nonexistent/x.png -bios ROM -no-reboot", "/nonexistent/x.png"},
    };

    ROM(0xB0, 0xFE, 0xE6, 0x64, 0xF4); /* resets itself */
    for (unsigned i = 0; i < COUNT_OF(wrong); i++) {
        cr_expect_eq(run_to_end(wrong[i].line), 1, "%s: status %d", wrong[i].line, run.status);
        cr_expect(strstr(run.err, "vitrine: ") && strstr(run.err, wrong[i].words),
                  "%s: \"%s\" does not say \"%s\"", wrong[i].line, run.err, wrong[i].words);
    }
}

Test(run_loop, help_and_version)
{
    cr_assert_eq(run_to_end("-help"), 0);
    cr_assert(strstr(run.out, "-cdrom"));
    cr_assert_eq(run_to_end("--version"), 0);
    cr_assert(strstr(run.out, "vitrine "));
    cr_assert_eq(run_to_end("-d help"), 0);
    cr_assert(strstr(run.out, "pic"));
}
