#include "frontend/monitors.h"

/* A serial port that has the terminal shares it with the monitor. */
static bool open_terminal(Monitors *monitors, Session *session, const CommandHost *host,
                          char *error, size_t error_size)
{
    bool shared = false, first = session->options.monitor == PORT_STDIO;

    for (unsigned i = 0; i < MACHINE_SERIAL_PORTS; i++)
        shared |= session->serial[i].escape;
    if (!shared && !first)
        return true;
    monitors->terminal = monitor_open(session->debugger, host, shared, error, error_size);
    if (monitors->terminal && first)
        monitor_take_terminal(monitors->terminal);
    return monitors->terminal != NULL;
}

bool monitors_open(Monitors *monitors, Session *session, const CommandHost *host, char *error,
                   size_t error_size)
{
    const MonitorAddress *address = &session->options.remote_monitor;

    *monitors = (Monitors){NULL, NULL};
    if (!open_terminal(monitors, session, host, error, error_size))
        return false;
    if (address->place == MONITOR_NOWHERE)
        return true;
    monitors->remote = monitor_remote_open(address, session->debugger, host, error, error_size);
    return monitors->remote != NULL;
}

void monitors_close(Monitors *monitors)
{
    monitor_close(monitors->terminal);
    monitor_remote_close(monitors->remote);
}

void monitors_poll(Monitors *monitors)
{
    if (monitors->terminal)
        monitor_poll(monitors->terminal);
    if (monitors->remote)
        monitor_remote_poll(monitors->remote);
}

nfds_t monitors_wait(const Monitors *monitors, struct pollfd *polled)
{
    nfds_t count = 0;

    if (monitors->terminal && monitor_input(monitors->terminal) >= 0)
        polled[count++] =
            (struct pollfd){.fd = monitor_input(monitors->terminal), .events = POLLIN};
    if (monitors->remote)
        count += monitor_remote_wait(monitors->remote, polled + count);
    return count;
}
