# SPDX-License-Identifier: Apache-2.0
"""Figures of an arm: where its end is, and joints for where it shall be."""
import itertools
import statistics
import time

import calls
import measure
import scale

ARM = "/viam.component.arm.v1.ArmService/"

# key, what
ROWS = [
    ("cpu GetEndPosition", "CPU per call, arm GetEndPosition", "1 conn x 1", "µs", None),
    ("mean GetEndPosition", "mean latency, arm GetEndPosition", "1 conn x 1", "µs", None),
    ("p99 GetEndPosition", "p99 latency, arm GetEndPosition", "1 conn x 1", "µs", None),
    ("cpu MoveToPosition", "CPU per call, arm MoveToPosition, fake ur5e", "from pose to pose",
     "µs", None),
    ("mean MoveToPosition", "mean latency, arm MoveToPosition, fake ur5e", "from pose to pose",
     "µs", None),
    ("p99 MoveToPosition", "p99 latency, arm MoveToPosition, fake ur5e", "from pose to pose",
     "µs", None),
]


def poses():
    """In reach of the arm, every one far from the one before: tool down, on two arcs."""
    for i in itertools.count():
        side = 1 if i % 2 else -1
        x, y, z = side * (350 + i % 7 * 20), 150 + i % 5 * 30, 200 + i % 11 * 25
        yield measure.name_is("arm") + measure.nested(
            2, measure.double_field(1, x) + measure.double_field(2, y)
            + measure.double_field(3, z) + measure.double_field(6, -1))


def moves(machine, seconds):
    """{key: figure} of MoveToPosition; a pose that is refused is an error of the bench."""
    connection, took = calls.Connection(machine.port), []
    cpu, end = machine.cpu_seconds(), time.monotonic() + seconds
    for message in poses():
        began = time.perf_counter()
        if connection.call(ARM + "MoveToPosition", message) is None:
            raise RuntimeError(f"{machine.program}: MoveToPosition fails")
        took.append((time.perf_counter() - began) * 1e6)
        if time.monotonic() > end:
            break
    cpu = (machine.cpu_seconds() - cpu) / len(took) * 1e6
    connection.close()
    return {"cpu MoveToPosition": cpu, "mean MoveToPosition": statistics.mean(took),
            "p99 MoveToPosition": sorted(took)[int(len(took) * 0.99)]}


def figures(program, options):
    """One round: {row's key: figure}."""
    arm = scale.fake("arm", "arm", attributes={"arm-model": "ur5e"})
    with scale.Machine(program, [arm]) as machine:
        machine.calls["GetEndPosition"] = (ARM + "GetEndPosition", measure.name_is("arm"))
        moves(machine, 1)  # the real server makes a table of seeds first
        cpu, mean, p99 = measure.under_load(machine, "GetEndPosition", 1, 1, options.seconds)
        return {"cpu GetEndPosition": cpu, "mean GetEndPosition": mean, "p99 GetEndPosition": p99,
                **moves(machine, options.seconds)}
