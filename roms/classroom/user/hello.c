/* `syscall`: a program in ring 3 asks the kernel for something, and once for something wrong. */
#include "program.h"

static u32 privilege(void)
{
    u32 code_segment;
    asm("movl %%cs, %0" : "=r"(code_segment));
    return code_segment & 3;
}

static u32 stack_pointer(void)
{
    u32 value;
    asm("movl %%esp, %0" : "=r"(value));
    return value;
}

void user_hello(u32 argument)
{
    (void)argument;
    say("\x05 ring 3 \x01this is program 'hello', privilege level ");
    say_decimal(privilege());
    say(", my stack is at ");
    say_hex(stack_pointer());
    say(".\n        I want to know the time: EAX=2 (call 'ticks'), then INT 80h.\n");
    u32 ticks = call(CALL_TICKS, 0, 0);
    say("\x05 ring 3 \x01I find ");
    say_decimal(ticks);
    say(" in EAX: the ticks since the system started.\n\n");

    say("\x05 ring 3 \x01now a trick: 'write', with a pointer to the kernel's memory.\n");
    u32 result = call(CALL_WRITE, 0xc0009000, 64);
    say("        EAX=");
    say_hex(result);
    say(result == CALL_REFUSED ? ": refused. The kernel looked at the pointer first.\n"
                               : ": it worked, and that is bad news.\n");
}
