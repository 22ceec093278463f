/* An evening at the lake, in mode 13h. */
#pragma once

enum { PICTURE_SECONDS = 12 };

/* Returns when a key is pressed or the time is over; the text screen is back then. */
void picture_show(void);
