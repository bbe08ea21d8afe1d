/* Seconds as running time, "0:30"; hours where there are any, "1:02:05": like the filter `clock` of the templates, but
   a second counts only once it is over. */
export function clock(seconds) {
  const total = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor(total / 60) % 60];
  const rest = twoDigits(total % 60);
  return hours ? `${hours}:${twoDigits(minutes)}:${rest}` : `${minutes}:${rest}`;
}

function twoDigits(number) {
  return String(number).padStart(2, "0");
}
