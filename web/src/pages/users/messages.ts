import type { Messages } from '@/i18n/catalogues'

export default {
  en: {
    page: { users: 'Users and roles' },
    users: {
      kind: { users: 'Users', roles: 'Roles' }, find: 'Id, name or role; !role', findPerson: 'Id or name', failed: 'The users could not be listed', noMatch: 'Nobody matches', actions: 'Actions',
      none: { users: 'No users', roles: 'No roles of your own' }, noneHint: { users: 'Make one, or let a proxy or provider name them.', roles: 'A role bundles rights and limits, and can be given to users by those you name.' },
      new: 'New user', newRole: 'New role', edit: 'Edit {name}', editRole: 'Edit role {name}', remove: 'Delete {name}', save: 'Save', saved: '{name} is saved.',
      column: { userId: 'Id', userName: 'Name', roles: 'Roles', rights: 'Rights', expression: 'Forced expression', timeLimit: 'Time limit', lastUsed: 'Last seen' },
      userId: 'User id', roleId: 'Role id', userName: 'Name', password: 'Password', roles: 'Roles', grants: 'May', limits: 'Limits', withRole: 'Who has {role}', dropRole: 'Show all',
      right: {
        enabled: 'log in at all', webEnabled: 'use the viewer and its API', headerAuthEnabled: 'be named by a proxy', emailSearch: 'search fields of e-mails', packetSearch: 'search packets by hunts', removeEnabled: 'remove sessions, tags and packets; pin',
        disablePcapDownload: 'no export of packets', hidePcap: 'no packets at all', hideFiles: 'no list of packet files', hideStats: 'no statistics',
      },
      mark: { enabled: 'disabled', webEnabled: 'no viewer', headerAuthEnabled: 'proxy', emailSearch: 'e-mail', packetSearch: 'hunts', removeEnabled: 'remove', disablePcapDownload: 'no export', hidePcap: 'no packets', hideFiles: 'no files', hideStats: 'no stats', totp: 'second factor' },
      totpRequired: 'second factor required', expression: 'Forced expression', expressionHint: 'Every search is narrowed by it; empty for none.', timeLimit: 'Longest time range', timeLimitHint: 'Of one search.', anyTime: 'any', hours: '{n} hours | {n} hour | {n} hours', days: '{n} days | {n} day | {n} days',
      assigners: 'Who may give the role to others', assignersHint: 'Besides those who administer users.', membersOf: 'Who has {name}', members: 'nobody has it | one user has it | {n} users have it',
      wrong: { id: 'An id has letters, digits, dots, dashes, underscores and the at sign only.', name: 'A name is needed.', password: 'The password has at least 8 characters.' },
      settingsOf: 'Settings of {name}', resetFor: 'New password for {name}', resetHint: 'Log-ins of the user end at once.', passwordSet: '{name} has a new password.',
      removeSure: 'Delete {name}?', removeText: 'Log-ins and API tokens end at once. What the user shared stays.', removeRoleText: 'Users who have the role lose the rights it gives.',
    },
  },
  zh: {
    page: { users: '用户与角色' },
    users: {
      kind: { users: '用户', roles: '角色' }, find: 'ID、名称或角色；!角色', findPerson: 'ID 或名称', failed: '无法列出用户', noMatch: '没有匹配的用户', actions: '操作',
      none: { users: '没有用户', roles: '还没有自定义角色' }, noneHint: { users: '可在此新建，或由代理、身份提供方创建。', roles: '角色汇集权限与限制，可由指定的人授予用户。' },
      new: '新建用户', newRole: '新建角色', edit: '编辑 {name}', editRole: '编辑角色 {name}', remove: '删除 {name}', save: '保存', saved: '{name} 已保存。',
      column: { userId: 'ID', userName: '名称', roles: '角色', rights: '权限', expression: '强制表达式', timeLimit: '时间限制', lastUsed: '最近使用' },
      userId: '用户 ID', roleId: '角色 ID', userName: '名称', password: '密码', roles: '角色', grants: '允许', limits: '限制', withRole: '拥有 {role} 的用户', dropRole: '显示全部',
      right: {
        enabled: '登录', webEnabled: '使用界面与接口', headerAuthEnabled: '由代理认证', emailSearch: '搜索邮件字段', packetSearch: '搜包', removeEnabled: '删除会话、标签和数据包；固定数据包',
        disablePcapDownload: '不能导出数据包', hidePcap: '不能查看数据包', hideFiles: '不能查看文件列表', hideStats: '不能查看统计',
      },
      mark: { enabled: '已停用', webEnabled: '无界面', headerAuthEnabled: '代理', emailSearch: '邮件', packetSearch: '搜包', removeEnabled: '删除', disablePcapDownload: '禁导出', hidePcap: '禁看包', hideFiles: '禁文件', hideStats: '禁统计', totp: '双重验证' },
      totpRequired: '必须使用双重验证', expression: '强制表达式', expressionHint: '每次搜索都会附加此条件；留空表示没有。', timeLimit: '最长时间范围', timeLimitHint: '单次搜索的范围。', anyTime: '不限', hours: '{n} 小时', days: '{n} 天',
      assigners: '谁可以授予此角色', assignersHint: '用户管理员始终可以。', membersOf: '拥有 {name} 的用户', members: '没有用户拥有 | 一个用户拥有 | {n} 个用户拥有',
      wrong: { id: 'ID 只能含字母、数字、点、短横线、下划线和 at 符号。', name: '请填写名称。', password: '密码至少 8 个字符。' },
      settingsOf: '{name} 的设置', resetFor: '为 {name} 设置新密码', resetHint: '该用户的登录会立即结束。', passwordSet: '{name} 的密码已更新。',
      removeSure: '删除 {name}？', removeText: '其登录和 API 令牌立即失效，共享的内容会保留。', removeRoleText: '拥有此角色的用户将失去相应权限。',
    },
  },
  built: [
    ...['users', 'roles'].flatMap((kind) => [`users.kind.${kind}`, `users.none.${kind}`, `users.noneHint.${kind}`]),
    ...['userId', 'userName', 'roles', 'rights', 'expression', 'timeLimit', 'lastUsed'].map((key) => `users.column.${key}`),
    ...['enabled', 'webEnabled', 'headerAuthEnabled', 'emailSearch', 'packetSearch', 'removeEnabled', 'disablePcapDownload', 'hidePcap', 'hideFiles', 'hideStats'].flatMap((right) => [`users.right.${right}`, `users.mark.${right}`]),
    ...['id', 'name', 'password'].map((wrong) => `users.wrong.${wrong}`),
  ],
} satisfies Messages
