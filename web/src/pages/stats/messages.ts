import type { Messages } from '@/i18n/catalogues'

export default {
  en: {
    store: {
      title: 'Store of sessions', embedded: 'Embedded index', failed: 'How the store is could not be read', condition: { good: 'well', warning: 'needs attention', bad: 'damaged' }, sessions: 'Sessions', bytes: 'On disk', pending: 'In the log only', waiting: 'Waiting on this machine', changes: 'Changes beside the files', garbage: 'Goes soon', free: 'Free', writers: 'Written by', nobody: 'nobody now', parts: '{n} partitions | {n} partition | {n} partitions', older: 'The newest {n} are shown.',
      column: { name: 'Partition', sessions: 'Sessions', bytes: 'On disk', pieces: 'Files', deleted: 'Deleted', span: 'Last packets' }, member: { name: 'Machine', roles: 'Roles', shards: 'Shards', heap: 'Memory', cpu: 'Processor', disk: 'Free disk space' }, shards: 'Shards', unassigned: 'without a machine',
    },
  },
  zh: {
    store: {
      title: '会话存储', embedded: '内置索引', failed: '无法读取存储状态', condition: { good: '正常', warning: '需要注意', bad: '已损坏' }, sessions: '会话', bytes: '磁盘占用', pending: '仅在日志中', waiting: '在本机等待发送', changes: '文件旁的更改', garbage: '即将删除', free: '可用空间', writers: '写入者', nobody: '目前没有', parts: '{n} 个分区', older: '仅显示最新的 {n} 个。',
      column: { name: '分区', sessions: '会话', bytes: '磁盘占用', pieces: '文件', deleted: '已删除', span: '最后数据包' }, member: { name: '机器', roles: '角色', shards: '分片', heap: '内存', cpu: '处理器', disk: '可用磁盘空间' }, shards: '分片', unassigned: '未分配',
    },
  },
  built: [
    ...['good', 'warning', 'bad'].map((key) => `store.condition.${key}`),
    ...['name', 'sessions', 'bytes', 'pieces', 'deleted', 'span'].map((key) => `store.column.${key}`),
    ...['name', 'roles', 'shards', 'heap', 'cpu', 'disk'].map((key) => `store.member.${key}`),
  ],
} satisfies Messages
