/** Nothing: what Node itself takes. */
export async function handler(): Promise<void> {}
