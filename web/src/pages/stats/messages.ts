import type { Messages } from '@/i18n/catalogues'

export default {
  en: {
    fleet: {
      title: 'Nodes of the fleet', seenFrom: 'as this viewer sees them', failed: 'The nodes could not be read', self: '(this viewer)', clock: 'clock {off}', compare: 'Compare with what the node itself logs:',
      dials: 'calls {viewers}', everyViewer: 'every viewer', approve: 'Let in', remove: 'Throw out', approveNode: 'Let {name} in', removeNode: 'Throw {name} out',
      approveText: 'Its key is {fingerprint}. Let it in only when the node itself logs the same: it is trusted with packets from then on.', removeText: 'It is no longer heard and gets no packets. When it still runs it comes back as one that waits.',
      approveDone: '{name} is in the fleet', removeDone: '{name} is out of the fleet',
      state: { alive: 'reachable', pending: 'waits for approval', silent: 'not heard of', skewed: 'reachable, clock is off', unreachable: 'not reachable' },
      column: { node: 'Node', state: 'State', address: 'Address', version: 'Version', seen: 'Last seen', packetsPerSec: 'Packets/s', free: 'Free', used: 'Packet files', change: 'Change' },
    },
    store: {
      title: 'Store of sessions', embedded: 'Embedded index', failed: 'How the store is could not be read', condition: { good: 'well', warning: 'needs attention', bad: 'damaged' }, sessions: 'Sessions', bytes: 'On disk', pending: 'In the log only', waiting: 'Waiting on this machine', changes: 'Changes beside the files', garbage: 'Goes soon', free: 'Free', writers: 'Written by', nobody: 'nobody now', parts: '{n} partitions | {n} partition | {n} partitions', older: 'The newest {n} are shown.',
      column: { name: 'Partition', sessions: 'Sessions', bytes: 'On disk', pieces: 'Files', deleted: 'Deleted', span: 'Last packets' }, member: { name: 'Machine', roles: 'Roles', shards: 'Shards', heap: 'Memory', cpu: 'Processor', disk: 'Free disk space' }, shards: 'Shards', unassigned: 'without a machine',
    },
  },
  zh: {
    fleet: {
      title: '集群节点', seenFrom: '从当前查看器所见', failed: '无法读取节点', self: '（当前查看器）', clock: '时钟偏差 {off}', compare: '请与节点自身日志中的指纹比对：',
      dials: '主动连接{viewers}', everyViewer: '所有查看器', approve: '批准加入', remove: '移出', approveNode: '批准 {name} 加入', removeNode: '移出 {name}',
      approveText: '其密钥指纹为 {fingerprint}。仅当节点自身日志显示相同指纹时才批准：此后它将被信任并可读取数据包。', removeText: '之后不再接受它的请求，它也得不到数据包。若它仍在运行，会重新以待批准状态出现。',
      approveDone: '{name} 已加入集群', removeDone: '{name} 已移出集群',
      state: { alive: '可达', pending: '待批准', silent: '无心跳', skewed: '可达，时钟有偏差', unreachable: '不可达' },
      column: { node: '节点', state: '状态', address: '地址', version: '版本', seen: '最后心跳', packetsPerSec: '包/秒', free: '可用空间', used: '数据包文件', change: '更改' },
    },
    store: {
      title: '会话存储', embedded: '内置索引', failed: '无法读取存储状态', condition: { good: '正常', warning: '需要注意', bad: '已损坏' }, sessions: '会话', bytes: '磁盘占用', pending: '仅在日志中', waiting: '在本机等待发送', changes: '文件旁的更改', garbage: '即将删除', free: '可用空间', writers: '写入者', nobody: '目前没有', parts: '{n} 个分区', older: '仅显示最新的 {n} 个。',
      column: { name: '分区', sessions: '会话', bytes: '磁盘占用', pieces: '文件', deleted: '已删除', span: '最后数据包' }, member: { name: '机器', roles: '角色', shards: '分片', heap: '内存', cpu: '处理器', disk: '可用磁盘空间' }, shards: '分片', unassigned: '未分配',
    },
  },
  built: [
    ...['alive', 'pending', 'silent', 'skewed', 'unreachable'].map((key) => `fleet.state.${key}`),
    ...['node', 'state', 'address', 'version', 'seen', 'packetsPerSec', 'free', 'used', 'change'].map((key) => `fleet.column.${key}`),
    ...['approve', 'remove', 'approveNode', 'removeNode', 'approveDone', 'removeDone'].map((key) => `fleet.${key}`),
    ...['good', 'warning', 'bad'].map((key) => `store.condition.${key}`),
    ...['name', 'sessions', 'bytes', 'pieces', 'deleted', 'span'].map((key) => `store.column.${key}`),
    ...['name', 'roles', 'shards', 'heap', 'cpu', 'disk'].map((key) => `store.member.${key}`),
  ],
} satisfies Messages
