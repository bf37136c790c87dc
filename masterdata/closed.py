"""Columns of closed texts, for the rotation of keys."""

from __future__ import annotations

from kernel.vault import Closed

COLUMNS = (
    Closed("otp_totp.TOTPDevice", "key", "masterdata.factor:{user_id}:key", is_text=True),
    Closed("masterdata.ApiKey", "secret", "api_key:{key_id}:secret"),
    Closed("masterdata.StagedChange", "sealed", "staged:{kind}:{subject_id}"),
    Closed("masterdata.Connection", "session", "connection:{pk}:session", is_envelope=True),
)
