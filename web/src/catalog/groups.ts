// Names of the groups that fields belong to.

import { useI18n } from 'vue-i18n'

/** The name of a group in the language of the page; a protocol without one is named as it is written, in capitals. */
export function useGroupName(): (group: string) => string {
  const { t, te } = useI18n()
  return (group) => (te(`group.${group}`) ? t(`group.${group}`) : group.toUpperCase())
}
