import { get, linkTo } from './api.mjs';
import { empty, form, h, labelled, section } from './dom.mjs';
import { reviewed } from './review.mjs';

const ID = { name: 'id', type: 'Int', identity: true };

/** The title of a tenant's pages, with the way between them. */
export function tenantHead(org, current, crumb) {
  const link = (text, href) => h('a', { href, 'aria-current': text === current && 'page' }, text);
  return h(
    'div',
    { class: 'head' },
    h('p', { class: 'crumbs' }, 'Tenant ', h('b', {}, org), crumb === undefined ? undefined : ` / ${crumb}`),
    h('h1', {}, crumb ?? org),
    h(
      'nav',
      { 'aria-label': `Pages of ${org}`, class: 'tabs' },
      link('Models', linkTo('tenants', org)),
      link('Drift', linkTo('tenants', org, 'drift')),
      link('History', linkTo('tenants', org, 'history')),
    ),
  );
}

export async function tenantView(org, draw) {
  const { models } = await get('tenants', org);
  const add = form(
    'New model',
    [labelled('Name', h('input', { name: 'table', required: true, maxlength: '63', placeholder: 'ticket' }))],
    'Review',
    async ({ table }) => {
      if (!(await reviewed(org, { kind: 'createModel', table, fields: [ID] }))) return;
      await draw();
      location.hash = linkTo('tenants', org, 'models', table);
    },
  );
  const item = ({ table, fields }) =>
    h(
      'li',
      {},
      h('a', { href: linkTo('tenants', org, 'models', table) }, h('b', {}, table)),
      h('span', { class: 'note' }, fields.map(({ name }) => name).join(', ')),
    );
  return {
    title: org,
    content: [
      tenantHead(org, 'Models'),
      section('Models', models.length === 0 ? empty('No models yet.') : h('ul', { class: 'models' }, models.map(item))),
      section('New model', h('p', { class: 'note' }, 'It begins with an id; add its fields next.'), add),
    ],
  };
}
