#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a sensor and turns a motor of the machine in fake.json, with Viam's Python SDK."""
import asyncio
import sys

from viam.components.motor import Motor
from viam.components.sensor import Sensor
from viam.robot.client import RobotClient
from viam.rpc.dial import DialOptions


async def main(address):
    options = RobotClient.Options(
        dial_options=DialOptions(insecure=True, disable_webrtc=True))
    async with await RobotClient.at_address(address, options) as machine:
        print("resources:", sorted(name.name for name in machine.resource_names))
        print("readings:", await Sensor.from_robot(machine, "s1").get_readings())
        motor = Motor.from_robot(machine, "m1")
        await motor.set_power(0.5)
        print("powered:", await motor.is_powered())
        await motor.go_for(rpm=60, revolutions=1)
        print("after one revolution:", await motor.is_powered())


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "localhost:8080"))
