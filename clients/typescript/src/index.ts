import createClient, { type Client } from "openapi-fetch";
import type { components, operations, paths } from "./v1.js";

export type { components, operations, paths } from "./v1.js";

export type Task = components["schemas"]["Task"];
export type Problem = components["schemas"]["Problem"];
export type Tokens = components["schemas"]["Tokens"];
export type MfaRequired = components["schemas"]["MfaRequired"];
export type Quehacer = Client<paths, Json>;

/** Lists can be had as CSV and NDJSON too, of any length: ask for these with `fetch`, and read them as they come. */
type Json = "application/json" | "application/problem+json";

export interface Options {
  /** Where the server is, such as `http://localhost:3000`. */
  baseUrl: string;
  /** The access token, or what gives the one that is good now. Without it only registration, login and refresh are answered. */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** How often a request is sent at most until it is answered; 5 unless told. */
  attempts?: number;
  /** Sends one request; the platform's own `fetch` unless told. */
  fetch?: (request: Request) => Promise<Response>;
}

const DefaultAttempts = 5;
/** The first wait after a lost answer; each further one is twice as long. */
const FirstWaitMs = 100;
/** Whoever is told to wait longer than this is given the refusal, and decides for themselves. */
const LongestWaitMs = 30_000;

/** A refusal, with what the server said about it. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    readonly status: number,
    /** Absent when something in between answered, such as a proxy. */
    readonly problem: Problem | undefined,
  ) {
    super(problem ? `${status} ${problem.code}: ${problem.detail}` : `The server answered ${status}.`);
  }
}

/**
 * A client of one server. Every write carries an `Idempotency-Key`, its own unless it was given one, and what was not answered is sent again
 * under the same key: it is done once, however often it was sent.
 */
export function connect(options: Options): Quehacer {
  const send = options.fetch ?? ((request: Request) => globalThis.fetch(request));
  const client = createClient<paths, Json>({
    baseUrl: options.baseUrl,
    // The server takes several values as one list with commas between them.
    querySerializer: { array: { style: "form", explode: false } },
    fetch: (request) => untilAnswered(request, send, options.attempts ?? DefaultAttempts),
  });
  client.use({
    async onRequest({ request }) {
      const token = typeof options.token === "function" ? await options.token() : options.token;
      if (token !== undefined && !request.headers.has("Authorization")) {
        request.headers.set("Authorization", `Bearer ${token}`);
      }
      if (request.method !== "GET" && request.method !== "HEAD" && !request.headers.has("Idempotency-Key")) {
        request.headers.set("Idempotency-Key", `"${globalThis.crypto.randomUUID()}"`);
      }
      return request;
    },
  });
  return client;
}

/** What was answered, or a {@link Refused}. */
export function orThrow<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (!answer.response.ok) {
    const problem = answer.error;
    throw new Refused(answer.response.status, typeof problem === "object" && problem !== null && "code" in problem ? (problem as Problem) : undefined);
  }
  return answer.data as T;
}

/** A login that waits for a code of a second factor: send it with the token to `POST /api/v1/auth/login/otp`. */
export class SecondFactorRequired extends Error {
  override readonly name = "SecondFactorRequired";

  constructor(readonly login: MfaRequired) {
    super(`The account asks for a second factor: ${login.methods.join(", ")}.`);
  }
}

/** The tokens of a login, or a {@link SecondFactorRequired}. */
export function signedIn(login: Tokens | MfaRequired): Tokens {
  if ("mfa_required" in login) {
    throw new SecondFactorRequired(login);
  }
  return login;
}

/** Which tasks, and in which order. Where a page begins is the walk's own affair. */
export type TaskQuery = Omit<NonNullable<operations["listTasks"]["parameters"]["query"]>, "page" | "cursor" | "fields">;

/** Every task of a list, a page at a time and only as far as it is read. A cursor is a place: nothing comes twice, whatever others do meanwhile. */
export async function* tasks(client: Quehacer, query: TaskQuery = {}): AsyncGenerator<Task, void, undefined> {
  let cursor: string | null = null;
  do {
    const page: components["schemas"]["TaskList"] | components["schemas"]["SelectedTaskList"] = orThrow(
      await client.GET("/api/v1/tasks", { params: { query: cursor === null ? query : { ...query, cursor } } }),
    );
    // Without `fields`, tasks are shown whole.
    yield* page.tasks as Task[];
    cursor = page.pagination.next_cursor;
  } while (cursor !== null);
}

async function untilAnswered(request: Request, send: (request: Request) => Promise<Response>, attempts: number): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    let wait = FirstWaitMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
    try {
      const answer = await whole(await send(request.clone()));
      const told = await waitFor(answer);
      if (told === undefined || told > LongestWaitMs || attempt >= attempts) {
        return answer;
      }
      wait = Math.max(wait, told);
    } catch (lost) {
      if (request.signal.aborted || attempt >= attempts) {
        throw lost;
      }
    }
    await pause(wait, request.signal);
  }
}

/** Reads the answer to its end here, because one that breaks off is a lost one too. */
async function whole(answer: Response): Promise<Response> {
  const bytes = await answer.arrayBuffer();
  const empty = answer.status === 204 || answer.status === 205 || answer.status === 304;
  return new Response(empty ? null : bytes, { status: answer.status, statusText: answer.statusText, headers: answer.headers });
}

/** How long to wait before the request is sent again, in milliseconds; undefined for an answer that is one. */
async function waitFor(answer: Response): Promise<number | undefined> {
  if (answer.status === 503 || answer.status === 429) {
    const after = answer.headers.get("Retry-After");
    if (after === null) {
      return undefined;
    }
    const wait = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
    return Number.isNaN(wait) ? undefined : Math.max(wait, 0);
  }
  // The lost request is still at work; its answer will be ours.
  return answer.status === 409 && (await answer.clone().text()).includes('"IDEMPOTENCY_IN_FLIGHT"') ? 0 : undefined;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      resolve();
    }, milliseconds);
    if (signal.aborted) {
      end();
    } else {
      signal.addEventListener("abort", end, { once: true });
    }
  });
}
