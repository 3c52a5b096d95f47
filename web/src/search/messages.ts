import type { Messages } from '@/i18n/catalogues'

export default {
  en: {
    view: {
      button: 'View', none: 'No view', title: 'Views: kept expressions', choose: 'Search within {name}', empty: 'No view is kept yet. Type an expression and keep it here.', by: 'by {user}', load: 'Put {name} into the expression', drop: 'Delete {name}', save: 'Keep this search as a view', name: 'Name', columns: 'With these columns and their order', share: 'Everybody may use it', keep: 'Keep',
      kept: 'The view {name} is kept.', gone: 'The view {name} is deleted.', needs: 'Type an expression first: it is what a view keeps.', failed: 'The views could not be read: {why}', off: 'Search without the view {name}',
    },
  },
  zh: {
    view: {
      button: '视图', none: '无视图', title: '视图：保存的表达式', choose: '在 {name} 中搜索', empty: '还没有视图。输入表达式后可在此保存。', by: '作者 {user}', load: '将 {name} 放入表达式', drop: '删除 {name}', save: '将此搜索存为视图', name: '名称', columns: '包括当前的列和排序', share: '所有人可用', keep: '保存',
      kept: '视图 {name} 已保存。', gone: '视图 {name} 已删除。', needs: '请先输入表达式，视图保存的就是它。', failed: '无法读取视图：{why}', off: '不使用视图 {name}',
    },
  },
} satisfies Messages
