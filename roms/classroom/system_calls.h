/* System calls, the kernel's side. */
#pragma once
#include "call_numbers.h"
#include "interrupts.h"

void system_call(InterruptFrame *frame);
