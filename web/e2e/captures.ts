// Captures made for a test: conversations written as packets, and a capture moved to another time.

/** One TCP conversation or UDP exchange; `c` what the client says, `s` what the server answers. */
export interface Conversation {
  port: number
  udp?: boolean
  said: readonly ['c' | 's', Buffer | string][]
}

const CLIENT = [10, 66, 0, 1] as const
const SERVER = [10, 66, 0, 2] as const

function sum(...parts: Buffer[]): number {
  let total = 0
  const all = Buffer.concat(parts)
  for (let i = 0; i < all.length; i += 2) total += all.readUInt8(i) * 256 + (i + 1 < all.length ? all.readUInt8(i + 1) : 0)
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16)
  return ~total & 0xffff
}

/** Ethernet, IPv4 and the transport around a payload. */
function frame(from: 'c' | 's', protocol: number, transport: Buffer, checksumAt: number): Buffer {
  const [source, destination] = from === 'c' ? [CLIENT, SERVER] : [SERVER, CLIENT]
  const ip = Buffer.from([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0, ...source, ...destination])
  ip.writeUInt16BE(20 + transport.length, 2)
  ip.writeUInt16BE(sum(ip), 10)
  const pseudo = Buffer.from([...source, ...destination, 0, protocol, transport.length >> 8, transport.length & 255])
  transport.writeUInt16BE(sum(pseudo, transport), checksumAt)
  const mac = (end: 'c' | 's'): number[] => [2, 0, 0, 0, 0, end === 'c' ? 1 : 2]
  return Buffer.concat([Buffer.from([...mac(from === 'c' ? 's' : 'c'), ...mac(from), 8, 0]), ip, transport])
}

const SYN = 2
const ACK = 16
const PUSH = 24
const FIN = 17

/** A pcap file in microseconds of conversations that begin at a time (epoch milliseconds), 10 ms between packets. */
export function capture(conversations: readonly Conversation[], startMs: number): Buffer {
  const head = Buffer.alloc(24)
  head.writeUInt32LE(0xa1b2c3d4, 0)
  head.writeUInt16LE(2, 4)
  head.writeUInt16LE(4, 6)
  head.writeUInt32LE(262_144, 16)
  head.writeUInt32LE(1, 20)
  const out: Buffer[] = [head]
  let at = startMs
  const put = (bytes: Buffer): void => {
    const record = Buffer.alloc(16)
    record.writeUInt32LE(Math.floor(at / 1000), 0)
    record.writeUInt32LE((at % 1000) * 1000, 4)
    record.writeUInt32LE(bytes.length, 8)
    record.writeUInt32LE(bytes.length, 12)
    out.push(record, bytes)
    at += 10
  }
  conversations.forEach(({ port, udp, said }, n) => {
    const own = 40_000 + n + (startMs % 20_000)
    if (udp) {
      for (const [from, payload] of said) {
        const body = Buffer.from(payload as string)
        const datagram = Buffer.alloc(8)
        datagram.writeUInt16BE(from === 'c' ? own : port, 0)
        datagram.writeUInt16BE(from === 'c' ? port : own, 2)
        datagram.writeUInt16BE(8 + body.length, 4)
        put(frame(from, 17, Buffer.concat([datagram, body]), 6))
      }
      return
    }
    const next = { c: 1000, s: 5000 }
    const segment = (from: 'c' | 's', flags: number, payload: Buffer): void => {
      const tcp = Buffer.alloc(20)
      tcp.writeUInt16BE(from === 'c' ? own : port, 0)
      tcp.writeUInt16BE(from === 'c' ? port : own, 2)
      tcp.writeUInt32BE(next[from], 4)
      tcp.writeUInt32BE(flags === SYN ? 0 : next[from === 'c' ? 's' : 'c'], 8)
      tcp.writeUInt8(5 << 4, 12)
      tcp.writeUInt8(flags, 13)
      tcp.writeUInt16BE(65_535, 14)
      put(frame(from, 6, Buffer.concat([tcp, payload]), 16))
      next[from] += payload.length + (flags & 3 ? 1 : 0)
    }
    segment('c', SYN, Buffer.alloc(0))
    segment('s', SYN | ACK, Buffer.alloc(0))
    segment('c', ACK, Buffer.alloc(0))
    for (const [from, payload] of said) {
      const body = Buffer.from(payload as string)
      for (let i = 0; i < body.length; i += 1400) segment(from, PUSH, body.subarray(i, i + 1400))
    }
    segment('c', FIN, Buffer.alloc(0))
    segment('s', FIN, Buffer.alloc(0))
    segment('c', ACK, Buffer.alloc(0))
  })
  return Buffer.concat(out)
}

/** A pcap (little endian, micro- or nanoseconds) whose first packet is moved to a time. */
export function movedTo(file: Buffer, startMs: number): Buffer {
  const out = Buffer.from(file)
  const first = out.readUInt32LE(24)
  for (let at = 24; at + 16 <= out.length; at += 16 + out.readUInt32LE(at + 8)) out.writeUInt32LE(out.readUInt32LE(at) - first + Math.floor(startMs / 1000), at)
  return out
}
