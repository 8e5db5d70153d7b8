// The reader of Server-Sent Events that a server gives to browsers: node events.mjs <file> holds it against the standard, however the stream is cut.
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';

const { eventReader } = await import(pathToFileURL(process.argv[2]));

const cut = (bytes, ...places) => [0, ...places].map((place, index) => bytes.subarray(place, places[index] ?? bytes.length));
function read(chunks) {
  const heard = [];
  const take = eventReader(event => heard.push(event), milliseconds => heard.push(milliseconds));
  for (const chunk of chunks) take(chunk);
  return heard;
}

const event = (data, id = '', name = 'message') => ({ id, name, data });
const cases = [
  ['retry: 2351\n\nevent: ready\nid: a\ndata: {"cursor":"a"}\n\nid: b\ndata: {}\n\n:\n\n', [2351, event('{"cursor":"a"}', 'a', 'ready'), event('{}', 'b')]],
  ['data: one\ndata: two\ndata:\ndata\n\n', [event('one\ntwo\n\n')]],
  ['data:no space\n\ndata:  two spaces\n\n', [event('no space'), event(' two spaces')]],
  [': a comment\n:another: with a colon\ndata: x\n: in between\ndata: y\n\n', [event('x\ny')]],
  // A name is of one event, an id is kept; an event without data is none, and its name is not the next one's.
  ['id: 1\nevent: named\ndata: a\n\ndata: b\n\nevent: empty\nid: 2\n\ndata: c\n\nid\ndata: d\n\n', [event('a', '1', 'named'), event('b', '1'), event('c', '2'), event('d')]],
  ['id: good\nid: b\0d\ndata: a\n\n', [event('a', 'good')]],
  ['retry: soon\nretry: 12x\nretry: -1\nretry: 7\nunknown: 1\nDATA: 1\ndata: a\n\n', [7, event('a')]],
  ['\uFEFFdata: after a mark\n\n', [event('after a mark')]],
  ['data: ¿Qué? 日本 🦜👩🏽‍🚀\n\n', [event('¿Qué? 日本 🦜👩🏽‍🚀')]],
  ['data: a: b: c\n\n\n\n\n', [event('a: b: c')]],
  ['data: whole\n\ndata: without an end', [event('whole')]],
  ['data: whole\n\ndata: without an empty line\n', [event('whole')]],
];

for (const [text, expected] of cases) {
  for (const end of ['\n', '\r\n', '\r']) {
    const bytes = new TextEncoder().encode(text.replaceAll('\n', end));
    assert.deepEqual(read([bytes]), expected);
    assert.deepEqual(read(Array.from(bytes, byte => Uint8Array.of(byte))), expected);
    for (let first = 0; first <= bytes.length; first++) {
      assert.deepEqual(read(cut(bytes, first)), expected);
      for (let second = first; second <= bytes.length; second += 3) assert.deepEqual(read(cut(bytes, first, second)), expected, JSON.stringify([text, end, first, second]));
    }
  }
}

// An event is told as soon as its empty line is there: nobody waits for the other half of an end of a line.
for (const end of ['\n', '\r\n', '\r']) {
  const heard = [];
  const take = eventReader(one => heard.push(one.data), () => {});
  for (const byte of new TextEncoder().encode(`data: now${end}${end[0]}`)) take(Uint8Array.of(byte));
  assert.deepEqual(heard, ['now'], JSON.stringify(end));
  take(new TextEncoder().encode(end.slice(1)));
  assert.deepEqual(heard, ['now'], JSON.stringify(end));
}
console.log(`${cases.length} streams were read`);
