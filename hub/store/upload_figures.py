"""What an upload has come to so far, for those who wait for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from hub.model.scores import NpsScore
from hub.store.tables import UploadOutcomeRow
from hub.store.uploads import WORKING, Outcome, Upload, score_of


@dataclass(frozen=True, slots=True)
class Figures:
    """How many rows had each outcome, as a dry run foretold and in the end, and the score of those accepted."""

    foretold: Mapping[Outcome, int]
    outcomes: Mapping[Outcome, int]
    nps: NpsScore | None


def figures_of(conn: Connection, upload: Upload) -> Figures:
    """Returns what an upload has come to; while it is worked on, what it has counted itself.

    Whoever waits for 100,000 rows asks often: looking at all of them made the upload a quarter longer.
    """
    if upload.state in WORKING:
        return Figures(foretold={}, outcomes=_counted(upload), nps=None)
    counted = conn.execute(
        select(UploadOutcomeRow.dry, UploadOutcomeRow.outcome, UploadOutcomeRow.nps, func.count())
        .where(UploadOutcomeRow.upload_id == upload.id)
        .group_by(UploadOutcomeRow.dry, UploadOutcomeRow.outcome, UploadOutcomeRow.nps)
    )
    counts: tuple[Counter[Outcome], Counter[Outcome]] = (Counter(), Counter())
    answers: dict[int, int] = {}
    for dry, outcome, nps, count in counted:
        counts[dry][Outcome(outcome)] += count
        if not dry and outcome == Outcome.ACCEPTED and nps is not None:
            answers[nps] = count
    return Figures(foretold=counts[True], outcomes=counts[False], nps=score_of(answers) if answers else None)


def _counted(upload: Upload) -> dict[Outcome, int]:
    counts = {
        Outcome.ACCEPTED: upload.accepted,
        Outcome.REPEATED: upload.repeated,
        Outcome.REJECTED: upload.rejected,
    }
    return {outcome: count for outcome, count in counts.items() if count}
