import type { Hazard, Plan, Step } from '..';
import { inCommandWords } from './command-words';
import { counted, shown, wrapped, wrappedSql } from './text';
import { inColor, painter, widthOf, type Paint, type Screen } from './world';

const INDENT = '    ';

/** A plan as it fits a terminal: below each statement what it locks and costs. */
export function planText({ org, changes, steps, hazards }: Plan, screen: Screen, env: NodeJS.ProcessEnv): string {
  const paint = painter(inColor(screen, env));
  const width = widthOf(screen);
  const title = `${org}: ${counted(changes.length, 'change')}, ${counted(steps.length, 'statement')}`;
  return [
    paint('bold', wrapped(title, width, '  ')),
    ...steps.map((step, index) => stepText(step, index, width, paint)),
    ...hazards.map((hazard) => hazardText(hazard, width, paint)),
  ].join('\n\n');
}

/** A statement, and below it what it locks and costs. */
export function stepText(
  { sql, locks, rewritesTable, scansTable }: Step,
  index: number,
  width: number,
  paint: Paint,
): string {
  const statement = shown(sql)
    .split('\n')
    .map((line) => wrappedSql(line, width - INDENT.length, '  '));
  const numbered = statement.join('\n').replaceAll('\n', `\n${INDENT}`);
  const held = locks.map(({ mode, schema, table }) => indented(`locks ${schema}.${table}: ${mode}`, width, '  '));
  const costs = [...(rewritesTable ? ['rewrites the table'] : []), ...(scansTable ? ['reads every row'] : [])];
  const notes = [...held.map((text) => paint('dim', text)), ...costs.map((text) => paint('red', INDENT + text))];
  return [`${String(index + 1).padStart(2)}  ${numbered}`, ...notes].join('\n');
}

function hazardText({ kind, message, saferWay }: Hazard, width: number, paint: Paint): string {
  return [
    `${paint('yellow', `hazard ${kind}`)}`,
    indented(message, width),
    indented(inCommandWords(`Safer: ${saferWay}`, { command: 'plan' }), width),
  ].join('\n');
}

/** Below a statement, or below the kind of a hazard. */
function indented(text: string, width: number, later = ''): string {
  return INDENT + wrapped(shown(text), width - INDENT.length, later).replaceAll('\n', `\n${INDENT}`);
}
