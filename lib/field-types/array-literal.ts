/**
 * The items of an array as the server writes a constant (manual 8.15.6): `{a,"b c",NULL}`; null is NULL. Undefined for
 * one of several dimensions, or that does not begin at 1.
 */
export function itemsIn(text: string): readonly (string | null)[] | undefined {
  if (text === '{}') return [];
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  const items: (string | null)[] = [];
  let at = 1;
  do {
    ITEM.lastIndex = at;
    const [whole, quoted, plain] = ITEM.exec(text) ?? [];
    if (whole === undefined) return undefined;
    items.push(quoted === undefined ? (plain === 'NULL' ? null : (plain ?? '')) : quoted.replace(/\\([\s\S])/g, '$1'));
    at += whole.length;
  } while (text[at++] === ',');
  return at === text.length ? items : undefined;
}

const ITEM = /"((?:[^"\\]|\\[\s\S])*)"|([^"{},\\]+)/y;
