// Server-Sent Events as the HTML Living Standard reads them (§9.2.6), for a stream that 'fetch' has opened: EventSource sends no header.

/**
 * Gives a function that takes the bytes of a stream as they come, cut wherever the network cuts them.
 * @param {(event: { id: string, name: string, data: string }) => void} onEvent Told of each event, with the id that is the last one until then.
 * @param {(milliseconds: number) => void} onRetry Told how long to wait before coming back.
 */
export function eventReader(onEvent, onRetry) {
  const decoder = new TextDecoder();
  let unfinished = '';
  let endedInCr = false;
  let id = '';
  let name = '';
  let data = [];

  const read = line => {
    if (line === '') {
      if (data.length > 0) onEvent({ id, name: name || 'message', data: data.join('\n') });
      name = '';
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') data.push(value);
    else if (field === 'event') name = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
    else if (field === 'retry' && /^[0-9]+$/.test(value)) onRetry(Number(value));
  };

  return bytes => {
    let text = decoder.decode(bytes, { stream: true });
    if (text === '') return;
    // The CR has ended its line already; this is the rest of that end.
    if (endedInCr && text[0] === '\n') text = text.slice(1);
    endedInCr = text.endsWith('\r');
    const lines = (unfinished + text).split(/\r\n|\r|\n/);
    unfinished = lines.pop();
    lines.forEach(read);
  };
}
