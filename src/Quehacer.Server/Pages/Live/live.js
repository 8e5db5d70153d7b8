// The tasks of a workspace, kept in step with the server (docs/history.md, 'Keeping a copy'). What people have written is shown as text and as nothing else.
import { eventReader } from './events.js';
import { Refusal, all, ask, later, me, newKey, onSessionOver, renew, signIn, signOut, token } from './server.js';

const part = id => document.getElementById(id);
const { heartbeat, ...says } = part('live').dataset;
const [login, work, add, choice, line, problem, news, pending, done] = ['login', 'work', 'add', 'workspace', 'line', 'problem', 'news', 'pending', 'done'].map(part);
const times = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
const fill = (text, words) => text.replace(/\{(\w+)\}/g, (_, word) => words[word]);
const element = (name, members, ...children) => {
  const made = Object.assign(document.createElement(name), members);
  made.append(...children);
  return made;
};

// What is shown.

/** What is known of the workspace that is followed, beside its tasks: these are in their rows. */
let view = null;
const rows = new Map();
const taskOf = row => row.task;
const isAbove = (one, other) => one.number > other.number;

const count = () => {
  for (const list of [pending, done]) part(`${list.id}-count`).textContent = list.children.length;
};

const place = (row, list) => {
  const last = list.lastElementChild;
  const next = !last || (last !== row && isAbove(last.task, row.task)) ? null : [...list.children].find(other => other !== row && isAbove(row.task, other.task)) ?? null;
  if (row.parentNode !== list || row.nextElementSibling !== next) list.insertBefore(row, next);
};

const show = (task, isNews) => {
  const row = rows.get(task.id) ?? element('li', {}, element('label', {}, element('input', { type: 'checkbox' }), element('span', {})), element('p', {}));
  const [box, title] = row.firstChild.children;
  const hadFocus = document.activeElement === box;
  rows.set(task.id, row);
  row.task = task;
  box.checked = task.status === 'done';
  box.disabled = view.role === 'viewer';
  title.textContent = task.title;
  const about = [
    task.due_date && element('time', { dateTime: task.due_date, textContent: fill(says.due, { time: times.format(new Date(task.due_date)) }) }),
    ...task.tag_ids.filter(id => view.tags.has(id)).map(id => element('span', { className: 'tag', textContent: view.tags.get(id) })),
    task.assignee_id && element('span', { textContent: fill(says.assigned, { name: view.names.get(task.assignee_id) ?? says.somebody }) }),
  ];
  row.lastChild.replaceChildren(...about.filter(Boolean).flatMap(child => [child, ' ']));
  place(row, task.status === 'done' ? done : pending);
  // What moves to the other list is let go of by the browser.
  if (hadFocus) box.focus();
  if (!isNews) return;
  row.classList.add('fresh');
  clearTimeout(row.fading);
  row.fading = setTimeout(() => row.classList.remove('fresh'), 4000);
};

const drop = id => {
  const row = rows.get(id);
  const hadFocus = row.contains(document.activeElement);
  row.remove();
  rows.delete(id);
  if (hadFocus) part('tasks').focus();
};

const clear = () => {
  for (const id of [...rows.keys()]) drop(id);
  count();
};

// Said to those who do not see it, once for all that comes within a moment.
let untold = [];
const tell = (title, name) => {
  if (untold.push({ title, name }) > 1) return;
  setTimeout(() => {
    news.textContent = untold.length === 1 ? fill(says.one, untold[0]) : fill(says.many, { count: untold.length });
    untold = [];
  }, 1000);
};

const allow = role => {
  view.role = role;
  add.hidden = role === 'viewer';
  for (const row of rows.values()) row.querySelector('input').disabled = role === 'viewer';
};

/** Does to what is shown what an event says has been done. */
const apply = ({ type, subject_id: id, task, tag, into, member, workspace, actor }) => {
  const shown = rows.get(id)?.task;
  const tagged = () => [...rows.values()].map(taskOf).filter(one => one.tag_ids.includes(id));
  if (actor.name) view.names.set(actor.id, actor.name);
  if (type.startsWith('task.')) {
    // What happened before the list was read is in the list.
    if (task && shown && task.version < shown.version) return;
    if (task && !task.deleted_at) show(task, true);
    else if (shown && (task || type === 'task.purged' || type === 'task.moved_out')) drop(id);
    else return;
    tell((task ?? shown).title, actor.name ?? says.somebody);
    count();
  } else if (type === 'tag.deleted' || type === 'tag.merged') {
    view.tags.delete(id);
    for (const one of tagged()) show({ ...one, tag_ids: [...new Set(one.tag_ids.map(other => other === id ? into : other))].filter(Boolean) }, true);
  } else if (tag) {
    view.tags.set(id, tag.name);
    for (const one of tagged()) show(one, true);
  } else if (member && id === me()) {
    allow(member.role);
  } else if (workspace) {
    choice.selectedOptions[0].textContent = workspace.name;
  }
};

// Following a workspace.

/** Says how the line is. */
const say = state => {
  if (line.dataset.line === state) return;
  line.dataset.line = state;
  line.textContent = says[state];
};

/** Reads everything anew. The place in the log comes first: what happens meanwhile is told again, and nothing is missed. */
const load = async (mine, signal) => {
  const [space, within] = [`api/v1/workspaces/${mine.workspace}`, `workspace_id=${mine.workspace}`];
  const { cursor } = await (await ask(`api/v1/changes?since=now&${within}`)).json();
  const { role } = await (await ask(space)).json();
  const members = await all(`${space}/members?limit=100`, 'members', signal);
  const tags = await all(`api/v1/tags?limit=100&${within}`, 'tags', signal);
  const tasks = await all(`api/v1/tasks?limit=100&sort=-number&include_total=false&expand=tags&${within}`, 'tasks', signal);
  if (signal.aborted) return;
  mine.names = new Map(members.filter(member => member.name).map(member => [member.user_id, member.name]));
  mine.tags = new Map(tags.map(tag => [tag.id, tag.name]));
  const listed = new Set(tasks.map(task => task.id));
  for (const id of [...rows.keys()].filter(id => !listed.has(id))) drop(id);
  for (const task of tasks) show({ ...task, tag_ids: task.tag_details.map(tag => tag.id) }, false);
  allow(role);
  count();
  mine.cursor = cursor;
};

/** Listens until the line ends, however it does; gives what the server has said about that. */
const listen = async (mine, signal) => {
  const hangUp = new AbortController();
  let silence, end;
  // Whoever hears nothing for three heartbeats takes the line for dead.
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => hangUp.abort(), 3000 * heartbeat);
  };
  const take = ({ id, name, data }) => {
    if (end || signal.aborted) return;
    if (name === 'resync' || name === 'end') {
      end = { ...JSON.parse(data), isLost: name === 'resync' };
    } else if (name === 'message' || name === 'ready') {
      if (name === 'message') apply(JSON.parse(data));
      mine.cursor = id;
      mine.failures = 0;
      if (line.dataset.line === 'up') return;
      problem.textContent = '';
      say('up');
    }
  };
  heard();
  try {
    const answer = await ask(`api/v1/stream?type=task.*,tag.*,member.*,workspace.*&workspace_id=${mine.workspace}`, {
      headers: { 'Last-Event-ID': mine.cursor }, signal: AbortSignal.any([signal, hangUp.signal]),
    });
    mine.token = token();
    const read = eventReader(take, milliseconds => mine.retry = milliseconds);
    const reader = answer.body.getReader();
    for (let chunk = await reader.read(); !chunk.done && !end; chunk = await reader.read()) {
      heard();
      read(chunk.value);
      if (end) break;
    }
    return end ?? {};
  } finally {
    clearTimeout(silence);
    hangUp.abort();
  }
};

/** Keeps what is shown in step with a workspace until another one is chosen. */
const follow = async (workspace, signal) => {
  const mine = view = { workspace, cursor: null, failures: 0, retry: 2000, tags: new Map(), names: new Map(), role: 'viewer' };
  say('loading');
  while (!signal.aborted) {
    let end;
    try {
      if (!mine.cursor) await load(mine, signal);
      end = signal.aborted ? {} : await listen(mine, signal);
      if (end.code === 'TOKEN_EXPIRED' || end.code === 'TOKEN_INVALID') await renew(mine.token);
    } catch (caught) {
      // What is no refusal is a line that was cut, or has never come about.
      end = caught instanceof Refusal ? caught : {};
    }
    if (signal.aborted) return;
    if (end.code === 'RESOURCE_NOT_FOUND') return leave();
    if (end.isLost) mine.cursor = null;
    if (end.isLost || end.code === 'TOKEN_EXPIRED') continue;
    say('cut');
    if (end instanceof Refusal) {
      problem.textContent = end.message;
      // Where the server does not take the place in the log, another one is asked for.
      if (end.status < 500 && end.status !== 429) mine.cursor = null;
    }
    const milliseconds = Math.max(1000 * (end.waitSeconds ?? 0), Math.min(30_000, mine.retry * 2 ** mine.failures++));
    await later(milliseconds * (0.75 + Math.random() / 2), signal);
  }
};

let following = new AbortController();
const stop = () => {
  following.abort();
  clear();
  news.textContent = problem.textContent = '';
};
const choose = () => {
  stop();
  following = new AbortController();
  follow(choice.value, following.signal);
};
/** Whoever is not in a workspace any more is shown nothing of it. */
const leave = () => {
  const [gone] = choice.selectedOptions;
  stop();
  add.hidden = true;
  problem.textContent = fill(says.gone, { name: gone.textContent });
  say('away');
  gone.remove();
  choice.selectedIndex = -1;
};
const goOut = () => {
  stop();
  choice.replaceChildren();
  work.hidden = true;
  login.hidden = false;
  login.elements.email.focus();
};

// What people do.

/** Whether it was done; if not, what was wrong is shown. */
const attempt = async (control, what) => {
  control.disabled = true;
  problem.textContent = '';
  try {
    await what();
    return true;
  } catch (caught) {
    problem.textContent = caught instanceof Refusal ? caught.message : says.failed;
    return false;
  } finally {
    control.disabled = false;
  }
};
const submitted = (form, what) => form.addEventListener('submit', async event => {
  event.preventDefault();
  if (await attempt(form.querySelector('button'), what)) form.reset();
});

submitted(login, async () => {
  if (!await signIn(Object.fromEntries(new FormData(login)))) throw new Refusal(403, { detail: says.factor });
  const workspaces = await all('api/v1/workspaces?limit=100', 'workspaces', new AbortController().signal);
  workspaces.sort((one, other) => other.personal - one.personal || one.name.localeCompare(other.name));
  choice.replaceChildren(...workspaces.map(({ id, name }) => element('option', { value: id, textContent: name })));
  login.hidden = true;
  work.hidden = false;
  choice.focus();
  choose();
});

let key, sent;
submitted(add, async () => {
  const [title, { workspace }] = [add.elements.title.value, view];
  const wanted = JSON.stringify([workspace, title]);
  // An answer that was lost is asked for again, under the same key; any other task is a new one.
  if (wanted !== sent) key = newKey();
  sent = wanted;
  await ask(`api/v1/tasks?workspace_id=${workspace}`, { body: { title }, headers: { 'Idempotency-Key': key } });
  sent = undefined;
});

work.addEventListener('change', async ({ target: box }) => {
  const row = box.closest('li');
  if (!row) return choose();
  const verb = box.checked ? 'complete' : 'reopen';
  // It is as the server says, which says it by an event.
  const isDone = await attempt(box, () => ask(`api/v1/tasks/${row.task.id}/${verb}?workspace_id=${view.workspace}`, { body: {}, headers: { 'Idempotency-Key': newKey() } }));
  if (!isDone) box.checked = row.task.status === 'done';
  if (document.activeElement === document.body) box.focus();
});

part('logout').addEventListener('click', () => {
  signOut();
  goOut();
});
onSessionOver(() => {
  goOut();
  problem.textContent = says.over;
});
// Nobody could use the session after that: a page that is loaded again asks again.
addEventListener('pagehide', event => event.persisted || signOut());
login.hidden = false;
