// As much of PostgreSQL's lexer (manual 4.1) as rendered SQL needs, and nothing shared with what renders it.

export type Token =
  | { readonly kind: 'identifier'; readonly value: string }
  | { readonly kind: 'constant'; readonly value: string }
  | { readonly kind: 'block'; readonly value: string }
  | { readonly kind: 'number'; readonly value: string }
  | { readonly kind: 'word'; readonly value: string }
  | { readonly kind: 'sign'; readonly value: string };

const TOKENS: readonly (readonly [RegExp, (match: RegExpExecArray) => Token])[] = [
  [/"((?:[^"]|"")*)"/y, ([, name = '']) => ({ kind: 'identifier', value: name.replaceAll('""', '"') })],
  [/E'((?:[^'\\]|''|\\[^])*)'/y, ([, text = '']) => ({ kind: 'constant', value: unescaped(text) })],
  [/'((?:[^']|'')*)'/y, ([, text = '']) => ({ kind: 'constant', value: text.replaceAll("''", "'") })],
  [/(\$[a-z_][a-z_0-9]*\$)([^]*?)\1/y, ([, , code = '']) => ({ kind: 'block', value: code })],
  [/\$\d+/y, ([value]) => ({ kind: 'word', value })],
  [/-?\d+(?:\.\d+)?/y, ([value]) => ({ kind: 'number', value })],
  [/[a-z_][a-z_0-9]*/y, ([value]) => ({ kind: 'word', value })],
  [/::|:=|[(),.[\];:]|[-+*/<>=~!@#%^&|`?]+/y, ([value]) => ({ kind: 'sign', value })],
];

/** The tokens of a statement. Throws at the first character that begins none. */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length;) {
    if (sql[at] === ' ' || sql[at] === '\n') {
      at += 1;
      continue;
    }
    const found = TOKENS.map(([pattern, tokenOf]) => {
      pattern.lastIndex = at;
      const match = pattern.exec(sql);
      return match && { token: tokenOf(match), length: match[0].length };
    }).find((match) => match !== null);
    if (!found) throw new Error(`No token begins at character ${at}: ${sql.slice(at, at + 40)}`);
    tokens.push(found.token);
    at += found.length;
  }
  return tokens;
}

/** What an escape string constant stands for (manual 4.1.2.2); of the escapes, the two that may occur. */
function unescaped(text: string): string {
  return text.replace(/''|\\(x3f|\\|[^])/g, (whole, escape: string | undefined) => {
    if (whole === "''") return "'";
    if (escape === 'x3f') return '?';
    if (escape === '\\') return '\\';
    throw new Error(`An escape that nobody writes: ${whole}`);
  });
}
