import { ACCOUNT, HOUR, minutes, NOW, PYSPARK_3, session, SPARK_35, SQL, type World } from './support';
import type { Executor } from '../../../rehearsal/athena';

export function executors(...types: Executor['ExecutorType'][]): Executor[] {
  return types.map((ExecutorType, index) => ({ ExecutorId: `executor-${index}`, ExecutorType, ExecutorState: 'REGISTERED', ExecutorSize: 1, StartDateTime: NOW }));
}

const idle35 = { EngineVersion: { EffectiveEngineVersion: SPARK_35 }, tags: { Project: 'moonshot' }, idleTimeout: minutes(20), dpuExecutionMillis: 2 * HOUR };

/** An account with something to ask about for every question. All its names are in NAMES. */
export const FULL_WORLD: World = {
  workGroups: {
    'analytics': {
      tags: { CostCenter: 'apollo-4711' },
      sessions: [
        session('notebook-idle', 'IDLE', { IdleSinceDateTime: NOW - minutes(10) }, { idleTimeout: minutes(20), dpuExecutionMillis: 2 * HOUR, executionRole: `arn:aws:iam::${ACCOUNT}:role/Sparky` }),
        session('notebook-failed', 'FAILED', { EndDateTime: NOW - HOUR }, { Description: 'churn model', dpuExecutionMillis: HOUR }),
        session('notebook-ended', 'TERMINATED', { EndDateTime: NOW - HOUR }, { dpuExecutionMillis: HOUR * 0.98 }),
        session('notebook-stuck', 'DEGRADED'),
      ],
    },
    'unified': {
      engine: SPARK_35,
      sessions: [
        session('connect-idle', 'IDLE', { IdleSinceDateTime: NOW - minutes(15) }, { ...idle35, executors: executors('COORDINATOR') }),
        session('connect-busy', 'BUSY', {}, { ...idle35, executors: executors('COORDINATOR', 'GATEWAY', 'WORKER', 'WORKER') }),
      ],
    },
    'primary': { engine: SQL },
    'old-etl': { state: 'DISABLED', engine: PYSPARK_3 },
  },
  quotas: {
    applied: [{ name: 'Apache Spark DPU concurrency', code: 'L-5A8D5237', value: 160 }, { name: 'Active DML queries', code: 'L-2', value: 200, adjustable: true }],
  },
};

/** Everything that must not be in the output. */
export const NAMES = /analytics|unified|primary|old-etl|notebook-|connect-|apollo|CostCenter|moonshot|Project|churn|Sparky|alice|Admin|somebody|123456789012|arn:|executor-\d|missing-[\da-f]/;
