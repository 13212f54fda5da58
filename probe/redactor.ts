/** The maximum number of details in an answer. */
const MAX_DETAILS = 20;

/**
 * Removes names and ids from answers of AWS. People paste the result into public issues, so without `--verbose` it must not contain
 * workgroup names, accounts or session ids.
 */
export class Redactor {
  private readonly labels = new Map<string, string>();

  public constructor(private readonly verbose: boolean) {}

  /** The workgroup's name, or without `--verbose` a number in the order of the calls. */
  public workGroup(name: string): string {
    const label = this.labels.get(name) ?? `workgroup ${this.labels.size + 1}`;
    this.labels.set(name, label);
    return this.verbose ? name : label;
  }

  /** A text of AWS, redacted. `workGroup` is the workgroup of the call. */
  public text(text: string, workGroup?: string): string {
    if (this.verbose) {
      return text;
    }
    const redacted = text
      .replace(/\barn:[\w-]*:[^\s"',]*/g, '<arn>')
      .replace(/\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/gi, '<id>')
      .replace(/\b\d{12}\b/g, '<account>')
      .replace(/\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g, '<access key>')
      .replace(/[\w+/=-]{64,}/g, '<text>'); // encoded details of a denial
    return workGroup === undefined ? redacted : withoutWord(redacted, workGroup, '<workgroup>');
  }

  /** Details, which only `--verbose` shows. */
  public details(lines: readonly string[]): readonly string[] | undefined {
    const more = lines.length - MAX_DETAILS;
    return this.verbose && lines.length > 0 ? [...lines.slice(0, MAX_DETAILS), ...more > 0 ? [`and ${more} more`] : []] : undefined;
  }
}

function withoutWord(text: string, word: string, placeholder: string): string {
  const escaped = word.replace(/[.\-]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\w.-])${escaped}(?![\\w-]|\\.\\w)`, 'g'), placeholder);
}
