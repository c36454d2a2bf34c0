import { get, post } from './api.mjs';
import { h, say, section, sql } from './dom.mjs';
import { tenantHead } from './tenant-view.mjs';

const REMEDIES = {
  change: ['good', 'can be mended'],
  destructive: ['danger', 'mending deletes'],
  manual: ['', 'by hand'],
};

export async function driftView(org, draw) {
  const { differences, mend, destructive } = await get('tenants', org, 'drift');
  const again = h('button', { type: 'button', click: () => draw() }, 'Compare again');
  return {
    title: `Drift of ${org}`,
    content: [
      tenantHead(org, 'Drift'),
      differences.length === 0
        ? section('Metadata and tables agree', h('p', { class: 'note good' }, 'Nothing is different.'), again)
        : found(org, { differences, mend, destructive, again }, draw),
    ],
  };
}

function found(org, { differences, mend, destructive, again }, draw) {
  const item = ({ message, remedy, hint }) => {
    const [tone, text] = REMEDIES[remedy];
    return h(
      'li',
      {},
      h('span', { class: `tag ${tone}` }, text),
      ' ',
      message,
      hint === undefined ? undefined : h('small', {}, hint),
    );
  };
  const count = differences.length === 1 ? '1 difference' : `${differences.length} differences`;
  return [
    section(
      count,
      h('p', { class: 'note' }, 'The tables are not what the metadata says: somebody has changed them by other means.'),
      h('ul', { class: 'differences' }, differences.map(item)),
      again,
    ),
    mend.length > 0 && mending('Mend', org, mend, false, draw),
    destructive.length > mend.length && mending('Mend, and delete', org, destructive, true, draw),
  ];
}

function mending(title, org, statements, isDestructive, draw) {
  const fault = h('div', { role: 'alert' });
  const run = async () => {
    try {
      const { changes } = await post(['tenants', org, 'mend'], { destructive: isDestructive });
      say(`Mended: ${changes === 1 ? '1 change' : `${changes} changes`}.`);
      await draw();
    } catch (error) {
      fault.replaceChildren(h('p', { class: 'callout danger' }, error.message));
    }
  };
  const kind = isDestructive ? 'destructive' : 'primary';
  return section(title, sql(statements), fault, h('button', { type: 'button', class: kind, click: run }, title));
}
