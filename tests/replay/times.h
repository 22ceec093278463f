/*
 * How long going back takes on a disk image of your own.
 */
#ifndef TESTS_REPLAY_TIMES_H
#define TESTS_REPLAY_TIMES_H

/* Boots the image, runs it for so many million instructions, and goes back from there: prints times,
 * returns the exit status. */
int replay_times(const char *image, unsigned millions);

#endif
