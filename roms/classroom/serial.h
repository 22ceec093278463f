/* COM1, the first serial port. */
#pragma once
#include "types.h"

void serial_init(void);
void serial_listen(void);
bool serial_present(void);
void serial_put(char character);
void serial_interrupt(void);
