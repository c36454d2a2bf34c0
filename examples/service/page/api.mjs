/** An answer that is not a good one: its message is for the user. */
export class Refused extends Error {
  constructor({ code, message, dependents }) {
    super(message);
    this.code = code;
    this.dependents = dependents ?? [];
  }
}

export function get(...path) {
  return ask(path, {});
}

export function post(path, body = {}) {
  return ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(urlOf(path), options);
  } catch {
    throw new Refused({ code: 'OFFLINE', message: 'The service does not answer. Is it still running?' });
  }
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer);
  return answer;
}

/** Each part is one segment, whatever is in it. */
export function urlOf(path) {
  return `/api/${path.map(encodeURIComponent).join('/')}`;
}

export function linkTo(...path) {
  return `#/${path.map(encodeURIComponent).join('/')}`;
}
