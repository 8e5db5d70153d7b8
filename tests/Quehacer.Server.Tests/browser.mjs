// As much of a browser as the pages' script needs: node browser.mjs account.js prints what the script does with a page of two forms.
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';

const source = readFileSync(process.argv[2], 'utf8');

function open(hash, lang, invited = null) {
  const listeners = {};
  const form = (when, post, fields) => {
    const status = { textContent: '', isFocused: false, focus() { this.isFocused = true; } };
    return {
      dataset: { when, post, done: 'Done.', failed: 'The server cannot be reached.' }, hidden: true, fields, nextElementSibling: status, button: { disabled: false },
      querySelector() { return this.button; },
      addEventListener(name, listener) { this[name] = listener; },
    };
  };
  const forms = invited
    ? [form('token', './login', { email: 'luis@example.com', password: 'secret' }), form('token', './decline', {})]
    : [form('token', './confirm', { password: 'first' }), form('nothing', './reset', { email: 'ana@example.com' })];
  if (invited) Object.assign(forms[0].dataset, { then: './accept', end: './logout', factor: 'A second factor is wanted.' });
  const looks = invited ? [{ dataset: { look: './look', text: '{name} {email} invites you into “{workspace}” as {role}.', editor: 'an editor' } }] : [];
  const languages = { hash: '' };
  const place = { hash, pathname: '/account/password-reset', search: '?lang=' + lang, reload() {} };
  const page = { forms, languages, left: null, asked: [], answer: invited, looks };
  runInNewContext(source, {
    location: place,
    history: { replaceState(state, title, address) { page.left = address; } },
    addEventListener(name, listener) { listeners[name] = listener; },
    document: {
      documentElement: { lang }, forms,
      querySelectorAll: selector => selector === '[data-when]' ? forms : selector === 'nav a[hreflang]' ? [languages] : selector === '[data-look]' ? looks : [],
    },
    FormData: class { constructor(of) { return Object.entries(of.fields); } },
    crypto: { getRandomValues: bytes => globalThis.crypto.getRandomValues(bytes) },
    Uint8Array,
    fetch: async (address, options) => {
      page.asked.push({ address, ...options });
      const answer = typeof page.answer === 'function' ? page.answer(address) : page.answer;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  page.submit = async (form, answer) => {
    page.answer = answer;
    await form.submit({ preventDefault() {} });
    return page.asked.at(-1);
  };
  return page;
}

const shown = page => console.log('shown:', page.forms.filter(form => !form.hidden).map(form => form.dataset.when).join());
const asked = ({ address, method, body, headers }) => console.log('asked:', method, address, body, 'key', headers['Idempotency-Key'].length, headers['Accept-Language']);
const said = form => console.log('said:', form.nextElementSibling.textContent);

const page = open('#qo_abc-_', 'en');
const [use] = page.forms;
shown(page);
const first = await page.submit(use, new Error('offline'));
asked(first);
said(use);
const second = await page.submit(use, { ok: false, status: 422, json: async () => ({ detail: 'The password is too common. Choose another.', errors: [{ message: 'At least 8 characters.' }] }) });
console.log('the same key again:', first.headers['Idempotency-Key'] === second.headers['Idempotency-Key']);
said(use);
use.fields.password = 'second';
const third = await page.submit(use, { ok: false, status: 502, json: async () => { throw new SyntaxError('no JSON'); } });
console.log('another key:', second.headers['Idempotency-Key'] !== third.headers['Idempotency-Key']);
said(use);
await page.submit(use, { ok: true, status: 204 });
said(use);
console.log(`hidden: ${use.hidden}, focused: ${use.nextElementSibling.isFocused}, left in the address: ${page.left}`);
console.log('languages keep the token:', page.languages.hash);
const other = open('', 'es');
shown(other);
asked(await other.submit(other.forms[1], { ok: true, status: 202 }));

// An invitation: what it says is shown as it is, and whoever accepts is signed in for as long as that takes.
const ok = body => ({ ok: true, status: 200, json: async () => body });
const invitation = { workspace: { name: '<b>Home</b>' }, role: 'editor', invited_by: { name: 'Ana', email: null } };
const server = login => address => ok(address === './look' ? invitation : address === './login' ? login : {});
const guest = open('#qo_inv', 'en', server({ access_token: 'abc' }));
await new Promise(resolve => setImmediate(resolve));
console.log('look:', guest.looks[0].textContent);
await guest.submit(guest.forms[0], guest.answer);
for (const one of guest.asked) console.log('asked:', one.address, one.body, one.headers.Authorization ?? 'nobody');
said(guest.forms[0]);
console.log('hidden:', guest.forms.map(form => form.hidden).join());
const careful = open('#qo_inv', 'en', server({ mfa_token: 'qo_m' }));
await careful.submit(careful.forms[0], careful.answer);
console.log('asked:', careful.asked.map(one => one.address).join(' '));
said(careful.forms[0]);
