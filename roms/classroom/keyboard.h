/* The keyboard behind its 8042 controller. */
#pragma once

void keyboard_init(void);
void keyboard_interrupt(void);
