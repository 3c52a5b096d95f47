#!/usr/bin/env python3
"""What was slow? Asks Hindsight's HTTP API, with nothing but Python's library.

usage: api-example.py http://127.0.0.1:8005 USER PASSWORD [EXPRESSION]
"""

import base64
import json
import sys
import urllib.parse
import urllib.request

url, user, password = sys.argv[1:4]
expression = sys.argv[4] if len(sys.argv) > 4 else "protocols == http"
login = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def ask(path, **parameters):
    query = urllib.parse.urlencode(parameters)
    request = urllib.request.Request(f"{url}{path}?{query}", headers={"Authorization": login})
    with urllib.request.urlopen(request) as answer:
        return answer.read()


# a page of sessions, the slowest first; date=-1 is all time
found = json.loads(ask("/api/sessions", date=-1, expression=expression, length=5, order="session.length:desc",
                       fields="http.uri,network.bytes,length"))
if "error" in found:
    sys.exit(found["error"])
print(found["recordsFiltered"], "sessions")
for session in found["data"]:
    print(session["id"], session["source"]["ip"], "->", session["destination"]["ip"], session.get("length"), "ms")

# values and how often
print(ask("/api/unique", date=-1, expression=expression, exp="ip.dst", counts=1).decode(), end="")

# their packets, as a capture that every tool reads
if found["recordsFiltered"]:
    with open("sessions.pcapng", "wb") as out:
        out.write(ask("/api/sessions.pcapng", date=-1, expression=expression))
