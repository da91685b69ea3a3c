"""Every table of the hub; importing this package completes the metadata."""

from hub.store.tables.base import Base, BigId, Json, Moment, milliseconds
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
    ChannelStateRow,
    CursorRow,
    InstallationRow,
    LeaseRow,
    SecretRow,
    TickRow,
)
from hub.store.tables.outbox import (
    DeliveryEventRow,
    MessageRow,
    MessageStepRow,
    ReminderRuleRow,
    TemplateRow,
)
from hub.store.tables.people import ConsentRow, CustomerRow, IdentityRow, SuggestionRow, SuppressionRow
from hub.store.tables.staff import AuditRow, LinkRow, SessionRow, StaffRow, ThrottleRow, TokenRow
from hub.store.tables.work import (
    AppointmentRow,
    DomainEventRow,
    FormRow,
    JobRow,
    TaskRow,
    UploadOutcomeRow,
    UploadRow,
)

__all__ = [
    "AppointmentRow",
    "ArrivalRow",
    "AttachmentRow",
    "AuditRow",
    "Base",
    "BigId",
    "BlobRow",
    "ChannelStateRow",
    "ConsentRow",
    "ConversationRow",
    "CursorRow",
    "CustomerRow",
    "DeliveryEventRow",
    "DomainEventRow",
    "FormRow",
    "IdentityRow",
    "InstallationRow",
    "InteractionEventRow",
    "InteractionRow",
    "JobRow",
    "Json",
    "LeaseRow",
    "LinkRow",
    "MessageRefRow",
    "MessageRow",
    "MessageStepRow",
    "Moment",
    "ParticipantRow",
    "ReminderRuleRow",
    "SecretRow",
    "SessionRow",
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
