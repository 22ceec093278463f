/* The title above and the status line below the text. */
#pragma once

void title_draw(void);
void status_draw(void); /* ten times a second, by the timer */
