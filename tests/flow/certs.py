# SPDX-License-Identifier: BSD-3-Clause
"""Certificates for stories: an authority of the story's own, and what it signs."""

import base64
import hashlib
import os
import shutil
import ssl
import subprocess

import flow


class Pair:
    """NAME.crt and NAME.key in the story's folder, for the host NAME; self-signed without `ca`."""

    def __init__(self, t, name, ca=None, days=7):
        if not shutil.which("openssl"):
            flow.skip("openssl is not installed")
        self.name = name
        self.crt, self.key = t.folder / f"{name}.crt", t.folder / f"{name}.key"
        signer = ["-CA", str(ca.crt), "-CAkey", str(ca.key)] if ca else []
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", str(days), "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                        "-addext", f"basicConstraints=critical,CA:{'FALSE' if ca else 'TRUE'}",
                        *signer, "-out", self.crt, "-keyout", self.key], check=True, capture_output=True)
        os.chmod(self.key, 0o600)

    def pin(self):
        """SHA-256 of the public key, in base64."""
        key = subprocess.run(["openssl", "x509", "-in", self.crt, "-noout", "-pubkey"], check=True,
                             capture_output=True, text=True).stdout
        der = ssl.PEM_cert_to_DER_cert(key.replace("PUBLIC KEY", "CERTIFICATE"))
        return base64.b64encode(hashlib.sha256(der).digest()).decode()
