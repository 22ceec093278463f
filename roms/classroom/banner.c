/* The first thing that a new user sees. */
#include "banner.h"
#include "console.h"
#include "frames.h"
#include "serial.h"
#include "shell.h"

// clang-format off
static const char *const lines[] = {
    FRAME "   ╔════════════════════════════════════════════════════════════════════════╗\n",
    FRAME "   ║" TITLE "                 ██    ██                ██                             " FRAME "║\n",
    FRAME "   ║" TITLE "                       ██                                               " FRAME "║\n",
    FRAME "   ║" TITLE "     ██      ██  ██  ████████  ██  ████  ██  ██  ████      ██████       " FRAME "║\n",
    FRAME "   ║" FRAME "     ██      ██  ██    ██      ████      ██  ████    ██  ██      ██     " FRAME "║\n",
    FRAME "   ║" FRAME "     ██      ██  ██    ██      ██        ██  ██      ██  ██████████     " FRAME "║\n",
    FRAME "   ║" VIOLET "       ██  ██    ██    ██      ██        ██  ██      ██  ██             " FRAME "║\n",
    FRAME "   ║" VIOLET "         ██      ██      ████  ██        ██  ██      ██    ████████     " FRAME "║\n",
    FRAME "   ║" PLAIN "                                                                        " FRAME "║\n",
    FRAME "   ║" VALUE "        an operating system small enough to be read in a weekend        " FRAME "║\n",
    FRAME "   ╚════════════════════════════════════════════════════════════════════════╝\n",
};
// clang-format on

void banner_print(void)
{
    unsigned count;
    shell_commands(&count);
    for (unsigned i = 0; i < LENGTH(lines); i++)
        print("%s", lines[i]);
    print(PLAIN "\n   It needs %u KB of memory, and has %u commands; each shows one idea.\n"
                "   Begin with one of these:\n\n",
          (frames_total() - frames_free()) * (FRAME_BYTES / 1024), count);
    print("     " VALUE "help" PLAIN "  all of them      " VALUE "tasks" PLAIN
          "   four programs at once   " VALUE "draw" PLAIN "  a picture\n");
    print("     " VALUE "cpu" PLAIN "   what runs here   " VALUE "pages" PLAIN
          "   follow an address       " VALUE "off" PLAIN "   switch it off\n\n");
    print(FAINT "   Tab completes, the arrow up recalls. %s\n\n" PLAIN,
          serial_present() ? "COM1 shows all this too, and can type." : "There is no COM1 here.");
}
