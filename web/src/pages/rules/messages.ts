import type { Messages } from '@/i18n/catalogues'
import { COLUMNS } from './rules'

export default {
  en: {
    page: { rules: 'Detection rules' },
    rules: {
      tab: { rules: 'Rules', notices: 'Notices of alerts' }, count: '{n} of {all} rules', find: 'Find a rule', reload: 'Read again', failed: 'The rules could not be read', source: 'Rules', builtIn: 'Those that come with the program', none: 'No rules are used',
      noneHint: 'Name a folder of rules, or “default”, in the section [evidence] of the configuration.', noMatch: 'No rule is called so', match: 'Looked at', matchPacket: 'Each packet by itself', matchStream: 'Packets, and TCP segments joined', level: 'Kept as evidence',
      levels: { '0': 'no packets', '1': 'packets that show a threat', '2': 'also those that show a service, device, system or middleware', '3': 'also the first packets of every flow' }, devices: '{live} live, {imported} for imports', read: 'Read',
      refused: '{n} problems with rules | {n} problem with a rule | {n} problems with rules', inForce: 'in force all the same', leftOut: 'not used', own: 'Rules in the search language', when: 'When', keep: 'Keeps', pattern: 'Pattern', anywhere: 'any',
      column: { id: 'Rule', category: 'Kind', type: 'Type', name: 'Name', where: 'Looks at', hits: 'Hits' },
    },
    notices: {
      about: 'Tells somebody when rules are hit: by mail, web hook, chat or syslog, through the notifiers of the settings.', empty: 'Nobody is told of alerts.', new: 'New notice', edit: 'Change the notice', fromConfig: 'in the configuration', told: 'tells {names}', sent: '{n} messages of {hits} hits',
      quiet: 'at most one in {time}', last: 'last {time}', failed: '{n} messages failed.', whom: 'Who is told', nobody: 'There are no notifiers yet: an administrator makes them in the settings.', levels: 'Levels (none: all)', kinds: 'Kinds (none: threats and own rules)', types: 'Types', names: 'Names', listHint: 'Separated by commas; empty: any',
      expressionHint: 'Only hits in sessions that meet this. Empty: all.', quietLabel: 'Minutes between two messages', quietHint: 'What is hit meanwhile is counted in the next one.', removeText: 'Nobody is told of these alerts any more.',
    },
  },
  zh: {
    page: { rules: '检测规则' },
    rules: {
      tab: { rules: '规则', notices: '告警通知' }, count: '{n} / {all} 条规则', find: '查找规则', reload: '重新读取', failed: '无法读取规则', source: '规则', builtIn: '程序自带的规则', none: '未使用规则',
      noneHint: '在配置的 [evidence] 一节指定规则目录或“default”。', noMatch: '没有这样的规则', match: '检查对象', matchPacket: '逐个数据包', matchStream: '数据包及重组的 TCP 段', level: '留存为证据',
      levels: { '0': '不留存数据包', '1': '证明威胁的数据包', '2': '另含证明服务、设备、系统或中间件的数据包', '3': '另含每个流的最初数据包' }, devices: '实时 {live}，导入 {imported}', read: '读取时间',
      refused: '规则有 {n} 个问题', inForce: '仍然有效', leftOut: '未使用', own: '搜索语言规则', when: '条件', keep: '留存', pattern: '模式', anywhere: '任意',
      column: { id: '规则', category: '类别', type: '类型', name: '名称', where: '检查位置', hits: '命中' },
    },
    notices: {
      about: '规则命中时通过设置中的通知方式告知：邮件、Webhook、聊天或 syslog。', empty: '尚未设置告警通知。', new: '新建通知', edit: '更改通知', fromConfig: '来自配置', told: '通知 {names}', sent: '{hits} 次命中，已发 {n} 条',
      quiet: '每 {time} 至多一条', last: '最近 {time}', failed: '{n} 条发送失败。', whom: '通知谁', nobody: '还没有通知方式：由管理员在设置中创建。', levels: '级别（不选：全部）', kinds: '类别（不选：威胁和自定义规则）', types: '类型', names: '名称', listHint: '用逗号分隔；留空：任意',
      expressionHint: '仅限符合此表达式的会话中的命中。留空：全部。', quietLabel: '两条消息的间隔（分钟）', quietHint: '其间的命中计入下一条。', removeText: '此后不再通知这些告警。',
    },
  },
  built: [...COLUMNS.map((one) => `rules.column.${one.key}`), ...['0', '1', '2', '3'].map((one) => `rules.levels.${one}`), 'rules.tab.rules', 'rules.tab.notices'],
} satisfies Messages
