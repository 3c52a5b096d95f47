// One packet as a tree, the files of a session, decoders and TLS keys.

import { json, queryString } from './client'
import { sessionPath } from './index'
import type { Side } from './types'

export interface TreeNote {
  severity: 'note' | 'warning' | 'error'
  text: string
}

export interface TreeNode {
  /** Wireshark's filter name. */
  name?: string
  label: string
  value?: string
  /** Field of the search language, and the value as it takes it. */
  field?: string
  term?: string
  /** 0 or missing: the frame; else a place in `sources`, from 1. */
  source?: number
  start: number
  length: number
  notes?: TreeNote[]
  children?: TreeNode[]
}

/** A frame and its fields. */
export interface FrameFields {
  /** Base64. */
  frame: string
  layers: TreeNode[]
  sources: { name: string; data: string }[]
  cut: boolean
}

export interface TreeAnswer extends FrameFields {
  n: number
  time: string
  link: string
  len: number
  origLen: number
}

export interface CarriedFile {
  n: number
  name: string
  dir: Side
  origin: 'http' | 'mail' | 'stream'
  contentType?: string | null
  kind?: string | null
  size: number
  carried: number
  encoding?: string | null
  md5: string
  sha256: string
  complete: boolean
  problem?: string | null
  image: boolean
}

export interface DecoderInfo {
  name: string
  label: string
  settings: string[]
}

export const packetTree = (node: string, id: string, n: number, signal?: AbortSignal): Promise<TreeAnswer> =>
  json(`${sessionPath(node, id)}/packet/${n}/tree`, { signal })

export const sessionFiles = (node: string, id: string, decrypt: boolean, signal?: AbortSignal): Promise<{ files: CarriedFile[] }> =>
  json(`${sessionPath(node, id)}/files`, { query: decrypt ? { decrypt: 1 } : {}, signal })

export const fileUrl = (node: string, id: string, kind: 'file' | 'image', file: CarriedFile, decrypt: boolean): string =>
  `${sessionPath(node, id)}/body/${kind}/${file.n}/${encodeURIComponent(file.name)}${queryString(decrypt ? { decrypt: 1 } : {})}`

export const decodings = (): Promise<DecoderInfo[]> => json('/api/sessions/decodings')

export const tlsKeys = (): Promise<{ may: boolean; connections: number }> => json('/api/tlskeys')

export const addTlsKeys = (keys: string): Promise<{ taken: number; connections: number }> => json('/api/tlskeys', { method: 'POST', body: { keys } })
