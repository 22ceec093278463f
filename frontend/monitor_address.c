/*
 * Manual: qemu-system-i386(1), "-monitor" and "-chardev socket".
 */
#include "frontend/monitor_address.h"

#include <stdio.h>
#include <string.h>

static const char usage[] = "write stdio, pty, tcp:HOST:PORT,server,nowait, "
                            "telnet:HOST:PORT,server,nowait, unix:PATH,server,nowait or none";

static bool refuse(char *error, size_t error_size, const char *sentence)
{
    snprintf(error, error_size, "%s", sentence);
    return false;
}

/* The words behind an address. QEMU's oldest and newest spellings are both in use. */
static bool parse_words(MonitorAddress *address, char *rest, char *error, size_t error_size)
{
    bool server = false;
    char *word;

    address->wait = true;
    while ((word = strsep(&rest, ","))) {
        if (!strcmp(word, "server") || !strcmp(word, "server=on"))
            server = true;
        else if (!strcmp(word, "nowait") || !strcmp(word, "wait=off"))
            address->wait = false;
        else if (!strcmp(word, "wait=on") || !strcmp(word, "wait"))
            address->wait = true;
        else if (!socket_word_is_known(word)) {
            snprintf(error, error_size,
                     "'%.64s' is not known here; behind the address stand server, and nowait "
                     "if the machine shall not wait for somebody to connect",
                     word);
            return false;
        }
    }
    return server || refuse(error, error_size,
                            "write ,server,nowait behind the address: vitrine waits for others to "
                            "connect, and does not connect itself");
}

bool monitor_address_parse(MonitorAddress *address, const char *text, char *error,
                           size_t error_size)
{
    char copy[512], *rest = copy, *place;

    *address = (MonitorAddress){.place = MONITOR_NOWHERE};
    if (!strcmp(text, "pty")) {
        address->place = MONITOR_PTY;
        return true;
    }
    if (strlen(text) >= sizeof copy)
        return refuse(error, error_size, usage);
    snprintf(copy, sizeof copy, "%s", text);
    place = strsep(&rest, ",");
    if (!strncmp(place, "telnet:", 7)) {
        address->telnet = true;
        place += 3;
        memcpy(place, "tcp", 3);
    }
    if (!socket_address_parse(&address->socket, place, usage, error, error_size) ||
        !parse_words(address, rest, error, error_size))
        return false;
    address->place = MONITOR_SOCKET;
    return true;
}
