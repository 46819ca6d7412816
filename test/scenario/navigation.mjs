// SPDX-License-Identifier: Apache-2.0
// The official TypeScript SDK's navigation client in Node, on the machine of test_navigation_older.py.
// node navigation.mjs <node_modules> <url> <drives: what setMode(WAYPOINT) is answered with, or "">
import { pathToFileURL } from 'node:url';

const [modules, url, refusal] = process.argv.slice(2);
const VIAM = await import(pathToFileURL(`${modules}/@viamrobotics/sdk/dist/main.es.js`));

const robot = new VIAM.RobotClient();
await robot.dial({ host: url, disableSessions: true, noReconnect: true });
const nav = new VIAM.NavigationClient(robot, 'nav');
const lost = new VIAM.NavigationClient(robot, 'lost');
const [MANUAL, WAYPOINT, EXPLORE] = [1, 2, 3];

function same(actual, wanted) {
  const [a, b] = [actual, wanted].map((value) => JSON.stringify(value));
  if (a !== b) {
    throw new Error(`${a} where ${b} was expected`);
  }
}

async function fails(promise, text) {
  const error = await promise.then(() => undefined, (thrown) => thrown);
  if (!error?.message.includes(text)) {
    throw new Error(`"${error?.message}" where "${text}" was expected`);
  }
}

const steps = {
  'getMode and setMode': async () => {
    same(await nav.getMode(), MANUAL);
    await nav.setMode(EXPLORE);
    same(await nav.getMode(), EXPLORE);
    await fails(nav.setMode(0), 'unknown mode "MODE_UNSPECIFIED"');
    await fails(nav.setMode(7), 'unknown mode "7"');
    same(await nav.getMode(), EXPLORE);
    await nav.setMode(MANUAL);
  },
  'setMode to waypoints': async () => {
    await fails(lost.setMode(WAYPOINT), 'Waypoint mode is unavailable for map type None');
    if (refusal) {
      await fails(nav.setMode(WAYPOINT), refusal);
      same(await nav.getMode(), MANUAL);
      return;
    }
    await nav.setMode(WAYPOINT);
    same(await nav.getMode(), WAYPOINT);
    await nav.setMode(MANUAL);
  },
  getLocation: async () => {
    const { location, compassHeading } = await nav.getLocation();
    same([location.latitude, location.longitude, compassHeading], [40.7, -73.98, 25]);
    await fails(lost.getLocation(), 'no way to get location');
  },
  'getWayPoints, addWayPoint and removeWayPoint': async () => {
    same(await nav.getWayPoints(), []);
    await nav.addWayPoint({ latitude: 1.5, longitude: -3 });
    await nav.addWayPoint({ latitude: 40, longitude: 170 }, { key: 'value' });
    const [first, second] = await nav.getWayPoints();
    same([first.location.latitude, first.location.longitude], [1.5, -3]);
    same([second.location.latitude, second.location.longitude], [40, 170]);
    same(/^[0-9a-f]{24}$/u.test(first.id) && first.id !== second.id, true);
    await nav.removeWayPoint(first.id);
    same((await nav.getWayPoints()).map((waypoint) => waypoint.id), [second.id]);
    await nav.removeWayPoint(second.id);
    await fails(nav.removeWayPoint('x'), 'the provided hex string is not a valid ObjectID');
  },
  getObstacles: async () => {
    const [ball, ...others] = await nav.getObstacles();
    same([ball.location.latitude, ball.location.longitude], [1, 2]);
    same([ball.geometries[0].geometryType.case, ball.geometries[0].label], ['sphere', 'ball']);
    same(others.length, 1);
    same(await lost.getObstacles(), []);
  },
  getPaths: async () => same(await nav.getPaths(), []),
  getProperties: async () => {
    same((await nav.getProperties()).mapType, 2);
    same((await lost.getProperties()).mapType, 1);
  },
};

let failed = 0;
for (const [name, take] of Object.entries(steps)) {
  try {
    await take();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error.stack}`);
  }
}
process.exit(failed ? 1 : 0);
