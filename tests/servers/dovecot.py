"""A private Dovecot: IMAP in the clear and with TLS, users in files, each with a Maildir."""

from __future__ import annotations

import grp
import itertools
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.servers.certificate import write_certificate
from tests.servers.process import Missing, Process, answers, find_program, free_port, private_folder, wait_until

# As root, mail is kept by an account without rights: Dovecot refuses to open mailboxes as root.
MAIL_ACCOUNT = "nobody"

COMMON = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
ssl = yes
auth_mechanisms = plain login
first_valid_uid = 1
first_valid_gid = 1
# A test that types a wrong password must not slow the next one down (auth penalty, kept per address).
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
{accounts}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
"""

VERSION_2_3 = """
protocols = imap
disable_plaintext_auth = no
ssl_cert = <{cert}
ssl_key = <{key}
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users/%u
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
"""

# https://doc.dovecot.org/2.3/configuration_manual/authentication/oauth2/
TOKENS_2_3 = """
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
"""
OAUTH2 = """
introspection_mode = post
introspection_url = {introspection}
active_attribute = active
active_value = true
username_attribute = email
"""

# https://doc.dovecot.org/2.4.0/installation/upgrade/2.3-to-2.4.html
VERSION_2_4 = """
protocols {{
  imap = yes
}}
auth_allow_cleartext = yes
ssl_server_cert_file = {cert}
ssl_server_key_file = {key}
mail_driver = maildir
mail_path = {folder}/mail/%{{user}}
mail_max_userip_connections = 100
passdb passwd-file {{
  passwd_file_path = {folder}/users/%{{user}}
  default_password_scheme = PLAIN
}}
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = {folder}/mail/%{{user}}
  }}
}}
namespace inbox {{
  inbox = yes
}}
"""

ROOTLESS = """
default_internal_user = {name}
default_internal_group = {group}
default_login_user = {name}
service imap-login {{
  chroot =
}}
service anvil {{
  chroot =
}}
"""


class Dovecot:
    """One server on loopback; `kill` and `start` keep ports, users and mail. `cert` is the CA file to trust.

    `introspection`: where it asks whether a token is good; without it, it takes passwords alone.
    """

    host = "127.0.0.1"

    def __init__(self, introspection: str = "") -> None:
        self._program = find_program(["dovecot"], ["/usr/sbin", "/usr/local/sbin"], "apt install dovecot-imapd")
        account = pwd.getpwnam(MAIL_ACCOUNT) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._uid, self._gid = account.pw_uid, account.pw_gid
        self.folder = private_folder("imap")
        self.folder.chmod(0o755)
        self.port = self.tls_port = free_port()
        while self.tls_port == self.port:
            self.tls_port = free_port()
        self.cert, key = write_certificate(self.folder)
        self._numbers = itertools.count(1)
        self._process: Process | None = None
        (self.folder / "mail").mkdir()
        os.chown(self.folder / "mail", self._uid, self._gid)
        (self.folder / "users").mkdir(0o755)
        version = self.version()
        if introspection and version >= (2, 4):
            raise Missing("Dovecot 2.3 is not installed (its successor writes oauth2 otherwise)")
        template = VERSION_2_4 if version >= (2, 4) else VERSION_2_3
        versions = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n" if version >= (2, 4) else ""
        group = grp.getgrgid(os.getegid()).gr_name
        rootless = ROOTLESS.format(name=account.pw_name, group=group) if os.geteuid() else ""
        values = {"folder": self.folder, "cert": self.cert, "key": key, "uid": self._uid, "gid": self._gid}
        listening = COMMON.format(port=self.port, tls_port=self.tls_port, accounts=rootless, **values)
        tokens = TOKENS_2_3.format(folder=self.folder) if introspection else ""
        (self.folder / "oauth2.conf").write_text(OAUTH2.format(introspection=introspection))
        (self.folder / "dovecot.conf").write_text(versions + listening + tokens + template.format(**values))
        self.start()

    def version(self) -> tuple[int, int]:
        text = subprocess.run([self._program, "--version"], capture_output=True, text=True, check=True).stdout
        found = re.match(r"(\d+)\.(\d+)", text)
        assert found, text
        return int(found[1]), int(found[2])

    def start(self) -> None:
        # A login process may outlive its killed master for a moment; Dovecot then says that it is running already.
        wait_until(lambda: not self._lingers(), "the end of the Dovecot before", 60)
        command = [str(self._program), "-F", "-c", str(self.folder / "dovecot.conf")]
        self._process = Process(command, self.folder / "output", death_signal=signal.SIGTERM)
        self._process.wait_until(lambda: answers(self.port) and answers(self.tls_port), "Dovecot")

    def _lingers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as inner:
            try:
                inner.connect(str(self.folder / "run" / "login" / "login"))
            except OSError:
                return False
        return True

    def stop(self) -> None:
        """Ends the server in order; open connections are told BYE."""
        if self._process:
            self._process.stop(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the server and every connection without a word."""
        if self._process:
            self._process.stop(signal.SIGKILL, everything=True)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def add_user(self, name: str = "", password: str = "correct horse") -> tuple[str, str]:
        """Adds an account, or changes its password; returns name and password. Without a name it invents a new one."""
        name = name or f"box{next(self._numbers)}@example.com"
        # One file a user: Dovecot looks at most once a second whether a file has changed.
        fresh = self.folder / "users.new"
        fresh.write_text(f"{name}:{{PLAIN}}{password}\n")
        fresh.replace(self.folder / "users" / name)
        return name, password

    def deliver(self, user: str, mail: bytes, folder: str = "INBOX") -> Path:
        """Puts a mail into a Maildir as a delivery agent does (write to tmp, rename to new); folder names in ASCII."""
        maildir = self.folder / "mail" / user
        if folder != "INBOX":
            maildir = maildir / f".{folder.replace('/', '.')}"
        for place in (maildir, *(maildir / part for part in ("tmp", "new", "cur"))):
            self._make(place)
        # As maildir(5) wants it: Dovecot orders by seconds, then by M, and errs where the first number is nanoseconds.
        seconds, nanoseconds = divmod(time.time_ns(), 10**9)
        name = f"{seconds}.M{nanoseconds // 1000:06}Q{next(self._numbers):09}.{socket.gethostname()}"
        (maildir / "tmp" / name).write_bytes(mail)
        os.chown(maildir / "tmp" / name, self._uid, self._gid)
        return (maildir / "tmp" / name).rename(maildir / "new" / name)

    def _make(self, folder: Path) -> None:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        for place in reversed(missing):
            place.mkdir(0o700)
            os.chown(place, self._uid, self._gid)
