"""Listening to the stems of the mixer in a real browser: where in the track each of them is at one moment.

What an AnalyserNode behind each stem has heard last is looked for in the stem itself, sample by sample, so that a stem
that is late, has a gap or is played twice is found.
"""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

WINDOW = 16_384
# Of each stem: the second of the track that was heard last, and by how much the sound differs from what was stored.
_LISTEN = """async ({ window: size }) => {
  const { playback, file } = document.querySelector("stem-mixer");
  const { audio } = document.querySelector("audio-player");
  const context = [...playback.outputs.values()][0].context;
  if (!window.ears || window.ears.playback !== playback) {
    const nodes = new Map();
    for (const [stem, output] of playback.outputs) {
      const ear = new AnalyserNode(context, { fftSize: size });
      output.connect(ear);
      nodes.set(stem, ear);
    }
    // Since when, by the clock of the sound, the ears hear stems that nothing has begun anew.
    const ears = (window.ears = { playback, nodes, since: context.currentTime });
    for (const name of ["start", "stop"]) {
      const act = playback[name].bind(playback);
      playback[name] = async () => {
        ears.since = Infinity;
        const delay = await act();
        ears.since = context.currentTime + (delay ?? 0);
        return delay;
      };
    }
  }
  const { ears } = window;
  const heard = new Map([...ears.nodes].map(([stem]) => [stem, new Float32Array(size)]));
  let about = 0;
  // What the ears hold must be later than that. By the clock of the sound: on a loaded machine it is behind.
  for (let tries = 500, isWhole = false; !isWhole; tries -= 1) {
    if (!tries) throw new Error("The stems were begun anew again and again.");
    const since = ears.since + (1.2 * size) / context.sampleRate;
    isWhole = context.currentTime >= since;
    if (!isWhole) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      continue;
    }
    about = audio.currentTime;
    // All at one moment: the clock has not moved on from the first to the last.
    for (let before = -1; before !== context.currentTime; ) {
      before = context.currentTime;
      for (const [stem, ear] of ears.nodes) ear.getFloatTimeDomainData(heard.get(stem));
    }
  }
  const last = Math.min(file.count - 1, Math.floor((about + 0.4) * file.sampleRate / file.pieceFrames));
  const first = Math.max(0, Math.floor((about - 1.2) * file.sampleRate / file.pieceFrames));
  const pieces = [];
  for (let piece = first; piece <= last; piece += 1) pieces.push(await file.piece(piece, context));
  const found = {};
  for (const [stem, samples] of heard) {
    const level = playback.outputs.get(stem).gain.value;
    if (level < 0.01) continue;
    for (let frame = 0; frame < size; frame += 1) samples[frame] /= level;
    const place = file.stems.indexOf(stem);
    const whole = new Float32Array((last - first + 1) * file.pieceFrames);
    pieces.forEach((buffers, number) => {
      if (!buffers[place]) return;
      const [left, right] = [buffers[place].getChannelData(0), buffers[place].getChannelData(1)];
      const at = number * file.pieceFrames;
      for (let frame = 0; frame < left.length; frame += 1) whole[at + frame] = (left[frame] + right[frame]) / 2;
    });
    found[stem] = locate(samples, whole, Math.round(about * file.sampleRate) - first * file.pieceFrames);
    if (found[stem]) found[stem].second = (found[stem].end + first * file.pieceFrames) / file.sampleRate;
  }
  return found;

  function locate(samples, whole, expected) {
    const part = 512;
    let [loudest, at] = [0, 0];
    for (let start = 0; start + part <= samples.length; start += part) {
      let energy = 0;
      for (let frame = start; frame < start + part - 1; frame += 1) {
        energy += (samples[frame + 1] - samples[frame]) ** 2;
      }
      if (energy > loudest) [loudest, at] = [energy, start];
    }
    if (loudest < 1e-6) return null;
    let [least, best] = [Infinity, 0];
    const middle = expected - samples.length + at;
    for (let lag = middle - 14400; lag < middle + 9600; lag += 1) {
      if (lag < 0 || lag + part > whole.length) continue;
      let error = 0;
      for (let frame = 0; frame < part && error < least; frame += 1) {
        error += (samples[at + frame] - whole[lag + frame]) ** 2;
      }
      if (error < least) [least, best] = [error, lag];
    }
    const start = best - at;
    let worst = 0;
    for (let frame = Math.max(0, -start); frame < samples.length; frame += 1) {
      worst = Math.max(worst, Math.abs(samples[frame] - (whole[start + frame] ?? 0)));
    }
    return { end: start + samples.length, worst };
  }
}"""


@dataclass(frozen=True)
class Heard:
    """What was heard of a stem: up to which second of the track, and the largest difference from what is stored."""

    second: float
    worst: float


def listen(page: Page) -> dict[str, Heard]:
    """Each stem that is heard just now, by name; those that are silent are left out."""
    found: dict[str, Any] = page.evaluate(_LISTEN, {"window": WINDOW})
    return {
        stem: Heard(second=heard["second"], worst=heard["worst"]) for stem, heard in found.items() if heard
    }


def spread(heard: dict[str, Heard]) -> float:
    """Seconds between the first and the last of the stems."""
    seconds = [each.second for each in heard.values()]
    return max(seconds) - min(seconds)
