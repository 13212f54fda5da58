/** A block of code between fences. */
export interface CodeBlock {
  /** `sh`, `ts` and so on; empty where the fence does not say. */
  readonly language: string;
  readonly code: string;
}

/** A page that GitHub shows. */
export class MarkdownPage {
  /** The page without its blocks of code, in which anything may look like a heading. */
  private readonly prose: string;

  public constructor(public readonly text: string) {
    this.prose = text.replace(FENCED, '');
  }

  /** Where a link can go to, in the order of the headings. */
  public get anchors(): string[] {
    const seen = new Map<string, number>();
    return [...this.prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => {
      const anchor = anchorOf(heading!);
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before === 0 ? anchor : `${anchor}-${before}`;
    });
  }

  /** Targets of links, as they are written. */
  public get links(): string[] {
    return [...this.prose.replace(CODE_SPAN, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  }

  /** Code inside of sentences. */
  public get codeSpans(): string[] {
    return [...this.prose.matchAll(CODE_SPAN)].map(([, code]) => code!);
  }

  public get codeBlocks(): CodeBlock[] {
    return [...this.text.matchAll(FENCED)].map(([, indent, language, code]) => ({
      language: language!,
      code: code!.split('\n').map((line) => line.startsWith(indent!) ? line.slice(indent!.length) : line).join('\n'),
    }));
  }

  /** The code of all blocks in a language, one after another. */
  public codeIn(language: string): string {
    return this.codeBlocks.filter((block) => block.language === language).map(({ code }) => code).join('');
  }

  /** What comes before the first heading of the second level, by an empty name, and what is below each of them, by its anchor. */
  public get sections(): { [anchor: string]: MarkdownPage } {
    const [preface, ...sections] = this.text.split(/^## /m);
    return Object.fromEntries([
      ['', new MarkdownPage(preface!)],
      ...sections.map((section) => [anchorOf(section.slice(0, section.indexOf('\n'))), new MarkdownPage(section.slice(section.indexOf('\n')))]),
    ]);
  }

  /** What follows each paragraph's beginning in bold, up to the next one, by what is in bold: `**Label.** text` and `**Label** text`. */
  public get parts(): [label: string, part: MarkdownPage][] {
    return this.text.split(/^\*\*(?=[A-Z])/m).slice(1).map((part) => {
      const [, label, rest] = /^([^*.]+)\.?\*\*(.*)$/s.exec(part)!;
      return [label!, new MarkdownPage(rest!)];
    });
  }

  public get isEmpty(): boolean {
    return this.text.trim() === '';
  }
}

const CODE_SPAN = /`([^`\n]+)`/g;
const FENCED = /^( *)```(\w*)\n(.*?)^ *```$/gms;

/**
 * GitHub's rule: small letters, nothing but letters, digits, `_`, `-` and spaces, and these as hyphens.
 * @see https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
 */
function anchorOf(heading: string): string {
  return heading.trim().toLowerCase().replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replaceAll(' ', '-');
}
