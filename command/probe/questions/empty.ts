import type { ListMember, SessionsPage } from '../aws';
import { answerFrom, counted, type Question, type Row } from '../question';
import { filterName, type Listing } from '../survey';

const DESCRIPTIONS: { readonly [member in ListMember]: string } = {
  'a list': 'an empty list',
  'null': 'null',
  'missing': 'no list',
};

export const empty: Question = {
  id: 'empty-answer',
  text: 'Does an answer without sessions have an empty list, or no list?',
  answer: (survey, redactor) => {
    const others = [survey.smallPages, survey.sql, survey.disabled, survey.missing].filter((listing) => listing !== undefined && !listing.failure);
    const listings = [...survey.listings, ...others as Listing[]];
    const answers = listings.flatMap(({ state, pages }) => pages.filter(isEmpty).map(({ member }) => ({ listing: filterName(state), member })));
    const members = [...new Set(answers.map(({ member }) => member))];
    const count = (member: ListMember, listing?: string) =>
      answers.filter((answer) => answer.member === member && answer.listing === (listing ?? answer.listing)).length;
    return answerFrom(survey, redactor, {
      listings,
      verdict: answers.length > 0
        ? `${counted(answers.length, 'answer')} without sessions: ${members.map((member) => `${count(member)} with ${DESCRIPTIONS[member]}`).join(', ')}. `
          + 'The collector treats each as an empty page.'
        : undefined,
      nothing: 'no answer was without sessions',
      evidence: [...new Set(answers.map(({ listing }) => listing))].flatMap((listing) => members.map((member): Row => (
        { listing, Sessions: DESCRIPTIONS[member], answers: count(member, listing) }
      ))),
    });
  },
};

function isEmpty({ sessions }: SessionsPage): boolean {
  return sessions.length === 0;
}
