# SPDX-License-Identifier: Apache-2.0
"""Honest clients, hostile ones and config changes together, for minutes. Per attack: the honest
clients' p99 before and during it. Then as long clients over WebRTC that vanish. At the end of
either everybody leaves, and the server must be as it was: descriptors, memory, exit code. Exits 1
when it is not, when an honest call failed, when an attack broke off or was not refused as it should
be, or when a p99 grew more than FACTOR times."""
import argparse
import json
import multiprocessing
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import attacks
import harness
import measure
import vanishing

FACTOR = 3
FLOOR_US = 300  # below this a p99 is the scheduler's, not the server's
GROWTH_KB = 8 << 10
PARTS = ("attacks", "vanishing")

COMPONENTS = [{"name": "sensor", "api": "rdk:component:sensor", "model": "fake"},
              {"name": "s1", "api": "rdk:component:sensor", "model": "fake"},
              {"name": "motor", "api": "rdk:component:motor", "model": "fake"},
              {"name": "arm", "api": "rdk:component:arm", "model": "fake",
               "attributes": {"arm-model": "ur5e"}}]


def assault(attack, port, until):
    """In a process of its own, behind the honest ones in the queue for the CPU."""
    os.nice(10)
    attack(lambda: socket.create_connection(("127.0.0.1", port), timeout=5), until)


class Soak:
    def __init__(self, server, options):
        self.server, self.options = server, options
        self.reloads, self.worst = 0, 0.0
        self.idle_files = 0
        self.failures = []

    def reload(self):
        """Adds or takes away a resource that nobody uses."""
        self.reloads += 1
        extra = [{"name": "guest", "api": "rdk:component:sensor", "model": "fake"}]
        components = COMPONENTS + (extra if self.reloads % 2 else [])
        path = self.server.config_path
        new = path.with_suffix(".new")
        new.write_text(json.dumps({"network": {"bind_address": self.server.address},
                                   "components": components}))
        new.replace(path)

    def honest(self, seconds):
        """p99 in µs of clients that do as they should."""
        done = subprocess.run(
            [str(measure.LOAD), "--address", self.server.address, "--path",
             measure.CALLS["GetReadings"][0], "--message", measure.CALLS["GetReadings"][1].hex(),
             "--connections", "4", "--streams", "10", "--seconds", str(seconds)],
            capture_output=True, text=True, check=False)
        result = json.loads(done.stdout)
        if result["errors"] or result["lost"]:
            self.failures.append(f"honest calls failed: {done.stdout.strip()}")
        return result["p99_us"]

    def attack(self, attack, seconds):
        self.reload()
        before, refused = self.honest(max(2, seconds // 4)), self.refused()
        process = multiprocessing.Process(
            target=assault, args=(attack, self.server.port, time.monotonic() + seconds + 1))
        process.start()
        try:
            self.reload()
            during = self.honest(seconds)
        finally:
            process.join(30)
            if process.is_alive():
                process.kill()
                self.failures.append(f"{attack.__name__} does not end")
            elif process.exitcode:
                self.failures.append(f"{attack.__name__} broke off: exit code {process.exitcode}")
        factor = max(during, FLOOR_US) / max(before, FLOOR_US)
        print(f"{attack.__name__:18} {before:9.0f} {during:9.0f} {factor:7.2f} "
              f"{self.server.rss_kb() / 1024:8.1f} {self.server.open_files():6}", flush=True)
        self.worst = max(self.worst, factor)
        if factor > FACTOR:
            self.failures.append(f"p99 during {attack.__name__} grew {factor:.1f} times")
        if not self.server.is_running():
            raise AssertionError(self.server.log.text()[-4000:])
        reason = attacks.REFUSALS.get(attack)
        if reason and self.refused()[reason] == refused[reason]:
            self.failures.append(f"{attack.__name__} was not refused as {reason}")

    def refused(self):
        """{reason: how often} so far."""
        with urllib.request.urlopen(f"http://{self.server.address}/metrics", timeout=20) as page:
            found = re.findall(r'^sinew_refused_total\{reason="(\w+)"\} (\d+)$',
                               page.read().decode(), re.MULTILINE)
        return {reason: int(count) for reason, count in found}

    def settle(self, files, patience=60):
        """Waits until as many descriptors are open as at the start."""
        end = time.monotonic() + patience
        while self.server.open_files() > files and time.monotonic() < end:
            time.sleep(0.2)
        if self.server.open_files() > files:
            self.failures.append(f"{self.server.open_files()} descriptors, {files} at the start")

    def warm(self):
        """What a server holds that has been used."""
        self.honest(2)
        self.idle_files = self.server.open_files()
        subprocess.run(vanishing.command(self.server, "--connections", "2", "--calls", "100"),
                       check=True, stdout=subprocess.DEVNULL)
        self.settle(self.idle_files)

    def run_attacks(self):
        seconds = max(2, round(self.options.minutes * 60 / len(attacks.ATTACKS) / 1.3))
        print(f"{'attack':18} {'before µs':>9} {'during µs':>9} {'factor':>7} {'RSS MiB':>8} "
              f"{'files':>6}")
        for attack in attacks.ATTACKS:
            self.attack(attack, seconds)
        return f"worst factor {self.worst:.2f}; {self.reloads} reloads"

    def run_vanishing(self):
        return f"{vanishing.vanish(self, self.options.minutes)} clients vanished"

    def run(self, part):
        self.warm()
        rss = self.server.rss_kb()
        told = getattr(self, f"run_{part}")()
        self.settle(self.idle_files)
        time.sleep(15)  # what is given back to the system is given back by then
        grown = self.server.rss_kb() - rss
        print(f"{told}; memory {rss / 1024:.1f} MiB at the start, {grown / 1024:+.1f} MiB at the "
              "end")
        if grown > GROWTH_KB and not self.server.program.is_sanitized:
            self.failures.append(f"memory grew by {grown} KiB")


def soak(part, options):
    """What failed."""
    with tempfile.TemporaryDirectory() as home:
        program = harness.Program(pathlib.Path(options.program).resolve(), pathlib.Path(home))
        server = harness.Server(program, {"components": COMPONENTS})
        run = Soak(server, options)
        try:
            run.run(part)
        finally:
            server.stop()  # asserts exit code 0 and no sanitizer's report
    return run.failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program", nargs="?", default=measure.ROOT / "build/bin/sinew-server")
    parser.add_argument("--minutes", type=float, default=10, help="of each part")
    parser.add_argument("--part", choices=PARTS, help="only that")
    options = parser.parse_args()
    measure.raise_file_limit()
    os.environ["SINEW_STALL_TIMEOUT"] = f"{attacks.STALL}s"
    failures = [failure for part in PARTS if options.part in (None, part)
                for failure in soak(part, options)]
    for failure in failures:
        print(f"FAILED: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
