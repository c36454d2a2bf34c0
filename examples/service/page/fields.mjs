import { checkbox, h, labelled, select } from './dom.mjs';

const TYPES = ['String', 'Text', 'Int', 'BigInt', 'Decimal', 'Float', 'Boolean', 'Date', 'DateTime', 'Uuid', 'Json'];

/** The controls of a new field. */
export function fieldControls() {
  return [
    labelled('Field', h('input', { name: 'name', required: true, maxlength: '63', placeholder: 'due_on' })),
    labelled('Type', select('type', TYPES)),
    labelled('Default', h('input', { name: 'default', placeholder: 'none' })),
    h('div', { class: 'checks' }, checkbox('Required', 'required'), checkbox('Unique', 'unique')),
  ];
}

/** The field of a form that was filled in: a spec, which the service checks. */
export function fieldOf({ name, type, default: given, required, unique }) {
  const field = { name, type };
  if (required !== undefined) field.nullable = false;
  if (unique !== undefined) field.unique = true;
  if (given !== '') field.default = valueOf(type, given);
  return field;
}

/** A text of a form as the value of a type; what is none stays a text, and the service says what is wrong with it. */
function valueOf(type, text) {
  if (type === 'Int' || type === 'Float') return Number.isNaN(Number(text)) ? text : Number(text);
  if (type === 'Boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (type !== 'Json') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
