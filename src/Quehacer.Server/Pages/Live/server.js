// Whoever is signed in on this page, and what they ask of the server. The tokens are in the memory of the page and nowhere else.

const { root, failed, over } = document.getElementById('live').dataset;
const lang = document.documentElement.lang;
const patience = 30_000;

/** What the server has against a request, in its words. */
export class Refusal extends Error {
  constructor(status, body) {
    super([body.detail ?? `${failed} (${status})`, ...(body.errors ?? []).map(error => error.message)].join(' '));
    Object.assign(this, { status, code: body.code, waitSeconds: body.retry_after ?? 0 });
  }
}
const refusalOf = async answer => new Refusal(answer.status, await answer.json().catch(() => ({})));

export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');

/** Waits, and no longer than until the machine is connected again. */
export const later = (milliseconds, signal) => new Promise(resolve => {
  const past = new AbortController();
  const end = () => {
    past.abort();
    resolve();
  };
  setTimeout(end, milliseconds);
  addEventListener('online', end, { signal: past.signal });
  signal.addEventListener('abort', end, { signal: past.signal });
});

const send = (address, { body, headers, ...more } = {}) => fetch(root + address, {
  method: body ? 'POST' : 'GET',
  body: body && JSON.stringify(body),
  headers: { 'Accept-Language': lang, ...(body && { 'Content-Type': 'application/json' }), ...headers },
  credentials: 'omit',
  cache: 'no-store',
  redirect: 'error',
  ...more,
});
const bearer = token => ({ Authorization: `Bearer ${token}` });

let session = null;
let renewing = null;
let whenOver = () => {};

const keep = tokens => {
  session = tokens;
  // Some minutes before its hour is over, and not on all pages at once.
  setTimeout(() => renew(tokens.access_token).catch(() => {}), tokens.expires_in * 1000 * (0.8 + Math.random() / 10));
};

export const me = () => session?.user.id;
export const token = () => session?.access_token;
/** Says what is to be done when the session has ended without anybody here having ended it. */
export const onSessionOver = what => whenOver = what;

/** Signs in; null where more than a password is wanted. */
export const signIn = async credentials => {
  const answer = await send('api/v1/auth/login', { body: credentials });
  if (!answer.ok) throw await refusalOf(answer);
  const tokens = await answer.json();
  if (!tokens.access_token) return null;
  keep(tokens);
  return tokens.user;
};

/** Ends the session, here and on the server, also when the page is being closed. */
export const signOut = () => {
  if (session) send('api/v1/auth/logout', { body: {}, headers: bearer(session.access_token), keepalive: true }).catch(() => {});
  session = null;
};

/** Gets another access token in place of a used one, once for all who want it. */
export const renew = used => {
  if (session?.access_token !== used) return Promise.resolve();
  renewing ??= (async mine => {
    // A refresh token is good for one use: an answer that was lost is asked for again under the same key.
    mine.renewal ??= newKey();
    const answer = await send('api/v1/auth/refresh', { body: { refresh_token: mine.refresh_token }, headers: { 'Idempotency-Key': mine.renewal }, signal: AbortSignal.timeout(patience) });
    if (!answer.ok && (answer.status === 429 || answer.status >= 500)) throw await refusalOf(answer);
    const tokens = answer.ok ? await answer.json() : null;
    if (session !== mine) return;
    if (tokens) {
      keep(tokens);
    } else {
      session = null;
      whenOver();
    }
  })(session).finally(() => renewing = null);
  return renewing;
};

/** Sends a request of whoever is signed in, and once more where it wanted another token; throws what the server has against it. */
export const ask = async (address, { headers, signal = AbortSignal.timeout(patience), ...options } = {}) => {
  for (let isSecond = false; ; isSecond = true) {
    if (!session) throw new Refusal(401, { detail: over });
    const used = session.access_token;
    const answer = await send(address, { ...options, signal, headers: { ...headers, ...bearer(used) } });
    if (answer.ok) return answer;
    if (answer.status !== 401 || isSecond) throw await refusalOf(answer);
    await renew(used);
  }
};

/** Reads a list to its end, page by page, and waits where the server asks for it. */
export const all = async (address, name, signal) => {
  const found = [];
  for (let cursor = ''; ;) {
    try {
      const body = await (await ask(address + cursor)).json();
      found.push(...body[name]);
      if (!body.pagination.next_cursor) return found;
      cursor = `&cursor=${encodeURIComponent(body.pagination.next_cursor)}`;
    } catch (refusal) {
      if (refusal.status !== 429 || signal.aborted) throw refusal;
      await later(1000 * Math.max(1, refusal.waitSeconds), signal);
    }
  }
};
