/* The few words that every file uses. All headers here come from the compiler: there is no C
 * library below a kernel. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
