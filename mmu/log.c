#include "mmu/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name, *help;
} channels[] = {
#define CHANNEL_ROW(enumerator, name, help) [enumerator] = {name, help},
    LOG_CHANNELS(CHANNEL_ROW)
#undef CHANNEL_ROW
};

static const char *const level_prefix[] = {
    [LOG_ERROR] = "error: ", [LOG_WARNING] = "warning: ", [LOG_DEBUG] = ""};

const char *log_channel_name(LogChannel channel)
{
    return channels[channel].name;
}

const char *log_channel_help(LogChannel channel)
{
    return channels[channel].help;
}

PRINTF_LIKE(4, 0)
static void log_vprint(Log *log, LogChannel channel, LogLevel level, const char *format,
                       va_list arguments)
{
    char text[512], line[600];

    if (!log || !log->write)
        return;
    vsnprintf(text, sizeof text, format, arguments);
    if (level == LOG_DEBUG && log->cycles)
        snprintf(line, sizeof line, "%12" PRIu64 " %s: %s", *log->cycles, channels[channel].name,
                 text);
    else
        snprintf(line, sizeof line, "%s: %s%s", channels[channel].name, level_prefix[level], text);
    log->write(log->owner, line);
}

void log_print(Log *log, LogChannel channel, LogLevel level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_vprint(log, channel, level, format, arguments);
    va_end(arguments);
}

void log_once(Log *log, LogChannel channel, const char *format, ...)
{
    va_list arguments;
    size_t i;

    if (!log)
        return;
    for (i = 0; i < COUNT_OF(log->once) && log->once[i]; i++)
        if (log->once[i] == format)
            return;
    if (i == COUNT_OF(log->once))
        return;
    log->once[i] = format;
    va_start(arguments, format);
    log_vprint(log, channel, LOG_WARNING, format, arguments);
    va_end(arguments);
}
