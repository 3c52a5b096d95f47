// Steps of the scale beside a chart.

/** Doubles from one byte on: marks read 512 KiB and 1 MiB, never 977 KiB. */
export const BYTE_STEPS: number[] = Array.from({ length: 56 }, (_, power) => 2 ** power)

/** 1, 2, 5, 10 …: what is counted has no halves. */
export const WHOLE_STEPS: number[] = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((one) => one * 10 ** power)).flat()
