import { post } from './api.mjs';
import { h, say, sql } from './dom.mjs';

/**
 * Shows what a change will do, and makes it when it is told to. Resolves to whether it was made. The focus goes into the
 * dialog, and back to where it was: `showModal` sees to both, and to Escape.
 */
export async function reviewed(org, change) {
  const plan = await post(['tenants', org, 'review'], { change });
  return new Promise((resolve) => {
    const apply = h('button', { class: 'primary', type: 'button', click: () => run(change) }, 'Apply');
    const fault = h('div', { role: 'alert' });
    const dialog = h(
      'dialog',
      { 'aria-labelledby': 'review-title', close: () => finish() },
      h('h2', { id: 'review-title' }, plan.summary),
      sql(plan.steps.map((step) => step.sql)),
      locks(plan),
      hazards(plan),
      fault,
      h('div', { class: 'buttons' }, h('button', { type: 'button', click: () => dialog.close() }, 'Cancel'), apply),
    );
    let made = false;
    const finish = () => {
      dialog.remove();
      resolve(made);
    };
    const run = async (wanted) => {
      apply.disabled = true;
      try {
        const { durationMs } = await post(['tenants', org, 'changes'], { change: wanted });
        made = true;
        dialog.close();
        say(`${plan.summary}: done in ${durationMs} ms.`);
      } catch (error) {
        fault.replaceChildren(refusal(error, wanted, run));
        // Shown again, the dialog shows its end.
        fault.scrollIntoView({ block: 'nearest' });
        apply.disabled = false;
        apply.hidden = error.code === 'DEPENDENT_OBJECTS';
      }
    };
    document.body.append(dialog);
    dialog.showModal();
    apply.focus();
  });
}

function locks({ steps }) {
  const held = new Map(steps.flatMap((step) => step.locks).map((lock) => [JSON.stringify(lock), lock]));
  if (held.size === 0) return h('p', { class: 'note' }, 'It locks nothing that others use.');
  return h(
    'ul',
    { class: 'chips', 'aria-label': 'Locks' },
    [...held.values()].map(({ mode, schema, table }) => h('li', {}, h('b', {}, mode), ` on ${schema}.${table}`)),
  );
}

function hazards({ hazards: found, hasRows }) {
  if (found.length === 0) return h('p', { class: 'note good' }, 'No hazards: it is over in a moment.');
  return found.map(({ message, saferWay, refused }) =>
    h(
      'div',
      { class: refused ? 'callout danger' : 'callout warning' },
      h('p', {}, h('b', {}, refused ? 'Hazard, refused by this service. ' : 'Hazard. '), message),
      h('p', {}, h('b', {}, 'Safer: '), saferWay),
      hasRows ? undefined : h('p', { class: 'note' }, 'The table has no rows now, so it does no harm.'),
    ),
  );
}

/** What else goes, where something else would: only when it is named does it go. */
function refusal({ code, message, dependents }, change, run) {
  if (code !== 'DEPENDENT_OBJECTS' || dependents.length === 0 || change.cascade !== undefined) {
    return h('div', { class: 'callout danger' }, h('p', {}, h('b', {}, 'Nothing was changed. '), message));
  }
  const cascade = dependents.map((each) => each.replace(/^.* /, '').replaceAll('"', ''));
  return h(
    'div',
    { class: 'callout danger' },
    h('p', {}, h('b', {}, 'Nothing was changed. '), 'This would also drop:'),
    h(
      'ul',
      {},
      dependents.map((each) => h('li', {}, h('code', {}, each))),
    ),
    h(
      'button',
      { type: 'button', class: 'destructive', click: () => run({ ...change, cascade }) },
      dependents.length === 1 ? 'Drop it too' : `Drop these ${dependents.length} too`,
    ),
  );
}
