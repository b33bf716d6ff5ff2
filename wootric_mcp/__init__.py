"""Conversational access to a Wootric (InMoment) account over the Model Context Protocol."""

__version__ = "0.1.0"
