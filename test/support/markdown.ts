/** A block of code between fences. */
export interface CodeBlock {
  /** `sh`, `ts` and so on; empty if the fence has none. */
  readonly language: string;
  readonly code: string;
}

/** A Markdown page, as GitHub renders it. */
export class MarkdownPage {
  /** The page without its code blocks, which may contain lines that look like headings. */
  private readonly prose: string;

  public constructor(public readonly text: string) {
    this.prose = text.replace(FENCED, '');
  }

  /** The anchors of the headings, in order. */
  public get anchors(): string[] {
    const seen = new Map<string, number>();
    return [...this.prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => {
      const anchor = anchorOf(heading!);
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before === 0 ? anchor : `${anchor}-${before}`;
    });
  }

  /** The targets of links, as written. */
  public get links(): string[] {
    return [...this.prose.replace(CODE_SPAN, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  }

  /** Inline code. */
  public get codeSpans(): string[] {
    return [...this.prose.matchAll(CODE_SPAN)].map(([, code]) => code!);
  }

  public get codeBlocks(): CodeBlock[] {
    return [...this.text.matchAll(FENCED)].map(([, indent, language, code]) => ({
      language: language!,
      code: code!.split('\n').map((line) => line.startsWith(indent!) ? line.slice(indent!.length) : line).join('\n'),
    }));
  }

  /** The code of all blocks in a language. */
  public codeIn(language: string): string {
    return this.codeBlocks.filter((block) => block.language === language).map(({ code }) => code).join('');
  }

  /** The text below each second-level heading, by its anchor. The text before the first one has the key ''. */
  public get sections(): { [anchor: string]: MarkdownPage } {
    const [preface, ...sections] = this.text.split(/^## /m);
    return Object.fromEntries([
      ['', new MarkdownPage(preface!)],
      ...sections.map((section) => [anchorOf(section.slice(0, section.indexOf('\n'))), new MarkdownPage(section.slice(section.indexOf('\n')))]),
    ]);
  }

  /** The text after each bold label at the start of a paragraph: `**Label.** text` or `**Label** text`. */
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
 * GitHub's rule: lower case; only letters, digits, `_`, `-` and spaces; spaces become hyphens.
 * @see https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
 */
function anchorOf(heading: string): string {
  return heading.trim().toLowerCase().replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replaceAll(' ', '-');
}
