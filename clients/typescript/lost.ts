// Loses answers on purpose, on a real server: node dist/lost.js http://localhost:3000
import assert from "node:assert/strict";
import { connect, orThrow, signedIn, tasks, Refused } from "./src/index.js";

const baseUrl = process.argv[2] ?? "http://localhost:3000";
const account = { email: `luis-${crypto.randomUUID()}@example.com`, password: "long enough to remember" };

let keys: (string | null)[] = [];
/** What happens to the answers, in order; those behind the last arrive. */
let fates: ((answer: Response) => Response)[] = [];
const lost = () => {
  throw new TypeError("The connection was lost.");
};
const brokenOff = (answer: Response) =>
  new Response(new ReadableStream({ start: (body) => body.error(new TypeError("The connection was lost.")) }), { status: answer.status, headers: answer.headers });
const unavailable = (after?: string, status = 503) => () =>
  new Response("{}", { status, headers: after === undefined ? {} : { "Retry-After": after } });

const options = {
  baseUrl,
  attempts: 3,
  fetch: async (request: Request) => {
    keys.push(request.headers.get("Idempotency-Key"));
    const answer = await fetch(request);
    return (fates.shift() ?? ((arrived: Response) => arrived))(answer);
  },
};
const nobody = connect(options);
fates = [lost];
orThrow(await nobody.POST("/api/v1/auth/register", { body: { ...account, name: "Luis" } }));
const luis = connect({ ...options, token: signedIn(orThrow(await nobody.POST("/api/v1/auth/login", { body: account }))).access_token });
const create = (title: string, given?: string) =>
  luis.POST("/api/v1/tasks", { params: { header: given === undefined ? {} : { "Idempotency-Key": given } }, body: { title } });
const begin = (...answers: typeof fates) => {
  keys = [];
  fates = answers;
};

for (const [title, fate] of [["lost", lost], ["broken off", brokenOff], ["unavailable", unavailable("0")], ["too many", unavailable("0", 429)]] as const) {
  begin(fate, fate);
  const made = await create(title);
  orThrow(made);
  assert.equal(made.response.headers.get("Idempotent-Replayed"), "true", title);
  assert.equal(keys.length, 3, title);
  assert.equal(new Set(keys).size, 1, title);
}

begin();
orThrow(await create("answered"));
orThrow(await create("given", "a-key-of-my-own"));
assert.equal(keys.length, 2);
assert.match(keys[0] ?? "", /^"[0-9a-f-]{36}"$/);
assert.equal(keys[1], "a-key-of-my-own");

// It ends: after so many attempts, and where nobody says that another would help.
begin(lost, lost, lost);
await assert.rejects(create("never answered"), TypeError);
assert.equal(keys.length, 3);
begin(unavailable("0"), unavailable("0"), unavailable("0"));
await assert.rejects(async () => orThrow(await create("never available")), (refused) => refused instanceof Refused && refused.status === 503);
assert.equal(keys.length, 3);
for (const after of [undefined, "3600"]) {
  begin(unavailable(after));
  assert.equal((await create(`after ${after}`)).response.status, 503);
  assert.equal(keys.length, 1);
}

begin();
const titles = [];
for await (const task of tasks(luis, { limit: 2, sort: "title" })) {
  titles.push(task.title);
}
assert.deepEqual(titles, ["after 3600", "after undefined", "answered", "broken off", "given", "lost", "never answered", "never available", "too many", "unavailable"]);
assert.deepEqual(keys, [null, null, null, null, null]);
console.log("each was done once");
