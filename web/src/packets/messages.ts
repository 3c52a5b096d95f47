import type { Messages } from '@/i18n/catalogues'
import { BASES } from '@/search/urlState'

export default {
  en: {
    packets: {
      text: 'Text', encoding: 'Encoding of the text', bases: { latin1: 'Latin-1', gb18030: 'GBK / GB 18030', big5: 'Big5', shiftjis: 'Shift JIS', utf16: 'UTF-16 LE', ebcdic: 'EBCDIC (037)' },
      chef: { open: 'Open in CyberChef', about: 'The payload travels in the link to {host}. It is not sent to its server, but shown by its page, and kept in the history of this browser.', link: '{side}: {size}', empty: '{side}: no payload', long: '{side}: more than {size}, which is too much for a link. Download it, and open the file in CyberChef.', reading: 'Reading …' },
      look: 'What is shown', show: { times: 'Time stamps and deltas', lines: 'Line numbers' }, offset: 'Offset in what this side said', linkPart: 'Copy a link to this part', linkPacket: 'Copy a link to this packet', linkCopied: 'The link leads to this place.',
      tree: { open: 'Fields of packet {n}', close: 'Close the fields', title: 'Fields', bytes: 'Bytes', filter: 'Search for {term}', cut: 'This packet has more fields than are shown.', failed: 'The fields could not be read' },
      unpack: 'Unpack', unpackHint: 'Bodies of HTTP without chunks and compression', decrypt: 'Decrypt TLS', decryptHint: 'With key logs that you add or that lie in the capture', addKeys: 'Add a key log',
      keysAdded: 'Keys of {n} connections are known', decoded: 'Decoding: {problem}', decode: 'Decode', noDecode: 'As it is', tlsDone: 'TLS decrypted: {suite}', tlsNot: 'Not decrypted: {problem}',
      files: { title: 'Files', none: 'This session carries no files.', incomplete: 'incomplete', image: 'Picture {name}', load: 'Show files' },
    },
  },
  zh: {
    packets: {
      text: '文本', encoding: '文本编码', bases: { latin1: 'Latin-1', gb18030: 'GBK / GB 18030', big5: 'Big5', shiftjis: 'Shift JIS', utf16: 'UTF-16 LE', ebcdic: 'EBCDIC (037)' },
      chef: { open: '在 CyberChef 中打开', about: '载荷放在指向 {host} 的链接中：不会发送到其服务器，只由其页面显示，并保留在本浏览器的历史记录里。', link: '{side}：{size}', empty: '{side}：没有载荷', long: '{side}：超过 {size}，链接无法容纳。请下载后在 CyberChef 中打开文件。', reading: '正在读取……' },
      look: '显示内容', show: { times: '时间与间隔', lines: '行号' }, offset: '在此端数据中的偏移', linkPart: '复制此段的链接', linkPacket: '复制此数据包的链接', linkCopied: '链接指向此处。',
      tree: { open: '数据包 {n} 的字段', close: '关闭字段', title: '字段', bytes: '字节', filter: '搜索 {term}', cut: '此数据包还有更多字段未显示。', failed: '无法读取字段' },
      unpack: '解压', unpackHint: 'HTTP 正文去除分块与压缩', decrypt: '解密 TLS', decryptHint: '使用您添加的或捕获文件中的密钥日志', addKeys: '添加密钥日志',
      keysAdded: '已有 {n} 个连接的密钥', decoded: '解码：{problem}', decode: '解码', noDecode: '原样', tlsDone: 'TLS 已解密：{suite}', tlsNot: '未解密：{problem}',
      files: { title: '文件', none: '此会话未携带文件。', incomplete: '不完整', image: '图片 {name}', load: '显示文件' },
    },
  },
  built: [...BASES.map((base) => `packets.bases.${base}`), 'packets.show.times', 'packets.show.lines'],
} satisfies Messages
