import { get, linkTo, post } from './api.mjs';
import { empty, form, h, labelled, say, section, table } from './dom.mjs';
import { fieldControls, fieldOf } from './fields.mjs';
import { reviewed } from './review.mjs';
import { tenantHead } from './tenant-view.mjs';

export async function modelView(org, name, draw) {
  const { models } = await get('tenants', org);
  const model = models.find((each) => each.table === name);
  if (model === undefined) throw new Error(`There is no model ${name}.`);
  const path = ['tenants', org, 'models', name, 'records'];
  // A table that is not what the metadata says can still be looked at: the fields are shown, and the drift.
  const { rows, fault } = await get(...path).then(
    (rows) => ({ rows }),
    (error) => ({ rows: [], fault: error.message }),
  );
  const change = async (wanted) => {
    if (await reviewed(org, wanted)) await draw();
  };
  return {
    title: `${name} of ${org}`,
    content: [
      tenantHead(org, 'Models', name),
      fault === undefined ? recordsSection(model, rows, path, draw) : h('p', { class: 'callout danger' }, fault),
      fieldsSection(model, change),
      indexesSection(model, change),
      section(
        'Drop this model',
        h('p', { class: 'note' }, 'With all its records.'),
        h('button', { type: 'button', class: 'destructive', click: () => dropped(org, name, draw) }, `Drop ${name}`),
      ),
    ],
  };
}

async function dropped(org, name, draw) {
  if (!(await reviewed(org, { kind: 'dropModel', table: name }))) return;
  await draw();
  location.hash = linkTo('tenants', org);
}

function recordsSection({ fields }, rows, path, draw) {
  const typed = fields.filter(({ identity }) => identity !== true);
  const insert = form(
    'Add a record',
    typed.map(({ name, nullable }) =>
      labelled(
        name,
        h('input', { name, required: nullable === false && undefined }),
        nullable === false ? 'required' : undefined,
      ),
    ),
    'Add record',
    async (values) => {
      await post(path, values);
      say('Record added.');
      await draw();
    },
  );
  const names = fields.map(({ name }) => name);
  const cells = (row) => names.map((name) => textOf(row[name]));
  return section(
    'Records',
    rows.length === 0 ? empty('No records yet.') : table('Records', names, rows.map(cells)),
    typed.length > 0 && h('details', {}, h('summary', {}, 'Add a record'), insert),
  );
}

function textOf(value) {
  if (value === null || value === undefined) return h('span', { class: 'null' }, 'null');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function fieldsSection({ table: name, fields }, change) {
  const drop = (column) =>
    h(
      'button',
      {
        type: 'button',
        class: 'small',
        'aria-label': `Drop the field ${column}`,
        click: () => change({ kind: 'dropField', table: name, column }),
      },
      'Drop',
    );
  const row = (field) => [
    h('b', {}, field.name),
    typeOf(field),
    notesOf(field).map((note) => h('span', { class: 'tag' }, note)),
    field.default === undefined ? '' : h('code', {}, JSON.stringify(field.default)),
    field.identity === true ? '' : drop(field.name),
  ];
  const add = form('Add a field', fieldControls(), 'Review', (values) =>
    change({ kind: 'addField', table: name, field: fieldOf(values) }),
  );
  return section(
    'Fields',
    table('Fields', ['name', 'type', '', 'default', h('span', { class: 'hidden' }, 'actions')], fields.map(row)),
    h('h3', {}, 'Add a field'),
    add,
  );
}

function typeOf({ type, length, precision, scale, references }) {
  const size = length ?? (precision === undefined ? undefined : `${precision}, ${scale ?? 0}`);
  const target = references === undefined ? '' : ` → ${references.table}`;
  return `${type}${size === undefined ? '' : ` (${size})`}${target}`;
}

function notesOf({ name, nullable, unique, identity }) {
  return [
    ...(name === 'id' ? ['key'] : []),
    ...(identity === true ? ['identity'] : []),
    ...(nullable === false ? ['required'] : []),
    ...(unique === true ? ['unique'] : []),
  ];
}

function indexesSection({ table: name, fields, indexes }, change) {
  const choose = fields.map((field) =>
    h('label', { class: 'check' }, h('input', { type: 'checkbox', name: field.name }), field.name),
  );
  const add = form('Add an index', h('div', { class: 'checks' }, choose), 'Review', async (values) => {
    const columns = Object.keys(values);
    if (columns.length === 0) throw new Error('Choose at least one field.');
    await change({ kind: 'addIndex', table: name, columns });
  });
  const list = indexes.map(({ columns }) => h('li', {}, columns.join(', ')));
  return section(
    'Indexes',
    list.length === 0 ? empty('None beside the keys.') : h('ul', { class: 'plain' }, list),
    h('h3', {}, 'Add an index'),
    add,
  );
}
