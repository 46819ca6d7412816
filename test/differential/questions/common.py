# SPDX-License-Identifier: Apache-2.0
"""For all modules of questions."""

NAN, INF = "NaN", "Infinity"

COMMON = [("DoCommand", {"command": {"what": 1}}), ("DoCommand", {}), ("GetStatus", {}),
          ("GetGeometries", {})]


def every(service, names, methods):
    """Each method on each name."""
    return [(service, method, {**fields, "name": name})
            for name in names for method, fields in methods]
