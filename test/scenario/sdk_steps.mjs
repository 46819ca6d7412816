// SPDX-License-Identifier: Apache-2.0
// What the official TypeScript SDK does with a machine that has the fakes m1 (motor), s1 (sensor)
// and b1 (board with the interrupt i1). For Node and for browsers.

/** Both compare what JSON can say. */
function same(actual, wanted) {
  const [a, b] = [actual, wanted].map((value) => JSON.stringify(value));
  if (a !== b) {
    throw new Error(`${a} where ${b} was expected`);
  }
}

function ok(value, text) {
  if (!value) {
    throw new Error(text);
  }
}

async function rejects(promise, code, pattern) {
  let error;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }
  ok(error, 'it should have failed');
  if (pattern) {
    same(error.code, code);
    ok(pattern.test(error.message), error.message);
  }
}

// Over WebRTC the SDK doesn't tell the machine that a unary call was aborted, nor its caller that a
// stream was.
const makeSteps = (VIAM, robot, overWebrtc) => ({
  'the SDK lists resources': async () => {
    const names = (await robot.resourceNames()).map((r) => `${r.subtype}/${r.name}`);
    ok(names.includes('motor/m1') && names.includes('sensor/s1'), names.join());
  },
  'the SDK moves a motor': async () => {
    const motor = new VIAM.MotorClient(robot, 'm1');
    await motor.setPower(0.5);
    same(await motor.isPowered(), [true, 0.5]);
    await motor.stop();
    same(await motor.isMoving(), false);
  },
  'the SDK reads a sensor': async () => {
    const readings = await new VIAM.SensorClient(robot, 's1').getReadings();
    same(readings, { a: 1, b: 2, c: 3 });
  },
  'the SDK is told what is wrong': async () => {
    const asking = new VIAM.MotorClient(robot, 'nope').isMoving();
    await rejects(asking, 2, /no node found with api rdk:component:motor and name nope/);
  },
  'many calls at once': async () => {
    const sensor = new VIAM.SensorClient(robot, 's1');
    await Promise.all(Array.from({ length: 200 }, () => sensor.getReadings()));
  },
  'what is wanted no longer ends': async () => {
    const motor = new VIAM.MotorClient(robot, 'm1');
    const abort = new AbortController();
    const moving = motor.goFor(1, 1000, {}, { signal: abort.signal });
    setTimeout(() => (overWebrtc ? motor.stop() : abort.abort()), 100);
    await (overWebrtc ? moving : rejects(moving));
    await motor.stop();
  },
  'a stream comes message by message, until nobody wants it': async () => {
    const ticks = [];
    const abort = new AbortController();
    const board = new VIAM.BoardClient(robot, 'b1');
    const streaming = board.streamTicks(['i1'], ticks, {}, { signal: abort.signal });
    const end = Date.now() + 20_000;
    while (ticks.length < 2 && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    abort.abort();
    await (overWebrtc ? streaming : rejects(streaming));
    same(ticks.map((tick) => tick.pinName), ['', 'i1']); // the first says it began
  },
});

/** Takes all steps; tells of each by `say`. How many failed. */
export async function takeSteps(VIAM, robot, say, overWebrtc = false) {
  let failed = 0;
  for (const [name, step] of Object.entries(makeSteps(VIAM, robot, overWebrtc))) {
    try {
      await step();
      say(`ok ${name}`);
    } catch (error) {
      failed += 1;
      say(`FAILED ${name}: ${error.stack}`);
    }
  }
  return failed;
}
