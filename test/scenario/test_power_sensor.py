# SPDX-License-Identifier: Apache-2.0
"""The power sensor API over the wire."""
import pytest
from viam.components.power_sensor import PowerSensor

CONFIG = {"components": [{"name": "p", "api": "rdk:component:power_sensor", "model": "fake"}]}


async def test_amounts(server):
    async with server.machine() as machine:
        sensor = PowerSensor.from_robot(machine, "p")
        assert await sensor.get_voltage() == (1.5, True)
        assert await sensor.get_current() == (2.2, True)
        assert await sensor.get_power() == 9.8


async def test_readings(server):
    async with server.machine() as machine:
        readings = await PowerSensor.from_robot(machine, "p").get_readings(extra={"a": 1})
    assert readings == {"volts": 1.5, "amps": 2.2, "is_ac": True, "watts": pytest.approx(9.8)}


async def test_any_command_is_taken(server):
    async with server.machine() as machine:
        assert await PowerSensor.from_robot(machine, "p").do_command({"what": 1}) == {}
