// SPDX-License-Identifier: Apache-2.0
// The official TypeScript SDK as in a browser (gRPC-Web by fetch), against a machine with the fakes
// m1 (motor), s1 (sensor) and b1 (board with the interrupt i1).
// node typescript.mjs <node_modules> <url>; prints what went wrong and fails.
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';

const [modules, url] = process.argv.slice(2);
const lib = (path) => import(pathToFileURL(`${modules}/${path}`));
const VIAM = await lib('@viamrobotics/sdk/dist/main.es.js');

const steps = {
  'the SDK lists resources': async ({ robot }) => {
    const names = (await robot.resourceNames()).map((r) => `${r.subtype}/${r.name}`);
    assert.ok(names.includes('motor/m1') && names.includes('sensor/s1'), names.join());
  },
  'the SDK moves a motor': async ({ robot }) => {
    const motor = new VIAM.MotorClient(robot, 'm1');
    await motor.setPower(0.5);
    assert.deepEqual(await motor.isPowered(), [true, 0.5]);
    await motor.stop();
    assert.equal(await motor.isMoving(), false);
  },
  'the SDK reads a sensor': async ({ robot }) => {
    const readings = await new VIAM.SensorClient(robot, 's1').getReadings();
    assert.deepEqual(readings, { a: 1, b: 2, c: 3 });
  },
  'the SDK is told what is wrong': async ({ robot }) => {
    await assert.rejects(new VIAM.MotorClient(robot, 'nope').isMoving(), (error) => {
      assert.equal(error.code, 2);
      assert.match(error.message, /no node found with api rdk:component:motor and name nope/);
      return true;
    });
  },
  'many calls at once': async ({ robot }) => {
    const sensor = new VIAM.SensorClient(robot, 's1');
    await Promise.all(Array.from({ length: 200 }, () => sensor.getReadings()));
  },
  'a deadline ends a call': async ({ robot }) => {
    const motor = new VIAM.MotorClient(robot, 'm1');
    const abort = new AbortController();
    const moving = motor.goFor(1, 1000, {}, { signal: abort.signal });
    setTimeout(() => abort.abort(), 100);
    await assert.rejects(moving);
    await motor.stop();
  },
  'a stream comes message by message, until nobody wants it': async ({ robot }) => {
    const ticks = [];
    const abort = new AbortController();
    const board = new VIAM.BoardClient(robot, 'b1');
    const streaming = board.streamTicks(['i1'], ticks, {}, { signal: abort.signal });
    const end = Date.now() + 20_000;
    while (ticks.length < 2 && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    abort.abort();
    await assert.rejects(streaming);
    assert.deepEqual(ticks.map((tick) => tick.pinName), ['', 'i1']); // the first says it began
  },
};

const robot = new VIAM.RobotClient();
await robot.dial({ host: url, disableSessions: true, noReconnect: true });
let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  try {
    await step({ robot });
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error.stack}`);
  }
}
process.exit(failed ? 1 : 0);
