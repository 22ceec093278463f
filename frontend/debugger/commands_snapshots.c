/*
 * Commands: snapshots with names.
 */
#include <inttypes.h>
#include <time.h>

#include "frontend/debugger/commands_inside.h"
#include "frontend/debugger/saved_snapshots.h"

enum { ERROR = 512, MOST_LISTED = 200 };

/* NULL, and it says so: there is none. */
static struct Timeline *timeline_of(Commands *commands)
{
    struct Timeline *timeline = debugger_timeline(commands->debugger);

    if (!timeline)
        say(commands, "Snapshots need the timeline, which is off.\n");
    return timeline;
}

CommandResult command_do_savevm(Commands *commands, const char *text)
{
    struct Timeline *timeline = timeline_of(commands);
    char error[ERROR];

    if (timeline && snapshot_save(timeline, text, error, sizeof error))
        say(commands, "Saved in %s, with what the writable drives hold.\n",
            timeline_folder(timeline));
    else if (timeline)
        say(commands, "Not saved: %s.\n", error);
    return COMMAND_DONE;
}

CommandResult command_do_loadvm(Commands *commands, const char *text)
{
    struct Timeline *timeline = timeline_of(commands);
    char error[ERROR];

    if (timeline && snapshot_load(timeline, text, error, sizeof error))
        say(commands,
            "The machine and its drives are as they were at count %" PRIu64
            "; the timeline begins anew here.\n",
            timeline_now(timeline));
    else if (timeline)
        say(commands, "Not loaded: %s.\n", error);
    return COMMAND_DONE;
}

CommandResult command_do_delvm(Commands *commands, const char *text)
{
    struct Timeline *timeline = timeline_of(commands);
    char error[ERROR];

    if (timeline && snapshot_delete(timeline, text, error, sizeof error))
        say(commands, "Deleted.\n");
    else if (timeline)
        say(commands, "Not deleted: %s.\n", error);
    return COMMAND_DONE;
}

CommandResult command_info_snapshots(Commands *commands, const char *text)
{
    struct Timeline *timeline = timeline_of(commands);
    SavedSnapshot list[MOST_LISTED];
    unsigned count = timeline ? snapshot_list(timeline, list, MOST_LISTED) : 0;

    (void)text;
    if (timeline && !count)
        say(commands, "There are none in %s.\n", timeline_folder(timeline));
    for (unsigned i = 0; i < count; i++) {
        time_t saved = (time_t)list[i].saved;
        struct tm local;
        char when[32] = "";

        if (localtime_r(&saved, &local))
            strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &local);
        say(commands, "%-24s %s  %8" PRIu64 " KB  count %" PRIu64 "\n", list[i].name, when,
            (list[i].bytes + 1023) / 1024, list[i].cycles);
    }
    return COMMAND_DONE;
}
