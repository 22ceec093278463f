/* What every program needs: a way to speak, and a place to return to. */
#include "program.h"

/* The kernel puts this function's address on a new program's stack, as its return address. */
void user_return(void)
{
    for (;;)
        call(CALL_EXIT, 0, 0);
}

void say(const char *text)
{
    u32 bytes = 0;
    while (text[bytes])
        bytes++;
    call(CALL_WRITE, (u32)text, bytes);
}

static void say_number(u32 number, u32 base, u32 least_digits)
{
    char text[12];
    u32 place = sizeof text - 1;
    text[place] = 0;
    for (; number || least_digits; number /= base, least_digits -= least_digits != 0)
        text[--place] = "0123456789ABCDEF"[number % base];
    say(text + place);
}

void say_hex(u32 number)
{
    say_number(number, 16, 8);
}

void say_decimal(u32 number)
{
    say_number(number, 10, 1);
}
