/** `48 s`, `31 min`, `1 h 1 min` */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const rest = minutes % 60 === 0 ? '' : ` ${minutes % 60} min`;
  return minutes === 0 ? `${seconds} s` : minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h${rest}`;
}
