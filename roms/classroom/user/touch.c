/* `fault`: touches memory that it was never given, and gets it. */
#include "program.h"

static volatile u32 *const memory = (u32 *)0x10000000;

void user_touch(u32 argument)
{
    (void)argument;
    say("\x05 ring 3 \x01reads the word at 10000000, where nothing is mapped:\n");
    u32 value = memory[0];
    say("\x05 ring 3 \x01got ");
    say_hex(value);
    say(", and never noticed. Now it writes 12345678 there:\n");
    memory[0] = 0x12345678;
    say("\x05 ring 3 \x01reads back ");
    say_hex(memory[0]);
    say(". Now it writes to the next page, 10001000:\n");
    memory[1024] = 1;
    say("\x05 ring 3 \x01is done. Had it touched 20000000, it would have been ended.\n");
}
