import type { Messages } from '@/i18n/catalogues'

export default {
  en: {
    page: { hunt: 'Hunt' },
    hunt: {
      new: 'New hunt', create: 'Start the hunt', queued: 'The hunt is queued.', queue: 'At work', history: 'Done', find: 'Find a hunt', count: 'no hunts | {n} hunt | {n} hunts',
      empty: 'No hunts yet', emptyHint: 'A hunt searches in the payload of packets, also where no field was extracted. It runs on the server while you do other things, and marks the sessions it finds.', noMatch: 'No such hunt', failedToList: 'The hunts could not be listed',
      sessions: 'sessions', packets: 'packets', scope: 'in the search above; a hunt counts by the last packet', many: 'More than {n} sessions: a narrower search is sooner done.',
      search: 'Search for', as: 'as', in: 'in', sides: 'Side', size: 'Packets of each session', sizeOf: 'at most {n} packets of each', notifier: 'Notify', nobody: 'nobody', name: 'Name', description: 'Description',
      kind: { ascii: 'Text', asciicase: 'Text, exact case', hex: 'Hex', regex: 'Regex', hexregex: 'Hex regex' },
      kindHint: {
        ascii: 'Letters match whatever their case.', asciicase: 'Every byte as it is written.', hex: 'Pairs of hexadecimal digits; spaces may stand between.', regex: 'A regular expression over the bytes (RE2); (?i) at its start ignores case.', hexregex: 'A regular expression over the hexadecimal digits; matches begin at whole bytes.',
      },
      example: { ascii: 'password', asciicase: 'PASS ', hex: '4d 5a 90 00', regex: 'user(name)?=[a-z]+', hexregex: '4d5a(90|80)00' },
      type: { raw: 'Packets', reassembled: 'Reassembled' }, typeHint: { raw: 'Each packet by itself', reassembled: 'The stream, so that a match may lie across packets' },
      side: { both: 'Both', src: 'Source', dst: 'Destination' },
      wrong: { name: 'Give the hunt a name.', search: 'Say what to search for.', hex: 'Hex is pairs of the digits 0–9 and a–f.', regex: 'This is no regular expression.', empty: 'No session matches the search above.' },
      status: { queued: 'waiting', running: 'running', paused: 'paused', finished: 'done', cancelled: 'cancelled' },
      searched: '{n} of {all} sessions ({share} %)', files: 'files | file | files', perhaps: 'as fast as the last one', tooMany: 'At most {n} sessions at once: narrow the search.', read: '{bytes} read', readOf: '{bytes} of {all} read', perSecond: '{bytes}/s', missing: 'Gone', missingHint: '{n} packets are gone and were not searched. | {n} packet is gone and was not searched. | {n} packets are gone and were not searched.', rate: '{n} sessions/s', left: '{time} left', took: 'in {time}', found: 'nothing found | {n} session found | {n} sessions found',
      pause: 'Pause', play: 'Go on', cancel: 'End it; what it found stays', again: 'Once more, with changes', remove: 'Delete', show: 'Details of {name}', inSessions: 'In', allSessions: 'all sessions', made: 'Made',
      failed: 'Not searched', failedHint: '{n} sessions have no packets any more, or they could not be read. | {n} session has no packets any more, or they could not be read. | {n} sessions have no packets any more, or they could not be read.', failedList: 'Which',
      session: 'Session', where: 'Where', context: 'Around it', inPacket: 'packet {n}, byte {offset}', atOffset: 'byte {offset} of the stream', nothingFound: 'The hunt found nothing.', nothingYet: 'Nothing found so far.', more: 'Show more of {n} sessions',
      unmark: 'Take its mark off the sessions', unmarked: 'The sessions are not marked any more.', unmarkSure: 'Take the mark of {name} off?', unmarkText: 'The sessions stay; the link to them from this hunt finds nothing any more.', removeSure: 'Delete the hunt {name}?', removeText: 'Its results go. Sessions that it found keep their mark.',
    },
  },
  zh: {
    page: { hunt: '搜包' },
    hunt: {
      new: '新建搜包', create: '开始搜包', queued: '搜包任务已排队。', queue: '进行中', history: '已完成', find: '查找搜包任务', count: '没有任务 | {n} 个任务 | {n} 个任务',
      empty: '还没有搜包任务', emptyHint: '搜包在数据包载荷中查找内容，即使没有解析出字段也能找到。任务在服务器上运行，不影响其他操作，并会标记找到的会话。', noMatch: '没有这样的任务', failedToList: '无法列出搜包任务',
      sessions: '个会话', packets: '个包', scope: '符合上方的搜索；按最后一个包的时间统计', many: '超过 {n} 个会话：缩小搜索范围会更快完成。',
      search: '查找内容', as: '类型', in: '范围', sides: '方向', size: '每个会话的包数', sizeOf: '每个会话最多 {n} 个包', notifier: '通知', nobody: '不通知', name: '名称', description: '说明',
      kind: { ascii: '文本', asciicase: '文本（区分大小写）', hex: '十六进制', regex: '正则', hexregex: '十六进制正则' },
      kindHint: {
        ascii: '字母不区分大小写。', asciicase: '每个字节都与所写相同。', hex: '成对的十六进制数字，中间可以有空格。', regex: '针对字节的正则表达式（RE2）；以 (?i) 开头则不区分大小写。', hexregex: '针对十六进制数字的正则表达式；匹配从整字节开始。',
      },
      example: { ascii: 'password', asciicase: 'PASS ', hex: '4d 5a 90 00', regex: 'user(name)?=[a-z]+', hexregex: '4d5a(90|80)00' },
      type: { raw: '逐包', reassembled: '重组后' }, typeHint: { raw: '每个包单独查找', reassembled: '在数据流中查找，匹配可以跨包' },
      side: { both: '双向', src: '源端', dst: '目的端' },
      wrong: { name: '请填写名称。', search: '请填写要查找的内容。', hex: '十六进制由成对的 0–9 与 a–f 组成。', regex: '这不是正则表达式。', empty: '没有会话符合上方的搜索。' },
      status: { queued: '等待中', running: '运行中', paused: '已暂停', finished: '已完成', cancelled: '已取消' },
      searched: '{n} / {all} 个会话（{share} %）', files: '个文件', perhaps: '（按上次的速度）', tooMany: '一次最多 {n} 个会话：请缩小搜索范围。', read: '已读取 {bytes}', readOf: '已读取 {bytes} / {all}', perSecond: '每秒 {bytes}', missing: '已不存在', missingHint: '{n} 个包已不存在，未被搜索。', rate: '每秒 {n} 个会话', left: '剩余 {time}', took: '用时 {time}', found: '没有找到 | 找到 {n} 个会话 | 找到 {n} 个会话',
      pause: '暂停', play: '继续', cancel: '结束任务，保留已找到的结果', again: '修改后再来一次', remove: '删除', show: '{name} 的详情', inSessions: '会话范围', allSessions: '所有会话', made: '创建',
      failed: '未搜索', failedHint: '{n} 个会话的数据包已不存在或无法读取。 | {n} 个会话的数据包已不存在或无法读取。 | {n} 个会话的数据包已不存在或无法读取。', failedList: '具体会话',
      session: '会话', where: '位置', context: '上下文', inPacket: '第 {n} 个包，第 {offset} 字节', atOffset: '数据流第 {offset} 字节', nothingFound: '没有找到任何内容。', nothingYet: '目前还没有找到。', more: '再显示一些（还有 {n} 个会话）',
      unmark: '移除会话上的标记', unmarked: '会话上的标记已移除。', unmarkSure: '移除 {name} 的标记？', unmarkText: '会话会保留；此任务到会话的链接将不再有结果。', removeSure: '删除搜包任务 {name}？', removeText: '其结果会被删除，已找到的会话仍保留标记。',
    },
  },
  built: [
    ...['ascii', 'asciicase', 'hex', 'regex', 'hexregex'].flatMap((kind) => [`hunt.kind.${kind}`, `hunt.kindHint.${kind}`, `hunt.example.${kind}`]),
    ...['raw', 'reassembled'].flatMap((type) => [`hunt.type.${type}`, `hunt.typeHint.${type}`]),
    ...['both', 'src', 'dst'].map((side) => `hunt.side.${side}`),
    ...['name', 'search', 'hex', 'regex', 'empty'].map((wrong) => `hunt.wrong.${wrong}`),
    ...['queued', 'running', 'paused', 'finished', 'cancelled'].map((status) => `hunt.status.${status}`),
  ],
} satisfies Messages
