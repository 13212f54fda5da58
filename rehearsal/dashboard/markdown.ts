import { Html, html } from '../page/html';

/**
 * The Markdown that the dashboards' text widgets use: headings, paragraphs, links, code and bold text. Other Markdown is an error.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_remove_text_dashboard.html
 */
export function markdown(source: string): Html {
  return html`${source.split('\n').filter(line => line.trim() !== '').map(block)}`;
}

function block(line: string): Html {
  const [, marks, heading] = /^(#{1,6}) +(.+)$/.exec(line) ?? [];
  if (marks !== undefined) {
    // Below the heading of the dashboard.
    return new Html(`<h${Math.min(6, marks.length + 3)}>${inline(heading!)}</h${Math.min(6, marks.length + 3)}>`);
  }
  if (/^(\s|[-+*]\s|[-*_]{3}|[>|#~=]|```|\d+[.)]\s)/.test(line)) {
    throw new Error(`Markdown such as ${line}`);
  }
  return html`<p>${inline(line)}</p>`;
}

function inline(text: string): Html {
  const parts = [...text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|\[([^[\]]+)\]\(([^()\s]+)\)|([^`*[\]]+)|(.)/gs)];
  return html`${parts.map(([, code, bold, label, address, plain, stray]) => {
    if (stray !== undefined || /(^|[^\w])_|_($|[^\w])|<[a-z/!]|!$/i.test(plain ?? '')) {
      throw new Error(`Markdown such as ${text}`);
    }
    return code !== undefined ? html`<code>${code}</code>` : bold !== undefined ? html`<strong>${bold}</strong>`
      : label !== undefined ? link(label, address!) : html`${plain}`;
  })}`;
}

/** Addresses without a host are pages of the console, and have no link here. */
function link(label: string, address: string): Html {
  return /^https:\/\//.test(address) ? html`<a href="${address}">${label}</a>` : html`<a title="${address}">${label}</a>`;
}
