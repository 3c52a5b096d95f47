import { expect, test } from 'vitest'
import { chefLink, LONGEST_LINK, MOST_BYTES } from './cyberchef'

/** As CyberChef 10 reads its address (Utils.parseURIParams, fromBase64). */
function asRead(link: string): Uint8Array {
  const params = new URL(link).hash.slice(1).split('&').map((part) => part.split('='))
  expect(params.every((param) => param.length === 2)).toBe(true)
  const input = Object.fromEntries(params.map(([name = '', value = '']) => [name, decodeURIComponent(value.replace(/\+/g, ' '))])).input ?? ''
  return Uint8Array.from(Buffer.from(input.replace(/[^A-Za-z0-9+/=]/g, ''), 'base64'))
}

test('the bytes come out as they went in, whatever they are', () => {
  for (const bytes of [Uint8Array.of(), Uint8Array.of(0), Uint8Array.of(0xfb, 0xff), Uint8Array.from({ length: 257 }, (_, i) => i % 256), Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31 + (i >> 8)) % 256)]) {
    const link = chefLink('https://chef.example/', bytes)
    expect(asRead(link ?? '')).toEqual(bytes)
  }
})

test('the address stays as it is set', () => {
  expect(chefLink('https://chef.example/tools/', Uint8Array.of(1, 2, 3))).toBe('https://chef.example/tools/#input=AQID')
  expect(chefLink('javascript:alert(1)', Uint8Array.of(1))).toBeNull()
})

test('what no browser would open is no link', () => {
  expect(chefLink('https://chef.example/', new Uint8Array(MOST_BYTES + 1))).toBeNull()
  // every letter of it is a slash, which takes three
  expect(chefLink('https://chef.example/', new Uint8Array(MOST_BYTES).fill(0xff))).toBeNull()
  const usual = chefLink('https://chef.example/', Uint8Array.from({ length: MOST_BYTES }, (_, i) => (i * 7919) % 251))
  expect(usual?.length).toBeLessThanOrEqual(LONGEST_LINK)
})
