import type { Messages } from '@/i18n/catalogues'
import { COLUMNS, HOST_COLUMNS, LISTS } from './assets'

export default {
  en: {
    page: { assets: 'Assets' },
    assets: {
      count: '{n} findings | {n} finding | {n} findings', countIn: 'with {n} findings · {ms}', hosts: '{n} addresses | {n} address | {n} addresses', summary: 'Summary', view: 'Show', byHost: 'By address', list: 'List', failed: 'The assets could not be read',
      noMatch: 'Nothing passes the filters', empty: 'Nothing was recognised in this range', emptyHint: 'Services, devices, systems and middleware are recognised by fingerprint rules: switch them on in the section [evidence] of the configuration, or import with',
      cut: 'Only the {n} latest findings are put together. A filter or a shorter range shows the others.', details: 'Details', show: 'What was seen on {ip}', showPacket: 'Packet that shows {name} on {ip}', sessions: 'Sessions with {name} on {ip}', rules: 'Rules: {rules}',
      column: { ip: 'Address', category: 'Kind', name: 'Name', version: 'Version', port: 'Port', first: 'First seen', last: 'Last seen', count: 'Seen' },
      host: { ip: 'Address', service: 'Services', midware: 'Middleware', os: 'System', device: 'Device', first: 'First seen', last: 'Last seen' },
      filter: { category: 'Kind', type: 'Type', name: 'Name', ip: 'Address' },
    },
  },
  zh: {
    page: { assets: '资产' },
    assets: {
      count: '{n} 项发现', countIn: '共 {n} 项发现 · {ms}', hosts: '{n} 个地址', summary: '概况', view: '显示方式', byHost: '按地址', list: '列表', failed: '无法读取资产',
      noMatch: '没有符合筛选的内容', empty: '此时段没有识别到内容', emptyHint: '服务、设备、操作系统和中间件由指纹规则识别：在配置的 [evidence] 一节启用，或用以下命令导入',
      cut: '仅汇总最近 {n} 项发现。筛选或缩短时段可看到其余部分。', details: '详情', show: '在 {ip} 上看到的内容', showPacket: '证明 {ip} 上有 {name} 的数据包', sessions: '{ip} 上有 {name} 的会话', rules: '规则：{rules}',
      column: { ip: '地址', category: '类别', name: '名称', version: '版本', port: '端口', first: '首次出现', last: '最近出现', count: '次数' },
      host: { ip: '地址', service: '服务', midware: '中间件', os: '系统', device: '设备', first: '首次出现', last: '最近出现' },
      filter: { category: '类别', type: '类型', name: '名称', ip: '地址' },
    },
  },
  built: [...COLUMNS.map((one) => `assets.column.${one.key}`), ...HOST_COLUMNS.map((one) => `assets.host.${one}`), ...LISTS.map((one) => `assets.filter.${one}`)],
} satisfies Messages
