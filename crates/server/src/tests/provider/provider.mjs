// A real OpenID provider for the test of log-in; everybody who asks is let in under the name that is typed.
// node provider.mjs REDIRECT_URI; prints its issuer.

import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'hindsight', client_secret: 's/cret & more', redirect_uris: [process.argv[2]] }],
    claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'groups'] },
    cookies: { keys: ['only for a test'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: `id-of-${id}`, preferred_username: id, name: `The ${id}`, groups: ['soc'] }),
    }),
  })
  server.on('request', provider.callback())
  console.log(issuer)
})
