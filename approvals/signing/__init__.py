"""Personal signing keys (个人签名密钥): who may sign, what a decision signs, and how anybody checks it with public keys only.

A decision is worth what its signature is worth: the database refuses one without, and the workers that talk to banks check
every signature against the sealed content, the key's certificate and the registrars pinned outside the database.
"""
