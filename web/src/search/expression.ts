// Building expressions from clicks on values.

const BARE = /^[-+a-zA-Z0-9_.@:*?]+$/
const WORDS = /^(and|or|not|in)$/i

/** A value as the search language reads it back: bare where it can be, quoted where it must. */
export function quoted(value: string | number | boolean): string {
  const text = String(value)
  if (BARE.test(text) && !WORDS.test(text)) return text
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

export type Join = '&&' | '||'

function hasTopLevel(expression: string, operator: string): boolean {
  let depth = 0
  let quote = ''
  for (let i = 0; i < expression.length; i++) {
    const char = expression[i] ?? ''
    if (quote) {
      if (char === '\\') i++
      else if (char === quote) quote = ''
    } else if (char === '"') quote = char
    else if ('(['.includes(char)) depth++
    else if (')]'.includes(char)) depth--
    else if (depth === 0 && expression.startsWith(operator, i)) return true
  }
  return false
}

/** `expression && term`, with brackets where precedence asks for them. */
export function joined(expression: string, join: Join, term: string): string {
  const before = expression.trim()
  if (!before) return term
  const loose = (text: string): boolean => join === '&&' && (hasTopLevel(text, '||') || /\bor\b/i.test(text))
  const wrapped = (text: string): string => (loose(text) ? `(${text})` : text)
  return `${wrapped(before)} ${join} ${wrapped(term)}`
}

export function term(exp: string, operator: '==' | '!=', value: string | number | boolean): string {
  return `${exp} ${operator} ${quoted(value)}`
}
