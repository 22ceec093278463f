/*
 * Manual: qemu-system-i386(1), "-chardev socket"; IEEE 1003.1, "Sockets".
 */
#include "frontend/socket_address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- reading ---- */

static bool refuse(char *error, size_t error_size, const char *sentence)
{
    snprintf(error, error_size, "%s", sentence);
    return false;
}

static bool parse_port(const char *text, u16 *port)
{
    unsigned long number;
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    number = strtoul(text, &end, 10);
    *port = (u16)number;
    return !*end && number <= 0xFFFF;
}

/* "HOST:PORT", where an address with colons stands in brackets. */
static bool parse_tcp(SocketAddress *address, const char *text, const char *usage, char *error,
                      size_t error_size)
{
    const char *colon = strrchr(text, ':'), *host = text;
    size_t length = colon ? (size_t)(colon - text) : 0;

    if (!colon || !parse_port(colon + 1, &address->port))
        return refuse(error, error_size, usage);
    if (length >= 2 && *host == '[' && host[length - 1] == ']') {
        host++;
        length -= 2;
    }
    if (length >= sizeof address->host)
        return refuse(error, error_size, "that is no name of a host");
    address->kind = SOCKET_TCP;
    memcpy(address->host, host, length);
    address->host[length] = '\0';
    return true;
}

static bool parse_unix(SocketAddress *address, const char *path, const char *usage, char *error,
                       size_t error_size)
{
    if (!*path)
        return refuse(error, error_size, usage);
    if (strlen(path) >= SOCKET_PATH)
        return refuse(error, error_size, "the path of a Unix socket has at most 107 bytes");
    address->kind = SOCKET_UNIX;
    snprintf(address->path, SOCKET_PATH, "%s", path);
    return true;
}

bool socket_address_parse(SocketAddress *address, const char *text, const char *usage, char *error,
                          size_t error_size)
{
    *address = (SocketAddress){.kind = SOCKET_NOWHERE};
    if (!strncmp(text, "tcp:", 4))
        return parse_tcp(address, text + 4, usage, error, error_size);
    if (!strncmp(text, "unix:", 5))
        return parse_unix(address, text + 5, usage, error, error_size);
    return refuse(error, error_size, usage);
}

bool socket_word_is_known(const char *word)
{
    static const char *const words[] = {"server",  "server=on",  "nowait", "wait=off",
                                        "nodelay", "nodelay=on", "ipv4",   "ipv4=on",
                                        "ipv6",    "ipv6=on"};

    for (unsigned i = 0; i < COUNT_OF(words); i++)
        if (!strcmp(word, words[i]))
            return true;
    return false;
}

/* ---- listening ---- */

static void explain_bind(const SocketAddress *address, const char *option, char *error,
                         size_t error_size)
{
    int reason = errno;

    if (address->kind == SOCKET_UNIX)
        snprintf(error, error_size, "%s: nobody can be waited for at %s: %s", option, address->path,
                 strerror(reason));
    else if (reason == EADDRINUSE)
        snprintf(error, error_size,
                 "port %u is in use, perhaps by another vitrine or QEMU; end that one, or take "
                 "another port: %s tcp::%u",
                 address->port, option, address->port % 0xFFFFU + 1);
    else
        snprintf(error, error_size, "%s: nobody can be waited for at port %u%s%s: %s", option,
                 address->port, *address->host ? " of " : "", address->host, strerror(reason));
}

static int listen_at(const struct sockaddr *where, socklen_t length)
{
    const int on = 1;
    int reason, fd = socket(where->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!bind(fd, where, length) && !listen(fd, 8))
        return fd;
    reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

/* A socket that nobody listens at any more is in the way of a new one. */
static void remove_dead_socket(const struct sockaddr_un *where)
{
    struct stat info;
    int fd;

    if (lstat(where->sun_path, &info) || !S_ISSOCK(info.st_mode))
        return;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)where, sizeof *where) && errno == ECONNREFUSED)
        unlink(where->sun_path);
    close(fd);
}

static int listen_unix(const SocketAddress *address)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};

    memcpy(where.sun_path, address->path, SOCKET_PATH);
    remove_dead_socket(&where);
    return listen_at((const struct sockaddr *)&where, sizeof where);
}

static u16 port_of(int fd)
{
    struct sockaddr_storage where = {0};
    socklen_t length = sizeof where;

    if (getsockname(fd, (struct sockaddr *)&where, &length))
        return 0;
    if (where.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&where)->sin6_port);
    return ntohs(((const struct sockaddr_in *)&where)->sin_port);
}

/* Without a host, only this computer may connect: whoever does commands the machine. */
static int listen_tcp(const SocketAddress *address, const char *option, char *error,
                      size_t error_size)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    const char *host = *address->host ? address->host : "127.0.0.1";
    struct addrinfo *found, *at;
    char port[8];
    int fd = -1, reason;

    snprintf(port, sizeof port, "%u", address->port);
    reason = getaddrinfo(host, port, &hints, &found);
    if (reason) {
        snprintf(error, error_size, "%s: %s is no address of this computer: %s", option, host,
                 gai_strerror(reason));
        return -1;
    }
    for (at = found; at && fd < 0; at = at->ai_next)
        fd = listen_at(at->ai_addr, at->ai_addrlen);
    if (fd < 0)
        explain_bind(address, option, error, error_size);
    freeaddrinfo(found);
    return fd;
}

int socket_listen(const SocketAddress *address, const char *option, u16 *port, char *error,
                  size_t error_size)
{
    int fd;

    if (address->kind == SOCKET_TCP) {
        fd = listen_tcp(address, option, error, error_size);
        *port = fd < 0 ? 0 : port_of(fd);
        return fd;
    }
    *port = 0;
    fd = listen_unix(address);
    if (fd < 0)
        explain_bind(address, option, error, error_size);
    return fd;
}
