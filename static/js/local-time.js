/* A moment in the visitor's own time zone. Inside stands a <time datetime> that says it in UTC, for browsers without
   script. Attributes: `date-only`, `time-only`, `with-seconds`. */

const DATE = { day: "numeric", month: "long", year: "numeric" };
const MINUTES = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

class LocalTime extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time");
    const moment = new Date(time?.dateTime ?? "");
    if (Number.isNaN(moment.getTime())) return;
    const parts = [this.hasAttribute("time-only") ? "" : format(moment, DATE)];
    const second = this.hasAttribute("with-seconds") ? { second: "2-digit" } : {};
    if (!this.hasAttribute("date-only")) parts.push(format(moment, { ...MINUTES, ...second }));
    time.textContent = parts.filter(Boolean).join(", ");
    time.title = format(moment, { dateStyle: "full", timeStyle: "long" });
  }
}

/* As the pages write dates: “3 March 2026, 14:02”. */
function format(moment, parts) {
  return new Intl.DateTimeFormat("en-GB", parts).format(moment);
}

customElements.define("local-time", LocalTime);
