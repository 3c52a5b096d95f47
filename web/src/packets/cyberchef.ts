// Links into a CyberChef that the operator named: what is to be looked at travels behind the `#`, which browsers keep to themselves.

import { latin1 } from './encodings'

/** Longest link that every browser in use opens: Firefox refuses 1 MiB, Chromium 2 MB. */
export const LONGEST_LINK = 1_000_000

/** Payload that fits in such a link whatever its bytes are made of: base64 of it, where `+` and `/` may take three letters each, on average few. */
export const MOST_BYTES = 512 * 1024

/**
 * The link, or null where it would be too long. CyberChef takes what stands behind a `=` up to the next one, and a `+` for a blank: so without the
 * padding, and percent-encoded.
 */
export function chefLink(address: string, bytes: Uint8Array): string | null {
  if (bytes.length > MOST_BYTES || !/^https?:\/\//.test(address)) return null
  const link = `${address.replace(/#.*$/, '')}#input=${encodeURIComponent(btoa(latin1(bytes)).replace(/=+$/, ''))}`
  return link.length > LONGEST_LINK ? null : link
}
