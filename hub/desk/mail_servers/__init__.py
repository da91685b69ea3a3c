"""Finding the mail servers of an address: what strangers publish about it is fetched guardedly and read strictly."""

from hub.desk.mail_servers.finding import find
from hub.desk.mail_servers.outside import Outside

__all__ = ["Outside", "find"]
