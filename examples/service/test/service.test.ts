// The example service, as somebody uses it: in a real browser, on a real server.
import type { Knex } from 'knex';
import type { Locator, Page } from 'playwright-core';
import { inOwnDatabase } from '../../../__tests__/support/own-database';
import { needBrowser, openBrowser, picture, startService } from './browser';

jest.setTimeout(120_000);

const SIZE = { width: 1180, height: 800 };
const TENANTS = 50;

interface Opened {
  readonly page: Page;
  readonly db: Knex;
}

async function inBrowser(run: (opened: Opened) => Promise<void>): Promise<void> {
  needBrowser();
  await inOwnDatabase(async (url, db) => {
    const service = await startService(url);
    try {
      const browser = await openBrowser();
      try {
        const page = await browser.newPage({ viewport: SIZE, reducedMotion: 'reduce', locale: 'en-GB' });
        const faults: string[] = [];
        page.on('pageerror', ({ message }) => faults.push(message));
        await page.goto(service.url);
        await run({ page, db });
        expect(faults).toEqual([]);
      } finally {
        await browser.close();
      }
    } finally {
      await service.stop();
    }
  });
}

it('leads from a model to a rollout', async () => {
  await inBrowser(async (opened) => {
    await createsModel(opened);
    await addsField(opened);
    await insertsRecord(opened);
    await refusesHazard(opened);
    await dropsWhatGoesAlong(opened);
    await findsAndMendsDrift(opened);
    await rollsOut(opened);
    await tellsHistory(opened);
    await pausesAndResumes(opened);
  });
});

async function createsModel({ page, db }: Opened): Promise<void> {
  await page.getByRole('heading', { name: 'acme-corp', level: 1 }).waitFor();
  await page.getByRole('form', { name: 'New model' }).getByLabel('Name').fill('ticket');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Create model ticket' });
  expect(await dialog.innerText()).toContain('create table "acme-corp"."ticket"');
  await applied(dialog);
  await page.getByRole('heading', { name: 'ticket', level: 1 }).waitFor();
  expect(await columnsOf(db, 'acme-corp', 'ticket')).toEqual(['id']);
}

async function addsField({ page, db }: Opened): Promise<void> {
  await fillField(page, { name: 'title', isRequired: true });
  const dialog = page.getByRole('dialog', { name: 'Add field title to ticket' });
  expect(await dialog.innerText()).toContain('The table has no rows now');
  await applied(dialog);
  await page.getByRole('cell', { name: 'title', exact: true }).waitFor();
  expect(await columnsOf(db, 'acme-corp', 'ticket')).toEqual(['id', 'title']);
}

const MARKUP = 'Printer <img src=x onerror="document.title=1"> broken';

async function insertsRecord({ page, db }: Opened): Promise<void> {
  await page.getByText('Add a record').click();
  await page.getByRole('form', { name: 'Add a record' }).getByLabel('title').fill(MARKUP);
  await page.getByRole('button', { name: 'Add record' }).click();
  // What was typed is text.
  await page.getByRole('cell', { name: MARKUP }).waitFor();
  expect(await page.locator('main img').count()).toBe(0);
  expect(await db('ticket').withSchema('acme-corp').pluck('title')).toEqual([MARKUP]);
}

async function refusesHazard({ page, db }: Opened): Promise<void> {
  await fillField(page, { name: 'priority', type: 'Int', isRequired: true });
  const dialog = page.getByRole('dialog', { name: 'Add field priority to ticket' });
  await dialog.getByText('Hazard, refused by this service.').waitFor();
  await picture(page, 'hazard-dark', 'dark');
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await dialog.getByRole('alert').getByText('Nothing was changed').first().waitFor();
  expect(await columnsOf(db, 'acme-corp', 'ticket')).toEqual(['id', 'title']);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  // The focus is back where the dialog was opened from.
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Review');
}

async function dropsWhatGoesAlong({ page, db }: Opened): Promise<void> {
  await page.getByRole('link', { name: 'acme-corp' }).first().click();
  await page.getByRole('main').getByRole('link', { name: 'invoice' }).click();
  await page.getByRole('heading', { name: 'invoice', level: 1 }).waitFor();
  await picture(page, 'model');
  await page.getByRole('button', { name: 'Drop the field amount' }).click();
  const dialog = page.getByRole('dialog', { name: 'Drop field amount of invoice' });
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await dialog.getByText('invoice_status_amount_idx').waitFor();
  await picture(page, 'drop');
  expect(await columnsOf(db, 'acme-corp', 'invoice')).toContain('amount');
  await dialog.getByRole('button', { name: 'Drop it too' }).click();
  await page.getByText('None beside the keys.').waitFor();
  expect(await columnsOf(db, 'acme-corp', 'invoice')).toEqual(['id', 'customer', 'status']);
}

async function findsAndMendsDrift({ page, db }: Opened): Promise<void> {
  await page.getByRole('link', { name: 'Drift' }).click();
  await page.getByText('Nothing is different.').waitFor();
  await db.raw(`alter table "acme-corp".invoice add column note text, alter column status set default 'open'`);
  await page.getByRole('button', { name: 'Compare again' }).click();
  await page.getByRole('heading', { name: '2 differences' }).waitFor();
  await picture(page, 'drift');
  await page.getByRole('button', { name: 'Mend', exact: true }).click();
  await page.getByRole('heading', { name: '1 difference' }).waitFor();
  await page.getByRole('button', { name: 'Mend, and delete' }).click();
  await page.getByText('Nothing is different.').waitFor();
  expect(await columnsOf(db, 'acme-corp', 'invoice')).toEqual(['id', 'customer', 'status']);
}

async function rollsOut({ page, db }: Opened): Promise<void> {
  await page.getByRole('link', { name: 'Rollouts' }).click();
  await page.getByLabel('How many').fill(String(TENANTS));
  await page.getByRole('button', { name: 'Create tenants' }).click();
  await page.getByRole('heading', { name: `${TENANTS + 1} tenants` }).waitFor({ timeout: 60_000 });

  const start = page.getByRole('form', { name: 'New rollout' });
  await start.getByLabel('Name of the rollout').fill('2026-11 invoice.due_on');
  await start.getByLabel('Model').selectOption('invoice');
  await start.getByLabel('Field').fill('due_on');
  await start.getByLabel('Type').selectOption('Date');
  await start.getByLabel('Tenants a second').fill('10');
  await start.getByRole('button', { name: 'Start' }).click();
  // It is watched while it goes on.
  await page
    .getByText(/^([2-4]\d) of 51 tenants$/)
    .first()
    .waitFor();
  await picture(page, 'rollout');
  await picture(page, 'rollout-dark', 'dark');
  await page.getByRole('heading', { level: 1, name: 'finished' }).waitFor({ timeout: 60_000 });
  await page.getByText('51 of 51 tenants').first().waitFor();
  const { rows } = await db.raw<{ rows: { count: number }[] }>(
    `select count(*)::int as count from pg_attribute where attname = 'due_on' and not attisdropped`,
  );
  expect(rows).toEqual([{ count: TENANTS + 1 }]);
}

/** At a tenant a second it is not over before the test is; the service then stops in the middle of it. */
async function pausesAndResumes({ page }: Opened): Promise<void> {
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Rollouts' }).click();
  const start = page.getByRole('form', { name: 'New rollout' });
  await start.getByLabel('Name of the rollout').fill('slow');
  await start.getByLabel('Model').selectOption('customer');
  await start.getByLabel('Field').fill('phone');
  await start.getByLabel('Tenants a second').fill('1');
  await start.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('heading', { level: 1, name: 'slow paused' }).waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('heading', { level: 1, name: 'slow running' }).waitFor();
}

async function tellsHistory({ page }: Opened): Promise<void> {
  await page.getByRole('link', { name: /^acme-corp-07/ }).click();
  await page.getByRole('link', { name: 'History' }).click();
  // The metadata of a tenant comes a moment after its table.
  await expectSoon(async () => {
    await page.reload();
    await page.getByRole('heading', { name: 'Changes' }).waitFor();
    return (await page.getByRole('main').innerText()).includes('by the rollout 2026-11 invoice.due_on');
  });
  await page.getByRole('link', { name: 'Drift' }).click();
  await page.getByText('Nothing is different.').waitFor();
}

it('has a name for every control, and everything in reach of the keyboard', async () => {
  await inBrowser(async ({ page }) => {
    for (const path of ['#/tenants/acme-corp', '#/tenants/acme-corp/models/invoice', '#/rollouts']) {
      await page.goto(new URL(path, page.url()).href);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const nameless = `[...document.querySelectorAll('input, select, button, a')]
        .filter((each) => !(each.labels?.length || each.textContent.trim() || each.getAttribute('aria-label')))
        .map((each) => each.outerHTML)`;
      expect(await page.evaluate(nameless)).toEqual([]);
    }
    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await expectSoon(async () => (await page.evaluate('document.activeElement.id')) === 'main');
    await page.setViewportSize({ width: 380, height: 700 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});

it('answers nobody but its own page', async () => {
  needBrowser();
  await inOwnDatabase(async (url) => {
    const service = await startService(url);
    try {
      const statusWith = async (headers: Record<string, string>): Promise<number> =>
        (await fetch(`${service.url}/api/tenants`, { method: 'POST', body: '{"org":"evil"}', headers })).status;
      const json = { 'content-type': 'application/json' };
      expect(await statusWith({ ...json, origin: 'https://evil.example' })).toBe(403);
      expect(await statusWith({ ...json, 'sec-fetch-site': 'cross-site' })).toBe(403);
      // A form of another site can send this without asking.
      expect(await statusWith({ 'content-type': 'text/plain' })).toBe(415);
      expect(await statusWith(json)).toBe(201);
      const page = await fetch(service.url);
      expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    } finally {
      await service.stop();
    }
  });
});

interface Field {
  readonly name: string;
  readonly type?: string;
  readonly isRequired?: boolean;
}

async function fillField(page: Page, { name, type = 'String', isRequired = false }: Field): Promise<void> {
  const form = page.getByRole('form', { name: 'Add a field' });
  await form.getByLabel('Field').fill(name);
  await form.getByLabel('Type').selectOption(type);
  await form.getByLabel('Required').setChecked(isRequired);
  await form.getByRole('button', { name: 'Review' }).click();
}

async function applied(dialog: Locator): Promise<void> {
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await dialog.waitFor({ state: 'detached' });
}

async function columnsOf(db: Knex, schema: string, table: string): Promise<string[]> {
  return (await db('columns')
    .withSchema('information_schema')
    .where({ table_schema: schema, table_name: table })
    .orderBy('ordinal_position')
    .pluck('column_name')) as string[];
}

async function expectSoon(isSo: () => Promise<boolean>): Promise<void> {
  for (let left = 100; !(await isSo()); left -= 1) {
    if (left === 0) throw new Error('It did not come.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
