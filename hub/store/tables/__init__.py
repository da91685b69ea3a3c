"""Every table of the hub; importing this package completes the metadata."""

from hub.store.tables.acknowledging import AcknowledgementRow, AcknowledgementSkipRow
from hub.store.tables.base import Base, BigId, Exact, Json, Moment, milliseconds
from hub.store.tables.calls import PlacedCallRow, RosterRow
from hub.store.tables.carts import CartRow
from hub.store.tables.commerce import PurchaseLineRow, PurchaseRow
from hub.store.tables.connection import ApplicationRow, ConnectionDraftRow, ConnectionRow, ConsentGivenRow
from hub.store.tables.equipment import EquipmentLogRow, EquipmentRow, ProductRow
from hub.store.tables.erasures import ErasureRow
from hub.store.tables.file_imports import FileImportRow
from hub.store.tables.flights import FlightRow
from hub.store.tables.following import FollowedLinkRow, LinkClickRow
from hub.store.tables.habits import HabitRow
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
from hub.store.tables.invitations import InvitationRow
from hub.store.tables.mail_forms import MailFormRow
from hub.store.tables.mailbox import BackfillRow, MailboxRow
from hub.store.tables.offers import (
    BoughtTogetherRow,
    OfferCodeRow,
    OfferRow,
    OfferTierRow,
    SegmentSizeRow,
    ValueEdgeRow,
)
from hub.store.tables.outbox import (
    DeliveryEventRow,
    MessageRow,
    MessageStepRow,
    ReminderRuleRow,
    ReminderSkipRow,
    TemplateRow,
)
from hub.store.tables.people import ConsentRow, CustomerRow, IdentityRow, MergeRow, SuggestionRow, SuppressionRow
from hub.store.tables.prices import ListPriceRow, MessagePriceRow
from hub.store.tables.promotion import CampaignRow, CampaignVersionRow, RunRow, RunSkipRow, SegmentRow
from hub.store.tables.queues import CallSoundRow, QueuedCallRow, QueueRingRow
from hub.store.tables.rights import (
    BreachRow,
    CustomerLimitRow,
    DoNotCallListRow,
    DoNotCallNumberRow,
    PersonRequestRow,
    PrivacyNoticeRow,
)
from hub.store.tables.sensitive import SensitiveConversationRow, SensitiveMarkRow, SensitiveReadingRow
from hub.store.tables.sequences import (
    EnrolmentRow,
    EnrolmentStepRow,
    SequenceMemberRow,
    SequenceRow,
    SequenceSwitchRow,
)
from hub.store.tables.signing import DkimKeyRow
from hub.store.tables.slots import FreeSlotRow, SlotAskedRow, WaitingPlaceRow
from hub.store.tables.staff import AnswerRow, AuditRow, LinkRow, SessionRow, StaffRow, ThrottleRow, TokenRow
from hub.store.tables.threads import ConversationHintRow, ConversationJoinRow
from hub.store.tables.wording import LinkCheckRow, RestRow, SnippetRow
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
    "BoughtTogetherRow",
    "BreachRow",
    "CallFlowRow",
    "CallSoundRow",
    "CampaignRow",
    "CampaignVersionRow",
    "CannedTextRow",
    "CartRow",
    "ChannelStateRow",
    "ConnectionDraftRow",
    "ConnectionRow",
    "ConsentGivenRow",
    "ConsentRow",
    "ConversationHintRow",
    "ConversationJoinRow",
    "ConversationRow",
    "CursorRow",
    "CustomerLimitRow",
    "CustomerRow",
    "DeliveryEventRow",
    "DkimKeyRow",
    "DoNotCallListRow",
    "DoNotCallNumberRow",
    "DomainEventRow",
    "DraftRow",
    "EnrolmentRow",
    "EnrolmentStepRow",
    "EquipmentLogRow",
    "EquipmentRow",
    "ErasureRow",
    "Exact",
    "FileImportRow",
    "FlightRow",
    "FollowedLinkRow",
    "FormRow",
    "FreeSlotRow",
    "HabitRow",
    "IdentityRow",
    "InstallationRow",
    "InteractionEventRow",
    "InteractionRow",
    "InvitationRow",
    "JobRow",
    "Json",
    "LeaseRow",
    "LinkCheckRow",
    "LinkClickRow",
    "LinkRow",
    "ListPriceRow",
    "MailFormRow",
    "MailboxRow",
    "MergeRow",
    "MessagePriceRow",
    "MessageRefRow",
    "MessageRow",
    "MessageStepRow",
    "Moment",
    "OfferCodeRow",
    "OfferRow",
    "OfferTierRow",
    "ParticipantRow",
    "PersonRequestRow",
    "PlacedCallRow",
    "PrivacyNoticeRow",
    "ProblemRow",
    "ProductRow",
    "PurchaseLineRow",
    "PurchaseRow",
    "QueueRingRow",
    "QueuedCallRow",
    "ReminderRuleRow",
    "ReminderSkipRow",
    "RestRow",
    "RosterRow",
    "RunRow",
    "RunSkipRow",
    "SecretRow",
    "SegmentRow",
    "SegmentSizeRow",
    "SensitiveConversationRow",
    "SensitiveMarkRow",
    "SensitiveReadingRow",
    "SequenceMemberRow",
    "SequenceRow",
    "SequenceSwitchRow",
    "SessionRow",
    "SignatureRow",
    "SlotAskedRow",
    "SnippetRow",
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
    "ValueEdgeRow",
    "WaitingPlaceRow",
    "milliseconds",
]
