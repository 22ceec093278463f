/* Called once, by high_start.asm. */
#pragma once

_Noreturn void kernel_main(void);
