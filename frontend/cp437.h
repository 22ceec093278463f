/*
 * Code page 437, the PC's character set, as its font in ROM shows it: the control characters are
 * pictures too, 00h and FFh are blank.
 */
#ifndef FRONTEND_CP437_H
#define FRONTEND_CP437_H

#include "mmu/base.h"

u16 cp437_unicode(u8 character);

/* Its bytes in UTF-8; returns how many. */
unsigned cp437_utf8(u8 character, char utf8[3]);

#endif
