import { SESSIONS_PAGE_SIZE } from '../aws';
import { answerFrom, counted, type Question, type Row } from '../question';
import type { Listing } from '../survey';

export const paging: Question = {
  id: 'paging',
  text: `Does Athena accept pages of ${SESSIONS_PAGE_SIZE}, and how do pages follow each other?`,
  answer: (survey, redactor) => {
    const smallPages = survey.smallPages ? [survey.smallPages] : [];
    const rows = [survey.listings, smallPages].filter((listings) => listings.length > 0).map(figuresOf);
    const all = (figure: 'tokens' | 'short' | 'empty' | 'repeated') => rows.reduce((sum, row) => sum + row[figure], 0);
    const refused = survey.listings.some(({ failure }) => failure?.kind === 'refused' && /max-?_?results/i.test(failure.message));
    const isAccepted = rows[0] !== undefined && rows[0].pages > 0;
    const size = refused
      ? `MaxResults ${SESSIONS_PAGE_SIZE} is not accepted.`
      : `MaxResults ${SESSIONS_PAGE_SIZE} is accepted; the largest page had ${counted(rows[0]?.largest ?? 0, 'session')}.`;
    const tokens = all('tokens') === 0
      ? 'No data on tokens: no listing had a second page.'
      : `${counted(all('tokens'), 'page')} had a token, ${all('short')} of them short and ${all('empty')} empty; `
        + `${all('repeated') === 0 ? 'no token was repeated' : `in ${counted(all('repeated'), 'listing')} a token was repeated`}.`;
    return answerFrom(survey, redactor, {
      listings: [...survey.listings, ...smallPages],
      verdict: isAccepted || refused ? `${size} ${tokens}` : undefined,
      nothing: 'there was no workgroup to list',
      evidence: rows.map(({ pageSize, listings, pages, largest, tokens: withToken, short, empty, repeated }): Row => ({
        'MaxResults': pageSize,
        listings,
        pages,
        'largest page': largest,
        'with a token': withToken,
        'short, with a token': short,
        'empty, with a token': empty,
        'tokens repeated': repeated,
      })),
    });
  },
};

function figuresOf(listings: readonly Listing[]) {
  const { pageSize } = listings[0]!;
  const pages = listings.flatMap((listing) => listing.pages);
  const sizesWithToken = pages.filter(({ nextToken }) => nextToken !== undefined).map(({ sessions }) => sessions.length);
  return {
    pageSize,
    listings: listings.length,
    pages: pages.length,
    largest: Math.max(0, ...pages.map(({ sessions }) => sessions.length)),
    tokens: sizesWithToken.length,
    short: sizesWithToken.filter((size) => size > 0 && size < pageSize).length,
    empty: sizesWithToken.filter((size) => size === 0).length,
    repeated: listings.filter(({ end }) => end === 'repeated token').length,
  };
}
