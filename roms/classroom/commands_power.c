/* `crash`, `off`, `reboot`. */
#include "commands.h"
#include "console.h"
#include "power.h"
#include "tasks.h"
#include "text.h"
#include "timer.h"

/* Time for the last words to leave the serial port, and to be read. */
static void say_goodbye(void)
{
    print("  Goodbye.\n");
    task_sleep(TICKS_PER_SECOND / 2);
}

void command_crash(const char *arguments)
{
    print_heading("crash: the triple fault");
    print("  1. The interrupt table is replaced by an empty one (LIDT, limit 0). Then INT3:\n"
          "     vector 3 has no gate, which is a general protection fault, vector 13.\n"
          "  2. No gate for 13 either. A fault while delivering a fault is a " VALUE "double\n"
          "     fault" PLAIN ", vector 8.\n"
          "  3. No gate for 8 either. The processor gives up: a " BAD "triple fault" PLAIN
          " is the one\n"
          "     thing that no software can catch. It shuts down; a PC answers with reset.\n");
    if (!text_equal(arguments, "yes")) {
        print("\n  The machine would start again from the BIOS. If you want that: " VALUE
              "crash yes\n" PLAIN);
        return;
    }
    say_goodbye();
    power_crash();
}

void command_off(const char *arguments)
{
    PowerOff power;
    (void)arguments;
    print_heading("off: by the firmware's tables");
    if (power_find(&power)) {
        print("  RSDP %08x -> RSDT %08x -> FADT %08x: the control port is " VALUE "%04x" PLAIN ".\n"
              "  FADT -> DSDT %08x: for the state S5, \"off\", the sleep type is " VALUE "%u" PLAIN
              ".\n"
              "  So: out " VALUE "%04x, %04x" PLAIN ".\n",
              power.rsdp, power.rsdt, power.fadt, power.control_port, power.dsdt, power.sleep_type,
              power.control_port, (u32)power.sleep_type << 10 | 1 << 13);
        say_goodbye();
        power_off(&power);
    } else {
        print("  The firmware left no ACPI tables. Some well-known ports are left to try.\n");
        say_goodbye();
    }
    task_sleep(TICKS_PER_SECOND / 2);
    power_off_guess();
    task_sleep(TICKS_PER_SECOND / 2);
    print("  It is still on. Switch it off by hand; nothing is lost.\n");
}

void command_reboot(const char *arguments)
{
    (void)arguments;
    print_heading("reboot");
    print("  FEh to port 64h: the keyboard controller, of all chips, holds the reset wire.\n");
    say_goodbye();
    power_reset();
    print("  It does not. Try " VALUE "crash yes" PLAIN ", which nothing can refuse.\n");
}
