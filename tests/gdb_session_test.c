/*
 * What a student types into gdb, in 16-, 32- and 64-bit code, and what he reads then.
 */
#include "tests/gdb_session_rig.h"

enum { SECTOR_BYTES = 512, FLOPPY_BYTES = 1474560 };

TestSuite(gdb_session, .init = session_begin, .fini = session_end, .timeout = 180);

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

/* ---- from 16-bit to 32-bit code ---- */

/* Waits in real mode until gdb has written a flag, then enters protected mode. */
FIRMWARE(to_32_bits, "xor ax, ax\n"
                     "mov ds, ax\n"
                     "mov ss, ax\n"
                     "mov esp, 0x7654\n"
                     "mov byte ptr [0x600], 0\n"
                     "to_32_bits_wait: cmp byte ptr [0x600], 1\n"
                     "jne to_32_bits_wait\n"
                     "cli\n"
                     "lgdt cs:[to_32_bits_gdtr - to_32_bits]\n"
                     "mov eax, 1\n"
                     "mov cr0, eax\n"
                     ".byte 0x66, 0xEA\n" /* jmp 8:... */
                     ".long to_32_bits_high - to_32_bits + 0xF0000\n"
                     ".word 8\n"
                     ".code32\n"
                     "to_32_bits_high: mov eax, 0x12345678\n"
                     "mov ecx, 16\n"
                     "mov ds, ecx\n"
                     "mov ss, ecx\n"
                     "mov esp, 0x12000\n"
                     "push eax\n"
                     "to_32_bits_loop: inc edx\n"
                     "jmp to_32_bits_loop\n"
                     ".code16\n"
                     "to_32_bits_gdtr: .word 23\n"
                     ".long to_32_bits_gdt - to_32_bits + 0xF0000\n"
                     "to_32_bits_gdt: .quad 0\n"
                     ".quad 0x00CF9A000000FFFF\n"
                     ".quad 0x00CF92000000FFFF");
extern const u8 to_32_bits_wait[], to_32_bits_high[], to_32_bits_loop[];

/* gdb has come while the machine ran in real mode, and stays. */
Test(gdb_session, from_real_to_protected_mode)
{
    char lines[640];

    write_rom(to_32_bits, to_32_bits_end);
    start_vitrine("-gdb GDB -bios IMAGE");
    snprintf(lines, sizeof lines,
             "info registers cs cs_base esp cr0\n"
             "print $eip >= %u && $eip < %u\n"
             "set {char}0x600 = 1\n"
             "break *%#llx\n"
             "continue\n"
             "info registers eip esp cs cs_base cr0\n"
             "set architecture i386\n"
             "x/2i $pc\n"
             "delete\n"
             "break *%#llx\n"
             "continue\n"
             "info registers eax esp ss eip\n"
             "print/x *(int *)$esp\n"
             "stepi\n"
             "reverse-stepi\n"
             "info registers eip\n"
             "kill\n",
             (unsigned)(to_32_bits_wait - to_32_bits), (unsigned)(to_32_bits_high - to_32_bits),
             (unsigned long long)AT(to_32_bits, to_32_bits_high),
             (unsigned long long)AT(to_32_bits, to_32_bits_loop));
    run_gdb("", lines);
    expect("cs             0xf000|cs_base        0xf0000|esp            0x7654|[ ET NW CD ]|= 1|"
           "Breakpoint 1, 0x000f0|eip            0xf0|esp            0x7654|cs             0x8|"
           "cs_base        0x0|PE|mov    $0x12345678,%eax|mov    $0x10,%ecx|Breakpoint 2|"
           "eax            0x12345678|esp            0x11ffc|ss             0x10|= 0x12345678|"
           "eip            0xf0|killed");
    cr_assert_eq(wait_for_end(), 0);
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
