-- One generator for every target. KIND=R1|R2|R3|R3X|R3K|R4|R5|R6 FLAVOR=native|ours|shared|tareas|envelope AUTH=jwt|user|none IDS= TOKENS=
local KIND, FLAVOR, AUTH = os.getenv("KIND"), os.getenv("FLAVOR") or "native", os.getenv("AUTH") or "jwt"
local ids, toks = {}, {}
local body = [[{"title":"A task made under load","description":"Description of a task made under load: lorem ipsum dolor sit amet, consectetur adipiscing","status":"todo","priority":"medium","due_date":"2026-12-01T00:00:00Z","tags":["a","b"]}]]
-- The product refuses due dates that are past, and says "pending" where the yardsticks say "todo".
local our_body = body:gsub('"todo"', '"pending"'):gsub("2026%-12%-01", "2035-12-01")
local our_batch = '{"operations":[' .. string.rep('{"op":"create","task":' .. our_body .. "}", 100, ",") .. "]}"
local n, i, keys, run = 0, 0, 0, ""
local fmt = string.format

local function fill(uid, tok)
  local h = {}
  if AUTH == "user" then h["X-User"] = uid elseif AUTH == "jwt" then h["Authorization"] = "Bearer " .. tok end
  return h
end

function init(args)
  for l in io.lines(os.getenv("TOKENS")) do local u, t, e, w = l:match("^(%S+) (%S+) ?(%S*) ?(%S*)"); toks[#toks + 1] = { u, t, e, w } end
  for l in io.lines(os.getenv("IDS")) do local id, u, us = l:match("(%S+) (%S+) (%S+)"); ids[#ids + 1] = { id, tonumber(u) + 1, us } end
  n = #ids
  local urandom = io.open("/dev/urandom", "rb"); local seed = { urandom:read(8):byte(1, 8) }; urandom:close()
  for _, byte in ipairs(seed) do run = run .. fmt("%02x", byte) end
  math.randomseed(os.time()); i = math.random(n)
end

-- A key that no other request has, of a UUID's length.
local function key()
  keys = keys + 1
  return fmt("%s-%019d", run, keys)
end

function request()
  i = i % n + 1
  local r = ids[i]; local u = toks[r[2]]
  -- In the workspace of the one before, whose editor everybody is.
  local at = ""
  if FLAVOR == "shared" then at = "workspace_id=" .. u[4]; u = toks[r[2] % #toks + 1] end
  local h = fill(u[1], u[2])
  if FLAVOR == "native" then
    if KIND == "R1" then return wrk.format("GET", "/tasks/" .. r[1], h) end
    if KIND == "R2" then return wrk.format("GET", "/tasks?status=todo", h) end
    if KIND == "R4" then h["If-None-Match"] = '"' .. r[3] .. '"'; return wrk.format("GET", "/tasks/" .. r[1], h) end
    h["Content-Type"] = "application/json"
    if KIND == "R3K" then h["Idempotency-Key"] = key() end
    return wrk.format("POST", (KIND == "R3X" or KIND == "R3K") and "/tx/tasks" or "/tasks", h, body)
  end
  -- The same reads through the other contracts.
  if FLAVOR == "tareas" then return wrk.format("GET", KIND == "R1" and "/api/tareas/" .. r[1] or "/api/tareas?completed=false&limit=20", h) end
  if FLAVOR == "envelope" then return wrk.format("GET", KIND == "R1" and "/tasks/task/" .. r[1] or "/tasks/task/list/page?status=pending&limit=20", h) end
  if FLAVOR == "shared" and KIND == "R1" then return wrk.format("GET", "/api/v1/tasks/" .. r[1] .. "?" .. at, h) end
  if FLAVOR == "shared" and KIND == "R2" then return wrk.format("GET", "/api/v1/tasks?status=pending&limit=20&" .. at, h) end
  if KIND == "R1" then return wrk.format("GET", "/api/v1/tasks/" .. r[1], h) end
  if KIND == "R2" then return wrk.format("GET", "/api/v1/tasks?status=pending&limit=20", h) end
  if KIND == "R4" then h["If-None-Match"] = r[3]; return wrk.format("GET", "/api/v1/tasks/" .. r[1], h) end
  if KIND == "R5" then h["If-None-Match"] = u[3]; return wrk.format("GET", "/api/v1/tasks?status=pending&limit=20", h) end
  h["Content-Type"] = "application/json"
  if KIND == "R3K" then h["Idempotency-Key"] = key() end
  if KIND == "R6" then return wrk.format("POST", "/api/v1/tasks/batch", h, our_batch) end
  return wrk.format("POST", "/api/v1/tasks", h, our_body)
end

function done(s, l, r)
  io.write(fmt('JSON {"n":%d,"us":%d,"bytes":%d,"p50":%d,"p95":%d,"p99":%d,"max":%d,"e_status":%d,"e_conn":%d,"e_read":%d,"e_timeout":%d}\n', s.requests, s.duration, s.bytes,
    l:percentile(50), l:percentile(95), l:percentile(99), l.max, s.errors.status, s.errors.connect, s.errors.read, s.errors.timeout))
end
