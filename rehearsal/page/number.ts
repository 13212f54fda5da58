const FULL = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

export function full(value: number): string {
  return FULL.format(value);
}

/** Rounded as in CloudWatch's number widget. */
export function short(value: number): string {
  return SHORT.format(value).replace('K', 'k');
}
