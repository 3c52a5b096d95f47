import type { Messages } from '@/i18n/catalogues'

export default {
  en: {
    sharing: {
      title: 'Sharing', roles: 'Everybody with one of these roles sees it', users: 'These users see it', usersHint: 'User ids, separated by commas', editRoles: 'Everybody with one of these roles may change it',
      own: 'Private', shared: 'Shared', by: 'by {user}',
    },
  },
  zh: {
    sharing: {
      title: '共享', roles: '拥有任一以下角色的人可见', users: '以下用户可见', usersHint: '用户 ID，用逗号分隔', editRoles: '拥有任一以下角色的人可修改',
      own: '私有', shared: '已共享', by: '由 {user} 创建',
    },
  },
} satisfies Messages
