"""The client's end of ``runtime.pyz agent``: asking a cluster over one channel (``docs/agent.md``)."""
