// Texts of the log-in page's second factor and provider.

import type { Messages } from '@/i18n/catalogues'

export default {
  en: {
    login: {
      code: 'Code', codeHint: 'Six digits from your authenticator app, or a recovery code.', codeWrong: 'This code is wrong or was used already.',
      back: 'Back', next: 'Continue', with: 'Log in with {name}', or: 'or', off: 'Passwords are switched off here.',
      enroll: 'Set up a second factor', enrollWhy: 'Your account needs one. Scan the picture with an authenticator app, then type the code that it shows.',
      secret: 'Or type this secret', qr: 'QR code of the secret', confirm: 'Confirm', enrollWrong: 'This code is wrong. Is the clock of your telephone right?',
      recovery: 'Recovery codes', recoveryWhy: 'Each lets you in once when your telephone is lost. Keep them in a safe place: they are not shown again.',
      copy: 'Copy', copied: 'Copied', kept: 'I have kept them',
      failed: {
        provider: 'The provider does not answer. Ask an administrator to look into the log.',
        token: 'The provider’s answer was refused. Ask an administrator to look into the log.',
        refused: 'The log-in was refused: it took too long, or you have no account here.',
        error: 'The log-in failed. Try again.',
      },
    },
  },
  zh: {
    login: {
      code: '验证码', codeHint: '请输入身份验证器中的六位数字，或一个恢复码。', codeWrong: '验证码错误或已被使用。',
      back: '返回', next: '继续', with: '使用 {name} 登录', or: '或', off: '此处已关闭密码登录。',
      enroll: '设置两步验证', enrollWhy: '您的账户要求两步验证。请用身份验证器扫描下图，然后输入显示的验证码。',
      secret: '或手动输入此密钥', qr: '密钥的二维码', confirm: '确认', enrollWrong: '验证码错误。请检查手机时间是否准确。',
      recovery: '恢复码', recoveryWhy: '手机丢失时，每个恢复码可登录一次。请妥善保存：以后不再显示。',
      copy: '复制', copied: '已复制', kept: '我已保存',
      failed: {
        provider: '身份提供方没有响应，请管理员查看日志。',
        token: '身份提供方的应答被拒绝，请管理员查看日志。',
        refused: '登录被拒绝：耗时过长，或您在此没有账户。',
        error: '登录失败，请重试。',
      },
    },
  },
  built: ['login.failed.provider', 'login.failed.token', 'login.failed.refused', 'login.failed.error'],
} satisfies Messages
