#include "frontend/run_loop.h"

#include "devices/clock.h"
#include "frontend/monitors.h"
#include "frontend/pacing.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    NS_PER_SECOND = 1000000000,
    SLICE_NS = 4000000, /* the machine runs so long between two looks at the host */
    ASK_NS = 8000000,
    DRAW_NS = NS_PER_SECOND / 60,
    MEASURE_NS = NS_PER_SECOND / 2,
    MESSAGE_NS = 3 * (u64)NS_PER_SECOND / 2,
    STATUS_ERROR = 1,
};

typedef struct RunLoop {
    Session *session;
    Machine *machine;
    Monitors monitors;
    Pacing pacing;
    bool speed_max;
    bool paused; /* by the user */
    bool was_running;
    bool powered_off; /* and kept, for -no-shutdown */
    bool over;
    int status; /* the exit status once it is over */
    u64 slice;  /* cycles that take about SLICE_NS */
    u64 next_look, next_draw;
    u64 measured_ns, measured_cycles;
    u64 idle_cycles; /* skipped since the last measurement */
    u64 message_until;
    char message[320];
    DisplayStatus display_status;
} RunLoop;

/* ---- signals ---- */

static volatile sig_atomic_t caught_signal, continued;

static void on_signal(int number)
{
    /* Twice: it does not listen, so leave at once, but leave the terminal usable. */
    if (caught_signal) {
        terminal_restore();
        _exit(128 + number);
    }
    caught_signal = number;
}

static void on_continue(int number)
{
    (void)number;
    continued = 1;
}

void run_loop_catch_signals(void)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action = {.sa_handler = on_signal};
    unsigned i;

    for (i = 0; i < COUNT_OF(ending); i++)
        sigaction(ending[i], &action, NULL);
    action.sa_handler = on_continue;
    action.sa_flags = SA_RESTART;
    sigaction(SIGCONT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* ---- the end ---- */

static void end(RunLoop *loop, int status)
{
    loop->over = true;
    loop->status = status;
}

static void end_with_error(RunLoop *loop, const char *sentence)
{
    /* Shown after the display has gone: session_close() may have something to add. */
    snprintf(loop->session->error, SESSION_ERROR, "%s", sentence);
    end(loop, STATUS_ERROR);
}

/* ---- what the user wants ---- */

static void tell(RunLoop *loop, const char *sentence)
{
    snprintf(loop->message, sizeof loop->message, "%s", sentence);
    loop->message_until = host_now_ns() + MESSAGE_NS;
}

static void take_screenshot(RunLoop *loop)
{
    char name[32], error[256], sentence[320];
    unsigned i;

    for (i = 1; i < 1000; i++) {
        snprintf(name, sizeof name, "vitrine-%u.png", i);
        if (access(name, F_OK))
            break;
    }
    if (screendump_png(loop->machine, name, error, sizeof error))
        snprintf(sentence, sizeof sentence, "saved %s", name);
    else
        snprintf(sentence, sizeof sentence, "not saved: %s", error);
    tell(loop, sentence);
}

static void restart_pacing(RunLoop *loop)
{
    pacing_start(&loop->pacing, machine_hz(loop->machine), host_now_ns(),
                 machine_cycles(loop->machine));
}

static bool is_stopped(const RunLoop *loop)
{
    return debugger_stop(loop->session->debugger)->reason != STOP_NONE;
}

/* In the past of its timeline a machine takes no input. */
static bool takes_input(const RunLoop *loop)
{
    const Timeline *timeline = loop->session->timeline;

    return !timeline || !timeline_is_past(timeline);
}

static bool is_running(const RunLoop *loop)
{
    return !loop->paused && !loop->powered_off && !is_stopped(loop);
}

static void obey(RunLoop *loop, DisplayRequest request)
{
    switch (request) {
    case DISPLAY_NOTHING:
        break;
    case DISPLAY_QUIT:
        end(loop, 0);
        break;
    case DISPLAY_LOST:
        end_with_error(loop, "the display has gone away");
        break;
    case DISPLAY_RESET:
        machine_reset(loop->machine);
        loop->powered_off = false;
        break;
    case DISPLAY_POWER_BUTTON:
        machine_power_button(loop->machine);
        break;
    case DISPLAY_PAUSE:
        if (is_stopped(loop))
            debugger_continue(loop->session->debugger);
        else
            loop->paused = !loop->paused;
        break;
    case DISPLAY_SCREENSHOT:
        take_screenshot(loop);
        break;
    case DISPLAY_MONITOR:
        monitor_take_terminal(loop->monitors.terminal);
        break;
    case DISPLAY_SPEED:
        loop->speed_max = !loop->speed_max;
        tell(loop, loop->speed_max ? "idle time is skipped" : "real time");
        restart_pacing(loop);
        break;
    }
}

/* ---- the host ---- */

static DisplayRequest poll_serial(RunLoop *loop, unsigned port)
{
    SerialBackend *backend = &loop->session->serial[port];

    if (backend->escape && monitor_has_terminal(loop->monitors.terminal))
        return DISPLAY_NOTHING;
    if (is_running(loop) && takes_input(loop))
        return serial_backend_poll(backend, loop->machine, port);
    return serial_backend_poll_escape(backend, loop->machine, port);
}

static void look_at_ports(RunLoop *loop)
{
    Session *session = loop->session;
    char error[SESSION_ERROR];
    unsigned i;
    bool fine = true;

    for (i = 0; i < MACHINE_SERIAL_PORTS && !loop->over; i++) {
        obey(loop, poll_serial(loop, i));
        fine = fine && serial_backend_flush(&session->serial[i], error, sizeof error);
    }
    for (i = 0; i < MACHINE_PARALLEL_PORTS; i++)
        fine = fine && serial_backend_flush(&session->parallel[i], error, sizeof error);
    fine = fine && serial_backend_flush(&session->debug_console, error, sizeof error);
    if (!fine)
        end_with_error(loop, error);
}

static void look_at_host(RunLoop *loop)
{
    Display *display = loop->session->display;
    DisplayRequest request;
    char text[128];
    u64 refused = 0;

    if (continued) {
        continued = 0;
        terminal_raw_again();
    }
    look_at_ports(loop);
    monitors_poll(&loop->monitors);
    if (loop->session->timeline)
        refused = timeline_refused(loop->session->timeline);
    if (!loop->over && loop->session->gdb)
        obey(loop, gdb_server_poll(loop->session->gdb));
    while (!loop->over && (request = display->poll(display, loop->machine)) != DISPLAY_NOTHING)
        obey(loop, request);
    if (loop->session->timeline && timeline_refused(loop->session->timeline) != refused)
        tell(loop, "this is the past, which takes no input; go on to its end");
    if (caught_signal == SIGINT && loop->monitors.terminal &&
        monitor_interrupt(loop->monitors.terminal))
        caught_signal = 0;
    if (caught_signal) {
        snprintf(text, sizeof text, "ended by signal %d (%s)", (int)caught_signal,
                 strsignal(caught_signal));
        end_with_error(loop, text);
        loop->status = 128 + caught_signal;
    }
}

static void measure(RunLoop *loop, u64 now)
{
    u64 passed_ns = now - loop->measured_ns;
    u64 cycles = machine_cycles(loop->machine) - loop->measured_cycles;

    if (passed_ns < MEASURE_NS)
        return;
    loop->display_status.mips = (double)(cycles - loop->idle_cycles) * 1000 / (double)passed_ns;
    loop->display_status.speed =
        (double)cycles / (double)machine_hz(loop->machine) * NS_PER_SECOND / (double)passed_ns;
    loop->measured_ns = now;
    loop->measured_cycles += cycles;
    loop->idle_cycles = 0;
}

static void draw(RunLoop *loop, u64 now)
{
    Display *display = loop->session->display;

    measure(loop, now);
    loop->display_status.paused = loop->paused || is_stopped(loop);
    loop->display_status.message = now < loop->message_until ? loop->message : NULL;
    display->draw(display, loop->machine, &loop->display_status);
    loop->next_draw = now + DRAW_NS;
}

/* Sleeps until `until` in host time, the next drawing, or until input comes. A window has no
 * descriptor to wait on, so it is asked again and again. */
static void sleep_until(RunLoop *loop, u64 until)
{
    Session *session = loop->session;
    struct pollfd inputs[MACHINE_SERIAL_PORTS + 1 + MONITORS_POLLED + GDB_POLLED];
    u64 now = host_now_ns();
    struct timespec timeout;
    nfds_t count = 0;
    unsigned i;

    if (until > loop->next_draw)
        until = loop->next_draw;
    if (session->display->fd < 0 && until > now + ASK_NS)
        until = now + ASK_NS;
    if (until <= now)
        return;
    timeout.tv_sec = (time_t)((until - now) / NS_PER_SECOND);
    timeout.tv_nsec = (long)((until - now) % NS_PER_SECOND);
    if (session->display->fd >= 0)
        inputs[count++] = (struct pollfd){.fd = session->display->fd, .events = POLLIN};
    count += monitors_wait(&loop->monitors, inputs + count);
    for (i = 0; i < MACHINE_SERIAL_PORTS; i++)
        if (serial_backend_input(&session->serial[i]) >= 0 &&
            machine_serial_room(loop->machine, i) && is_running(loop) && takes_input(loop))
            inputs[count++] =
                (struct pollfd){.fd = serial_backend_input(&session->serial[i]), .events = POLLIN};
    if (session->gdb)
        count += gdb_server_wait(session->gdb, inputs + count);
    if (ppoll(inputs, count, &timeout, NULL) != 0)
        loop->next_look = 0;
}

/* ---- the machine ---- */

/* The machine has nothing to do until its next event, or until input comes. */
static void idle(RunLoop *loop)
{
    Machine *machine = loop->machine;
    u64 next = machine_next_event(machine), before = machine_cycles(machine), until;

    if (!loop->speed_max || next == EVENT_NEVER) {
        until = next == EVENT_NEVER ? UINT64_MAX : pacing_host_ns(&loop->pacing, next);
        if (until > host_now_ns()) {
            look_at_ports(loop);
            sleep_until(loop, until);
        }
        until = pacing_cycles(&loop->pacing, host_now_ns());
        machine_skip_idle(machine, until < next ? until : next);
    } else {
        machine_skip_idle(machine, next);
    }
    loop->idle_cycles += machine_cycles(machine) - before;
}

/* A slice has been used up, or what a step ran of it: how long should the next be? */
static void adapt_slice(RunLoop *loop, u64 ran, u64 took_ns)
{
    u64 fitting = took_ns ? (u64)((u128)ran * SLICE_NS / took_ns) : loop->slice * 2;

    if (fitting > loop->slice * 4)
        fitting = loop->slice * 4;
    loop->slice = fitting < 1000 ? 1000 : fitting > (u64)1 << 32 ? (u64)1 << 32 : fitting;
}

static void power_off(RunLoop *loop)
{
    if (loop->session->options.no_shutdown)
        loop->powered_off = true;
    else
        end(loop, 0);
}

static void reset(RunLoop *loop)
{
    Options *options = &loop->session->options;

    if (options->no_reboot) {
        power_off(loop);
        return;
    }
    if (*options->boot_once) {
        machine_set_boot_order(loop->machine,
                               *options->boot_order ? options->boot_order : default_boot_order);
        *options->boot_once = '\0';
    }
    machine_reset(loop->machine);
}

/* A recording that nobody steps through is over when it has been replayed, or departed from. */
static void look_at_replay(RunLoop *loop)
{
    const Timeline *timeline = loop->session->timeline;

    if (!timeline || debugger_is_attached(loop->session->debugger))
        return;
    if (timeline_departed(timeline)) {
        end_with_error(loop, timeline_departed(timeline));
    } else if (timeline_is_over(timeline)) {
        fprintf(stderr,
                "vitrine: the recording was replayed to its end at count %llu; the state was the "
                "same in all of %llu places\n",
                (unsigned long long)timeline_head(timeline),
                (unsigned long long)timeline_checked(timeline));
        end(loop, 0);
    }
}

static void run_slice(RunLoop *loop)
{
    u64 begin = host_now_ns(), cycles = machine_cycles(loop->machine), now;
    RunResult result = debugger_run(loop->session->debugger, cycles + loop->slice);

    if (loop->session->lockstep && !lockstep_follow(loop->session->lockstep, result, stderr)) {
        end_with_error(loop, "the two engines differ");
        return;
    }
    look_at_replay(loop);
    if (loop->over)
        return;
    now = host_now_ns();
    pacing_limit(&loop->pacing, now, machine_cycles(loop->machine));
    if (is_stopped(loop)) {
        loop->next_look = 0; /* somebody waits to hear of it */
        return;
    }
    switch (result) {
    case RUN_BUDGET:
        adapt_slice(loop, machine_cycles(loop->machine) - cycles, now - begin);
        break;
    case RUN_STOPPED:
        loop->next_look = 0;
        break;
    case RUN_IDLE:
        idle(loop);
        break;
    case RUN_POWER_OFF:
        debugger_ended(loop->session->debugger, result);
        power_off(loop);
        break;
    case RUN_RESET:
    case RUN_TRIPLE_FAULT:
        reset(loop);
        break;
    case RUN_DEBUG_EXIT:
        debugger_ended(loop->session->debugger, result);
        end(loop, machine_exit_code(loop->machine) & 0xFF);
        break;
    }
}

/* ---- the monitor ---- */

static void monitor_quits(void *owner)
{
    end(owner, 0);
}

static void monitor_resets(void *owner)
{
    obey(owner, DISPLAY_RESET);
}

static void open_monitors(RunLoop *loop)
{
    const CommandHost host = {.owner = loop, .quit = monitor_quits, .reset = monitor_resets};
    char error[SESSION_ERROR];

    if (!monitors_open(&loop->monitors, loop->session, &host, error, sizeof error))
        end_with_error(loop, error);
}

int run_loop(Session *session)
{
    RunLoop loop = {
        .session = session,
        .machine = session->machine,
        .speed_max = session->options.speed_max,
        .slice = 100000,
        .measured_ns = host_now_ns(),
        .measured_cycles = machine_cycles(session->machine),
    };
    u64 now;

    restart_pacing(&loop);
    open_monitors(&loop);
    while (!loop.over) {
        now = host_now_ns();
        if (now >= loop.next_look) {
            look_at_host(&loop);
            loop.next_look = now + SLICE_NS;
        }
        if (now >= loop.next_draw)
            draw(&loop, now);
        if (loop.over)
            break;
        if (is_running(&loop)) {
            if (!loop.was_running)
                restart_pacing(&loop);
            run_slice(&loop);
        } else {
            sleep_until(&loop, UINT64_MAX);
        }
        loop.was_running = is_running(&loop);
    }
    draw(&loop, host_now_ns());
    gdb_server_close(session->gdb, loop.status);
    session->gdb = NULL;
    monitors_close(&loop.monitors);
    return loop.status;
}
