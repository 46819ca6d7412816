// SPDX-License-Identifier: Apache-2.0
// Runs in a browser: connects as its query says and takes the steps. What it has to say it leaves
// in `window.said`; `window.failed` is set when it is through.
import * as VIAM from '@viamrobotics/sdk';
import { takeSteps } from './sdk_steps.mjs';

const wanted = JSON.parse(new URLSearchParams(location.search).get('dial'));

/** A second connection, as after a page was loaded again. */
async function connect() {
  const robot = new VIAM.RobotClient();
  await robot.dial(wanted);
  return robot;
}

async function main(say) {
  const robot = await connect();
  say('ok it connects');
  let failed = await takeSteps(VIAM, robot, say, 'signalingAddress' in wanted);
  await robot.disconnect();
  const again = await connect();
  const names = await again.resourceNames();
  say(names.length ? 'ok it connects again' : 'FAILED it connects again: no resources');
  await again.disconnect();
  return failed + (names.length ? 0 : 1);
}

window.said = [];
const say = (line) => window.said.push(line);
main(say)
  .catch((error) => {
    say(`FAILED to connect: ${error.stack ?? error}`);
    return 1;
  })
  .then((failed) => {
    window.failed = failed;
  });
