# SPDX-License-Identifier: Apache-2.0
"""tools/schema write | check | diff --python viam-sdk==X"""

import argparse
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from schema_lib import comments, compare, emit, files, protoc, sources

ROOT = Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"
SITE_PACKAGES = Path(sysconfig.get_paths()["purelib"])


def node_modules() -> Path:
    """The folder of the pinned TypeScript package."""
    done = subprocess.run([ROOT / "tools/nodeenv"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return Path(done.stdout.strip())


def render(tree: Path, wanted: dict, compiled: dict) -> dict[str, str]:
    """The text of each wanted file, comments and headers of the tree kept."""
    notes = comments.all_comments(compiled)
    names = emit.Names(wanted.values())
    texts = {}
    for name, file in wanted.items():
        path = tree / name
        header = comments.header_of(path) if path.exists() else []
        texts[name] = emit.Writer(file, names, notes).write(header or emit.default_header(file))
    return texts


def write(tree: Path, wanted: dict) -> int:
    """Regenerates the tree: changed files are rewritten, files of no package removed."""
    texts = render(tree, wanted, protoc.compile_tree(tree))
    for name in protoc.proto_names(tree):
        if name not in texts:
            (tree / name).unlink()
            print(f"removed proto/{name}")
    for name, text in sorted(texts.items()):
        path = tree / name
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"wrote proto/{name}")
    return 0


def check(tree: Path, wanted: dict) -> int:
    """Compares the compiled tree with the packages, and its text with the generated one."""
    compiled = protoc.compile_tree(tree)
    texts = render(tree, wanted, compiled)
    for file in compiled.values():
        file.ClearField("source_code_info")
    problems = compare.exact_differences(wanted, files.with_options(compiled))
    if not problems:
        changed = (name for name, text in texts.items() if (tree / name).read_text() != text)
        problems = [f"~ text proto/{name}: not as `tools/schema write` writes it" for name in changed]
    for problem in problems:
        print(problem)
    print(f"{len(wanted)} files compared, {len(problems)} differences")
    return 1 if problems else 0


def diff(requirement: str) -> int:
    """Lists what another version of the Python SDK changes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, requirement]
        if subprocess.run(command, check=False).returncode != 0:
            return 1
        for wheel in Path(folder).glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(folder)
        other = sources.viam_files(Path(folder))
    known = files.with_options(sources.with_imports(other, SITE_PACKAGES))
    pinned = files.with_options(sources.python_files(SITE_PACKAGES))
    pinned = {name: pinned[name] for name in sources.viam_files(SITE_PACKAGES)}
    for line in compare.differences(pinned, {name: known[name] for name in other}):
        print(line)
    return 0


def main() -> int:
    """Runs one command."""
    parser = argparse.ArgumentParser(prog="tools/schema", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("write", help="regenerate proto/ from the pinned packages, keeping comments")
    commands.add_parser("check", help="compare proto/ with the pinned packages; 1 if they differ")
    other = commands.add_parser("diff", help="list what another Python SDK changes")
    other.add_argument("--python", required=True, metavar="viam-sdk==X")
    chosen = parser.parse_args()
    if chosen.command == "diff":
        return diff(chosen.python)
    wanted = sources.all_files(SITE_PACKAGES, node_modules())
    return {"write": write, "check": check}[chosen.command](PROTO, wanted)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except protoc.CompileError as error:
        sys.exit(f"proto/ does not compile:\n{error}")
