"""Three conversations with a simulated Wootric account, over real MCP and HTTP: `python -m demo`."""
