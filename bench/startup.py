"""startup.py SERVER RUNS : see startup.sh."""
import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
D = os.environ.get('BENCH_DIR', '/tmp/quehacer-bench')
SERVER, RUNS = sys.argv[1], int(sys.argv[2])
PORT, USERS, TASKS, IDLE_SECONDS, LOAD_SECONDS = 41101, 8, 20, 3, 3
PASSWORD = 'horses gather no moss'
DATA = f'{D}/startup-data'
CORES = (['nice', '-n', '-5'] if os.geteuid() == 0 else []) + ['taskset', '-c', '0,1']


def start():
    env = {key: value for key, value in os.environ.items() if key != 'DATABASE_URL'}
    env.update(DATA_DIR=DATA, PORT=str(PORT), Server__Address='127.0.0.1', ASPNETCORE_ENVIRONMENT='Production',
               Auth__SigningKey='only for the benchmark, on the loopback interface, signs nothing real', RateLimits__Enabled='false')
    log = open(f'{D}/startup.log', 'w')
    return subprocess.Popen(CORES + ['dotnet', SERVER, 'serve'], env=env, stdout=log, stderr=open(f'{D}/startup.err', 'w'), stdin=subprocess.DEVNULL)


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait(60)


def ask(method, path, body=None, token=None):
    connection = http.client.HTTPConnection('127.0.0.1', PORT, timeout=10)
    headers = {'Content-Type': 'application/json'} if body is not None else {}
    if token:
        headers['Authorization'] = 'Bearer ' + token
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response.status, json.loads(answer) if answer else None


def wait_for(process, path, token=None):
    """Asks every 2 ms until the answer is 200."""
    while True:
        if process.poll() is not None:
            sys.exit(f'The server ended with {process.returncode}: ' + open(f'{D}/startup.err').read())
        try:
            if ask('GET', path, token=token)[0] == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.002)


def memory(process):
    return int(re.search(r'VmRSS:\s+(\d+)', open(f'/proc/{process.pid}/status').read()).group(1)) / 1024


def prepare(process):
    """Everybody's tasks, when the directory is new, and tokens of this hour."""
    tokens, ids = [], []
    for user in range(USERS):
        email = f'user{user}@bench.example'
        ask('POST', '/api/v1/auth/register', {'email': email, 'name': f'User {user}', 'password': PASSWORD})
        status, login = ask('POST', '/api/v1/auth/login', {'email': email, 'password': PASSWORD})
        if status != 200:
            sys.exit(f'The login was answered with {status}: {login}')
        token = login['access_token']
        status, page = ask('GET', f'/api/v1/tasks?limit={TASKS}&sort=-created', token=token)
        tasks = page['tasks']
        while len(tasks) < TASKS:
            status, task = ask('POST', '/api/v1/tasks', {'title': f'Task {len(tasks)}', 'description': 'Of the benchmark', 'tags': ['a', 'b']}, token)
            if status != 201:
                sys.exit(f'A task was answered with {status}: {task}')
            tasks.append(task)
        tokens.append(f"{login['user']['id']} {token} -")
        ids += [f"{task['id']} {user} -" for task in tasks]
    with open(f'{D}/startup-tokens.txt', 'w') as file:
        file.write('\n'.join(tokens) + '\n')
    with open(f'{D}/startup-ids.txt', 'w') as file:
        file.write('\n'.join(ids) + '\n')
    return f"/api/v1/tasks/{ids[0].split()[0]}", tokens[0].split()[1]


def load(kind):
    env = dict(os.environ, KIND=kind, FLAVOR='ours', AUTH='jwt', TOKENS=f'{D}/startup-tokens.txt', IDS=f'{D}/startup-ids.txt')
    out = subprocess.run(['taskset', '-c', '1', 'wrk', '-t1', '-c64', f'-d{LOAD_SECONDS}s', '-s', f'{HERE}/wrk/load.lua', f'http://127.0.0.1:{PORT}'],
                         env=env, capture_output=True, text=True).stdout
    result = json.loads(re.search(r'JSON (\{.*\})', out).group(1))
    if result['e_status'] or not result['n']:
        sys.exit(f'{kind}: {result}')


process = start()
wait_for(process, '/ready')
path, token = prepare(process)
stop(process)

times, idle, loaded = [], [], []
for run in range(RUNS):
    began = time.monotonic()
    process = start()
    wait_for(process, path, token)
    times.append(time.monotonic() - began)
    time.sleep(IDLE_SECONDS)
    idle.append(memory(process))
    for kind in ('R1', 'R2', 'R3K'):
        load(kind)
    loaded.append(memory(process))
    stop(process)
    print(f'run {run + 1}: {times[-1]:.2f} s to the first row, {idle[-1]:.0f} MiB idle, {loaded[-1]:.0f} MiB after load', flush=True)
print(f'median: {statistics.median(times):.2f} s to the first row, {statistics.median(idle):.0f} MiB idle, {statistics.median(loaded):.0f} MiB after load')
