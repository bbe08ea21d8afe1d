/* Gives the memory of array buffers back at once, also of those that an AudioBuffer holds: browsers would let more than
   a hundred megabytes of heard sound come together before they look. What is sent to a port that is closed is gone. */
export function freeMemory(buffers) {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  for (const buffer of buffers) if (buffer.byteLength) port1.postMessage(null, [buffer]);
  port1.close();
}
