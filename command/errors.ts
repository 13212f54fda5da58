/** An error that one line explains, with what to do. */
export class CommandError extends Error {}
