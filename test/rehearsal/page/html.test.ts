import { html } from '../../../rehearsal/page/html';

test('HTML escapes values once', () => {
  expect(html`<b title="${'"\'<>&'}">${html`<i>${1}</i>`}${undefined}${['<', html`<br>`]}</b>`.toString())
    .toBe('<b title="&#34;&#39;&#60;&#62;&#38;"><i>1</i>&#60;<br></b>');
});
