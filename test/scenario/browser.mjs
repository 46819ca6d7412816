// SPDX-License-Identifier: Apache-2.0
// The official TypeScript SDK in a real browser without a window.
// node browser.mjs <node_modules> <chromium> <dial configuration as JSON>; prints each step and
// fails when one did.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const [modules, chromium, dial] = process.argv.slice(2);
const require = createRequire(`${modules}/x`);
const esbuild = require('esbuild');
const puppeteer = (await import(require.resolve('puppeteer-core'))).default;
const TIME = 60_000;

async function bundle() {
  const built = await esbuild.build({
    entryPoints: [fileURLToPath(new URL('browser_page.mjs', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    nodePaths: [modules],
    logLevel: 'error',
  });
  return built.outputFiles[0].text;
}

async function serve(script) {
  const page = '<!doctype html><title>machine</title><script src="/page.js"></script>';
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : page);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://localhost:${server.address().port}/?dial=${encodeURIComponent(dial)}`;
}

const browser = await puppeteer.launch({
  executablePath: chromium,
  args: ['--no-sandbox', '--disable-gpu', '--ignore-certificate-errors', ...process.argv.slice(5)],
});
let failed = 1;
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.log(`page: ${error}`));
  await page.goto(await serve(await bundle()));
  await page.waitForFunction('window.failed !== undefined', { timeout: TIME }).catch(() => {});
  console.log((await page.evaluate('window.said')).join('\n'));
  failed = await page.evaluate('window.failed');
} finally {
  await browser.close();
}
process.exit(failed === 0 ? 0 : 1);
