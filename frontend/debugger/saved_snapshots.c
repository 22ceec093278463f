#include "frontend/debugger/saved_snapshots.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "frontend/debugger/block_file.h"
#include "frontend/debugger/snapshot_file.h"

#define SUFFIX ".snapshot"

/* ---- where they are ---- */

bool timeline_set_folder(Timeline *timeline, const char *folder)
{
    free(timeline->folder);
    timeline->folder = strdup(folder);
    return timeline->folder != NULL;
}

const char *timeline_folder(const Timeline *timeline)
{
    return timeline->folder ? timeline->folder : "vitrine.snapshots";
}

/* Letters, digits and a few signs: no name leads out of the folder. */
static bool is_name(const char *name)
{
    size_t length = strlen(name);

    if (!length || length >= sizeof((SavedSnapshot *)0)->name || *name == '.')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr("-_.+", *name))
            return false;
    return true;
}

static bool find_path(const Timeline *timeline, const char *name, char path[SNAPSHOT_PATH],
                      char *error, size_t error_size)
{
    if (!is_name(name)) {
        snprintf(error, error_size,
                 "a snapshot's name has letters, digits, '-', '_', '+' and '.', "
                 "at most 63, and does not begin with '.'");
        return false;
    }
    snprintf(path, SNAPSHOT_PATH, "%s/%s" SUFFIX, timeline_folder(timeline), name);
    return true;
}

/* ---- saving ---- */

static bool may_save(const Timeline *timeline, char *error, size_t error_size)
{
    if (timeline->closed)
        snprintf(error, error_size, "a recording comes without its disks, which a snapshot holds");
    else if (timeline->past)
        snprintf(error, error_size,
                 "the machine is in the past, and its disks are not; go to the "
                 "timeline's end, or cut it here");
    return !timeline->past;
}

/* Under another name first, so that an older snapshot of the name survives a failure. */
bool snapshot_save(Timeline *timeline, const char *name, char *error, size_t error_size)
{
    char path[SNAPSHOT_PATH], unfinished[SNAPSHOT_PATH + 8];
    FILE *file;
    bool saved;

    if (!may_save(timeline, error, error_size) ||
        !find_path(timeline, name, path, error, error_size))
        return false;
    snprintf(unfinished, sizeof unfinished, "%s.new", path);
    if (mkdir(timeline_folder(timeline), 0777) && errno != EEXIST) {
        snprintf(error, error_size, "%s: %s", timeline_folder(timeline), strerror(errno));
        return false;
    }
    file = fopen(unfinished, "wbe");
    if (!file) {
        snprintf(error, error_size, "%s: %s", unfinished, strerror(errno));
        return false;
    }
    saved = snapshot_file_write(timeline, file, error, error_size);
    if (fclose(file) && saved) {
        saved = false;
        snprintf(error, error_size, "%s: %s", unfinished, strerror(errno));
    }
    if (saved && !rename(unfinished, path))
        return true;
    if (saved)
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
    unlink(unfinished);
    return false;
}

bool snapshot_load(Timeline *timeline, const char *name, char *error, size_t error_size)
{
    char path[SNAPSHOT_PATH];
    FILE *file;
    bool loaded;

    if (timeline->closed) {
        snprintf(error, error_size, "a recording goes only where it went");
        return false;
    }
    if (!find_path(timeline, name, path, error, error_size))
        return false;
    file = fopen(path, "rbe");
    if (!file) {
        snprintf(error, error_size, "%s: %s; `info snapshots` lists what there is", path,
                 strerror(errno));
        return false;
    }
    loaded = snapshot_file_read(timeline, file, path, error, error_size);
    fclose(file);
    return loaded;
}

bool snapshot_delete(Timeline *timeline, const char *name, char *error, size_t error_size)
{
    char path[SNAPSHOT_PATH];

    if (!find_path(timeline, name, path, error, error_size))
        return false;
    if (!unlink(path))
        return true;
    snprintf(error, error_size, "%s: %s", path, strerror(errno));
    return false;
}

/* ---- listing ---- */

static bool describe(const Timeline *timeline, const char *entry, SavedSnapshot *snapshot)
{
    char path[SNAPSHOT_PATH];
    size_t length = strlen(entry), suffix = strlen(SUFFIX);
    struct stat about;
    FILE *file;
    bool good;

    if (length <= suffix || length - suffix >= sizeof snapshot->name ||
        strcmp(entry + length - suffix, SUFFIX))
        return false;
    snprintf(path, sizeof path, "%s/%s", timeline_folder(timeline), entry);
    file = fopen(path, "rbe");
    if (!file)
        return false;
    good = !fstat(fileno(file), &about) && snapshot_file_describe(file, snapshot);
    fclose(file);
    memcpy(snapshot->name, entry, length - suffix);
    snapshot->name[length - suffix] = '\0';
    snapshot->bytes = good ? (u64)about.st_size : 0;
    return good;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const SavedSnapshot *)a)->name, ((const SavedSnapshot *)b)->name);
}

unsigned snapshot_list(const Timeline *timeline, SavedSnapshot *list, unsigned most)
{
    DIR *folder = opendir(timeline_folder(timeline));
    const struct dirent *entry;
    unsigned count = 0;

    while (folder && count < most && (entry = readdir(folder)))
        count += describe(timeline, entry->d_name, &list[count]);
    if (folder)
        closedir(folder);
    qsort(list, count, sizeof *list, compare_names);
    return count;
}
