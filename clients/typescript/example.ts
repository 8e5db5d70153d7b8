// The quick start as a program: node dist/example.js http://localhost:3000
import { connect, orThrow, signedIn, tasks } from "./src/index.js";

const baseUrl = process.argv[2] ?? "http://localhost:3000";
const email = `ana-${crypto.randomUUID()}@example.com`;
const password = "long enough to remember";

const nobody = connect({ baseUrl });
orThrow(await nobody.POST("/api/v1/auth/register", { body: { email, name: "Ana", password } }));
const session = signedIn(orThrow(await nobody.POST("/api/v1/auth/login", { body: { email, password } })));
const ana = connect({ baseUrl, token: session.access_token });
console.log(`logged in: ${session.user.name}`);

const created = await ana.POST("/api/v1/tasks", { body: { title: "Buy milk", priority: "high", tags: ["home"] } });
const { id } = orThrow(created);
const etag = created.response.headers.get("ETag") ?? "";
orThrow(await ana.POST("/api/v1/tasks", { body: { title: "Order beans" } }));
orThrow(await ana.POST("/api/v1/tasks", { body: { title: "Call Luis", priority: "low" } }));

for await (const task of tasks(ana, { status: "pending", priority: ["high", "medium"], sort: "priority", limit: 1 })) {
  console.log(`listed: ${task.title}`);
}

const path = { id };
const header = { "If-Match": etag };
const changed = orThrow(await ana.PATCH("/api/v1/tasks/{id}", { params: { path, header }, body: { title: "Buy two bottles of milk" } }));
console.log(`changed: ${changed.title}`);

// The same condition again, as somebody would who has not seen the change.
const late = await ana.PATCH("/api/v1/tasks/{id}", { params: { path, header }, body: { title: "Buy oat milk" } });
console.log(`refused: ${late.response.status} ${late.error?.code}`);

const completed = orThrow(await ana.POST("/api/v1/tasks/{id}/complete", { params: { path } }));
console.log(`completed: ${completed.status}`);

const deleted = await ana.DELETE("/api/v1/tasks/{id}", { params: { path } });
console.log(`deleted: ${deleted.response.status}`);
const gone = await ana.GET("/api/v1/tasks/{id}", { params: { path } });
console.log(`looked for: ${gone.response.status}`);

const restored = orThrow(await ana.POST("/api/v1/tasks/{id}/restore", { params: { path } }));
console.log(`restored: ${restored.title}`);
