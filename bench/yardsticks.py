# SPDX-License-Identifier: Apache-2.0
"""What else can be measured the same way on the machine, to know what is near the limit: the bare
libraries (bench-bare), and nginx with a page of the same size."""
import os
import pathlib
import shutil
import socket
import time

import measure

BARE = measure.ROOT / "build/release/bench/bench-bare"
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
NGINX_CONFIG = """daemon off; worker_processes 1; pid {home}/pid; error_log {home}/log crit;
events {{ worker_connections 2048; }}
http {{ access_log off; keepalive_requests 1000000000; default_type text/plain;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fast;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  server {{ listen 127.0.0.1:{port} http2; location / {{ return 200 "{page}"; }} }} }}
"""
PAGE = "x" * 53  # a reading's message


class Yardstick(measure.Server):
    """A program that needs no config of ours."""

    def __init__(self, program, command):
        super().__init__(program, [])
        self.make_command = command

    def command(self):
        return self.make_command(self)

    def wait_until_serving(self):
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f"{self.program} does not serve")

    def load_command(self, call, *options):
        return super().load_command(call, "--page", *options)

    def cpu_seconds(self):
        """Of its workers, too."""
        total = super().cpu_seconds()
        own = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return total + sum(measure.cpu_seconds(int(child)) for child in own.read_text().split())


def bare():
    return Yardstick(BARE, lambda server: [str(BARE), str(server.port)])


def nginx():
    def command(server):
        path = server.home / "nginx.conf"
        path.write_text(NGINX_CONFIG.format(home=server.home, port=server.port, page=PAGE))
        return [NGINX, "-c", str(path)]
    return Yardstick(NGINX, command)


def figures(options):
    """{label: {row's key: figure}} of those that are there."""
    found = {}
    for label, make in (("bare", bare), ("nginx", nginx)):
        if not os.access(BARE if label == "bare" else NGINX, os.X_OK):
            continue
        row = found.setdefault(label, {})
        with make() as server:
            for shape, connections, streams in (("4x10", 4, 10), ("1x1", 1, 1)):
                cpu, mean, _ = measure.under_load(server, "GetReadings", connections, streams,
                                                  options.seconds)
                row[f"cpu {shape}"], row[f"mean {shape}"] = cpu, mean
    return found
