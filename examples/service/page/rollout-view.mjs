import { get, linkTo, post, urlOf } from './api.mjs';
import { empty, form, h, labelled, say, section, select } from './dom.mjs';
import { fieldControls, fieldOf } from './fields.mjs';

export async function rolloutsView() {
  const [names, tenants] = await Promise.all([get('rollouts'), get('tenants')]);
  const models = [...new Set(tenants.flatMap((tenant) => tenant.models))].sort();
  const start = form(
    'New rollout',
    [
      labelled(
        'Name of the rollout',
        h('input', { name: 'rollout', required: true, maxlength: '80', placeholder: '2026-11 invoice.note' }),
      ),
      labelled('Model', select('table', models)),
      fieldControls(),
      labelled(
        'Tenants a second',
        h('input', { name: 'perSecond', type: 'number', min: '1', max: '1000', value: '25' }),
      ),
    ],
    'Start',
    async ({ rollout, table, perSecond, ...field }) => {
      const change = { kind: 'addField', table, field: fieldOf(field) };
      await post(['rollouts'], {
        name: rollout,
        change,
        ...(perSecond === '' ? {} : { perSecond: Number(perSecond) }),
      });
      location.hash = linkTo('rollouts', rollout);
    },
  );
  const copies = form(
    'More tenants',
    [
      labelled('How many', h('input', { name: 'count', type: 'number', min: '1', max: '200', value: '50' })),
      labelled(
        'With the models of',
        select(
          'org',
          tenants.map(({ org }) => org),
        ),
      ),
    ],
    'Create tenants',
    async ({ org, count }) => {
      await post(['tenants', org, 'copies'], { count: Number(count) });
      say(`${count} tenants created.`);
      dispatchEvent(new HashChangeEvent('hashchange'));
    },
  );
  return {
    title: 'Rollouts',
    content: [
      h('div', { class: 'head' }, h('h1', {}, 'Rollouts')),
      section(
        'New rollout',
        h('p', { class: 'note' }, 'Adds a field to a model of every tenant that has it, in each exactly once.'),
        start,
      ),
      section(
        'So far',
        names.length === 0
          ? empty('No rollouts yet.')
          : h(
              'ul',
              { class: 'models' },
              names.map((name) => h('li', {}, h('a', { href: linkTo('rollouts', name) }, name))),
            ),
      ),
      section('More tenants', h('p', { class: 'note' }, 'To see one with many.'), copies),
    ],
  };
}

/** A rollout as it goes on, told by the service as long as the page is looked at. */
export async function rolloutView(name) {
  const first = await get('rollouts', name);
  const head = h('div', { class: 'head' });
  const progress = h('div', {});
  const buttons = h('div', {});
  let state;
  const draw = (view) => {
    progress.replaceChildren(...progressOf(view));
    if (view.state === state) return;
    // Only then, so that a button that has the focus keeps it.
    state = view.state;
    head.replaceChildren(...headOf(view));
    buttons.replaceChildren(...buttonsOf(name, state));
  };
  draw(first);
  const events = new EventSource(urlOf(['rollouts', name, 'events']));
  events.addEventListener('message', ({ data }) => draw(JSON.parse(data)));
  events.addEventListener('end', () => events.close());
  return { title: name, content: [head, section('Progress', progress, buttons)], leave: () => events.close() };
}

function headOf({ name, state, reason, changes }) {
  const [{ table, field } = {}] = changes;
  const why = reason === undefined ? '' : `; stopped by: ${reason}`;
  return [
    h('p', { class: 'crumbs' }, h('a', { href: linkTo('rollouts') }, 'Rollouts')),
    h('h1', {}, name, ' ', h('span', { class: `tag ${state}` }, state)),
    h('p', { class: 'note' }, `Add field ${field?.name} to ${table}${why}`),
  ];
}

const COUNTS = ['done', 'failed', 'gone', 'skipped', 'already', 'pending'];

function progressOf(view) {
  const { targets, pending, tenants, failures } = view;
  const text = `${targets - pending} of ${targets} tenants`;
  const square = ({ org, outcome }) =>
    h('li', { class: outcome, title: `${org}: ${outcome}` }, h('span', { class: 'hidden' }, `${org}: ${outcome}`));
  const failure = ({ code, count, examples }) => h('li', {}, `${count} × ${code}: ${examples.join(', ')}`);
  return [
    h('p', { class: 'big' }, text),
    h('progress', { max: String(targets), value: String(targets - pending), 'aria-label': 'Progress' }, text),
    h('ul', { class: 'grid', 'aria-label': 'Tenants' }, tenants.map(square)),
    h(
      'dl',
      { class: 'counts' },
      COUNTS.map((key) => h('div', {}, h('dt', {}, key), h('dd', {}, String(view[key])))),
    ),
    h('ul', { class: 'plain' }, failures.map(failure)),
  ];
}

function buttonsOf(name, state) {
  const ask = async (verb) => {
    try {
      await post(['rollouts', name, verb]);
      dispatchEvent(new HashChangeEvent('hashchange'));
    } catch (error) {
      say(error.message);
    }
  };
  const button = (verb, text) => h('button', { type: 'button', click: () => ask(verb) }, text);
  if (state === 'running') return [button('pause', 'Pause')];
  return state === 'paused' || state === 'stopped' ? [button('resume', 'Resume')] : [];
}
