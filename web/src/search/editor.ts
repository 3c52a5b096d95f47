// The expression editor: CodeMirror with the search language, completion from the server, errors underlined in place.

import {
  acceptCompletion, autocompletion, closeCompletion, completionKeymap, completionStatus, moveCompletionSelection,
  startCompletion, type Completion as Option, type CompletionContext, type CompletionResult,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language'
import { setDiagnostics } from '@codemirror/lint'
import { Compartment, EditorState, Prec, type Extension } from '@codemirror/state'
import { drawSelection, EditorView, keymap, placeholder, tooltips } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import type { Completion, CompletionItem, Span } from '@/api/types'


const language = StreamLanguage.define<{ value: boolean }>({
  startState: () => ({ value: false }),
  token(stream, state) {
    if (stream.eatSpace()) return null
    if (stream.match(/^(==|!=|<=|>=|<|>|=)/)) {
      state.value = true
      return 'operator'
    }
    if (stream.match(/^(&&|\|\||&|\||!(?!=))/) || stream.match(/^(and|or|not)\b/i)) {
      state.value = false
      return 'keyword'
    }
    if (stream.match(/^in\b/i)) {
      state.value = true
      return 'keyword'
    }
    if (stream.match(/^EXISTS!/)) return 'atom'
    if (stream.match(/^"(\\.|[^"\\])*"?/)) return 'string'
    if (state.value && stream.match(/^\/(\\.|[^/\\])+\//)) return 'regexp'
    if (stream.match(/^[()[\],]/)) return 'punctuation'
    if (stream.match(/^[^\s()[\],"&|!<>=]+/)) return state.value ? 'string' : 'propertyName'
    stream.next()
    return 'invalid'
  },
})

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--text)', fontWeight: '550' },
  { tag: tags.operator, color: 'var(--text-3)' },
  { tag: tags.keyword, color: 'var(--mark)', fontWeight: '600' },
  { tag: tags.string, color: 'var(--dst)' },
  { tag: tags.regexp, color: 'var(--warn)' },
  { tag: tags.atom, color: 'var(--mark)' },
  { tag: tags.punctuation, color: 'var(--text-3)' },
])

const theme = EditorView.theme({
  '&': { background: 'transparent', fontSize: '13px', flex: '1', minWidth: '0' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': { fontFamily: 'var(--mono)', padding: '7px 0', caretColor: 'var(--text)', color: 'var(--text)' },
  '.cm-scroller': { lineHeight: '20px', fontFamily: 'var(--mono)', overflowX: 'auto', maxHeight: '140px' },
  '.cm-line': { padding: '0 2px' },
  '.cm-placeholder': { color: 'var(--text-3)', fontFamily: 'var(--font)', maxWidth: '100%', height: 'auto', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in oklab, var(--accent), transparent 70%)',
  },
  '.cm-lintRange-error': {
    backgroundImage: 'none', textDecoration: 'underline wavy var(--bad)', textDecorationSkipInk: 'none', textUnderlineOffset: '4px',
  },
  '.cm-tooltip': {
    background: 'var(--raised)', border: '0', borderRadius: '8px', boxShadow: 'var(--shadow-pop)', color: 'var(--text)', overflow: 'hidden',
  },
  '.cm-tooltip-lint': { font: '12.5px var(--font)', padding: '2px 4px' },
  '.cm-diagnostic-error': { borderLeft: '0' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font)', maxHeight: '320px', minWidth: '420px', maxWidth: '620px', padding: '5px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {
    display: 'flex', gap: '10px', alignItems: 'center', padding: '4px 8px', borderRadius: '5px', lineHeight: '20px',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--accent-soft)', color: 'var(--text)' },
  '.cm-completionLabel': { fontFamily: 'var(--mono)', fontSize: '12.5px', whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent)', fontWeight: '650' },
  '.cm-completionDetail': {
    marginLeft: 'auto', fontStyle: 'normal', fontSize: '12px', color: 'var(--text-3)',
    whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis', maxWidth: '320px',
  },
  '.kind': { width: '16px', height: '16px', borderRadius: '4px', fontSize: '10px', lineHeight: '16px', fontWeight: '700', textAlign: 'center', flex: 'none' },
  '.kind.field': { background: 'var(--accent-soft)', color: 'var(--accent)' },
  '.kind.value': { background: 'var(--dst-soft)', color: 'var(--dst)' },
  '.kind.operator, .kind.keyword': { background: 'var(--hover)', color: 'var(--text-3)' },
})

const LETTER: Record<string, string> = { field: 'F', value: 'V', operator: '=', keyword: 'K' }

export interface EditorHooks {
  complete: (text: string, cursor: number, signal: AbortSignal) => Promise<Completion>
  submit: (text: string) => void
  change: (text: string) => void
  placeholder: string
  label: string
}

function option(item: CompletionItem): Option {
  return {
    label: item.label,
    detail: item.detail,
    type: item.kind,
    apply: (view, _option, from, to) => {
      const insert = /\s$/.test(item.insert) || item.kind === 'value' ? item.insert : `${item.insert} `
      view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length }, userEvent: 'input.complete' })
      if (item.kind !== 'value') startCompletion(view)
    },
  }
}

function source(hooks: EditorHooks) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const text = context.state.doc.toString()
    if (!context.explicit && text.trim() === '') return null
    const abort = new AbortController()
    context.addEventListener('abort', () => abort.abort(), { onDocChange: true })
    try {
      const answer = await hooks.complete(text, context.pos, abort.signal)
      if (!answer.items.length) return null
      return { from: answer.from, to: answer.to, options: answer.items.map(option), filter: false }
    } catch {
      return null // no completion is no error: the search itself will tell
    }
  }
}

/** What depends on the language of the page. */
const texts = new Compartment()

function textsOf(hint: string, label: string): Extension {
  return [placeholder(hint), EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', autocapitalize: 'off' })]
}

export function setTexts(view: EditorView, hint: string, label: string): void {
  view.dispatch({ effects: texts.reconfigure(textsOf(hint, label)) })
}

export function createEditor(host: HTMLElement, doc: string, hooks: EditorHooks): EditorView {
  // Inside a shadow root CodeMirror uses constructed style sheets, which a strict style-src allows.
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  const keys: Extension = Prec.highest(
    keymap.of([
      {
        key: 'Tab',
        run: (view) => {
          if (completionStatus(view.state) !== 'active') return false
          return acceptCompletion(view) || (moveCompletionSelection(true)(view) && acceptCompletion(view))
        },
      },
      {
        key: 'Enter',
        run: (view) => {
          if (completionStatus(view.state) === 'active' && acceptCompletion(view)) return true
          closeCompletion(view)
          hooks.submit(view.state.doc.toString())
          return true
        },
      },
      { key: 'Escape', run: (view) => closeCompletion(view) || (view.contentDOM.blur(), true) },
    ]),
  )
  return new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc,
      extensions: [
        keys,
        history(),
        drawSelection(),
        language,
        syntaxHighlighting(colours),
        theme,
        EditorView.lineWrapping,
        tooltips({ position: 'absolute' }),
        texts.of(textsOf(hooks.placeholder, hooks.label)),
        autocompletion({
          override: [source(hooks)],
          selectOnOpen: false,
          icons: false,
          activateOnTypingDelay: 120,
          maxRenderedOptions: 60,
          addToOptions: [
            {
              position: 10,
              render: (completion) => {
                const mark = document.createElement('span')
                mark.className = `kind ${completion.type ?? ''}`
                mark.textContent = LETTER[completion.type ?? ''] ?? ''
                return mark
              },
            },
          ],
        }),
        keymap.of([...completionKeymap, ...historyKeymap, ...defaultKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) hooks.change(update.state.doc.toString())
        }),
      ],
    }),
  })
}

export function showError(view: EditorView, error: { message: string; span?: Span } | null): void {
  const end = view.state.doc.length
  const clamp = (at: number): number => Math.max(0, Math.min(end, at))
  const diagnostics = []
  if (error && end > 0) {
    let from = clamp(error.span?.start ?? 0)
    let to = clamp(error.span?.end ?? end)
    if (to <= from) [from, to] = from >= end ? [end - 1, end] : [from, from + 1]
    diagnostics.push({ from, to, severity: 'error' as const, message: error.message })
  }
  view.dispatch(setDiagnostics(view.state, diagnostics))
}

export function setText(view: EditorView, text: string): void {
  const current = view.state.doc.toString()
  if (current !== text) {
    view.dispatch({ changes: { from: 0, to: current.length, insert: text }, selection: { anchor: text.length } })
  }
}
