import { expect, test } from 'vitest'
import { withoutSide } from '@/pages/sessions/detail'
import { chineseName } from './zh'

test('names are put together from their parts', () => {
  expect(chineseName('Src IP')).toBe('源 IP')
  expect(chineseName('Dst Country')).toBe('目的国家/地区')
  expect(chineseName('Protocols Cnt')).toBe('协议数量')
  expect(chineseName('Retransmissions Src')).toBe('源端重传')
  expect(chineseName('Src Outer IP GEO')).toBe('源外层 IP 国家/地区')
  expect(chineseName('Method GET Count')).toBe('方法 GET 数量')
  expect(chineseName('TCP Flag SYN')).toBe('TCP 标志 SYN')
})

test('names of the trade and names of a site stay', () => {
  expect(chineseName('JA3')).toBe('JA3')
  expect(chineseName('Ticket of our desk')).toBe('Ticket of our desk')
  expect(chineseName('Src ')).toBe('源')
})

test('two sides under one heading have no side in it', () => {
  expect(withoutSide(chineseName('Src IP'))).toBe('IP')
  expect(withoutSide(chineseName('Retransmissions Dst'))).toBe('重传')
  expect(withoutSide(chineseName('TCP Src Zero Window'))).toBe('TCP 零窗口')
  expect(withoutSide(chineseName('Src Port'))).toBe('端口')
  expect(withoutSide(chineseName('Dst Port'))).toBe('端口')
  expect(withoutSide(chineseName('Src data bytes'))).toBe('载荷字节数')
})
