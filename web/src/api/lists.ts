// What every list of the server takes and gives.

export interface Rows<T> {
  data: T[]
  recordsTotal: number
  recordsFiltered: number
}

export interface TableQuery {
  start: number
  length: number
  sortField: string
  desc: boolean
  filter: string
}
