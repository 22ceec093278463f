/*
 * `protect`: tries what ring 3 must not. Each time it is started, its argument says which crime
 * to commit; commands_programs.c has the list and the explanations, in the same order.
 */
#include "program.h"

void user_rebel(u32 argument)
{
    switch (argument) {
    case 0:
        asm volatile("cli");
        break;
    case 1:
        asm volatile("inb $0x60, %%al" : : : "eax");
        break;
    case 2:
        asm volatile("hlt");
        break;
    case 3:
        asm volatile("movl %%cr3, %%eax" : : : "eax");
        break;
    case 4:
        (void)*(volatile u32 *)0xc0009000;
        break;
    case 5:
        *(volatile u8 *)user_rebel = 0x90;
        break;
    case 6:
        asm volatile("int $0x21");
        break;
    case 7:
        asm volatile("xorl %%eax, %%eax; movl (%%eax), %%eax" : : : "eax");
        break;
    case 8:
        asm volatile("movl $1, %%eax; xorl %%edx, %%edx; xorl %%ecx, %%ecx; divl %%ecx"
                     :
                     :
                     : "eax", "ecx", "edx");
        break;
    }
    say("   nothing stopped it!\n");
}
