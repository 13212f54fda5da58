/** Escaped HTML. */
export class Html {
  public constructor(private readonly text: string) {}

  public toString(): string {
    return this.text;
  }
}

type Part = string | number | Html | readonly Part[] | undefined;

/** HTML from a template literal: values are escaped unless they are HTML, lists are joined, undefined is left out. */
export function html(fragments: TemplateStringsArray, ...values: Part[]): Html {
  return new Html(fragments.reduce((text, fragment, index) => text + written(values[index - 1]) + fragment));
}

function written(part: Part): string {
  if (part instanceof Html) {
    return part.toString();
  }
  if (typeof part === 'object') {
    return part.map(written).join('');
  }
  return part === undefined ? '' : String(part).replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}
