# SPDX-License-Identifier: Apache-2.0
"""The comparator sees each kind of change, and the writer keeps what people wrote."""

import re
import shutil

import pytest
from conftest import compile_plain
from schema_lib import __main__ as tool
from schema_lib import compare, protoc

MOTOR = "component/motor/v1/motor.proto"
ROBOT = "robot/v1/robot.proto"
COMMON = "common/v1/common.proto"
BOARD = "component/board/v1/board.proto"
DATA = "app/data/v1/data.proto"
MLMODEL = "service/mlmodel/v1/mlmodel.proto"
APP_ROBOT = "app/v1/robot.proto"
SIGNALING = "proto/rpc/webrtc/v1/signaling.proto"

POWER = "viam.component.motor.v1.SetPowerRequest.power_pct"
SET_POWER = "viam.component.motor.v1.MotorService.SetPower"
ICE = "proto.rpc.webrtc.v1.ICECandidate.sdp_mid"

# (file, text that stands there, text put in its place, start of a line in the listing)
CHANGES = {
    "number": (
        MOTOR,
        "double power_pct = 2;",
        "double power_pct = 3;",
        f"~ field {POWER} = 2 (double) -> = 3 (double)",
    ),
    "type": (MOTOR, "double power_pct = 2;", "float power_pct = 2;", f"~ field {POWER} = 2 (double) -> = 2 (float)"),
    "label": (MOTOR, "double power_pct = 2;", "repeated double power_pct = 2;", f"~ field {POWER}"),
    "presence": (SIGNALING, "optional string sdp_mid = 2;", "string sdp_mid = 2;", f"~ field {ICE}"),
    "JSON name": (MOTOR, "double power_pct = 2;", 'double power_pct = 2 [json_name = "power"];', f"~ field {POWER}"),
    "field name": (MOTOR, "double power_pct = 2;", "double power = 2;", f"- field {POWER}"),
    "field gone": (MOTOR, "double power_pct = 2;", "", f"- field {POWER}"),
    "oneof": (COMMON, "oneof geometry_type {", "oneof kind {", "- oneof viam.common.v1.Geometry.geometry_type"),
    "enum value": (
        BOARD,
        "POWER_MODE_NORMAL = 1;",
        "POWER_MODE_NORMAL = 3;",
        "~ value viam.component.board.v1.PowerMode.",
    ),
    "reserved": (MLMODEL, "reserved 2;", "", "~ message viam.service.mlmodel.v1.InferRequest in"),
    "map": (APP_ROBOT, "map<string, string> env = 9;", "map<string, bytes> env = 9;", "~ field viam.app.v1."),
    "package": (MOTOR, "package viam.component.motor.v1;", "package viam.component.motor.v2;", f"~ file {MOTOR}"),
    "file option": (MOTOR, "motor/v1", "motor/v2", f"~ option go_package of {MOTOR}"),
    "method name": (MOTOR, "rpc SetPower(", "rpc PutPower(", f"- method {SET_POWER}"),
    "response": (MOTOR, "returns (SetPowerResponse)", "returns (StopResponse)", f"~ method {SET_POWER}"),
    "streaming": (
        DATA,
        "returns (stream ExportTabularDataResponse)",
        "returns (ExportTabularDataResponse)",
        "~ method viam",
    ),
    "HTTP path": (MOTOR, "motor/{name}/power", "motor/{name}/pwr", f"~ option (google.api.http) of {SET_POWER}"),
    "HTTP verb": (MOTOR, "{ put: ", "{ post: ", f"~ option (google.api.http) of {SET_POWER}"),
    "custom option": (
        MOTOR,
        "option (viam.common.v1.safety_heartbeat_monitored) = true;",
        "",
        f"- option (viam.common.v1.safety_heartbeat_monitored) of {SET_POWER} = true",
    ),
    "option number": (COMMON, "84260", "84261", "~ extension viam.common.v1.safety_heartbeat_monitored"),
    "tag option": (
        APP_ROBOT,
        """[(tagger.v1.tags) = 'json:"th"']""",
        "",
        "- option (tagger.v1.tags) of viam.app.v1.Orient",
    ),
    "deprecated": (
        ROBOT,
        " [deprecated = true]",
        "",
        "- option deprecated of viam.robot.v1.FrameSystemConfig.kinematics",
    ),
    "packed": (
        MLMODEL,
        "[packed = true]",
        "[packed = false]",
        "~ option packed of viam.service.mlmodel.v1.FlatTensorData",
    ),
}


@pytest.fixture
def copy(tmp_path):
    """A copy of proto/ to be changed."""
    return shutil.copytree(tool.PROTO, tmp_path / "proto")


def edit(folder, name: str, old: str, new: str) -> None:
    """Replaces the first place where a text stands."""
    text = (folder / name).read_text()
    assert old in text, f"{name} has no {old!r}: update this test"
    (folder / name).write_text(text.replace(old, new, 1))


def differences(folder, name: str, tree: dict) -> list[str]:
    """How one file of a folder differs from the tree it was copied from."""
    return compare.exact_differences({name: tree[name]}, {name: compile_plain(folder)[name]})


@pytest.mark.parametrize("change", CHANGES)
def test_change_is_seen(change, copy, tree):
    """One edit of one file is found, and named."""
    name, old, new, expected = CHANGES[change]
    edit(copy, name, old, new)
    found = differences(copy, name, tree)
    assert any(line.startswith(expected) for line in found), found


def test_order_is_seen(copy, tree):
    """Two messages that change places are found."""
    empty = "message StopResponse {}\n\n"
    edit(copy, MOTOR, empty, "")
    (copy / MOTOR).write_text((copy / MOTOR).read_text() + "\n" + empty)
    assert differences(copy, MOTOR, tree) == [f"~ file {MOTOR}: same declarations, other order"]


def test_unchanged_is_equal(copy, tree):
    """A comment is no difference."""
    edit(copy, MOTOR, "message StopResponse {}", "// Nothing.\nmessage StopResponse {}")
    assert differences(copy, MOTOR, tree) == []


def test_check_fails_and_lists(copy, packages, capsys):
    """`tools/schema check` says what differs, and exits 1."""
    assert tool.check(copy, packages) == 0
    edit(copy, MOTOR, "double power_pct = 2;", "double power_pct = 3;")
    assert tool.check(copy, packages) == 1
    assert f"~ field {POWER} = 2 (double) -> = 3 (double)" in capsys.readouterr().out


def test_check_sees_missing_and_added_files(copy, packages, capsys):
    """A file too few and a file too many are differences, not accidents."""
    (copy / MOTOR).unlink()
    (copy / "own.proto").write_text('syntax = "proto3";\npackage own;\nmessage Own {}\n')
    assert tool.check(copy, packages) == 1
    listing = capsys.readouterr().out
    assert f"- file {MOTOR}" in listing and "+ file own.proto" in listing


def test_write_keeps_comments(copy, packages):
    """Regenerating restores the schema and keeps comments on every kind of declaration."""
    comments = {
        "message SetPowerRequest {": "// On a message.",
        "  double power_pct = 2;": "  // On a field,\n  //\n  //   in two lines.",
        "service MotorService {": "// On a service.",
        "  rpc SetPower(": "  // On a method.",
    }
    text = (copy / MOTOR).read_text()
    for place, comment in comments.items():
        text = re.sub(rf"^( *//.*\n)*{re.escape(place)}", f"{comment}\n{place}", text, count=1, flags=re.MULTILINE)
    (copy / MOTOR).write_text(text.replace("SetPowerRequest {", "SetPowerRequest { bool invented = 9;"))
    tool.write(copy, packages)
    assert (copy / MOTOR).read_text() == text


def test_write_is_stable(copy, packages):
    """What the tool writes from nothing is what it writes again."""
    shutil.rmtree(copy)
    copy.mkdir()
    tool.write(copy, packages)
    first = {name: (copy / name).read_text() for name in protoc.proto_names(copy)}
    tool.write(copy, packages)
    assert first == {name: (copy / name).read_text() for name in protoc.proto_names(copy)}
    assert tool.check(copy, packages) == 0


def test_broken_tree_is_no_crash(copy):
    """A file that protoc refuses is reported as such."""
    edit(copy, MOTOR, "double power_pct = 2;", "double power_pct = ;")
    with pytest.raises(protoc.CompileError, match="motor.proto"):
        compile_plain(copy)
