/* Draws a stretch of a score: chords above, the notes by pitch, drums and noises in a lane each below. */

const CHORDS = 24;
const LANE = 7;
const GAP = 6;
const MARGIN_PITCHES = 2;
const SHORTEST = 1.5;
const QUIETEST = 0.35;

export class RollPicture {
  #score;
  #parts;
  #lanes;
  #lowest;
  #highest;

  /* `score` as the API gives it. */
  constructor(score) {
    this.#score = score;
    this.#parts = score.parts.map(preparedPart);
    const pitched = this.#parts.filter((part) => part.isPitched);
    this.#lowest = Math.min(...pitched.map((part) => part.lowest), 60) - MARGIN_PITCHES;
    this.#highest = Math.max(...pitched.map((part) => part.highest), 72) + MARGIN_PITCHES;
    const drums = this.#parts.filter((part) => part.isDrums).flatMap((part) => [...new Set(part.notes.pitch)]);
    const noises = this.#parts.filter((part) => !part.isPitched && !part.isDrums).map((part) => part.role);
    this.#lanes = new Map([...noises, ...[...new Set(drums)].sort((a, b) => b - a)].map((key, lane) => [key, lane]));
  }

  /* `from` in seconds is at the left edge, `scale` in pixels a second; `time` is what is heard, or null. */
  draw(canvas, { width, height, from, scale, time, colours }) {
    const pen = penOf(canvas, width, height);
    const to = from + width / scale;
    const x = (seconds) => (seconds - from) * scale;
    this.#drawGrid(pen, { x, from, to, height, colours });
    this.#drawChords(pen, { x, from, to, time, colours });
    const foot = height - this.#lanes.size * LANE - (this.#lanes.size ? GAP : 0);
    const row = (foot - CHORDS) / (this.#highest - this.#lowest + 1);
    for (const [number, part] of this.#parts.entries()) {
      pen.fillStyle = colours.parts[number % colours.parts.length];
      const thickness = part.isPitched ? Math.max(2, row - 0.5) : LANE - 2;
      const top = part.isPitched
        ? (pitch) => CHORDS + (this.#highest - pitch) * row
        : (pitch) => height - (this.#lanes.size - this.#lanes.get(part.isDrums ? pitch : part.role)) * LANE;
      this.#drawNotes(pen, part, { x, from, to, time, scale, top, thickness });
    }
    pen.globalAlpha = 1;
    if (time !== null) {
      pen.fillStyle = colours.accent;
      pen.fillRect(x(time) - 1, 0, 2, height);
    }
  }

  #drawGrid(pen, { x, from, to, height, colours }) {
    pen.fillStyle = colours.line;
    const { bars, sections } = this.#score;
    const isDense = bars.length > 1 && x(bars[1]) - x(bars[0]) < 6;
    for (const bar of isDense ? [] : bars) if (bar >= from && bar <= to) pen.fillRect(x(bar), CHORDS, 1, height);
    pen.fillStyle = colours.strongLine;
    for (const { start } of sections) if (start >= from && start <= to) pen.fillRect(x(start) - 1, 0, 2, height);
  }

  #drawChords(pen, { x, from, to, time, colours }) {
    pen.font = colours.font;
    pen.textBaseline = "middle";
    for (const { name, start, end } of this.#score.chords) {
      if (end < from || start > to) continue;
      const left = Math.max(x(start), 0) + 5;
      if (pen.measureText(name).width > x(end) - left) continue;
      pen.fillStyle = time !== null && start <= time && time < end ? colours.accent : colours.text;
      pen.fillText(name, left, CHORDS / 2);
    }
  }

  #drawNotes(pen, { notes, longest, isPitched }, { x, from, to, time, scale, top, thickness }) {
    const { start, duration, pitch, velocity } = notes;
    for (let note = firstAfter(start, from - longest); note < start.length && start[note] < to; note += 1) {
      const length = isPitched ? duration[note] : Math.min(duration[note], longest);
      if (start[note] + length < from) continue;
      const isHeard = time !== null && start[note] <= time && time < start[note] + length;
      pen.globalAlpha = isHeard ? 1 : QUIETEST + (0.45 * velocity[note]) / 127;
      const y = top(pitch[note]);
      pen.fillRect(x(start[note]), y, Math.max(SHORTEST, length * scale - 0.5), thickness);
    }
  }
}

/* What a kit strikes is drawn as a short stroke; a part of the stem “fx” makes noises without pitch. */
function preparedPart({ role, stem, is_drums: isDrums, notes }) {
  const isPitched = !isDrums && stem !== "fx" && notes.pitch.length > 0;
  const durations = isDrums ? [0.09] : notes.duration;
  return {
    role,
    notes,
    isDrums,
    isPitched,
    longest: durations.reduce((most, each) => Math.max(most, each), 0),
    lowest: notes.pitch.reduce((least, each) => Math.min(least, each), 127),
    highest: notes.pitch.reduce((most, each) => Math.max(most, each), 0),
  };
}

function firstAfter(sorted, value) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* The context of an empty canvas of that many CSS pixels. */
function penOf(canvas, width, height) {
  const density = Math.min(devicePixelRatio, 2);
  const [across, down] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
  const pen = canvas.getContext("2d");
  pen.setTransform(density, 0, 0, density, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}
