// SPDX-License-Identifier: Apache-2.0
// The official TypeScript SDK in Node (gRPC-Web by fetch), against the machine of sdk_steps.mjs.
// node typescript.mjs <node_modules> <url>; prints what went wrong and fails.
import { pathToFileURL } from 'node:url';
import { takeSteps } from './sdk_steps.mjs';

const [modules, url] = process.argv.slice(2);
const VIAM = await import(pathToFileURL(`${modules}/@viamrobotics/sdk/dist/main.es.js`));

const robot = new VIAM.RobotClient();
await robot.dial({ host: url, disableSessions: true, noReconnect: true });
process.exit((await takeSteps(VIAM, robot, console.log)) ? 1 : 0);
