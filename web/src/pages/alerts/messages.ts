import type { Messages } from '@/i18n/catalogues'
import { COLUMNS, LISTS } from './alerts'

const FACTS = ['kind', 'stage', 'rules', 'first', 'last', 'duration', 'count', 'peak', 'devices', 'state']

export default {
  en: {
    page: { alerts: 'Alerts' },
    alerts: {
      count: '{n} alerts | {n} alert | {n} alerts', summary: 'Summary', rules: 'Rules and notices', over: 'Sessions with hits over time', all: 'All', onlyActive: 'Active', active: 'active', activeHint: 'The last hit is less than 70 minutes old', dropAll: 'Remove the filters', drop: 'Remove the filter {text}',
      partial: 'There are more hits in this range than are looked at: the oldest are missing. A shorter range shows all of them.', failed: 'The alerts could not be read', noMatch: 'No alert passes the filters', empty: 'No rule was hit in this range',
      emptyHint: 'Alerts come from fingerprint rules: switch them on in the section [evidence] of the configuration, or import with',
      status: 'State', setOne: 'State of this alert', setMany: 'State of {n} alerts', setStatus: 'Change the state', comment: 'Comment', commentHint: 'Everybody who sees the alert sees it.', commentMany: 'Empty: each alert keeps its comment.', save: 'Save', changed: '{n} alerts changed | {n} alert changed | {n} alerts changed',
      by: '{user}, {time}', pick: 'Pick {name}', pickAll: 'Pick all on this page', picked: '{n} picked', pickNone: 'Pick none', keys: 'J and K move, Enter opens, Space picks, S changes the state.',
      column: { level: 'Level', name: 'Alert', attacker: 'Attacker', victim: 'Victim', count: 'Hits', first: 'First seen', last: 'Last seen', status: 'State' },
      filter: { category: 'Kind', level: 'Level', status: 'State', type: 'Type', name: 'Alert', attacker: 'Attacker', victim: 'Victim', protocol: 'Protocol', devid: 'Device' },
      notHere: 'This alert is not in this range', notHereHint: 'Alerts are made of the hits in the range of the search. A wider range may have it.', attackerNote: 'sent the packets that rules recognised', nothingKnown: 'Nothing was recognised on this address in this range.',
      allOfAttacker: 'Alerts of this attacker', allOfVictim: 'Alerts on this victim', facts: 'About this alert', timeline: 'Hits over time', hits: 'Hits', proof: 'Proof', hitCount: '{n} of {all} hits', dropWindow: 'Show the hits of all times', onlyLatest: 'Only the latest {n} hits are listed.', moreHits: 'Show more of the other {n}',
      packet: 'Packet', showPacket: 'Packet of {time}', kept: 'The packet is kept as evidence', rule: 'Rule', version: 'Matched', sessionSize: 'Session', copyObject: 'Copy as Liuying writes it', peakOf: '{n} · {slots} slots with hits | {n} · {slots} slot with hits | {n} · {slots} slots with hits', isActive: 'goes on', isOver: 'over',
      fact: { kind: 'Kind', stage: 'Stage of attack', rules: 'Rules', first: 'First seen', last: 'Last seen', duration: 'Duration', count: 'Hits', peak: 'Most in five minutes', devices: 'Devices', state: 'Activity' },
    },
  },
  zh: {
    page: { alerts: '告警' },
    alerts: {
      count: '{n} 条告警', summary: '概况', rules: '规则与通知', over: '命中规则的会话趋势', all: '全部', onlyActive: '活跃', active: '活跃', activeHint: '最近一次命中不到 70 分钟', dropAll: '清除筛选', drop: '清除筛选 {text}',
      partial: '此时段命中过多，未全部统计：缺少最早的部分。缩短时段即可看到全部。', failed: '无法读取告警', noMatch: '没有符合筛选的告警', empty: '此时段没有命中规则',
      emptyHint: '告警来自指纹规则：在配置的 [evidence] 一节启用，或用以下命令导入',
      status: '处理状态', setOne: '此告警的处理状态', setMany: '{n} 条告警的处理状态', setStatus: '更改状态', comment: '备注', commentHint: '能看到此告警的人都能看到。', commentMany: '留空：各告警保留原有备注。', save: '保存', changed: '已更改 {n} 条告警',
      by: '{user}，{time}', pick: '选择 {name}', pickAll: '选择本页全部', picked: '已选 {n} 条', pickNone: '取消选择', keys: 'J、K 移动，Enter 打开，空格选择，S 更改状态。',
      column: { level: '级别', name: '告警', attacker: '威胁来源', victim: '受害目标', count: '命中', first: '首次出现', last: '最近出现', status: '处理状态' },
      filter: { category: '类别', level: '级别', status: '处理状态', type: '类型', name: '告警', attacker: '威胁来源', victim: '受害目标', protocol: '协议', devid: '设备' },
      notHere: '此时段没有这条告警', notHereHint: '告警由搜索时段内的命中组成，扩大时段可能会找到。', attackerNote: '发出了规则识别的数据包', nothingKnown: '此时段未在该地址识别到任何内容。',
      allOfAttacker: '该来源的告警', allOfVictim: '该目标的告警', facts: '告警信息', timeline: '命中时序', hits: '命中', proof: '证据', hitCount: '{n} / {all} 次命中', dropWindow: '显示全部时间的命中', onlyLatest: '仅列出最近 {n} 次命中。', moreHits: '其余 {n} 次，继续显示',
      packet: '数据包', showPacket: '{time} 的数据包', kept: '数据包已作为证据保留', rule: '规则', version: '命中内容', sessionSize: '会话', copyObject: '按流影格式复制', peakOf: '{n} · 共 {slots} 个时间片有命中', isActive: '持续中', isOver: '已结束',
      fact: { kind: '类别', stage: '攻击阶段', rules: '规则', first: '首次出现', last: '最近出现', duration: '持续时长', count: '命中次数', peak: '五分钟内最多', devices: '设备', state: '是否活跃' },
    },
  },
  built: [...COLUMNS.map((one) => `alerts.column.${one.key}`), ...LISTS.map((one) => `alerts.filter.${one}`), ...FACTS.map((one) => `alerts.fact.${one}`)],
} satisfies Messages
