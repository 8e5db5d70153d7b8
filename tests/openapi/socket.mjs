// Talks to a server with the package ws: node socket.mjs ws://localhost:3000/api/v1/ws prints what it hears of one event, and says goodbye.
import WebSocket from 'ws';

const socket = new WebSocket(process.argv[2], [], { headers: { Authorization: `Bearer ${process.env.TOKEN}` }, perMessageDeflate: true });
socket.on('message', (data, isBinary) => {
  if (isBinary) throw new Error('A binary message came.');
  const message = JSON.parse(data.toString('utf8'));
  if (message.type === 'ready') socket.send(JSON.stringify({ type: 'subscribe', id: 'all' }));
  if (message.type === 'subscribed') console.log('subscribed');
  if (message.type === 'event') {
    console.log('event ' + JSON.stringify(message.event));
    console.log(`extensions ${socket.extensions || 'none'}, protocol ${socket.protocol || 'none'}`);
    socket.ping();
  }
});
socket.on('pong', () => {
  console.log('pong');
  socket.close(1000);
});
socket.on('close', code => {
  console.log('closed ' + code);
});
socket.on('error', error => {
  console.error(error);
  process.exitCode = 1;
});
