/* Demand paging: memory that appears when it is touched. */
#pragma once
#include "interrupts.h"

/* The part of a program's address space where it works. */
#define DEMAND_BASE 0x10000000u
enum { DEMAND_BYTES = 1 << 20 };

void demand_init(void);

/* True: the page is there now. False: the program had no business at this address. */
bool demand_page(const InterruptFrame *frame, u32 address);
