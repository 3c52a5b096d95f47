import type { Messages } from '@/i18n/catalogues'

export default {
  en: { page: { roles: 'Roles' }, roles: { which: 'Role', about: 'You may give these roles to others and take them back.', none: 'You assign no role', noneHint: 'Who administers users can name you as an assigner of a role.' } },
  zh: { page: { roles: '角色' }, roles: { which: '角色', about: '您可以把这些角色授予他人，也可以收回。', none: '您没有可授予的角色', noneHint: '用户管理员可以把您设为某个角色的授予人。' } },
} satisfies Messages
