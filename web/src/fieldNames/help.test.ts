import { expect, test } from 'vitest'
import { chineseHelp } from './help'

test('a help text is said in Chinese', () => {
  expect(chineseHelp({ friendlyName: 'Protocols', help: 'Protocols seen in the session.' })).toBe('会话中识别出的协议。')
  expect(chineseHelp({ friendlyName: 'Command', help: 'Commands of the client.' })).toBe('客户端的命令。')
})

test('what the server puts together is put together', () => {
  expect(chineseHelp({ friendlyName: 'Protocols Cnt', help: 'Protocols Cnt of protocols. Protocols seen in the session.' })).toBe('protocols 的取值个数。会话中识别出的协议。')
  expect(chineseHelp({ friendlyName: 'Src Outer IP GEO', help: 'Src Outer IP GEO of outerip.src. Source address of the enclosing tunnels.' })).toBe('outerip.src 的国家/地区。外层隧道的源地址。')
  expect(chineseHelp({ friendlyName: 'Hostname Tokens', help: 'Words of dhcp.host. Host name that a client goes by.' })).toBe('dhcp.host 的分词。客户端使用的主机名。')
  expect(chineseHelp({ friendlyName: 'All MAC fields', help: 'Any of the fields that the name covers. Covers: mac.src, mac.dst.' })).toBe('该名称所涵盖的任一字段。包括：mac.src、mac.dst。')
})

test('what is not known stays as the server says it', () => {
  expect(chineseHelp({ friendlyName: 'Ticket', help: 'Ticket of our desk.' })).toBeUndefined()
  expect(chineseHelp({ friendlyName: 'Ticket Cnt', help: 'Ticket Cnt of ticket. Ticket of our desk.' })).toBeUndefined()
  expect(chineseHelp({ friendlyName: 'Ticket' })).toBeUndefined()
})
