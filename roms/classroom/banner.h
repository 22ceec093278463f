/* The first thing that a new user sees. */
#pragma once

void banner_print(void);
