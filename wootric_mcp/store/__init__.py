"""What has been read from Wootric, kept: which rows, of which intervals, when. A cache, and never more."""
