"""Asks /mcp with the Model Context Protocol's own Python client: URL TOKEN; prints what it was answered as JSON."""

import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError


async def ask(url: str, token: str) -> dict:
    http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60)
    async with Client(streamable_http_client(url, http_client=http)) as client:
        said = {"server": client.server_info.name, "revision": client.protocol_version}
        said["tools"] = [tool.name for tool in (await client.list_tools()).tools]

        async def call(name: str, arguments: dict) -> dict:
            answer = await client.call_tool(name, arguments)
            return {"wrong": answer.is_error, "text": answer.content[0].text}

        said["sessions"] = await call("arkime_sessions", {"startTime": "0", "stopTime": "4000000000", "expression": "protocols == http"})
        said["mistake"] = await call("arkime_sessions", {"date": "1", "expression": "nope == 1"})
        try:
            said["unknown"] = (await call("arkime_nothing", {}))["text"]
        except MCPError as error:
            said["unknown"] = str(error)
    return said


print(json.dumps(asyncio.run(ask(*sys.argv[1:3]))))
