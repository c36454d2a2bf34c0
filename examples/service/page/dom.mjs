/** An element. What is not an element becomes text, never markup: nothing that a user typed can be one. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== false));
  return element;
}

/** A control with its label above it. */
export function labelled(text, control, hint) {
  return h(
    'label',
    { class: 'field' },
    h('span', {}, text),
    control,
    hint === undefined ? undefined : h('small', {}, hint),
  );
}

export function checkbox(text, name) {
  return h('label', { class: 'check' }, h('input', { type: 'checkbox', name }), text);
}

export function select(name, values) {
  return h(
    'select',
    { name },
    values.map((value) => h('option', { value }, value)),
  );
}

/** A form whose fields come to `submit` by their names; what fails is said below its button. */
export function form(title, fields, action, submit) {
  const fault = h('p', { class: 'fault', role: 'alert', hidden: true });
  // A button that is disabled loses the focus, which a dialog then could not give back.
  const button = h('button', { class: 'primary' }, action);
  let isBusy = false;
  const onSubmit = async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    fault.hidden = true;
    try {
      await submit(Object.fromEntries(new FormData(element)), element);
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
    } finally {
      isBusy = false;
    }
  };
  const element = h('form', { submit: onSubmit, 'aria-label': title, autocomplete: 'off' }, fields, button, fault);
  return element;
}

/** A table that can be scrolled sideways, also by keyboard. */
export function table(caption, head, rows) {
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    h(
      'table',
      {},
      h('caption', { class: 'hidden' }, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          head.map((title) => h('th', { scope: 'col' }, title)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((cells) =>
          h(
            'tr',
            {},
            cells.map((cell) => h('td', {}, cell ?? '')),
          ),
        ),
      ),
    ),
  );
}

export function section(title, ...children) {
  const id = `h-${title.toLowerCase().replaceAll(' ', '-')}`;
  return h('section', { 'aria-labelledby': id, class: 'card' }, h('h2', { id }, title), children);
}

export function empty(text) {
  return h('p', { class: 'empty' }, text);
}

export function sql(statements) {
  return h('pre', { class: 'sql', tabindex: '0' }, h('code', {}, statements.map((each) => `${each};`).join('\n\n')));
}

let clearing;

/** A short word on what was done, for eyes and for screen readers. */
export function say(text) {
  const status = document.getElementById('status');
  status.textContent = text;
  clearTimeout(clearing);
  clearing = setTimeout(() => (status.textContent = ''), 6000);
}
