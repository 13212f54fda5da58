/** Lines of details in an answer. */
const MAX_DETAILS = 20;

/**
 * Redacts what AWS said. People paste the result into public issues, so it has no workgroup names, accounts or session ids, unless
 * they pass `--verbose`.
 */
export class Discretion {
  private readonly labels = new Map<string, string>();

  public constructor(private readonly verbose: boolean) {}

  /** Gives the workgroup's place in the order in which they were met. */
  public workGroup(name: string): string {
    const label = this.labels.get(name) ?? `workgroup ${this.labels.size + 1}`;
    this.labels.set(name, label);
    return this.verbose ? name : label;
  }

  /** A text that AWS has written, on a call about that workgroup. */
  public text(text: string, workGroup?: string): string {
    if (this.verbose) {
      return text;
    }
    const discreet = text
      .replace(/\barn:[\w-]*:[^\s"',]*/g, '<arn>')
      .replace(/\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/gi, '<id>')
      .replace(/\b\d{12}\b/g, '<account>')
      .replace(/\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g, '<access key>')
      .replace(/[\w+/=-]{64,}/g, '<text>'); // encoded details of a denial
    return workGroup === undefined ? discreet : withoutWord(discreet, workGroup, '<workgroup>');
  }

  /** Lines that only `--verbose` shows. */
  public details(lines: readonly string[]): readonly string[] | undefined {
    const more = lines.length - MAX_DETAILS;
    return this.verbose && lines.length > 0 ? [...lines.slice(0, MAX_DETAILS), ...more > 0 ? [`and ${more} more`] : []] : undefined;
  }
}

function withoutWord(text: string, word: string, placeholder: string): string {
  const escaped = word.replace(/[.\-]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\w.-])${escaped}(?![\\w-]|\\.\\w)`, 'g'), placeholder);
}
