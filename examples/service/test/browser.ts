// A real browser, and the service as `npm run example` starts it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as Playwright from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { SKIPPED } from '../../../__tests__/support/rights';

const root = join(__dirname, '../../..');
const PLAYWRIGHT = join(root, 'examples/service/node_modules/playwright-core');
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** Jest's own loader is for the code under test. */
declare const requireOfNode: NodeJS.Require;

/** Ends a test as skipped where there is no browser to run it in. */
export function needBrowser(): void {
  if (!existsSync(PLAYWRIGHT)) {
    throw new Error(`${SKIPPED} playwright-core is not installed (npm ci --prefix examples/service).`);
  }
  if (CHROMIUM === undefined) throw new Error(`${SKIPPED} Chromium is not installed (apt-get install chromium).`);
}

export async function openBrowser(): Promise<Browser> {
  needBrowser();
  const { chromium } = requireOfNode(PLAYWRIGHT) as typeof Playwright;
  // Root, as in CI, may not use the sandbox.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: CHROMIUM as string, args });
}

export interface Service {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Starts the service on a database, at a free port. */
export async function startService(databaseUrl: string): Promise<Service> {
  const env = { ...process.env, DATABASE_URL: databaseUrl, PORT: '0', NODE_ENV: 'development', PGAPPNAME: undefined };
  const child = spawn(process.execPath, [join(root, 'examples/service/start.mjs')], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const [, found] = /Workbench is at (\S+) /.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void ended.then(() => reject(new Error(`The service ended: ${said}`)));
  });
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Where pictures are kept when they are to be made anew; else they are taken all the same, and thrown away. */
const PICTURES = process.env.PICTURES ? join(root, 'docs/service') : undefined;

export async function picture(page: Page, name: string, colorScheme: 'light' | 'dark' = 'light'): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  // The word on what was done just before is there by chance.
  await page.evaluate(`document.getElementById('status').textContent = ''`);
  const kept = PICTURES === undefined ? {} : { path: join(PICTURES, `${name}.png`) };
  await page.screenshot({ ...kept, animations: 'disabled' });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
}
