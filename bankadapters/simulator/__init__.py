"""The other side of the wire: banks simulated over real sockets, on double-entry books that outlive the process.

A program of its own (`python -m bankadapters.simulator --bank boc`). It shares no message code with the adapters, so
that one misreading of a bank's document cannot hide behind another.
"""
