/*
 * gdb and a Linux kernel without symbols, from its timer's first interrupt on: the kernels of
 * Debian's installers, for 32 and 64 bits. Skipped where they are not installed.
 */
#include "tests/gdb_session_rig.h"

#define KERNEL(architecture)                                                                       \
    "/usr/lib/debian-installer/images/12/" architecture "/text/debian-installer/" architecture     \
    "/linux"

TestSuite(gdb_linux, .init = session_begin, .fini = session_end, .timeout = 300);

/* Its timer is that of the IBM PC, IRQ 0, which Linux has on vector 30h (ISA_IRQ_VECTOR). */
static void debug_kernel(const char *path, const char *package, const char *words)
{
    char line[256];

    if (access(path, R_OK))
        cr_skip_test("%s is not there: apt-get install %s", path, package);
    snprintf(line, sizeof line, "-S -speed max -gdb GDB -m 128 -append nokaslr -kernel %s", path);
    start_vitrine(line);
    run_gdb("", "monitor catch interrupt 0x30\n"
                "continue\n"
                "info registers\n"
                "monitor info registers\n"
                "monitor delete\n"
                "set $handler = $pc\n"
                "set $stack = $sp\n"
                "hbreak *$handler\n"
                "continue\n"
                "print $pc == $handler\n"
                "stepi\n"
                "stepi\n"
                "print $pc == $handler\n"
                "reverse-stepi\n"
                "reverse-stepi\n"
                "print $pc == $handler\n"
                "monitor walk $pc\n"
                "x/i $pc\n"
                "kill\n");
    expect(words);
    cr_assert_eq(wait_for_end(), 0);
}

Test(gdb_linux, in_64_bits)
{
    debug_kernel(
        KERNEL("amd64"), "debian-installer-12-netboot-amd64",
        "interrupt 30h, at its handler|0xffffffff8|rip            0xffffffff8|"
        "cs             0x10 |cr0 |PG|efer           0x|LME LMA|RAX=|RIP=ffffffff8|CS =0010 |"
        "Hardware assisted breakpoint 1 at 0xffffffff8|Breakpoint 1, 0xffffffff8|$1 = 1|"
        "$2 = 0|Breakpoint 1, 0xffffffff8|$3 = 1|4-level paging|=> 0xffffffff8|killed");
}

Test(gdb_linux, in_32_bits)
{
    debug_kernel(
        KERNEL("i386"), "debian-installer-12-netboot-i386",
        "interrupt 30h, at its handler|0xc|eip            0xc|cs             0x60 |cr0 |PG|"
        "EAX=|EIP=c|CS =0060 |Hardware assisted breakpoint 1 at 0xc|Breakpoint 1, 0xc|"
        "$1 = 1|$2 = 0|Breakpoint 1, 0xc|$3 = 1|32-bit paging|=> 0xc|killed");
}
