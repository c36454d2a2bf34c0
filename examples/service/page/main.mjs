import { get, linkTo, post } from './api.mjs';
import { form, h, labelled, say } from './dom.mjs';
import { driftView } from './drift-view.mjs';
import { historyView } from './history-view.mjs';
import { modelView } from './model-view.mjs';
import { rolloutsView, rolloutView } from './rollout-view.mjs';
import { tenantView } from './tenant-view.mjs';

const main = document.getElementById('main');

/** The views by the path behind the #, each with what it has to end when another one comes. */
const VIEWS = [
  [['tenants', ':org'], ({ org }) => tenantView(org, draw)],
  [['tenants', ':org', 'models', ':model'], ({ org, model }) => modelView(org, model, draw)],
  [['tenants', ':org', 'drift'], ({ org }) => driftView(org, draw)],
  [['tenants', ':org', 'history'], ({ org }) => historyView(org)],
  [['rollouts'], () => rolloutsView()],
  [['rollouts', ':name'], ({ name }) => rolloutView(name)],
];

function route() {
  const parts = location.hash.slice(2).split('/').filter(Boolean).map(decodeURIComponent);
  for (const [pattern, view] of VIEWS) {
    if (pattern.length !== parts.length) continue;
    if (!pattern.every((part, at) => part.startsWith(':') || part === parts[at])) continue;
    const named = Object.fromEntries(
      pattern.flatMap((part, at) => (part.startsWith(':') ? [[part.slice(1), parts[at]]] : [])),
    );
    return { view: () => view(named), parts };
  }
  return { parts };
}

let leave = () => undefined;
let drawn = 0;

/** Draws the view of the address, and the tenants beside it. */
async function draw() {
  const turn = (drawn += 1);
  const tenants = await get('tenants');
  const { view, parts } = route();
  if (view === undefined) {
    const [first] = tenants;
    location.replace(first === undefined ? linkTo('rollouts') : linkTo('tenants', first.org));
    return;
  }
  let shown;
  try {
    shown = await view();
  } catch (error) {
    shown = { title: 'Not found', content: [h('p', { class: 'callout danger', role: 'alert' }, error.message)] };
  }
  // The address may have changed while the answer was on its way.
  if (turn !== drawn) return shown.leave?.();
  leave();
  leave = shown.leave ?? (() => undefined);
  sections(parts);
  side(tenants, parts);
  document.title = `${shown.title} · Workbench`;
  main.replaceChildren(...shown.content.flat().filter(Boolean));
}

function sections(parts) {
  const link = (text, href, isCurrent) => h('a', { href, 'aria-current': isCurrent && 'page' }, text);
  document
    .getElementById('sections')
    .replaceChildren(
      link('Tenants', '#/', parts[0] === 'tenants'),
      link('Rollouts', linkTo('rollouts'), parts[0] === 'rollouts'),
    );
}

function side(tenants, parts) {
  const item = ({ org, models }) => {
    const isCurrent = parts[0] === 'tenants' && parts[1] === org;
    return h(
      'li',
      {},
      h(
        'a',
        { href: linkTo('tenants', org), 'aria-current': isCurrent && 'true' },
        org,
        h('span', { class: 'count' }, String(models.length)),
      ),
    );
  };
  const add = form(
    'New tenant',
    labelled('New tenant', h('input', { name: 'org', required: true, maxlength: '63', placeholder: 'globex' })),
    'Create',
    async ({ org }) => {
      await post(['tenants'], { org });
      say(`Tenant ${org} created.`);
      location.hash = linkTo('tenants', org);
    },
  );
  document
    .getElementById('side')
    .replaceChildren(
      h(
        'nav',
        { 'aria-label': 'Tenants' },
        h('h2', {}, tenants.length === 1 ? '1 tenant' : `${tenants.length} tenants`),
        h('ul', {}, tenants.map(item)),
      ),
      add,
    );
}

addEventListener('hashchange', async () => {
  if (!location.hash.startsWith('#/')) return main.focus();
  await draw();
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
});
await draw();
