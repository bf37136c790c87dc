"""Bank adapters: one plug-in per bank, plus framing, XML, signing and the bank simulator. Plain Python."""
