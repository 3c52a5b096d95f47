/** The figures of the first widget that are compared with the window before; `span` stands beside them. */
export const COMPARED = ['sessions', 'packets', 'bytes', 'dataBytes'] as const
export const TOTALS = [...COMPARED, 'size', 'span'] as const
