import type { Messages } from '@/i18n/catalogues'

export default {
  en: {
    page: { history: 'History' },
    history: {
      range: 'Time', count: '{n} of {all} requests', find: 'Expression or parameter', audit: 'Log-ins and changes', auditHint: 'Also what is no query: log-ins, changes, looks at packets', sessions: 'Its sessions', failed: 'The history could not be read', empty: 'No requests', emptyHint: 'Every question to the server is written down here: who asked what, when, and how long it took.', detail: 'Details', detailOf: 'Details of {api}', pages: 'Pages of the history',
      remove: 'Delete this entry', removeSure: 'Delete this entry of the history?',
      column: { timestamp: 'Time', userId: 'User', method: 'Method', api: 'API', expression: 'Expression', range: 'Span', recordsReturned: 'Returned', recordsFiltered: 'Matched', queryTime: 'Took', status: 'Status' },
      fact: { uri: 'Path', view: 'View', range: 'Range', forced: 'Forced expression' },
    },
  },
  zh: {
    page: { history: '操作历史' },
    history: {
      range: '时间', count: '{n} / {all} 个请求', find: '表达式或参数', audit: '登录与更改', auditHint: '也列出非查询的请求：登录、更改、查看数据包', sessions: '查看会话', failed: '无法读取历史', empty: '没有请求', emptyHint: '对服务器的每次查询都记录在这里：谁、何时、查询了什么、用了多久。', detail: '详情', detailOf: '{api} 的详情', pages: '历史分页',
      remove: '删除此记录', removeSure: '删除这条历史记录？',
      column: { timestamp: '时间', userId: '用户', method: '方法', api: '接口', expression: '表达式', range: '跨度', recordsReturned: '返回', recordsFiltered: '匹配', queryTime: '用时', status: '状态' },
      fact: { uri: '路径', view: '视图', range: '时间范围', forced: '强制表达式' },
    },
  },
  built: ['timestamp', 'userId', 'method', 'api', 'expression', 'range', 'recordsReturned', 'recordsFiltered', 'queryTime', 'status'].map((key) => `history.column.${key}`),
} satisfies Messages
