# SPDX-License-Identifier: Apache-2.0
"""Crowds of clients that connect over WebRTC, call, and are killed: nothing says goodbye, as when a
network goes away. Others are served meanwhile, over WebRTC too."""
import contextlib
import json
import os
import subprocess
import time

import measure

PROCESSES, CLIENTS = 10, 10  # a crowd, and how much of it one process is
PERIOD = 5  # seconds from crowd to crowd: the silence of two is still noticed as the third comes
PATIENCE = 60


def command(server, *options):
    path, message = measure.CALLS["GetReadings"]
    return [str(measure.LOAD), "--address", server.address, "--path", path, "--message",
            message.hex(), "--webrtc", *map(str, options)]


def crowd(server):
    """Comes, calls, is killed. What failed; None: nothing."""
    processes = [subprocess.Popen(
        command(server, "--hold", "--connections", CLIENTS), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: os.nice(10)) for _ in range(PROCESSES)]
    failure = None
    for process in processes:
        line = process.stdout.readline()
        with contextlib.suppress(json.JSONDecodeError):
            if json.loads(line)["calls"] == CLIENTS:
                continue
        failure = f"a client of a crowd failed: {line.strip()}"
    for process in processes:
        process.kill()
        process.communicate()
    return failure


def vanish(soak, minutes):
    """Crowd after crowd; how many clients that were."""
    server, clients, end = soak.server, 0, time.monotonic() + minutes * 60
    while time.monotonic() < end:
        began = time.monotonic()
        honest = subprocess.Popen(
            command(server, "--connections", 2, "--streams", 4, "--seconds", PERIOD),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        failure = crowd(server)
        clients += PROCESSES * CLIENTS
        told = honest.communicate(timeout=PATIENCE)[0]
        if honest.returncode:
            failure = f"honest calls over WebRTC failed: {told.strip()}"
        if failure:
            soak.failures.append(failure)
        print(f"{clients:6} vanished {time.monotonic() - began:7.1f} s "
              f"{server.rss_kb() / 1024:8.1f} MiB {server.open_files():6} files", flush=True)
        if not server.is_running():
            raise AssertionError(server.log.text()[-4000:])
    return clients
