/**
 * The states of sessions that have not ended. Ended sessions, `FAILED` and `TERMINATED`, are counted by the time they ended.
 *
 * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_SessionStatus.html
 */
export enum LiveSessionState {
  /** The session is being started and acquires resources. */
  CREATING = 'CREATING',
  /** The session has started. */
  CREATED = 'CREATED',
  /** The session waits for calculations. */
  IDLE = 'IDLE',
  /** The session runs a task and accepts no calculations. */
  BUSY = 'BUSY',
  /** The session is shutting down. */
  TERMINATING = 'TERMINATING',
  /** The session has no healthy coordinators. */
  DEGRADED = 'DEGRADED',
}
