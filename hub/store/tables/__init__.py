"""Every table of the hub; importing this package completes the metadata."""

from hub.store.tables.acknowledging import AcknowledgementRow, AcknowledgementSkipRow
from hub.store.tables.base import Base, BigId, Exact, Json, Moment, milliseconds
from hub.store.tables.calls import PlacedCallRow, RosterRow
from hub.store.tables.commerce import PurchaseLineRow, PurchaseRow
from hub.store.tables.connection import ApplicationRow, ConnectionDraftRow, ConnectionRow, ConsentGivenRow
from hub.store.tables.equipment import EquipmentLogRow, EquipmentRow, ProductRow
from hub.store.tables.history import (
    ArrivalRow,
    AttachmentRow,
    BlobRow,
    ConversationRow,
    InteractionEventRow,
    InteractionRow,
    MessageRefRow,
    ParticipantRow,
)
from hub.store.tables.installation import (
    BackupRow,
    ChannelStateRow,
    CursorRow,
    InstallationRow,
    LeaseRow,
    ProblemRow,
    SecretRow,
    TickRow,
)
from hub.store.tables.mail_forms import MailFormRow
from hub.store.tables.mailbox import BackfillRow, MailboxRow
from hub.store.tables.outbox import (
    DeliveryEventRow,
    MessageRow,
    MessageStepRow,
    ReminderRuleRow,
    ReminderSkipRow,
    TemplateRow,
)
from hub.store.tables.people import ConsentRow, CustomerRow, IdentityRow, MergeRow, SuggestionRow, SuppressionRow
from hub.store.tables.promotion import CampaignRow, CampaignVersionRow, RunRow, RunSkipRow, SegmentRow
from hub.store.tables.staff import AnswerRow, AuditRow, LinkRow, SessionRow, StaffRow, ThrottleRow, TokenRow
from hub.store.tables.threads import ConversationHintRow
from hub.store.tables.work import (
    AppointmentRow,
    CallFlowRow,
    DomainEventRow,
    FormRow,
    JobRow,
    TaskRow,
    UploadOutcomeRow,
    UploadRow,
)
from hub.store.tables.writing import CannedTextRow, DraftRow, SignatureRow

__all__ = [
    "AcknowledgementRow",
    "AcknowledgementSkipRow",
    "AnswerRow",
    "ApplicationRow",
    "AppointmentRow",
    "ArrivalRow",
    "AttachmentRow",
    "AuditRow",
    "BackfillRow",
    "BackupRow",
    "Base",
    "BigId",
    "BlobRow",
    "CallFlowRow",
    "CampaignRow",
    "CampaignVersionRow",
    "CannedTextRow",
    "ChannelStateRow",
    "ConnectionDraftRow",
    "ConnectionRow",
    "ConsentGivenRow",
    "ConsentRow",
    "ConversationHintRow",
    "ConversationRow",
    "CursorRow",
    "CustomerRow",
    "DeliveryEventRow",
    "DomainEventRow",
    "DraftRow",
    "EquipmentLogRow",
    "EquipmentRow",
    "Exact",
    "FormRow",
    "IdentityRow",
    "InstallationRow",
    "InteractionEventRow",
    "InteractionRow",
    "JobRow",
    "Json",
    "LeaseRow",
    "LinkRow",
    "MailFormRow",
    "MailboxRow",
    "MergeRow",
    "MessageRefRow",
    "MessageRow",
    "MessageStepRow",
    "Moment",
    "ParticipantRow",
    "PlacedCallRow",
    "ProblemRow",
    "ProductRow",
    "PurchaseLineRow",
    "PurchaseRow",
    "ReminderRuleRow",
    "ReminderSkipRow",
    "RosterRow",
    "RunRow",
    "RunSkipRow",
    "SecretRow",
    "SegmentRow",
    "SessionRow",
    "SignatureRow",
    "StaffRow",
    "SuggestionRow",
    "SuppressionRow",
    "TaskRow",
    "TemplateRow",
    "ThrottleRow",
    "TickRow",
    "TokenRow",
    "UploadOutcomeRow",
    "UploadRow",
    "milliseconds",
]
