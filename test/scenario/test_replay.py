# SPDX-License-Identifier: Apache-2.0
"""Models that replay what the cloud keeps, as far as they go without one."""
import pytest

from harness import statuses

DATA = {"source": "x", "robot_id": "r", "location_id": "l", "organization_id": "o",
        "api_key": "k", "api_key_id": "i"}
MODELS = [("camera", "replay_pcd", 100), ("movement_sensor", "replay", 1000)]

START = "invalid time format for start time (UTC), use RFC3339"
END = "invalid time format for end time (UTC), use RFC3339"
NO_CLOUD = "build error: failure to connect to the cloud: this robot is not cloud managed"


def interval(start=None, end=None, **more):
    times = {key: value for key, value in (("start", start), ("end", end)) if value is not None}
    return {**DATA, "time_interval": times, **more}


def cases(most):
    """{name: (attributes, what machine status says)}"""
    batch = f"batch_size must be between 1 and {most}"
    wrong = {
        "batch-0": ({**DATA, "batch_size": 0}, batch),
        "batch-more": ({**DATA, "batch_size": most + 1}, batch),
        "start": (interval("x"), START),
        "start-day": (interval("2024-01-01"), START),
        "start-first": (interval("x", "x", batch_size=0), START),
        "end": (interval("2024-01-01T00:00:00Z", "x"), END),
        "order": (interval("2024-01-02T00:00:00Z", "2024-01-01T00:00:00Z"),
                  "invalid config, end time (UTC) must be after start time (UTC)"),
    }
    right = {
        "good": DATA,
        "batch-most": {**DATA, "batch_size": most},
        "one-instant": interval("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        "zones": interval("2024-01-01T01:00:00+02:00", "2024-01-01T00:00:00.5Z"),
        "future": interval("2999-01-01T00:00:00Z"),
        "empty": interval("", ""),
    }
    return {**{name: (attributes, f"config validation error: {text}")
               for name, (attributes, text) in wrong.items()},
            **{name: (attributes, NO_CLOUD) for name, attributes in right.items()}}


def entries(api, model, most):
    """What each lacks in turn, then the others."""
    rows = [(f"{api}-no-{key}", {k: v for k, v in DATA.items() if k != key}) for key in DATA]
    rows += [(f"{api}-{name}", attributes) for name, (attributes, _) in cases(most).items()]
    return [{"name": name, "api": f"rdk:component:{api}", "model": model, "attributes": attributes}
            for name, attributes in rows]


CONFIG = {"components": [entry for row in MODELS for entry in entries(*row)]}


@pytest.mark.parametrize("api, model, most", MODELS)
async def test_what_cannot_be_built(server, api, model, most):
    found = await statuses(server)
    for name, (_, text) in cases(most).items():
        assert found[f"{api}-{name}"].error == f"resource {text}", name


@pytest.mark.parametrize("api", [row[0] for row in MODELS])
async def test_what_is_required(server, api):
    found = await statuses(server)
    for key in DATA:
        name = f"{api}-no-{key}"
        index = [entry["name"] for entry in CONFIG["components"]].index(name)
        assert found[name].error == (
            "resource config validation error: Error validating, missing required field. "
            f'Path: "components.{index}" Field: "{key}"')
