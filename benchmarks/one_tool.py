"""The smallest useful server of the same SDK: what there is to compare with."""

from __future__ import annotations

from mcp.server import MCPServer

server: MCPServer[None] = MCPServer("one-tool")


@server.tool()
def echo(text: str) -> str:
    """Gives the text back."""
    return text


if __name__ == "__main__":
    server.run("stdio")
