import type { Messages } from '@/i18n/catalogues'
import { CATEGORIES, LEVELS, STAGES, STATUSES } from './levels'

export default {
  en: {
    evidence: {
      level: { extra_high: 'Critical', high: 'High', middle: 'Medium', low: 'Low', extra_low: 'Very low' },
      status: { unprocessed: 'Unprocessed', confirmed: 'Confirmed', processed: 'Processed' },
      category: { threat: 'Threat', rule: 'Own rule', service: 'Service', device: 'Device', os: 'Operating system', midware: 'Middleware' },
      stage: { probe: 'Reconnaissance', intrude: 'Intrusion', compromised: 'Compromise', unknown: 'Unknown stage' },
      lookup: 'Look up a packet', lookupHint: 'Finds the packets that were captured at a microsecond: in the evidence, else among all packets that are kept.',
      time: 'Time', timeHint: 'Microseconds or seconds since 1970, or a date: 2023/06/18 15:46:04.968817', wrongTime: 'This is no moment with a date.',
      device: 'Device', deviceHint: 'Its number; empty for all', wrongDevice: 'A device is a number.', find: 'Find', nothing: 'No packet of this microsecond', keys: 'As the evidence API answers it', copyKeys: 'Copy this answer',
      download: 'Download as pcap', open: 'Open the session', copyLink: 'Copy as text', packets: 'Packets at this microsecond', failed: 'The packet could not be read', source: { evidence: 'Evidence', packets: 'Packet store' },
      sourceHint: { evidence: 'Kept as evidence', packets: 'Not kept as evidence; it is still among all packets' }, length: 'Length', captured: '{n} captured', sender: 'Sender', receiver: 'Receiver', protocol: 'Protocol', link: 'Link type {n}, no IP packet',
      view: 'Show the packet as', views: { http: 'HTTP', text: 'Text', fields: 'Fields', hex: 'Hex' }, request: 'Request', response: 'Answer', headers: 'Headers', params: 'Parameters', body: 'Body', noPayload: 'This packet carries no payload.', matched: 'What the rule matched', more: 'Show {n} more bytes',
      copyPart: 'Copy: {part}', more5: 'and {n} more', pick: 'Only {value}', unpick: 'Not only {value}', otherRight: 'You may not see packets.',
    },
  },
  zh: {
    evidence: {
      level: { extra_high: '极高', high: '高', middle: '中', low: '低', extra_low: '极低' },
      status: { unprocessed: '未处理', confirmed: '已确认', processed: '已处理' },
      category: { threat: '威胁', rule: '自定义规则', service: '服务', device: '设备', os: '操作系统', midware: '中间件' },
      stage: { probe: '探测阶段', intrude: '渗透阶段', compromised: '沦陷阶段', unknown: '未知阶段' },
      lookup: '查找数据包', lookupHint: '按微秒查找捕获的数据包：先查证据，没有则查全部保留的数据包。',
      time: '时间', timeHint: '1970 年以来的微秒数或秒数，或日期：2023/06/18 15:46:04.968817', wrongTime: '这不是一个有效的时刻。',
      device: '设备', deviceHint: '设备编号；留空表示全部', wrongDevice: '设备是一个数字。', find: '查找', nothing: '此微秒没有数据包', keys: '证据接口的返回', copyKeys: '复制此返回',
      download: '下载 pcap', open: '打开会话', copyLink: '复制为文本', packets: '此微秒的数据包', failed: '无法读取数据包', source: { evidence: '证据', packets: '数据包存储' },
      sourceHint: { evidence: '已作为证据保留', packets: '未作为证据保留；仍在全部数据包中' }, length: '包长度', captured: '抓取 {n}', sender: '发起方', receiver: '接收方', protocol: '协议', link: '链路类型 {n}，非 IP 数据包',
      view: '数据包显示方式', views: { http: 'HTTP', text: '文本', fields: '字段', hex: '十六进制' }, request: '请求', response: '应答', headers: '头部', params: '参数', body: '正文', noPayload: '此数据包没有载荷。', matched: '规则命中的内容', more: '再显示 {n} 字节',
      copyPart: '复制：{part}', more5: '还有 {n} 个', pick: '只看 {value}', unpick: '不再只看 {value}', otherRight: '您无权查看数据包。',
    },
  },
  built: [
    ...LEVELS.map((one) => `evidence.level.${one}`), ...STATUSES.map((one) => `evidence.status.${one}`), ...CATEGORIES.map((one) => `evidence.category.${one}`),
    ...STAGES.map((one) => `evidence.stage.${one}`), ...['http', 'text', 'fields', 'hex'].map((one) => `evidence.views.${one}`), ...['evidence', 'packets'].flatMap((one) => [`evidence.source.${one}`, `evidence.sourceHint.${one}`]),
  ],
} satisfies Messages
