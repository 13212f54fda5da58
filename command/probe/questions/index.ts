import type { Question } from '../question';
import { dates } from './dates';
import { dpuQuota } from './dpu-quota';
import { dpuTime } from './dpu-time';
import { empty } from './empty';
import { executors } from './executors';
import { executorsPermission } from './executors-permission';
import { idle } from './idle';
import { idleTimeout } from './idle-timeout';
import { order } from './order';
import { paging } from './paging';
import { queryStates } from './query-states';
import { reach } from './reach';
import { replies } from './replies';
import { rights } from './rights';
import { sessionTags } from './session-tags';
import { unfiltered } from './unfiltered';
import { workGroupTag } from './workgroup-tag';

/** In the order of the calls and of the report. */
export const QUESTIONS: readonly Question[] = [
  unfiltered, dates, order, reach, ...replies, empty, idle, paging, rights,
  executors, executorsPermission, sessionTags, workGroupTag, dpuTime, idleTimeout, dpuQuota, queryStates,
];
