import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where the command writes to. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What the command sees of its process. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: { readonly [name: string]: string | undefined };
}

/** Styles a text. */
export type Paint = (style: Style, text: string) => string;

/** Styles texts on a terminal, unless its user wants no color. @see https://no-color.org */
export function paintFor(output: Output, { env }: Terminal): Paint {
  const colored = output.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  // Newer versions of Node would ask standard output again.
  return (style, text) => colored ? styleText(style, text, { validateStream: false }) : text;
}

/** How long a line can be: without limit unless the output is a terminal. */
export function widthOf({ isTTY, columns }: Output): number {
  return isTTY && columns ? columns : Infinity;
}

const PROGRESS_DELAY = 1000;
const CLEAR_LINE = '\r\u001b[2K';

/** Shows on a terminal what takes longer than a second, in one line of standard error. */
export class Progress {
  private readonly timer?: NodeJS.Timeout;
  private isShown = false;

  /** @param describe the text, which is read again every second */
  public constructor(private readonly stderr: Output, describe: () => string) {
    if (stderr.isTTY) {
      this.timer = setInterval(() => {
        stderr.write(`${CLEAR_LINE}${describe().slice(0, widthOf(stderr) - 1)}`);
        this.isShown = true;
      }, PROGRESS_DELAY);
    }
  }

  /** Removes the line until it is shown again, so that another text can be written. */
  public hide(): void {
    if (this.isShown) {
      this.stderr.write(CLEAR_LINE);
      this.isShown = false;
    }
  }

  /** Removes the line. */
  public clear(): void {
    clearInterval(this.timer);
    this.hide();
  }
}
