// A stretch of network before the server: delays what the client sends, counts how often it waits for an answer.
// A process of its own, so that its work is not counted as the client's.
import { connect, createServer } from 'node:net';

const { host, port } = JSON.parse(process.argv[2]);
let delayMs = 0;

/** What went over each connection. */
const counts = [];

/** What waits for its time, in the order in which it came. */
const queue = [];
let pumping = false;
const cell = new Int32Array(new SharedArrayBuffer(4));

createServer((client) => {
  const server = connect({ host, port });
  client.setNoDelay(true);
  server.setNoDelay(true);
  const count = { roundTrips: 0, bytesSent: 0 };
  let lastFrom = 'server';
  counts.push(count);
  client.on('data', (chunk) => {
    // However many messages go out before the next answer is read, it is one wait.
    if (lastFrom === 'server') count.roundTrips += 1;
    lastFrom = 'client';
    count.bytesSent += chunk.length;
    later(() => server.write(chunk));
  });
  server.on('data', (chunk) => {
    lastFrom = 'server';
    client.write(chunk);
  });
  client.on('end', () => later(() => server.end()));
  server.on('end', () => client.end());
  client.on('error', () => server.destroy());
  server.on('error', () => client.destroy());
}).listen(0, '127.0.0.1', function () {
  process.send({ port: this.address().port });
});

process.on('message', ({ delayMs: next, reset }) => {
  if (next !== undefined) delayMs = next;
  // The one that the work went over: what goes over another meanwhile waits beside it, not after it.
  const [busiest] = counts.toSorted((a, b) => b.bytesSent - a.bytesSent);
  process.send({ roundTrips: busiest?.roundTrips ?? 0 });
  if (reset) for (const count of counts) Object.assign(count, { roundTrips: 0, bytesSent: 0 });
});
process.on('disconnect', () => process.exit());

/** The whole of a round trip's delay is put on the way there: who waits can't tell the difference. */
function later(send) {
  if (delayMs === 0) return send();
  queue.push({ dueAt: performance.now() + delayMs, send });
  if (!pumping) pump();
}

/** Timers are exact to a millisecond or two; the last stretch is slept in slices, between which sockets are read. */
function pump() {
  while (queue.length > 0 && queue[0].dueAt <= performance.now()) queue.shift().send();
  pumping = queue.length > 0;
  if (!pumping) return;
  const leftMs = queue[0].dueAt - performance.now();
  if (leftMs > 2.5) {
    setTimeout(pump, Math.floor(leftMs - 1.5));
    return;
  }
  if (leftMs > 0.05) Atomics.wait(cell, 0, 0, Math.min(leftMs - 0.05, 0.2));
  setImmediate(pump);
}
