/*
 * A line for the monitor, put together from bytes.
 */
#ifndef FRONTEND_MONITOR_LINE_H
#define FRONTEND_MONITOR_LINE_H

enum { MONITOR_LINE = 1024 };

typedef enum MonitorLineEvent { LINE_GOES_ON, LINE_READY, LINE_TOO_LONG } MonitorLineEvent;

typedef struct MonitorLine {
    char text[MONITOR_LINE];    /* when ready: without its end */
    unsigned length;
    unsigned lost;              /* bytes that found no room */
} MonitorLine;

/* Ready with CR or LF, and too long when there was no room for all of it; the next byte begins another. */
MonitorLineEvent monitor_line_take(MonitorLine *line, char byte);

#endif
