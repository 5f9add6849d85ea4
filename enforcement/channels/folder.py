"""Mail kept as files instead of sent: the channel of demonstrations and of quiet testing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.policy import SMTP
from pathlib import Path

from enforcement.channels.mail import as_mail, message_id
from enforcement.channels.message import Message, Sent, TemporaryFailure
from enforcement.channels.whole_file import write_whole


@dataclass(frozen=True)
class FolderChannel:
    """Writes each message as an .eml file named by its key."""

    folder: Path
    sender: str = "enforcement@nhsbsa.example"
    sender_name: str = "NHS Business Services Authority"
    name: str = "folder"

    def send(self, message: Message, now: datetime) -> Sent:
        """Write the message whole. The same key is written once: a repeat changes nothing.

        Raises TemporaryFailure when the disk refuses.
        """
        path = self.folder / f"{message.key}.eml"
        mail = as_mail(message, sender=self.sender, sender_name=self.sender_name, now=now)
        try:
            if not path.exists():
                write_whole(path, mail.as_bytes(policy=SMTP))
            written = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as reason:
            raise TemporaryFailure(f"The mail folder cannot be written: {reason}") from reason
        return Sent(
            channel="folder",
            at=now,
            provider_id=message_id(message.key, self.sender.partition("@")[2]),
            evidence=f"{path.name} sha256 {written}",
        )
