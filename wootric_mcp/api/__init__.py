"""Wootric over HTTP: a typed client that knows nothing of MCP and can be used alone.

`wootric_mcp.api.client.WootricClient` has one async method for each operation. Importing it loads httpx and
the pydantic models, so it is imported where it is first needed; `errors` and `people` are cheap.
"""
