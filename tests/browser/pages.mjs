// Pages of a server in Chromium, by order of a test: node pages.mjs <address of the server> <path of a proxy>
// <program of Chromium>. Orders come in as lines of JSON; out go, as lines of JSON, what the
// pages of /live show whenever that changes, what went wrong in them, and that an order was carried out.
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const [address, behind, executablePath] = process.argv.slice(2);
const say = what => process.stdout.write(JSON.stringify(what) + '\n');
const browser = await chromium.launch({
  executablePath,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// Runs in the page, beside its own script: tells what people see.
function watch() {
  const text = selector => document.querySelector(selector)?.textContent ?? '';
  const isShown = selector => document.querySelector(selector)?.checkVisibility() ?? false;
  const tasks = list => [...document.querySelectorAll(`#${list} li`)].map(row => ({
    title: row.querySelector('label span').textContent,
    about: row.querySelector('p').textContent.trim(),
    ticked: row.querySelector('input').checked,
    fresh: row.classList.contains('fresh'),
    markup: row.querySelector('label span').childElementCount,
  }));
  let last = '';
  const look = () => {
    if (!document.body) return;
    const seen = JSON.stringify({
      login: isShown('#login'), add: isShown('#add'), line: document.querySelector('#line')?.dataset.line ?? null, said: text('#line'), problem: text('#problem'), news: text('#news'),
      workspaces: [...document.querySelectorAll('#workspace option')].map(option => option.textContent), chosen: text('#workspace option:checked'),
      pending: tasks('pending'), done: tasks('done'), counts: [text('#pending-count'), text('#done-count')],
      focus: document.activeElement?.closest('li')?.querySelector('label span').textContent ?? document.activeElement?.id ?? '',
    });
    if (seen !== last) window.tell('saw', last = seen);
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  for (const event of ['DOMContentLoaded', 'change', 'input', 'focusin', 'focusout']) addEventListener(event, () => setTimeout(look), true);
  addEventListener('securitypolicyviolation', event => window.tell('wrong', `the policy forbids ${event.violatedDirective} ${event.blockedURI}`));
}

const pages = new Map();
const orders = {
  async open({ page: name, path, language }) {
    const context = await browser.newContext({ locale: language });
    const page = await context.newPage();
    // What a proxy does that serves others as well: below its path is this server, and what is not below it is somebody else's.
    const home = address + (path.startsWith(behind) ? behind : '');
    await context.route(url => url.pathname.startsWith(`${behind}/`), route => route.continue({ url: route.request().url().replace(behind, '') }));
    pages.set(name, page);
    page.on('console', message => ['error', 'warning'].includes(message.type()) && say({ page: name, wrong: `${message.type()}: ${message.text()}` }));
    page.on('pageerror', error => say({ page: name, wrong: `thrown: ${error}` }));
    page.on('dialog', dialog => {
      say({ page: name, wrong: `a dialog: ${dialog.message()}` });
      dialog.dismiss();
    });
    page.on('request', request => {
      if (!request.url().startsWith(`${home}/`)) say({ page: name, wrong: `asked elsewhere: ${request.url()}` });
      else say({ page: name, asked: `${request.method()} ${request.url().slice(address.length)}` });
    });
    await page.exposeBinding('tell', (_, what, told) => say({ page: name, [what]: what === 'saw' ? JSON.parse(told) : told }));
    await page.addInitScript(watch);
    await page.goto(address + path);
  },
  async signIn({ page, email, password }) {
    await pages.get(page).fill('#email', email);
    await pages.get(page).fill('#password', password);
    await pages.get(page).click('#login button');
  },
  async add({ page, title }) {
    await pages.get(page).fill('#title', title);
    await pages.get(page).press('#title', 'Enter');
  },
  async tick({ page, title }) {
    await pages.get(page).locator('li', { has: pages.get(page).getByText(title, { exact: true }) }).locator('input').press('Space');
  },
  choose: ({ page, name }) => pages.get(page).selectOption('#workspace', { label: name }),
  signOut: ({ page }) => pages.get(page).click('#logout'),
  reload: ({ page }) => pages.get(page).reload(),
  // Answers the next request for a path in the server's place.
  answer: ({ page, path, status, type, body }) => pages.get(page).route(url => url.pathname === path, route => route.fulfill({ status, contentType: type, body }), { times: 1 }),
  async kept({ page }) {
    const kept = await pages.get(page).evaluate(async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length]);
    return [(await pages.get(page).context().cookies()).length, ...kept];
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { order, ...details } = JSON.parse(line);
  try {
    say({ done: order, result: await orders[order](details) ?? null });
  } catch (error) {
    say({ done: order, failed: String(error) });
  }
}
await browser.close();
