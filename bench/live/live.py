"""What listening costs: called by live.sh with the directory of the benchmark, and perhaps the names of what is wanted (fanout, idle, catchup)."""
import array
import http.client
import json
import subprocess
import sys
import threading
import time
import uuid

PORT = 41100
directory = sys.argv[1]
wanted = sys.argv[2:] or ["fanout", "idle", "catchup"]
people = [line.split() for line in open(f"{directory}/tokens-ours.txt")]
people.sort()
workspace = people[0][3]
with open(f"{directory}/listeners.txt", "w") as file:
    file.writelines(person[1] + "\n" for person in people)


def ask(connection, method, path, token, body=None):
    connection.request(method, path, None if body is None else json.dumps(body), {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
    answer = connection.getresponse()
    read = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path}: {answer.status} {read[:300]}")
    return read


def listen(count, seconds, query, *arrivals):
    process = subprocess.Popen([f"{directory}/listen", str(PORT), f"{directory}/listeners.txt", str(count), str(seconds), query, *arrivals], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    return process


def resident():
    pid = open(f"{directory}/ours.pid").read().strip()
    return next(int(line.split()[1]) // 1024 for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS"))


def writer(number, writers, a_second, seconds):
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    token = people[number][1]
    begin = time.time()
    for turn in range(a_second * seconds // writers):
        wait = begin + (turn * writers + number) / a_second - time.time()
        if wait > 0:
            time.sleep(wait)
        ask(connection, "POST", f"/api/v1/tasks?workspace_id={workspace}", token, {"title": f"Heard by a thousand {number}-{turn}", "priority": "high"})


def uuid_of(identifier):
    number = 0
    for letter in identifier.split("_")[1]:
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    return uuid.UUID(int=number)


def ages(file):
    """How old events were, in milliseconds, when they were read: since their commits, as PostgreSQL has noted them, and since the times within them, before their transactions."""
    rows = subprocess.run(["psql", "-AtqF", " ", "quehacer", "-c", f"""
        SELECT number, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1e6)::bigint, (extract(epoch FROM at) * 1e6)::bigint
          FROM events WHERE workspace_id = '{uuid_of(workspace)}' AND type = 'task.created' ORDER BY revision DESC LIMIT 10000"""], capture_output=True, text=True, check=True).stdout
    times = {int(number): (int(committed), int(at)) for number, committed, at in (row.split(" ") for row in rows.splitlines())}
    arrivals = array.array("q")
    with open(file, "rb") as read:
        arrivals.frombytes(read.read())
    since = ([], [])
    for number, arrived in zip(arrivals[::2], arrivals[1::2]):
        committed, at = times[number]
        since[0].append((arrived - committed) / 1000)
        since[1].append((arrived - at) / 1000)
    for name, of in zip(("commit", "time within"), since):
        of.sort()
        print(f"  since the {name}: " + " ".join(f"p{share:g}={of[min(len(of) - 1, int(len(of) * share / 100))]:.0f}ms" for share in (50, 95, 99, 99.9, 100)), flush=True)


def fanout(listeners=1000, a_second=100, seconds=20, isWarm=False):
    if not isWarm:
        # The server's code is compiled for good while it runs.
        fanout(listeners, a_second, 30, True)
    process = listen(listeners, seconds + 4, f"?workspace_id={workspace}", f"{directory}/arrivals")
    time.sleep(2)
    threads = [threading.Thread(target=writer, args=(number, 4, a_second, seconds)) for number in range(4)]
    begin = time.time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if isWarm:
        process.wait()
        return
    print(f"fanout: {listeners} listeners, {a_second * seconds} events in {time.time() - begin:.1f} s:", process.stdout.read().strip(), f"server {resident()} MiB", flush=True)
    ages(f"{directory}/arrivals")


def idle(listeners=10000):
    before = resident()
    process = listen(listeners, 40, "")
    time.sleep(35)
    print(f"idle: {listeners} listeners in {len(people)} workspaces: server {before} MiB before, {resident()} MiB with them;", process.stdout.read().strip(), flush=True)


def catchup(events=100_000):
    place, token = people[1][3], people[1][1]
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    start = json.loads(ask(connection, "GET", f"/api/v1/changes?since=now&workspace_id={place}", token))["cursor"]
    for batch in range(events // 200):
        made = json.loads(ask(connection, "POST", f"/api/v1/tasks/batch?workspace_id={place}", token, {"operations": [{"op": "create", "task": {"title": f"Task {batch}-{i}", "priority": "high"}} for i in range(100)]}))
        ask(connection, "POST", f"/api/v1/tasks/batch?workspace_id={place}", token, {"operations": [{"op": "update", "id": result["task"]["id"], "task": {"title": "Changed"}} for result in made["results"]]})
    for _ in range(3):
        begin, cursor, read, count = time.time(), start, 0, 0
        while True:
            answer = ask(connection, "GET", f"/api/v1/changes?workspace_id={place}&limit=500&since={cursor}", token)
            count, read = count + answer.count(b'"id":"evt_'), read + len(answer)
            cursor = answer[answer.rindex(b'"cursor":"') + 10:].split(b'"')[0].decode()
            if answer.endswith(b'"has_more":false}'):
                break
        took = time.time() - begin
        print(f"catchup by asking: {count} events, {read / 1e6:.0f} MB in {took:.2f} s: {count / took:.0f} a second", flush=True)
    for _ in range(3):
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        begin = time.time()
        connection.request("GET", f"/api/v1/stream?workspace_id={place}&since={start}", headers={"Authorization": "Bearer " + token})
        answer, count, rest = connection.getresponse(), 0, b""
        while count < events:
            part = rest + answer.read1(1 << 20)
            count += part.count(b"\nid: ")
            rest = part[-5:] if not part.endswith(b"\nid: ") else b""
        took = time.time() - begin
        print(f"catchup by listening: {count} events in {took:.2f} s: {count / took:.0f} a second", flush=True)
        connection.close()


for name in wanted:
    {"fanout": fanout, "idle": idle, "catchup": catchup}[name]()
