import type { Messages } from '@/i18n/catalogues'
import { COLUMNS, STATES } from './files'

export default {
  en: {
    files: {
      remove: 'Delete {name}', removeSure: 'Delete this packet file?', removeText: 'Its packets are gone for good; pinned ones keep it. A capture that was imported where it lies stays on the disk and is forgotten here.', removeSessions: 'Also the sessions of which no packet is left',
      tab: { files: 'Files', pins: 'Pins' }, packets: '{n} packets', damaged: '{n} damaged', which: 'Which files', state: { all: 'All files', kept: 'Kept', damaged: 'Damaged', compressed: 'Compressed', open: 'Being written' }, cut: 'Only the newest {n} files are listed.',
      column: { packetsSize: 'Packet bytes', compression: 'Compression', cratio: 'Saved', sessionsStarted: 'Sessions', span: 'Span', finishTimestamp: 'Closed' },
    },
    pins: { name: 'Pin', made: 'Made', until: 'Until', forGood: 'for good', none: 'Nothing is pinned', hint: 'Packets of sessions are pinned in the list of sessions, so that retention leaves them alone.', missing: '{n} packets were gone already | {n} packet was gone already | {n} packets were gone already', end: 'End the pin', endSure: 'End the pin {name}?', endText: 'Its packets are deleted with the others when their time comes.', ended: 'The pin is ended.' },
  },
  zh: {
    files: {
      remove: '删除 {name}', removeSure: '删除此数据包文件？', removeText: '其中的数据包将永久删除；含有固定数据包的文件不会删除。就地导入的捕获文件仍留在磁盘上，只在此处移除。', removeSessions: '同时删除不再有任何数据包的会话',
      tab: { files: '文件', pins: '固定' }, packets: '{n} 个包', damaged: '{n} 个损坏', which: '哪些文件', state: { all: '所有文件', kept: '已保留', damaged: '有损坏', compressed: '已压缩', open: '写入中' }, cut: '仅列出最新的 {n} 个文件。',
      column: { packetsSize: '包字节', compression: '压缩', cratio: '节省', sessionsStarted: '会话', span: '跨度', finishTimestamp: '关闭时间' },
    },
    pins: { name: '固定项', made: '创建', until: '至', forGood: '永久', none: '没有固定的数据包', hint: '在会话列表中可固定会话的数据包，使其不被自动清理。', missing: '{n} 个包当时已不存在', end: '取消固定', endSure: '取消固定 {name}？', endText: '其数据包将按期与其他数据包一起清理。', ended: '已取消固定。' },
  },
  built: [...COLUMNS.map((one) => `files.column.${one.key}`), ...STATES.map((one) => `files.state.${one}`), 'files.tab.files', 'files.tab.pins'],
} satisfies Messages
