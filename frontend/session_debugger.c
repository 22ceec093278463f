#include "frontend/session_debugger.h"

#include "frontend/debugger/lint.h"
#include "frontend/debugger/saved_snapshots.h"

#include <string.h>

/* ---- debugger ---- */

static bool open_debugger(Session *session)
{
    session->debugger = debugger_create(session->machine);
    if (!session->debugger)
        snprintf(session->error, SESSION_ERROR, "the host is out of memory");
    else if (session->options.start_stopped)
        debugger_pause(session->debugger);
    if (!session->debugger || !session->timeline)
        return session->debugger != NULL;
    debugger_use_timeline(session->debugger, session->timeline);
    return timeline_watch(session->timeline, session->machine, session->error, SESSION_ERROR);
}

static DriveNote note_of(const Session *session, const DiskImage *image, const DriveOption *option,
                         const char *name)
{
    return (DriveNote){
        .name = name,
        .file = image->memory ? "the classroom guest" : option->file,
        .removable = image->kind != IMAGE_DISK,
        .read_only = image->device.read_only,
        .temporary = image->memory || option->snapshot || session->options.snapshot,
    };
}

/* A recording has its own drives. */
static void note_drives(Session *session)
{
    static const char *const names[2][MACHINE_IDE_DRIVES] = {
        {"ide0-hd0", "ide0-hd1", "ide1-hd0", "ide1-hd1"},
        {"ide0-cd0", "ide0-cd1", "ide1-cd0", "ide1-cd1"}};
    static const char *const floppies[MACHINE_FLOPPIES] = {"floppy0", "floppy1"};
    unsigned count = 0;

    if (session->options.replay)
        return;
    for (unsigned i = 0; i < MACHINE_IDE_DRIVES; i++)
        if (session->options.drives[i].kind != DRIVE_NONE || session->drives[i].memory)
            session->drive_notes[count++] =
                note_of(session, &session->drives[i], &session->options.drives[i],
                        names[session->drives[i].kind == IMAGE_CDROM][i]);
    for (unsigned i = 0; i < MACHINE_FLOPPIES; i++)
        if (session->options.floppies[i].kind != DRIVE_NONE)
            session->drive_notes[count++] =
                note_of(session, &session->floppies[i], &session->options.floppies[i], floppies[i]);
    debugger_note_drives(session->debugger, session->drive_notes, count);
}

/* A kernel that is an ELF file brings its own. */
static bool open_symbols(Session *session)
{
    const Options *options = &session->options;
    Symbols *symbols = debugger_symbols(session->debugger);
    char error[SESSION_ERROR - 16];
    unsigned i;

    if (options->kernel)
        symbols_load(symbols, options->kernel, error, sizeof error);
    for (i = 0; i < options->symbol_count; i++) {
        if (!symbols_load(symbols, options->symbols[i], error, sizeof error)) {
            snprintf(session->error, SESSION_ERROR, "-symbols: %s", error);
            return false;
        }
    }
    for (i = 0; i < options->source_count; i++) {
        if (!symbols_add_source_folder(symbols, options->sources[i])) {
            snprintf(session->error, SESSION_ERROR, "-source %s: this is no folder",
                     options->sources[i]);
            return false;
        }
    }
    return true;
}

static bool open_lint(Session *session)
{
    if (!session->options.lint)
        return true;
    session->lint = lint_create(session->machine, debugger_symbols(session->debugger),
                                session_write_log, session);
    if (!session->lint)
        snprintf(session->error, SESSION_ERROR, "the host is out of memory");
    debugger_use_lint(session->debugger, session->lint);
    return session->lint != NULL;
}

/* Nothing else is to be seen of a machine that waits, and nobody knows a port that was free. */
static void tell_where_gdb_is_waited_for(const Session *session)
{
    const SocketAddress *address = &session->options.gdb.socket;
    const char *host = *address->host ? address->host : "localhost";

    if (!session->options.start_stopped && (address->kind == SOCKET_UNIX || address->port))
        return;
    if (address->kind == SOCKET_UNIX)
        fprintf(stderr, "vitrine: in gdb: target remote %s\n", address->path);
    else
        fprintf(stderr, "vitrine: in gdb: target remote %s:%u\n", host,
                gdb_server_port(session->gdb));
}

static bool open_gdb(Session *session)
{
    GdbAddress *address = &session->options.gdb;

    if (address->socket.kind == SOCKET_NOWHERE)
        return true;
    if (address->registers == GDB_REGISTERS_AUTOMATIC && session->kernel.is_64_bit)
        address->registers = GDB_REGISTERS_64;
    session->gdb = gdb_server_open(address, session->debugger, session->error, SESSION_ERROR);
    if (session->gdb)
        tell_where_gdb_is_waited_for(session);
    return session->gdb != NULL;
}

bool session_open_debugger(Session *session)
{
    if (!open_debugger(session))
        return false;
    note_drives(session);
    return open_symbols(session) && open_lint(session) && open_gdb(session);
}

/* ---- timeline ---- */

/* A recording brings its own machine. */
bool session_open_timeline(Session *session, MachineConfig *config)
{
    const Options *options = &session->options;

    if (options->replay) {
        session->timeline = timeline_replay(config, options->replay, options->timeline,
                                            session->error, SESSION_ERROR);
        return session->timeline != NULL;
    }
    if (!options->timeline || options->lockstep)
        return true;
    session->timeline = timeline_create(config, options->timeline, session->error, SESSION_ERROR);
    if (!session->timeline && options->record)
        return false;
    if (!session->timeline) /* a read-only system, say: there is no going back then */
        session_warn(session);
    return true;
}

/* Snapshots lie beside the first disk image. */
static bool choose_folder(Session *session)
{
    const Options *options = &session->options;
    const char *image = NULL;
    char folder[4096];

    for (unsigned i = MACHINE_FLOPPIES; i-- > 0;)
        if (options->floppies[i].file)
            image = options->floppies[i].file;
    for (unsigned i = MACHINE_IDE_DRIVES; i-- > 0;)
        if (options->drives[i].file)
            image = options->drives[i].file;
    if (!image)
        return true;
    snprintf(folder, sizeof folder, "%s.snapshots", image);
    return timeline_set_folder(session->timeline, folder);
}

/* What -record and -loadvm ask for, once the machine is there. */
bool session_begin_timeline(Session *session, const MachineConfig *config)
{
    const Options *options = &session->options;

    if (!session->timeline)
        return true;
    if (!choose_folder(session)) {
        snprintf(session->error, SESSION_ERROR, "the host is out of memory");
        return false;
    }
    if (options->record &&
        !timeline_record(session->timeline, config, options->record, session->error, SESSION_ERROR))
        return false;
    return !options->load_snapshot ||
           snapshot_load(session->timeline, options->load_snapshot, session->error, SESSION_ERROR);
}
