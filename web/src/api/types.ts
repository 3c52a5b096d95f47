// The HTTP API as this viewer uses it. web/API.md says the same in prose; keep them together.

export interface User {
  userId: string
  userName: string
  roles: string[]
  /** Rights and limits; absent in the short form that the log-in answers. */
  emailSearch?: boolean
  packetSearch?: boolean
  removeEnabled?: boolean
  hideStats?: boolean
  hideFiles?: boolean
  hidePcap?: boolean
  disablePcapDownload?: boolean
  /** Hours; 0 for any. */
  timeLimit?: number
  expression?: string
  canUpload?: boolean
  /** Roles of one's own making that the user may give to others. */
  assignableRoles?: string[]
}

export interface AppInfo {
  version: string
  node?: string
  user?: User
  /** Address of the CyberChef that the configuration names. */
  cyberchef?: string | null
}

export type FieldType =
  | 'ip' | 'integer' | 'float' | 'seconds' | 'date'
  | 'termfield' | 'lotermfield' | 'uptermfield' | 'textfield' | 'lotextfield'
  | 'fileand' | 'viewand'

/** One searchable field of the catalogue: GET /api/fields?array=true */
export interface Field {
  exp: string
  dbField: string
  friendlyName: string
  /** What the server calls it, where the viewer names it in another language. */
  english?: string
  group: string
  help?: string
  /** The help text of the server, where the viewer has it in another language. */
  englishHelp?: string
  type: FieldType | (string & {})
  aliases?: string[]
  /** Set on fields that stand for several others (`ip`, `host`, …): they hold no value of their own. */
  regex?: string
  category?: string | string[]
  noFacet?: boolean | string
  /** How a number is meant: microseconds, milliseconds, bytes. */
  unit?: 'us' | 'ms' | 'bytes' | (string & {})
}

/** A value inside a session document. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value }

/** A session document: nested or flattened Arkime names. `source.ip` is read through `valueAt`. */
export interface SessionDoc {
  id: string
  node?: string
  firstPacket?: number
  lastPacket?: number
  [key: string]: unknown
}

/** One request and its answer inside a session (document key `transaction`). */
export interface Transaction {
  kind: string
  /** Epoch milliseconds. */
  start?: number
  /** Microseconds from `start` to the first and the last byte of the answer. */
  firstByte?: number
  lastByte?: number
  request?: string
  status?: string | number
  rows?: number
  bytes?: number
  error?: string
}

export type Bucket = [ms: number, value: number]

export interface Graph {
  xmin?: number
  xmax?: number
  /** Seconds per bucket. */
  interval: number
  sessionsHisto?: Bucket[]
  'source.packetsHisto'?: Bucket[]
  'destination.packetsHisto'?: Bucket[]
  'source.bytesHisto'?: Bucket[]
  'destination.bytesHisto'?: Bucket[]
  'client.bytesHisto'?: Bucket[]
  'server.bytesHisto'?: Bucket[]
  sessionsTotal?: number
  'network.packetsTotal'?: number
  'network.bytesTotal'?: number
  totDataBytesTotal?: number
}

export interface SessionsAnswer {
  data: SessionDoc[]
  recordsTotal: number
  recordsFiltered: number
  graph?: Graph
  map?: { src?: Record<string, number>; dst?: Record<string, number> }
  error?: string
  /** UTF-16 offsets into the expression. */
  errorSpan?: Span
}

export interface Span {
  start: number
  end: number
}

export type Bounding = 'last' | 'first' | 'both' | 'either' | 'database'

/** The parameters that every query shares (Arkime's SessionsQuery). */
export interface CommonQuery {
  date?: string
  startTime?: string
  stopTime?: string
  bounding?: Bounding
  expression?: string
  /** Id or name of a view, whose expression narrows the search. */
  view?: string
}

export interface SessionsQuery extends CommonQuery {
  order?: string
  start?: number
  length?: number
  fields?: string
  flatten?: 1
  facets?: 1
  /** With `facets`: sessions by country too. */
  map?: boolean
  interval?: string
  cancelId?: string
}

export interface CompletionItem {
  label: string
  insert: string
  kind: 'field' | 'operator' | 'value' | 'keyword'
  detail?: string
}

export interface Completion {
  from: number
  to: number
  items: CompletionItem[]
}

export type Validation = { ok: true } | { ok: false; message: string; span?: Span }

export type Side = 'src' | 'dst'

export interface Packet {
  n: number
  /** Epoch nanoseconds, as text because a double cannot hold it. */
  time: string
  dir: Side
  len: number
  origLen: number
  /** Payload, base64. */
  data: string
  /** Whole frame, base64. */
  frame: string
  info?: string
}

export interface StreamPart {
  dir: Side
  time: string
  data: string
  /** Bytes that are missing before this part. */
  gap?: number
}

export interface MissingPackets {
  file: string
  reason: string
  sessions?: number
  packets?: number
}

export interface PacketsAnswer {
  total: number
  packets?: Packet[]
  stream?: StreamPart[]
  missing?: MissingPackets[]
  error?: string
  /** Why the decoders could not read a payload. */
  decodeProblem?: string | null
  tls?: { decrypted: boolean; suite?: string | null; problem?: string | null } | null
}

export type Segments = 'no' | 'time' | 'all'

export interface ExportQuery extends CommonQuery {
  ids?: string
  order?: string
  fields?: string
  segments?: Segments
  /** Only packets inside this slice; epoch seconds, fractions allowed. */
  packetStart?: string
  packetStop?: string
  bpf?: string
}

export type ExportFormat = 'pcap' | 'pcapng' | 'csv' | 'json'

export interface ExportCheck {
  sessions: number
  packets: number
  bytes: number
  missing: MissingPackets[]
  /** Link types of the packets; pcap holds one, pcapng any number. */
  links?: string[] | number[] | number
  /** False where a slice or a filter may leave fewer packets than counted. */
  exact?: boolean
  error?: string
}

export interface CaptureFile {
  num: number
  node: string
  name: string
  filesize?: number
  packets?: number
  /** Epoch seconds. */
  first?: number
  /** Epoch milliseconds. */
  firstTimestamp?: number
  lastTimestamp?: number
  locked?: 0 | 1 | boolean
  compression?: string
  /** What is damaged in it, with the byte offset. */
  damage?: string | null
  sessionsStarted?: number
  /** Bytes of the packets before compression. */
  packetsSize?: number
  /** How much compression saves, percent. */
  cratio?: number
  /** When it was closed, epoch milliseconds. */
  finishTimestamp?: number
}

export interface FilesAnswer {
  data: CaptureFile[]
  recordsTotal: number
  recordsFiltered: number
}

export interface UploadAnswer {
  success: boolean
  sessions?: number
  packets?: number
  /** Epoch milliseconds of the first and the last packet. */
  first?: number
  last?: number
  text?: string
  /** Finds exactly the sessions of this upload. */
  expression?: string
  /** The import goes on: ask for this job. */
  job?: string
}

export interface Job {
  id: string
  state: 'running' | 'done' | 'failed' | 'cancelled'
  bytes?: number
  total?: number
  packets?: number
  sessions?: number
  text?: string
  result?: UploadAnswer
}
