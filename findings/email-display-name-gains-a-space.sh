#!/usr/bin/env bash
# A folded RFC 2047 display name and a folded Subject are read differently by the same package.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > read.py <<'PY'
from email import message_from_bytes, policy

raw = (
    b"To: =?utf-8?q?Zo=C3=AB_Love?=\r\n =?utf-8?q?lace?= <zoe@example.org>\r\n"
    b"Subject: =?utf-8?q?Zo=C3=AB_Love?=\r\n =?utf-8?q?lace?=\r\n\r\n"
)
message = message_from_bytes(raw, policy=policy.default)
print(f"display name {message['To'].addresses[0].display_name!r}, subject {str(message['Subject'])!r}")
PY
said=$(python3 read.py)

echo "version: $(python3 --version), email.policy.default"
echo "behaviour: RFC 2047 drops the white space between two adjacent encoded words, so that a long name can be split anywhere. The email package does so in Subject, but keeps a space in a display name, and the name is read as another one."
echo "output seen: $said"
[[ $said == "display name 'Zoë Love lace', subject 'Zoë Lovelace'" ]]
