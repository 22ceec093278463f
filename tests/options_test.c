/*
 * The command line: what QEMU's users and course Makefiles write, and what is told to those who
 * mistype it.
 */
#include "frontend/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Options options;
static char error[1024];

/* Splits at spaces; a `~` stands for a space within an argument. */
static OptionsResult parse(const char *line)
{
    static char text[2048];
    char *argv[64], *word, *rest = text;
    int argc = 0;

    snprintf(text, sizeof text, "vitrine %s", line);
    while ((word = strsep(&rest, " ")) && argc < 64) {
        for (char *c = word; *c; c++)
            if (*c == '~')
                *c = ' ';
        if (*word)
            argv[argc++] = word;
    }
    options_free(&options);
    *error = '\0';
    return options_parse(&options, argc, argv, error, sizeof error);
}

static void done(void)
{
    options_free(&options);
}

TestSuite(options, .fini = done);

#define ACCEPT(line) cr_assert_eq(parse(line), OPTIONS_RUN, "%s: %s", line, error)

/* Refused, in words that contain all of `words` (separated by '|'). */
static void refuse(const char *line, const char *words)
{
    char copy[256], *word, *rest = copy;

    cr_assert_eq(parse(line), OPTIONS_WRONG, "%s was accepted", line);
    snprintf(copy, sizeof copy, "%s", words);
    while ((word = strsep(&rest, "|")))
        cr_assert(strstr(error, word), "%s: \"%s\" does not say \"%s\"", line, error, word);
}

Test(options, defaults)
{
    ACCEPT("");
    cr_assert_eq(options.memory, 128 << 20);
    cr_assert_str_eq(options.cpu, "qemu64");
    cr_assert_eq(options.display, DISPLAY_AUTOMATIC);
    cr_assert_eq(options.serial_count, 0);
}

Test(options, drives_by_letter)
{
    ACCEPT("-hda a.img -hdd d.img -fda f.img -fdb g.img -cdrom c.iso");
    cr_assert_str_eq(options.drives[0].file, "a.img");
    cr_assert_eq(options.drives[1].kind, DRIVE_NONE);
    cr_assert_eq(options.drives[2].kind, DRIVE_CDROM);
    cr_assert_str_eq(options.drives[3].file, "d.img");
    cr_assert_str_eq(options.floppies[0].file, "f.img");
    cr_assert_str_eq(options.floppies[1].file, "g.img");
}

Test(options, drive_lists)
{
    ACCEPT("-drive file=fs.img,index=1,media=disk,format=raw -drive file=xv6.img,if=ide,format=raw "
           "-drive if=floppy,file=f,readonly=on -drive file=x,,y.iso,media=cdrom,snapshot=on");
    cr_assert_str_eq(options.drives[1].file, "fs.img");
    cr_assert_str_eq(options.drives[0].file, "xv6.img");
    cr_assert_str_eq(options.drives[2].file, "x,y.iso");
    cr_assert_eq(options.drives[2].kind, DRIVE_CDROM);
    cr_assert(options.drives[2].snapshot);
    cr_assert(options.floppies[0].read_only);
}

Test(options, drive_by_bus_and_unit)
{
    ACCEPT("-drive file=a,bus=1,unit=1");
    cr_assert_str_eq(options.drives[3].file, "a");
}

Test(options, drives_that_collide)
{
    refuse("-hda a -hda b", "-hda|primary master|a");
    refuse("-hdc a -cdrom b", "-cdrom|secondary master|-hdc");
    refuse("-fda a -fda b", "drive A");
    refuse("-drive file=a,index=4", "0 to 3");
    refuse("-drive file=a,bus=3", "4 IDE drives");
    refuse("-hda a -hdb b -hdc c -hdd d -drive file=e", "4 IDE drives only");
}

Test(options, drive_mistakes)
{
    refuse("-drive file=a,formt=raw", "formt|format");
    refuse("-drive file=a,format=qcow2", "qcow2|qemu-img convert");
    refuse("-drive file=a,if=virtio", "if=virtio|if=ide");
    refuse("-drive media=disk", "file=");
    refuse("-drive file=a,snapshot=maybe", "snapshot=on");
    refuse("-drive if=floppy,media=cdrom,file=a", "floppy");
}

Test(options, memory_sizes)
{
    static const struct {
        const char *line;
        u64 mib;
    } sizes[] = {{"-m 64", 64},
                 {"-m 64M", 64},
                 {"-m 1G", 1024},
                 {"-m size=32", 32},
                 {"-m 4096K", 4},
                 {"-m 1025K", 2},
                 {"-m 16,slots=2,maxmem=1G", 16},
                 {"--m 8m", 8}};

    for (unsigned i = 0; i < COUNT_OF(sizes); i++) {
        ACCEPT(sizes[i].line);
        cr_assert_eq(options.memory, sizes[i].mib << 20, "%s", sizes[i].line);
    }
    refuse("-m lots", "-m lots|128");
    refuse("-m 12Q", "12Q");
    refuse("-m -5", "-5");
    refuse("-m 100K", "too little");
    refuse("-m 999999G", "too much|host");
    refuse("-m 99999999999999999999", "-m");
    refuse("-m", "SIZE must follow");
}

Test(options, boot_orders)
{
    ACCEPT("-boot c");
    cr_assert_str_eq(options.boot_order, "c");
    ACCEPT("-boot order=dca,menu=on");
    cr_assert_str_eq(options.boot_order, "dca");
    cr_assert(options.boot_menu);
    ACCEPT("-boot once=d");
    cr_assert_str_eq(options.boot_once, "d");
    refuse("-boot z", "-boot|letters");
    refuse("-boot cc", "at most once");
    refuse("-boot oder=c", "oder|order");
    refuse("-boot abcdnabcdnabcdn", "at most once");
}

Test(options, serial_ports)
{
    ACCEPT("-serial mon:stdio -serial null -serial file:/tmp/log -serial pty");
    cr_assert_eq(options.serial[0].kind, PORT_STDIO_ESCAPE);
    cr_assert_eq(options.serial[1].kind, PORT_NULL);
    cr_assert_eq(options.serial[2].kind, PORT_FILE);
    cr_assert_str_eq(options.serial[2].path, "/tmp/log");
    cr_assert_eq(options.serial[3].kind, PORT_PTY);
    refuse("-serial null -serial null -serial null -serial null -serial null", "4 serial ports");
    refuse("-serial stdoi", "stdio");
    refuse("-serial tcp::4444,server", "file:PATH");
    refuse("-serial file:", "file:PATH");
    refuse("-serial", "must follow");
}

Test(options, nographic)
{
    ACCEPT("-nographic");
    cr_assert_eq(options.display, DISPLAY_HEADLESS);
    cr_assert_eq(options.serial[0].kind, PORT_STDIO_ESCAPE);
    ACCEPT("-nographic -serial file:x");
    cr_assert_eq(options.serial_count, 1);
    cr_assert_eq(options.serial[0].kind, PORT_FILE);
}

Test(options, displays)
{
    ACCEPT("-display sdl");
    cr_assert_eq(options.display, DISPLAY_WINDOW);
    ACCEPT("-display gtk,full-screen=on,grab-on-hover=off");
    cr_assert_eq(options.display, DISPLAY_WINDOW);
    cr_assert(options.full_screen);
    ACCEPT("-curses");
    cr_assert_eq(options.display, DISPLAY_IN_TERMINAL);
    ACCEPT("-display none");
    cr_assert_eq(options.display, DISPLAY_HEADLESS);
    refuse("-display termnal", "terminal");
    refuse("-display vnc=:1", "sdl, terminal or none");
}

Test(options, debug_exit)
{
    ACCEPT("-device isa-debug-exit,iobase=0xf4,iosize=0x04");
    cr_assert_eq(options.debug_exit_port, 0xF4);
    cr_assert_eq(options.debug_exit_size, 4);
    ACCEPT("-device isa-debug-exit");
    cr_assert_eq(options.debug_exit_port, 0x501);
    cr_assert_eq(options.debug_exit_size, 2);
    refuse("-device isa-debug-exit,iobase=70000", "iobase");
    refuse("-device isa-debug-exit,iosize=3", "iosize");
    refuse("-device isa-debug-exti", "isa-debug-exit");
    refuse("-device virtio-net-pci", "virtio-net-pci");
}

Test(options, gdb)
{
    ACCEPT("");
    cr_assert_eq(options.gdb.socket.kind, SOCKET_NOWHERE);
    ACCEPT("-s -S");
    cr_assert_eq(options.gdb.socket.port, 1234);
    cr_assert(options.start_stopped);
    ACCEPT("-gdb tcp:127.0.0.1:4321");
    cr_assert_eq(options.gdb.socket.port, 4321);
    refuse("-gdb 1234", "-gdb 1234|tcp::PORT");
    refuse("-gdb", "must follow");
}

Test(options, monitor)
{
    ACCEPT("");
    cr_assert_eq(options.remote_monitor.place, MONITOR_NOWHERE);
    ACCEPT("-monitor stdio -monitor telnet:127.0.0.1:5555,server,nowait");
    cr_assert_eq(options.monitor, PORT_STDIO);
    cr_assert_eq(options.remote_monitor.place, MONITOR_SOCKET);
    cr_assert_eq(options.remote_monitor.socket.port, 5555);
    ACCEPT("-monitor pty");
    cr_assert_eq(options.remote_monitor.place, MONITOR_PTY);
    refuse("-monitor tcp:localhost:5555", "server,nowait");
    refuse("-monitor pty -monitor unix:/tmp/m,server", "one elsewhere");
    refuse("-monitor sdtio", "stdio, pty");
}

Test(options, course_makefiles)
{
    /* xv6, JOS, Pintos, uCore, Linux 0.11, and a kernel under test. */
    ACCEPT("-serial mon:stdio -drive file=fs.img,index=1,media=disk,format=raw "
           "-drive file=xv6.img,index=0,media=disk,format=raw -smp 1 -m 512");
    ACCEPT("-drive file=obj/kern/kernel.img,index=0,media=disk,format=raw -serial mon:stdio "
           "-gdb tcp::26000 -D qemu.log -smp 1");
    cr_assert_eq(options.note_count, 0);
    cr_assert_eq(options.gdb.socket.port, 26000);
    ACCEPT("-device isa-debug-exit -drive format=raw,media=disk,index=0,file=os.dsk -m 4 -net none "
           "-nographic -monitor null");
    ACCEPT("-parallel stdio -hda bin/ucore.img -serial null");
    ACCEPT("-m 16M -boot a -fda Image -hdb hdc.img");
    ACCEPT("-M pc -machine pc,accel=kvm:tcg -accel tcg -enable-kvm -vga std -nic none -no-reboot "
           "-no-shutdown -rtc base=utc,clock=vm -name test -kernel k -initrd i -append root=x");
    ACCEPT("--display none --no-reboot -debugcon stdio -monitor stdio -icount shift=0 -usb");
}

Test(options, machine_refusals)
{
    refuse("-smp 2", "-smp 2|-smp 1");
    refuse("-smp cpus=4", "one processor");
    refuse("-machine q35", "i440FX");
    refuse("-mips 0", "-mips 0");
    refuse("-speed warp", "real");
    refuse("-append x", "-kernel");
    refuse("-initrd x", "-kernel");
    refuse("-kernel a -kernel b", "-kernel b|a");
    refuse("-rtc base=yesterday", "localtime");
}

Test(options, debug_console)
{
    ACCEPT("-debugcon file:x -global isa-debugcon.iobase=0x402");
    cr_assert_eq(options.debug_console.kind, PORT_FILE);
    cr_assert_eq(options.debug_console_port, 0x402);
    refuse("-global isa-debugcon.iobase=zero", "port");
}

Test(options, what_qemu_has_and_this_has_not)
{
    refuse("-chardev stdio,id=a", "-serial");
    refuse("-pflash x", "-bios");
    refuse("-blockdev x", "-hda");
    refuse("-vnc :1", "not there yet");
}

Test(options, clock)
{
    ACCEPT("-rtc base=2006-06-17T16:01:21");
    cr_assert_eq(options.start_time, 1150560081);
    ACCEPT("-rtc base=1970-01-02");
    cr_assert_eq(options.start_time, 86400);
}

Test(options, log_channels)
{
    ACCEPT("-d int,guest_errors,pic");
    cr_assert_eq(options.log_channels, (u64)1 << LOG_INT | 1 << LOG_BUS | 1 << LOG_PIC);
    refuse("-d inn", "'int'");
    refuse("-d zzzzzzzzzz", "-d help");
}

Test(options, engines)
{
    ACCEPT("-engine interpreter");
    cr_assert_eq(options.engine, ENGINE_INTERPRETER);
    ACCEPT("-engine lockstep");
    cr_assert(options.lockstep);
    ACCEPT("-engine translator,without=fuse+chains");
    cr_assert_eq(options.engine, ENGINE_TRANSLATOR);
    cr_assert_eq(options.passes_left_out, 1 | 32);
    refuse("-engine translator,without=speed", "speed|fuse, flags, slots");
    refuse("-engine translator,with=fuse", "without=PASS");
    refuse("-engine fast", "interpreter, translator and lockstep");
}

Test(options, nearest_option_is_named)
{
    refuse("-cdrm x", "-cdrm|-cdrom");
    refuse("-nograhpic", "-nographic");
    refuse("--sereal stdio", "-serial");
    refuse("-snapshots", "-snapshot");
    refuse("-quantumflux", "-help");
}

Test(options, images_that_cannot_be_used)
{
    refuse("/nonexistent/x.img", "/nonexistent/x.img|No such file");
    refuse("/tmp", "/tmp|directory");
    refuse("/dev/null", "empty");
}

/* A file of `length` bytes with `magic` at `offset`, given as a bare image. */
static OptionsResult parse_file(const char *magic, size_t magic_length, size_t offset,
                                size_t length)
{
    char path[] = "/tmp/vitrine-options-XXXXXX";
    int fd = mkstemp(path);
    OptionsResult result;

    cr_assert_geq(fd, 0);
    cr_assert_eq(ftruncate(fd, (off_t)length), 0);
    cr_assert_eq(pwrite(fd, magic, magic_length, (off_t)offset), (ssize_t)magic_length);
    result = parse(path);
    close(fd);
    unlink(path);
    return result;
}

Test(options, bare_images_are_looked_at)
{
    cr_assert_eq(parse_file("\x55\xAA", 2, 510, 1474560), OPTIONS_RUN);
    cr_assert_not_null(options.floppies[0].file);
    cr_assert_eq(parse_file("\x55\xAA", 2, 510, 5120000), OPTIONS_RUN);
    cr_assert_not_null(options.drives[0].file);
    cr_assert_eq(parse_file("\x55\xAA", 2, 510, 512), OPTIONS_RUN);
    cr_assert_not_null(options.drives[0].file);
    cr_assert_eq(parse_file("CD001", 5, 32769, 300000), OPTIONS_RUN);
    cr_assert_eq(options.drives[2].kind, DRIVE_CDROM);
    cr_assert_eq(parse_file("\x7f"
                            "ELF",
                            4, 0, 5000),
                 OPTIONS_RUN);
    cr_assert_not_null(options.kernel);
    cr_assert_eq(parse_file("HdrS", 4, 0x202, 5000), OPTIONS_RUN);
    cr_assert_not_null(options.kernel);
    cr_assert_eq(parse_file("\xEA", 1, 65536 - 16, 65536), OPTIONS_RUN);
    cr_assert_not_null(options.bios);
    cr_assert_eq(parse_file("QFI\xfb", 4, 0, 100000), OPTIONS_WRONG);
    cr_assert(strstr(error, "qemu-img convert"));
    cr_assert_eq(parse_file("\x1f\x8b", 2, 0, 100000), OPTIONS_WRONG);
    cr_assert(strstr(error, "gunzip"));
}

Test(options, any_words_are_survived)
{
    static const char letters[] = "-abcdefimrs=,,::0x9Q~/";
    u32 random = 1;

    for (unsigned i = 0; i < 3000; i++) {
        char line[64];
        size_t length = 0;
        while (length < sizeof line - 1) {
            random = random * 1664525 + 1013904223;
            line[length++] =
                random >> 24 < 30 ? ' ' : letters[(random >> 16) % (sizeof letters - 1)];
        }
        line[length] = '\0';
        parse(line);
    }
}
