/* Exceptions: what the processor raises when an instruction cannot be carried out. */
#pragma once
#include "interrupts.h"

enum { DIVIDE_ERROR = 0, INVALID_OPCODE = 6, GENERAL_PROTECTION = 13, PAGE_FAULT = 14 };

void fault_handle(InterruptFrame *frame);
const char *fault_name(u32 vector);     /* "general protection" */
const char *fault_mnemonic(u32 vector); /* "#GP" */

/* Says in words what the bits of a page fault's error code mean. */
void print_page_fault_code(u32 error_code);
