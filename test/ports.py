# SPDX-License-Identifier: Apache-2.0
"""Ports for servers that a test or a measurement starts."""
import contextlib
import random
import socket


def free_port():
    """None that the system gives away by itself: servers and clients are given such all the time,
    and one may get this before it is listened on."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
