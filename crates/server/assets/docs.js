// Shows openapi.json. No library: the page must work on a machine without a network.
'use strict'

const main = document.getElementById('main')

function element(name, attributes, ...children) {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value)
  for (const child of children) if (child !== undefined && child !== null) node.append(child)
  return node
}

function typeOf(schema) {
  if (!schema) return ''
  const type = Array.isArray(schema.type) ? schema.type.filter((t) => t !== 'null').join(' or ') : schema.type
  return type || ''
}

function table(head, rows) {
  if (rows.length === 0) return undefined
  return element('table', {},
    element('tr', {}, ...head.map((text) => element('th', {}, text))),
    ...rows.map((cells) => element('tr', {}, ...cells.map((cell) => element('td', {}, cell)))))
}

function operation(path, method, about) {
  const parameters = (about.parameters || []).map((p) => [
    element('code', {}, p.name + (p.required ? ' *' : '')), typeOf(p.schema), p.description || ''])
  const answers = Object.entries(about.responses || {}).map(([status, answer]) => [status, answer.description || ''])
  const body = about.requestBody
  const text = [about.summary, about.description].filter(Boolean).join(' ')
  const block = element('details', { id: `${method}-${path}` },
    element('summary', {},
      element('span', { class: `method ${method}` }, method.toUpperCase()),
      element('span', { class: 'path' }, path),
      element('span', { class: 'short' }, about.summary || '')),
    element('div', {},
      element('p', {}, about.description || about.summary || ''),
      table(['Parameter', 'Type', 'Meaning'], parameters),
      body ? element('p', {}, `Body (${Object.keys(body.content || {}).join(', ')}): ${body.description || ''}`) : undefined,
      table(['Answer', ''], answers)))
  block.dataset.text = [path, text, JSON.stringify(about.parameters || '')].join(' ').toLowerCase()
  return block
}

function show(api) {
  const groups = new Map()
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, about] of Object.entries(methods)) {
      const tag = (about.tags && about.tags[0]) || 'other'
      if (!groups.has(tag)) groups.set(tag, [])
      groups.get(tag).push(operation(path, method, about))
    }
  }
  main.replaceChildren(...[...groups].map(([tag, blocks]) =>
    element('section', {}, element('h2', {}, tag), ...blocks)))
}

document.getElementById('filter').addEventListener('input', (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean)
  for (const block of main.querySelectorAll('details')) {
    block.hidden = !words.every((word) => block.dataset.text.includes(word))
  }
  for (const section of main.querySelectorAll('section')) {
    section.hidden = ![...section.querySelectorAll('details')].some((block) => !block.hidden)
  }
})

fetch('/api/docs/openapi.json')
  .then((answer) => answer.json())
  .then(show)
  .catch((error) => main.replaceChildren(element('p', {}, `Cannot load openapi.json: ${error}`)))
