"""The MCP tools, one module per toolset: thin, typed, without logic of their own."""
