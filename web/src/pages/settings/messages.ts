import { TOKENS } from '@/design/ownTheme'
import type { Messages } from '@/i18n/catalogues'

const SECTIONS = ['general', 'theme', 'security', 'layouts', 'views', 'lists', 'queries', 'notifiers']

export default {
  en: {
    settings: { section: { general: 'General', theme: 'Own theme', security: 'Password and access', layouts: 'Layouts', views: 'Views', lists: 'Lists of values', queries: 'Periodic queries', notifiers: 'Notifiers' },
      whose: 'Settings of {name}', toUsers: 'All users', toOwn: 'My own settings', toTheme: 'Choose its colours', saving: 'Saving …', saved: 'Saved', unsaved: 'Not saved: {why}', notShown: 'The settings of {name} cannot be shown',
      theirZone: 'As the computer of the user', theirs: 'They hold as soon as the user loads the viewer again.', password: 'Password', setPassword: 'Set a new one', totpOf: 'Switch off the second factor of {name}?', totpText: 'Where the telephone is lost: the password alone is enough afterwards, until the user sets one up again.',
    },
    theme: { own: 'My own' },
    owntheme: {
      title: 'A theme of your own', about: 'Choose colours over the light or the dark theme. They go with the account.', use: 'Use it', base: 'Based on', more: 'More colours', follows: 'What is not chosen follows from the colours above.', preview: 'Preview of the theme',
      pick: 'Pick: {name}', hex: '{name} as #rrggbb', back: 'Give back: {name}', readable: 'Every text and mark can be read (WCAG AA).', weak: '{n} pair is hard to read (below WCAG AA) | {n} pair is hard to read (below WCAG AA) | {n} pairs are hard to read (below WCAG AA)',
      pair: '{front} on {ground}', ratio: '{ratio}, needed {least}', copy: 'Copy as text', copied: 'The theme is copied: others can import it.', import: 'Import', importHint: 'The text of a theme that somebody copied here, or of a custom theme of Arkime.', text: 'Theme as text', take: 'Use this theme', imported: 'The theme is taken over.',
      noTheme: 'This is no theme: it begins with hindsight:light or hindsight:dark, or is the list of colours of Arkime.', noColour: 'Not a colour of a theme: {part}', reset: 'Reset', resetSure: 'Reset all colours?', resetText: 'The colours that you chose are gone. Copy them as text first to keep them.', resetDone: 'The colours are as delivered.',
      group: { surfaces: 'Surfaces and lines', texts: 'Texts and buttons', states: 'Soft backgrounds', series: 'Series of charts' },
      token: {
        bg: 'Page', surface: 'Card', text: 'Text', accent: 'Links and marks', src: 'Source', dst: 'Destination', good: 'Good', warn: 'Warning', bad: 'Bad', raised: 'Menu', sunken: 'Table head', hover: 'Under the pointer', line: 'Line', 'line-strong': 'Border', 'text-2': 'Second text', 'text-3': 'Third text',
        'accent-solid': 'Button', 'on-accent': 'Text of a button', 'accent-soft': 'Chosen', 'src-soft': 'Source, soft', 'dst-soft': 'Destination, soft', 'warn-soft': 'Warning, soft', 'bad-soft': 'Bad, soft', 'series-1': 'Series 1', 'series-2': 'Series 2', 'series-3': 'Series 3', 'series-4': 'Series 4', 'series-5': 'Series 5', 'series-6': 'Series 6', 'series-7': 'Series 7', 'series-8': 'Series 8', 'series-other': 'All others', mark: 'Mark',
      },
      sample: { search: 'Search', text: 'Text', second: 'second', third: 'third', link: 'a link', good: 'good', tab: 'chosen' },
    },
    objects: { edit: 'Edit {name}', remove: 'Delete {name}', removeSure: 'Delete {name}?' },
    layouts: {
      sessionstable: 'Columns of the session list', sessionsinfofields: 'Fields of the info column', spiview: 'Fields of the SPI view', empty: 'None kept.', use: 'Use',
      about: { sessionstable: 'Kept in the menu of the columns.', sessionsinfofields: 'Kept where the info column is chosen.', spiview: 'Kept on the SPI page.' },
    },
    views: { about: 'A view is a named expression that narrows every search while it is chosen in the search bar.', empty: 'No views yet.', new: 'New view', edit: 'Edit view', columns: 'with columns', keepColumns: 'Keep its columns and order', removeText: 'Links that name it find nothing any more.' },
    lists: {
      about: 'A list stands for its values in an expression: ip == $servers. The comparison is that of the field.', empty: 'No lists yet.', new: 'New list', edit: 'Edit list', kind: 'Kind', type: { ip: 'Addresses', string: 'Texts', number: 'Numbers' },
      nameHint: 'Letters, digits, - and _; used with a dollar sign before it.', value: 'Values', valueHint: 'One a line, or separated by commas.', values: 'no values | {n} value | {n} values', removeText: 'Expressions that use it are refused afterwards.',
    },
    queries: {
      about: 'A periodic query runs about every half a minute over what is new, tags the sessions it finds, and tells notifiers.', empty: 'No periodic queries yet.', new: 'New periodic query', edit: 'Edit periodic query', on: 'active', off: 'stopped', pause: 'Stop', resume: 'Start',
      do: 'What it does', action: { tag: 'Tag what it finds', notify: 'Only tell' }, tagsOf: 'Tags, separated by commas', tags: 'tags {tags}', told: 'tells {names}', nobody: 'There are no notifiers; an administrator can make some.', since: { new: 'Only new sessions' }, sinceLabel: 'Begin with',
      found: 'nothing found so far | {n} session found | {n} sessions found', ran: 'ran up to {time}', removeText: 'Tags that it made stay.',
    },
    notifiers: {
      about: 'Where periodic queries and hunts say what they found. Only administrators see how they are set.', empty: 'No notifiers yet.', new: 'New notifier', edit: 'Edit notifier', kind: 'Kind', try: 'Try', used: 'last used {time}', removeText: 'Queries and hunts that name it tell nobody any more.',
      field: { from: 'From', to: 'To', subject: 'Subject', host: 'Server', port: 'Port', secure: 'TLS', user: 'User', password: 'Password', webhookUrl: 'URL', authorization: 'Authorization', slackWebhookUrl: 'URL of the web hook', discordWebhookUrl: 'URL of the web hook', accountSid: 'Account SID', authToken: 'Token', toNumber: 'To number', fromNumber: 'From number', protocol: 'Protocol', facility: 'Facility', severity: 'Severity' },
    },
    totp: {
      title: 'Second factor', about: 'At log-in a code of an app on your telephone is asked for too.', unavailable: 'Not available here: {why}', on: 'The second factor is on.', off: 'The second factor is off.', since: 'On since {time}', left: 'no recovery codes left | one recovery code left | {n} recovery codes left', required: 'A role of yours asks for a second factor.', setup: 'Set up', disable: 'Switch off',
      qr: 'QR code of the secret', scan: 'Scan this with an authenticator app, or type the secret. Then enter the code it shows.', copySecret: 'Copy the secret', code: 'Code', codeOrRecovery: 'Code or recovery code', confirm: 'Confirm',
      recovery: 'Recovery codes', recoveryHint: 'Each works once when the telephone is lost. They are shown only now.', copy: 'Copy all', kept: 'I have kept them',
    },
    token: {
      title: 'API tokens', about: 'For scripts and assistants: part of your rights, with an end.', theirs: 'Made by the user for scripts and assistants; here they can be revoked.', unavailable: 'Not available here: {why}', none: 'No tokens.', new: 'New token', create: 'Make the token', nameHint: 'What it is for', days: 'Ends after', once: 'This is the token. It is shown only now.', copy: 'Copy the token', how: 'Send it with each request:',
      column: { name: 'Name', scopes: 'May', expires: 'Ends', lastUsed: 'Last used' }, scope: { read: 'read: search and look', export: 'export: packets, CSV, JSON', upload: 'upload: import captures', admin: 'admin: change and administer' },
      revoke: 'Revoke', revokeSure: 'Revoke {name}?', revokeText: 'Whoever uses it is refused at once.', revoked: 'The token is revoked.',
    },
  },
  zh: {
    settings: { section: { general: '常规', theme: '自定义主题', security: '密码与访问', layouts: '布局', views: '视图', lists: '值列表', queries: '定期查询', notifiers: '通知' },
      whose: '{name} 的设置', toUsers: '全部用户', toOwn: '我的设置', toTheme: '选择颜色', saving: '正在保存……', saved: '已保存', unsaved: '未能保存：{why}', notShown: '无法显示 {name} 的设置',
      theirZone: '与该用户的电脑一致', theirs: '该用户重新打开界面后生效。', password: '密码', setPassword: '设置新密码', totpOf: '关闭 {name} 的双重验证？', totpText: '用于手机丢失的情况：此后仅凭密码即可登录，直到该用户重新设置。',
    },
    theme: { own: '自定义' },
    owntheme: {
      title: '自定义主题', about: '在浅色或深色主题的基础上选择颜色，随账号保存。', use: '使用此主题', base: '基于', more: '更多颜色', follows: '未选择的颜色由上面的颜色推出。', preview: '主题预览',
      pick: '选择：{name}', hex: '{name}（#rrggbb）', back: '恢复：{name}', readable: '所有文字与标记均清晰可读（WCAG AA）。', weak: '{n} 组颜色难以辨认（低于 WCAG AA）',
      pair: '{ground}上的{front}', ratio: '{ratio}，需达到 {least}', copy: '复制为文本', copied: '主题已复制，他人可以导入。', import: '导入', importHint: '粘贴他人在此复制的主题文本，或 Arkime 自定义主题的文本。', text: '主题文本', take: '使用此主题', imported: '主题已导入。',
      noTheme: '不是主题文本：应以 hindsight:light 或 hindsight:dark 开头，或为 Arkime 的颜色列表。', noColour: '不是主题的颜色：{part}', reset: '重置', resetSure: '重置全部颜色？', resetText: '您选择的颜色将被清除。如需保留，请先复制为文本。', resetDone: '颜色已恢复默认。',
      group: { surfaces: '表面与线条', texts: '文字与按钮', states: '浅色背景', series: '图表系列' },
      token: {
        bg: '页面', surface: '卡片', text: '文字', accent: '链接与强调', src: '源端', dst: '目的端', good: '正常', warn: '警告', bad: '错误', raised: '菜单', sunken: '表头', hover: '指针悬停', line: '线条', 'line-strong': '边框', 'text-2': '次要文字', 'text-3': '辅助文字',
        'accent-solid': '按钮', 'on-accent': '按钮文字', 'accent-soft': '选中背景', 'src-soft': '源端背景', 'dst-soft': '目的端背景', 'warn-soft': '警告背景', 'bad-soft': '错误背景', 'series-1': '系列 1', 'series-2': '系列 2', 'series-3': '系列 3', 'series-4': '系列 4', 'series-5': '系列 5', 'series-6': '系列 6', 'series-7': '系列 7', 'series-8': '系列 8', 'series-other': '其他', mark: '标记',
      },
      sample: { search: '搜索', text: '文字', second: '次要', third: '辅助', link: '链接', good: '正常', tab: '选中' },
    },
    objects: { edit: '编辑 {name}', remove: '删除 {name}', removeSure: '删除 {name}？' },
    layouts: {
      sessionstable: '会话列表的列', sessionsinfofields: '摘要列的字段', spiview: 'SPI 视图的字段', empty: '没有保存的布局。', use: '使用',
      about: { sessionstable: '在列菜单中保存。', sessionsinfofields: '在选择摘要列处保存。', spiview: '在 SPI 页面保存。' },
    },
    views: { about: '视图是命名的表达式，在搜索栏中选中后会附加到每次搜索。', empty: '还没有视图。', new: '新建视图', edit: '编辑视图', columns: '含列布局', keepColumns: '保留其列与排序', removeText: '引用它的链接将失效。' },
    lists: {
      about: '列表在表达式中代表其中的值：ip == $servers。比较方式由字段决定。', empty: '还没有列表。', new: '新建列表', edit: '编辑列表', kind: '类型', type: { ip: '地址', string: '文本', number: '数字' },
      nameHint: '字母、数字、- 和 _；使用时前面加美元符号。', value: '值', valueHint: '每行一个，或用逗号分隔。', values: '没有值 | {n} 个值 | {n} 个值', removeText: '使用它的表达式将被拒绝。',
    },
    queries: {
      about: '定期查询约每半分钟对新数据运行一次，为找到的会话加标签并发送通知。', empty: '还没有定期查询。', new: '新建定期查询', edit: '编辑定期查询', on: '运行中', off: '已停止', pause: '停止', resume: '启动',
      do: '操作', action: { tag: '加标签', notify: '仅通知' }, tagsOf: '标签，用逗号分隔', tags: '标签 {tags}', told: '通知 {names}', nobody: '还没有通知方式，可由管理员创建。', since: { new: '仅新会话' }, sinceLabel: '起始',
      found: '目前没有找到 | 找到 {n} 个会话 | 找到 {n} 个会话', ran: '已运行至 {time}', removeText: '已加的标签会保留。',
    },
    notifiers: {
      about: '定期查询和搜包通过通知告知结果。只有管理员能看到其配置。', empty: '还没有通知方式。', new: '新建通知', edit: '编辑通知', kind: '类型', try: '测试', used: '最近使用 {time}', removeText: '引用它的查询与搜包将不再发送通知。',
      field: { from: '发件人', to: '收件人', subject: '主题', host: '服务器', port: '端口', secure: 'TLS', user: '用户', password: '密码', webhookUrl: '地址', authorization: '认证头', slackWebhookUrl: 'Webhook 地址', discordWebhookUrl: 'Webhook 地址', accountSid: '账户 SID', authToken: '令牌', toNumber: '接收号码', fromNumber: '发送号码', protocol: '协议', facility: '设施', severity: '级别' },
    },
    totp: {
      title: '双重验证', about: '登录时还需输入手机应用显示的验证码。', unavailable: '此处不可用：{why}', on: '双重验证已启用。', off: '双重验证已关闭。', since: '自 {time} 起启用', left: '没有剩余的恢复码 | 剩余一个恢复码 | 剩余 {n} 个恢复码', required: '您的角色要求启用双重验证。', setup: '设置', disable: '关闭',
      qr: '密钥的二维码', scan: '用验证器应用扫描，或手动输入密钥，然后输入其显示的验证码。', copySecret: '复制密钥', code: '验证码', codeOrRecovery: '验证码或恢复码', confirm: '确认',
      recovery: '恢复码', recoveryHint: '手机丢失时每个可用一次。仅在此时显示。', copy: '全部复制', kept: '已保存',
    },
    token: {
      title: 'API 令牌', about: '供脚本和助手使用：拥有您的部分权限，并会过期。', theirs: '由该用户为脚本和助手创建；可在此撤销。', unavailable: '此处不可用：{why}', none: '没有令牌。', new: '新建令牌', create: '创建令牌', nameHint: '用途', days: '有效期', once: '这是令牌，仅在此时显示。', copy: '复制令牌', how: '在每个请求中发送：',
      column: { name: '名称', scopes: '权限', expires: '到期', lastUsed: '最近使用' }, scope: { read: 'read：搜索与查看', export: 'export：导出数据包、CSV、JSON', upload: 'upload：导入抓包文件', admin: 'admin：修改与管理' },
      revoke: '吊销', revokeSure: '吊销 {name}？', revokeText: '使用它的程序会立即被拒绝。', revoked: '令牌已吊销。',
    },
  },
  built: [
    ...SECTIONS.map((key) => `settings.section.${key}`),
    ...['sessionstable', 'sessionsinfofields', 'spiview'].flatMap((type) => [`layouts.${type}`, `layouts.about.${type}`]),
    ...['ip', 'string', 'number'].map((type) => `lists.type.${type}`),
    ...['tag', 'notify'].map((action) => `queries.action.${action}`),
    ...['name', 'scopes', 'expires', 'lastUsed'].map((key) => `token.column.${key}`),
    ...['surfaces', 'texts', 'states', 'series'].map((group) => `owntheme.group.${group}`),
    ...TOKENS.map((token) => `owntheme.token.${token}`),
    ...['system', 'light', 'dark', 'own'].map((theme) => `theme.${theme}`),
  ],
} satisfies Messages
