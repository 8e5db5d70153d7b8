#!/usr/bin/env python3
"""Interleaved load runs against servers that are up (servers.sh, ours.sh), medians, ratios. The load generator (wrk, one thread) has
processor 1, the servers and PostgreSQL have processors 0 and 1; everything is on 127.0.0.1. See README.md for what the figures mean."""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
D = os.environ.get('BENCH_DIR', '/tmp/quehacer-bench')
ENV = dict(os.environ, PGHOST='127.0.0.1', PGPORT='45432', PGUSER='postgres')

# name: (port, flavor, authentication, tokens, ids, kinds)
TARGETS = {
    'pgbench': (None, None, None, None, None, ['R1', 'R2', 'R3', 'R3X']),
    'L0': (41000, 'native', 'none', 'tokens.txt', 'ids.txt', ['R1', 'R4']),
    'L2': (41001, 'native', 'user', 'tokens.txt', 'ids.txt', ['R1', 'R2', 'R3', 'R3X', 'R3K', 'R4']),
    'L2jwt': (41002, 'native', 'jwt', 'tokens.txt', 'ids.txt', ['R1', 'R2', 'R3', 'R3X', 'R3K', 'R4']),
    'fastify1': (41011, 'native', 'jwt', 'tokens.txt', 'ids.txt', ['R1', 'R2', 'R3', 'R4']),
    'fastify2': (41012, 'native', 'jwt', 'tokens.txt', 'ids.txt', ['R1', 'R2', 'R3', 'R4']),
    'fastify2tx': (41012, 'native', 'jwt', 'tokens.txt', 'ids.txt', ['R3X', 'R3K']),
    'ours': (41100, 'ours', 'jwt', 'tokens-ours.txt', 'ids-ours.txt', ['R1', 'R2', 'R3X', 'R3K', 'R4', 'R5']),
    'limited': (41102, 'ours', 'jwt', 'tokens-ours.txt', 'ids-ours.txt', ['R1', 'R2', 'R3X', 'R3K', 'R4', 'R5']),
    'batched': (41100, 'ours', 'jwt', 'tokens-ours.txt', 'ids-ours.txt', ['R6']),
    'shared': (41100, 'shared', 'jwt', 'tokens-ours.txt', 'ids-ours.txt', ['R1', 'R2']),
    'tareas': (41100, 'tareas', 'jwt', 'tokens-ours.txt', 'ids-ours.txt', ['R1', 'R2']),
    'envelope': (41100, 'envelope', 'jwt', 'tokens-ours.txt', 'ids-ours.txt', ['R1', 'R2']),
    'ours2m': (41101, 'ours', 'jwt', 'tokens-ours2m.txt', 'ids-ours2m.txt', ['R1', 'R2', 'R3X', 'R3K', 'R4', 'R5']),
}
# The plain insert of fastify1 and fastify2 stands beside the fuller ones of the others, which flatters it. The yardsticks know no list with a
# tag: theirs of one task stands beside it.
STANDS_IN = {('L2', 'R5'): 'R4', ('L2jwt', 'R5'): 'R4', ('fastify1', 'R5'): 'R4', ('fastify2', 'R5'): 'R4', ('fastify1', 'R3X'): 'R3', ('fastify2', 'R3X'): 'R3', ('fastify1', 'R3K'): 'R3', ('fastify2', 'R3K'): 'R3'}
WRITES = ('R3', 'R6')
# What an idempotency key and rate limits together cost a create.
STANDS_IN |= {('ours', 'R3L'): 'R3X', ('limited', 'R3L'): 'R3K'}
# What a batch of 100 creates costs, in creates.
STANDS_IN[('ours', 'R6')] = 'R3X'

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
options.add_argument('--only', default='L2jwt,fastify2,ours', help='targets: ' + ' '.join(TARGETS))
options.add_argument('--kinds', default='R1,R2,R3X')
options.add_argument('--conns', default='64')
options.add_argument('--rounds', type=int, default=5)
options.add_argument('--secs', type=int, default=4)
options.add_argument('--warm', type=int, default=4, help='seconds of every kind for every target before anything counts; 0 for none')
options.add_argument('--out', default=D + '/results.json')
args = options.parse_args()
names, kinds, conns = args.only.split(','), args.kinds.split(','), [int(c) for c in args.conns.split(',')]


def kind_of(name, kind):
    """What this target does for a kind; None when it has nothing like it."""
    kind = STANDS_IN.get((name, kind), kind)
    return kind if kind in TARGETS[name][5] else None


def reset(name):
    """Both tables at the size of the seed before every run that writes."""
    database, script = ({'ours': 'quehacer', 'limited': 'quehacer', 'batched': 'quehacer'}.get(name, name), 'reset_ours.sql') if name.startswith(('ours', 'limited', 'batched')) else ('bench', 'reset_yardstick.sql')
    subprocess.run(['psql', '-q', '-v', 'ON_ERROR_STOP=1', database, '-f', f'{HERE}/sql/{script}'], env=ENV, check=True, stdout=subprocess.DEVNULL)


NICE = ['nice', '-n', '-5'] if os.geteuid() == 0 else []


def wrk(name, kind, connections, seconds):
    port, flavor, auth, tokens, ids, _ = TARGETS[name]
    env = dict(ENV, KIND=kind, FLAVOR=flavor, AUTH=auth, TOKENS=f'{D}/{tokens}', IDS=f'{D}/{ids}')
    out = subprocess.run(NICE + ['taskset', '-c', '1', 'wrk', '-t1', f'-c{connections}', f'-d{seconds}s', '--timeout', '10s', '-s', f'{HERE}/wrk/load.lua',
                                 f'http://127.0.0.1:{port}'], env=env, capture_output=True, text=True, timeout=seconds + 30)
    found = re.search(r'JSON (\{.*\})', out.stdout)
    if not found:
        sys.exit(f'{name} {kind}: {out.stdout}{out.stderr}')
    result = json.loads(found.group(1))
    if kind in ('R4', 'R5') and result['bytes'] > 2000 * result['n']:
        sys.exit(f'{name} {kind}: these are no 304s. The tags are of another day, or of before the writes: run ours.sh tokens again.')
    result['rps'] = result['n'] / result['us'] * 1e6
    result['err'] = result['e_status'] + result['e_conn'] + result['e_read'] + result['e_timeout']
    return result


def pgbench(kind, connections, seconds):
    logs = lambda: [f'{D}/{file}' for file in os.listdir(D) if file.startswith('pgb.')]
    for file in logs():
        os.unlink(file)
    out = subprocess.run(NICE + ['taskset', '-c', '1', 'pgbench', '-n', '-M', 'prepared', '-c', str(connections), '-j', '1', '-T', str(seconds), '-D', 'rows=200000',
                                 '-D', 'users=1000', '-f', f'{HERE}/sql/{kind.lower()}.sql', '-l', '--log-prefix', f'{D}/pgb', 'bench'], env=ENV, capture_output=True, text=True)
    took = sorted(int(line.split()[2]) for file in logs() for line in open(file))
    at = lambda share: took[min(len(took) - 1, int(len(took) * share))]
    return dict(rps=float(re.search(r'tps = ([\d.]+) \(without', out.stdout).group(1)), p50=at(.5), p95=at(.95), p99=at(.99), err=0)


def one(name, kind, connections, seconds):
    return pgbench(kind, connections, seconds) if name == 'pgbench' else wrk(name, kind, connections, seconds)


def rss(name):
    """MiB of the server's processes, by the pid that its script noted."""
    try:
        pid = open(f'{D}/{name}.pid').read().strip()
        pids = [pid] + subprocess.run(['pgrep', '-P', pid], capture_output=True, text=True).stdout.split()
        return sum(int(re.search(r'VmRSS:\s+(\d+)', open(f'/proc/{p}/status').read()).group(1)) for p in pids) // 1024
    except (OSError, AttributeError):
        return None


results = {}
memory = {name: {'before': rss(name)} for name in names}
if args.warm:
    for name in names:
        for kind in kinds:
            if name != 'pgbench' and (does := kind_of(name, kind)):
                result = one(name, does, conns[0], args.warm)
                print('warm', name, does, round(result['rps']), f"ERRORS {result['err']}" if result['err'] else '', flush=True)
for kind in kinds:
    for c in conns:
        for turn in range(args.rounds):
            for name in (names if turn % 2 == 0 else names[::-1]):
                does = kind_of(name, kind)
                if not does:
                    continue
                if does.startswith(WRITES):
                    reset(name)
                result = one(name, does, c, args.secs)
                results.setdefault(f'{kind}|{c}|{name}', []).append(result)
                memory[name]['loaded'] = max(memory[name].get('loaded') or 0, rss(name) or 0)
                print(time.strftime('%H:%M:%S'), kind, c, name, round(result['rps']), result['p50'], result['p99'], f"ERRORS {result['err']}" if result['err'] else '', flush=True)
for name in names:
    if name != 'L0' and any(kind.startswith(WRITES) for kind in kinds):
        reset(name)
with open(args.out, 'w') as file:
    json.dump({'results': results, 'memory': memory}, file)


def median(key, member):
    return statistics.median(run[member] for run in results[key]) if key in results else None


def ratio(key, base):
    """The median of the rounds' own ratios: what a neighbour's load does to a round, it does to both."""
    if key not in results or base not in results:
        return '-'
    return f"{statistics.median(mine['rps'] / its['rps'] for mine, its in zip(results[key], results[base])):.3f}"


for kind in kinds:
    for c in conns:
        print(f'\n## {kind}, {c} connections\n\n| target | req/s (min-max) | p50 ms | p95 ms | p99 ms | / L2jwt | / fastify2 | / ours | errors |\n|---|---|---|---|---|---|---|---|---|')
        for name in names:
            key = f'{kind}|{c}|{name}'
            if key in results:
                all_rps = [run['rps'] for run in results[key]]
                print(f"| {name} | {median(key, 'rps'):.0f} ({min(all_rps):.0f}-{max(all_rps):.0f}) | {median(key, 'p50') / 1e3:.2f} | {median(key, 'p95') / 1e3:.2f} "
                      f"| {median(key, 'p99') / 1e3:.2f} | {ratio(key, f'{kind}|{c}|L2jwt')} | {ratio(key, f'{kind}|{c}|fastify2')} | {ratio(key, f'{kind}|{c}|ours')} | {sum(run['err'] for run in results[key])} |")
for c in conns:
    batched, single = results.get(f'R6|{c}|batched'), results.get(f'R6|{c}|ours')
    if batched and single:
        print(f"\nA batch of 100 creates costs {statistics.median(its['rps'] / mine['rps'] for mine, its in zip(batched, single)):.1f} creates, {c} connections (wanted: at most 12).")
print('\nMemory (MiB before the run, and at most after a load):', memory)
