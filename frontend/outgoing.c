#include "frontend/outgoing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool make_room(Outgoing *outgoing, size_t wanted)
{
    char *larger;

    if (wanted <= outgoing->room)
        return true;
    larger = realloc(outgoing->bytes, 2 * wanted);
    if (!larger)
        return false;
    outgoing->bytes = larger;
    outgoing->room = 2 * wanted;
    return true;
}

bool outgoing_add(Outgoing *outgoing, const char *bytes, size_t length, size_t most)
{
    size_t wanted = outgoing->length + length;

    if (!length)
        return true;
    if (wanted > most || !make_room(outgoing, wanted))
        return false;
    memcpy(outgoing->bytes + outgoing->length, bytes, length);
    outgoing->length = wanted;
    return true;
}

/* A reader of a socket that has gone is no reason for SIGPIPE. */
static ssize_t give(int fd, const char *bytes, size_t length)
{
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

    return sent < 0 && errno == ENOTSOCK ? write(fd, bytes, length) : sent;
}

bool outgoing_give(Outgoing *outgoing, int fd)
{
    size_t done = 0;
    bool there = true;

    while (done < outgoing->length && there) {
        ssize_t sent = give(fd, outgoing->bytes + done, outgoing->length - done);

        if (sent >= 0)
            done += (size_t)sent;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            break;
        else
            there = errno == EINTR;
    }
    if (done) {
        outgoing->length -= done;
        memmove(outgoing->bytes, outgoing->bytes + done, outgoing->length);
    }
    return there;
}

void outgoing_free(Outgoing *outgoing)
{
    free(outgoing->bytes);
    *outgoing = (Outgoing){.bytes = NULL};
}
