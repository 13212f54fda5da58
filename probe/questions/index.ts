import type { Question } from '../question';
import { dates } from './dates';
import { empty } from './empty';
import { idle } from './idle';
import { order } from './order';
import { paging } from './paging';
import { reach } from './reach';
import { replies } from './replies';
import { rights } from './rights';
import { unfiltered } from './unfiltered';

/** In the order of the report. */
export const QUESTIONS: readonly Question[] = [unfiltered, dates, order, reach, ...replies, empty, idle, paging, rights];
