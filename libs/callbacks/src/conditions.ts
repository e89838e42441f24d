import type { CallbackVersion, Conversion, ConversionStatus } from '@ringback/contracts';

/** What of a callback decides whether it fires. */
export type CallbackConditions = Pick<CallbackVersion, 'affiliateId' | 'goalId' | 'conversionStatus' | 'enabled' | 'deletedAt'>;

type MatchedConversion = Pick<Conversion, 'affiliateId' | 'goalId' | 'status'>;

/** What of an event of the callback's offer decides which callbacks fire. */
export type MatchedEvent =
  | { readonly type: 'ConversionCreated'; readonly data: { readonly conversion: MatchedConversion } }
  | {
      readonly type: 'StatusChanged';
      readonly data: { readonly conversion: MatchedConversion; readonly previousStatus: ConversionStatus };
    };

/*
 * The conditions (ARCHITECTURE.md, rules of matching), each said once: matching asks them until one is not met, an explanation tells them all.
 * Functions, not a table of them: matching asks them for every candidate, and a loop over a table takes five times as long (150 ns for 30).
 */

export const isNotDeleted = (callback: CallbackConditions): boolean => callback.deletedAt === null;

export const isEnabled = (callback: CallbackConditions): boolean => callback.enabled;

/** An update to the same status is no update. */
export const hasNewStatus = (event: MatchedEvent): boolean =>
  event.type === 'ConversionCreated' || event.data.previousStatus !== event.data.conversion.status;

export const hasAffiliate = (callback: CallbackConditions, event: MatchedEvent): boolean =>
  callback.affiliateId === event.data.conversion.affiliateId;

/** On an update the status compared is the new one. */
export const hasStatus = (callback: CallbackConditions, event: MatchedEvent): boolean =>
  callback.conversionStatus === event.data.conversion.status;

/** While the offer's goals are off, a callback's goal is ignored, not erased. */
export const isGoalIgnored = (callback: CallbackConditions, goalsEnabled: boolean): boolean => !goalsEnabled && callback.goalId !== null;

/** A callback without a goal matches any goal and none. */
export const hasGoal = (callback: CallbackConditions, event: MatchedEvent): boolean =>
  callback.goalId === null || callback.goalId === event.data.conversion.goalId;
