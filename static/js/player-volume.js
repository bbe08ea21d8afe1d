/* How loud the player is, remembered by this browser. Where a page cannot set that, as on iOS, there is no slider. */

const KEY = "volume";
const STEP = 0.1;

export class PlayerVolume {
  #audio;
  #slider;
  #button;

  constructor(audio, slider, button) {
    [this.#audio, this.#slider, this.#button] = [audio, slider, button];
    this.#recall();
    slider.closest("label").hidden = !canSet(new Audio());
    slider.addEventListener("input", () => {
      audio.muted = false;
      audio.volume = Number(slider.value);
    });
    audio.addEventListener("volumechange", this.#onChange);
    this.#show();
  }

  toggleMute() {
    this.#audio.muted = !this.#audio.muted;
  }

  /* Louder by that many steps, or softer below zero. */
  step(count) {
    this.#audio.muted = false;
    this.#audio.volume = Math.min(1, Math.max(0, this.#audio.volume + count * STEP));
  }

  #onChange = () => {
    const { volume, muted } = this.#audio;
    remember({ volume, muted });
    this.#show();
  };

  #show() {
    const { volume, muted } = this.#audio;
    this.#slider.value = muted ? 0 : volume;
    this.#button.setAttribute("aria-pressed", muted);
  }

  #recall() {
    try {
      const { volume, muted } = JSON.parse(localStorage.getItem(KEY)) ?? {};
      if (volume >= 0 && volume <= 1) this.#audio.volume = volume;
      this.#audio.muted = muted === true;
    } catch {
      // Nothing can be kept in this browser, or it was not kept by this player.
    }
  }
}

function remember(volume) {
  try {
    localStorage.setItem(KEY, JSON.stringify(volume));
  } catch {
    // This browser keeps nothing.
  }
}

function canSet(audio) {
  const before = audio.volume;
  audio.volume = before === 0.5 ? 0.4 : 0.5;
  const isSet = audio.volume !== before;
  audio.volume = before;
  return isSet;
}
