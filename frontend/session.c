#include "frontend/session.h"

#include "frontend/debugger/lint.h"
#include "frontend/session_debugger.h"
#include "frontend/translation_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char default_boot_order[] = "cad";

extern const u8 classroom_image[], classroom_image_end[];

void session_warn(Session *session)
{
    if (*session->error)
        fprintf(stderr, "vitrine: %s\n", session->error);
    *session->error = '\0';
}

/* ---- log ---- */

static void hold_line(Session *session, const char *line)
{
    int length = snprintf(session->held + session->held_length, HELD_LOG - session->held_length,
                          "%s\n", line);

    if (length > 0 && session->held_length + (unsigned)length < HELD_LOG)
        session->held_length += (unsigned)length;
    else
        session->held[session->held_length] = '\0';
}

void session_write_log(void *owner, const char *line)
{
    Session *session = owner;

    if (session->log_held && !session->log)
        hold_line(session, line);
    else
        fprintf(session->log ? session->log : stderr, "%s\n", line);
}

static void release_log(Session *session)
{
    session->log_held = false;
    fputs(session->held, stderr);
    session->held_length = 0;
    *session->held = '\0';
}

static bool open_log(Session *session)
{
    const char *path = session->options.log_file;

    if (!path)
        return true;
    session->log = fopen(path, "we");
    if (session->log) {
        setvbuf(session->log, NULL, _IOLBF, 0);
        return true;
    }
    snprintf(session->error, SESSION_ERROR, "-D %s cannot be written: %s", path, strerror(errno));
    return false;
}

/* ---- drives ---- */

static bool nothing_to_boot(const Options *options)
{
    unsigned i;

    for (i = 0; i < MACHINE_IDE_DRIVES; i++)
        if (options->drives[i].file)
            return false;
    for (i = 0; i < MACHINE_FLOPPIES; i++)
        if (options->floppies[i].file)
            return false;
    return !options->kernel && !options->bios;
}

static bool open_image(Session *session, DiskImage *image, const DriveOption *drive, ImageKind kind)
{
    const DiskImageOptions how = {
        .kind = kind,
        .read_only = drive->read_only,
        .snapshot = drive->snapshot || session->options.snapshot,
    };

    if (!drive->file) {
        disk_image_init_empty(image, kind);
        return true;
    }
    if (!disk_image_open(image, drive->file, &how, session->error, SESSION_ERROR))
        return false;
    session_warn(session);
    return true;
}

static bool open_drives(Session *session, MachineConfig *config)
{
    Options *options = &session->options;
    unsigned i;

    for (i = 0; i < MACHINE_IDE_DRIVES; i++) {
        const DriveOption *drive = &options->drives[i];
        if (drive->kind == DRIVE_NONE)
            continue;
        if (!open_image(session, &session->drives[i], drive,
                        drive->kind == DRIVE_CDROM ? IMAGE_CDROM : IMAGE_DISK))
            return false;
        config->drives[i] = (DriveConfig){drive->kind, &session->drives[i].device};
    }
    for (i = 0; i < MACHINE_FLOPPIES; i++) {
        const DriveOption *drive = &options->floppies[i];
        if (drive->kind == DRIVE_NONE)
            continue;
        if (!open_image(session, &session->floppies[i], drive, IMAGE_FLOPPY))
            return false;
        config->floppy_present[i] = true;
        config->floppies[i] = &session->floppies[i].device;
    }
    return true;
}

/* As QEMU: there is a floppy drive and a CD-ROM drive, be they empty. */
static void add_default_drives(Options *options)
{
    if (options->no_default_drives)
        return;
    if (options->drives[2].kind == DRIVE_NONE)
        options->drives[2] = (DriveOption){.kind = DRIVE_CDROM, .read_only = true};
    if (options->floppies[0].kind == DRIVE_NONE)
        options->floppies[0] = (DriveOption){.kind = DRIVE_DISK};
}

static bool open_classroom(Session *session, MachineConfig *config)
{
    DiskImage *image = &session->drives[0];

    if (!disk_image_open_memory(image, IMAGE_DISK, classroom_image,
                                (u64)(classroom_image_end - classroom_image), session->error,
                                SESSION_ERROR))
        return false;
    config->drives[0] = (DriveConfig){DRIVE_DISK, &image->device};
    return true;
}

/* ---- ports ---- */

/* Port n of several: its option, and QEMU's default for the first. */
static bool open_port(Session *session, SerialBackend *backend, const PortOption *option,
                      const char *kind, unsigned number)
{
    char label[16];

    snprintf(label, sizeof label, "%.8s%u", kind, number);
    return serial_backend_open(backend, option, label, session->error, SESSION_ERROR);
}

static bool port_present(PortKind kind, unsigned number)
{
    return kind == PORT_DEFAULT ? number == 0 : kind != PORT_NONE;
}

static bool open_ports(Session *session, MachineConfig *config)
{
    const Options *options = &session->options;
    unsigned i;

    for (i = 0; i < MACHINE_SERIAL_PORTS; i++) {
        if (!open_port(session, &session->serial[i], &options->serial[i], "serial", i))
            return false;
        config->serial_present[i] = port_present(options->serial[i].kind, i);
        config->serial[i] = serial_backend_sink(&session->serial[i]);
    }
    for (i = 0; i < MACHINE_PARALLEL_PORTS; i++) {
        if (!open_port(session, &session->parallel[i], &options->parallel[i], "parallel", i))
            return false;
        config->parallel_present[i] = port_present(options->parallel[i].kind, i);
        config->parallel[i] = serial_backend_sink(&session->parallel[i]);
    }
    if (!open_port(session, &session->debug_console, &options->debug_console, "debugcon", 0))
        return false;
    config->debug_console = serial_backend_sink(&session->debug_console);
    return true;
}

/* ---- display ---- */

static bool uses_terminal(const Session *session)
{
    unsigned i;

    for (i = 0; i < MACHINE_SERIAL_PORTS; i++)
        if (session->serial[i].input == STDIN_FILENO)
            return true;
    return session->options.monitor == PORT_STDIO;
}

static bool variable_is_set(const char *name)
{
    const char *value = getenv(name);

    return value && *value;
}

static const char *title(const Options *options)
{
    const char *name = options->name, *slash;
    unsigned i;

    if (!name)
        name = options->kernel;
    for (i = 0; !name && i < MACHINE_FLOPPIES; i++)
        name = options->floppies[i].file;
    for (i = 0; !name && i < MACHINE_IDE_DRIVES; i++)
        name = options->drives[i].file;
    if (!name)
        name = options->bios ? options->bios : "classroom";
    slash = options->name ? NULL : strrchr(name, '/');
    return slash ? slash + 1 : name;
}

static bool open_terminal_display(Session *session, const DisplayOptions *how)
{
    if (uses_terminal(session)) {
        snprintf(session->error, SESSION_ERROR,
                 "the screen cannot have the terminal, which a serial port or the monitor "
                 "has; use -display none, or another -serial or -monitor");
        return false;
    }
    session->display = display_terminal_open(how, session->error, SESSION_ERROR);
    session->log_held = session->display != NULL && isatty(STDERR_FILENO);
    return session->display != NULL;
}

static bool open_display(Session *session)
{
    const Options *options = &session->options;
    const DisplayOptions how = {title(options), options->full_screen, options->scale,
                                session->debugger, options->open_debugger};
    DisplayChoice choice = options->display;
    bool screen = variable_is_set("DISPLAY") || variable_is_set("WAYLAND_DISPLAY") ||
                  variable_is_set("SDL_VIDEODRIVER");

    if (choice == DISPLAY_WINDOW && !screen) {
        snprintf(session->error, SESSION_ERROR,
                 "-display sdl: there is no screen, as neither $DISPLAY nor $WAYLAND_DISPLAY is "
                 "set; use -display terminal or -display none");
        return false;
    }
    if (choice != DISPLAY_IN_TERMINAL && choice != DISPLAY_HEADLESS && screen) {
        session->display = display_sdl_open(&how, session->error, SESSION_ERROR);
        if (session->display || choice == DISPLAY_WINDOW)
            return session->display != NULL;
        session_warn(session);
    }
    if (choice == DISPLAY_IN_TERMINAL || (choice == DISPLAY_AUTOMATIC && !uses_terminal(session) &&
                                          isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
        return open_terminal_display(session, &how);
    if (choice == DISPLAY_AUTOMATIC && !uses_terminal(session))
        fprintf(stderr, "vitrine: there is no screen and no terminal here, so the machine runs "
                        "unseen, until it is powered off or a signal comes (-display none says "
                        "that this is meant, -serial stdio shows its serial port)\n");
    session->display = display_none_open();
    return session->display != NULL;
}

/* ---- all of it ---- */

static bool open_media(Session *session, MachineConfig *config)
{
    Options *options = &session->options;
    bool classroom = nothing_to_boot(options);

    if (classroom && options->drives[0].kind != DRIVE_NONE) {
        snprintf(session->error, SESSION_ERROR, "nothing to boot: name an image");
        return false;
    }
    add_default_drives(options);
    if ((classroom && !open_classroom(session, config)) || !open_drives(session, config))
        return false;
    return !options->kernel ||
           kernel_load(&session->kernel, config, options->kernel, options->initrd, options->append,
                       session->error, SESSION_ERROR);
}

static bool open_machine(Session *session)
{
    Options *options = &session->options;
    MachineConfig config = {
        .memory = options->memory,
        .cpu = options->cpu,
        .mips = options->mips,
        .engine = options->engine,
        .translator_memory = options->translator_memory,
        .start_time = options->start_time,
        .bios = session->firmware.bios,
        .bios_length = session->firmware.bios_length,
        .vga_bios = session->firmware.vga_bios,
        .vga_bios_length = session->firmware.vga_bios_length,
        .boot_order = *options->boot_once ? options->boot_once : options->boot_order,
        .boot_menu = options->boot_menu,
        .debug_console_port = options->debug_console_port,
        .debug_exit_port = options->debug_exit_port,
        .debug_exit_size = options->debug_exit_size,
        .log = {.enabled = options->log_channels, .write = session_write_log, .owner = session},
    };

    if (!*config.boot_order)
        config.boot_order = default_boot_order;
    if (!options->replay && !open_media(session, &config))
        return false;
    if (!open_ports(session, &config))
        return false;
    if (options->lockstep) {
        session->lockstep = lockstep_create(&config, session->error, SESSION_ERROR);
        if (!session->lockstep)
            return false;
    }
    if (!session_open_timeline(session, &config))
        return false;
    session->machine = machine_create(&config, session->error, SESSION_ERROR);
    if (session->machine && options->passes_left_out && machine_cpu(session->machine, 0)->engine)
        translator_set_passes(machine_cpu(session->machine, 0), options->passes_left_out);
    if (session->machine &&
        !translation_log_open(machine_cpu(session->machine, 0), session->error, SESSION_ERROR))
        session_warn(session);
    if (!session->machine || !session_open_debugger(session) ||
        !session_begin_timeline(session, &config))
        return false;
    if (!session->lockstep)
        return true;
    return lockstep_watch(session->lockstep, session->machine, session->error, SESSION_ERROR);
}

bool session_open(Session *session)
{
    unsigned i;

    for (i = 0; i < session->options.note_count; i++)
        fprintf(stderr, "vitrine: %s\n", session->options.notes[i]);
    for (i = 0; i < MACHINE_IDE_DRIVES; i++)
        disk_image_init_empty(&session->drives[i], IMAGE_DISK);
    for (i = 0; i < MACHINE_FLOPPIES; i++)
        disk_image_init_empty(&session->floppies[i], IMAGE_FLOPPY);
    return open_log(session) &&
           (session->options.replay ||
            firmware_load(&session->firmware, &session->options, session->error, SESSION_ERROR)) &&
           open_machine(session) && open_display(session);
}

/* Reports the first failure; goes on with the rest. */
static bool close_image(Session *session, DiskImage *image)
{
    bool flushed = disk_image_flush(image);

    if (!flushed)
        snprintf(session->error, SESSION_ERROR, "%s: the last writes could not be saved: %s",
                 image->path ? image->path : "an image", strerror(errno));
    disk_image_close(image);
    return flushed;
}

bool session_close(Session *session)
{
    bool saved = true;
    unsigned i;

    if (session->display)
        session->display->close(session->display);
    for (i = 0; i < MACHINE_SERIAL_PORTS; i++)
        serial_backend_close(&session->serial[i]);
    for (i = 0; i < MACHINE_PARALLEL_PORTS; i++)
        serial_backend_close(&session->parallel[i]);
    serial_backend_close(&session->debug_console);
    release_log(session);
    if (session->machine)
        translation_log_close(machine_cpu(session->machine, 0));
    lockstep_destroy(session->lockstep);
    gdb_server_close(session->gdb, 1);
    debugger_destroy(session->debugger);
    lint_destroy(session->lint);
    timeline_destroy(session->timeline);
    machine_destroy(session->machine);
    for (i = 0; i < MACHINE_IDE_DRIVES; i++)
        saved &= close_image(session, &session->drives[i]);
    for (i = 0; i < MACHINE_FLOPPIES; i++)
        saved &= close_image(session, &session->floppies[i]);
    kernel_free(&session->kernel);
    firmware_free(&session->firmware);
    if (session->log)
        fclose(session->log);
    options_free(&session->options);
    return saved;
}
