/* What this processor is able to do. */
#pragma once
#include "types.h"

bool processor_has_cpuid(void);
bool processor_has_time_stamp(void);
