"""The hub itself: its machine, its database, its jobs, what waits, what could not be read, its backups."""

from __future__ import annotations

from hub.model.problem_codes.entry import CHANNEL, ERROR, N_, NOTICE, WARNING, Act, Known

_LOG = N_("The log has the whole of it; if it happens again, please report it.")
_BACKUP = Act(N_("See the backups"), "/backups", command="hub backup")
_ADDRESS = Act(N_("See the public address"), "/address")
_ROOM = N_(
    "Make room: remove what is not needed, or give the disk more space. Look first at old backups beside the data."
)

MACHINE = (
    Known(
        "disk_full",
        ERROR,
        N_("The disk of the data folder is full: {free} left."),
        N_("When nothing can be written, nothing is taken in: mail stays on its server, callers are told to retry."),
        _ROOM,
    ),
    Known(
        "disk_low",
        WARNING,
        N_("The disk of the data folder is nearly full: {free} left of {total}."),
        N_("Mail, recordings and backups grow every day."),
        _ROOM,
    ),
    Known(
        "disk_inodes",
        WARNING,
        N_("The disk of the data folder can hold only {count} more files."),
        N_("Every attachment and recording is a file of its own."),
        N_("Use a file system with more inodes, or remove small files that are not needed."),
    ),
    Known(
        "data_read_only",
        ERROR,
        N_("The data folder cannot be written."),
        N_("The disk was mounted read-only, often after an error, or the folder's owner was changed."),
        N_("Check the disk (dmesg) and the owner of the data folder."),
    ),
    Known(
        "clock_skew",
        WARNING,
        N_("This machine's clock differs from that of {place} by {seconds} s."),
        N_("The clock is not kept in step with the network's time."),
        N_("Switch time synchronisation on: timedatectl set-ntp true. Reminders and signatures depend on the clock."),
    ),
    Known(
        "clock_wrong",
        ERROR,
        N_("This machine's clock is wrong: it differs from that of {place} by {seconds} s."),
        N_("The clock is not kept in step with the network's time."),
        N_("Switch time synchronisation on: timedatectl set-ntp true. Until then reminders go out at wrong times."),
    ),
    Known(
        "time_zones_old",
        NOTICE,
        N_("The time zone data of this machine is of {version}."),
        N_("Countries change their clocks; old data shifts reminders by an hour there."),
        N_("Bring the package tzdata of this machine up to date, then start the hub again."),
    ),
    Known(
        "sqlite_on_network",
        ERROR,
        N_("The SQLite database lies on a network file system ({kind})."),
        N_("Locks do not hold there: the database can be damaged without a warning."),
        N_("Move the data folder to a local disk, or use PostgreSQL."),
    ),
    Known(
        "database_unreachable",
        ERROR,
        N_("The database cannot be reached."),
        N_("The database server is down, its disk is full, or the network is."),
        N_("Start the database server. The hub goes on by itself when it is back; nothing is acknowledged meanwhile."),
    ),
    Known(
        "database_slow",
        WARNING,
        N_("The database is slow: a small question took {seconds} s."),
        N_("Disk or machine are overloaded, or something else holds the database."),
        N_("See what else runs on this machine (top, iotop); move the data to a faster disk."),
    ),
    Known(
        "key_mismatch",
        ERROR,
        N_("The hub's key is not the one this database was made with."),
        N_("The database was restored, or hub.key replaced, without the other."),
        N_(
            "Start the hub with the key of that database (HUB_KEY or hub.key). Signed links and sealed secrets need it."
        ),
    ),
    Known(
        "secret_missing",
        ERROR,
        N_("A secret that {place} needs is missing."),
        N_("The settings name it, and neither the environment nor secrets.env has it."),
        N_("Write it into secrets.env in the data folder, then start the hub again."),
        CHANNEL,
        says=r"the secret \w+, named by .{1,80} is missing",
    ),
    Known(
        "not_set_up",
        ERROR,
        N_("There is no database yet."),
        N_("This data folder was never set up, or another one is meant."),
        N_("Run hub init, or name the right folder with --data."),
        Act(N_("Set up"), command="hub init"),
    ),
    Known(
        "finder_failed",
        ERROR,
        N_("A part of this watch does not work: {place}."),
        N_("The question itself ended with an error, so problems of this kind are not found now."),
        _LOG,
    ),
    Known(
        "bug",
        ERROR,
        N_("A fault of the hub at {place}."),
        N_("Something happened that the hub did not expect."),
        _LOG,
    ),
)

ADDRESS = (
    Known(
        "public_address_missing",
        WARNING,
        N_("{place} is live, and the hub has no public address."),
        N_("Twilio cannot call the hub, and links in messages lead to this machine only."),
        N_("Set public_url to the address under which the world reaches the hub."),
        _ADDRESS,
    ),
    Known(
        "public_address_unproven",
        WARNING,
        N_("Nobody has proven that the public address {address} leads to this hub."),
        N_("{place} is live: its provider calls that address, and signatures are computed with it."),
        N_("Prove it: the hub fetches a number through it."),
        _ADDRESS,
    ),
    Known(
        "public_address_lost",
        ERROR,
        N_("The public address {address} does not lead to this hub any more."),
        N_("A proxy, a name or a certificate was changed."),
        N_("Open that address from outside; correct the proxy or public_url."),
        _ADDRESS,
    ),
)

BACKUPS = (
    Known(
        "backup_none",
        WARNING,
        N_("There is no backup yet."),
        N_("Should this disk fail, everything is gone."),
        N_("Make one, and let the hub make one every night ([backup] every_hours = 24)."),
        _BACKUP,
    ),
    Known(
        "backup_old",
        WARNING,
        N_("The last good backup is of {when}."),
        N_("The timer does not run, or its backups fail."),
        N_("Make one now, and see why the timer did not."),
        _BACKUP,
    ),
    Known(
        "backup_missing",
        WARNING,
        N_("Files are missing that the last backup should hold: {count}."),
        N_("Attachments or recordings were removed from the data folder, or the disk has faults."),
        N_("Look for them in an older backup; check the disk."),
        _BACKUP,
    ),
    Known(
        "backup_failed",
        ERROR,
        N_("The last backup failed."),
        N_("It could not be written, or what was restored from it differed."),
        N_("Read what was seen, mend it, and make one now."),
        _BACKUP,
    ),
    Known(
        "restored_copy",
        ERROR,
        N_("This hub was restored from a backup, so it sends no promotions yet."),
        N_("It cannot know what went out after that backup was made."),
        N_("Look at what is planned, then confirm that promotions may go out again."),
        Act(N_("Let promotions go out again"), "/sending/release", posts=True),
    ),
)
