/* Orders a track by a client that was generated from the API's document, waits for it and saves it as WAV, MP3 and MIDI.
   SITE is where the site answers, TOKEN an API token, FOLDER where the files go. */
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { createJob, readJob, readJobEvents, readTrackAudioUrl, readTrackMidi } from "./client";
import { client } from "./client/client.gen";
import type { TrackFormat } from "./client";

const { SITE, TOKEN, FOLDER } = process.env as Record<string, string>;

async function main(): Promise<void> {
  client.setConfig({ baseUrl: SITE, auth: TOKEN, throwOnError: true });
  let { data: job } = await createJob({
    body: { prompt: "quiet piano", genre: "ambient", duration: 5, seed: 7 },
    throwOnError: true,
  });
  while (job.status === "queued" || job.status === "processing") {
    await sleep(200);
    ({ data: job } = await readJob({ path: { id: job.id }, throwOnError: true }));
  }
  if (job.error) throw new Error(job.error.message);
  let heard = "";
  const { stream } = await readJobEvents({ path: { id: job.id } });
  for await (const event of stream) if (event) heard = event.status;
  const [track] = job.tracks;
  for (const format of ["wav", "mp3"] as const) await save(track.id, format);
  const { data: midi } = await readTrackMidi({ path: { id: track.id }, throwOnError: true });
  await writeFile(`${FOLDER}/track.mid`, Buffer.from(await midi.arrayBuffer()));
  const refused = await createJob({ body: { prompt: "" }, throwOnError: false });
  console.log(JSON.stringify({ title: track.title, heard, refused: refused.error?.errors.map((each) => each.field) }));
}

async function save(id: string, format: TrackFormat): Promise<void> {
  for (;;) {
    const { data: audio } = await readTrackAudioUrl({ path: { id }, query: { format }, throwOnError: true });
    if ("url" in audio) {
      const answer = await fetch(audio.url);
      await writeFile(`${FOLDER}/track.${format}`, Buffer.from(await answer.arrayBuffer()));
      return;
    }
    await sleep(1000 * audio.retry_after);
  }
}

void main();
