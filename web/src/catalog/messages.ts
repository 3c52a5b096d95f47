import type { Messages } from '@/i18n/catalogues'

export default {
  en: { menu: { dns: 'Reverse DNS', noName: 'no name', unique: 'All values with counts', spiGraph: 'SPI graph of the field' }, group: { evidence: 'Evidence', modbus: 'Modbus', oracle: 'Oracle', bacnet: 'BACnet', krb5: 'Kerberos', diameter: 'Diameter', synchrophasor: 'Synchrophasor', s7comm: 'S7comm', isis: 'IS-IS', enip: 'EtherNet/IP', dcerpc: 'DCE/RPC' } },
  zh: { menu: { dns: '反向 DNS', noName: '没有名称', unique: '所有取值及次数', spiGraph: '该字段的 SPI 图' }, group: { evidence: '证据', modbus: 'Modbus', oracle: 'Oracle', bacnet: 'BACnet', krb5: 'Kerberos', diameter: 'Diameter', synchrophasor: 'Synchrophasor', s7comm: 'S7comm', isis: 'IS-IS', enip: 'EtherNet/IP', dcerpc: 'DCE/RPC' } },
  built: ['evidence', 'modbus', 'oracle', 'bacnet', 'krb5', 'diameter', 'synchrophasor', 's7comm', 'isis', 'enip', 'dcerpc'].map((group) => `group.${group}`),
} satisfies Messages
