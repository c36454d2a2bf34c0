import { get } from './api.mjs';
import { empty, h, section, sql } from './dom.mjs';
import { tenantHead } from './tenant-view.mjs';

export async function historyView(org) {
  const entries = await get('tenants', org, 'history');
  const item = ({ summary, statements, durationMs, rollout, at }) => {
    const how = [
      new Date(at).toLocaleString(),
      ...(durationMs === null ? [] : [`${durationMs} ms`]),
      ...(rollout === null ? [] : [`by the rollout ${rollout}`]),
    ].join(' · ');
    const title = [h('b', {}, summary), h('span', { class: 'note' }, how)];
    if (statements.length === 0) return h('li', {}, h('div', { class: 'line' }, title));
    return h('li', {}, h('details', {}, h('summary', {}, title), sql(statements)));
  };
  return {
    title: `History of ${org}`,
    content: [
      tenantHead(org, 'History'),
      section(
        'Changes',
        entries.length === 0 ? empty('No changes yet.') : h('ol', { class: 'history' }, entries.map(item)),
      ),
    ],
  };
}
