// Chinese names of fields, by the English name that the server gives. Names of the trade (JA3, VLAN, URI, ASN) stay as they are.

/** Whole names. */
export const NAMES: Readonly<Record<string, string>> = {
  'Start Time': '开始时间', 'Stop Time': '结束时间', 'DB Timestamp': '入库时间', 'Session Length': '会话时长', Protocols: '协议', 'IP Protocol': 'IP 协议', Packets: '包数', Bytes: '字节数', 'Data bytes': '载荷字节数', 'data bytes': '载荷字节数',
  'Packets not kept': '未保存的包', 'Bytes not kept': '未保存的字节', 'Not kept because of': '未保存的原因', 'Session Segments': '会话分段', Node: '节点', 'Source Node': '来源节点', Interface: '接口', 'Root ID': '首段 ID', Tags: '标签', Asset: '资产', User: '用户',
  Ethertype: '以太网类型', Port: '端口', Country: '国家/地区', Region: '省/州', City: '城市', 'ASN Number': 'ASN 编号', 'ASN Name': 'ASN 名称', 'Outer IP': '外层 IP', 'Outer MAC': '外层 MAC', 'Outer OUI': '外层 OUI', 'Point Code': '信令点编码',
  'Payload Hex': '载荷（十六进制）', 'Payload UTF8': '载荷（UTF-8）', 'Payload Src Hex': '源端载荷（十六进制）', 'Payload Dst Hex': '目的端载荷（十六进制）',
  'TCP Src Zero Window': 'TCP 源端零窗口', 'TCP Dst Zero Window': 'TCP 目的端零窗口', 'TCP Src Seq': 'TCP 源端序号', 'TCP Dst Seq': 'TCP 目的端序号', 'TCP SYN Validated': 'TCP SYN 已确认', 'TCP SYN-ACK Validated': 'TCP SYN-ACK 已确认', 'TCP Src ISN Count': 'TCP 源端初始序号数',
  'Initial RTT': '初始往返时间', 'SCTP Proto Id': 'SCTP 协议标识', 'Hunt ID': '搜包 ID', 'Hunt Name': '搜包名称', 'Scrubbed By': '抹除者', 'ICMP Type': 'ICMP 类型', 'ICMP Code': 'ICMP 代码',
  'All IP fields': '所有 IP 字段', 'All port fields': '所有端口字段', 'All Host fields': '所有主机字段', 'All country fields': '所有国家/地区字段', 'All ASN fields': '所有 ASN 字段', 'All rir fields': '所有 RIR 字段', 'All DNS Host fields': '所有 DNS 主机字段', 'All DNS IP fields': '所有 DNS IP 字段',
  'Src or Dst MAC': '任一端 MAC', 'Src or Dst Outer IP': '任一端外层 IP', 'Src or Dst Outer MAC': '任一端外层 MAC', 'Src or Dst Session Id': '任一端会话 ID', 'Has Src or Dst Header': '任一端含头部', 'Has Value in Src or Dst Header': '任一端头部的值', 'View Name': '视图名称',
  Retransmissions: '重传', 'Out-of-order': '乱序', Lost: '丢失', 'Duplicate ACKs': '重复 ACK', 'Zero windows': '零窗口', Handshake: '握手', 'HTTP Transactions': 'HTTP 事务', 'HTTP Slowest': 'HTTP 最慢', 'HTTP Slowest First Byte': 'HTTP 最慢首字节', 'HTTP Errors': 'HTTP 错误',
  'SQL Statements': 'SQL 语句', 'SQL Slowest': 'SQL 最慢', 'SQL Slowest First Byte': 'SQL 最慢首字节', 'SQL Errors': 'SQL 错误', 'DNS Queries': 'DNS 查询', 'DNS Slowest': 'DNS 最慢', 'DNS Slowest First Byte': 'DNS 最慢首字节', 'DNS Errors': 'DNS 错误', 'Transactions not listed': '未列出的事务',
  Kind: '种类', Start: '开始', 'First Byte': '首字节', 'Last Byte': '末字节', Request: '请求', Status: '状态', Error: '错误', Rows: '行数', 'Response Bytes': '响应字节数',
  Category: '类别', Type: '类型', Name: '名称', Version: '版本', Vendor: '厂商', Rule: '规则', Level: '等级', 'Sent by': '发送方', Time: '时间', Device: '设备', 'First byte': '首字节', End: '结束', 'Packet kept': '已留存的包', Service: '服务', OS: '操作系统', Middleware: '中间件',
  Hostname: '主机名', Host: '主机', 'URI Path': 'URI 路径', 'QS Keys': '查询参数名', 'QS Values': '查询参数值', Useragent: '用户代理', 'User-Agent': '用户代理', 'Has Src Header': '请求含头部', 'Has Dst Header': '响应含头部', 'Request Header Fields': '请求头字段', 'Request Header Values': '请求头的值', 'Response Header Fields': '响应头字段', 'Response Header Values': '响应头的值',
  'Body MD5': '正文 MD5', 'Body SHA256': '正文 SHA256', 'Body Magic': '正文类型', 'Cookie Keys': 'Cookie 名', 'Cookie Values': 'Cookie 值', 'Request Method': '请求方法', 'Auth Type': '认证类型', 'Auth Method': '认证方法', 'Status Code': '状态码', 'Request Body': '请求正文', 'Request Authorization': '请求 Authorization', 'Request Content-Type': '请求 Content-Type', 'Request Origin': '请求 Origin', 'Request Referer': '请求 Referer',
  'Response Content-Type': '响应 Content-Type', 'Response Location': '响应 Location', 'Response Server': '响应 Server', Opcode: '操作码', 'Op Code': '操作码', 'Close Code': '关闭代码', 'Close Reason': '关闭原因', 'Text Sample': '文本样本', 'Frame Count': '帧数', 'Masked Frames': '带掩码的帧', 'Payload Bytes': '载荷字节数',
  'X-Mailer Header': 'X-Mailer 头', Sender: '发件人', Receiver: '收件人', Subject: '主题', Id: 'ID', Filenames: '文件名', Filename: '文件名', 'Attach MD5s': '附件 MD5', 'Attach SHA256s': '附件 SHA256', 'Attach Content-Type': '附件 Content-Type', Header: '头部', 'Header Field': '头部字段', 'Header Value': '头部的值', 'SMTP Hello': 'SMTP 问候', Folder: '文件夹', 'Authorization Header': 'Authorization 头',
  Key: '密钥', 'HASSH Server': 'HASSH（服务器）', Command: '命令', 'Response Code': '响应代码', Banner: '欢迎信息', Database: '数据库', Application: '应用', 'MX IP': 'MX 的 IP', 'NS IP': 'NS 的 IP', 'MX Host': 'MX 主机', 'NS Host': 'NS 主机', 'Query Host': '查询主机', 'Query Type': '查询类型', 'Query Class': '查询类', 'Header Flags': '头部标志', Answers: '应答',
  'Answer Type': '应答类型', 'Answer Class': '应答类', 'Answer TTL': '应答 TTL', 'Answer Name': '应答名称', 'Answer IP': '应答 IP', 'Answer CNAME': '应答 CNAME', 'Answer NS': '应答 NS', 'Answer MX': '应答 MX', 'Answer Priority': '应答优先级', 'Answer HTTPS': '应答 HTTPS', 'Answer TXT': '应答 TXT', 'Answer CAA': '应答 CAA', 'Answer RRSIG': '应答 RRSIG', 'Answer NSEC': '应答 NSEC', 'Answer DS': '应答 DS',
  Cipher: '加密套件', 'Session Id': '会话 ID', 'Session ID': '会话 ID', 'DHCP Type': 'DHCP 类型', 'DHCP Host': 'DHCP 主机', 'DHCP Client OUI': 'DHCP 客户端 OUI', 'DHCP Client MAC': 'DHCP 客户端 MAC', 'DHCP Transaction id': 'DHCP 事务 ID', 'DHCP Vendor Class': 'DHCP 厂商类别', 'DHCP Request IP': 'DHCP 请求的 IP',
  'ARP Sender IP': 'ARP 发送方 IP', 'ARP Sender OUI': 'ARP 发送方 OUI', 'ARP Sender MAC': 'ARP 发送方 MAC', 'ARP Opcode': 'ARP 操作码', 'Bind Name': '绑定名称', 'OPC UA Endpoint URL': 'OPC UA 端点 URL', 'OPC UA Security Policy': 'OPC UA 安全策略', Community: '团体名', Variable: '变量', 'Engine ID': '引擎 ID', 'Security Level': '安全级别', 'Security Mode': '安全模式', Mode: '模式', Stratum: '层级', 'Reference ID': '参考 ID', 'Clock ID': '时钟 ID',
  'Message Type': '消息类型', 'Msg Type': '消息类型', 'OSPF Msg Type': 'OSPF 消息类型', 'Router ID': '路由器 ID', 'Area ID': '区域 ID', 'Mapped Port': '映射端口', 'Mapped IP': '映射 IP', 'XOR Mapped Port': 'XOR 映射端口', 'XOR Mapped IP': 'XOR 映射 IP', 'XOR Relayed Port': 'XOR 中继端口', 'XOR Relayed IP': 'XOR 中继 IP', 'XOR Peer Port': 'XOR 对端端口', 'XOR Peer IP': 'XOR 对端 IP', Username: '用户名', Realm: '域', Software: '软件', 'Error Code': '错误代码', 'Error Class': '错误类别', Attributes: '属性',
  'Endpoint IP': '终端 IP', 'NAS Port': 'NAS 端口', Nickname: '昵称', Channel: '频道', 'Modbus Unit ID': 'Modbus 单元 ID', 'Modbus Protocol ID': 'Modbus 协议 ID', 'Modbus Transaction IDs': 'Modbus 事务 ID', 'Modbus Function Code': 'Modbus 功能码', 'Modbus Exception Code': 'Modbus 异常码', 'DNP3 Destination Address': 'DNP3 目的地址', 'DNP3 Source Address': 'DNP3 源地址', 'DNP3 Function Code': 'DNP3 功能码', 'DNP3 Function Name': 'DNP3 功能名',
  'S7comm Function Code': 'S7comm 功能码', 'S7comm Function Name': 'S7comm 功能名', 'S7comm PDU Reference': 'S7comm PDU 引用', 'S7comm Error Class': 'S7comm 错误类别', 'S7comm Error Code': 'S7comm 错误代码', 'S7comm-plus Opcode': 'S7comm-plus 操作码', 'Client ID': '客户端 ID', Topic: '主题', 'Will Topic': '遗嘱主题', Flags: '标志', 'CONNACK Code': 'CONNACK 代码', Function: '功能', 'APDU Type': 'APDU 类型', 'Object Name': '对象名',
  'Frame Type': '帧类型', 'ID Code': '标识码', 'Station Name': '站名', 'Data Rate': '数据速率', 'Number of PMUs': 'PMU 数量', 'ENIP Command': 'ENIP 命令', 'ENIP Status': 'ENIP 状态', 'CIP Service': 'CIP 服务', 'CIP Class': 'CIP 类', 'ENIP Vendor': 'ENIP 厂商', 'ENIP Product': 'ENIP 产品', 'ENIP Device Type': 'ENIP 设备类型', Opnum: '操作号',
  'Origin Host': '发起主机', 'Origin Realm': '发起域', 'Dest Host': '目的主机', 'Dest Realm': '目的域', 'Result Code': '结果代码', 'Encryption Type': '加密类型', Encryption: '加密', 'Initiator SPI': '发起方 SPI', 'Responder SPI': '响应方 SPI', 'Exchange Type': '交换类型', 'Vendor ID': '厂商 ID', 'DH Group': 'DH 组', 'Requested Protocols': '请求的协议', 'Selected Protocol': '选定的协议', 'Client Name': '客户端名称', 'Client Build': '客户端版本号', 'Keyboard Layout': '键盘布局', 'Oracle Host': 'Oracle 主机',
  Method: '方法', From: '主叫', To: '被叫', 'Call ID': '呼叫 ID', Contact: '联系地址', 'System Type': '系统类型', Serial: '序列号', 'Max Payload': '最大载荷', 'Stream ID': '流 ID', 'Sync Operation': '同步操作', 'Sync Path': '同步路径', 'Shell Exit Code': 'Shell 退出码', 'Forward Direction': '转发方向', 'Forward Local': '转发本地端', 'Forward Remote': '转发远端', 'Service Indicator': '业务指示语', Share: '共享', Domain: '域', 'SMB Host': 'SMB 主机', Dialect: '方言',
  Cert: '证书', 'Alt Name': '备用名称', 'Serial Number': '序列号', 'Issuer CN': '颁发者 CN', 'Subject CN': '主体 CN', 'Issuer ON': '颁发者组织', 'Subject ON': '主体组织', 'Issuer Org Unit': '颁发者部门', 'Subject Org Unit': '主体部门', Hash: '哈希', 'Not Before': '生效时间', 'Not After': '失效时间', 'Days Valid For': '有效天数', 'Days remaining': '剩余天数', 'Seconds Valid For': '有效秒数', 'Seconds remaining': '剩余秒数', Curve: '曲线', 'Public Algorithm': '公钥算法',
  'NTLM Domain': 'NTLM 域', 'NTLM Host': 'NTLM 主机', 'NTLM Target Name': 'NTLM 目标名', 'NTLM Message Type': 'NTLM 消息类型', 'NTLM Version': 'NTLM 版本', Operation: '操作', Called: '被叫号码', Calling: '主叫号码',
}

/** Endings that the server puts to a name. */
const ENDINGS: readonly (readonly [string, string])[] = [[' Cnt', '数量'], [' Count', '数量'], [' Tokens', '分词'], [' GEO', '国家/地区'], [' ASN', 'ASN'], [' RIR', 'RIR'], [' Src', ''], [' Dst', '']]
const spaced = (left: string, right: string): string => (/[\w)]$/.test(left) || /^\w/.test(right) ? `${left} ${right}` : left + right)

/** The name in Chinese; what has none stays as it is. */
export function chineseName(name: string): string {
  const whole = NAMES[name]
  if (whole !== undefined) return whole
  for (const [ending, said] of ENDINGS) {
    if (!name.endsWith(ending)) continue
    const stem = chineseName(name.slice(0, -ending.length))
    if (ending === ' Src') return spaced('源端', stem)
    if (ending === ' Dst') return spaced('目的端', stem)
    return spaced(stem, said)
  }
  if (name.startsWith('Src ')) return spaced('源', chineseName(name.slice(4)))
  if (name.startsWith('Dst ')) return spaced('目的', chineseName(name.slice(4)))
  if (name.startsWith('TCP Flag ')) return `TCP 标志 ${name.slice(9)}`
  if (name.startsWith('Method ')) return spaced('方法', name.slice(7))
  return name
}
