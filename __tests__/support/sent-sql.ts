// Whatever the library sends in any test on a server is checked: what no example reaches may run somewhere.
import * as sending from '../../lib/run/wire/send';
import { unqualifiedIn } from './unqualified';

/** Of one test. A text of megabytes differs from a short one in its values. */
const MAX_TEXTS = 200;
const MAX_CHARACTERS = 50_000;

const sent = new Set<string>();

function remember(sql: string): void {
  if (sent.size < MAX_TEXTS && sql.length <= MAX_CHARACTERS) sent.add(sql);
}

// Babel's modules look an import up each time that they call it.
const { send, sendAlone, sendPlain } = sending;
Object.assign(sending, {
  send: (...given: Parameters<typeof send>) => {
    remember(given[1]);
    return send(...given);
  },
  sendAlone: (...given: Parameters<typeof sendAlone>) => {
    remember(given[1]);
    return sendAlone(...given);
  },
  sendPlain: (...given: Parameters<typeof sendPlain>) => {
    remember(given[1]);
    return sendPlain(...given);
  },
});

afterEach(() => {
  const texts = [...sent];
  sent.clear();
  expect(texts.flatMap(unqualifiedIn)).toEqual([]);
});
