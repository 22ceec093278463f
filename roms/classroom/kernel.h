/* Called once, by entry.asm. */
#pragma once

_Noreturn void kernel_main(void);
