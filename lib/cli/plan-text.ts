import type { Hazard, Plan, Step } from '..';
import { counted, wrapped } from './text';
import { inColor, widthOf, type Screen } from './world';

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], yellow: [33, 39] } as const;
type Paint = (style: keyof typeof CODES, text: string) => string;

const INDENT = '    ';

/** A plan as it fits a terminal: below each statement what it locks and costs. */
export function planText({ org, changes, steps, hazards }: Plan, screen: Screen, env: NodeJS.ProcessEnv): string {
  const paint: Paint = inColor(screen, env) ? painted : (_style, text) => text;
  const width = widthOf(screen);
  const title = `${org}: ${counted(changes.length, 'change')}, ${counted(steps.length, 'statement')}`;
  return [
    paint('bold', title),
    ...steps.map((step, index) => stepText(step, index, width, paint)),
    ...hazards.map((hazard) => hazardText(hazard, width, paint)),
  ].join('\n\n');
}

function stepText({ sql, locks, rewritesTable, scansTable }: Step, index: number, width: number, paint: Paint): string {
  const statement = sql.split('\n').map((line) => wrapped(line, width - INDENT.length, '  '));
  const numbered = statement.join('\n').replaceAll('\n', `\n${INDENT}`);
  const held = locks.map(({ mode, schema, table }) => `locks ${schema}.${table}: ${mode}`);
  const costs = [...(rewritesTable ? ['rewrites the table'] : []), ...(scansTable ? ['reads every row'] : [])];
  const notes = [...held.map((text) => paint('dim', text)), ...costs.map((text) => paint('red', text))];
  return [`${String(index + 1).padStart(2)}  ${numbered}`, ...notes.map((note) => INDENT + note)].join('\n');
}

function hazardText({ kind, message, saferWay }: Hazard, width: number, paint: Paint): string {
  return [
    `${paint('yellow', `hazard ${kind}`)}`,
    INDENT + wrapped(message, width - INDENT.length, '').replaceAll('\n', `\n${INDENT}`),
    INDENT + wrapped(`Safer: ${saferWay}`, width - INDENT.length, '').replaceAll('\n', `\n${INDENT}`),
  ].join('\n');
}

const painted: Paint = (style, text) => {
  const [on, off] = CODES[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
};
