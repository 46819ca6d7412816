# SPDX-License-Identifier: Apache-2.0
"""Runs a page: its named blocks of code become files, its blocks of commands run in one shell, and
what a block of text shows must be in what the commands before it print."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test"))
from ports import free_port

PAGES = [ROOT / "docs/running.md", ROOT / "docs/module-tutorial.md"]
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# A reader is slower than a machine that starts, or takes over a config.
PATIENCE = 20
TRY_AGAIN = f"""again() {{
    end=$((SECONDS + {PATIENCE}))
    while [ $SECONDS -lt $end ]; do
        "$@" > .out 2>&1 && {{ cat .out; return; }}
        sleep 0.2
    done
    cat .out
    return 1
}}
"""


def script(blocks, folder, build):
    """The shell's script, with a mark between blocks."""
    lines = ["set -euo pipefail", f"cd {folder}", TRY_AGAIN,
             "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT"]
    for index, (language, _, text) in enumerate(blocks):
        if language != "sh":
            continue
        if build:
            text = text.replace("make -C sinew install PREFIX=$PREFIX",
                                f"cmake --install {build} --prefix $PREFIX > install.log")
        text = re.sub(r"^(python3|grep|curl) ", r"again \1 ", text, flags=re.MULTILINE)
        lines += [f"printf '\\n=== {index}\\n'", text]
    return "\n".join(lines)


def outputs(text):
    """{block: what it printed}"""
    parts = re.split(r"^=== (\d+)\n", text, flags=re.MULTILINE)[1:]
    return {int(index): output for index, output in zip(parts[::2], parts[1::2])}


def missing(blocks, printed):
    """What blocks of text show and nobody printed."""
    last = ""
    for index, (language, _, text) in enumerate(blocks):
        last = printed.get(index, "") if language == "sh" else last
        if language == "text":
            yield from (line for line in text.splitlines() if line not in last)


def run(page, folder, build):
    text = page.read_text().replace("8080", str(free_port()))
    blocks = BLOCK.findall(text)
    for _, name, text in blocks:
        if name:
            (folder / name).write_text(text)
    (folder / "sinew").symlink_to(ROOT)
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", script(blocks, folder, build)], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          env={**os.environ, "PATH": path, "HOME": str(folder)})
    lost = list(missing(blocks, outputs(done.stdout)))
    if done.returncode == 0 and not lost:
        print(f"{page.name}, {len(blocks)} blocks: right")
        return 0
    print(done.stdout)
    log = folder / "server.log"
    if log.exists():
        print(f"--- server.log\n{log.read_text()}")
    for line in lost:
        print(f"not printed: {line}")
    return 1


def main():
    args = PARSER.parse_args()
    failed = 0
    for page in PAGES:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tutorial-"))
        try:
            failed |= run(page, folder, args.build and args.build.resolve())
        finally:
            shutil.rmtree(folder)
    return failed


PARSER = argparse.ArgumentParser(description=__doc__.split("\n")[0])
PARSER.add_argument("--build", type=pathlib.Path, help="build folder to install from")

if __name__ == "__main__":
    sys.exit(main())
