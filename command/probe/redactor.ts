/** The maximum number of details in an answer. */
const MAX_DETAILS = 20;

/**
 * Removes names and ids from answers of AWS. People paste the result into public issues, so without `--verbose` it must not contain
 * names of workgroups and roles, accounts, session ids or tags.
 */
export class Redactor {
  private readonly labels = new Map<string, string>();
  private readonly placeholders = new Map<string, string>();
  private readonly counts = { workgroup: 0, session: 0 };

  public constructor(private readonly verbose: boolean) {}

  /** The workgroup's name, or without `--verbose` a number in the order of the calls. */
  public workGroup(name: string): string {
    return this.label('workgroup', name);
  }

  /** The session's id, or without `--verbose` a number in the order of the calls. */
  public session(id: string): string {
    return this.label('session', id);
  }

  /** Removes these words from texts. */
  public hide(placeholder: string, words: Iterable<string>): void {
    for (const word of words) {
      this.placeholders.set(word, placeholder);
    }
  }

  /** A text of AWS, redacted. */
  public text(text: string): string {
    const line = text.replace(/\p{Cc}/gu, ' ');
    return this.verbose ? line : this.withoutWords(line.replace(/\barn:[\w-]*:[^\s"',]*/g, '<arn>'))
      .replace(/\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/gi, '<id>')
      .replace(/(?<!\d)\d{12}(?!\d)/g, '<account>')
      .replace(/\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g, '<access key>')
      .replace(/[\w+/=-]{64,}/g, '<text>'); // encoded details of a denial
  }

  /** Details, which only `--verbose` shows. */
  public details(lines: readonly string[]): readonly string[] | undefined {
    const more = lines.length - MAX_DETAILS;
    return this.verbose && lines.length > 0 ? [...lines.slice(0, MAX_DETAILS), ...more > 0 ? [`and ${more} more`] : []] : undefined;
  }

  /** Whole words: a workgroup `etl` is not in `etl-2`. */
  private withoutWords(text: string): string {
    return text.replace(/[\w.-]+/g, (word) => {
      let name = word;
      while (!this.placeholders.has(name) && name.endsWith('.')) { // a sentence may end with it
        name = name.slice(0, -1);
      }
      return `${this.placeholders.get(name) ?? name}${word.slice(name.length)}`;
    });
  }

  private label(kind: 'workgroup' | 'session', name: string): string {
    const key = `${kind} ${name}`;
    const label = this.labels.get(key) ?? `${kind} ${++this.counts[kind]}`;
    this.labels.set(key, label);
    return this.verbose ? name : label;
  }
}
