/** What can be done with many sessions and changes them. */
export const ACTION_KINDS = ['addTags', 'removeTags', 'pin', 'unpin', 'remove'] as const
export type ActionKind = (typeof ACTION_KINDS)[number]

/** Those that need the right to remove data. */
export const needsRight = (kind: ActionKind): boolean => kind !== 'addTags'
