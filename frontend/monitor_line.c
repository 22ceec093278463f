#include "frontend/monitor_line.h"

MonitorLineEvent monitor_line_take(MonitorLine *line, char byte)
{
    MonitorLineEvent event = line->lost ? LINE_TOO_LONG : LINE_READY;

    if (byte != '\n' && byte != '\r') {
        if (line->length + 1 < MONITOR_LINE)
            line->text[line->length++] = byte;
        else
            line->lost++;
        return LINE_GOES_ON;
    }
    line->text[line->length] = '\0';
    line->length = line->lost = 0;
    return event;
}
