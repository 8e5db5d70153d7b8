#!/usr/bin/env python3
"""What finding costs in a workspace of 100 000 tasks, as a multiple of what it costs in one of 200: first pages by every sort, pages behind a
deep cursor, searches. Asks the product that BENCH_TARGET=ours2m started, both workspaces turn and turn about. See README.md."""
import argparse
import json
import os
import re
import statistics
import subprocess
import urllib.parse
import urllib.request

D = os.environ.get('BENCH_DIR', '/tmp/quehacer-bench')
SERVER = 'http://127.0.0.1:41101'
options = argparse.ArgumentParser(description=__doc__)
options.add_argument('--rounds', type=int, default=5)
options.add_argument('--secs', type=int, default=1)
options.add_argument('--conns', type=int, default=8)
options.add_argument('--only', default='', help='a regular expression on the names')
args = options.parse_args()

tokens = [line.split()[1] for line in open(f'{D}/tokens-ours2m.txt')]


def get(token, path):
    request = urllib.request.Request(SERVER + path, headers={'Authorization': 'Bearer ' + token})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


big, small = tokens[-1], tokens[500]
size = {token: get(token, '/tasks?limit=1')['pagination']['total'] for token in (big, small)}
assert size[big] >= 100_000 and size[small] < 400, size


def deep(token, query):
    """A page behind nine tenths of the list: cursors are walked to it, from the last page that a number can reach quickly."""
    page = max(1, size[token] * 9 // 10 // 100)
    cursor = get(token, f'/tasks?{query}&limit=100&page={page}')['pagination']['next_cursor']
    return f'/tasks?{query}&cursor={urllib.parse.quote(cursor)}'


def words(token):
    """Two words that one task of this workspace has, and with it as many as chance gives."""
    task = get(token, '/tasks?limit=1&page=101')['tasks'][0]
    return '+'.join(re.findall(r'(?:first|other)\w+', task['description']))


work = {}
for sort in ('created', 'updated', 'priority', 'due', '-due', 'title', 'number'):
    work[f'first page by {sort}'] = lambda token, sort=sort: f'/tasks?sort={sort}'
work['first pending page'] = lambda token: '/tasks?status=pending'
work['first pending page by due'] = lambda token: '/tasks?status=pending&sort=due'
for sort in ('created', 'updated', 'priority', 'due', 'title', 'number'):
    work[f'deep cursor by {sort}'] = lambda token, sort=sort: deep(token, f'sort={sort}')
work['two words'] = lambda token: f'/tasks?q={words(token)}'
work['two words, prefixes'] = lambda token: '/tasks?q=' + '+'.join(word[:9] for word in words(token).split('+'))
work['two words, without total'] = lambda token: f'/tasks?q={words(token)}&include_total=false'

LUA = f'{D}/get.lua'
with open(LUA, 'w') as file:
    file.write('wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")\n')


def rate(token, path):
    out = subprocess.run(['taskset', '-c', '1', 'wrk', '-t1', f'-c{args.conns}', f'-d{args.secs}s', '-s', LUA, SERVER + path],
                         env=dict(os.environ, TOKEN=token), capture_output=True, text=True).stdout
    assert 'Non-2xx' not in out, out
    return float(re.search(r'Requests/sec:\s+([\d.]+)', out).group(1))


print('| request | 200 tasks, req/s | 100 000 tasks, req/s | costs |\n|---|---|---|---|')
for name, path in work.items():
    if not re.search(args.only, name):
        continue
    paths = {token: path(token) for token in (big, small)}
    for token in paths:
        rate(token, paths[token])
    rounds = [(rate(small, paths[small]), rate(big, paths[big])) for _ in range(args.rounds)]
    print(f"| {name} | {statistics.median(r[0] for r in rounds):.0f} | {statistics.median(r[1] for r in rounds):.0f} | {statistics.median(r[0] / r[1] for r in rounds):.2f} |", flush=True)
