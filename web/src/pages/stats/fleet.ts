import type { FleetNode } from '@/api/fleet'
import type { NodeRow } from '@/api/statistics'

/** A node of the fleet with what it says of its capture. */
export interface FleetRow extends FleetNode {
  /** Addresses, or that it calls. */
  ways: string[]
  packetsPerSec: number | null
  /** Bytes that are free, and their share of the disk in percent. */
  free: number | null
  freeShare: number | null
  used: number | null
}

const MEBIBYTE = 1048576

/** Every node by name, those that wait for approval first; figures of a capture that is over are left out. */
export function fleetRows(nodes: readonly FleetNode[], captures: readonly NodeRow[]): FleetRow[] {
  const figures = new Map(captures.map((row) => [row.nodeName, row]))
  const rows = nodes.map((node) => {
    const row = figures.get(node.name)
    const now = row && !row.silent ? row : undefined
    return {
      ...node, ways: node.addresses, packetsPerSec: now?.deltaPacketsPerSec ?? null,
      free: row ? row.freeSpaceM * MEBIBYTE : null, freeShare: row?.freeSpaceP ?? null, used: row ? row.usedSpaceM * MEBIBYTE : null,
    }
  })
  return rows.sort((a, b) => Number(a.approved) - Number(b.approved) || a.name.localeCompare(b.name))
}

/** Whether something is to be done about a node. */
export const isWell = (node: FleetNode): boolean => node.state === 'alive'

/** How far a clock is off, for people: `+1 h` is ahead; empty where it is right or not known. */
export function clockOff(offset: number | null, show: (milliseconds: number) => string): string {
  if (offset === null || Math.abs(offset) <= 5000) return ''
  return `${offset > 0 ? '+' : '−'}${show(Math.abs(offset))}`
}
