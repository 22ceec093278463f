/*
 * Bytes for somebody else on the host that it has not taken yet.
 */
#ifndef FRONTEND_OUTGOING_H
#define FRONTEND_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Outgoing {
    char *bytes;
    size_t length, room;
} Outgoing;

/* False, and nothing is added: there would be more than `most`, or the host is out of memory. */
bool outgoing_add(Outgoing *outgoing, const char *bytes, size_t length, size_t most);

/* Lets the host take what it can take now, by a descriptor that does not block. False: whoever reads
 * there has gone. */
bool outgoing_give(Outgoing *outgoing, int fd);

void outgoing_free(Outgoing *outgoing);

#endif
