#!/usr/bin/env python3
"""Run the benchmark guest on one or more targets and print times and ratios.

  run.py [options] [TARGET ...]

A target is one of
  native      the same object files as a Linux program (bench32)
  native64    the same sources compiled for 64 bits (bench64)
  vitrine     vitrine's translator
  interpreter vitrine's interpreter
  qemu        qemu-system-i386 -accel tcg
  bochs       Bochs, headless, serial port on a pseudo terminal
  v86         v86 under Node.js; see v86run.mjs for $V86_DIR
  NAME=bochs:PATH  another Bochs binary
  NAME=CMD    any command whose standard output is the guest's serial port,
              e.g.  'mine=./emu -m 128 -fda {image} -serial stdio'
optionally followed by @PERCENT, which runs it at another scale and converts
its times back (e.g. bochs@25).  {image} is replaced by the disk image,
{bench} by this directory, {build} by the images', {vitrine} by the program.
Without a target: all that are installed, native first.

With several targets or --reps, the targets run alternately, so that noise
from other work on the machine hits all of them alike; medians are printed,
with the spread (max - min) / median, and ratios to the first target.  On a
busy machine --cpu is the steadier measure: CPU time of the emulator process,
all its threads together (not for --linux native, which is many processes).

With --linux the image is the Linux disk (workload.img) that
tests/guests/images makes, and "native" runs the same workload script on the
host.
"""
import argparse
import collections
import contextlib
import datetime
import io
import json
import math
import os
import re
import selectors
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import tty

sys.dont_write_bytecode = True
import mkimage

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))

QEMU = ("qemu-system-i386 -accel tcg -m 128 -display none -monitor none"
        " -serial stdio -no-reboot -net none ")
VITRINE = ("{vitrine} -m 128 -display none -serial stdio -speed max -hda {image}"
           " -device isa-debug-exit,iobase=0xf4 ")
COMMANDS = {
    "native": "{build}/bench32 {scale} {names}",
    "native64": "{build}/bench64 {scale} {names}",
    "vitrine": VITRINE + "-engine translator",
    "interpreter": VITRINE + "-engine interpreter",
    "qemu": QEMU + "-drive file={image},format=raw,if=floppy -boot a",
    "bochs": "bochs:bochs",
    "v86": "node {bench}/v86run.mjs fda {image}",
}
LINUX_COMMANDS = {
    "native": "{bench}/linux/native.sh {build}/../busybox",
    "vitrine": VITRINE + "-engine translator",
    "interpreter": VITRINE + "-engine interpreter",
    "qemu": QEMU + "-drive file={image},format=raw,if=ide -boot c",
    "bochs": "bochs:bochs",
    "v86": "node {bench}/v86run.mjs hda {image}",
}

# Bochs ROMs: Debian's directory, or the one in $BXSHARE.
BOCHSRC = """
display_library: {display}
romimage: file={share}/BIOS-bochs-latest
vgaromimage: file={share}/VGABIOS-lgpl-latest
megs: 128
cpu: count=1, ips={ips}, reset_on_triple_fault=0
clock: sync=none, time0=local
com1: enabled=1, mode=term, dev={tty}
log: {dir}/log
panic: action=fatal
error: action=ignore
info: action=ignore
debug: action=ignore
speaker: enabled=0
{media}
"""
BOCHS_FLOPPY = "floppya: 1_44={image}, status=inserted\nboot: floppy"
BOCHS_DISK = ("ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14\n"
              "ata0-master: type=disk, path={image}, mode=flat\nboot: disk")


# One line of the serial port: host time and CPU time at its arrival.
Line = collections.namedtuple("Line", "when cpu text")


def cpu_time(pid):
    """CPU seconds used so far by all threads of a process."""
    total = 0
    try:
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
                total += int(f.read().split()[0])
    except OSError:             # it or one of its threads has just ended
        pass
    return total * 1e-9


def read_lines(fd, process, timeout, on_line):
    """Timestamp lines arriving on `fd` until end of file or on_line says stop."""
    end = time.monotonic() + timeout
    sel = selectors.DefaultSelector()
    sel.register(fd, selectors.EVENT_READ)
    pending = b""
    while True:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError("no DONE within %d s" % timeout)
        if not sel.select(min(left, 0.5)):
            if process.poll() is not None:
                return
            continue
        try:
            data = os.read(fd, 65536)
        except OSError:         # a pseudo terminal whose other end closed
            return
        when, cpu = time.monotonic(), cpu_time(process.pid)
        if not data:
            return
        pending += data
        *lines, pending = pending.split(b"\n")
        for raw in lines:
            text = raw.decode("latin-1").strip("\r")
            if on_line(Line(when, cpu, text)):
                return


def stop(process):
    """End the emulator we started: give it a moment, then signal its group."""
    try:
        process.wait(2)
        return
    except subprocess.TimeoutExpired:
        pass
    for sig in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sig)
            process.wait(3)
            return
        except (subprocess.TimeoutExpired, ProcessLookupError):
            pass


class Result:
    """One run: {name: seconds} by the clock and of CPU, checksums, notes."""

    def __init__(self):
        self.times, self.cpu = {}, {}
        self.sums, self.notes, self.skipped = {}, [], {}
        self.done = False
        self.open = None        # (name, Line of its BEGIN)
        self.start = time.monotonic()

    def line(self, line, echo):
        """Account for one line; true when the run is over."""
        if echo:
            print("%10.4f  %s" % (line.when - self.start, line.text), flush=True)
        # Terminal escapes of the firmware may precede the keyword.
        match = re.search(r"(?:^|[^A-Za-z])(BEGIN|END|SKIP|NOTE|MARK|PANIC|DONE)\b(.*)",
                          line.text)
        if not match:
            return False
        key, rest = match.group(1), match.group(2).strip()
        name, _, value = rest.partition(" ")
        where = self.open[0] if self.open else ""
        if key == "BEGIN":
            self.open = (name, line)
        elif key == "END" and where == name:
            self.times[name] = line.when - self.open[1].when
            self.cpu[name] = line.cpu - self.open[1].cpu
            self.sums[name] = value
            self.open = None
        elif key == "MARK":     # time since the emulator was started
            self.times["boot:" + name] = line.when - self.start
            self.cpu["boot:" + name] = line.cpu
        elif key == "SKIP":
            self.skipped[name] = value
        elif key == "NOTE":
            self.notes.append((where, rest))
        elif key == "PANIC":
            self.notes.append((where, line.text))
            return True
        elif key == "DONE":
            self.done = True
            return True
        return False


def run_command(command, result, timeout, echo):
    with tempfile.TemporaryFile() as err:
        process = subprocess.Popen(shlex.split(command), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=err,
                                   bufsize=0, start_new_session=True)
        try:
            read_lines(process.stdout.fileno(), process, timeout,
                       lambda l: result.line(l, echo))
        finally:
            stop(process)
            process.stdout.close()
        if not result.done:
            err.seek(0)
            sys.stderr.write(err.read().decode("latin-1")[-2000:])


def bochs_share():
    """Where Bochs's BIOS is."""
    return os.environ.get("BXSHARE", "/usr/share/bochs")


def run_bochs(binary, image, linux, result, timeout, echo, args):
    """Bochs needs a configuration file, a terminal and a display."""
    tmp = tempfile.mkdtemp(prefix="bochs-")
    master, slave = os.openpty()
    tty.setraw(slave)
    media = (BOCHS_DISK if linux else BOCHS_FLOPPY).format(image=image)
    share = bochs_share()
    with open(os.path.join(tmp, "bochsrc"), "w") as f:
        f.write(BOCHSRC.format(display=args.bochs_display, share=share,
                               tty=os.ttyname(slave), dir=tmp, media=media,
                               ips=args.bochs_ips))
    command = [binary, "-q", "-f", os.path.join(tmp, "bochsrc")]
    usage = subprocess.run([binary, "--help"], stdin=subprocess.DEVNULL,
                           capture_output=True)
    if b"-rc " in usage.stdout + usage.stderr:
        # Built with the internal debugger, which would wait for a command.
        with open(os.path.join(tmp, "rc"), "w") as f:
            f.write("continue\n")
        command += ["-rc", os.path.join(tmp, "rc")]
    with open(os.path.join(tmp, "out"), "wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=out, start_new_session=True)
        try:
            read_lines(master, process, timeout, lambda l: result.line(l, echo))
        finally:
            stop(process)
            os.close(master)
            os.close(slave)
    if not result.done:
        for name in ("out", "log"):
            path = os.path.join(tmp, name)
            if os.path.exists(path):
                with open(path, "rb") as f:
                    sys.stderr.write(f.read().decode("latin-1")[-2000:])
    shutil.rmtree(tmp)


class Target:
    def __init__(self, text, args):
        match = re.fullmatch(r"(.*?)@(\d+)", text, re.S)
        self.scale = args.scale
        if match:
            text, self.scale = match.group(1), int(match.group(2))
        commands = LINUX_COMMANDS if args.linux else COMMANDS
        if "=" in text:
            self.name, self.command = text.split("=", 1)
        elif text in commands:
            self.name, self.command = text, commands[text]
        else:
            raise SystemExit("unknown target %r" % text)
        self.factor = 1.0 if args.linux else args.scale / self.scale

    def run(self, args, echo=False):
        """One run; returns a Result with times converted to args.scale."""
        names = [n for n in args.names.split(",") if n]
        with tempfile.TemporaryDirectory(prefix="bench-") as tmp:
            image = os.path.join(tmp, "bench.img")
            if args.linux:      # a private copy: the guest may write to it
                shutil.copyfile(args.image or os.path.join(args.build, "..", "workload.img"), image)
            else:
                mkimage.config(args.image or os.path.join(args.build, "bench.img"),
                               image, self.scale, names)
            result = Result()
            try:
                if self.command.startswith("bochs:"):
                    run_bochs(self.command[6:], image, args.linux, result,
                              args.timeout, echo, args)
                else:
                    run_command(self.command.replace("{image}", image)
                                .replace("{bench}", HERE)
                                .replace("{build}", args.build)
                                .replace("{vitrine}", args.vitrine)
                                .replace("{scale}", str(self.scale))
                                .replace("{names}", ",".join(names)),
                                result, args.timeout, echo)
            except TimeoutError as e:
                print("%s: %s" % (self.name, e), file=sys.stderr)
        if not result.done:
            print("%s: ended without DONE (in %s)" %
                  (self.name, result.open[0] if result.open else "no benchmark"),
                  file=sys.stderr)
        for name in result.times:
            if not name.startswith("boot:"):
                result.times[name] *= self.factor
                result.cpu[name] *= self.factor
        return result


def geomean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


def groups():
    """{benchmark: group}, from the tables in the sources."""
    found = {}
    for path, macro, group in (("kernels/bench.h", "COMPUTE_KERNELS", "compute"),
                               ("kernels/bench.h", "USER_SYSTEM_KERNELS", "system"),
                               ("guest/guest.h", "SYSTEM_KERNELS", "system")):
        with open(os.path.join(HERE, path)) as f:
            text = f.read()
        at = re.search(r"#define %s\(X\)((?:.*\\\n)*.*)" % macro, text)
        for name in re.findall(r"X\((\w+),", at.group(1)):
            found[name] = group
    return found


def expected():
    """{benchmark: checksum at scale 100}"""
    with open(os.path.join(HERE, "checksums.txt")) as f:
        return dict(l.split() for l in f if not l.startswith("#"))


def report(targets, runs, args):
    """Print medians, spreads, ratios to the first target, checksum problems."""
    pick = (lambda r: r.cpu) if args.cpu else (lambda r: r.times)
    middle = min if args.best else statistics.median
    names = []
    for t in targets:
        for r in runs[t.name]:
            names += [n for n in r.times if n not in names]
    medians = {t.name: {} for t in targets}
    head = "%-16s" % "benchmark"
    for t in targets:
        head += " %10s %5s" % (t.name[:10], "+-%")
    for t in targets[1:]:
        head += " %12s" % ("%s/%s" % (t.name[:6], targets[0].name[:6]))
    print(head)
    group_of = groups()
    ratios = {}
    for name in names:
        row = "%-16s" % name
        for t in targets:
            times = [pick(r)[name] for r in runs[t.name] if name in pick(r)]
            if not times:
                row += " %10s %5s" % ("-", "")
                continue
            m = medians[t.name][name] = middle(times)
            spread = (max(times) - min(times)) / m * 100 if m else 0
            row += " %10.4f %5.0f" % (m, spread)
        for t in targets[1:]:
            if medians[t.name].get(name) and medians[targets[0].name].get(name):
                q = medians[t.name][name] / medians[targets[0].name][name]
                row += " %12.2f" % q
                ratios.setdefault((group_of.get(name, "other"), t.name), []).append(q)
            else:
                row += " %12s" % "-"
        print(row)
    for group in ("compute", "system", "other"):
        if not any((group, t.name) in ratios for t in targets[1:]):
            continue
        row = "%-16s" % ("geomean " + group)[:16] + " " * (17 * len(targets))
        for t in targets[1:]:
            row += " %12.2f" % geomean(ratios.get((group, t.name), []))
        print(row)
    known = {} if args.linux else expected()
    for name in names:
        sums = {}
        if name in known:
            sums[100, known[name]] = {"checksums.txt"}
        for t in targets:
            for r in runs[t.name]:
                if name in r.sums and r.sums[name]:
                    sums.setdefault((t.scale, r.sums[name]), set()).add(t.name)
        for scale in {s for s, _ in sums}:
            if len([1 for s, _ in sums if s == scale]) > 1:
                print("CHECKSUM MISMATCH %s: %s" % (name, "; ".join(
                    "%s from %s" % (v, ",".join(sorted(who)))
                    for (s, v), who in sums.items() if s == scale)))
    for t in targets:
        for r in runs[t.name]:
            for name, why in r.skipped.items():
                print("%s: skipped %s: %s" % (t.name, name, why))
            for name, note in r.notes:
                print("%s: %s: %s" % (t.name, name, note))
    return medians


def installed(args):
    """The targets there are; the interpreter and Bochs at a fraction of the work."""
    names = ["native@300"] if not args.linux else []
    names += ["vitrine", "interpreter@30"] if not args.linux else ["vitrine"]
    if shutil.which("qemu-system-i386"):
        names.append("qemu")
    bios = os.path.join(bochs_share(), "BIOS-bochs-latest")
    if shutil.which("bochs") and os.path.exists(bios) and not args.linux:
        names.append("bochs@10")
    return names


def first_line(command):
    """What a program says its version is."""
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (result.stdout + result.stderr).strip().split("\n")[0]


def processor():
    with open("/proc/cpuinfo") as f:
        found = re.search(r"model name\s*: (.*)", f.read())
    return "%s, %d processors" % (found.group(1) if found else "unknown processor", os.cpu_count())


def write_page(path, targets, table, args):
    """The results with all that is needed to get them again."""
    versions = [first_line([args.vitrine, "-version"])]
    if any(t.name == "qemu" for t in targets):
        versions.append(first_line(["qemu-system-i386", "--version"]))
    measure = "CPU seconds of the emulator" if args.cpu else "elapsed seconds"
    middle = "the least" if args.best else "the median"
    with open(path, "w") as f:
        f.write("# Benchmarks\n\n%s, on %s (load %.1f).\n%s\n\n" % (
            datetime.datetime.now().strftime("%d %B %Y, %H:%M"), processor(),
            os.getloadavg()[0], "; ".join(v for v in versions if v)))
        f.write("Times are %s, %s of %d alternating runs; +-%% is (maximum - minimum) / median.\n"
                % (measure, middle, args.reps))
        f.write("Again: `tests/bench/run.py %s`\n\n```\n%s```\n" % (
            " ".join(shlex.quote(a) for a in sys.argv[1:]), table))
        for t in targets:
            f.write("\n- **%s**: `%s`" % (t.name, t.command))
        f.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--build", default=os.path.join(ROOT, "build/guests/bench"),
                        help="where the images are (default build/guests/bench)")
    parser.add_argument("--vitrine", default=os.path.join(ROOT, "build/vitrine"),
                        help="the program (default build/vitrine)")
    parser.add_argument("--page", help="also write the results to this file, as Markdown")
    parser.add_argument("--names", default="", help="benchmarks or groups, comma separated")
    parser.add_argument("--scale", type=int, default=100, help="percent (default 100)")
    parser.add_argument("--reps", type=int, default=1, help="alternating repetitions")
    parser.add_argument("--best", action="store_true",
                        help="print the minimum of the repetitions, not the median")
    parser.add_argument("--cpu", action="store_true",
                        help="print CPU seconds of the emulator process, not elapsed ones")
    parser.add_argument("--timeout", type=int, default=1800, help="seconds per run")
    parser.add_argument("--image", help="disk image (default bench.img, or workload.img, of --build)")
    parser.add_argument("--linux", action="store_true", help="boot the Linux disk image")
    parser.add_argument("--echo", action="store_true", help="show the serial port, timestamped")
    parser.add_argument("--json", help="also write all raw times to this file")
    parser.add_argument("--bochs-display", default='rfb, options="timeout=0"',
                        help="its display_library option")
    parser.add_argument("--bochs-ips", type=int, default=50000000,
                        help="instructions per virtual second")
    args = parser.parse_args()
    targets = [Target(t, args) for t in args.targets or installed(args)]
    runs = {t.name: [] for t in targets}
    for rep in range(args.reps):
        for t in targets:
            print("# run %d of %d: %s" % (rep + 1, args.reps, t.name),
                  file=sys.stderr, flush=True)
            runs[t.name].append(t.run(args, args.echo))
            if args.json:
                with open(args.json, "w") as f:
                    json.dump({n: [{"times": r.times, "cpu": r.cpu, "sums": r.sums,
                                    "notes": r.notes, "skipped": r.skipped,
                                    "done": r.done} for r in rs]
                               for n, rs in runs.items()}, f, indent=1)
    broken = [t for t in targets if not all(r.done for r in runs[t.name])]
    if not args.targets:    # nobody has asked for a peer that does not work here
        for t in broken:
            if t.name in ("qemu", "bochs"):
                print("%s did not run to its end here and is left out" % t.name, file=sys.stderr)
                targets.remove(t)
        broken = [t for t in broken if t in targets]
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        report(targets, runs, args)
    print(text.getvalue(), end="")
    if args.page:
        write_page(args.page, targets, text.getvalue(), args)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
