/* Offers the time signatures that the chosen genre is played in. One that is chosen already stays: what is wrong with it
   is said when the order is looked at. */

class GenreMetres extends HTMLElement {
  connectedCallback() {
    this.#form.addEventListener("change", this.#offer);
    this.#form.addEventListener("review", this.#offer);
    this.#offer();
  }

  get #form() {
    return this.closest("form");
  }

  #offer = () => {
    const { genre, time_signature: choice } = this.#form.elements;
    for (const option of choice.options) {
      const isPlayed = !genre.value || !option.value || option.dataset.genres.split(",").includes(genre.value);
      option.disabled = !isPlayed && !option.selected;
    }
  };
}

customElements.define("genre-metres", GenreMetres);
