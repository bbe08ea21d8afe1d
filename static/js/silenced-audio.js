/* Keeps a media element silent while what belongs to it is heard from elsewhere. Whoever sees or sets its `muted`
   meanwhile sees and sets the listener's wish, as if nothing had happened. */

const native = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "muted");

export class SilencedAudio {
  #audio;
  #isWished = false;

  constructor(audio) {
    this.#audio = audio;
  }

  get isSilenced() {
    return Object.hasOwn(this.#audio, "muted");
  }

  silence() {
    if (this.isSilenced) return;
    this.#isWished = this.#audio.muted;
    Object.defineProperty(this.#audio, "muted", {
      configurable: true,
      get: () => this.#isWished,
      set: (value) => {
        this.#isWished = Boolean(value);
        this.#audio.dispatchEvent(new Event("volumechange"));
      },
    });
    native.set.call(this.#audio, true);
  }

  release() {
    if (!this.isSilenced) return;
    delete this.#audio.muted;
    this.#audio.muted = this.#isWished;
  }
}
